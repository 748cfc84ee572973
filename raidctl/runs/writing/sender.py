"""What writes one kind of target: the part of a run that knows how it is sent and judged."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from raidctl.breaker import WriteBreaker
from raidctl.core.plan.item import Change, Target
from raidctl.core.writes.marks import refusal_of, refused_before
from raidctl.core.writes.outcome import Outcome
from raidctl.core.writes.settlement import PermanentRefusal, Sent, Settlement
from raidctl.errors import Category, RaidctlError, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import Landed
from raidctl.runs.writing.permissions import Permissions
from raidctl.runs.writing.stages import LinkWrites


class Sender(ABC):
    """Sends the changes of one target, link by link; the links of one batch side by side.

    It takes from each link what is open for it, and hands the link on.
    """

    def __init__(self, systems: WritableSystems, context: RunContext) -> None:
        self._systems = systems
        self._context = context

    @property
    def fatal(self) -> RaidctlError | None:
        """What stopped it for good, if anything did."""
        return None

    def preflight(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """All links of the plan, before anything is sent: what cannot be sent is settled."""
        return links

    def prepare(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """A batch that was just read again: ask what its changes need, in as few requests."""
        return links

    @abstractmethod
    def send(self, link: LinkWrites) -> LinkWrites:
        """Journal the intents of what is open, and send it."""

    def judge(self, sent: Sent, now: Landed) -> Settlement:
        """What became of it, by what its target holds now; a kill before this loses nothing.

        Raises `ServiceError` where it has to look further and cannot.
        """
        return now.judge(self._context.book, sent)

    def explain_refusal(self, link: LinkWrites, one: Settlement) -> Settlement:
        """A change of which the target kept the old value and said nothing: the last word on it."""
        return self.refused_again(one)

    def refused_again(self, one: Settlement) -> Settlement:
        """A refusal, for good where the very same was refused the last time.

        A text whose form in the target is the one that stood there would be sent for ever, and so
        would what a rule of the target's forbids.
        """
        if self.ended_so_before(one, Outcome.REFUSED):
            return replace(one, refused=self.for_good(one.change))
        return one

    def for_good(self, change: Change) -> PermanentRefusal:
        """That a change is not to be sent again as it is."""
        return PermanentRefusal()

    def intend(self, changes: Sequence[Change]) -> list[Sent]:
        """The changes with their intents in the journal: from now on they may have been sent."""
        context = self._context
        now = context.clock()
        numbers = self._systems.journal.intend(changes, context.run, now)
        return [Sent(n, change, at=now) for n, change in zip(numbers, changes, strict=True)]

    def ended_so_before(self, one: Settlement, outcome: Outcome) -> bool:
        """Whether the last time these very values were sent it came to the same."""
        change, subject = one.change, one.change.subject
        past = [
            write
            for write in self._systems.journal.writes(incidents=[subject.incident])
            if (write.field, write.issue_id) == (change.field, subject.issue_id)
            if write.sent and write.id != one.write and write.direction is change.direction
        ]
        if not past or past[-1].outcome is not outcome:
            return False
        return refused_before(refusal_of(past[-1]), change.leaving(change.old), change.to)


class IssueSender(Sender):
    """What both senders to JIRA have in common: permissions, and the `breaker` they share."""

    target: Target

    def __init__(
        self,
        systems: WritableSystems,
        context: RunContext,
        breaker: WriteBreaker,
        permissions: Permissions,
    ) -> None:
        super().__init__(systems, context)
        self._breaker = breaker
        self._permissions = permissions

    def barred(self, project: str) -> tuple[Category, str] | None:
        """Why nothing more of this kind is to be written in a project; None where it may be."""
        return self._breaker.reason(self._place(project))

    def worked(self, project: str) -> None:
        """A write was carried out in a project."""
        self._breaker.worked(self._place(project))

    def failed(self, project: str, issue: int, error: ServiceError) -> None:
        """A request about an issue failed for good.

        A 403 is this issue's own (archived, or a firewall dislikes its text), unless JIRA says
        by now that the permission is missing, or several issues in a row are forbidden.
        """
        if error.category is not Category.PERMISSION:
            self._breaker.failed(error)
        elif (lacking := self._permissions.withdrawn(project, self.target)) is not None:
            self._breaker.forbid(self._place(project), lacking)
        else:
            self._breaker.forbidden(self._place(project), issue, error)

    def _place(self, project: str) -> str:
        return f"{self.target} in {project}"

    def preflight(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """What JIRA says beforehand that this user may not write is not tried."""
        return self._permissions.preflight(links, self.target)


@dataclass(frozen=True, slots=True)
class Senders:
    """The senders of a run, in the order in which a link is written.

    `breaker` is JIRA's: what stops it ends the run.
    """

    breaker: WriteBreaker
    of: Mapping[Target, Sender]

    @property
    def fatal(self) -> RaidctlError | None:
        """What ended the run, or a part of it, early."""
        others = (sender.fatal for sender in self.of.values())
        return self.breaker.fatal or next((error for error in others if error is not None), None)


MakeSenders = Callable[[WritableSystems, RunContext], Senders]
