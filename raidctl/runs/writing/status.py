"""Take an issue to a status: hop by hop, each journalled, each decided on what is known then."""

from collections.abc import Callable
from dataclasses import dataclass

from raidctl.breaker import WriteBreaker
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Issue
from raidctl.core.paths import DeadEnd, Goal, Transition, goal_of, is_settled, route
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.workflows import Workflows
from raidctl.runs.writing.changes import Change
from raidctl.runs.writing.failures import may_be_repeated, trouble

TRIES = 4
LONGEST_PATH = 20  # hops; JIRA takes 20 writes to one issue in two seconds


@dataclass(slots=True)
class _Walk:
    """One issue under way: where it is, which statuses it has left, how often it may fail."""

    change: Change
    issue: Issue
    goal: Goal
    at: str
    left: frozenset[str] = frozenset()
    tries: int = TRIES

    @property
    def done(self) -> bool:
        return folded(self.at) == folded(self.goal.status)


class StatusWriting:
    """Sends transitions; where that led is judged by reading, afterwards."""

    def __init__(
        self,
        systems: WritableSystems,
        context: RunContext,
        breaker: WriteBreaker,
        intend: Callable[[Change], None],
    ) -> None:
        self._systems = systems
        self._context = context
        self._breaker = breaker
        self._intend = intend
        self._workflows = Workflows(systems, context)

    def write(self, change: Change, issue: Issue) -> None:
        """Go until the status is reached, nothing leads on, or somebody else moves the issue."""
        status = self._context.book.of(issue.project).status
        goal = goal_of(status, str(change.item.to), self._context.transition_fields)
        walk = _Walk(change, issue, goal, str(issue.status))
        while not walk.done and len(change.hops) < LONGEST_PATH and walk.tries:
            hop = self._next(walk)
            if hop is None:
                return
            found = self._taken(walk, hop)
            if found is None:
                return
            if folded(found) == folded(hop.to) and not _outrun(change):
                change.hops.append(hop.to)
                walk.left |= {folded(walk.at)}
                walk.at = hop.to
            elif folded(found) == folded(walk.at):
                walk.tries -= 1
            else:
                return  # somebody else moved it: the read-back tells what that means

    def _next(self, walk: _Walk) -> Transition | None:
        """The transition to take from here; None, with the trouble noted, where there is none."""
        issue, change = walk.issue, walk.change
        try:
            live = {folded(walk.at): self._workflows.leaving(issue, walk.at)}
            found = route(walk.at, walk.goal, self._workflows.of(issue, live), walk.left)
            if not is_settled(found):
                self._workflows.ask_statuses(issue)
                found = route(walk.at, walk.goal, self._workflows.of(issue, live), walk.left)
        except ServiceError as error:
            self._note(walk, error)
        else:
            if not isinstance(found, DeadEnd):
                return found.hops[0]
            change.trouble = Result(Outcome.REFUSED, None, Category.VALIDATION, found.why)
        if change.write is None:
            change.result = change.trouble  # nothing of it was sent: that is all there is to say
        return None

    def _taken(self, walk: _Walk, hop: Transition) -> str | None:
        """Take one transition: the status the issue is in then; None where nothing tells."""
        if walk.change.write is None:
            self._intend(walk.change)
        if walk.change.write is not None:
            self._systems.journal.hop(walk.change.write, hop, self._context.clock())
        fields = self._context.transition_fields.get(folded(hop.to), {})
        if hop.screen is not None:
            fields = {name: value for name, value in fields.items() if name in hop.screen}
        try:
            self._systems.writer.take(walk.issue.id, hop, fields)
        except ServiceError as error:
            walk.change.trouble = trouble(error)
            again = may_be_repeated(error)
            if not again or walk.tries == 1:
                self._breaker.failed(walk.issue.project, error)
            return self._status(walk) if again else None
        self._breaker.worked()
        walk.change.trouble = None
        return hop.to

    def _status(self, walk: _Walk) -> str | None:
        try:
            issue = self._systems.tracker.current([walk.issue.id])[0]
        except ServiceError as error:
            self._note(walk, error)
            return None
        return None if issue is None else str(issue.status)

    def _note(self, walk: _Walk, error: ServiceError) -> None:
        self._breaker.failed(walk.issue.project, error)
        walk.change.trouble = trouble(error)


def _outrun(change: Change) -> bool:
    """Whether the last transition lost against another one: where the issue is now is theirs."""
    return change.trouble is not None and change.trouble.category == Category.CONFLICT
