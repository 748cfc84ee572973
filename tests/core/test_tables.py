"""Tables: the presets are those of the design, and configured rows add or replace."""

import pytest

from raidctl.core.mapping.tables import (
    FIREFIGHTER,
    PRESETS,
    RAID,
    Tables,
    contested,
    extended,
    folded,
)


def test_the_raid_preset() -> None:
    assert RAID.status_to_impact == {
        "Open": "INVESTIGATING",
        "To Do": "INVESTIGATING",
        "Reopened": "INVESTIGATING",
        "In Progress": "MITIGATING",
        "In Review": "MITIGATING",
        "Blocked": "MITIGATING",
        "Waiting": "MITIGATING",
        "Resolved": "MITIGATED",
        "Done": "MITIGATED",
        "Closed": "POST_MORTEM",
    }
    assert RAID.status_to_jira == {
        "OPEN": "Open",
        "INVESTIGATING": "In Progress",
        "MITIGATING": "In Progress",
        "MITIGATED": "Resolved",
        "POST_MORTEM": "Closed",
        "CLOSED": "Closed",
    }
    assert RAID.priority == {"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5}
    assert RAID.priority_written == {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}


def test_the_firefighter_preset() -> None:
    assert FIREFIGHTER.status_to_jira == {
        "OPEN": "Incoming",
        "INVESTIGATING": "in progress",
        "MITIGATING": "in progress",
        "MITIGATED": "Reporter validation",
        "POST_MORTEM": "Reporter validation",
        "CLOSED": "Closed",
    }
    assert FIREFIGHTER.status_to_impact == {
        "Incoming": "OPEN",
        "Pending resolution": "OPEN",
        "in progress": "MITIGATING",
        "Reporter validation": "MITIGATED",
        "Closed": "CLOSED",
    }
    assert FIREFIGHTER.priority == {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
    assert FIREFIGHTER.priority_written == {1: "1", 2: "2", 3: "3", 4: "4", 5: "5"}


def test_the_presets_by_name() -> None:
    assert {"raid": RAID, "firefighter": FIREFIGHTER, "none": Tables()} == PRESETS


def test_a_row_is_added_or_replaces_the_one_of_its_name_however_spelled() -> None:
    rows = Tables(
        status_to_jira={"MITIGATED": "Reporter validation"},
        status_to_impact={"Code Review": "MITIGATING", " in PROGRESS ": "INVESTIGATING"},
    )
    both = extended(RAID, rows)
    assert both.status_to_jira == {**RAID.status_to_jira, "MITIGATED": "Reporter validation"}
    by_name = {folded(name): status for name, status in both.status_to_impact.items()}
    assert by_name == {
        **{folded(name): status for name, status in RAID.status_to_impact.items()},
        "code review": "MITIGATING",
        "in progress": "INVESTIGATING",
    }
    assert len(both.status_to_impact) == len(by_name)


@pytest.mark.parametrize(
    ("rows", "written"),
    [
        ({}, {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}),
        ({"Blocker": 1}, {1: "Blocker", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}),
        (
            {"Gameday": 20},
            {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest", 20: "Gameday"},
        ),
        # High taken away from 2: what leads to 1 by configuration is written, 2 leads nowhere
        ({"High": 1}, {1: "High", 3: "Medium", 4: "Low", 5: "Lowest"}),
        ({"HIGH": 2}, {1: "Highest", 2: "HIGH", 3: "Medium", 4: "Low", 5: "Lowest"}),
        (
            {"Blocker": 1, "highest": 1},
            {1: "Blocker", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"},
        ),
    ],
)
def test_a_configured_priority_is_written_before_the_presets(
    rows: dict[str, int], written: dict[int, str]
) -> None:
    both = extended(RAID, Tables(priority=rows))
    assert both.priority_written == written
    known = {folded(name): value for name, value in both.priority.items()}
    assert all(known[folded(name)] == value for value, name in both.priority_written.items())


def test_a_projects_rows_go_before_the_common_ones_and_these_before_the_presets() -> None:
    common = extended(RAID, Tables(priority={"Blocker": 1, "Major": 2}))
    project = extended(common, Tables(priority={"Sev0": 1}))
    assert project.priority_written == {1: "Sev0", 2: "Major", 3: "Medium", 4: "Low", 5: "Lowest"}
    assert common.priority_written[1] == "Blocker"


def test_nothing_extends_to_the_same() -> None:
    for preset in PRESETS.values():
        assert extended(preset, Tables()) == preset


def test_two_configured_names_of_one_priority_are_contested() -> None:
    assert contested({"Blocker": 1, "Sev0": 1, "Major": 2}) == {1: ["Blocker", "Sev0"]}
    assert contested({"Blocker": 1, "Major": 2}) == {}
