"""The relations: what each value looks like on the other side, and the theorem of one write."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raidctl.core.drift import Comparison, compare
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.named import PriorityRelation, StatusRelation
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.relation import Image
from raidctl.core.mapping.tables import FIREFIGHTER, RAID, Tables, extended
from raidctl.core.mapping.texts import DescriptionRelation, TitleRelation
from raidctl.core.memory import Memory
from raidctl.core.model import UNREADABLE, Field, Link, Readable, Side, SyncDirection, Value
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.policy import Choice, FieldPolicy, Policy
from raidctl.core.reasons import Reason
from tests.core.strategies import (
    BLOCK,
    EVERY_WRITER,
    IN_SYNC,
    MARKERS,
    NOW,
    STATUSES,
    World,
    agreed,
    link_with,
    mapping_of,
    policies,
    worlds,
)

EVERY_POLICY = [
    Policy(
        fields=dict.fromkeys(Field, FieldPolicy(choice, choice)),
        direction=direction,
        impact_writers=EVERY_WRITER,
        allow_close=True,
    )
    for choice in Choice
    for direction in (None, SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT)
]


def compared(world: World, field: Field, link: Link) -> Comparison | None:
    """The comparison of one field, None where it is out of scope."""
    found = compare(link, world.mapping, [field])
    assert all(isinstance(comparison, Comparison) for comparison in found)
    return found[0] if found and isinstance(found[0], Comparison) else None


def one_write_settles(world: World, field: Field, policy: Policy) -> None:
    """Write either image as it is: the field agrees, and no policy finds anything to do."""
    before = compared(world, field, world.link)
    if before is None:
        return
    for side, image in ((Side.JIRA, before.to_jira), (Side.IMPACT, before.to_impact)):
        if image.problem is not None:
            continue
        impact = image.value if side is Side.IMPACT else before.impact
        jira = image.value if side is Side.JIRA else before.jira
        link = world.with_values(field, impact, jira)
        after = compared(world, field, link)
        assert after is not None, "what was written went out of scope"
        assert after.related
        assert after.jira_is_image if side is Side.JIRA else after.impact_is_image
        memory = Memory({field: agreed(world.mapping, field, impact, jira)})
        for rules in (policy, *EVERY_POLICY):
            for remembered in (memory, Memory()):
                held = ComparedLink(link, [after], remembered)
                assert plan_link(held, world.mapping, rules, NOW) == []


@pytest.mark.parametrize("field", Field)
def test_one_write_in_either_direction_settles_a_field(field: Field) -> None:
    @settings(max_examples=250)
    @given(worlds(field), policies)
    def holds(world: World, policy: Policy) -> None:
        one_write_settles(world, field, policy)

    holds()


@pytest.mark.parametrize("tables", [RAID, FIREFIGHTER])
def test_one_write_settles_every_pair_of_statuses_and_priorities(tables: Tables) -> None:
    mapping = mapping_of(tables)
    pairs: list[tuple[Field, Value, Value]] = [
        (Field.STATUS, impact, jira)
        for impact in [*STATUSES, "Archived", None]
        for jira in [*tables.status_to_impact, *tables.status_to_jira.values(), "QA", None]
    ] + [
        (Field.PRIORITY, impact, jira)
        for impact in [1, 2, 3, 4, 5, 20, None]
        for jira in [*tables.priority, "Blocker", None]
    ]
    for field, impact, jira in pairs:
        world = World(mapping, link_with(field, impact, jira), {})
        one_write_settles(world, field, EVERY_POLICY[0])


@pytest.mark.parametrize("field", Field)
def test_two_empty_sides_agree(field: Field) -> None:
    @settings(max_examples=25)
    @given(worlds(field))
    def holds(world: World) -> None:
        found = compared(world, field, link_with(field, None, None))
        assert found is not None
        assert found.related

    holds()


# Status


@pytest.mark.parametrize(
    ("tables", "impact", "jira"),
    [(RAID, impact, jira) for impact, jira in RAID.status_to_jira.items()]
    + [(RAID, impact, jira) for jira, impact in RAID.status_to_impact.items()]
    + [(FIREFIGHTER, impact, jira) for impact, jira in FIREFIGHTER.status_to_jira.items()]
    + [(FIREFIGHTER, impact, jira) for jira, impact in FIREFIGHTER.status_to_impact.items()],
)
def test_a_pair_of_either_table_agrees_however_jira_spells_it(
    tables: Tables, impact: str, jira: str
) -> None:
    for spelled in (jira, jira.upper(), f" {jira.lower()} "):
        found = compare(
            link_with(Field.STATUS, impact, spelled), mapping_of(tables), [Field.STATUS]
        )
        assert isinstance(found[0], Comparison)
        assert found[0].related


def test_a_pair_of_neither_table_disagrees() -> None:
    related = {
        (impact, jira)
        for impact in STATUSES
        for jira in RAID.status_to_impact
        for found in compare(
            link_with(Field.STATUS, impact, jira), mapping_of(RAID), [Field.STATUS]
        )
        if isinstance(found, Comparison) and found.related
    }
    tabled = set(RAID.status_to_jira.items())
    assert related == tabled | {(status, name) for name, status in RAID.status_to_impact.items()}


def test_a_status_no_table_knows_is_unmapped_and_never_agrees() -> None:
    relation = StatusRelation(RAID.status_to_jira, {})
    assert relation.to_jira("Archived").problem is Reason.UNMAPPED
    assert relation.to_impact("Open").problem is Reason.UNMAPPED
    found = compare(link_with(Field.STATUS, "Archived", "QA"), mapping_of(), [Field.STATUS])
    assert isinstance(found[0], Comparison)
    assert not found[0].related


@pytest.mark.parametrize(
    ("tables", "answered"),
    [
        (
            RAID,
            {"OPEN": "INVESTIGATING", "INVESTIGATING": "MITIGATING", "CLOSED": "POST_MORTEM"},
        ),
        (FIREFIGHTER, {"INVESTIGATING": "MITIGATING", "POST_MORTEM": "MITIGATED"}),
    ],
)
def test_the_statuses_firefighter_would_answer_with_another(
    tables: Tables, answered: dict[str, str]
) -> None:
    status = mapping_of(tables).status
    assert {name: status.echo(name) for name in STATUSES if status.echo(name)} == answered


@pytest.mark.parametrize(("tables", "closing"), [(RAID, "closed "), (FIREFIGHTER, "CLOSED")])
def test_what_closes(tables: Tables, closing: str) -> None:
    status = mapping_of(tables).status
    assert status.closes(Side.JIRA, "CLOSED")
    assert not status.closes(Side.JIRA, "POST_MORTEM")
    assert status.closes(Side.IMPACT, closing)
    assert not status.closes(Side.IMPACT, "Resolved")


@pytest.mark.parametrize(
    ("impact", "jira", "closed"),
    [
        ("CLOSED", "Closed", True),
        ("CLOSED", UNREADABLE, True),
        ("CLOSED", "Open", False),
        ("OPEN", "Closed", False),
        ("OPEN", UNREADABLE, False),
    ],
)
def test_a_link_is_closed_where_both_sides_are(impact: str, jira: Readable, closed: bool) -> None:
    """One that was last seen open is read once more when its incident has closed."""
    assert mapping_of(RAID).closed(link_with(Field.STATUS, impact, jira)) is closed


# Priority


def test_a_priority_no_table_maps_to_is_out_of_scope() -> None:
    for jira in ("High", "Blocker", None):
        assert compare(link_with(Field.PRIORITY, 20, jira), mapping_of(), [Field.PRIORITY]) == []


def test_a_gameday_that_a_table_maps_to_is_in_scope() -> None:
    mapping = mapping_of(extended(RAID, Tables(priority={"Gameday": 20})))
    assert len(compare(link_with(Field.PRIORITY, 20, "High"), mapping, [Field.PRIORITY])) == 1


def test_of_several_priorities_with_one_value_each_agrees_and_one_is_written() -> None:
    relation = PriorityRelation({"blocker": 1, "highest": 1}, {1: "Blocker"})
    assert relation.to_jira(1) == Image("Blocker")
    assert relation.to_impact("Highest") == Image(1)
    assert relation.to_impact(" BLOCKER") == Image(1)
    assert relation.to_impact("Sev0").problem is Reason.UNMAPPED


# Text


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x" * 128, True), ("x" * 129, False), ("🚨" * 128, True), ("🚨" * 129, False)],
)
def test_a_title_holds_128_code_points(text: str, fits: bool) -> None:
    assert (TitleRelation().to_impact(text).problem is None) is fits


@pytest.mark.parametrize(
    ("text", "fits"),
    [("x" * 255, True), ("x" * 256, False), ("🚨" * 127, True), ("🚨" * 128, False)],
)
def test_a_summary_holds_255_utf16_units(text: str, fits: bool) -> None:
    assert (TitleRelation().to_jira(text).problem is None) is fits


@pytest.mark.parametrize("tail", ["", BLOCK])
def test_a_jira_description_holds_32767_units_tail_included(tail: str) -> None:
    relation, room = DescriptionRelation(MARKERS), 32_767
    joined = len(f"\n\n{tail}".encode("utf-16-le")) // 2 if tail else 0
    assert relation.to_jira("x" * (room - joined), tail).problem is None
    assert relation.to_jira("x" * (room - joined + 1), tail).problem is Reason.LOSSY
    assert relation.to_jira("🚨" * (room // 2 + 1), "").problem is Reason.LOSSY


def test_an_incident_description_holds_any_text() -> None:
    assert DescriptionRelation(MARKERS).to_impact("x" * 100_000, None).problem is None


def test_a_title_is_written_on_one_line() -> None:
    assert TitleRelation().to_jira(" a\r\nb\u2028c ") == Image("a b c")


def test_the_tail_stays_in_jira_and_does_not_reach_impact() -> None:
    relation = DescriptionRelation(MARKERS)
    assert relation.to_jira("New.", f"Old.\n\n{BLOCK}") == Image(f"New.\n\n{BLOCK}")
    assert normal_body(relation.to_impact(f"New.\n\n{BLOCK}", "Old.")) == "New."
    assert relation.same(Side.JIRA, "Same.", f"Same.\r\n\r\n{BLOCK}")
    assert relation.empty(BLOCK)


def normal_body(image: Image) -> str:
    assert isinstance(image.value, str)
    return image.value.strip()


@given(st.text(max_size=40))
def test_impacts_text_never_loses_a_character_of_the_source_on_the_way(text: str) -> None:
    image = DescriptionRelation(()).to_jira(text, None)
    assert image == Image(text)


# Commander


def test_who_is_who_in_this_order_exception_firefighter_seen_looked_up() -> None:
    everyone = Users({"a@x": "exception"}, {"a@x": "firefighter"}, {"a@x": "found"})
    assert everyone.account("A@X ", ("a@x", "seen")) == "exception"
    assert Users({}, everyone.firefighter, everyone.found).account("a@x") == "firefighter"
    assert Users({}, {}, everyone.found).account("a@x", ("A@x", "seen")) == "seen"
    assert Users({}, {}, everyone.found).account("a@x", ("b@x", "seen")) == "found"
    assert Users({}, {}, {"a@x": None}).account("a@x") is None
    assert Users().account("a@x") is None


@pytest.mark.parametrize(
    "users",
    [
        Users({"a@x": "acc"}, {"b@x": "acc"}, {"c@x": "acc"}),
        Users({}, {"a@x": "acc"}, {"c@x": "acc"}),
    ],
)
def test_the_account_leads_back_by_the_same_order(users: Users) -> None:
    assert users.email("acc") == "a@x"


def test_what_look_ups_found_does_not_lead_back() -> None:
    """It would make the plan depend on who else was looked up before."""
    assert Users({}, {}, {"a@x": "acc"}).email("acc") is None


def test_an_account_of_two_people_is_nobodys() -> None:
    assert Users({"a@x": "acc", "b@x": "acc"}).email("acc") is None
    assert Users({}, {"a@x": "acc", "b@x": "acc"}).email("acc", ("c@x", "acc")) is None
    assert Users({}, {}, {"a@x": "acc", "b@x": "acc"}).email("acc") is None


@pytest.mark.parametrize(
    "users",
    [
        Users({"ada@example.com": "acc-new"}, {}, {"ada@example.com": "acc-old"}),
        Users({"ada@example.com": "acc-new"}, {"ada@example.com": "acc-old"}),
        Users({}, {"ada@example.com": "acc-new"}, {"ada@example.com": "acc-old"}),
    ],
    ids=["exception-over-found", "exception-over-firefighter", "firefighter-over-found"],
)
def test_what_goes_before_goes_before_in_both_directions(users: Users) -> None:
    """DESIGN §2: the commander's e-mail resolves to one account, by the first that tells."""
    link = link_with(Field.COMMANDER, "ada@example.com", "acc-old")
    found = compare(link, mapping_of(users=users), [Field.COMMANDER])
    assert isinstance(found[0], Comparison)
    assert found[0].to_jira == Image("acc-new")
    assert not found[0].related


