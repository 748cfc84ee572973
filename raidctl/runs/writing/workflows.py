"""What is known of JIRA's workflows: learnt in earlier runs, seen live, told by JIRA."""

from collections.abc import Mapping, Sequence
from threading import Lock

from raidctl.core.mapping.tables import folded
from raidctl.core.model import Issue
from raidctl.core.paths import Transition
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext


class Workflows:
    """By project and issue type; for several threads at once."""

    def __init__(self, systems: WritableSystems, context: RunContext) -> None:
        self._systems = systems
        self._context = context
        self._ways: dict[tuple[str, str], dict[str, Sequence[Transition]]] = {}
        self._statuses: dict[tuple[str, str], Sequence[str] | None] = {}
        self._lock = Lock()

    def ways(self, issue: Issue, status: str) -> Mapping[str, Sequence[Transition]]:
        """All that are known, with the live ones out of `status`, where the issue is."""
        live = self._systems.writer.transitions(issue.id)
        kind, journal = (issue.project, issue.issue_type or ""), self._systems.journal
        with self._lock:
            if kind not in self._ways:
                self._ways[kind] = dict(journal.learnt(*kind))
            known = self._ways[kind]
            if known.get(folded(status)) != live:
                known[folded(status)] = live
                journal.learn(*kind, status, live, self._context.clock())
            return {**known, folded(status): live}  # what is learnt has no screens

    def statuses(self, issue: Issue) -> Sequence[str] | None:
        """Those that such issues can have, asked for once; None where JIRA does not tell."""
        kind = (issue.project, issue.issue_type or "")
        if kind not in self._statuses:
            self._statuses[kind] = self._systems.writer.statuses(*kind)
        return self._statuses[kind]
