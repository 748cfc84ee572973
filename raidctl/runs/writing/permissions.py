"""What JIRA says beforehand that its user may not do: asked once a project, before any write."""

from collections.abc import Collection, Mapping, Sequence
from threading import Lock

from raidctl.core.model import Field
from raidctl.core.plan.item import ISSUE_FIELD, ISSUE_STATUS, Target
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueWriter
from raidctl.runs.writing.stages import LinkWrites, changes_for

_EDITS = frozenset({"EDIT_ISSUES", "EDIT_ISSUE"})
_NEEDS: Mapping[Field, frozenset[str]] = {
    Field.STATUS: frozenset({"TRANSITION_ISSUES", "TRANSITION_ISSUE"}),
    Field.COMMANDER: _EDITS | {"ASSIGN_ISSUES", "ASSIGN_ISSUE"},
}


class Permissions:
    """Shared by all that write issues."""

    def __init__(self, writer: IssueWriter) -> None:
        self._writer = writer
        self._missing: dict[str, frozenset[str]] = {}
        self._again: dict[str, frozenset[str]] = {}
        self._lock = Lock()

    def preflight(self, links: Sequence[LinkWrites], target: Target) -> Sequence[LinkWrites]:
        """The links, with what may not be written to this target settled.

        Raises `ServiceError` where that cannot be asked.
        """
        to_ask = [link for link in links if changes_for([link], (ISSUE_FIELD, ISSUE_STATUS))]
        for project in sorted({link.project for link in to_ask} - self._missing.keys()):
            self._missing[project] = frozenset(self._writer.missing_permissions(project))
        return [self._allowed(link, target) for link in links]

    def withdrawn(self, project: str, target: Target) -> str | None:
        """What is missing after all, now that an issue was forbidden, as JIRA says by now."""
        with self._lock:
            if project not in self._again:
                try:
                    self._again[project] = frozenset(self._writer.missing_permissions(project))
                except ServiceError:
                    self._again[project] = frozenset()
        lacking = self._again[project] & (
            _NEEDS[Field.STATUS] if target == ISSUE_STATUS else _EDITS
        )
        return _lacks(lacking, project) if lacking else None

    def _allowed(self, link: LinkWrites, target: Target) -> LinkWrites:
        for change in link.open_for(target):
            if lacking := self._missing[link.project] & _NEEDS.get(change.name, _EDITS):
                why = _lacks(lacking, link.project)
                refused = Result(Outcome.REFUSED, None, Category.PERMISSION, why)
                link = link.settling([change], refused)
        return link


def _lacks(permissions: Collection[str], project: str) -> str:
    return f"the JIRA user lacks {', '.join(sorted(permissions))} in {project}"
