"""Both histories replayed: every drift whose history is whole is decided as it was made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.drift import Comparison, compare
from raidctl.core.history import UNKNOWN_TIME, History, Revision
from raidctl.core.memory import Memory
from raidctl.core.model import (
    UNREADABLE,
    Field,
    Link,
    Readable,
    Side,
    SyncDirection,
    Value,
    plain,
)
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Item
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.replay import Agreement, Untold, Why, replay
from tests.core.strategies import EVERY_WRITER, NOW, link_with, mapping_of

SKEW = timedelta(minutes=2)
MAPPING = mapping_of()
BEGIN = NOW - timedelta(days=30)
IMPACT, JIRA = Side.IMPACT, Side.JIRA


class Held(NamedTuple):
    """A value, and since when a side holds it, in minutes after the incident was declared."""

    value: Readable
    since: float


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def told(impact: Sequence[Held], jira: Sequence[Held], name: Field = Field.STATUS) -> History:
    """What the systems tell of that: Impact new values alone, JIRA nothing of its first."""
    return History(
        {
            IMPACT: [Revision(name, at(one.since), "Ada", new=one.value) for one in impact],
            JIRA: [
                Revision(name, at(one.since), "Bob", "acc-bob", before.value, one.value)
                for before, one in pairwise(jira)
            ],
        }
    )


def link_of(impact: Sequence[Held], jira: Sequence[Held], name: Field = Field.STATUS) -> Link:
    """As it is now: each side's last value."""
    link = link_with(name, impact[-1].value if impact else None, jira[-1].value)
    return Link(
        replace(link.incident, created_at=BEGIN),
        replace(link.issue, created_at=at(jira[0].since)),
    )


def replayed(
    impact: Sequence[Held],
    jira: Sequence[Held],
    name: Field = Field.STATUS,
    history: History | None = None,
    link: Link | None = None,
) -> Agreement | Untold:
    link = link or link_of(impact, jira, name)
    return replay(compared(link, name), link, history or told(impact, jira, name), SKEW)


def compared(link: Link, name: Field) -> Comparison:
    (found,) = compare(link, MAPPING, [name])
    assert isinstance(found, Comparison)
    return found


# An oracle that tries every order of all changes that the clocks do not rule out.

Order = Sequence[tuple[Side, int]]


def orders(impact: Sequence[Held], jira: Sequence[Held]) -> Iterator[Order]:
    """All orders in which they may have come about."""
    many = len(impact) + len(jira)
    for places in combinations(range(many), len(impact)):
        first, second = iter(range(len(impact))), iter(range(len(jira)))
        sides = [IMPACT if n in places else JIRA for n in range(many)]
        order = [(side, next(first if side is IMPACT else second)) for side in sides]
        times = [(impact if side is IMPACT else jira)[n].since for side, n in order]
        skew = SKEW.total_seconds() / 60
        if all(one - other < skew for n, one in enumerate(times) for other in times[n + 1 :]):
            yield order


def related(impact: Readable, jira: Readable) -> bool:
    """By the tables of the design, by hand."""
    there = {"OPEN": "Open", "INVESTIGATING": "In Progress", "MITIGATING": "In Progress"}
    there |= {"MITIGATED": "Resolved", "POST_MORTEM": "Closed", "CLOSED": "Closed"}
    back = {"Open": "INVESTIGATING", "In Progress": "MITIGATING", "Resolved": "MITIGATED"}
    back |= {"Closed": "POST_MORTEM", "Reopened": "INVESTIGATING"}
    return there[str(impact)] == jira or back[str(jira)] == impact


def last_agreed(
    impact: Sequence[Held], jira: Sequence[Held], order: Order
) -> tuple[int, int] | None:
    """Which values stood beside each other when both agreed last, in this order."""
    places: dict[Side, int] = {}
    found = None
    for side, place in order:
        places[side] = place
        if len(places) == 2:
            pair = places[IMPACT], places[JIRA]
            if related(impact[pair[0]].value, jira[pair[1]].value):
                found = pair
    return found


