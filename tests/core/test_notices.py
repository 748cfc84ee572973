"""What raidctl tells of by itself: each thing once until it changes."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.model import Field, Pair
from raidctl.core.notices import Kind, Matter, News, RunEnd, news, standing
from raidctl.core.plan.item import Hold, Subject
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Run

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = Run("run-1", "reconcile", NOW, 1, exit_code=0)
WELL = RunEnd(RUN, well=True, acted=True, holds=(), whole=True, dead=())
FAILED = RunEnd(
    replace(RUN, exit_code=7, why="JIRA is away"), False, False, frozenset({"7 JIRA network"})
)
BLOCKED = RunEnd(replace(RUN, exit_code=5, why="too much"), False, False, blocked=True)


def hold(number: int, reason: Reason = Reason.CONFLICT, field: Field = Field.STATUS) -> Hold:
    subject = Subject(number, f"https://impact.test/{number}", "T", issue=f"INC-{number}")
    return Hold(subject, field, Pair("OPEN", "Closed"), reason)


class Listener:
    """A receiver that takes what it is told, while it is up."""

    def __init__(self) -> None:
        self.told: dict[Matter, datetime] = {}
        self.heard: list[list[Kind]] = []

    def after(self, end: RunEnd, *, up: bool = True) -> list[Kind]:
        found = news(end, self.told)
        if found.notices and not up:
            self._keep(frozenset(), found.past, end.at)
            return []
        self._keep(found.fresh, found.over | found.past, end.at)
        kinds = [one.kind for one in found.notices]
        self.heard.append(kinds)
        return kinds

    def _keep(self, fresh: Iterable[Matter], over: Iterable[Matter], at: datetime) -> None:
        self.told |= dict.fromkeys(fresh, at)
        for one in over:
            del self.told[one]


def failed(times: int, cause: str = "7 JIRA network") -> RunEnd:
    return replace(FAILED, failed=times, causes=frozenset({cause}), since=NOW)


def test_a_failure_is_told_when_it_is_the_third_in_a_row_and_once() -> None:
    one = Listener()
    assert [one.after(failed(n)) for n in range(1, 7)] == [[], [], [Kind.FAILING], [], [], []]


def test_another_cause_is_told_as_well_and_each_once() -> None:
    one = Listener()
    causes = ["a", "a", "a", "b", "a", "b"]
    heard = [one.after(failed(n, cause)) for n, cause in enumerate(causes, 1)]
    assert heard == [[], [], [Kind.FAILING], [Kind.FAILING], [], []]


def test_one_failure_more_beside_those_that_were_told_is_told() -> None:
    one = Listener()
    both = replace(failed(4), causes=frozenset({"4 refused", "4 unread jira"}))
    assert [one.after(failed(3, "4 refused")), one.after(both)] == [[Kind.FAILING]] * 2
    assert [one.after(failed(5, "4 refused")), one.after(both)] == [[], []]


def blocked(plan: str, minutes: float) -> RunEnd:
    at = NOW + timedelta(minutes=minutes)
    return replace(BLOCKED, run=replace(BLOCKED.run, plan=plan, finished_at=at))


def test_another_plan_that_a_limit_stops_is_told_but_once_an_hour() -> None:
    one = Listener()
    heard = [
        one.after(blocked(plan, minutes))
        for plan, minutes in (("a", 0), ("a", 90), ("b", 91), ("c", 100), ("d", 152), ("b", 300))
    ]
    told, none = [Kind.BLOCKED], list[Kind]()
    assert heard == [told, none, told, none, told, told]
    assert one.after(WELL) == [Kind.RECOVERED]
    assert one.told == {}


def test_a_block_that_was_told_before_plans_were_kept_is_told_with_its_plan() -> None:
    one = Listener()
    one.told[Matter(Kind.BLOCKED, "reconcile", "")] = NOW
    assert [one.after(blocked("a", 30)), one.after(blocked("a", 61))] == [[], [Kind.BLOCKED]]


def test_what_was_trouble_and_since_when_is_told_of_what_is_well_again() -> None:
    told = {Matter(Kind.BLOCKED, "reconcile", plan): NOW - timedelta(hours=2) for plan in "ab"}
    (notice,) = news(WELL, told).notices
    assert (notice.was, notice.since, notice.at) == (
        (Kind.BLOCKED,),
        NOW - timedelta(hours=2),
        NOW,
    )


def test_a_run_of_some_links_ends_no_trouble_and_what_it_says_is_its_own() -> None:
    one = Listener()
    one.after(failed(3))
    of_some = replace(RUN, counts=False)
    assert one.after(RunEnd(of_some, well=False, acted=False)) == []
    said = Matter(Kind.SAID, "reconcile", "5 too much")
    assert said in standing(BLOCKED)
    assert said not in news(RunEnd(of_some, well=False, acted=False), {said: NOW}).past


def test_that_it_is_over_is_told_once_and_the_next_time_it_is_news_again() -> None:
    one = Listener()
    one.after(failed(3))
    assert [one.after(WELL), one.after(WELL)] == [[Kind.RECOVERED], []]
    assert one.after(failed(3)) == [Kind.FAILING]


def test_a_failure_that_nobody_was_told_of_is_not_told_to_be_over() -> None:
    one = Listener()
    one.after(failed(2))
    assert one.after(WELL) == []


def test_a_failure_of_one_command_is_not_over_when_another_one_ends_well() -> None:
    one = Listener()
    one.after(failed(3))
    assert one.after(replace(WELL, run=replace(RUN, command="undo"))) == []
    assert one.after(WELL) == [Kind.RECOVERED]


def test_a_system_that_is_away_is_told_once_whichever_commands_fail_for_it() -> None:
    one = Listener()
    away = replace(failed(3), common=True)
    other = replace(away, run=replace(FAILED.run, command="event"))
    assert [one.after(away), one.after(other)] == [[Kind.FAILING], []]
    assert [one.after(WELL), one.after(replace(WELL, run=other.run))] == [[Kind.RECOVERED], []]


def test_a_limit_is_told_once_and_that_it_no_longer_stands_in_the_way() -> None:
    one = Listener()
    assert [one.after(BLOCKED), one.after(BLOCKED)] == [[Kind.BLOCKED], []]
    assert one.after(WELL) == [Kind.RECOVERED]
    assert one.after(BLOCKED) == [Kind.BLOCKED]


def test_a_limit_that_gave_way_to_a_failure_is_forgotten_without_a_word() -> None:
    one = Listener()
    one.after(BLOCKED)
    assert one.after(replace(failed(1), acted=True)) == []
    assert one.after(BLOCKED) == [Kind.BLOCKED]


def test_new_holds_are_told_together_with_what_is_alike() -> None:
    holds = (hold(1), hold(2), hold(3, Reason.REFUSED), hold(4, field=Field.TITLE))
    told = news(replace(WELL, holds=holds), {}).notices
    assert [(one.kind, one.count) for one in told] == [(Kind.HELD, n) for n in (2, 1, 1)]
    assert [one.subject.incident for one in told[0].holds] == [1, 2]


def test_a_hold_is_told_again_when_it_was_gone_or_is_held_for_another_reason() -> None:
    one = Listener()
    with_it, without = replace(WELL, holds=(hold(1),)), WELL
    other = replace(WELL, holds=(hold(1, Reason.REFUSED),))
    ends = [with_it, with_it, without, with_it, other, with_it]
    assert [one.after(end) for end in ends] == [
        *([Kind.HELD], [], [], [Kind.HELD], [Kind.HELD], [Kind.HELD]),
    ]


def test_a_run_that_did_not_look_everywhere_forgets_no_hold() -> None:
    one = Listener()
    with_it = replace(WELL, holds=(hold(1),))
    one.after(with_it)
    one.after(replace(WELL, holds=(), whole=False))
    one.after(replace(failed(1), holds=None))
    assert one.after(with_it) == []


def test_what_passes_by_itself_is_not_told_and_what_flaps_is_told_as_that() -> None:
    holds = (hold(1, Reason.SETTLING), hold(2, Reason.COOLING), hold(3, Reason.FLAPPING))
    told = news(replace(WELL, holds=holds), {}).notices
    assert [(one.kind, one.count) for one in told] == [(Kind.FLAPPING, 1)]


def test_what_could_not_be_told_is_told_next_time_and_what_is_over_by_then_is_not() -> None:
    one = Listener()
    one.after(replace(WELL, holds=(hold(1), hold(2))), up=False)
    assert one.after(replace(WELL, holds=(hold(2),))) == [Kind.HELD]
    one.after(failed(3))
    one.after(WELL, up=False)
    assert one.after(WELL) == [Kind.RECOVERED]


CAUSES = st.sampled_from(["a", "b"])
NUMBERS = st.frozensets(st.integers(1, 4))
ENDS = st.one_of(
    NUMBERS.map(lambda some: replace(WELL, holds=tuple(map(hold, sorted(some))))),
    st.builds(failed, st.integers(1, 5), CAUSES),
    st.just(BLOCKED),
)


@given(st.lists(st.tuples(ENDS, st.booleans()), max_size=12))
def test_all_that_stands_was_told_once_since_it_began_to(ends: list[tuple[RunEnd, bool]]) -> None:
    """Whatever comes in which order, and however often the receiver is away."""
    one, before = Listener(), frozenset[Matter]()
    for end, up in ends:
        known = dict(one.told)
        found: News = news(end, known)
        now = {matter for matter in standing(end) if matter.kind is not Kind.SAID}
        assert found.fresh == now - known.keys()
        assert not found.fresh & (found.over | found.past)
        one.after(end, up=up)
        if up or not found.notices:
            assert now <= one.told.keys()
            before = frozenset(one.told)
            assert news(end, one.told).notices == ()
        else:
            assert one.told.keys() <= before
        before = frozenset(one.told)


def test_when_it_was_told_of_trouble_is_told_when_it_is_over() -> None:
    (only,) = news(WELL, {Matter(Kind.FAILING, "reconcile", "a"): NOW - timedelta(hours=2)}).notices
    assert only.since == NOW - timedelta(hours=2)
