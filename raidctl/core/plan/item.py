"""Verdicts: what is to be done with each field, as values that reports show and runs apply."""

from dataclasses import dataclass
from enum import StrEnum

from raidctl.core.model import Field, Link, Readable, SyncDirection, Value
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import Result


class Verdict(StrEnum):
    """What is to be done with one field."""

    WRITE_JIRA = "write_jira"
    WRITE_IMPACT = "write_impact"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Subject:
    """What an item is about: an incident and, where there is one, its issue.

    `issue` is the key the issue has in JIRA, `linked_as` the one that Impact has.
    """

    incident: int
    incident_url: str
    title: str
    private: bool | None = None
    issue: str | None = None
    issue_id: int | None = None
    issue_url: str | None = None
    linked_as: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One verdict. `field` is None where the hold is about the link as a whole.

    `direction` is where the field would go, None where that is not decided; `to` the value
    to write, in the target's own spelling. `overrides` says that it goes over a newer edit,
    `closes` that it closes the target, `undoes` which write of the journal it takes back,
    `result` what became of it once it was applied.
    """

    subject: Subject
    field: Field | None
    impact: Readable
    jira: Readable
    verdict: Verdict
    direction: SyncDirection | None
    reason: Reason
    to: Value = None
    detail: str | None = None
    overrides: bool = False
    closes: bool = False
    undoes: Write | None = None
    result: Result | None = None

    @property
    def writes(self) -> bool:
        """Whether this is a change."""
        return self.verdict is not Verdict.HOLD

    @property
    def pending(self) -> bool:
        """Whether this is a change that is still to be made."""
        return self.writes and self.result is None


def link_hold(subject: Subject, reason: Reason, detail: str | None = None) -> Item:
    """A hold of the link as a whole: unlinked, not visible, relinked, shared."""
    return Item(subject, None, None, None, Verdict.HOLD, None, reason, None, detail)


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
    )
