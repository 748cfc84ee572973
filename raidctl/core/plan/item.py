"""Items: what is to be done with each field of each link, a change or a hold, as frozen values."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, NewType

from raidctl.core.model import (
    NO_VALUES,
    Field,
    Link,
    Pair,
    Readable,
    Side,
    SyncDirection,
    Value,
    plain,
)
from raidctl.core.reasons import Kind, Reason, kind_of
from raidctl.core.urgency import Urgency, urgency_of
from raidctl.core.writes.outcome import Result


class Verdict(StrEnum):
    """What is to be done with one field, or is made for an incident where it is missing."""

    WRITE_JIRA = "write_jira"
    WRITE_IMPACT = "write_impact"
    CREATE_ISSUE = "create_issue"
    CREATE_LINK = "create_link"
    ATTACH = "attach"
    HOLD = "hold"


Target = NewType("Target", str)
"""A kind of thing that is written, each by a sender of its own. What is no field of a link has
the name of its verdict (`create_issue`)."""

ISSUE_FIELD, ISSUE_STATUS, INCIDENT = Target("issue"), Target("status"), Target("incident")
CREATE_ISSUE, CREATE_LINK, ATTACH = map(
    Target, (Verdict.CREATE_ISSUE, Verdict.CREATE_LINK, Verdict.ATTACH)
)
PUT_LINK_BACK = Target("put_link_back")
_VERDICTS = {
    ISSUE_FIELD: Verdict.WRITE_JIRA,
    ISSUE_STATUS: Verdict.WRITE_JIRA,
    INCIDENT: Verdict.WRITE_IMPACT,
    PUT_LINK_BACK: Verdict.CREATE_LINK,  # the one of before
}


def target_of(field: Field, side: Side) -> Target:
    """What a field's value is written to on a side; a status in JIRA moves by transitions."""
    if side is Side.IMPACT:
        return INCIDENT
    return ISSUE_STATUS if field is Field.STATUS else ISSUE_FIELD


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item is about: an incident and, where there is one, its issue.

    `issue` is the key the issue has in JIRA, `linked_as` the one that Impact has; with `own_link`
    Impact has none, and it is the journal's. `urgency` is None where the incident was not read.
    """

    incident: int
    incident_url: str
    title: str
    private: bool | None = None
    issue: str | None = None
    issue_id: int | None = None
    issue_url: str | None = None
    linked_as: str | None = None
    own_link: bool = False
    urgency: Urgency | None = field(default=None, compare=False)

    @property
    def linked_by(self) -> str | None:
        """What holds the link: `impact`, `journal` where Impact knows nothing of it; None: none."""
        if self.issue is None:
            return None
        return "journal" if self.own_link else "impact"

    @property
    def project(self) -> str:
        """The key of the JIRA project the issue is in; empty where there is none."""
        return (self.issue or "").rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Undone:
    """The write of the journal that a change takes back, and the value that one had copied."""

    write: int
    source: Value


class Key(NamedTuple):
    """What tells one change of a plan from all others."""

    incident: int
    issue_id: int | None
    target: Target
    field: Field | None
    part: str


@dataclass(frozen=True, slots=True)
class Change:
    """A write that was decided on, as plan, journal and report have it.

    `pair` are both sides' values when it was decided, `to` the value to write in the target's own
    spelling, `tables` the fingerprint of the relation it rests on (empty where it rests on none).
    `field` is None for what is no field of a link; `part` then tells several of one subject apart.
    `overrides` says that it goes over a newer edit, `closes` that it closes the target, `edited_at`
    when the target's field was last changed as far as was known, by its own system's clock;
    `result` what became of it, once that is known.
    """

    subject: Subject
    target: Target
    field: Field | None
    direction: SyncDirection
    pair: Pair[Readable]
    to: Value
    reason: Reason
    tables: str = ""
    detail: str | None = None
    overrides: bool = False
    closes: bool = False
    edited_at: datetime | None = None
    undoes: Undone | None = None
    part: str = ""
    result: Result | None = None

    @property
    def key(self) -> Key:
        """What results and settlements are found by."""
        subject = self.subject
        return Key(subject.incident, subject.issue_id, self.target, self.field, self.part)

    @property
    def name(self) -> Field:
        """The field that is written; raises LookupError for what is no field of a link."""
        if self.field is None:
            raise LookupError(f"{self.target} writes no field")
        return self.field

    @property
    def verdict(self) -> str:
        """The name of what is done, as reports have it."""
        return _VERDICTS.get(self.target, self.target)

    @property
    def side(self) -> Side:
        """The side that is written to."""
        return self.direction.target

    @property
    def kind(self) -> Kind:
        """Who wants it."""
        return kind_of(self.reason)

    @property
    def source(self) -> Value:
        """The value copied; of an undo the one that the write taken back had copied.

        By it the next run tells what has changed since.
        """
        if self.undoes is not None:
            return self.undoes.source
        return plain(self.pair.of(self.direction.source))

    @property
    def old(self) -> Value:
        """The value that the target is to hold when it is written."""
        return plain(self.pair.of(self.side))

    def leaving(self, target: Value) -> Pair[Value]:
        """Both sides' values once the target holds this one."""
        if self.side is Side.JIRA:
            return Pair(self.source, target)
        return Pair(target, self.source)


@dataclass(frozen=True, slots=True)
class Hold:
    """A field, or a link where `field` is None, that is left as it is, and why.

    `direction` is where the field would go, None where that is not decided, `to` the value that
    would be written.
    """

    subject: Subject
    field: Field | None
    pair: Pair[Readable]
    reason: Reason
    direction: SyncDirection | None = None
    to: Value = None
    detail: str | None = None

    @property
    def verdict(self) -> str:
        """The name of what is done, as reports have it."""
        return Verdict.HOLD

    @property
    def result(self) -> None:
        """Nothing ever becomes of it."""
        return


Item = Change | Hold


def number_of(item: Item) -> int:
    """The number of the incident that it is about."""
    return item.subject.incident


def changes(items: Iterable[Item]) -> Iterator[Change]:
    """The items that write."""
    return (item for item in items if isinstance(item, Change))


def pending(items: Iterable[Item]) -> Iterator[Change]:
    """The changes that are still to be made."""
    return (change for change in changes(items) if change.result is None)


def held(items: Iterable[Item]) -> Iterator[Hold]:
    """What is left as it is, fields and whole links; an incident without an issue is no link.

    Whatever counts what is held counts these: `diff`, `held`, `history`, `--fail-on held`.
    """
    return (i for i in items if isinstance(i, Hold) and i.reason is not Reason.UNLINKED)


def link_hold(subject: Subject, reason: Reason, detail: str | None = None) -> Hold:
    """A hold of the link as a whole: unlinked, not visible, relinked, shared."""
    return Hold(subject, None, NO_VALUES, reason, detail=detail)


def subject_of(link: Link) -> Subject:
    """What the items of a link are about."""
    incident, issue = link.incident, link.issue
    return Subject(
        incident=incident.id,
        incident_url=incident.url,
        title=incident.title,
        private=incident.private,
        issue=issue.key,
        issue_id=issue.id,
        issue_url=issue.url,
        linked_as=incident.issue_key,
        own_link=incident.own_link,
        urgency=urgency_of(incident),
    )
