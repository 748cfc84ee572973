"""The `explain` run: a survey of one link that keeps all its verdicts rest on; it writes nothing.

What a verdict does not need (older changes, raidctl's own writes, the way to a status) is asked
for here, and what of it cannot be read is said instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from raidctl.core.drift import Comparison
from raidctl.core.explanation import OF_THE_LINK, Explanation, FieldExplanation, Path, Standing
from raidctl.core.history import History
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.tables import folded
from raidctl.core.memory import Readings
from raidctl.core.model import Field, Incident, Pair, Side, SyncDirection, values
from raidctl.core.paths import goal_of, route
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.plan.item import Item, Subject, subject_of
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.core.waiting import by_field, skip_of
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueWriter
from raidctl.ports.systems import Systems
from raidctl.runs.reading.history import HistoryRequest, read_histories
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import survey

LATEST_WRITES = 3
TransitionFields = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Explained:
    """What there is to say of each link that was found; `unread` is what was not read."""

    explanations: tuple[Explanation, ...]
    unread: tuple[Unread, ...]


def explain(
    systems: Systems,
    writer: IssueWriter,
    request: ReadRequest,
    transition_fields: TransitionFields,
    fields: Sequence[Field],
    progress: Progress,
) -> Explained:
    """Explain every link of the request, by the rules it holds.

    `writer` is only asked for the ways out of a status; `transition_fields` are the configured
    ones by folded status; `fields` are those to be told of, synced or not. Raises what `survey`
    raises, and `ServiceError` where a system refuses the credentials later on.
    """
    kept = _Kept()
    found = survey(systems, request, progress, kept)
    asking = _Asking(systems, writer, request, transition_fields, tuple(fields))
    told = []
    for number in sorted({*kept.links, *(item.subject.incident for item in found.items)}):
        items = [item for item in found.items if item.subject.incident == number]
        seen = kept.links.get(number)
        told.append(asking.alone(items[0]) if seen is None else asking.compared(*seen, items))
    said = {(part.system, part.why) for one in told for part in one.unread}
    rest = tuple(part for part in found.unread if (part.system, part.why) not in said)
    return Explained(tuple(told), rest)


class _Kept:
    """A survey's observer that keeps every link it compared."""

    def __init__(self) -> None:
        self.links: dict[int, tuple[ComparedLink, ProjectMapping]] = {}

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        """Keep the link: its verdicts come with the histories."""
        self.links[link.link.incident.id] = (link, mapping)

    def missed(self, incident: Incident, readings: Readings) -> None:
        """It is told of by its item."""

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Nothing is remembered."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """What is asked beside the survey."""

    systems: Systems
    writer: IssueWriter
    request: ReadRequest
    transition_fields: TransitionFields
    fields: tuple[Field, ...]

    def alone(self, item: Item) -> Explanation:
        """An incident without an issue to compare it with: what Impact has."""
        scope = Scope(incidents=frozenset({item.subject.incident}))
        fields = [
            FieldExplanation(name, Pair(one.value(name), None), Standing.ALONE, {})
            for one in self.systems.source.incidents(scope)
            for name in self.fields
        ]
        why = "Impact did not show the incident a second time"
        lacking = Unread(Side.IMPACT, "its values", why, Category.NOT_FOUND)
        return self._whole(item.subject, item, fields, [] if fields else [lacking])

    def compared(
        self, seen: ComparedLink, mapping: ProjectMapping, items: Sequence[Item]
    ) -> Explanation:
        """A link with both sides."""
        number = seen.link.incident.id
        wanted = HistoryRequest([number], {number: seen.link.issue.id})
        told = read_histories(self.systems, wanted, "history could not be read")
        history, unread = told.by_incident[number], list(told.unread)
        fields = list(self._fields(seen, mapping, items, history, unread))
        held = next((item for item in items if item.reason in OF_THE_LINK), None)
        moved = next((item for item in items if item.reason is Reason.MOVED), None)
        subject, histories = subject_of(seen.link), frozenset(history.told)
        whole = self._whole(subject, held, fields, unread, histories)
        return replace(whole, moved=moved)

    def _fields(
        self,
        seen: ComparedLink,
        mapping: ProjectMapping,
        items: Sequence[Item],
        history: History,
        unread: list[Unread],
    ) -> Iterator[FieldExplanation]:
        """All that was found out about each field; what could not be is added to `unread`."""
        link, memory = seen.link, seen.memory
        compared = {found.field: found for found in seen.fields}
        verdicts = {item.field: item for item in items}
        writes = self.systems.journal.writes(incidents=[link.incident.id])
        skips = by_field(self.systems.journal.skips())
        for name in self.fields:
            found, item = compared.get(name), verdicts.get(name)
            baseline = memory.baselines.get(name)
            if found is None:
                synced = name in self.request.policy.fields
                standing = Standing.OUT_OF_SCOPE if synced else Standing.NOT_SYNCED
            else:
                standing = Standing.IN_SYNC if item is None else Standing.DRIFTED
            hops = mapping.relations[name] is mapping.status
            own = [write for write in reversed(writes) if write.field is name]
            yield FieldExplanation(
                field=name,
                pair=values(link, name),
                standing=standing,
                edits=history.lasts(name),
                found=found if isinstance(found, Comparison) else None,
                item=item,
                baseline=baseline,
                same_tables=baseline is None or mapping.says_the_same(name, baseline),
                writes=tuple(own[:LATEST_WRITES]),
                guards={way: ends for (way, of), ends in memory.guards.items() if of is name},
                quarantined=name in memory.flapping,
                skip=None if item is None else skip_of(item, skips),
                path=self._path(link.issue.id, mapping, item, unread) if hops else None,
            )

    def _path(
        self, number: int, mapping: ProjectMapping, item: Item | None, unread: list[Unread]
    ) -> Path | None:
        """The way to the status that would be written to JIRA; None where none would be."""
        if item is None or item.to is None or item.direction is not SyncDirection.IMPACT_TO_JIRA:
            return None
        goal = goal_of(mapping.status, str(item.to), self.transition_fields)
        try:
            issue = self.systems.tracker.current([number])[0]
            if issue is None or not isinstance(issue.status, str):
                return None
            start, kind = issue.status, (issue.project, issue.issue_type or "")
            learnt = self.systems.journal.learnt(*kind)
            ways = {**learnt, folded(start): self.writer.transitions(number)}
            found = route(start, goal, ways, partial(self.writer.statuses, *kind))
        except ServiceError as error:
            if error.category is Category.AUTH:
                raise
            what = "transitions could not be read"
            unread.append(Unread(Side.JIRA, what, str(error), error.category))
            return None
        return Path(start, goal.status, found)

    def _whole(
        self,
        subject: Subject,
        held: Item | None,
        fields: Sequence[FieldExplanation],
        unread: Sequence[Unread],
        histories: frozenset[Side] = frozenset(),
    ) -> Explanation:
        journal = self.systems.journal
        return Explanation(
            subject=subject,
            held=held,
            fields=tuple(fields),
            direction=self.request.policy.direction,
            pause=journal.paused(),
            has_baselines=journal.has_baselines,
            histories=histories,
            unread=tuple(unread),
            now=self.request.now,
        )
