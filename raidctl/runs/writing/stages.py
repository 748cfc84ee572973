"""One link on its way through a run that writes: a frozen value that each stage hands on."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from raidctl.core.history import NOTHING_TOLD, History
from raidctl.core.model import Incident, Issue, Link
from raidctl.core.plan.item import Change, Item, Target, pending
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category


@dataclass(frozen=True, slots=True)
class LinkWrites:
    """The changes of one link, and how far each has come.

    `issue` is the id of an issue, None where there is none yet. `incident_now` and `issue_now` are
    both sides as they were last read, None until then, and `history` what they tell of changes.
    """

    incident: int
    issue: int | None
    project: str
    changes: tuple[Change, ...]
    incident_now: Incident | None = None
    issue_now: Issue | None = None
    history: History = NOTHING_TOLD
    sent: tuple[Sent, ...] = ()
    settled: tuple[Settlement, ...] = ()

    @property
    def open(self) -> tuple[Change, ...]:
        """What is neither sent nor settled yet."""
        done = {one.change.key for one in self.sent} | {one.change.key for one in self.settled}
        return tuple(change for change in self.changes if change.key not in done)

    @property
    def link(self) -> Link:
        """Both sides as they were last read; raises LookupError where one was not."""
        if self.incident_now is None or self.issue_now is None:
            raise LookupError(f"incident {self.incident} was not read with its issue")
        return Link(self.incident_now, self.issue_now)

    def open_for(self, *targets: Target) -> list[Change]:
        """What of it is to be written to these targets."""
        return [change for change in self.open if change.target in targets]

    def sending(self, sent: Iterable[Sent]) -> "LinkWrites":
        """With what may have been sent."""
        return replace(self, sent=(*self.sent, *sent))

    def settling(self, changes: Iterable[Change], result: Result) -> "LinkWrites":
        """With changes that came to an end unsent."""
        ended = (Settlement(change, result) for change in changes)
        return replace(self, settled=(*self.settled, *ended))

    def failing(self, changes: Iterable[Change], category: Category, why: str) -> "LinkWrites":
        """With changes that could not be sent."""
        return self.settling(changes, Result(Outcome.FAILED, None, category, why))

    def stale(self, category: Category, why: str) -> "LinkWrites":
        """With nothing left to send, because the link is not what the plan saw."""
        return self.settling(self.open, Result(Outcome.STALE, None, category, why))


def by_link(items: Iterable[Item]) -> Iterator[LinkWrites]:
    """What is still to be made of a plan, link by link."""

    def place(change: Change) -> tuple[int, int]:
        return change.subject.incident, change.subject.issue_id or 0

    for _, members in groupby(sorted(pending(items), key=place), place):
        changes = tuple(members)
        subject = changes[0].subject
        yield LinkWrites(subject.incident, subject.issue_id, subject.project, changes)


def changes_for(links: Iterable[LinkWrites], targets: Collection[Target]) -> Sequence[Change]:
    """What of all these links is to be written to some targets."""
    return [change for link in links for change in link.open_for(*targets)]
