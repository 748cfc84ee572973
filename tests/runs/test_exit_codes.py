"""What a run answers when several things are true of it: the one that weighs most."""

from itertools import combinations

import pytest

from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.errors import (
    PRECEDENCE,
    BlockedError,
    Category,
    ExitCode,
    JournalError,
    LockedError,
    RaidctlError,
    ServiceError,
    UsageError,
)
from raidctl.runs.exit_codes import ANSWERS, Fact, exit_code, why
from tests.present.believable import item, subject

DOWN = ServiceError("JIRA", "https://jira", "HTTP 503", "try again", Category.NETWORK)
TABLE: list[tuple[set[Fact], RaidctlError | None, ExitCode]] = [
    (set(), None, ExitCode.OK),
    ({Fact.DRIFT}, None, ExitCode.DRIFT),
    ({Fact.HELD}, None, ExitCode.DRIFT),
    ({Fact.DECLINED, Fact.HELD}, None, ExitCode.DRIFT),
    ({Fact.UNREAD}, None, ExitCode.INCOMPLETE),
    ({Fact.UNREAD, Fact.DRIFT}, None, ExitCode.INCOMPLETE),
    ({Fact.NOT_DONE, Fact.HELD}, None, ExitCode.INCOMPLETE),
    ({Fact.BLOCKED, Fact.UNREAD, Fact.NOT_DONE}, None, ExitCode.BLOCKED),
    ({Fact.NOT_DONE}, BlockedError("paused"), ExitCode.BLOCKED),
    ({Fact.BLOCKED}, LockedError("another run"), ExitCode.LOCKED),
    ({Fact.UNREAD, Fact.NOT_DONE}, DOWN, ExitCode.UNREACHABLE),
    ({Fact.NOT_DONE}, UsageError("no such file"), ExitCode.USAGE),
    ({Fact.NOT_DONE}, JournalError("damaged"), ExitCode.USAGE),
    ({Fact.NOT_DONE}, RaidctlError("a defect"), ExitCode.DEFECT),
    ({Fact.INTERRUPTED, Fact.NOT_DONE, Fact.BLOCKED}, DOWN, ExitCode.INTERRUPTED),
    ({Fact.INTERRUPTED}, RaidctlError("a defect"), ExitCode.INTERRUPTED),
]


@pytest.mark.parametrize(("facts", "error", "code"), TABLE)
def test_what_weighs_most_is_answered(
    facts: set[Fact], error: RaidctlError | None, code: ExitCode
) -> None:
    assert exit_code(facts, error) is code


def test_an_interrupted_run_says_nothing_of_what_it_had_not_come_to() -> None:
    """The fields that nobody was asked about yet are held, and that is no failure of theirs."""
    conflict = item(subject(12), Field.TITLE, ("a", "b"), Reason.CONFLICT)
    asked = {Fact.INTERRUPTED, Fact.NOT_DONE}
    assert why(asked, [conflict]) == "interrupted"
    why_not = "1 of 1 could not be done: held, such as incident 12, title: conflict"
    assert why({Fact.NOT_DONE}, [conflict]) == why_not


def test_every_fact_has_an_answer() -> None:
    assert set(ANSWERS) == set(Fact)
    for some in combinations(Fact, 2):
        assert exit_code(some) is min((ANSWERS[fact] for fact in some), key=PRECEDENCE.index)
