"""What the results of a run's items say of what raidctl has to remember."""

from raidctl.core.model import Side, Value, plain
from raidctl.core.plan.item import Change, Item
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import Outcome
from raidctl.runs.writing.apply import OPEN
from raidctl.runs.writing.read_back import UNKNOWN
from tests.model.ledger import TOWARDS

Pair = tuple[Value, Value]


def pair_left(item: Item, known: Pair | None) -> Pair | None:
    """The pair that a change leaves in memory, or the one that stays."""
    assert item.result is not None
    found = item.result.read_back
    match item.result.outcome:
        case Outcome.APPLIED | Outcome.NORMALISED:
            to_jira = item.direction is TOWARDS[Side.JIRA]
            pair = (item.pair.impact, found) if to_jira else (found, item.pair.jira)
            return plain(pair[0]), plain(pair[1])
        case Outcome.REFUSED | Outcome.NO_EFFECT if item.result.detail != UNKNOWN:
            return known if _stayed(item, found) else None
        case _:
            return None


def _stayed(item: Item, found: object) -> bool:
    """Whether what was refused left its target as it was: a way may have stopped half way."""
    return not isinstance(item, Change) or found in (None, item.old)


def unread(item: Item) -> bool:
    """Whether its write stays open: it could not be read, now or by the run before."""
    if item.result is None:
        return False
    return item.result.detail in (UNKNOWN, OPEN) or "cannot be read" in str(item.result.detail)


def refused_so(before: Write, write: Write) -> bool:
    """Whether the target kept its value when it was sent this very one."""
    same = (before.direction, before.pair, before.new) == (write.direction, write.pair, write.new)
    return same and before.outcome is Outcome.REFUSED and before.read_back == before.old