def line(values: Sequence[str], begin: st.SearchStrategy[float]) -> st.SearchStrategy[list[Held]]:
    """Some values, one after the other, at least half a minute apart."""
    gaps = st.sampled_from([0.5, 1.0, 2.0, 3.0, 60.0, 600.0])
    steps = st.lists(st.tuples(st.sampled_from(values), gaps), min_size=1, max_size=5)

    def made(steps: Sequence[tuple[str, float]], begin: float) -> list[Held]:
        since, found = begin, list[Held]()
        for value, gap in steps:
            found.append(Held(value, since))
            since += gap
        return found

    return st.builds(made, steps, begin)


impact_lines = line(["OPEN", "INVESTIGATING", "MITIGATING", "MITIGATED", "CLOSED"], st.just(0.0))
jira_lines = line(
    ["Open", "In Progress", "Reopened", "Resolved", "Closed"],
    st.sampled_from([0.0, 1.0, 2.5, 60.0, 180.0]),
)


@given(impact_lines, jira_lines)
def test_an_agreement_is_told_where_every_possible_order_has_it_and_nowhere_else(
    impact: list[Held], jira: list[Held]
) -> None:
    if related(impact[-1].value, jira[-1].value):
        return
    said = replayed(impact, jira)
    possible = {last_agreed(impact, jira, order) for order in orders(impact, jira)}
    if len(possible) > 1:
        assert isinstance(said, Untold)
        assert said.why is Why.ORDER
    elif possible == {None}:
        assert said == Untold(Why.NEVER)
    else:
        ((a, b),) = [pair for pair in possible if pair is not None]
        ends = [one[n + 1].since for one, n in ((impact, a), (jira, b)) if n + 1 < len(one)]
        assert said == Agreement(plain(impact[a].value), plain(jira[b].value), at(min(ends)))


@given(impact_lines, jira_lines, st.data())
def test_a_change_that_jira_does_not_tell_is_never_decided_over(
    impact: list[Held], jira: list[Held], data: st.DataObject
) -> None:
    """Older than the agreement it does not matter; else the values before and after show it."""
    if related(impact[-1].value, jira[-1].value) or len(jira) < 3:
        return
    whole = told(impact, jira)
    lost = data.draw(st.integers(1, len(jira) - 2))
    left = [one for n, one in enumerate(whole.told[JIRA]) if n != lost]
    said = replayed(impact, jira, history=History({**whole.told, JIRA: left}))
    if isinstance(said, Agreement) and jira[lost].value != jira[lost + 1].value:
        assert said == replayed(impact, jira)


values = st.sampled_from(
    [
        None,
        "",
        "a",
        "Ada@example.com",
        "acc-ada",
        "CLOSED",
        "closed",
        "Code Review",
        1,
        20,
        UNREADABLE,
    ]
)
times = st.sampled_from([at(0), at(1), at(1), at(500), UNKNOWN_TIME, NOW])


@given(st.data(), st.sampled_from(Field), st.none() | times)
def test_whatever_two_histories_hold_is_no_defect(
    data: st.DataObject, name: Field, created: datetime | None
) -> None:
    changes = st.lists(
        st.builds(Revision, st.just(name), times, old=values, new=values), max_size=6
    )
    link = link_with(name, data.draw(values), data.draw(values))
    link = replace(link, issue=replace(link.issue, created_at=created))
    history = History({side: sorted(data.draw(changes), key=lambda one: one.at) for side in Side})
    for found in compare(link, MAPPING, [name]):
        if isinstance(found, Comparison) and not found.related:
            said = replay(found, link, history, SKEW)
            if isinstance(said, Agreement):
                assert found._replace(impact=said.impact, jira=said.jira).related


# Days at work

OPENED = (Held("INVESTIGATING", 0), Held("MITIGATING", 60))
FOLLOWED = (Held("Open", 1), Held("In Progress", 60.1))


def verdict(impact: Sequence[Held], jira: Sequence[Held]) -> Item:
    """What `auto` does with a field, once its last agreement is its baseline."""
    link, history = link_of(impact, jira), told(impact, jira)
    said = replayed(impact, jira)
    assert isinstance(said, Agreement)
    baseline = replace(
        MAPPING.agreed(Field.STATUS, said.impact, said.jira), at=NOW, seen_at=said.until
    )
    found, memory = compared(link, Field.STATUS), Memory({Field.STATUS: baseline})
    known = ComparedLink(link, [found], memory, history=history)
    policy = Policy(impact_writers=EVERY_WRITER, allow_close=True, clock_skew=SKEW)
    (item,) = plan_link(known, MAPPING, policy, NOW)
    return item


