"""The `explain` run: a survey of one link that keeps all its verdicts rest on; it writes nothing.

What a verdict does not need (older changes, raidctl's own writes, the way to a status) is asked
for here, and what of it cannot be read is said instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from raidctl.core.drift import Comparison
from raidctl.core.explanation import OF_THE_LINK, Explanation, FieldExplanation, Path, Standing
from raidctl.core.history import History
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.named import StatusRelation
from raidctl.core.mapping.tables import folded
from raidctl.core.model import (
    Field,
    Issue,
    Side,
    SyncDirection,
    impact_value,
    jira_value,
)
from raidctl.core.paths import Goal, goal_of, route
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.item import Item, Subject, subject_of
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Write
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueWriter
from raidctl.ports.systems import Systems
from raidctl.runs.reading.history import of_link, read_histories
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

    def saw(self, link: ComparedLink, mapping: ProjectMapping, verdicts: Sequence[Item]) -> None:
        """Keep the link; its verdicts are not yet the last word."""
        self.links[link.link.incident.id] = (link, mapping)

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Nothing is remembered."""


@dataclass(slots=True)
class _Asking:
    """What is asked beside the survey; `unread` gathers what one link's answers lack."""

    systems: Systems
    writer: IssueWriter
    request: ReadRequest
    transition_fields: TransitionFields
    fields: tuple[Field, ...]
    unread: list[Unread] = field(default_factory=list)

    def alone(self, item: Item) -> Explanation:
        """An incident without an issue to compare it with: what Impact has."""
        scope = Scope(incidents=frozenset({item.subject.incident}))
        fields = tuple(
            FieldExplanation(name, impact_value(incident, name), None, Standing.ALONE, {})
            for incident in self.systems.source.incidents(scope)
            for name in self.fields
        )
        if not fields:
            why = "Impact did not show the incident a second time"
            self.unread.append(Unread(Side.IMPACT, "its values", why, Category.NOT_FOUND))
        return self._whole(item.subject, None, item, fields)

    def compared(
        self, seen: ComparedLink, mapping: ProjectMapping, items: Sequence[Item]
    ) -> Explanation:
        """A link with both sides."""
        link, systems = seen.link, self.systems
        verdicts = {item.field: item for item in items}
        writes = systems.journal.writes(incidents=[link.incident.id])
        told = read_histories(systems, of_link(link), "history could not be read")
        self.unread += told.unread
        history = told.by_incident[link.incident.id]
        known = _Known(seen, mapping, verdicts, history, writes)
        fields = []
        for name in self.fields:
            one = known.of(name, synced=name in self.request.policy.fields)
            if mapping.relations[name] is mapping.status:
                one = replace(one, path=self._path(link.issue, mapping.status, one.item))
            fields.append(one)
        held = next((item for item in items if item.reason in OF_THE_LINK), None)
        whole = self._whole(subject_of(link), link.issue, held, tuple(fields))
        return replace(whole, histories=frozenset(history.told))

    def _whole(
        self,
        subject: Subject,
        issue: Issue | None,
        held: Item | None,
        fields: tuple[FieldExplanation, ...],
    ) -> Explanation:
        unread, self.unread = tuple(self.unread), []
        journal = self.systems.journal
        return Explanation(
            subject=subject,
            issue=issue,
            held=held,
            fields=fields,
            direction=self.request.policy.direction,
            pause=journal.paused(),
            has_baselines=journal.has_baselines,
            histories=frozenset(),
            unread=unread,
            now=self.request.now,
        )

    def _path(self, issue: Issue, status: StatusRelation, item: Item | None) -> Path | None:
        """The way to the status that would be written to JIRA; None where none would be."""
        if item is None or item.to is None or item.direction is not SyncDirection.IMPACT_TO_JIRA:
            return None
        goal = goal_of(status, str(item.to), self.transition_fields)
        try:
            return self._way(issue.id, goal)
        except ServiceError as error:
            if error.category is Category.AUTH:
                raise
            what = "transitions could not be read"
            self.unread.append(Unread(Side.JIRA, what, str(error), error.category))
            return None

    def _way(self, number: int, goal: Goal) -> Path | None:
        issue = self.systems.tracker.current([number])[0]
        if issue is None or not isinstance(issue.status, str):
            return None
        start, kind = issue.status, (issue.project, issue.issue_type or "")
        ways = {
            **self.systems.journal.learnt(*kind),
            folded(start): self.writer.transitions(number),
        }
        found = route(start, goal, ways, partial(self.writer.statuses, *kind))
        return Path(start, goal.status, found)


@dataclass(frozen=True, slots=True)
class _Known:
    """All that was found out about a compared link; `writes` oldest first."""

    seen: ComparedLink
    mapping: ProjectMapping
    items: Mapping[Field | None, Item]
    history: History
    writes: Sequence[Write]

    def of(self, name: Field, *, synced: bool) -> FieldExplanation:
        """What of it belongs to one field."""
        link, memory = self.seen.link, self.seen.memory
        compared = {found.field: found for found in self.seen.fields}.get(name)
        item, baseline = self.items.get(name), memory.baselines.get(name)
        standing = Standing.DRIFTED if item is not None else Standing.IN_SYNC
        if compared is None:
            standing = Standing.OUT_OF_SCOPE if synced else Standing.NOT_SYNCED
        return FieldExplanation(
            name,
            impact_value(link.incident, name),
            jira_value(link.issue, name),
            standing,
            self.history.lasts(name),
            found=compared if isinstance(compared, Comparison) else None,
            item=item,
            baseline=baseline,
            same_tables=baseline is None or baseline.tables == self.mapping.fingerprints[name],
            writes=tuple(w for w in reversed(self.writes) if w.field is name)[:LATEST_WRITES],
            cooling=frozenset(way for way, covered in memory.cooling if covered is name),
            quarantined=name in memory.flapping,
        )
