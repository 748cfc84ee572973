"""One link's changes while they are carried out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.relation import Relation
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Link, Side, SyncDirection, plain
from raidctl.core.plan.item import Item
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Attempt, Intent, Kind, PermanentRefusal, Settled
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category

_KINDS = {Reason.RESOLVED: Kind.RESOLVE, Reason.UNDO: Kind.UNDO}


@dataclass(slots=True)
class Change:
    """A change on its way. `write` is its number in the journal once it is about to be sent.

    `hops` are the statuses its transitions reached, `trouble` what went wrong on the way,
    `result` and `baseline` what it came to; a change with a result is done with. `refused`: it
    is not to be sent again as it is. `unread`: nobody knows what became of it, the target not
    being readable.
    """

    item: Item
    relation: Relation
    tables: str
    write: int | None = None
    hops: list[str] = field(default_factory=list)
    trouble: Result | None = None
    result: Result | None = None
    baseline: Baseline | None = None
    refused: PermanentRefusal | None = None
    unread: bool = False

    @property
    def target(self) -> Side:
        """The side that it writes to."""
        return Side.JIRA if self.item.direction is SyncDirection.IMPACT_TO_JIRA else Side.IMPACT

    @property
    def sent(self) -> bool:
        """Whether it may have been sent, and what became of it is to be read."""
        return self.write is not None and self.result is None

    @property
    def intent(self) -> Intent:
        """The change as the journal records it."""
        item, subject = self.item, self.item.subject
        to_jira = item.direction is not SyncDirection.JIRA_TO_IMPACT
        source, old = (item.impact, item.jira) if to_jira else (item.jira, item.impact)
        if item.undoes is not None:  # by it the next run tells what has changed since
            source = item.undoes.source
        return Intent(
            incident=subject.incident,
            issue=subject.issue or "",
            issue_id=subject.issue_id or 0,
            field=item.field or Field.TITLE,
            direction=item.direction or SyncDirection.IMPACT_TO_JIRA,
            source=plain(source),
            old=plain(old),
            new=item.to,
            tables=self.tables,
            kind=_KINDS.get(item.reason, Kind.SYNC),
            undoes=None if item.undoes is None else item.undoes.id,
        )

    @property
    def settled(self) -> Settled | Attempt | None:
        """What the journal is to know of its end; None while there is none, or nobody knows it."""
        if self.result is None or self.unread:
            return None
        if self.write is None:
            return Attempt(self.intent, self.result)
        return Settled(self.write, self.result, self.baseline, self.refused)

    def skip(self, outcome: Outcome, category: Category, why: str) -> None:
        """Done with, and never sent."""
        self.result = Result(outcome, None, category, why)


@dataclass(slots=True)
class Job:
    """The changes of one link; `link` is None until it was read again."""

    incident: int
    issue: int
    project: str
    changes: list[Change]
    link: Link | None = None

    @property
    def open(self) -> list[Change]:
        """The changes that are not done with."""
        return [change for change in self.changes if change.result is None]

    def open_in(self, side: Side) -> list[Change]:
        """Those of them that write to one side."""
        return [change for change in self.open if change.target is side]

    def skip(self, outcome: Outcome, category: Category, why: str) -> None:
        """Nothing more of it is to be sent."""
        for change in self.open:
            change.skip(outcome, category, why)

    def skip_in(self, side: Side, category: Category, why: str) -> None:
        """Nothing more of it is to be sent to one side: what is left has failed."""
        for change in self.open_in(side):
            change.skip(Outcome.FAILED, category, why)


def job_of(members: Sequence[Item], book: MappingBook) -> Job:
    """The changes of one link, by the tables of the project its issue was in."""
    subject = members[0].subject
    project = (subject.issue or "").rpartition("-")[0]
    mapping = book.of(project)
    return Job(
        incident=subject.incident,
        issue=subject.issue_id or 0,
        project=project,
        changes=[
            Change(item, mapping.relations[item.field], mapping.fingerprints[item.field])
            for item in members
            if item.field is not None
        ],
    )


def by_link(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """The changes of a plan, link by link."""

    def key(item: Item) -> tuple[int, int]:
        return item.subject.incident, item.subject.issue_id or 0

    changes = (item for item in items if item.pending)
    for _, members in groupby(sorted(changes, key=key), key):
        yield list(members)
