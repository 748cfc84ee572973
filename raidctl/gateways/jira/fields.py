"""How JIRA holds our fields, and its JSON of an issue and of its changelog, read into the model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from raidctl.core.history import UNKNOWN_TIME, Revision
from raidctl.core.model import UNREADABLE, Field, Issue, Readable
from raidctl.gateways.http.clock import ServerClock
from raidctl.gateways.jira.adf import adf_text, formatted
from raidctl.gateways.jira.names import Names, Thing
from raidctl.gateways.malformed import (
    MALFORMED,
    field_of,
    id_of,
    moment,
    object_of,
    text_of,
    text_or_none,
    time_of,
    whole,
)

_ACCOUNTS = frozenset({"accountId", "name"})

NameOf = Callable[[Thing], str]


def account_of(user: Mapping[str, Any]) -> str:
    """What identifies a user: the account id on Cloud, the user name on Data Center.

    Raises one of `MALFORMED` where nothing does.
    """
    return text_of(user.get("accountId") or user["name"])


def person(account: str, *, cloud: bool) -> Mapping[str, str]:
    """A user as JIRA takes one."""
    return {"accountId" if cloud else "name": account}


def _text(_: NameOf, value: object) -> Readable:
    if value is None:
        return ""
    return adf_text(value) if isinstance(value, dict) else text_of(value)


def _named(name_of: NameOf, value: object) -> Readable:
    """A status, a priority or an option by its name."""
    if isinstance(value, list):
        if len(value) != 1:
            return None if not value else UNREADABLE
        value = value[0]
    if value is None:
        return None
    if isinstance(value, dict):
        return name_of(value)
    return value if isinstance(value, str) else str(whole(value))


def _account(_: NameOf, value: object) -> Readable:
    if value is None:
        return None
    return account_of(value) if isinstance(value, dict) else text_of(value)


@dataclass(frozen=True, slots=True)
class Row:
    """How JIRA holds one of our fields: under which id, how it is read, and how it is written.

    `encode` is given the value and whether it is for Cloud.
    `told_by` says which ends of a changelog item hold the value: "String" for what is shown,
    "" for an id (of a user Data Center gives the key there, which need not be the name: it is that
    of whoever was shown with this key). `alone`
    is the path, below the issue's, of a request that sets this field and no other; "" for none.
    `document`: version 3 has a document in the place of its text.
    """

    id: str
    read: Callable[[NameOf, object], Readable]
    encode: Callable[[str, bool], object]
    told_by: str = "String"
    alone: str = ""
    document: bool = False


def option(field_id: str) -> Row:
    """A priority by its name, or an option of a custom field by its value."""
    key = "name" if field_id == "priority" else "value"
    return Row(field_id, _named, lambda value, _: {key: value})


ROWS: dict[Field, Row] = {
    Field.TITLE: Row("summary", _text, lambda value, _: value),
    Field.DESCRIPTION: Row("description", _text, lambda value, _: value, document=True),
    Field.PRIORITY: option("priority"),
    Field.STATUS: Row("status", _named, lambda value, _: value),
    Field.COMMANDER: Row(
        "assignee",
        _account,
        lambda value, cloud: person(value, cloud=cloud),
        told_by="",
        alone="assignee",
    ),
}


class Fields:
    """The JIRA fields of a site: which one holds the priority is configured.

    JIRA writes times down by its own `clock`; they come out by ours.
    """

    def __init__(self, priority: str, clock: ServerClock | None = None) -> None:
        self._clock = clock or ServerClock()
        self.names = Names()
        self.documents = False  # whether texts come as documents, as under version 3
        self.rows = {**ROWS, Field.PRIORITY: option(priority)}
        self._readers = [
            (field, row.id, partial(row.read, partial(self.names.of, row.id)))
            for field, row in self.rows.items()
        ]
        self.ids = {row.id: field for field, row in self.rows.items()}
        self.wanted = [*self.ids, "updated", "created"]  # the fields to ask for
        # On the type the workflow depends; who reported it, FireFighter's ticket tells.
        self.wanted_now = [*self.wanted, "issuetype", "reporter"]

    def issue_of(self, row: Any, site: str) -> Issue:
        """One issue; raises one of `MALFORMED` for what is none.

        A field that is not there was not shown to us; one that is null is empty.
        """
        row = object_of(row)
        values, key = object_of(row["fields"]), text_of(row["key"])
        assignee, text = values.get("assignee"), values.get("description")
        self.names.met(assignee)
        self.documents = self.documents or isinstance(text, dict)
        return Issue(
            id=id_of(row["id"]),
            key=key,
            values={field: field_of(values, id_, read) for field, id_, read in self._readers},
            url=issue_url(site, key),
            assignee_email=_part_of(assignee, "emailAddress"),
            updated_at=self._moment(values.get("updated")),
            created_at=self._moment(values.get("created")),
            issue_type=self._type(values.get("issuetype")),
            reporter=_reporter(values.get("reporter")),
            reporter_email=_part_of(values.get("reporter"), "emailAddress"),
            formatted=_formatted(text),
        )

    def revisions_of(self, histories: Iterable[Any]) -> list[Revision]:
        """The changes of our fields, oldest first, out of changelog entries in any order.

        Fields are told by their id, never by a value. Source: facts, "A changelog item". Of
        changes in one millisecond (a workflow's own), the higher id is the later. An entry that
        cannot be understood may have changed any of them, at any time.
        """
        found: list[Revision] = []
        entries = sorted(histories, key=_number)
        for entry in entries:
            self.names.met(entry.get("author") if isinstance(entry, dict) else None)
        for entry in entries:
            try:
                found += self._changes(entry)
            except MALFORMED:
                found += [Revision(field, UNKNOWN_TIME) for field in self.rows]
        return sorted(found, key=lambda one: one.at)

    def _moment(self, value: object) -> datetime | None:
        """None where JIRA does not tell it."""
        try:
            return self.time(value)
        except MALFORMED:
            return None

    def time(self, value: object) -> datetime:
        """A time of JIRA's clock by ours. Raises one of `MALFORMED`."""
        return _time(value) - self._clock.ahead

    def _type(self, kind: object) -> str | None:
        """None where JIRA does not tell it."""
        try:
            return self.names.of("issuetype", object_of(kind))
        except MALFORMED:
            return None

    def _changes(self, entry: Mapping[str, Any]) -> list[Revision]:
        """Those of one entry; raises one of `MALFORMED` for one that cannot be understood."""
        author = object_of(entry.get("author") or {})
        account = account_of(author) if author.keys() & _ACCOUNTS else None
        at, name = self.time(entry["created"]), text_or_none(author.get("displayName"))
        found: list[Revision] = []
        for item in entry["items"]:
            field = self.ids.get(_field_id(item))
            if field is not None:
                ends = self._end(field, item, "from"), self._end(field, item, "to")
                found.append(Revision(field, at, name, account, *ends))
        return found

    def _end(self, field: Field, item: Mapping[str, Any], end: str) -> Readable:
        row = self.rows[field]

        def read(value: object) -> Readable:
            if value is None:
                return None
            told = text_of(value)
            if not row.told_by:
                return self.names.of_user(told)
            return self.names.by_id(row.id, item.get(end), told)

        return field_of(item, f"{end}{row.told_by}", read)


def issue_url(site: str, key: str) -> str:
    """The page of an issue."""
    return f"{site}/browse/{key}"


def _formatted(text: object) -> tuple[tuple[int, int], ...]:
    """Nothing of a text, nor of a document that cannot be understood."""
    try:
        return formatted(text) if isinstance(text, dict) else ()
    except MALFORMED:
        return ()


def _reporter(user: object) -> str | None:
    """None where JIRA does not tell it."""
    try:
        return account_of(object_of(user))
    except MALFORMED:
        return None


def _number(entry: Any) -> int:
    try:
        return id_of(entry["id"])
    except MALFORMED:
        return 0


def _field_id(item: Mapping[str, Any]) -> str:
    """Older Data Centers give names alone: of system fields these are the ids."""
    if item.get("fieldId") or item.get("fieldtype") == "custom":
        return str(item.get("fieldId"))
    return text_of(item["field"])


def _part_of(thing: object, name: str) -> str | None:
    """What JIRA tells beside a thing; None where it does not, as an e-mail that a user hides."""
    return text_or_none(thing.get(name)) if isinstance(thing, dict) else None


def _time(value: object) -> datetime:
    """A JIRA time: ISO 8601, or milliseconds since 1970 in bulk changelogs."""
    if isinstance(value, str):
        return time_of(value)
    return moment(datetime.fromtimestamp(whole(value) / 1000, UTC))