def test_what_impact_alone_changed_since_goes_to_jira() -> None:
    item = verdict([*OPENED, Held("MITIGATED", 600)], FOLLOWED)
    assert (item.direction, item.reason) == (SyncDirection.IMPACT_TO_JIRA, Reason.IMPACT_CHANGED)


def test_what_jira_alone_changed_since_goes_to_impact() -> None:
    item = verdict(OPENED, [*FOLLOWED, Held("Resolved", 600)])
    assert (item.direction, item.reason) == (SyncDirection.JIRA_TO_IMPACT, Reason.JIRA_CHANGED)


def test_what_both_changed_since_is_a_conflict() -> None:
    item = verdict([*OPENED, Held("CLOSED", 700)], [*FOLLOWED, Held("Resolved", 600)])
    assert item.reason is Reason.CONFLICT


def test_a_change_there_and_back_since_the_agreement_is_seen() -> None:
    back = [*FOLLOWED, Held("Closed", 590), Held("In Progress", 595)]
    item = verdict([*OPENED, Held("MITIGATED", 560)], back)
    assert item.reason is Reason.CONFLICT
    assert "changed back by Bob" in str(item.detail)


def test_an_agreement_stands_though_impact_pushed_it_within_the_skew() -> None:
    """As FireFighter does: JIRA follows a second after each change."""
    impact = [*OPENED, Held("MITIGATED", 120), Held("CLOSED", 600)]
    jira = [*FOLLOWED, Held("Resolved", 120.02)]
    assert replayed(impact, jira) == Agreement("MITIGATED", "Resolved", at(600))


# What a history must not be

WHY: dict[str, tuple[Sequence[Held], Sequence[Held], Untold]] = {
    "nothing told": ([], FOLLOWED, Untold(Why.NO_HISTORY, IMPACT)),
    "not from the beginning": (
        [Held("CLOSED", 500)],
        [Held("Open", 1)],
        Untold(Why.TOO_SHORT, IMPACT, at(500)),
    ),
    "one instant": (
        [Held("INVESTIGATING", 0), Held("MITIGATED", 300), Held("OPEN", 300), Held("CLOSED", 600)],
        [Held("Open", 1), Held("Resolved", 200)],
        Untold(Why.ONE_INSTANT, IMPACT, at(300)),
    ),
    "order": (
        [*OPENED, Held("MITIGATED", 300), Held("CLOSED", 302)],
        [*FOLLOWED, Held("Resolved", 301)],
        Untold(Why.ORDER, None, at(302)),
    ),
    "a status that is gone": (
        [Held("INVESTIGATING", 0), Held("CLOSED", 600)],
        [Held("Open", 1), Held("Code Review", 200), Held("Resolved", 300)],
        Untold(Why.UNMAPPED, JIRA, at(200)),
    ),
    "unreadable in Impact": (
        [Held("INVESTIGATING", 0), Held(UNREADABLE, 300), Held("CLOSED", 600)],
        [Held("Open", 1)],
        Untold(Why.UNREADABLE, IMPACT, at(300)),
    ),
    "unreadable in JIRA": (
        [Held("INVESTIGATING", 0), Held("CLOSED", 600)],
        [Held("Open", 1), Held(UNREADABLE, 200), Held("Resolved", 300)],
        Untold(Why.UNREADABLE, JIRA, at(300)),
    ),
    "never": (
        [Held("CLOSED", 0)],
        [Held("Open", 1)],
        Untold(Why.NEVER),
    ),
}


@pytest.mark.parametrize("case", WHY)
def test_what_cannot_be_known_is_not_guessed(case: str) -> None:
    impact, jira, said = WHY[case]
    link = link_of(impact or [Held("CLOSED", 0)], jira)
    assert replayed(impact, jira, history=told(impact, jira), link=link) == said


