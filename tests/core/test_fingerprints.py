"""What a baseline rests on: what the tables say of its own pair, and of no other."""

from dataclasses import replace

import pytest

from raidctl.core.drift import compare
from raidctl.core.mapping.book import ProjectMapping, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID, Tables, extended
from raidctl.core.memory import Baseline, BaselineState, Memory
from raidctl.core.model import Field, Pair, SyncDirection, Value
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Item
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.writes.judge import judged
from tests.core.strategies import BLOCK, EVERY_WRITER, MARKERS, NOW, USERS, link_with, mapping_of
from tests.items import meant

BEFORE = mapping_of()
BODY = "It is broken."


def told(rows: Tables) -> ProjectMapping:
    return mapping_of(extended(RAID, rows))


def people(**exceptions: str) -> ProjectMapping:
    known = {f"{name}@example.com": account for name, account in exceptions.items()}
    return mapping_of(users=replace(USERS, exceptions=known))


def marked(*markers: str) -> ProjectMapping:
    return project_mapping(RAID, markers, USERS)


ADA = people(ada="acc-ada")
OTHERS = [
    (Field.STATUS, ("MITIGATED", "Done"), told(Tables(status_to_jira={"OPEN": "New"}))),
    (Field.STATUS, ("MITIGATED", "Done"), told(Tables(status_to_impact={"New": "OPEN"}))),
    (Field.STATUS, ("MITIGATED", "Done"), told(Tables(status_to_jira={"MITIGATED": "RESOLVED"}))),
    (Field.PRIORITY, (3, "Medium"), told(Tables(priority={"Blocker": 1}))),
    (Field.COMMANDER, ("ada@example.com", "acc-ada"), people(ada="acc-ada", eve="acc-eve")),
    (Field.TITLE, ("a", "a"), told(Tables(status_to_jira={"OPEN": "New"}))),
    (Field.DESCRIPTION, (BODY, f"{BODY}\n{BLOCK}"), marked(*MARKERS, "----")),
    (Field.DESCRIPTION, (BODY, f"{BODY}\n{BLOCK}"), marked(f" {MARKERS[0]} ")),
]
"""Tables that say nothing new of a pair."""
ITS_OWN = [
    (Field.STATUS, ("MITIGATED", "Done"), told(Tables(status_to_jira={"MITIGATED": "Done"}))),
    (Field.STATUS, ("MITIGATED", "Done"), told(Tables(status_to_impact={"done": "OPEN"}))),
    (Field.PRIORITY, (1, "Highest"), told(Tables(priority={"Blocker": 1}))),
    (Field.PRIORITY, (3, "Medium"), told(Tables(priority={"medium": 2}))),
    (Field.COMMANDER, ("Ada@Example.com", "acc-ada"), people(ada="acc-eve")),
    (Field.COMMANDER, ("ada@example.com", "acc-ada"), people(ada="acc-ada", eve="acc-ada")),
    (Field.DESCRIPTION, (BODY, f"{BODY}\n{BLOCK}"), marked(MARKERS[1])),
    (Field.DESCRIPTION, (f"{BODY}\n----\nx", BODY), marked(*MARKERS, "----")),
]
"""Tables that say something new of it."""


def first(field: Field) -> ProjectMapping:
    return ADA if field is Field.COMMANDER else BEFORE


@pytest.mark.parametrize(("field", "pair", "now"), OTHERS)
def test_what_the_tables_say_of_others_leaves_a_baseline_agreed(
    field: Field, pair: tuple[Value, Value], now: ProjectMapping
) -> None:
    assert now.says_the_same(field, first(field).agreed(field, *pair))


@pytest.mark.parametrize(("field", "pair", "now"), ITS_OWN)
def test_what_they_say_of_its_own_pair_does_not(
    field: Field, pair: tuple[Value, Value], now: ProjectMapping
) -> None:
    assert not now.says_the_same(field, first(field).agreed(field, *pair))


def test_who_was_found_and_what_jira_shows_is_no_table() -> None:
    pair = "ada@example.com", "acc-ada"
    bare = mapping_of(users=Users())
    found = mapping_of(users=Users({}, {pair[0]: pair[1]}, {pair[0]: pair[1]}))
    assert bare.agreed(Field.COMMANDER, *pair) == found.agreed(Field.COMMANDER, *pair)


