"""Writes JIRA issues: plain fields in one request, a status by taking transitions."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from raidctl.core.model import Field, Value
from raidctl.core.paths import ScreenField, Transition
from raidctl.errors import Category, FieldsRefusedError
from raidctl.gateways.http.answers import said
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.adf import adf_document, adf_over
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.gateway import Gateway, instead
from raidctl.gateways.jira.names import Names
from raidctl.gateways.jira.transport import nonsense
from raidctl.gateways.malformed import MALFORMED

PERMISSIONS = ("EDIT_ISSUES", "TRANSITION_ISSUES", "ASSIGN_ISSUES")
_MAILS = (
    "JIRA sends mails about edits all the same: jira.notify = false takes the permission to "
    "administer the project."
)
ALWAYS_FILLED = frozenset({"summary", "issuetype", "project"})


class JiraWriter(Gateway):
    """An `IssueWriter` over HTTP, for several threads at once; `deployment` as in `serverInfo`.

    An issue is named by its number, which never changes. `notify`: JIRA may send mails about edits.
    """

    def __init__(
        self, http: HttpClient, deployment: str, fields: Fields, *, notify: bool = True
    ) -> None:
        super().__init__(http, deployment, fields)
        self._quietly = "" if notify else "?notifyUsers=false"

    def missing_permissions(self, project: str) -> Sequence[str]:
        """What the user lacks, by JIRA's present names."""
        return self._lacking(project, PERMISSIONS)

    def statuses(self, project: str, issue_type: str) -> Sequence[str] | None:
        """The statuses of one type's issues in a project."""
        names = self._fields.names

        def of_type(kinds: Any) -> Sequence[str] | None:
            found = [k["statuses"] for k in kinds if names.pointed_at("issuetype", k) == issue_type]
            return [names.of("status", status) for status in found[0]] if found else None

        path = f"project/{quote(project, safe='')}/statuses"
        return self._told("project/statuses", path, None, of_type)

    def set_fields(self, issue: int, values: Mapping[Field, Value]) -> None:
        """Set plain fields in one request. Raises as `IssueWriter.set_fields`.

        A field that stands on no edit screen and has a request of its own is set by that, first:
        what it is refused for is told with the rest, of which nothing is set then.
        """
        try:
            self._edit(issue, values)
        except FieldsRefusedError as error:
            apart = [n for n in values if n in error.fields and self._fields.rows[n].alone]
            if not apart:
                raise
            for name in apart:
                self._set_alone(issue, name, values[name], error)
            others = {name: why for name, why in error.fields.items() if name not in apart}
            if others:
                raise FieldsRefusedError(error, others) from None
            if rest := {name: value for name, value in values.items() if name not in apart}:
                self._edit(issue, rest)

    def _edit(self, issue: int, values: Mapping[Field, Value]) -> None:
        def put(version: int, query: str) -> None:
            given = {
                self._fields.rows[name].id: self._encoded(issue, name, value, version)
                for name, value in values.items()
            }
            self._http.put(f"/rest/api/{version}/issue/{issue}{query}", {"fields": given})

        def ask(version: int) -> None:
            try:
                put(version, self._quietly)
            except HttpError as error:
                if error.status != 403 or not self._quietly:
                    raise
                put(version, "")
                self._http.notes.setdefault(_MAILS)

        # As documents they are read, as documents they are written: text would lose their tails.
        rows = [self._fields.rows[field] for field in values]
        documented = self._fields.documents and any(row.document for row in rows)
        self._of_issue("issue", ask, version=3 if documented else None)

    def _document(self, issue: int, text: str) -> object:
        """A description as version 3 takes it, with what of the present one stays as it is."""
        query = {"fields": "description"}
        answer = self._http.get(f"/rest/api/3/issue/{issue}", query)
        try:
            now = answer["fields"].get("description")
            return adf_over(now, text) if isinstance(now, dict) else adf_document(text)
        except MALFORMED:
            raise nonsense(self._http) from None

    def _set_alone(self, issue: int, name: Field, value: Value, error: FieldsRefusedError) -> None:
        """Set a field by its own request; where that is refused too, raise it beside `error`'s."""
        row = self._fields.rows[name]

        def put(version: int) -> None:
            body = row.encode(str(value), self._cloud)
            body = body if isinstance(body, dict) else {row.id: body}
            self._http.put(
                f"/rest/api/{version}/issue/{issue}/{row.alone}",
                body if value is not None else dict.fromkeys(body),
            )

        try:
            self._of_issue(f"issue/{row.alone}", put)
        except FieldsRefusedError as again:
            why = "; ".join(again.fields.values())
            raise FieldsRefusedError(again, {**error.fields, name: why}) from None
        except HttpError as refusal:
            if refusal.status not in (400, 403):
                raise
            why = said(refusal.response)
            raise FieldsRefusedError(refusal, {**error.fields, name: why}) from None

    def _encoded(self, issue: int, name: Field, value: Value, version: int) -> Any:
        row = self._fields.rows[name]
        if value is None:
            return None
        if version == 3 and row.document:
            return self._document(issue, str(value))
        return row.encode(str(value), self._cloud)

    def transitions(self, issue: int) -> Sequence[Transition]:
        """The ways out of the issue's status, with what each of them asks for."""
        query = {"expand": "transitions.fields"}
        answer = self._of_issue(
            "issue/transitions",
            lambda version: self._http.get(_transitions(version, issue), query),
        )
        try:
            return [_transition(row, self._fields.names) for row in answer["transitions"]]
        except (AttributeError, KeyError, TypeError):
            raise nonsense(self._http) from None

    def transition(self, issue: int, transition: Transition, fields: Mapping[str, object]) -> None:
        """Take a transition. Raises as `IssueWriter` says.

        JIRA's 400 does not tell a transition that another one has just taken away from one whose
        conditions are not met: what it offers now does (facts: 409, formerly 400).
        """
        body: dict[str, object] = {"transition": {"id": transition.id}}
        if fields:
            body["fields"] = dict(fields)
        try:
            self._of_issue(
                "issue/transitions",
                lambda version: self._http.post(_transitions(version, issue), body),
            )
        except HttpError as error:
            if error.status != 400 or transition.id in {w.id for w in self.transitions(issue)}:
                raise
            advice = "the issue's status has changed meanwhile: read it, and decide again"
            raise instead(error, advice, Category.CONFLICT) from None


def _transitions(version: int, issue: int) -> str:
    return f"/rest/api/{version}/issue/{issue}/transitions"


def _transition(row: Mapping[str, Any], names: Names) -> Transition:
    """A transition; required is a field that JIRA cannot fill in by itself."""
    fields = row.get("fields")
    required = tuple(
        ScreenField(key, str(field.get("name") or key))
        for key, field in (fields or {}).items()
        if field.get("required") and not field.get("hasDefaultValue") and key not in ALWAYS_FILLED
    )
    to = row["to"]
    return Transition(
        id=str(row["id"]),
        name=str(row["name"]),
        to=names.pointed_at("status", to),
        category=str(to["statusCategory"]["key"]),
        required=required,
        screen=None if fields is None else tuple(fields),
    )
