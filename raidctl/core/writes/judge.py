"""Judge a write by reading the target alone: its outcome, and the baseline it leaves."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum, auto

from raidctl.core.drift import Comparison
from raidctl.core.mapping.fingerprints import of_both, of_pair, of_tables
from raidctl.core.mapping.relation import Listed, Relation
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Readable, Side, Unreadable, Value
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Kind
from raidctl.core.writes.outcome import Outcome, ReadBack, Result, landing

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


class Since(Enum):
    """What a history tells of a field since it was written."""

    ALONE = auto()  # raidctl has written it last
    REPLACED = auto()  # what raidctl sent arrived, and somebody else has changed it since
    OTHERS = auto()  # somebody else has written it last, and nothing tells that it arrived


def judged(
    change: Change,
    relation: Relation,
    hops: Sequence[str],
    failure: Result | None,
    found: Readable,
    since: Callable[[], Since | None],
) -> tuple[Result, Baseline | None]:
    """What became of a write of which the target now holds `found`.

    `hops` are the values it went through, as texts, `failure` is what failed on the way; `since`,
    asked only where the value is not the one sent, tells what the history knows. Without a baseline
    the stored one stays. What arrived and was changed by somebody else leaves one: the next run
    knows then whose change that was.
    """
    if isinstance(found, Unreadable):
        why = "the value cannot be read back"
        return failure or Result(Outcome.FAILED, None, "permission", why), None
    return _seen(change, relation, hops, failure, found, since)


def _seen(
    change: Change,
    relation: Relation,
    hops: Sequence[str],
    failure: Result | None,
    found: Value,
    since: Callable[[], Since | None],
) -> tuple[Result, Baseline | None]:
    """The same of a value that could be read."""
    target = change.side
    landed = landing(relation, target, change.to, change.old, found)
    if landed is ReadBack.SENT:
        return Result(Outcome.APPLIED, found), _reached(change, relation, found)
    acted = failure is None or failure.outcome is Outcome.FAILED  # else it was told that it did not
    told = since() if acted or hops else None
    there = any(relation.same(target, hop, found) or hop == str(found) for hop in hops)
    on_the_way = landed is ReadBack.OTHER and there
    if on_the_way and told in (None, Since.ALONE):
        return _stopped(failure, found), _half_way(change, relation, found)
    if told is Since.REPLACED:
        why = "it arrived, and somebody else has changed it since"
        return Result(Outcome.STALE, found, "conflict", why), _reached(change, relation, change.to)
    if landed is ReadBack.OLD:
        return _kept(change, failure, found), None
    if told is Since.ALONE:
        return _in_its_form(change, relation, found)
    return Result(Outcome.STALE, found, "conflict", "somebody else has changed it since"), None


def _kept(change: Change, failure: Result | None, found: Value) -> Result:
    why = f"{_NAMES[change.side]} took the write and kept the old value"
    return replace(failure or Result(Outcome.REFUSED, None, "refused", why), read_back=found)


def _stopped(failure: Result | None, found: Value) -> Result:
    why = f"stopped half way, at {found}"
    if failure is None:
        return Result(Outcome.FAILED, found, "refused", why)
    return replace(failure, read_back=found, detail=f"{why}: {failure.detail}")


def _in_its_form(
    change: Change, relation: Relation, found: Value
) -> tuple[Result, Baseline | None]:
    """A text may come back respelled; a name that is another is no form of the one sent."""
    left, name = Comparison(change.name, *change.leaving(found), relation), _NAMES[change.side]
    if isinstance(relation, Listed) and not left.related:
        why = f"{name} took the write and made {found} of it"
        return Result(Outcome.FAILED, found, "refused", why), None
    why = f"{name} keeps it in its own form"
    return Result(Outcome.NORMALISED, found, None, why), _reached(change, relation, found)


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
    tables = of_tables(relation)
    if tables != change.tables:
        return change.tables
    return of_both(of_pair(relation, *change.leaving(found)), tables)