def test_two_changes_at_one_instant_matter_only_where_they_are_gone_back_over() -> None:
    impact = [Held("OPEN", 5), Held("CLOSED", 5), *OPENED[1:], Held("MITIGATED", 600)]
    assert isinstance(replayed(impact, FOLLOWED), Agreement)
    impact = [*OPENED, Held("CLOSED", 600), Held("MITIGATED", 600)]  # the last of them stands
    later = [*FOLLOWED, Held("Resolved", 700), Held("Open", 900)]
    assert replayed(impact, later) == Agreement("MITIGATED", "Resolved", at(900))
    assert replayed(impact, [*FOLLOWED, Held("Closed", 300)]) == Untold(
        Why.ONE_INSTANT, IMPACT, at(600)
    )


@pytest.mark.parametrize("side", Side)
def test_what_stands_there_and_no_history_tells_of_is_a_gap(side: Side) -> None:
    impact, jira = [*OPENED, Held("MITIGATED", 600)], list(FOLLOWED)
    if side is IMPACT:
        link = link_of([*impact, Held("CLOSED", 700)], jira)
    else:
        jira = [*FOLLOWED, Held("Open", 500)]
        link = link_of(impact, [*jira, Held("Closed", 700)])
    said = replayed(impact, jira, history=told(impact, jira), link=link)
    assert said == Untold(Why.GAP, side, at(600 if side is IMPACT else 500))


@pytest.mark.parametrize("side", Side)
def test_a_history_that_was_cut_tells_nothing(side: Side) -> None:
    impact, jira = [*OPENED, Held("MITIGATED", 600)], FOLLOWED
    whole = told(impact, jira)
    cut = [*whole.told[side], Revision(Field.STATUS, UNKNOWN_TIME)]
    said = replayed(impact, jira, history=History({**whole.told, side: cut}))
    assert said == Untold(Why.CUT, side)


def test_before_an_issue_was_created_it_agreed_with_nothing() -> None:
    impact = [Held("INVESTIGATING", 0), Held("MITIGATED", 300)]
    assert isinstance(replayed(impact, [Held("Open", 299)]), Untold)
    assert replayed(impact, [Held("Open", 400)]) == Untold(Why.NEVER)
    assert isinstance(replayed(impact, [Held("Open", 1)]), Agreement)
    unknown = link_of(impact, [Held("Open", 1)])
    unknown = replace(unknown, issue=replace(unknown.issue, created_at=None))
    assert replayed(impact, [Held("Open", 1)], link=unknown) == Untold(Why.TOO_SHORT, JIRA)


def test_an_issue_whose_history_is_older_than_itself_was_imported() -> None:
    impact = [Held("INVESTIGATING", 0), Held("CLOSED", 300)]
    said = replayed(impact, [Held("Open", 500), Held("Resolved", 200)])
    assert said == Agreement("INVESTIGATING", "Open", at(200))


USED: dict[Field, tuple[Value, Value, Value]] = {
    Field.TITLE: ("Old", "Old", "New"),
    Field.DESCRIPTION: ("It is down.", "It is down.\n\n🧯 This incident has been created", "Up."),
    Field.PRIORITY: (3, "Medium", 1),
    Field.STATUS: ("MITIGATING", "In Progress", "CLOSED"),
    Field.COMMANDER: ("ada@example.com", "acc-ada", "bob@example.com"),
}


@pytest.mark.parametrize("name", Field)
def test_every_field_is_replayed(name: Field) -> None:
    impact, jira, new = USED[name]
    said = replayed([Held(impact, 0), Held(new, 300)], [Held(jira, 1)], name)
    assert said == Agreement(impact, jira, at(300))


def test_a_commander_whom_nobody_knows_any_more_decides_nothing() -> None:
    impact = [Held("gone@example.com", 0), Held("bob@example.com", 300)]
    said = replayed(impact, [Held("acc-ada", 1)], Field.COMMANDER)
    assert said == Untold(Why.UNMAPPED, IMPACT, at(0))


def test_a_priority_that_is_out_of_scope_is_none_that_agreed() -> None:
    impact = [Held(20, 0), Held(1, 300)]
    assert replayed(impact, [Held("Low", 1)], Field.PRIORITY) == Untold(Why.UNMAPPED, IMPACT, at(0))


def test_changes_without_end_within_one_skew_do_not_take_for_ever() -> None:
    impact = [Held("CLOSED", n / 1_000) for n in range(500)]
    jira = [Held("Open", n / 1_000) for n in range(500)]
    said = replayed(impact, jira)
    assert isinstance(said, Untold)
    assert said.why is Why.ORDER
