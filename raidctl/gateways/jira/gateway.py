"""What every writing gateway to JIRA asks alike: of one issue, of a project, of our permissions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from raidctl.errors import Category, FieldsRefusedError, ServiceError
from raidctl.gateways.http.answers import answered
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.transport import Versions, says_missing

_SILENCES = frozenset({Category.PERMISSION, Category.NOT_FOUND, Category.VALIDATION})

T = TypeVar("T")


class Gateway:
    """Asks the right version; `deployment` as in `serverInfo`. For several threads at once."""

    def __init__(self, http: HttpClient, deployment: str, fields: Fields) -> None:
        self._http = http
        self._cloud = deployment == "cloud"
        self._fields = fields
        self._versions = Versions(cloud=self._cloud)

    def _lacking(self, project: str, names: Sequence[str]) -> Sequence[str]:
        """Which of these permissions the user lacks, nothing where JIRA does not tell."""
        told = self._held(project, names)
        return [name for name in names if told is not None and not told.get(name, True)]

    def _held(self, project: str, names: Sequence[str]) -> Mapping[str, bool] | None:
        """Whether the user has each of these, as far as JIRA tells; None where it tells nothing.

        Older Data Centers list them without their last letter: EDIT_ISSUE.
        """

        def held(answer: Any) -> dict[str, bool]:
            shown = answer["permissions"]
            return {
                name: shown[key]["havePermission"] is not False
                for name in names
                for key in (name[:-1], name)
                if key in shown
            }

        query = {"projectKey": project, "permissions": ",".join(names)}
        return self._told("mypermissions", "mypermissions", query, held)

    def _of_issue(self, form: str, ask: Callable[[int], T], version: int | None = None) -> T:
        """Ask about one issue, or write it; `form` is the path without the issue.

        `version` is the only one that does, where that is known.
        """
        try:
            return ask(version) if version else self._versions.asked(form, ask, names_one=True)
        except HttpError as error:
            named = answered(error.response).get("errors")
            if error.status == 400 and isinstance(named, dict) and named:
                ours = self._fields.ids
                refused = {str(ours.get(name, name)): str(said) for name, said in named.items()}
                raise FieldsRefusedError(error, refused) from None
            if says_missing(error):
                advice = "the issue is gone, or hidden from the user of jira.token"
                raise instead(error, advice, Category.NOT_FOUND) from None
            raise

    def _told(
        self, form: str, path: str, query: Mapping[str, str] | None, read: Callable[[Any], T]
    ) -> T | None:
        """What JIRA tells of something it need not; None where it does not, or not so."""

        def ask(version: int) -> Any:
            return self._http.get(f"/rest/api/{version}/{path}", query)

        try:
            return read(self._versions.asked(form, ask, names_one=True))
        except ServiceError as error:
            if error.category not in _SILENCES:
                raise
        except (AttributeError, KeyError, TypeError):
            pass
        return None


def instead(error: ServiceError, advice: str, category: Category) -> ServiceError:
    """The same refusal, understood better."""
    return ServiceError(error.system, error.where, error.seen, advice, category)
