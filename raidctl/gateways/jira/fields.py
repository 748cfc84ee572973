"""JIRA's JSON of an issue and of its changelog, read into the model."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from raidctl.core.history import Revision
from raidctl.core.model import UNREADABLE, Field, Issue, Readable, Unreadable
from raidctl.gateways.jira.adf import adf_text

_ACCOUNTS = frozenset({"accountId", "name"})


@dataclass(frozen=True, slots=True)
class Fields:
    """The JIRA fields of a site: which one holds the priority is configured."""

    priority: str

    @property
    def wanted(self) -> list[str]:
        """The fields to ask for: the mapped ones, and when the issue last changed."""
        return [*self.ids, "updated"]

    @property
    def wanted_with_type(self) -> list[str]:
        """The same, and the issue's type, on which its workflow depends."""
        return [*self.wanted, "issuetype"]

    @property
    def ids(self) -> dict[str, Field]:
        """Our field by JIRA's field id."""
        return {
            "summary": Field.TITLE,
            "description": Field.DESCRIPTION,
            self.priority: Field.PRIORITY,
            "status": Field.STATUS,
            "assignee": Field.COMMANDER,
        }

    def issue_of(self, row: Mapping[str, Any], site: str) -> Issue:
        """One issue; raises KeyError, TypeError, ValueError for what is none.

        A field that is not there was not shown to us; one that is null is empty.
        """
        values = row["fields"]
        assignee = values.get("assignee", UNREADABLE)
        shown = isinstance(assignee, dict)
        return Issue(
            id=int(row["id"]),
            key=str(row["key"]),
            summary=_text(values.get("summary", UNREADABLE)),
            description=_text(values.get("description", UNREADABLE)),
            priority=_named(values.get(self.priority, UNREADABLE)),
            status=_named(values.get("status", UNREADABLE)),
            assignee=account_of(assignee) if shown else assignee,
            url=f"{site}/browse/{row['key']}",
            assignee_email=_email(assignee) if shown else None,
            updated_at=_time(values["updated"]) if values.get("updated") else None,
            issue_type=str(kind["name"]) if (kind := values.get("issuetype")) else None,
        )

    def revisions_of(self, histories: Iterable[Mapping[str, Any]]) -> list[Revision]:
        """The changes of our fields, oldest first, out of changelog entries in any order.

        Fields are told by their id, never by a value. Source: facts, "A changelog item".
        """
        found: list[Revision] = []
        ids = self.ids
        for entry in histories:
            author = entry.get("author") or {}
            account = account_of(author) if author.keys() & _ACCOUNTS else None
            at, name = _time(entry["created"]), author.get("displayName")
            for item in entry["items"]:
                field = ids.get(_field_id(item))
                if field is not None:
                    ends = _end(item, field, "from"), _end(item, field, "to")
                    found.append(Revision(field, at, name, account, *ends))
        return sorted(found, key=lambda one: one.at)


def _end(item: Mapping[str, Any], field: Field, end: str) -> Readable:
    """One value of a changelog item: names and texts by what is shown, an account by its id.

    Data Center gives a user's key there, which need not be the user's name.
    """
    value = item.get(end if field is Field.COMMANDER else f"{end}String", UNREADABLE)
    return value if value is None or isinstance(value, Unreadable) else str(value)


def _field_id(item: Mapping[str, Any]) -> str:
    """Older Data Centers give names alone: of system fields these are the ids."""
    if item.get("fieldId") or item.get("fieldtype") == "custom":
        return str(item.get("fieldId"))
    return str(item.get("field"))


def account_of(user: Mapping[str, Any]) -> str:
    """What identifies a user: the account id on Cloud, the user name on Data Center."""
    return str(user.get("accountId") or user["name"])


def _email(user: Mapping[str, Any]) -> str | None:
    """Absent where the user hides it."""
    email = user.get("emailAddress") or None
    if email is None or isinstance(email, str):
        return email
    raise TypeError("an e-mail is text")


def _text(value: object) -> Readable:
    if value is UNREADABLE:
        return UNREADABLE
    return adf_text(value) if isinstance(value, dict) else str(value or "")


def _named(value: object) -> Readable:
    """A status, a priority or an option by its name, in JIRA's own language where it tells."""
    if value is None or isinstance(value, Unreadable):
        return value
    if isinstance(value, list):
        if len(value) != 1:
            return None if not value else UNREADABLE
        value = value[0]
    if value is None:
        return None
    if isinstance(value, dict):
        value = value.get("untranslatedName") or value.get("name") or value["value"]
    return str(value)


def _time(value: str | int) -> datetime:
    """A JIRA time: ISO 8601, or milliseconds since 1970 in bulk changelogs."""
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    time = datetime.fromisoformat(value)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
