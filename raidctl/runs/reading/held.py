"""The `held` run: what is held, and all that helps to decide it; it writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.plan.case import ComparedLink
from raidctl.core.report import Unread
from raidctl.core.waiting import Waiting, may_wait, waiting
from raidctl.ports.systems import Systems
from raidctl.runs.reading.history import HistoryRequest, read_histories
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
    """All that is held among the links of the request. Raises what `survey` raises."""
    found = survey(systems, request, progress)
    journal, items = systems.journal, found.items
    concerned = {item.subject.incident for item in items if may_wait(item)}
    known = journal.marks(), journal.skips()
    writes = journal.writes(incidents=concerned)
    people = waiting(items, *known, {}, writes)  # about the others no history is asked
    subjects = {one.item.subject.incident: one.item.subject for one in people}
    rest = subjects.keys() - found.asked
    issues = {n: of.issue_id for n, of in subjects.items() if n in rest and of.issue_id is not None}
    told = read_histories(systems, HistoryRequest(sorted(rest), issues), "who changed what last")
    histories = {n: one.history for n, one in found.drifted.items()} | dict(told.by_incident)
    waits = waiting(items, *known, histories, writes)
    seen = {
        number: (
            replace(compared, history=histories[number]),
            found.book.of(compared.link.issue.project),
        )
        for number, compared in found.drifted.items()
    }
    return Held(found, tuple(waits), seen, (*found.unread, *told.unread))
