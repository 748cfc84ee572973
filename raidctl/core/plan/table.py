"""Which side moves: the three-way table of DESIGN §3, one branch a row."""

from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Side, SyncDirection
from raidctl.core.plan.case import TO_IMPACT, TO_JIRA, Case, Move
from raidctl.core.plan.changed import agreed, changed, images_changed
from raidctl.core.policy import Choice
from raidctl.core.reasons import Reason


def moved(case: Case) -> Move | None:
    """Which side moves, by who changed since the baseline; None when the field is in sync."""
    found, baseline = case.found, case.baseline
    if baseline is None:
        return None if found.related else _chosen(case, Reason.UNDECIDED)
    match changed(found, baseline):
        case True, False:
            move = Move(TO_JIRA, Reason.IMPACT_CHANGED)
            return None if found.jira_is_image else _directed(case, move)
        case False, True:
            move = Move(TO_IMPACT, Reason.JIRA_CHANGED)
            return None if found.impact_is_image else _directed(case, move)
        case True, True:
            return None if found.related else _both_changed(case, baseline)
        case _:
            return _neither_changed(case, baseline)


def _both_changed(case: Case, baseline: Baseline) -> Move:
    """The side whose image on the other side changed moves, if only one did."""
    match images_changed(case.found, baseline):
        case True, False:
            return _directed(case, Move(TO_JIRA, Reason.IMPACT_CHANGED))
        case False, True:
            return _directed(case, Move(TO_IMPACT, Reason.JIRA_CHANGED))
        case _:
            return _chosen(case, Reason.CONFLICT)


def _neither_changed(case: Case, baseline: Baseline) -> Move | None:
    found = case.found
    if baseline.state is BaselineState.UNFINISHED and baseline.direction is not None:
        to_jira = baseline.direction is TO_JIRA
        reached = found.jira_is_image if to_jira else found.impact_is_image
        move = Move(baseline.direction, Reason.UNFINISHED)
        return None if reached else _directed(case, move)
    if found.related:
        return None
    if baseline.state is BaselineState.UNDONE:
        return Move(case.policy.direction, Reason.UNDONE)
    if agreed(baseline, case.mapping.fingerprints[found.field]):
        return None
    return _chosen(case, Reason.UNDECIDED)


def _directed(case: Case, move: Move) -> Move:
    """A decided move, turned round where the run's direction says so."""
    wanted = case.policy.direction
    if wanted is None or wanted is move.direction:
        return move
    return Move(wanted, Reason.DIRECTION, overrides=True)


def _chosen(case: Case, reason: Reason) -> Move:
    """A conflict or an undecided field: by the run's direction, else by the field's policy."""
    both = reason is Reason.CONFLICT
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
    impact, jira = case.changed_at(Side.IMPACT), case.changed_at(Side.JIRA)
    if impact is None or jira is None or impact == jira:
        return None
    if abs(impact - jira) < case.policy.clock_skew:
        return None
    return TO_JIRA if impact > jira else TO_IMPACT
