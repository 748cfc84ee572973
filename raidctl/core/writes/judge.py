"""Judge a write by reading the target alone: its outcome, and the baseline it leaves."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from raidctl.core.drift import Comparison
from raidctl.core.mapping.relation import Relation
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Readable, Side, Unreadable, Value
from raidctl.core.writes.log import Intent, Kind
from raidctl.core.writes.outcome import Outcome, ReadBack, Result, landing

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


def judged(
    intent: Intent,
    relation: Relation,
    hops: Sequence[str],
    trouble: Result | None,
    found: Readable,
    alone: Callable[[], bool],
) -> tuple[Result, Baseline | None]:
    """What became of a write of which the target now holds `found`.

    `hops` are the statuses it went through, `trouble` is what failed on the way; `alone`, asked
    only where the value is neither the one sent nor the old one, tells whether nobody else has
    written the field since. Without a baseline in the answer the stored one stays.
    """
    if isinstance(found, Unreadable):
        why = "the value cannot be read back"
        return trouble or Result(Outcome.FAILED, None, "permission", why), None
    target = intent.direction.target
    match landing(relation, target, intent.new, intent.old, found):
        case ReadBack.SENT:
            return Result(Outcome.APPLIED, found), _reached(intent, relation, found)
        case ReadBack.OLD:
            why = f"{_NAMES[target]} took the write and kept the old value"
            kept = trouble or Result(Outcome.REFUSED, None, "refused", why)
            return replace(kept, read_back=found), None
    if any(relation.same(target, hop, found) for hop in hops):
        why = f"stopped half way, at {found}"
        half = Result(Outcome.FAILED, found, "refused", why)
        if trouble is not None:
            half = replace(trouble, read_back=found, detail=f"{why}: {trouble.detail}")
        return half, _half_way(intent, found)
    if (trouble is None or trouble.outcome is Outcome.FAILED) and alone():
        why = f"{_NAMES[target]} keeps it in its own form"
        return Result(Outcome.NORMALISED, found, None, why), _reached(intent, relation, found)
    return Result(Outcome.STALE, found, "conflict", "somebody else has changed it since"), None


def _reached(intent: Intent, relation: Relation, found: Value) -> Baseline:
    """What a write leaves that arrived; one that a person took back is held, unless both agree."""
    impact, jira = intent.pair(found)
    if intent.kind is Kind.UNDO and not Comparison(intent.field, impact, jira, relation).related:
        return Baseline(impact, jira, intent.tables, BaselineState.UNDONE, intent.direction)
    return Baseline(impact, jira, intent.tables)


def _half_way(intent: Intent, found: Value) -> Baseline:
    """What a write leaves that stopped on its way: the next run goes on, unless it was an undo."""
    state = BaselineState.UNDONE if intent.kind is Kind.UNDO else BaselineState.UNFINISHED
    return Baseline(*intent.pair(found), intent.tables, state, intent.direction)
