"""Which side moves: the three-way table of DESIGN §3, one branch a row."""

from dataclasses import replace

from raidctl.core.history import UNKNOWN_TIME
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Side, SyncDirection
from raidctl.core.plan.authorship import By, Edit
from raidctl.core.plan.case import TO_IMPACT, TO_JIRA, Case, Move
from raidctl.core.plan.changed import Changed, changed, images_changed
from raidctl.core.policy import Choice
from raidctl.core.reasons import Reason


def moved(case: Case) -> Move | None:
    """Which side moves, by who changed since the baseline; None when the field is in sync."""
    found, baseline = case.found, case.baseline
    if baseline is None:
        return None if found.related else _chosen(case, Reason.UNDECIDED)
    same = case.mapping.says_the_same(found.field, baseline)
    if not same and found.related:
        return None  # a status was renamed: nobody changed anything
    raw = changed(found, baseline)
    if (carried := _carried(case, raw)) is not None:
        return _unless_arrived(case, raw, carried)
    return _by_change(case, baseline, raw, same=same)


def _by_change(case: Case, baseline: Baseline, raw: Changed, *, same: bool) -> Move | None:
    found = case.found
    match raw:
        case True, False:
            return None if found.jira_is_image else _changed_alone(case, TO_JIRA)
        case False, True:
            return None if found.impact_is_image else _changed_alone(case, TO_IMPACT)
        case True, True:
            return None if found.related else _both_changed(case, baseline)
        case _:
            return _neither_changed(case, baseline, same)


def _carried(case: Case, raw: Changed) -> Move | None:
    """The move that left a side as it is: what was carried there is no change of that side.

    None where people left it so, or nothing tells (DESIGN §3.1).
    """
    if raw.jira and case.left_by(Side.JIRA) is By.FIREFIGHTER:
        return Move(TO_JIRA, Reason.FIREFIGHTER)
    if raw.jira and case.left_by(Side.JIRA) is By.RAIDCTL:
        return Move(TO_JIRA, Reason.IMPACT_CHANGED)
    if raw.impact and case.left_by(Side.IMPACT) is By.RAIDCTL:
        return Move(TO_IMPACT, Reason.JIRA_CHANGED)
    return None


def _unless_arrived(case: Case, raw: Changed, move: Move) -> Move | None:
    """A move once more, where its value is not what arrived."""
    to_jira, found = move.direction is TO_JIRA, case.found
    arrived = found.jira_is_image if to_jira else found.impact_is_image
    there = arrived if (raw.impact if to_jira else raw.jira) else found.related
    return None if there else _directed(case, move)


def _changed_alone(case: Case, direction: SyncDirection) -> Move | None:
    """To the other side, unless a person has changed that, and changed it back, unseen.

    That is a change beside the first one where it is later, or nothing tells which was first: then
    both have changed, and images cannot tell of it.
    """
    reason = Reason.IMPACT_CHANGED if direction is TO_JIRA else Reason.JIRA_CHANGED
    back, there = case.edit(direction.target), case.edit(direction.source)
    if back is None or back.by is not By.PERSON or _knew(case, there, back):
        return _directed(case, Move(direction, reason))
    return _conflict(case, direction.target, back)


def _knew(case: Case, one: Edit | None, other: Edit) -> bool:
    """Whether an edit is later than another for certain."""
    if one is None or one.revision.at == UNKNOWN_TIME:
        return False
    return one.revision.at - other.revision.at >= case.policy.clock_skew


def _both_changed(case: Case, baseline: Baseline) -> Move:
    """The side whose image on the other side changed moves, if only one did."""
    match images_changed(case.found, baseline):
        case True, False:
            return _directed(case, Move(TO_JIRA, Reason.IMPACT_CHANGED, overrides=True))
        case False, True:
            return _directed(case, Move(TO_IMPACT, Reason.JIRA_CHANGED, overrides=True))
        case _:
            return _chosen(case, Reason.CONFLICT)


def _neither_changed(case: Case, baseline: Baseline, same: bool) -> Move | None:
    found = case.found
    if baseline.state is BaselineState.UNFINISHED and baseline.direction is not None:
        return _unfinished(case, baseline.direction)
    if found.related:
        return None
    if baseline.state is BaselineState.UNDONE:
        return Move(case.policy.direction, Reason.UNDONE)
    if baseline.state is BaselineState.AGREED and same:
        return None
    return _chosen(case, Reason.UNDECIDED)


def _unfinished(case: Case, direction: SyncDirection) -> Move | None:
    """On with a write that stopped half way, unless a person has gone another way and back."""
    found = case.found
    if found.jira_is_image if direction is TO_JIRA else found.impact_is_image:
        return None
    back = case.edit(direction.target)
    if back is not None and back.by is By.PERSON:
        return _conflict(case, direction.target, back)
    return _directed(case, Move(direction, Reason.UNFINISHED))


def _conflict(case: Case, side: Side, back: Edit) -> Move | None:
    """Both have changed, though one side holds the same value again."""
    if case.found.related:
        return None
    name, one = "JIRA" if side is Side.JIRA else "Impact", back.revision
    by = f" by {one.author}" if one.author else ""
    said = f"{name} was changed and changed back{by}, {one.when}"
    return replace(_chosen(case, Reason.CONFLICT), unseen=said)


def _directed(case: Case, move: Move) -> Move:
    """A decided move, turned round where the run's direction says so."""
    wanted = case.policy.direction
    if wanted is None or wanted is move.direction:
        return move
    return Move(wanted, Reason.DIRECTION, overrides=True)


def _chosen(case: Case, reason: Reason) -> Move:
    """A conflict or an undecided field: by what the run was told, else by the field's policy."""
    both = reason is Reason.CONFLICT
    if (preferred := case.policy.prefer) is not None:
        return Move(TO_JIRA if preferred is Side.IMPACT else TO_IMPACT, Reason.PREFER, both)
    if (wanted := case.policy.direction) is not None:
        return Move(wanted, Reason.DIRECTION, both)
    match case.rule.on_conflict if both else case.rule.on_first_sight:
        case Choice.HOLD:
            return Move(None, reason)
        case Choice.IMPACT:
            return Move(TO_JIRA, Reason.POLICY, both)
        case Choice.JIRA:
            return Move(TO_IMPACT, Reason.POLICY, both)
        case Choice.NEWEST:
            latest = newest(case)
            return Move(None, reason) if latest is None else Move(latest, Reason.NEWEST)


def newest(case: Case) -> SyncDirection | None:
    """The direction away from the later edit; None when a time is missing or too close."""
    impact, jira = case.last(Side.IMPACT), case.last(Side.JIRA)
    if impact is None or jira is None or impact.at == jira.at:
        return None
    if UNKNOWN_TIME in (impact.at, jira.at):
        return None
    if abs(impact.at - jira.at) < case.policy.clock_skew:
        return None
    return TO_JIRA if impact.at > jira.at else TO_IMPACT
