"""Take an issue to a status: hop by hop, each journalled, each decided on what is known then."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from raidctl.breaker import WriteBreaker
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Issue, Side
from raidctl.core.paths import (
    DeadEnd,
    Goal,
    Route,
    Transition,
    fields_refused,
    goal_of,
    route,
    unexplored,
)
from raidctl.core.plan.item import ISSUE_STATUS, Change
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent
from raidctl.errors import Category, FieldsRefusedError, LostAnswerError, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.writing.failures import failure_of, may_be_repeated
from raidctl.runs.writing.issue import TRIES
from raidctl.runs.writing.permissions import Permissions
from raidctl.runs.writing.recheck import outdated
from raidctl.runs.writing.sender import IssueSender
from raidctl.runs.writing.stages import LinkWrites
from raidctl.runs.writing.workflows import Workflows

OUTRUN = "JIRA changed it since the plan was made"
LONGEST_PATH = 20  # hops; JIRA takes 20 writes to one issue in two seconds


@dataclass(slots=True)
class _Walk:
    """One issue under way: where it is, which statuses it has left, how often it may fail.

    `write` is its number in the journal once a transition is about to be sent.
    """

    change: Change
    issue: Issue
    goal: Goal
    at: str
    left: frozenset[str] = frozenset()
    hops: tuple[str, ...] = ()
    failure: Result | None = None
    write: int | None = None
    begun: datetime | None = None
    tries: int = TRIES

    @property
    def under_way(self) -> bool:
        """Whether there is a next hop to be taken."""
        arrived = folded(self.at) == folded(self.goal.status)
        return not arrived and len(self.hops) < LONGEST_PATH and self.tries > 0

    @property
    def outrun(self) -> bool:
        """Whether the last transition lost against another one: where the issue is is theirs."""
        return self.failure is not None and self.failure.category == Category.CONFLICT


class StatusSender(IssueSender):
    """Sends transitions; where that led is judged by reading, afterwards."""

    target = ISSUE_STATUS

    def __init__(
        self,
        systems: WritableSystems,
        context: RunContext,
        breaker: WriteBreaker,
        permissions: Permissions,
    ) -> None:
        super().__init__(systems, context, breaker, permissions)
        self._workflows = Workflows(systems, context)

    def send(self, link: LinkWrites) -> LinkWrites:
        """Take the transitions, unless somebody was seen to take one since the plan was made."""
        for change in link.open_for(ISSUE_STATUS):
            issue = link.link.issue
            if (stop := self.barred(link.project)) is not None:
                link = link.failing([change], *stop)
            elif (stale := outdated(change, {Side.JIRA: issue})) is not None:
                link = link.settling([change], stale)
            else:
                link = self._walked(link, change, issue)
        return link

    def _walked(self, link: LinkWrites, change: Change, issue: Issue) -> LinkWrites:
        """Go until the status is reached, nothing leads on, or somebody else moves the issue."""
        status = self._context.book.of(issue.project).status
        goal = goal_of(status, str(change.to), self._context.transition_fields)
        walk = _Walk(change, issue, goal, str(issue.status))
        while walk.under_way:
            hop = self._next(walk)
            found = None if hop is None else self._taken(walk, hop)
            if hop is None or found is None:
                break
            if folded(found) == folded(hop.to) and not walk.outrun:
                walk.hops += (hop.to,)
                walk.left |= {folded(walk.at)}
                walk.at = hop.to
            elif folded(found) == folded(walk.at):
                walk.tries -= 1
            else:
                break  # somebody else moved it: the read-back tells what that means
        if walk.write is not None:
            return link.sending([Sent(walk.write, change, walk.hops, walk.failure, at=walk.begun)])
        # Nothing of it was sent: what went wrong is all there is to say.
        return link if walk.failure is None else link.settling([change], walk.failure)

    def _next(self, walk: _Walk) -> Transition | None:
        """The transition to take from here; None, with the failure noted, where there is none."""
        try:
            found = self._route(walk)
        except ServiceError as error:
            self._note(walk, error)
            return None
        if found is None:
            # Of what was never sent nobody reads back what became of it.
            outcome = Outcome.STALE if walk.write is None else Outcome.FAILED
            walk.failure = Result(outcome, None, Category.CONFLICT, OUTRUN)
            return None
        if isinstance(found, DeadEnd):
            walk.failure = Result(Outcome.REFUSED, None, Category.VALIDATION, found.why)
            return None
        return found.hops[0]

    def _route(self, walk: _Walk) -> Route | DeadEnd | None:
        """The way from here, by all that is known or can be learnt; None where it stands elsewhere.

        What lies between is learnt by reading, before the first hop.
        """
        issue = walk.issue
        ways = self._workflows.ways(issue, walk.at)
        while ways is not None:
            statuses = partial(self._workflows.statuses, issue)
            found = route(walk.at, walk.goal, ways, statuses, walk.left)
            if isinstance(found, Route) and found.certain:
                return found
            wanted = unexplored(walk.at, walk.goal, ways)
            more = self._workflows.explored(issue, walk.at, ways, wanted)
            if more == ways:
                return found
            ways = more
        return None

    def _taken(self, walk: _Walk, hop: Transition) -> str | None:
        """Take one transition: the status the issue is in then; None where nothing tells."""
        if walk.write is None:
            (sent,) = self.intend([walk.change])
            walk.write, walk.begun = sent.write, sent.at
        self._systems.journal.hop(walk.write, hop, self._context.clock())
        fields = self._context.transition_fields.get(folded(hop.to), {})
        if hop.screen is not None:
            fields = {name: value for name, value in fields.items() if name in hop.screen}
        try:
            self._systems.writer.transition(walk.issue.id, hop, fields)
        except ServiceError as error:
            walk.failure = failure_of(error)
            if isinstance(error, FieldsRefusedError):
                why = fields_refused(hop, error.fields)
                walk.failure = replace(walk.failure, detail=why)
            again = may_be_repeated(error)
            if not isinstance(error, LostAnswerError) or walk.tries == 1:
                self.failed(walk.issue.project, walk.issue.id, error)
            return self._status(walk) if again else None
        self.worked(walk.issue.project)
        walk.failure = None
        return hop.to

    def _status(self, walk: _Walk) -> str | None:
        try:
            issue = self._systems.tracker.current([walk.issue.id])[0]
        except ServiceError as error:
            self._note(walk, error)
            return None
        return None if issue is None else str(issue.status)

    def _note(self, walk: _Walk, error: ServiceError) -> None:
        self.failed(walk.issue.project, walk.issue.id, error)
        walk.failure = failure_of(error)
