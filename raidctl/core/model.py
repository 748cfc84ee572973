"""The words of the trade: incident, issue, link, field, side, direction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Generic, NamedTuple, TypeVar


class Field(StrEnum):
    """The five fields both systems hold, by their Impact names."""

    TITLE = "title"
    DESCRIPTION = "description"
    PRIORITY = "priority"
    STATUS = "status"
    COMMANDER = "commander"


class Side(StrEnum):
    """One of the two systems."""

    IMPACT = "impact"
    JIRA = "jira"


class SyncDirection(StrEnum):
    """Where a value travels; the Slack directions are FireFighter's and not ours yet."""

    IMPACT_TO_JIRA = "impact_to_jira"
    JIRA_TO_IMPACT = "jira_to_impact"
    IMPACT_TO_SLACK = "impact_to_slack"
    SLACK_TO_IMPACT = "slack_to_impact"

    @property
    def source(self) -> Side:
        """The side that is copied from; raises KeyError for Slack, which is none yet."""
        return _SIDES[self][0]

    @property
    def target(self) -> Side:
        """The side that is written to; raises KeyError for Slack, which is none yet."""
        return _SIDES[self][1]


_SIDES = {
    SyncDirection.IMPACT_TO_JIRA: (Side.IMPACT, Side.JIRA),
    SyncDirection.JIRA_TO_IMPACT: (Side.JIRA, Side.IMPACT),
}


class IncidentStatus(IntEnum):
    """FireFighter's incident statuses, with the numbers its database stores."""

    OPEN = 10
    INVESTIGATING = 20
    MITIGATING = 30
    MITIGATED = 40
    POST_MORTEM = 50
    CLOSED = 60


class Unreadable:
    """A value the token may not see; there is one, `UNREADABLE`, and it is not empty."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNREADABLE"

    def __reduce__(self) -> str:
        return "UNREADABLE"  # unpickled, it is this very one


UNREADABLE = Unreadable()

Value = str | int | None
"""A raw value as its side gives it; `None` is empty. Impact: title and description as text,
priority as its number, status as the name of an `IncidentStatus` (or the label of one unknown
to us), commander as an e-mail. JIRA: text, names, and the assignee as account id (Cloud) or
user name (Data Center)."""

Readable = Value | Unreadable

V_co = TypeVar("V_co", covariant=True)


class Pair(NamedTuple, Generic[V_co]):
    """Both sides' own values of one field."""

    impact: V_co
    jira: V_co

    def of(self, side: Side) -> V_co:
        """One side's value."""
        return self.impact if side is Side.IMPACT else self.jira


NO_VALUES: Pair[Readable] = Pair(None, None)
"""What an item holds that is about no field."""


class _Read:
    """What was read of one side."""

    __slots__ = ()
    values: Mapping[Field, Readable]

    def value(self, field: Field) -> Readable:
        """Its own value of a field."""
        return self.values.get(field, UNREADABLE)

    @property
    def status(self) -> Readable:
        """The name of its status."""
        return self.value(Field.STATUS)

    @property
    def priority(self) -> Readable:
        """The number or the name of its priority."""
        return self.value(Field.PRIORITY)


@dataclass(frozen=True, slots=True)
class Incident(_Read):
    """An Impact incident as it was read; times are aware, `None` where the source has none.

    `values` are those of the fields that were read. `ignored`: FireFighter counts it no longer.
    `private` is None where the source does not tell. `needs_postmortem`: its priority and
    environment are of those that FireFighter wants a post-mortem of, where it has post-mortems
    at all. `own_link`: its issue is known by raidctl's journal alone, and not by Impact.
    """

    id: int
    values: Mapping[Field, Readable]
    issue_key: str | None
    created_at: datetime
    url: str
    issue_id: int | None = None
    updated_at: datetime | None = None
    private: bool | None = None
    needs_postmortem: bool | None = None
    ignored: bool = False
    own_link: bool = False

    @property
    def title(self) -> str:
        """What it is shown by; empty where that may not be seen."""
        title = self.value(Field.TITLE)
        return title if isinstance(title, str) else ""

    @property
    def downgraded(self) -> bool:
        """Whether it was marked as a regular incident, which goes on in its issue alone.

        Source: facts, FireFighter 0.0.76 and later; closed and ignored is all it leaves.
        """
        return self.ignored and self.status == IncidentStatus.CLOSED.name


@dataclass(frozen=True, slots=True)
class Issue(_Read):
    """A JIRA issue as it was read; `id` never changes, `key` does when the issue moves.

    `values` are those of the fields that were read, `assignee_email` is what JIRA shows beside
    the assignee's account. `issue_type` and `reporter`, an account, are None where they were not
    asked for, times where JIRA does not tell them. `formatted` are the spans of a description
    given as a document that hold more than their text: links, panels.
    """

    id: int
    key: str
    values: Mapping[Field, Readable]
    url: str
    assignee_email: str | None = None
    updated_at: datetime | None = None
    created_at: datetime | None = None
    issue_type: str | None = None
    reporter: str | None = None
    reporter_email: str | None = None
    formatted: tuple[tuple[int, int], ...] = ()

    @property
    def project(self) -> str:
        """The key of the JIRA project the issue is in now."""
        return self.key.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Link:
    """One incident and the issue it belongs to."""

    incident: Incident
    issue: Issue


def values(link: Link, field: Field) -> Pair[Readable]:
    """Impact's and JIRA's own value of a field."""
    return Pair(link.incident.value(field), link.issue.value(field))


def plain(value: Readable) -> str | int | None:
    """A value that was planned with; one that may not be seen never is."""
    return value if isinstance(value, str | int) else None
