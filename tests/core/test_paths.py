"""Transition paths: the rules by example on the two stock workflows, and over random ones."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raidctl.core import paths
from raidctl.core.mapping.tables import PRESETS, Tables, folded
from raidctl.core.model import IncidentStatus
from raidctl.core.paths import DeadEnd, Goal, Route, ScreenField, Transition, fields_refused
from raidctl.sandbox.jira import workflows as simulator
from tests.simulators.jira import workflows as firefighter

Ways = dict[str, tuple[Transition, ...]]

RESOLUTION = ScreenField("resolution", "Resolution")
TEAM = ScreenField("customfield_10200", "Team")
FILLED: Mapping[str, Mapping[str, object]] = {"closed": {"resolution": {"name": "Done"}}}


def ways_of(simulated: simulator.Workflow) -> Ways:
    return {
        folded(status.name): tuple(
            Transition(
                way.id,
                way.name,
                way.target,
                simulated.status(way.target).category,
                tuple(ScreenField(field.id, field.name) for field in way.screen),
            )
            for way in simulated.leaving(status.name)
        )
        for status in simulated.statuses
    }


RAID = ways_of(simulator.RAID)
FIREFIGHTER = ways_of(firefighter.FIREFIGHTER)


@dataclass(frozen=True, slots=True)
class Workflow:
    """What is known: ways by folded status, and statuses, where JIRA tells them."""

    ways: Mapping[str, Sequence[Transition]]
    statuses: frozenset[str] | None


def route(
    current: str, wanted: Goal, known: Workflow, left: frozenset[str] = frozenset()
) -> Route | DeadEnd:
    return paths.route(current, wanted, known.ways, lambda: known.statuses, left)


def workflow(ways: Ways, *known: str) -> Workflow:
    """A workflow of which the ways out of `known` statuses are known, all where none is named."""
    shown = {name: out for name, out in ways.items() if not known or name in map(folded, known)}
    mentioned = {folded(w.to) for out in ways.values() for w in out}
    return Workflow(shown, frozenset(mentioned.union(ways)))


def ranks(tables: Tables) -> dict[str, int]:
    return {folded(k): IncidentStatus[v].value for k, v in tables.status_to_impact.items()}


def goal(
    status: str,
    fields: Mapping[str, Mapping[str, object]] = FILLED,
    closing: str | None = "Closed",
    preset: str = "raid",
) -> Goal:
    return Goal(status, fields, closing, ranks(PRESETS[preset]))


def way(number: str, to: str, category: str = "new", *required: ScreenField) -> Transition:
    return Transition(number, f"Go {number}", to, category, required)


def names(found: Route | DeadEnd) -> list[str]:
    assert isinstance(found, Route), found
    return [hop.name for hop in found.hops]


def why(found: Route | DeadEnd) -> str:
    assert isinstance(found, DeadEnd), found
    return found.why


# What is known


def test_already_there_needs_no_hop() -> None:
    assert route(" in PROGRESS ", goal("In Progress"), workflow(RAID)) == Route((), certain=True)


@pytest.mark.parametrize(
    ("current", "wanted", "hops"),
    [
        ("Open", "In Progress", ["Start work"]),
        ("open", " RESOLVED", ["Start work", "Resolve"]),
        ("Open", "Closed", ["Start work", "Resolve", "Close for good"]),
        ("Closed", "In Progress", ["Reopen", "Start work"]),
        ("Blocked", "Resolved", ["Go on", "Resolve"]),
        ("In Review", "Closed", ["Resolve", "Close for good"]),
    ],
)
def test_the_shortest_way_through_the_raid_workflow(
    current: str, wanted: str, hops: list[str]
) -> None:
    found = route(current, goal(wanted), workflow(RAID))
    assert names(found) == hops
    assert isinstance(found, Route)
    assert found.certain


@pytest.mark.parametrize(
    ("current", "wanted", "hops"),
    [
        ("Incoming", "in progress", ["Acknowledge", "Start"]),
        ("Incoming", "Reporter validation", ["Acknowledge", "Start", "Ask the reporter"]),
        ("Pending resolution", "Closed", ["Put back", "Close"]),
        ("Closed", "Reporter validation", ["Reopen", "Acknowledge", "Start", "Ask the reporter"]),
    ],
)
def test_the_shortest_way_through_the_firefighter_workflow(
    current: str, wanted: str, hops: list[str]
) -> None:
    assert names(route(current, goal(wanted, preset="firefighter"), workflow(FIREFIGHTER))) == hops


def test_a_done_status_is_passed_only_towards_a_done_one() -> None:
    ways: Ways = {
        "a": (way("1", "Done", "done"), way("2", "B")),
        "done": (way("3", "Goal", "done"),),
        "b": (way("4", "C"),),
        "c": (way("5", "Goal", "done"),),
    }
    through_done = workflow(ways)
    assert names(route("A", goal("Goal"), through_done)) == ["Go 1", "Go 3"]
    open_goal = {
        status: tuple(replace(w, category="new") if w.to == "Goal" else w for w in out)
        for status, out in ways.items()
    }
    assert names(route("A", goal("Goal"), workflow(open_goal))) == ["Go 2", "Go 4", "Go 5"]


def test_the_closing_status_is_not_passed_through_even_towards_a_done_one() -> None:
    ways: Ways = {
        "a": (way("1", "Closed", "done"),),
        "closed": (way("2", "Goal", "done"),),
    }
    assert "no way is known" in why(route("A", goal("Goal", closing=" CLOSED"), workflow(ways)))
    assert names(route("A", goal("Goal", closing=None), workflow(ways))) == ["Go 1", "Go 2"]
    assert names(route("A", goal("Closed"), workflow(ways))) == ["Go 1"]


def test_of_two_transitions_to_one_status_the_filled_in_and_then_the_lowest_is_taken() -> None:
    ask = (way("5", "B", "new", TEAM), way("10", "b"), way("9", "B"), way("x", "B"))
    for order in permutations(ask):
        assert names(route("A", goal("B"), workflow({"a": order}))) == ["Go 9"]
    filled = goal("B", {"b": {TEAM.id: "Payments"}})
    assert names(route("A", filled, workflow({"a": ask}))) == ["Go 5"]


# Required fields


def test_a_missing_field_is_named_before_the_first_hop() -> None:
    found = route("Open", goal("Closed", {}), workflow(RAID))
    assert found == DeadEnd(
        "transition 'Close for good' to 'Closed' requires 'Resolution' (resolution): "
        "fill in [jira.transition_fields.Closed]",
        (RESOLUTION,),
    )


def test_a_field_configured_for_another_status_or_by_its_name_is_missing() -> None:
    for fields in ({"resolved": {"resolution": 1}}, {"closed": {"Resolution": 1}}):
        found = route("Resolved", goal("Closed", fields), workflow(RAID))
        assert isinstance(found, DeadEnd)
        assert found.missing == (RESOLUTION,)


def test_every_field_of_every_hop_is_named_and_each_table_is_toml() -> None:
    ways: Ways = {
        "a": (way("1", 'In "Q"\\A', "new", TEAM, RESOLUTION),),
        'in "q"\\a': (way("2", "Über", "new", TEAM),),
    }
    found = route("A", goal("Über", {'in "q"\\a': {"resolution": 1}}), workflow(ways))
    assert isinstance(found, DeadEnd)
    assert found.missing == (TEAM,)
    tables = [part.partition("fill in ")[2] for part in found.why.split("; ")]
    assert tomllib.loads("\n".join(tables))["jira"]["transition_fields"] == {
        'In "Q"\\A': {},
        "Über": {},
    }


def test_a_field_is_not_missed_where_another_transition_does_without() -> None:
    ways: Ways = {
        "a": (way("1", "B", "new", TEAM), way("2", "B")),
        "b": (way("3", "C", "new", RESOLUTION),),
    }
    found = route("A", goal("C"), workflow(ways))
    assert isinstance(found, DeadEnd)
    assert found.missing == (RESOLUTION,)


def test_a_table_of_a_status_of_two_words_is_quoted() -> None:
    found = route("A", goal("In Progress"), workflow({"a": (way("1", "In Progress", "x", TEAM),)}))
    assert why(found).endswith('fill in [jira.transition_fields."In Progress"]')


def test_a_longer_way_with_every_field_filled_in_wins() -> None:
    ways: Ways = {"a": (way("1", "C", "new", TEAM), way("2", "B")), "b": (way("3", "C"),)}
    assert names(route("A", goal("C"), workflow(ways))) == ["Go 2", "Go 3"]


def test_a_known_way_that_lacks_a_field_is_reported_rather_than_guessed_around() -> None:
    ways: Ways = {"open": (way("1", "Closed", "done", TEAM), way("2", "Resolved"))}
    found = route("Open", goal("Closed"), Workflow(ways, None))
    assert isinstance(found, DeadEnd)
    assert found.missing == (TEAM,)


# Unknown territory


def test_an_unknown_status_between_here_and_the_goal_is_tried() -> None:
    found = route("Open", goal("Resolved"), workflow(RAID, "Open"))
    assert found == Route((RAID["open"][0],), certain=False)


@pytest.mark.parametrize("statuses", [None, frozenset({"open", "goal"})])
def test_a_guess_needs_a_goal_that_may_exist(statuses: frozenset[str] | None) -> None:
    ways = {"open": (way("1", "In Progress"),)}
    found = route("Open", goal("Goal"), Workflow(ways, statuses))
    assert found == Route(ways["open"], certain=False)
    absent = route("Open", goal("Nowhere"), Workflow(ways, frozenset({"open", "in progress"})))
    assert absent == DeadEnd(
        "JIRA's workflow for such issues has no status 'Nowhere'; correct [mapping.status_to_jira]"
    )


@pytest.mark.parametrize(
    "unfit",
    [
        way("1", "Triage"),  # no table knows it
        way("1", "Done", "done"),
        way("1", "Waiting"),  # is what closes
        way("1", "In Review", "new", TEAM),
        way("1", "Blocked"),  # left before
    ],
)
def test_a_guess_never_enters_an_unfit_status(unfit: Transition) -> None:
    known = Workflow({"open": (unfit,)}, None)
    wanted = goal("Resolved", closing="Waiting")
    found = route("Open", wanted, known, frozenset({"blocked"}))
    assert why(found).startswith("no way is known from 'Open' to 'Resolved'; JIRA offers from")


def test_a_status_known_to_lead_nowhere_is_not_guessed_at() -> None:
    ways: Ways = {"open": (way("1", "In Progress"),), "in progress": (way("2", "Open"),)}
    assert "no way is known" in why(route("Open", goal("Resolved"), Workflow(ways, None)))


def test_a_guess_does_not_go_back_through_a_status_already_left() -> None:
    ways: Ways = {"blocked": (way("1", "Open"),), "open": (way("2", "In Progress"),)}
    known = Workflow(ways, None)
    assert names(route("Blocked", goal("Resolved"), known)) == ["Go 1", "Go 2"]
    assert why(route("Blocked", goal("Resolved"), known, frozenset({"open"})))
    certain = route("Blocked", goal("In Progress"), known, frozenset({"open"}))
    assert names(certain) == ["Go 1", "Go 2"]


@pytest.mark.parametrize(
    ("current", "wanted", "offers", "taken"),
    [
        # between, then nearest to the goal
        ("Open", "Closed", ["Reopened", "Waiting"], "Waiting"),
        # downwards is between as well
        ("Closed", "In Progress", ["Open", "Resolved"], "Resolved"),
        # nothing between, but no other way on either
        ("In Progress", "Blocked", ["Resolved"], "Resolved"),
        ("To Do", "Open", ["Reopened"], "Reopened"),
        # alike but for the name
        ("Open", "Closed", ["Waiting", "Blocked", "In Review"], "Blocked"),
    ],
)
def test_the_most_promising_unknown_status_is_tried(
    current: str, wanted: str, offers: list[str], taken: str
) -> None:
    ways = {folded(current): tuple(way(str(9 - i), to) for i, to in enumerate(offers))}
    found = route(current, goal(wanted, closing=None), Workflow(ways, None))
    assert isinstance(found, Route)
    assert [hop.to for hop in found.hops] == [taken]


@pytest.mark.parametrize(
    ("current", "wanted", "offers"),
    [
        ("In Progress", "Resolved", ["Open", "In Review", "Blocked", "Waiting"]),
        ("In Progress", "Blocked", ["Closed", "Resolved"]),
        ("Triage", "In Progress", ["Resolved", "Waiting"]),
    ],
)
def test_among_several_that_do_not_lie_between_none_is_tried(
    current: str, wanted: str, offers: list[str]
) -> None:
    ways = {folded(current): tuple(way(str(i), to) for i, to in enumerate(offers))}
    assert "no way is known" in why(
        route(current, goal(wanted, closing=None), Workflow(ways, None))
    )


def test_of_equally_promising_statuses_the_one_in_fewer_hops_is_tried() -> None:
    ways: Ways = {
        "open": (way("1", "To Do"), way("2", "Waiting")),
        "to do": (way("3", "Blocked"),),
    }
    assert names(route("Open", goal("Resolved"), Workflow(ways, None))) == ["Go 2"]


def test_towards_a_done_status_one_not_done_is_tried_first_and_none_beyond() -> None:
    done, beyond, new = way("1", "Done", "done"), way("2", "Shut", "done"), way("3", "To Do")
    wanted = replace(goal("Resolved"), ranks={**goal("x").ranks, "shut": 50})

    def tried(*offers: Transition) -> Route | DeadEnd:
        ways = {"open": offers, "elsewhere": (way("9", "Resolved", "done"),)}
        return route("Open", wanted, Workflow(ways, None))

    assert names(tried(done, beyond, new)) == ["Go 3"]
    assert names(tried(done, beyond)) == ["Go 1"]
    assert why(tried(beyond))


def test_ranks_that_are_unknown_here_or_there_do_not_stand_in_the_way() -> None:
    ways = {"triage": (way("1", "Waiting"),)}
    assert names(route("Triage", goal("In Progress"), Workflow(ways, None))) == ["Go 1"]
    assert names(route("Triage", goal("Elsewhere"), Workflow(ways, None))) == ["Go 1"]


# Dead ends


def test_what_jira_offers_instead_is_listed() -> None:
    ways: Ways = {"a": (way("12", "D", "new", TEAM), way("2", "C")), "c": (), "d": ()}
    found = route("A", goal("B"), Workflow(ways, frozenset("abcd")))
    assert found == DeadEnd(
        "no way is known from 'A' to 'B'; JIRA offers from here: "
        "'C' ('Go 2'), 'D' ('Go 12', requires 'Team' (customfield_10200))"
    )


def test_a_user_who_is_offered_nothing_may_lack_the_permission() -> None:
    assert route("Open", goal("Closed"), Workflow({"open": ()}, None)) == DeadEnd(
        "JIRA offers no transition from 'Open': "
        "this user may lack the permission to transition issues"
    )


def test_a_status_whose_ways_nobody_asked_for_is_not_said_to_have_none() -> None:
    found = route("Open", goal("Closed"), Workflow({}, None))
    assert found == DeadEnd(
        "no way is known from 'Open' to 'Closed'; what JIRA offers here is unknown"
    )


# Any workflow at all

NAMES = "abcdefg"
CATEGORIES = ("new", "indeterminate", "done")


@st.composite
def workflows(draw: st.DrawFn) -> Ways:
    """Complete ways between a few statuses, each with one category."""
    categories = {name: draw(st.sampled_from(CATEGORIES)) for name in NAMES}
    screens = st.sampled_from([(), (), (), (TEAM,), (RESOLUTION,), (TEAM, RESOLUTION)])
    edges = draw(
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), screens), max_size=20)
    )
    ways: dict[str, list[Transition]] = {name: [] for name in NAMES}
    for number, (source, to, screen) in enumerate(edges):
        spelled = to.upper() if number % 2 else to
        ways[source].append(way(str(number), spelled, categories[to], *screen))
    return {name: tuple(out) for name, out in ways.items()}


statuses = st.sampled_from(NAMES)
goals = st.builds(
    Goal,
    statuses.map(str.upper),
    st.dictionaries(
        statuses, st.dictionaries(st.sampled_from([TEAM.id, RESOLUTION.id]), st.just("set"))
    ),
    st.none() | statuses,
    st.dictionaries(statuses, st.sampled_from([status.value for status in IncidentStatus])),
)


def done_among(ways: Mapping[str, Sequence[Transition]]) -> set[str]:
    return {folded(w.to) for out in ways.values() for w in out if w.category == "done"}


def usable(way: Transition, wanted: Goal, done: set[str]) -> bool:
    """The rules on one hop, said a second time."""
    to, aim = folded(way.to), folded(wanted.status)
    if any(field.id not in wanted.fields.get(to, {}) for field in way.required):
        return False
    if to == aim:
        return True
    closes = aim == wanted.closing  # what closes an issue is done, whatever its category
    return to != wanted.closing and (to not in done or aim in done or closes)


def distance(start: str, wanted: Goal, ways: Mapping[str, Sequence[Transition]]) -> int | None:
    """The fewest usable hops to the goal, found by growing the set of what can be reached."""
    done, reached = done_among(ways), {start}
    for hops in range(len(NAMES) + 1):
        if folded(wanted.status) in reached:
            return hops
        reached |= {
            folded(w.to) for s in reached for w in ways.get(s, ()) if usable(w, wanted, done)
        }
    return None


def is_walk(start: str, hops: Sequence[Transition], ways: Mapping[str, object]) -> bool:
    at = start
    for hop in hops:
        out = ways.get(at)
        if not isinstance(out, tuple) or hop not in out:
            return False
        at = folded(hop.to)
    return True


@given(workflows(), statuses, goals, st.sets(statuses))
def test_a_route_is_a_shortest_usable_walk_or_ends_in_fit_unknown_territory(
    ways: Ways, start: str, wanted: Goal, hidden: set[str]
) -> None:
    known = {name: out for name, out in ways.items() if name not in hidden}
    found = route(start, wanted, Workflow(known, None))
    shortest = distance(start, wanted, known)
    if isinstance(found, DeadEnd):
        assert shortest is None
        return
    assert is_walk(start, found.hops, known)
    assert all(usable(hop, wanted, done_among(known)) for hop in found.hops)
    assert found.certain == (shortest is not None)
    if found.certain:
        assert len(found.hops) == shortest
        assert folded(found.hops[-1].to if found.hops else start) == folded(wanted.status)
    else:
        last = folded(found.hops[-1].to)
        assert last in hidden - {start, wanted.closing}
        assert last in wanted.ranks


@given(workflows(), statuses, goals, st.sets(statuses))
def test_a_dead_end_names_missing_fields_only_where_they_are_all_that_is_missing(
    ways: Ways, start: str, wanted: Goal, left: set[str]
) -> None:
    found = route(start, wanted, Workflow(ways, frozenset(NAMES)), frozenset(left))
    filled = replace(wanted, fields={n: {TEAM.id: 1, RESOLUTION.id: 1} for n in NAMES})
    possible = distance(start, filled, ways) is not None
    if isinstance(found, DeadEnd):
        assert bool(found.missing) == possible
        assert all(f"'{field.name}' ({field.id})" in found.why for field in found.missing)
    else:
        assert found.certain  # nothing is unknown, so nothing is guessed


@given(workflows(), statuses, goals, st.sets(statuses), st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_does_not_matter(
    ways: Ways, start: str, wanted: Goal, hidden: set[str], random: Random
) -> None:
    known = {name: out for name, out in ways.items() if name not in hidden}
    shuffled = {
        name: tuple(sorted(known[name], key=lambda _: random.random()))
        for name in sorted(known, key=lambda _: random.random())
    }
    again = replace(wanted, ranks=dict(sorted(wanted.ranks.items(), reverse=True)))
    assert route(start, wanted, Workflow(known, None)) == route(
        start, again, Workflow(shuffled, None)
    )


@settings(max_examples=300)
@given(workflows(), statuses, goals, st.sets(statuses))
def test_learning_on_the_way_always_ends_and_enters_no_status_twice(
    ways: Ways, start: str, wanted: Goal, learnt: set[str]
) -> None:
    at, left = start, [start]
    while True:
        known = {name: out for name, out in ways.items() if name in learnt | set(left)}
        found = route(at, wanted, Workflow(known, frozenset(NAMES)), frozenset(left[:-1]))
        if isinstance(found, DeadEnd) or not found.hops:
            break
        at = folded(found.hops[0].to)
        assert at not in left
        left.append(at)
    if isinstance(found, Route):
        assert at == folded(wanted.status)
    assert len(left) <= len(NAMES)


@pytest.mark.parametrize(
    ("screen", "mend"),
    [
        (None, "correct [jira.transition_fields.Closed]"),
        (("resolution", "customfield_7"), "correct [jira.transition_fields.Closed]"),
        (("resolution",), "its screen does not take customfield_7: add that in JIRA's workflow"),
    ],
    ids=["not told", "on it", "not on it"],
)
def test_of_a_field_that_jira_refuses_it_is_told_what_mends_it(
    screen: tuple[str, ...] | None, mend: str
) -> None:
    """What is not on the screen is not sent: to fill it in would mend nothing."""
    hop = Transition("5", "Close", "Closed", "done", screen=screen)
    said = fields_refused(hop, {"customfield_7": "is needed", "commander": "is no user"})
    assert said.startswith("transition 'Close' to 'Closed', of which JIRA says customfield_7: is n")
    assert said.endswith(f"; {mend}")
