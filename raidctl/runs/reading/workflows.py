"""What is known of JIRA's workflows: learnt in earlier runs, seen live, told by JIRA."""

from collections.abc import Mapping, Sequence
from threading import Lock

from raidctl.core.mapping.tables import folded
from raidctl.core.model import Issue
from raidctl.core.paths import Transition, Workflow
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext


class Workflows:
    """By project and issue type; for several threads at once."""

    def __init__(self, systems: WritableSystems, context: RunContext) -> None:
        self._systems = systems
        self._context = context
        self._ways: dict[tuple[str, str], dict[str, Sequence[Transition]]] = {}
        self._statuses: dict[tuple[str, str], frozenset[str] | None] = {}
        self._lock = Lock()

    def leaving(self, issue: Issue, status: str) -> Sequence[Transition]:
        """The ways out of the status the issue is in, live, and remembered for others."""
        ways = self._systems.writer.transitions(issue.id)
        project, kind = issue.project, issue.issue_type or ""
        with self._lock:
            known = self._known(project, kind)
            if known.get(folded(status)) != ways:
                known[folded(status)] = ways
                self._systems.journal.learn(project, kind, status, ways, self._context.clock())
        return ways

    def of(self, issue: Issue, live: Mapping[str, Sequence[Transition]]) -> Workflow:
        """What is known so far, with what is live for this very issue."""
        kind = (issue.project, issue.issue_type or "")
        with self._lock:
            return Workflow({**self._known(*kind), **live}, self._statuses.get(kind))

    def ask_statuses(self, issue: Issue) -> None:
        """Ask JIRA, once, which statuses there are."""
        kind = (issue.project, issue.issue_type or "")
        if kind not in self._statuses:
            told = self._systems.writer.statuses(*kind)
            self._statuses[kind] = None if told is None else frozenset(map(folded, told))

    def _known(self, project: str, kind: str) -> dict[str, Sequence[Transition]]:
        if (project, kind) not in self._ways:
            self._ways[project, kind] = dict(self._systems.journal.learnt(project, kind))
        return self._ways[project, kind]
