"""How JIRA holds our fields, and its JSON of an issue and of its changelog, read into the model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from raidctl.core.history import Revision
from raidctl.core.model import UNREADABLE, Field, Issue, Readable, Unreadable
from raidctl.gateways.jira.adf import adf_text, formatted
from raidctl.gateways.jira.names import Names, Thing

_ACCOUNTS = frozenset({"accountId", "name"})

NameOf = Callable[[Thing], str]


def account_of(user: Mapping[str, Any]) -> str:
    """What identifies a user: the account id on Cloud, the user name on Data Center."""
    return str(user.get("accountId") or user["name"])


def _text(value: object, _: NameOf) -> Readable:
    return adf_text(value) if isinstance(value, dict) else str(value or "")


def _named(value: object, name_of: NameOf) -> Readable:
    """A status, a priority or an option by its name."""
    if isinstance(value, list):
        if len(value) != 1:
            return None if not value else UNREADABLE
        value = value[0]
    if value is None:
        return None
    return name_of(value) if isinstance(value, dict) else str(value)


def _account(value: object, _: NameOf) -> Readable:
    if value is None:
        return None
    return account_of(value) if isinstance(value, dict) else str(value)


@dataclass(frozen=True, slots=True)
class Row:
    """How JIRA holds one of our fields: under which id, how it is read, and how it is written.

    `encode` is given the value and whether it is for Cloud.
    `told_by` says which ends of a changelog item hold the value: "String" for what is shown,
    "" for an id (of a user Data Center gives the key there, which need not be the name).
    """

    id: str
    read: Callable[[object, NameOf], Readable]
    encode: Callable[[str, bool], object]
    told_by: str = "String"


def option(field_id: str) -> Row:
    """A priority by its name, or an option of a custom field by its value."""
    key = "name" if field_id == "priority" else "value"
    return Row(field_id, _named, lambda value, _: {key: value})


ROWS: dict[Field, Row] = {
    Field.TITLE: Row("summary", _text, lambda value, _: value),
    Field.DESCRIPTION: Row("description", _text, lambda value, _: value),
    Field.PRIORITY: option("priority"),
    Field.STATUS: Row("status", _named, lambda value, _: value),
    Field.COMMANDER: Row(
        "assignee", _account, lambda value, cloud: {"accountId" if cloud else "name": value}, ""
    ),
}


class Fields:
    """The JIRA fields of a site: which one holds the priority is configured."""

    def __init__(self, priority: str) -> None:
        self.names = Names()
        self.documents = False  # whether texts come as documents, as under version 3
        self.rows = {**ROWS, Field.PRIORITY: option(priority)}
        self.ids = {row.id: field for field, row in self.rows.items()}
        self.wanted = [*self.ids, "updated"]  # the fields to ask for
        self.wanted_with_type = [*self.wanted, "issuetype"]  # on which the workflow depends

    def issue_of(self, row: Mapping[str, Any], site: str) -> Issue:
        """One issue; raises KeyError, TypeError, ValueError for what is none.

        A field that is not there was not shown to us; one that is null is empty.
        """
        values = row["fields"]
        assignee, text = values.get("assignee"), values.get("description")
        self.documents = self.documents or isinstance(text, dict)
        return Issue(
            id=int(row["id"]),
            key=str(row["key"]),
            values={
                field: one.read(values[one.id], partial(self.names.of, one.id))
                if one.id in values
                else UNREADABLE
                for field, one in self.rows.items()
            },
            url=f"{site}/browse/{row['key']}",
            assignee_email=_email(assignee) if isinstance(assignee, dict) else None,
            updated_at=_time(values["updated"]) if values.get("updated") else None,
            issue_type=self.names.of("issuetype", kind)
            if (kind := values.get("issuetype"))
            else None,
            formatted=formatted(text) if isinstance(text, dict) else (),
        )

    def revisions_of(self, histories: Iterable[Mapping[str, Any]]) -> list[Revision]:
        """The changes of our fields, oldest first, out of changelog entries in any order.

        Fields are told by their id, never by a value. Source: facts, "A changelog item". Of
        changes in one millisecond (a workflow's own), the higher id is the later.
        """
        found: list[Revision] = []
        for entry in sorted(histories, key=_number):
            author = entry.get("author") or {}
            account = account_of(author) if author.keys() & _ACCOUNTS else None
            at, name = _time(entry["created"]), author.get("displayName")
            for item in entry["items"]:
                field = self.ids.get(_field_id(item))
                if field is not None:
                    ends = self._end(field, item, "from"), self._end(field, item, "to")
                    found.append(Revision(field, at, name, account, *ends))
        return sorted(found, key=lambda one: one.at)

    def _end(self, field: Field, item: Mapping[str, Any], end: str) -> Readable:
        row = self.rows[field]
        value = item.get(f"{end}{row.told_by}", UNREADABLE)
        if value is None or isinstance(value, Unreadable):
            return value
        return self.names.by_id(row.id, item.get(end), str(value)) if row.told_by else str(value)


def _number(entry: Mapping[str, Any]) -> int:
    number = str(entry.get("id"))
    return int(number) if number.isdecimal() else 0


def _field_id(item: Mapping[str, Any]) -> str:
    """Older Data Centers give names alone: of system fields these are the ids."""
    if item.get("fieldId") or item.get("fieldtype") == "custom":
        return str(item.get("fieldId"))
    return str(item.get("field"))


def _email(user: Mapping[str, Any]) -> str | None:
    """Absent where the user hides it."""
    email = user.get("emailAddress") or None
    if email is None or isinstance(email, str):
        return email
    raise TypeError("an e-mail is text")


def _time(value: str | int) -> datetime:
    """A JIRA time: ISO 8601, or milliseconds since 1970 in bulk changelogs."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    time = datetime.fromisoformat(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
