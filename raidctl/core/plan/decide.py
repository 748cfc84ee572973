"""The plan: drift, baseline and policy in, one verdict a field out, each with its reason.

`_moved` is the three-way table; `_holds` lists everything that stands in a write's way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from raidctl.core.drift import Comparison, Unseen
from raidctl.core.history import NOTHING_TOLD, History, Revision
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.named import PriorityRelation, StatusRelation
from raidctl.core.mapping.relation import Image, Relation
from raidctl.core.memory import Baseline, BaselineState, Memory
from raidctl.core.model import Field, Link, Side, SyncDirection, Unreadable, Value
from raidctl.core.plan.item import Item, Verdict, link_hold, subject_of
from raidctl.core.policy import Choice, ImpactWriter, Policy
from raidctl.core.reasons import HOLDS, Reason

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT


@dataclass(frozen=True, slots=True)
class Move:
    """The table's answer for a field that is not in sync.

    `direction` is None where it cannot be decided; `overrides` says that the side written to
    has changed since the baseline.
    """

    direction: SyncDirection | None
    reason: Reason
    overrides: bool = False


@dataclass(frozen=True, slots=True)
class ComparedLink:
    """A link with its compared fields and all that its verdicts rest on.

    `holds` is what holds the link as a whole (relinked, shared) and what there is to say of it;
    `history` what the systems tell of changes, as far as they were asked.
    """

    link: Link
    fields: Sequence[Comparison | Unseen]
    memory: Memory
    holds: Mapping[Reason, str] = field(default_factory=dict)
    history: History = NOTHING_TOLD


def plan_link(
    compared: ComparedLink, mapping: ProjectMapping, policy: Policy, now: datetime
) -> list[Item]:
    """The verdicts of one link; a field in sync has none.

    A link that is held as a whole has an item even when all its fields are in sync.
    """
    items = []
    for found in compared.fields:
        if isinstance(found, Unseen):
            items.append(_unseen(compared, found))
            continue
        baseline = compared.memory.baselines.get(found.field)
        if baseline is None and found.related:
            continue  # the table's first row, and nearly every field of a first run
        if baseline is not None and _untouched(found, baseline, mapping):
            continue  # its last row, and nearly every field of every later run
        context = _Context(compared, found, mapping, policy, now)
        move = _moved(context)
        if move is not None:
            items.append(_item(context, move))
    if compared.holds and not items:
        reason = _first(compared.holds)
        detail = _told(compared.holds, reason)
        items.append(link_hold(subject_of(compared.link), reason, detail))
    return items


@dataclass(frozen=True, slots=True)
class _Context:
    """One field of one link with everything a verdict rests on."""

    compared: ComparedLink
    found: Comparison
    mapping: ProjectMapping
    policy: Policy
    now: datetime

    @property
    def memory(self) -> Memory:
        return self.compared.memory

    @property
    def relation(self) -> Relation:
        return self.found.relation

    @property
    def baseline(self) -> Baseline | None:
        return self.memory.baselines.get(self.found.field)

    def last(self, side: Side) -> Revision | None:
        return self.compared.history.last(side, self.found.field)

    def image(self, direction: SyncDirection) -> Image:
        return self.found.to_jira if direction is TO_JIRA else self.found.to_impact

    def source(self, direction: SyncDirection) -> Value:
        return self.found.impact if direction is TO_JIRA else self.found.jira


def _moved(context: _Context) -> Move | None:
    """Which side moves, by who changed since the baseline; None when the field is in sync."""
    found, baseline = context.found, context.baseline
    if baseline is None:
        return None if found.related else _chosen(context, Reason.UNDECIDED)
    match found.impact != baseline.impact, jira_changed(found, baseline):
        case True, False:
            move = Move(TO_JIRA, Reason.IMPACT_CHANGED)
            return None if found.jira_is_image else _directed(context, move)
        case False, True:
            move = Move(TO_IMPACT, Reason.JIRA_CHANGED)
            return None if found.impact_is_image else _directed(context, move)
        case True, True:
            return None if found.related else _both_changed(context, baseline)
        case _:
            return _neither_changed(context, baseline)


def _untouched(found: Comparison, baseline: Baseline, mapping: ProjectMapping) -> bool:
    """Whether both values are the very ones that were agreed, under the same tables."""
    return (
        found.impact == baseline.impact
        and found.jira == baseline.jira
        and baseline.state is BaselineState.AGREED
        and baseline.tables == mapping.fingerprints[found.field]
    )


def jira_changed(found: Comparison, baseline: Baseline) -> bool:
    """By the raw value; but a status or priority spelled in another case is the same name."""
    if isinstance(found.relation, StatusRelation | PriorityRelation):
        return not found.relation.same(Side.JIRA, found.jira, baseline.jira)
    return found.jira != baseline.jira


def _both_changed(context: _Context, baseline: Baseline) -> Move:
    """The side whose image on the other side changed moves, if only one did."""
    found, relation = context.found, context.relation
    impact_moved = _differs(
        relation, Side.JIRA, found.to_jira, relation.to_jira(baseline.impact, found.jira)
    )
    jira_moved = _differs(
        relation, Side.IMPACT, found.to_impact, relation.to_impact(baseline.jira, found.impact)
    )
    match impact_moved, jira_moved:
        case True, False:
            return _directed(context, Move(TO_JIRA, Reason.IMPACT_CHANGED))
        case False, True:
            return _directed(context, Move(TO_IMPACT, Reason.JIRA_CHANGED))
        case _:
            return _chosen(context, Reason.CONFLICT)


def _differs(relation: Relation, side: Side, now: Image, then: Image) -> bool:
    if Reason.UNMAPPED in (now.problem, then.problem):
        return True  # what cannot be told apart counts as changed: held rather than guessed
    return not relation.same(side, now.value, then.value)


def _neither_changed(context: _Context, baseline: Baseline) -> Move | None:
    found = context.found
    if baseline.state is BaselineState.UNFINISHED and baseline.direction is not None:
        to_jira = baseline.direction is TO_JIRA
        reached = found.jira_is_image if to_jira else found.impact_is_image
        move = Move(baseline.direction, Reason.UNFINISHED)
        return None if reached else _directed(context, move)
    if found.related:
        return None
    if baseline.state is BaselineState.UNDONE:
        return Move(context.policy.direction, Reason.UNDONE)
    agreed = baseline.state is BaselineState.AGREED
    if agreed and baseline.tables == context.mapping.fingerprints[found.field]:
        return None
    return _chosen(context, Reason.UNDECIDED)


def _directed(context: _Context, move: Move) -> Move:
    """A decided move, turned round where the run's direction says so."""
    wanted = context.policy.direction
    if wanted is None or wanted is move.direction:
        return move
    return Move(wanted, Reason.DIRECTION, overrides=True)


