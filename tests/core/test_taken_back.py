"""What an undo leaves: a pair that is held as undone, unless both sides agree by it."""

import pytest

from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection, Value
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Kind
from raidctl.core.writes.judge import judged
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import Outcome, Result
from tests.core.strategies import NOW
from tests.items import meant as made

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
RELATIONS = project_mapping(RAID, (), Users()).relations
UNDONE, UNFINISHED = BaselineState.UNDONE, BaselineState.UNFINISHED
LOST = Result(Outcome.FAILED, None, "network", "no answer")


def intent(kind: Kind, direction: SyncDirection, values: tuple[Value, Value, Value]) -> Change:
    """The values of a status: the other side's, the one there now, the one that is written."""
    source, old, new = values
    target, undoes = (1, "INC-1", 10_001, Field.STATUS, direction), 7 if kind is Kind.UNDO else None
    return made(*target, source, old, new, "marks", kind, undoes)


def left(meant: Change, found: str, hops: tuple[str, ...] = ()) -> tuple[Outcome, Baseline | None]:
    """The outcome of a write, and the baseline it leaves."""
    trouble = LOST if hops else None
    result, baseline = judged(meant, RELATIONS[Field.STATUS], hops, trouble, found, lambda: None)
    return result.outcome, baseline


@pytest.mark.parametrize(
    ("direction", "values", "pair"),
    [
        (TO_JIRA, ("MITIGATED", "Resolved", "Open"), ("MITIGATED", "Open")),
        (TO_IMPACT, ("Resolved", "MITIGATED", "OPEN"), ("OPEN", "Resolved")),
    ],
)
def test_what_was_taken_back_and_differs_is_undone(
    direction: SyncDirection, values: tuple[str, str, str], pair: tuple[str, str]
) -> None:
    meant = intent(Kind.UNDO, direction, values)

    assert left(meant, values[2]) == (
        Outcome.APPLIED,
        Baseline(*pair, "marks", UNDONE, direction),
    )


@pytest.mark.parametrize("kind", [Kind.SYNC, Kind.RESOLVE])
def test_nothing_else_leaves_an_undone_pair(kind: Kind) -> None:
    meant = intent(kind, TO_JIRA, ("MITIGATED", "Resolved", "Open"))

    assert left(meant, "Open") == (Outcome.APPLIED, Baseline("MITIGATED", "Open", "marks"))


def test_an_undo_by_which_both_sides_agree_leaves_an_agreed_pair() -> None:
    """The other side had gone back before."""
    meant = intent(Kind.UNDO, TO_JIRA, ("OPEN", "Resolved", "Open"))

    assert left(meant, "Open") == (Outcome.APPLIED, Baseline("OPEN", "Open", "marks"))


@pytest.mark.parametrize(
    ("kind", "state"),
    [(Kind.UNDO, UNDONE), (Kind.SYNC, UNFINISHED), (Kind.RESOLVE, UNFINISHED)],
)
def test_an_undo_that_stops_half_way_is_not_gone_on_with(kind: Kind, state: BaselineState) -> None:
    meant = intent(kind, TO_JIRA, ("MITIGATED", "Resolved", "Open"))

    assert left(meant, "In Progress", ("In Progress",)) == (
        Outcome.FAILED,
        Baseline("MITIGATED", "In Progress", "marks", state, TO_JIRA),
    )


# Which writes there is something to take back of.


def write(
    outcome: Outcome | None,
    category: str | None = None,
    *,
    old: Readable = "Open",
    read_back: Readable = "Resolved",
    sent: bool = True,
) -> Write:
    made = (Field.STATUS, TO_JIRA, "MITIGATED", old, "Resolved", read_back, outcome, category, None)
    return Write(1, "run", NOW, 1, "INC-1", 10_001, *made, sent=sent)


@pytest.mark.parametrize(
    "landed",
    [
        write(Outcome.APPLIED),
        write(Outcome.NORMALISED),
        write(Outcome.RECOVERED),
        write(Outcome.APPLIED, old=None),
        write(Outcome.APPLIED, read_back=None),  # a value was cleared
        write(Outcome.RECOVERED, read_back=None),
        write(Outcome.FAILED, "network", read_back="In Progress"),
        write(Outcome.RECOVERED, "refused", read_back="In Progress"),
        write(Outcome.REFUSED, "validation", read_back="In Progress"),
    ],
    ids=str,
)
def test_what_left_something_of_its_own_landed(landed: Write) -> None:
    assert landed.landed


@pytest.mark.parametrize(
    "other",
    [
        write(Outcome.APPLIED, sent=False),  # it held the value already
        write(Outcome.APPLIED, read_back="Open"),
        write(Outcome.APPLIED, old=UNREADABLE),
        write(Outcome.REFUSED, "refused", read_back="Open"),
        write(Outcome.STALE, "conflict", read_back="Closed"),
        write(Outcome.NO_EFFECT, "refused", read_back="Open"),
        write(Outcome.FAILED, "network", read_back=UNREADABLE),
        write(Outcome.FAILED, "network", read_back=None),
        write(Outcome.FAILED, "network", read_back="Open"),
        write(Outcome.FAILED, "network", read_back="In Progress", sent=False),
        write(Outcome.RECOVERED, "refused", read_back="Open"),
        write(Outcome.RECOVERED, "conflict", read_back="Closed"),  # somebody else's
        write(None, read_back=UNREADABLE),
    ],
    ids=str,
)
def test_of_what_never_landed_there_is_nothing_to_take_back(other: Write) -> None:
    assert not other.landed


@pytest.mark.parametrize(
    ("one", "half_way"),
    [
        (write(Outcome.FAILED, "network", read_back="In Progress"), True),
        (write(Outcome.REFUSED, "validation", read_back="In Progress"), True),
        (write(Outcome.RECOVERED, "refused", read_back="In Progress"), True),
        (write(Outcome.APPLIED), False),
        (write(Outcome.RECOVERED), False),
        (write(Outcome.REFUSED, "refused", read_back="Open"), False),
        (write(Outcome.FAILED, "network", read_back=UNREADABLE), False),
    ],
    ids=str,
)
def test_only_what_landed_and_did_not_arrive_is_half_way(one: Write, half_way: bool) -> None:
    assert one.half_way is half_way
