"""The `held` run: what waits for a person, and all that helps to decide it; it writes nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.model import Side
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.item import Item
from raidctl.core.report import Unread
from raidctl.core.waiting import History, Waiting, may_wait, waiting
from raidctl.ports.systems import Systems
from raidctl.runs.reading.history import History as Edits
from raidctl.runs.reading.history import last_changes
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Survey, survey

Seen = tuple[ComparedLink, ProjectMapping]


@dataclass(frozen=True, slots=True)
class Held:
    """What waits, in the order of incidents and fields; `seen` has the links it is about, by id.

    `unread` is what could not be read.
    """

    survey: Survey
    waiting: tuple[Waiting, ...]
    seen: Mapping[int, Seen]
    unread: tuple[Unread, ...]


def held(systems: Systems, request: ReadRequest, progress: Progress) -> Held:
    """All that waits for a person among the links of the request. Raises what `survey` raises."""
    found = survey(systems, request, progress)
    asking = _Asking(systems)
    journal, items = systems.journal, found.items
    concerned = {item.subject.incident for item in items if may_wait(item)}
    known = journal.marks(), journal.skips()
    writes = journal.writes(incidents=concerned)
    people = waiting(items, *known, {}, writes)  # about the others no history is asked
    history = asking.history({one.item.subject.incident: one.item for one in people})
    waits = waiting(items, *known, history, writes)
    seen = {
        number: (_with_edits(compared, history), found.book.of(compared.link.issue.project))
        for number, compared in found.drifted.items()
    }
    return Held(found, tuple(waits), seen, (*found.unread, *asking.unread))


def _with_edits(compared: ComparedLink, history: History) -> ComparedLink:
    number = compared.link.incident.id
    edits = {
        (side, name): edit
        for side in Side
        for name, edit in history.get((number, side), {}).items()
    }
    return replace(compared, memory=replace(compared.memory, edits=edits))


@dataclass(slots=True)
class _Asking:
    """What is asked beside the survey; `unread` gathers what of it cannot be had."""

    systems: Systems
    unread: list[Unread] = field(default_factory=list)

    def history(self, items: Mapping[int, Item]) -> History:
        """The last changes of these incidents, by incident and side."""
        issues = {
            number: item.subject.issue_id
            for number, item in items.items()
            if item.subject.issue_id is not None
        }
        impact = self._edits(Side.IMPACT, self.systems.source.edits, list(items))
        jira = self._edits(Side.JIRA, self.systems.tracker.edits, list(issues.values()))
        return {
            **{(number, Side.IMPACT): impact.get(number, {}) for number in items},
            **{(number, Side.JIRA): jira.get(issue, {}) for number, issue in issues.items()},
        }

    def _edits(
        self, side: Side, read: Callable[[Collection[int]], Edits], numbers: Sequence[int]
    ) -> Edits:
        told, error = last_changes(read, numbers)
        if error is not None:
            what = "who changed what last"
            self.unread.append(Unread(side, what, str(error), error.category))
        return told
