"""Creates issues, by what the screen for that takes, and tells whose they are."""

from collections.abc import Mapping
from typing import Any

from raidctl.core.backfill.new_issue import CreationField, CreationScreen, NewIssue
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.jira.adf import adf_document
from raidctl.gateways.jira.fields import person
from raidctl.gateways.jira.gateway import instead
from raidctl.gateways.jira.places import Places
from raidctl.gateways.jira.transport import nonsense
from raidctl.gateways.malformed import MALFORMED, id_of, list_of, text_of
from raidctl.ports.jira_admin import IssueName

CREATING = ("CREATE_ISSUES", "LINK_ISSUES")
_GIVEN = frozenset({"project", "issuetype"})  # which every screen demands


class Creating(Places):
    """The part of `JiraAdmin` that creates."""

    def screen(self, project: str, issue_type: str) -> CreationScreen:
        """By the metadata of creations, which Data Center has since 8.4."""
        self._must_be_open(project)
        if lacking := self._lacking(project, CREATING):
            seen = f"the token's user may not create issues there and link them: {lacking[0]}"
            raise self._error(project, seen, "grant it in the project", Category.PERMISSION)
        number = self._type_of(project, issue_type)
        try:
            fields = [_field(row) for row in self._pages(project, f"issuetypes/{number}")]
        except MALFORMED:
            raise nonsense(self._http) from None
        shown = {one.id: one for one in fields if one.id not in _GIVEN}
        return CreationScreen(project, issue_type, shown)

    def spelled(self, issue: NewIssue) -> Mapping[str, object]:
        """As version 2 takes them."""
        return self._spelled(issue, 2)

    def create(self, issue: NewIssue) -> IssueName:
        """With its properties in the same request, so that whoever finds it knows whose it is.

        As wiki text where JIRA takes that, as FireFighter writes it: then links and bold type are.
        """
        properties = [{"key": key, "value": value} for key, value in issue.properties.items()]

        def post(version: int) -> Any:
            number = self._known_type(issue.project, issue.issue_type)
            kind = {"id": number} if number else {"name": issue.issue_type}
            place = {"project": {"key": issue.project}, "issuetype": kind}
            body = {"fields": {**self._spelled(issue, version), **place}, "properties": properties}
            return self._http.post(f"/rest/api/{version}/issue", body)

        try:
            answer = self._of_issue("issue", post)
        except ServiceError as error:
            if error.category not in {Category.PERMISSION, Category.NOT_FOUND}:
                raise
            advice = f"let the user of jira.token create issues in {issue.project}"
            raise instead(error, advice, error.category) from None
        try:
            return IssueName(id_of(answer["id"]), text_of(answer["key"]))
        except MALFORMED:
            seen = "an answer that names no issue, so nobody knows whether one was created"
            raise LostAnswerError(nonsense(self._http, seen)) from None

    def _spelled(self, issue: NewIssue, version: int) -> Mapping[str, object]:
        spelled = dict(issue.more)
        for field, value in issue.values.items():
            row = self._fields.rows[field]
            if value not in (None, ""):
                document = version == 3 and row.document
                text = str(value)
                spelled[row.id] = adf_document(text) if document else row.encode(text, self._cloud)
        if issue.reporter:
            spelled["reporter"] = person(issue.reporter, cloud=self._cloud)
        if issue.labels:
            spelled["labels"] = list(issue.labels)
        return {name: value for name, value in spelled.items() if value not in (None, "", [])}


def _field(row: Mapping[str, Any]) -> CreationField:
    """A field of a screen; raises one of `MALFORMED`.

    What JIRA completes by itself is not required; a list of allowed values that it completes as
    one types (`autoCompleteUrl`) is not whole.
    """
    number, allowed = text_of(row.get("fieldId") or row["key"]), row.get("allowedValues")
    whole = isinstance(allowed, list) and bool(allowed) and not row.get("autoCompleteUrl")
    return CreationField(
        id=number,
        name=str(row.get("name") or number),
        required=bool(row.get("required")) and not row.get("hasDefaultValue"),
        allowed=tuple(map(_names_of, list_of(allowed))) if whole else None,
    )


def _names_of(choice: Any) -> tuple[str, ...]:
    """What a choice may be called by, as it is shown first."""
    if not isinstance(choice, dict):
        return (str(choice),)
    names = (choice.get(key) for key in ("name", "value", "untranslatedName", "id"))
    return tuple(str(name) for name in names if name is not None)