def _chosen(context: _Context, reason: Reason) -> Move:
    """A conflict or an undecided field: by the run's direction, else by the field's policy."""
    both = reason is Reason.CONFLICT
    if (wanted := context.policy.direction) is not None:
        return Move(wanted, Reason.DIRECTION, both)
    rule = context.policy.fields[context.found.field]
    match rule.on_conflict if both else rule.on_first_sight:
        case Choice.HOLD:
            return Move(None, reason)
        case Choice.IMPACT:
            return Move(TO_JIRA, Reason.POLICY, both)
        case Choice.JIRA:
            return Move(TO_IMPACT, Reason.POLICY, both)
        case Choice.NEWEST:
            newest = _newest(context)
            return Move(None, reason) if newest is None else Move(newest, Reason.NEWEST)


def _target(direction: SyncDirection) -> Side:
    return Side.JIRA if direction is TO_JIRA else Side.IMPACT


def _newest(context: _Context) -> SyncDirection | None:
    """The direction away from the later edit; None when a time is missing or too close."""
    impact, jira = context.last(Side.IMPACT), context.last(Side.JIRA)
    if impact is None or jira is None or impact.at == jira.at:
        return None
    if abs(impact.at - jira.at) < context.policy.clock_skew:
        return None
    return TO_JIRA if impact.at > jira.at else TO_IMPACT


def _item(context: _Context, move: Move) -> Item:
    holds = _holds(context, move)
    reason = _first(holds) if holds else move.reason
    target = None if move.direction is None else context.image(move.direction)
    verdict = Verdict.HOLD
    if not holds and move.direction is not None:
        verdict = Verdict.WRITE_JIRA if move.direction is TO_JIRA else Verdict.WRITE_IMPACT
    to = None if target is None or target.problem is Reason.UNMAPPED else target.value
    return Item(
        subject_of(context.compared.link),
        context.found.field,
        context.found.impact,
        context.found.jira,
        verdict,
        move.direction,
        reason,
        to,
        _detail(context, move, holds, reason),
        overrides=move.direction is not None and _overrides(context, move),
        closes=_closes(context, move.direction, to),
    )


def _holds(context: _Context, move: Move) -> dict[Reason, str]:
    """Every hold that applies to a move, with what there is to say about it."""
    holds = dict(context.compared.holds)
    if context.found.field in context.memory.flapping:
        holds[Reason.FLAPPING] = ""
    if move.direction is None:
        holds[move.reason] = _why_not_newest(context, move.reason)
        for image in (context.found.to_jira, context.found.to_impact):
            if image.problem is Reason.UNMAPPED:
                holds.setdefault(Reason.UNMAPPED, image.detail)
        return holds
    if move.reason is Reason.UNDONE:
        holds[Reason.UNDONE] = ""
    if _was_refused(context, move.direction):
        holds[Reason.REFUSED] = ""
    return {**holds, **_value_holds(context, move.direction), **_time_holds(context, move)}


