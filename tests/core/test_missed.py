"""What arrived and what did not, by both histories: against a FireFighter that is played."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.arrivals import audited
from raidctl.core.drift import compare
from raidctl.core.firefighter import TAKEN, closing_rule, pushes
from raidctl.core.history import UNKNOWN_TIME, History, OwnWrite, Revision
from raidctl.core.mapping.tables import FIREFIGHTER
from raidctl.core.memory import Memory
from raidctl.core.missed import Audit, Missed, Why, Window, outages, shared
from raidctl.core.model import UNREADABLE, Field, Link, Readable, Side, Value
from raidctl.core.plan.authorship import Accounts
from raidctl.core.plan.case import ComparedLink
from raidctl.sandbox.impact.webhook import PRIORITIES, STATUSES, priority_of
from tests.core.strategies import INCIDENT, NOW, agreed, impact_with, link_with, mapping_of

STATUS, TITLE = Field.STATUS, Field.TITLE
MAPPING = mapping_of(FIREFIGHTER)
BEGIN = NOW - timedelta(days=30)
SKEW = timedelta(minutes=2)
ACCOUNTS = Accounts("acc-ff", SKEW)


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


@dataclass
class Play:
    """One field of a link, and everything that happens to it, in seconds after it was declared.

    The `fast` is how much Impact's clock is ahead of JIRA's.
    """

    impact: Value = "MITIGATING"
    jira: Value = "in progress"
    name: Field = STATUS
    fast: float = 0

    def __post_init__(self) -> None:
        self.told = {
            Side.IMPACT: [Revision(self.name, at(0), "Ada", "ada@x", new=self.impact)],
            Side.JIRA: list[Revision](),
        }

    def person(self, seconds: float, value: Value, account: str = "acc-grace") -> Revision:
        """Somebody changes it in JIRA."""
        one = Revision(self.name, at(seconds), "Grace", account, self.jira, value)
        self.told[Side.JIRA].append(one)
        self.jira = value
        return one

    def heard(self, seconds: float, value: Value) -> None:
        """FireFighter takes a value over from JIRA; one that it has is no update."""
        image = MAPPING.relations[self.name].to_impact(value, None).value
        if image != self.impact:
            when = at(seconds + self.fast)
            self.told[Side.IMPACT].append(Revision(self.name, when, new=image, synced=True))
            self.impact = image

    def in_impact(self, seconds: float, value: Value) -> None:
        """Somebody changes it in Impact."""
        when = at(seconds + self.fast)
        self.told[Side.IMPACT].append(Revision(self.name, when, "Ada", "ada@x", new=value))
        self.impact = value

    def compared(self, link: Link | None = None, memory: Memory | None = None) -> ComparedLink:
        """The link as it is now, and what is told of it."""
        found = link_with(self.name, self.impact, self.jira, *([] if link is None else [link]))
        told = {side: revisions for side, revisions in self.told.items() if revisions}
        history = History(told, account="acc-bot")
        fields = compare(found, MAPPING, [self.name])
        return ComparedLink(found, fields, memory or Memory(), history=history)

    def audit(self, since: float = -1, **more: Memory) -> Audit:
        """What it comes to."""
        window = Window(at(since), NOW, ACCOUNTS)
        return next(audited(self.compared(**more), window), Audit())  # type: ignore[arg-type]

    def missed(self, since: float = -1) -> list[tuple[Readable, bool]]:
        """The values that never arrived, and whether a later one went over each."""
        return [(one.revision.new, one.overtaken) for one in self.audit(since).missed]


# A FireFighter that hears of some changes, at once or late, is found out

JIRA_VALUES = ["Incoming", "in progress", "Reporter validation", "Closed"]


@st.composite
def plays(draw: st.DrawFn, fast: float) -> tuple[Play, list[tuple[Readable, bool]]]:
    """Changes in JIRA, minutes apart, each heard a second later or never; and what was missed."""
    play, seconds = Play(fast=fast), 0.0
    lost = list[tuple[int, Value]]()
    arrived = -1
    for number in range(draw(st.integers(1, 6))):
        seconds += draw(st.sampled_from([300, 1_000, 90_000]))
        others = [value for value in JIRA_VALUES if value != play.jira]
        value = draw(st.sampled_from(others))
        play.person(seconds, value)
        image = MAPPING.relations[STATUS].to_impact(value, None).value
        if image == play.impact:
            arrived = number  # it is there, whether FireFighter hears of it or not
        elif draw(st.booleans()):
            play.heard(seconds + 1, value)
            arrived = number
        else:
            lost.append((number, value))
    return play, [(value, number < arrived) for number, value in lost]


@pytest.mark.parametrize("fast", [0, 60, -60])
@given(data=st.data())
def test_exactly_what_firefighter_did_not_hear_is_missed(fast: float, data: st.DataObject) -> None:
    """By clocks that differ by less than the skew as well."""
    play, expected = data.draw(plays(fast))
    assert play.missed() == expected


@given(
    st.lists(st.tuples(st.sampled_from(JIRA_VALUES), st.sampled_from([1.0, 45.0, 3_600.0]))),
    st.lists(
        st.tuples(st.sampled_from([*STATUSES.values()]), st.sampled_from([1.0, 45.0, 3_600.0]))
    ),
    st.booleans(),
)
def test_no_history_is_a_defect_and_nothing_is_counted_twice(
    jira: Sequence[tuple[str, float]], impact: Sequence[tuple[int, float]], synced: bool
) -> None:
    play, seconds = Play(), 0.0
    names = {10: "OPEN", 30: "MITIGATING", 40: "MITIGATED", 60: "CLOSED"}
    for value, gap in jira:
        seconds += gap
        play.person(seconds, value)
    seconds = 0.0
    for number, gap in impact:
        seconds += gap
        play.in_impact(seconds, names[number])
        last = play.told[Side.IMPACT][-1]
        play.told[Side.IMPACT][-1] = replace(last, synced=synced, account=None)
    found = play.audit()
    assert len(found.missed) + found.untold <= found.changes <= len(jira)
    last_open = [one for one in found.missed if not one.overtaken]
    assert last_open == list(found.missed)[len(found.missed) - len(last_open) :]


# Single cases


def test_a_late_delivery_answers_its_change_though_another_came_between() -> None:
    play = Play()
    play.person(100, "Incoming")
    play.person(200, "Reporter validation")
    play.heard(201, "Reporter validation")
    play.heard(300, "Incoming")
    assert play.missed() == []


def test_one_update_answers_one_change() -> None:
    play = Play()
    play.person(100, "Incoming")
    play.person(200, "in progress")
    play.person(300, "Incoming")
    play.heard(301, "Incoming")
    assert play.missed() == [("Incoming", True)]


def test_what_firefighter_or_raidctl_did_goes_over_what_was_before() -> None:
    play = Play()
    play.person(100, "Incoming")
    play.in_impact(200, "MITIGATED")
    play.person(201, "Reporter validation", "acc-ff")
    assert play.missed() == [("Incoming", True)]
    ours = Play()
    ours.person(100, "Incoming")
    ours.person(201, "Reporter validation", "acc-bot")
    sent = OwnWrite(12, 10_012, STATUS, Side.JIRA, "Reporter validation", at(200), at(202))
    compared = ours.compared()
    compared = replace(compared, history=replace(compared.history, own=[sent]))
    (found,) = audited(compared, Window(at(0), NOW, ACCOUNTS))
    assert [(one.revision.new, one.overtaken) for one in found.missed] == [("Incoming", True)]
    assert ours.missed()[-1] == ("Reporter validation", False), "an account alone is no proof"


def test_what_is_too_young_is_not_judged_and_goes_over_nothing() -> None:
    play = Play()
    play.person(100, "Incoming")
    play.person(400, "Reporter validation")
    window = Window(at(0), at(300), ACCOUNTS)
    (found,) = audited(play.compared(), window)
    assert [(one.revision.new, one.overtaken) for one in found.missed] == [("Incoming", False)]
    assert found.changes == 1


def test_without_a_history_the_value_of_now_judges_the_last_change_alone() -> None:
    play = Play()
    play.person(100, "Incoming")
    play.person(200, "Reporter validation")
    play.told[Side.IMPACT] = []
    found = play.audit()
    assert [one.revision.new for one in found.missed] == ["Reporter validation"]
    assert (found.changes, found.untold) == (2, 1)
    play.impact = "MITIGATED"
    assert play.audit().missed == ()


def test_a_value_that_raidctl_saw_in_agreement_has_arrived() -> None:
    """Impact has moved on since, and over REST nothing else tells that it once agreed."""
    play = Play()
    play.person(200, "Reporter validation")
    play.told[Side.IMPACT] = []
    play.impact = "OPEN"
    baseline = agreed(MAPPING, STATUS, "MITIGATED", "Reporter validation")
    for seen, missed in ((at(300), 0), (at(100), 1)):
        memory = Memory({STATUS: replace(baseline, at=seen)})
        assert len(play.audit(memory=memory).missed) == missed


def test_a_change_before_impacts_history_is_not_judged() -> None:
    play = Play()
    play.told[Side.IMPACT] = [Revision(STATUS, at(500), "Ada", "ada@x", new="OPEN")]
    play.impact = "OPEN"
    play.person(100, "Reporter validation")
    found = play.audit()
    assert (found.missed, found.untold) == ((), 1)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("what", ["time", "value"])
def test_what_cannot_be_read_is_told_and_judges_nothing(side: Side, what: str) -> None:
    play = Play()
    play.person(100, "Incoming")
    spoilt = play.told[side][-1]
    spoilt = replace(spoilt, at=UNKNOWN_TIME) if what == "time" else replace(spoilt, new=UNREADABLE)
    play.told[side][-1] = spoilt
    assert play.audit() == Audit(unreadable=frozenset({side}))


def test_a_field_that_may_not_be_seen_is_not_judged() -> None:
    play = Play()
    play.person(100, "Incoming")
    play.impact = UNREADABLE  # type: ignore[assignment]
    assert play.audit() == Audit(changes=1, untold=1)


def test_that_a_key_is_shared_goes_before_what_lies_behind_it() -> None:
    play = Play()
    play.person(100, "Incoming")
    (one,) = play.audit().missed
    assert [each.why for each in shared([one], {"INC-12": 1})] == [Why.LOST]
    assert [each.why for each in shared([one], {"INC-12": 2})] == [Why.SHARED]
    not_taken: Missed = replace(one, why=Why.NOT_TAKEN)
    assert shared([not_taken], {"INC-12": 2}) == [not_taken]


def test_an_outage_is_several_of_several_incidents_and_nothing_that_arrived_between() -> None:
    play = Play()
    play.person(100, "Incoming")
    (one,) = play.audit().missed

    def lost(incident: int, seconds: float) -> Missed:
        subject = replace(one.subject, incident=incident)
        return replace(one, subject=subject, revision=replace(one.revision, at=at(seconds)))

    def whys(missed: Sequence[Missed], *heard: float) -> set[Why]:
        return {each.why for each in outages(missed, [at(one).timestamp() for one in heard])}

    three = [lost(1, 100), lost(2, 200), lost(1, 300)]
    assert whys(three) == whys(three, 50, 400) == {Why.OUTAGE}
    assert whys(three, 150) == whys(three[:2]) == {Why.LOST}
    assert whys([lost(1, 100), lost(1, 200), lost(1, 300)]) == {Why.LOST}
    known = replace(three[0], why=Why.ECHO)
    assert whys([known, *three[1:]]) == {Why.ECHO, Why.LOST}


# FireFighter's own rules


def test_its_tables_are_those_of_the_handler() -> None:
    names = {10: "OPEN", 30: "MITIGATING", 40: "MITIGATED", 60: "CLOSED"}
    for name in (*STATUSES, "In Progress", "incoming", "", "Code Review"):
        number = STATUSES.get(name)
        assert TAKEN[STATUS].image(name) == (None if number is None else names[number])
    for name in (*PRIORITIES, *map(str, range(7)), "high", "", "P2", " 3"):
        assert TAKEN[Field.PRIORITY].image(name) == priority_of(name), name


def test_a_push_swallows_the_names_that_it_was_sent_by() -> None:
    assert pushes(STATUS, "MITIGATING", "in progress")
    assert pushes(STATUS, "INVESTIGATING", "Pending resolution")
    assert pushes(STATUS, "MITIGATED", " reporter VALIDATION ")
    assert not pushes(STATUS, "MITIGATED", "in progress")
    assert pushes(Field.PRIORITY, 2, "High")
    assert pushes(Field.PRIORITY, 2, "2")
    assert not pushes(Field.PRIORITY, 2, "3")
    assert not pushes(TITLE, "A", "A")


def test_an_ignored_incident_is_closed_whatever_it_is() -> None:
    assert closing_rule(INCIDENT) is not None
    assert closing_rule(impact_with(INCIDENT, ignored=True)) is None
    mitigated = impact_with(INCIDENT, status="MITIGATED", priority=4, needs_postmortem=False)
    assert closing_rule(mitigated) is None
