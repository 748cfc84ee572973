"""What is known of JIRA's workflows: learnt in earlier runs, seen live, read of other issues."""

from collections.abc import Mapping, Sequence
from threading import Lock, RLock

from raidctl.core.mapping.tables import folded
from raidctl.core.model import Issue
from raidctl.core.paths import Transition
from raidctl.errors import ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.prefetch import batches
from raidctl.runs.context import RunContext

CANDIDATES = 3  # issues of a project that are asked for a status: not each is of the right type

Kind = tuple[str, str]  # project and issue type
Ways = Mapping[str, Sequence[Transition]]


class Workflows:
    """By project and issue type; for several threads at once."""

    def __init__(self, systems: WritableSystems, context: RunContext) -> None:
        self._systems = systems
        self._context = context
        self._ways: dict[Kind, dict[str, Sequence[Transition]]] = {}
        self._statuses: dict[Kind, Sequence[str] | None] = {}
        self._explored: dict[Kind, set[str]] = {}
        self._lock = RLock()
        self._exploring = Lock()

    def ways(self, issue: Issue, status: str) -> Ways | None:
        """All that are known, with the live ones out of `status`, where the issue is.

        None where it is elsewhere by now. That is looked at where what was seen is news: it would
        be learnt under the wrong status.
        """
        live, kind = tuple(self._systems.writer.transitions(issue.id)), _kind(issue)
        with self._lock:
            if self._known(kind).get(folded(status)) != live:
                now = self._systems.tracker.current([issue.id])[0]
                if now is None or folded(str(now.status)) != folded(status):
                    return None
                self._learn(kind, status, live)
            return {**self._known(kind), folded(status): live}  # what is learnt has no screens

    def explored(
        self, issue: Issue, status: str, ways: Ways, unknown: Sequence[str]
    ) -> Ways | None:
        """These `ways`, and those that issues which stand in `unknown` (folded) statuses tell of.

        Each status is asked for once a run. Where the statuses are called otherwise than the live
        ways have it, JIRA is asked for those again: by now it is known what they are called.
        """
        kind, here = _kind(issue), folded(status)
        with self._exploring:
            asked = self._explored.setdefault(kind, set())
            self._read(issue, [one for one in unknown if one not in asked])
            asked.update(unknown)
        names = set(map(folded, self.statuses(issue) or ()))
        if names and not {folded(way.to) for way in ways[here]} <= names:
            return self.ways(issue, status)
        return {**self._known(kind), here: ways[here]}

    def statuses(self, issue: Issue) -> Sequence[str] | None:
        """Those that such issues can have, asked for once; None where JIRA does not tell."""
        kind = _kind(issue)
        if kind not in self._statuses:
            self._statuses[kind] = self._systems.writer.statuses(*kind)
        return self._statuses[kind]

    def _read(self, issue: Issue, wanted: Sequence[str]) -> None:
        """Ask linked issues of the same project and type, as they are this moment."""
        kind, tracker = _kind(issue), self._systems.tracker
        standing = self._systems.journal.standing(issue.project) if wanted else {}
        found = [(one, number) for one in wanted for number in standing.get(one, ())[:CANDIDATES]]
        for batch in batches(found, tracker.current_size):
            known = self._known(kind)
            numbers = [number for expected, number in batch if expected not in known]
            try:
                for one in tracker.current(numbers) if numbers else ():
                    if one is not None and _kind(one) == kind:
                        self._ask(kind, one)
            except ServiceError:
                continue  # the way is as unknown as before

    def _ask(self, kind: Kind, other: Issue) -> None:
        with self._lock:
            if folded(str(other.status)) in self._known(kind):
                return
            ways = tuple(self._systems.writer.transitions(other.id))
            if ways:  # none at all tells of a permission, and not of the status
                self._learn(kind, str(other.status), ways)

    def _known(self, kind: Kind) -> dict[str, Sequence[Transition]]:
        if kind not in self._ways:
            self._ways[kind] = dict(self._systems.journal.learnt(*kind))
        return self._ways[kind]

    def _learn(self, kind: Kind, status: str, ways: Sequence[Transition]) -> None:
        self._known(kind)[folded(status)] = ways
        self._systems.journal.learn(*kind, status, ways, self._context.clock())


def _kind(issue: Issue) -> Kind:
    return issue.project, issue.issue_type or ""