def _value_holds(context: _Context, direction: SyncDirection) -> dict[Reason, str]:
    """The holds that lie in the value to be written."""
    image, source = context.image(direction), context.source(direction)
    holds: dict[Reason, str] = {}
    if context.relation.empty(source):
        holds[Reason.EMPTY] = ""
    elif image.problem is not None:
        holds[image.problem] = image.detail
    if image.problem is Reason.UNMAPPED:
        return holds
    field = context.found.field
    if direction is TO_IMPACT and not context.policy.can_write_impact(field, image.value):
        webhook = context.policy.impact_writers.get(field) is ImpactWriter.WEBHOOK
        holds[Reason.READ_ONLY] = f"the webhook cannot set {image.value}" if webhook else ""
    if field is Field.STATUS:
        status, policy = context.mapping.status, context.policy
        if _closes(context, direction, image.value) and not policy.allow_close:
            holds[Reason.CLOSING] = ""
        answer = status.echo(source) if direction is TO_JIRA and policy.echoes else None
        if answer is not None:
            holds[Reason.ECHO] = f"FireFighter would set {answer}"
    return holds


def _was_refused(context: _Context, direction: SyncDirection) -> bool:
    """Whether the target kept its value when it was sent this very one, and would again.

    Of Impact that is said of the webhook alone: its database may still be written.
    """
    found, refusal = context.found, context.memory.refusals.get(context.found.field)
    webhook = context.policy.impact_writers.get(found.field) is ImpactWriter.WEBHOOK
    if refusal is None or (direction is TO_IMPACT and not webhook):
        return False
    if (found.impact, found.jira) != (refusal.impact, refusal.jira):
        return False
    last = context.last(Side.JIRA)
    again = last is not None and refusal.edited_at is not None and last.at != refusal.edited_at
    return context.image(direction).value == refusal.new and not again


def _closes(context: _Context, direction: SyncDirection | None, value: Value) -> bool:
    if context.found.field is not Field.STATUS or direction is None:
        return False
    return context.mapping.status.closes(direction.source, value)


def _time_holds(context: _Context, move: Move) -> dict[Reason, str]:
    """The holds that pass by themselves."""
    field, direction, holds = context.found.field, move.direction, dict[Reason, str]()
    if direction is None:
        return holds
    if (direction, field) in context.memory.cooling:
        holds[Reason.COOLING] = ""
    edit = context.last(direction.source)
    grace = context.policy.grace
    if edit is not None and grace and context.now - edit.at < grace:
        holds[Reason.SETTLING] = f"changed at {edit.at:%H:%M:%S} UTC"
    return holds


def _why_not_newest(context: _Context, reason: Reason) -> str:
    rule = context.policy.fields[context.found.field]
    choices = {Reason.CONFLICT: rule.on_conflict, Reason.UNDECIDED: rule.on_first_sight}
    if choices.get(reason) is not Choice.NEWEST:
        return ""
    return "the two changes are too close in time, or a time is unknown"


def _detail(
    context: _Context, move: Move, holds: Mapping[Reason, str], reason: Reason
) -> str | None:
    told = [_told(holds, reason)]
    if move.direction is not None and _overrides(context, move):
        told.insert(0 if not holds else 1, _override(context, _target(move.direction)))
    return "; ".join(part for part in told if part) or None


def _first(holds: Mapping[Reason, str]) -> Reason:
    return next(reason for reason in HOLDS if reason in holds)


def _told(holds: Mapping[Reason, str], reason: Reason) -> str | None:
    """What there is to say of the reason, then of every other hold that applies."""
    others = [other for other in HOLDS if other in holds and other is not reason]
    said = [holds.get(reason, "")]
    said += [f"also {other}{': ' + holds[other] if holds[other] else ''}" for other in others]
    return "; ".join(part for part in said if part) or None


def _overrides(context: _Context, move: Move) -> bool:
    """Whether a move goes over a newer edit: by the baseline, else by the histories."""
    if move.overrides or move.direction is None or move.reason is Reason.NEWEST:
        return move.overrides
    newest = _newest(context) if context.baseline is None else None
    return newest is not None and newest is not move.direction


def _override(context: _Context, side: Side) -> str:
    edit = context.last(side)
    name = "JIRA" if side is Side.JIRA else "Impact"
    if edit is None:
        return f"overrides the change made in {name}"
    author = f" by {edit.author}" if edit.author else ""
    return f"overrides the change made in {name}{author} at {edit.at:%Y-%m-%d %H:%M} UTC"


def _unseen(compared: ComparedLink, found: Unseen) -> Item:
    side = "Impact" if isinstance(found.impact, Unreadable) else "JIRA"
    holds = {Reason.UNREADABLE: f"the token may not see this field in {side}"}
    holds |= compared.holds
    reason = _first(holds)
    subject, detail = subject_of(compared.link), _told(holds, reason)
    hold = Verdict.HOLD
    return Item(subject, found.field, found.impact, found.jira, hold, None, reason, None, detail)