def verdict(
    mapping: ProjectMapping, field: Field, now: Pair[Value], baseline: Baseline
) -> Item | None:
    link = link_with(field, *now)
    memory = Memory({field: baseline})
    compared = ComparedLink(link, compare(link, mapping, [field]), memory)
    items = plan_link(compared, mapping, Policy(impact_writers=EVERY_WRITER, allow_close=True), NOW)
    return items[0] if items else None


RENAMED = told(Tables(status_to_jira={"CLOSED": "Shut"}, status_to_impact={"Shut": "POST_MORTEM"}))


@pytest.mark.parametrize(
    "baseline",
    [
        BEFORE.agreed(Field.STATUS, "CLOSED", "Closed"),
        Baseline("CLOSED", "Closed", BEFORE.fingerprints[Field.STATUS]),  # an older journal's
    ],
)
def test_a_status_that_was_renamed_moves_nothing(baseline: Baseline) -> None:
    assert verdict(RENAMED, Field.STATUS, Pair("CLOSED", "Shut"), baseline) is None


def test_under_the_tables_of_then_the_same_move_is_somebody_s() -> None:
    baseline = RENAMED.agreed(Field.STATUS, "CLOSED", "Closed")
    item = verdict(RENAMED, Field.STATUS, Pair("CLOSED", "Shut"), baseline)
    assert item is not None
    assert (item.reason, item.to) == (Reason.JIRA_CHANGED, "POST_MORTEM")


def test_a_status_that_was_renamed_and_moved_as_well_is_decided_as_ever() -> None:
    baseline = BEFORE.agreed(Field.STATUS, "CLOSED", "Closed")
    item = verdict(RENAMED, Field.STATUS, Pair("CLOSED", "Open"), baseline)
    assert item is not None
    assert item.reason is Reason.JIRA_CHANGED


def test_one_more_exception_leaves_an_agreed_commander_whose_e_mail_is_hidden_by_now() -> None:
    """Nothing tells any more that the two belong together, but that they were seen to agree."""
    nobody = mapping_of(users=Users({"eve@example.com": "acc-eve"}))
    pair = Pair[Value]("ada@example.com", "acc-ada")
    baseline = mapping_of(users=Users()).agreed(Field.COMMANDER, *pair)
    assert verdict(nobody, Field.COMMANDER, pair, baseline) is None
    other = replace(baseline, jira="acc-eve")
    assert verdict(nobody, Field.COMMANDER, pair._replace(jira="acc-eve"), other) is not None


def test_a_baseline_of_an_older_journal_holds_while_the_tables_are_those_of_then() -> None:
    pair = Pair[Value]("ada@example.com", "acc-ada")
    nobody = mapping_of(users=Users())
    old = Baseline(*pair, nobody.fingerprints[Field.COMMANDER])
    more = mapping_of(users=Users({"eve@example.com": "acc-eve"}))
    assert verdict(nobody, Field.COMMANDER, pair, old) is None
    undecided = verdict(more, Field.COMMANDER, pair, old)
    assert undecided is not None
    assert undecided.reason is Reason.UNMAPPED


@pytest.mark.parametrize("state", [BaselineState.UNFINISHED, BaselineState.UNDONE])
def test_a_renamed_status_agrees_whatever_became_of_it_before(state: BaselineState) -> None:
    way = SyncDirection.JIRA_TO_IMPACT
    baseline = BEFORE.agreed(Field.STATUS, "CLOSED", "Closed")
    left = replace(baseline, state=state, direction=way)
    assert verdict(RENAMED, Field.STATUS, Pair("CLOSED", "Shut"), left) is None


def test_a_write_leaves_what_its_own_tables_say_of_the_pair() -> None:
    relation, to_jira = BEFORE.relations[Field.STATUS], SyncDirection.IMPACT_TO_JIRA
    what = (1, "INC-1", 10_001, Field.STATUS, to_jira, "MITIGATED", "Open", "Resolved")
    same = meant(*what, BEFORE.fingerprints[Field.STATUS])
    other = meant(*what, "tables of before")
    _, left = judged(same, relation, (), None, "Resolved", lambda: None)
    assert left == BEFORE.agreed(Field.STATUS, "MITIGATED", "Resolved")
    _, left = judged(other, relation, (), None, "Resolved", lambda: None)
    assert left == Baseline("MITIGATED", "Resolved", "tables of before")
    _, half = judged(same, relation, ("In Progress",), None, "In Progress", lambda: None)
    assert half is not None
    assert half.tables == BEFORE.agreed(Field.STATUS, "MITIGATED", "In Progress").tables
