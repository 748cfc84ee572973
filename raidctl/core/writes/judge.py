"""Judge a write by reading the target alone: its outcome, and the baseline it leaves."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from raidctl.core.drift import Comparison
from raidctl.core.mapping.fingerprints import of_pair, of_tables
from raidctl.core.mapping.relation import Relation
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Readable, Side, Unreadable, Value
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Kind
from raidctl.core.writes.outcome import Outcome, ReadBack, Result, landing

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


def judged(
    change: Change,
    relation: Relation,
    hops: Sequence[str],
    failure: Result | None,
    found: Readable,
    alone: Callable[[], bool],
) -> tuple[Result, Baseline | None]:
    """What became of a write of which the target now holds `found`.

    `hops` are the statuses it went through, `failure` is what failed on the way; `alone`, asked
    only where the value is neither the one sent nor the old one, tells whether nobody else has
    written the field since. Without a baseline in the answer the stored one stays.
    """
    if isinstance(found, Unreadable):
        why = "the value cannot be read back"
        return failure or Result(Outcome.FAILED, None, "permission", why), None
    target = change.side
    match landing(relation, target, change.to, change.old, found):
        case ReadBack.SENT:
            return Result(Outcome.APPLIED, found), _reached(change, relation, found)
        case ReadBack.OLD:
            why = f"{_NAMES[target]} took the write and kept the old value"
            kept = failure or Result(Outcome.REFUSED, None, "refused", why)
            return replace(kept, read_back=found), None
    if any(relation.same(target, hop, found) for hop in hops):
        why = f"stopped half way, at {found}"
        half = Result(Outcome.FAILED, found, "refused", why)
        if failure is not None:
            half = replace(failure, read_back=found, detail=f"{why}: {failure.detail}")
        return half, _half_way(change, relation, found)
    if (failure is None or failure.outcome is Outcome.FAILED) and alone():
        why = f"{_NAMES[target]} keeps it in its own form"
        return Result(Outcome.NORMALISED, found, None, why), _reached(change, relation, found)
    return Result(Outcome.STALE, found, "conflict", "somebody else has changed it since"), None


def _reached(change: Change, relation: Relation, found: Value) -> Baseline:
    """What a write leaves that arrived; one that a person took back is held, unless both agree."""
    pair, tables = change.leaving(found), _tables(change, relation, found)
    if change.kind is Kind.UNDO and not Comparison(change.name, *pair, relation).related:
        return Baseline(*pair, tables, BaselineState.UNDONE, change.direction)
    return Baseline(*pair, tables)


def _half_way(change: Change, relation: Relation, found: Value) -> Baseline:
    """What a write leaves that stopped on its way: the next run goes on, unless it was an undo."""
    state = BaselineState.UNDONE if change.kind is Kind.UNDO else BaselineState.UNFINISHED
    tables = _tables(change, relation, found)
    return Baseline(*change.leaving(found), tables, state, change.direction)


def _tables(change: Change, relation: Relation, found: Value) -> str:
    """What the tables that a change rests on say of the pair it leaves.

    Where they are others by now that is not known: their own fingerprint tells it.
    """
    if of_tables(relation) != change.tables:
        return change.tables
    return of_pair(relation, *change.leaving(found))
