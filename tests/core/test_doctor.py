"""What doctor makes of what was read: by hand, without either system."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from raidctl.core.doctor import sites, workflows
from raidctl.core.doctor.check import BEHIND, Check, CheckId, State, named, ok, problem, whole
from raidctl.core.doctor.workflows import Rules, Workflow
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import FIREFIGHTER, RAID, Tables, extended, folded
from raidctl.core.model import Field
from raidctl.core.paths import ScreenField, Transition
from raidctl.core.writes.log import Run

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STATUSES = ("Open", "In Progress", "Resolved", "Closed")
ROUND = {
    "Open": ["In Progress"],
    "In Progress": ["Resolved", "Open"],
    "Resolved": ["Closed", "In Progress"],
}
BACK = {**ROUND, "Closed": ["Open"]}


def rules(
    tables: Tables = RAID, projects: Mapping[str, Tables] | None = None, **more: Any
) -> Rules:
    def mapping(rows: Tables) -> Any:
        return project_mapping(rows, (), Users())

    book = MappingBook(mapping(tables), {k: mapping(v) for k, v in (projects or {}).items()})
    return Rules(book, **more)


def workflow(
    ways: Mapping[str, Sequence[str]] | None = None,
    statuses: Sequence[str] = STATUSES,
    required: Mapping[str, ScreenField] | None = None,
    **more: Any,
) -> Workflow:
    def way(number: int, to: str) -> Transition:
        category = "done" if to in {"Resolved", "Closed"} else "new"
        lacks = (required or {}).get(to)
        return Transition(str(number), f"To {to}", to, category, (lacks,) if lacks else ())

    known = {
        folded(start): [way(number, to) for number, to in enumerate(ends)]
        for start, ends in (ways or {}).items()
    }
    kind = {"project": "INC", "issue_type": "Incident", **more}
    return Workflow(statuses=statuses, ways=known, **kind)


# All checks together


@pytest.mark.parametrize("number", CheckId)
def test_what_stands_behind_a_problem_names_it_and_nothing_else_is_lost(number: CheckId) -> None:
    others = [ok(one, "fine") for one in CheckId if one is not number and not _behind(one, number)]
    told = whole([*others, problem(number, "broken", "mend it")], {})

    assert [check.id for check in told] == list(CheckId)
    for check in told:
        if _behind(check.id, number):
            assert (check.state, check.what) == (State.SKIPPED, f"{number} comes first")
        else:
            assert check.state is (State.PROBLEM if check.id is number else State.OK)


def _behind(one: CheckId, other: CheckId) -> bool:
    before = BEHIND.get(one)
    return before is not None and (before is other or _behind(before, other))


def test_what_stands_behind_something_unused_is_unused_for_the_same_reason() -> None:
    found = [ok(one, "fine") for one in CheckId if not one.startswith("impact.")]
    told = {check.id: check for check in whole(found, {CheckId.IMPACT_DATABASE: "not used"})}

    assert told[CheckId.IMPACT_GRANTS] == Check(CheckId.IMPACT_GRANTS, State.SKIPPED, "not used")


def test_of_many_names_the_first_are_told() -> None:
    assert named("a") == '"a"'
    assert named("abc") == '"a", "b" and "c"'
    assert named("abcab", most=2) == '"a", "b" and 1 more'


# Tables against workflows


def test_a_status_that_some_issues_cannot_have_is_a_warning() -> None:
    other = workflow(statuses=("Open", "In Progress", "Closed"), issue_type="Bug")

    check = workflows.statuses([workflow(), other], rules())

    assert check.state is State.WARNING
    assert 'INC (Bug) cannot have the status "Resolved"' in check.what


def test_a_project_is_held_to_its_own_tables() -> None:
    own = extended(FIREFIGHTER, Tables())
    pay = workflow(project="PAY", statuses=("Incoming", "in progress", "Reporter validation"))

    check = workflows.statuses([workflow(), pay], rules(projects={"PAY": own}))

    assert check.state is State.WARNING
    assert 'PAY (Incident) cannot have the status "Closed"' in check.what


def test_names_compare_as_everywhere() -> None:
    names = ("OPEN ", "in progress", "resolved", "CLOSED")
    assert workflows.statuses([workflow(statuses=names)], rules()).state is State.OK
    assert workflows.coverage([workflow(statuses=names)], rules(), Field).state is State.OK


@pytest.mark.parametrize(
    ("ways", "state"),
    [
        (BACK, State.OK),
        (ROUND, State.OK),  # nobody knows the ways out of Closed
        ({**ROUND, "Closed": []}, State.WARNING),
        ({**BACK, "In Progress": ["Open"]}, State.PROBLEM),  # nothing leads to Resolved
        ({**BACK, "Resolved": [], "Closed": ["Open"]}, State.WARNING),  # nor to Closed by itself
        ({**BACK, "Resolved": ["Closed"]}, State.WARNING),  # no way back but by closing it
        ({"Open": ["In Progress"]}, State.OK),
        ({}, State.SKIPPED),
    ],
)
def test_only_what_is_known_to_be_out_of_reach_is_told(
    ways: Mapping[str, Sequence[str]], state: State
) -> None:
    assert workflows.paths([workflow(ways)], rules()).state is state


def test_a_status_that_closes_matters_once_runs_may_close() -> None:
    ways = {**BACK, "Resolved": []}
    assert workflows.paths([workflow(ways)], rules(closing=True)).state is State.PROBLEM


@pytest.mark.parametrize(
    ("to", "given", "closing", "state"),
    [
        ("Resolved", {}, False, State.PROBLEM),
        ("Resolved", {"resolved": {"cause": "x"}}, False, State.OK),
        ("Closed", {}, False, State.WARNING),
        ("Closed", {}, True, State.PROBLEM),
        ("Open", {"closd": {}}, False, State.PROBLEM),  # the worse one is told
    ],
)
def test_a_field_that_a_transition_requires(
    to: str, given: Mapping[str, Mapping[str, object]], closing: bool, state: State
) -> None:
    one = workflow(BACK, required={to: ScreenField("cause", "Cause")})

    check = workflows.transition_fields([one], rules(fields=given, closing=closing))

    assert check.state is state
    if state is not State.OK:
        assert "Cause (cause)" in check.what
        assert f"[jira.transition_fields.{to}]" in (check.mend or "")


@pytest.mark.parametrize(
    ("takes", "state"),
    [
        (None, State.SKIPPED),
        ((), State.PROBLEM),
        (("Highest", "High", "Medium", "Low", "Lowest"), State.OK),
        (("highest", "HIGH", "Medium", "Low", "Lowest", "Blocker"), State.OK),
        (("Highest", "High"), State.PROBLEM),
    ],
)
def test_the_priority_field_takes_what_is_written(
    takes: Sequence[str] | None, state: State
) -> None:
    one = workflow(priorities=takes)
    assert workflows.priorities([one], rules(), "priority").state is state


# Single answers


def test_permissions_are_those_that_are_needed() -> None:
    assert sites.needed([], makes_issues=False) == ["BROWSE_PROJECTS"]
    assert sites.needed([Field.STATUS], makes_issues=True) == [
        *("BROWSE_PROJECTS", "TRANSITION_ISSUES", "CREATE_ISSUES", "LINK_ISSUES")
    ]
    assert "ASSIGN_ISSUES" in sites.needed(list(Field), makes_issues=False)


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [
        (None, State.SKIPPED, "no time"),
        (-30, State.OK, "agree"),
        (31, State.WARNING, "31 seconds ahead of"),
        (-4_000, State.WARNING, "4,000 seconds behind"),
    ],
)
def test_a_clock_is_told_beyond_half_a_minute(
    seconds: int | None, state: State, words: str
) -> None:
    ahead = None if seconds is None else timedelta(seconds=seconds)
    check = sites.clock(CheckId.JIRA_CLOCK, "JIRA", ahead)
    assert check.state is state
    assert words in check.what


def ran(code: int | None, hours: float, command: str = "reconcile", why: str | None = None) -> Run:
    at = NOW - timedelta(hours=hours)
    return Run(f"run-{hours}", command, at, 1, finished_at=at, exit_code=code, why=why)


@pytest.mark.parametrize(
    ("runs", "state", "words"),
    [
        ([], State.WARNING, "never run"),
        ([ran(0, 1, "baseline"), ran(None, 1)], State.WARNING, "never run"),
        ([ran(0, 1)], State.OK, "60 minutes ago"),
        ([ran(7, 1), ran(4, 2), ran(0, 3)], State.OK, "3 hours ago"),
        ([ran(7, 1), ran(4, 2), ran(7, 3), ran(0, 4)], State.WARNING, "3 runs of reconcile in"),
        ([ran(3, 1), ran(3, 2), ran(3, 3)], State.OK, "60 minutes ago"),
        ([ran(5, 1), ran(6, 2), ran(130, 3), ran(0, 4)], State.OK, "4 hours ago"),
        ([replace(ran(7, n), counts=False) for n in (1, 2, 3)] + [ran(0, 4)], State.OK, "4 hours"),
        ([replace(ran(0, 1), counts=False)], State.WARNING, "never run"),
        ([ran(0, 25)], State.WARNING, "25 hours ago"),
        ([ran(0, 24 * 40)], State.WARNING, "40 days ago"),
        ([ran(7, 1, why="JIRA is away")], State.WARNING, "ended well yet"),
    ],
)
def test_whether_anything_runs_reconcile(runs: Sequence[Run], state: State, words: str) -> None:
    check = sites.cron(runs, NOW)
    assert check.state is state
    assert words in check.what
    assert not check.what.endswith(" ago"), "a page is read later: the time stands there too"
    assert (check.detail is not None) == (any(run.why for run in runs))


def test_who_is_not_the_service_account_is_told_what_comes_back() -> None:
    echoing = workflows.echoes(rules().book.common.status)
    check = sites.service_account("bot", "firefighter", echoing)
    assert check.state is State.OK
    assert "INVESTIGATING" in (check.detail or "")
    assert sites.service_account("bot", "bot", echoing).detail is None
    assert sites.service_account("bot", "", echoing).state is State.WARNING
