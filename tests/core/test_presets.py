"""Presets: which tables a site may have, and which statuses they need of a workflow."""

from dataclasses import replace

from raidctl.core.mapping.presets import asked_about, candidates
from raidctl.core.mapping.tables import FIREFIGHTER, RAID, Tables, extended
from tests.presets import FIREFIGHTER_SITE, RAID_SITE

FIREFIGHTERS = ("Incoming", "Pending resolution", "in progress", "Reporter validation", "Closed")
RAIDS = ("Open", "In Progress", "Resolved", "Closed", "Whatever")


def test_auto_may_be_either_preset_with_the_same_rows() -> None:
    rows, pay = Tables(priority={"Blocker": 1}), Tables(status_to_jira={"OPEN": "Pay"})
    raid, stock = candidates("auto", rows, {"PAY": pay}, "")
    assert raid.common == extended(RAID, rows)
    assert stock.of("PAY") == extended(extended(FIREFIGHTER, rows), pay)
    assert stock.of("INC") == stock.common
    assert (raid.priority_field, stock.priority_field) == ("priority", "customfield_11064")


def test_a_field_that_is_configured_holds_the_priority_under_any_preset() -> None:
    both = candidates("auto", Tables(), {}, "customfield_1")
    assert [one.priority_field for one in both] == ["customfield_1"] * 2


def test_a_preset_lacks_what_it_would_write_and_nobody_has() -> None:
    assert RAID_SITE.lacks("INC", RAIDS) == []
    assert RAID_SITE.lacks("INC", FIREFIGHTERS) == ["Open", "Resolved"]
    assert FIREFIGHTER_SITE.lacks("INC", FIREFIGHTERS) == []
    assert FIREFIGHTER_SITE.lacks("INC", RAIDS) == ["Incoming", "Reporter validation"]


def test_names_are_compared_as_names_compare() -> None:
    assert RAID_SITE.lacks("INC", [f" {name.upper()} " for name in RAIDS]) == []


def test_rows_change_what_is_needed_a_projects_own_too() -> None:
    rows = {"PAY": Tables(status_to_jira={"MITIGATED": "Paid"})}
    (site,) = candidates("raid", Tables(status_to_jira={"OPEN": "New"}), rows, "")
    assert site.lacks("INC", RAIDS) == ["New"]
    assert site.lacks("PAY", RAIDS) == ["New", "Paid"]


def test_another_question_is_remembered_apart() -> None:
    both = (RAID_SITE, FIREFIGHTER_SITE)
    usual = ("https://jira.example.com", "INC", "Incident", both)
    other_rows = replace(RAID_SITE, common=extended(RAID, Tables(priority={"Blocker": 1})))
    asked = {
        asked_about(*usual),
        asked_about("https://other.example.com", *usual[1:]),
        asked_about(usual[0], "PAY", *usual[2:]),
        asked_about(*usual[:2], "Bug", both),
        asked_about(*usual[:3], (other_rows, FIREFIGHTER_SITE)),
        asked_about(*usual[:3], (replace(RAID_SITE, priority_field="x"), FIREFIGHTER_SITE)),
    }
    assert len(asked) == 6
    assert asked_about(*usual) in asked
