"""What JIRA tells of its users, projects and screens: for doctor, a request a question."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from raidctl.errors import Category
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import account_of
from raidctl.gateways.jira.gateway import instead
from raidctl.gateways.jira.places import Places
from raidctl.gateways.jira.transport import nonsense, says_missing
from raidctl.gateways.malformed import MALFORMED, list_of, object_of, text_of
from raidctl.ports.doctor import EditField, Me

T = TypeVar("T")


class Examining(Places):
    """A `JiraExaminer` over HTTP."""

    def me(self) -> Me:
        """By display name and e-mail, as far as it shows them."""

        def read(user: Any) -> Me:
            account = account_of(user)
            shown = [user.get(key) for key in ("displayName", "emailAddress")]
            known = [text for text in shown if isinstance(text, str) and text]
            return Me(account, known[0] if known else account)

        return self._asked("myself", "myself", read)

    def archived(self, project: str) -> bool:
        """By the project itself."""
        path = f"project/{quote(project, safe='')}"
        return self._of_project(project, "project", path, lambda told: told.get("archived") is True)

    def permissions(self, project: str, names: Sequence[str]) -> Mapping[str, bool] | None:
        """Those of which JIRA does not tell count as held."""
        told = self._held(project, names)
        return None if told is None else {name: told.get(name, True) for name in names}

    def workflows(self, project: str) -> Mapping[str, Sequence[str]]:
        """Types and statuses by the names that no language changes, where JIRA shows these."""
        names = self._fields.names

        def read(kinds: Any) -> Mapping[str, Sequence[str]]:
            return {
                names.pointed_at("issuetype", kind): [
                    names.of("status", status) for status in list_of(kind["statuses"])
                ]
                for kind in list_of(kinds)
            }

        path = f"project/{quote(project, safe='')}/statuses"
        return self._of_project(project, "project/statuses", path, read)

    def creatable(self, project: str) -> Collection[str]:
        """By the metadata of creations, which shows no others."""
        names = self._fields.names
        try:
            return [
                names.pointed_at("issuetype", row) for row in self._pages(project, "issuetypes")
            ]
        except MALFORMED:
            raise nonsense(self._http) from None

    def edit_screen(self, issue: int) -> Sequence[EditField] | None:
        """None where it is empty: JIRA says so of an issue that cannot be edited (JRASERVER-63664).

        That is one in a status which forbids it, or for want of a permission.
        """
        return self._asked("issue/editmeta", f"issue/{issue}/editmeta", _edit_fields) or None

    def priorities(self) -> Sequence[str]:
        """Whatever project they are for."""
        names = self._fields.names
        return self._asked(
            "priority",
            "priority",
            lambda rows: [names.of("priority", object_of(row)) for row in list_of(rows)],
        )

    def _of_project(self, project: str, form: str, path: str, read: Callable[[Any], T]) -> T:
        try:
            return self._asked(form, path, read)
        except HttpError as error:
            if not says_missing(error):
                raise
            advice = "check its key, and that the user of jira.token may browse it"
            raise instead(error, advice, Category.NOT_FOUND) from None

    def _asked(self, form: str, path: str, read: Callable[[Any], T]) -> T:
        try:
            return read(
                self._versions.asked(
                    form, lambda v: self._http.get(f"/rest/api/{v}/{path}"), names_one=True
                )
            )
        except MALFORMED:
            raise nonsense(self._http) from None


def _edit_fields(told: Any) -> Sequence[EditField]:
    return [
        EditField(number, str(object_of(field).get("name") or number), _allowed(field))
        for number, field in object_of(told["fields"]).items()
    ]


def _allowed(field: Mapping[str, Any]) -> tuple[str, ...] | None:
    """A list of values that JIRA completes as one types is not whole."""
    allowed = field.get("allowedValues")
    if not isinstance(allowed, list) or field.get("autoCompleteUrl"):
        return None
    shown = (one.get("name") or one.get("value") for one in allowed if isinstance(one, dict))
    return tuple(text_of(name) for name in shown)