def test_someone_who_is_not_known_is_unmapped_and_nobody_is_nobody() -> None:
    link = link_with(Field.COMMANDER, "eve@example.com", "acc-eve")
    found = compare(link, mapping_of(), [Field.COMMANDER])
    assert isinstance(found[0], Comparison)
    assert found[0].to_jira.problem is Reason.UNMAPPED
    assert found[0].to_impact.problem is Reason.UNMAPPED
    assert not found[0].related


# Fingerprints and books


@example(0)
@given(st.integers(0, 3))
def test_a_fingerprint_changes_with_its_own_table_alone(which: int) -> None:
    rows = [
        Tables(status_to_jira={"OPEN": "New"}),
        Tables(status_to_impact={"New": "OPEN"}),
        Tables(priority={"Blocker": 1}),
        Tables(),
    ][which]
    changed = [{Field.STATUS}, {Field.STATUS}, {Field.PRIORITY}, set[Field]()][which]
    old, new = mapping_of(RAID).fingerprints, mapping_of(extended(RAID, rows)).fingerprints
    assert {field for field in Field if old[field] != new[field]} == changed


def test_the_fingerprint_of_descriptions_is_of_the_markers_and_of_commanders_of_exceptions() -> (
    None
):
    plain = project_mapping(RAID, (), Users()).fingerprints
    marked = project_mapping(RAID, ("*",), Users({"a@x": "a"}, {"b@x": "b"})).fingerprints
    found = project_mapping(RAID, (), Users({}, {"b@x": "b"}, {"c@x": "c"})).fingerprints
    assert {field for field in Field if plain[field] != marked[field]} == {
        Field.DESCRIPTION,
        Field.COMMANDER,
    }
    assert found == plain


def test_a_project_without_tables_of_its_own_has_the_common_ones() -> None:
    common, pay = mapping_of(RAID), mapping_of(FIREFIGHTER)
    book = MappingBook(common, {"PAY": pay})
    assert book.of("PAY") is pay
    assert book.of("INC") is common
    assert book.of(IN_SYNC.issue.project) is common
    assert len(set(book.fingerprints)) == 2 * len(Field)


def test_a_tail_that_begins_inside_formatted_text_is_not_written() -> None:
    current = "Body [a|b]\n🧯 This incident has been created"
    whole = (0, len(current))
    for spans, problem in ((), None), ((whole,), Reason.LOSSY), (((0, 10),), None):
        image = DescriptionRelation(("🧯",), spans).to_jira("New", current)
        assert image.problem is problem
        assert image.value == "New\n\n🧯 This incident has been created"
