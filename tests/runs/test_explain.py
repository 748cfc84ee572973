"""Explaining: every fact a verdict rests on is asked for, and what cannot be had is said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NoReturn

import pytest

from raidctl.core.explanation import (
    Explanation,
    FieldExplanation,
    Path,
    Standing,
    counterparts,
    tails,
)
from raidctl.core.history import Revision
from raidctl.core.mapping.relation import Origin
from raidctl.core.memory import Baseline, Memory
from raidctl.core.model import UNREADABLE, Field, Issue, Side, SyncDirection, Value
from raidctl.core.paths import DeadEnd, Route, ScreenField, Transition
from raidctl.core.plan.item import Verdict
from raidctl.core.policy import FieldPolicy, Policy
from raidctl.core.reasons import Reason
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Pause, Run, Write
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueRef, IssueWriter
from raidctl.ports.journal import JournalReader
from raidctl.ports.systems import Systems
from raidctl.runs.reading.explain import LATEST_WRITES, Explained, explain
from tests.core.strategies import BLOCK, MARKERS, NOW, mapping_of
from tests.presets import RAID_SITE
from tests.runs.fakes import (
    FREE,
    FakeJournal,
    FakeSource,
    FakeTracker,
    error,
    incident,
    issue,
    question,
)

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
RESOLUTION = ScreenField("resolution", "Resolution")
START = Transition("11", "Start work", "In Progress", "indeterminate")
RESOLVE = Transition("31", "Resolve", "Resolved", "done", (RESOLUTION,))
FILLED: dict[str, dict[str, object]] = {"resolved": {"resolution": {"name": "Done"}}}
LINK = (1, 10_001)


@dataclass(slots=True)
class Tracker(FakeTracker):
    """JIRA that also tells what an issue is this moment; `meanwhile` replaces one."""

    meanwhile: Mapping[int, Issue] = field(default_factory=dict)
    current_size: int = 100

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        known = {each.id: replace(each, issue_type="Incident") for each in self.stored}
        return [({**known, **self.meanwhile}).get(number) for number in issues]


@dataclass(slots=True)
class Diary(FakeJournal):
    """The journal with writes, learnt transitions and a pause."""

    written: Sequence[Write] = ()
    ways: Mapping[str, Sequence[Transition]] = field(default_factory=dict)
    pause: Pause | None = None
    asked_for: list[tuple[str, str]] = field(default_factory=list)

    def paused(self) -> Pause | None:
        return self.pause

    def runs(self, limit: int) -> Sequence[Run]:
        return []

    def named_runs(self, names: Collection[str]) -> Sequence[Run]:
        return []

    def writes(
        self, *, run: str | None = None, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> Sequence[Write]:
        return [write for write in self.written if write.incident in incidents]

    def learnt(self, project: str, issue_type: str) -> Mapping[str, Sequence[Transition]]:
        self.asked_for.append((project, issue_type))
        return self.ways


@dataclass(slots=True)
class Ways:
    """The ways out of where the issue is; everything that writes fails the test."""

    live: Sequence[Transition] = ()
    known: Sequence[str] | None = None
    fails: ServiceError | None = None
    asked: list[str] = field(default_factory=list)

    def transitions(self, issue: int) -> Sequence[Transition]:
        self.asked.append("transitions")
        if self.fails is not None:
            raise self.fails
        return self.live

    def statuses(self, project: str, issue_type: str) -> Sequence[str] | None:
        self.asked.append("statuses")
        return self.known

    def missing_permissions(self, project: str) -> NoReturn:
        raise AssertionError("explain wants no permission")

    def set_fields(self, issue: int, values: Mapping[Field, Value]) -> NoReturn:
        raise AssertionError("explain writes nothing")

    def transition(
        self, issue: int, transition: Transition, fields: Mapping[str, object]
    ) -> NoReturn:
        raise AssertionError("explain writes nothing")


def _are_ports(journal: Diary, writer: Ways) -> tuple[JournalReader, IssueWriter]:
    """Only for the type checker: the fakes are the ports."""
    return journal, writer


def explained(
    source: FakeSource,
    tracker: Tracker,
    journal: Diary | None = None,
    *,
    ways: Ways | None = None,
    policy: Policy = FREE,
    scope: Scope | None = None,
    fields: Sequence[Field] = tuple(Field),
) -> Explained:
    asked = question(policy, scope=scope or Scope(incidents=frozenset({1})))
    systems = Systems(source, tracker, journal or Diary(), RAID_SITE)
    asked = replace(asked, thorough=True)
    return explain(systems, ways or Ways(), asked, FILLED, fields, lambda _: None)


def only(told: Explained) -> Explanation:
    (one,) = told.explanations
    return one


def of(told: Explanation, name: Field) -> FieldExplanation:
    (one,) = [one for one in told.fields if one.field is name]
    return one


def remembering(name: Field, impact: Value, jira: Value) -> Memory:
    baseline = Baseline(impact, jira, mapping_of().fingerprints[name])
    return Memory({name: baseline})


def write(minutes: int, name: Field = Field.STATUS, number: int = 1) -> Write:
    at, key = NOW - timedelta(minutes=minutes), f"INC-{number}"
    return Write(
        minutes,
        f"run-{minutes}",
        at,
        number,
        key,
        10_000 + number,
        name,
        TO_JIRA,
        "MITIGATED",
        "Open",
        "Resolved",
        None,
        Outcome.REFUSED,
        "validation",
        "no way",
    )


MITIGATED = incident(1, status="MITIGATED")
WAS_MITIGATING = {LINK: remembering(Field.STATUS, "MITIGATING", "In Progress")}


def test_a_link_in_sync_is_explained_with_its_baselines() -> None:
    told = only(explained(FakeSource([incident(1)]), Tracker([issue(1)]), Diary(WAS_MITIGATING)))

    assert [one.field for one in told.fields] == list(Field)
    assert {one.standing for one in told.fields} == {Standing.IN_SYNC}
    status = of(told, Field.STATUS)
    assert (status.baseline, status.changed) == (
        WAS_MITIGATING[LINK].baselines[Field.STATUS],
        frozenset(),
    )
    assert (told.held, told.unread, told.items) == (None, (), [])


def test_a_drifted_status_comes_with_its_verdict_and_the_way_it_would_take() -> None:
    journal = Diary(WAS_MITIGATING, written=[write(m) for m in (90, 60, 30, 10)])
    journal.written = [*journal.written, write(5, Field.TITLE), write(4, number=2)]
    told = only(
        explained(FakeSource([MITIGATED]), Tracker([issue(1)]), journal, ways=Ways([RESOLVE]))
    )

    status = of(told, Field.STATUS)
    assert status.item is not None
    assert (status.item.verdict, status.item.reason) == (
        Verdict.WRITE_JIRA,
        Reason.IMPACT_CHANGED,
    )
    assert status.path == Path("In Progress", "Resolved", Route((RESOLVE,), certain=True))
    assert status.changed == {Side.IMPACT}
    assert [w.run for w in status.writes] == ["run-10", "run-30", "run-60"][:LATEST_WRITES]
    assert journal.asked_for == [("INC", "Incident")]


def test_the_way_begins_where_the_issue_is_by_now_and_goes_on_by_what_was_learnt() -> None:
    tracker = Tracker([issue(1)], meanwhile={10_001: issue(1, status="Open")})
    journal = Diary(WAS_MITIGATING, ways={"in progress": [RESOLVE]})
    told = only(explained(FakeSource([MITIGATED]), tracker, journal, ways=Ways([START])))

    assert of(told, Field.STATUS).path == Path(
        "Open", "Resolved", Route((START, RESOLVE), certain=True)
    )


def test_an_unsure_way_is_asked_about_and_a_status_that_is_none_is_a_dead_end() -> None:
    source, tracker = FakeSource([MITIGATED]), Tracker([issue(1)])
    journal = Diary(WAS_MITIGATING)
    review = Transition("21", "Ask for review", "In Review", "indeterminate")
    unsure, none = Ways([review]), Ways([review], known=["In Progress", "In Review"])

    path = of(only(explained(source, tracker, journal, ways=unsure)), Field.STATUS).path
    assert path == Path("In Progress", "Resolved", Route((review,), certain=False))
    assert unsure.asked == ["transitions", "statuses"]
    path = of(only(explained(source, tracker, journal, ways=none)), Field.STATUS).path
    assert path is not None
    assert isinstance(path.found, DeadEnd)
    assert "has no status 'Resolved'" in path.found.why


def test_a_status_that_goes_to_impact_or_nowhere_asks_for_no_way() -> None:
    ways = Ways([RESOLVE])
    moved = Tracker([issue(1, status="Resolved")])
    explained(FakeSource([incident(1)]), moved, Diary(WAS_MITIGATING), ways=ways)
    explained(FakeSource([incident(1, status="OPEN")]), moved, Diary(), ways=ways)

    assert ways.asked == []


def test_a_held_status_still_shows_its_way() -> None:
    closed = FakeSource([incident(1, status="CLOSED")])
    told = only(explained(closed, Tracker([issue(1)]), Diary(WAS_MITIGATING), ways=Ways([RESOLVE])))

    status = of(told, Field.STATUS)
    assert status.item is not None
    assert (status.item.reason, status.item.to) == (Reason.CLOSING, "Closed")
    assert status.path is not None


def test_the_last_changes_of_both_sides_are_told_even_in_sync_and_even_if_long_ago() -> None:
    old = Revision(Field.TITLE, NOW - timedelta(days=9), "Ada")
    older = replace(old, at=NOW - timedelta(days=10), author="Grace")
    status = replace(old, field=Field.STATUS)
    source = FakeSource([incident(1)], history={1: [old]})
    tracker = Tracker([issue(1)], history={10_001: [older, status]})
    told = only(explained(source, tracker))

    assert of(told, Field.TITLE).edits == {Side.IMPACT: old, Side.JIRA: older}
    assert of(told, Field.STATUS).edits == {Side.JIRA: status}
    assert told.histories == {Side.IMPACT, Side.JIRA}


def test_a_history_that_tells_nothing_is_not_taken_for_no_change() -> None:
    """Impact by REST has none to show; JIRA is silent of issues that it hides meanwhile."""
    told = only(explained(FakeSource([incident(1)]), Tracker([issue(1)])))

    assert told.histories == frozenset()


def test_what_cannot_be_read_beside_the_values_is_said_once() -> None:
    source = FakeSource([MITIGATED], history_fails=error(system="Impact"))
    tracker = Tracker([issue(1)], history_fails=error(Category.RATE_LIMIT))
    told = explained(
        source, tracker, Diary(WAS_MITIGATING), ways=Ways(fails=error(Category.PERMISSION))
    )

    assert told.unread == (), "the survey's own failure is the same one"
    assert [(part.system, part.what, part.category) for part in only(told).unread] == [
        (Side.IMPACT, "history could not be read", Category.NETWORK),
        (Side.JIRA, "history could not be read", Category.RATE_LIMIT),
        (Side.JIRA, "transitions could not be read", Category.PERMISSION),
    ]
    assert only(told).histories == frozenset()
    assert of(only(told), Field.STATUS).path is None


@pytest.mark.parametrize("where", ["impact", "jira", "transitions"])
def test_refused_credentials_end_it(where: str) -> None:
    refused = error(Category.AUTH)
    source = FakeSource([MITIGATED], history_fails=refused if where == "impact" else None)
    tracker = Tracker([issue(1)], history_fails=refused if where == "jira" else None)
    ways = Ways(fails=refused if where == "transitions" else None)

    with pytest.raises(ServiceError) as raised:
        explained(source, tracker, Diary(WAS_MITIGATING), ways=ways)
    assert raised.value is refused


def test_verdicts_are_the_last_word_after_histories_and_shared_issues() -> None:
    """The witness saw a write; by its history it was changed only just now."""
    lately = Revision(Field.STATUS, NOW - timedelta(seconds=5), "Ada")
    source = FakeSource([MITIGATED], history={1: [lately]})
    told = only(explained(source, Tracker([issue(1)]), Diary(WAS_MITIGATING)))
    item = of(told, Field.STATUS).item
    assert item is not None
    assert item.reason is Reason.SETTLING

    both = FakeSource([MITIGATED, incident(2, issue_key="INC-1")])
    told = only(explained(both, Tracker([issue(1)]), Diary(WAS_MITIGATING)))
    assert told.held is not None
    assert (told.held.reason, told.held.detail) == (
        Reason.SHARED_ISSUE,
        "INC-1 also belongs to incident #2",
    )


def test_a_key_that_several_incidents_claim_explains_each() -> None:
    both = FakeSource([incident(1), incident(2, issue_key="INC-1")])
    told = explained(both, Tracker([issue(1)]), scope=Scope(keys=frozenset({"INC-1"})))

    assert [one.subject.incident for one in told.explanations] == [1, 2]
    assert {one.held.reason for one in told.explanations if one.held} == {Reason.SHARED_ISSUE}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (FakeSource([incident(1, issue_key=None)]), Reason.UNLINKED),
        (FakeSource([incident(1, issue_key="INC-404")]), Reason.NOT_VISIBLE),
    ],
    ids=["unlinked", "not visible"],
)
def test_without_an_issue_what_impact_has_is_told(source: FakeSource, reason: Reason) -> None:
    told = only(explained(source, Tracker([issue(1)]), fields=[Field.STATUS, Field.TITLE]))

    assert told.held is not None
    assert told.held.reason is reason
    assert [(one.field, one.pair.impact, one.standing) for one in told.fields] == [
        (Field.STATUS, "MITIGATING", Standing.ALONE),
        (Field.TITLE, "Orders are not exported", Standing.ALONE),
    ]


def test_a_key_that_leads_to_another_issue_is_told_with_both_ids() -> None:
    journal = Diary(known={1: IssueRef("INC-1", 77)})
    told = only(explained(FakeSource([incident(1)]), Tracker([issue(1)]), journal))

    assert told.held is not None
    assert told.held.reason is Reason.RELINKED
    assert "77" in str(told.held.detail)
    assert {one.standing for one in told.fields} == {Standing.IN_SYNC}


def test_a_target_that_nobody_has_explains_nothing() -> None:
    told = explained(
        FakeSource([incident(1)]), Tracker([issue(1)]), scope=Scope(incidents=frozenset({9}))
    )

    assert told.explanations == ()
    assert [(part.what, part.category) for part in told.unread] == [
        ("incident 9", Category.NOT_FOUND)
    ]


def test_guards_pause_and_quarantine_are_told_of_their_field() -> None:
    pause = Pause(NOW, NOW + timedelta(hours=1), "ada@host")
    memory = Memory(guards={(TO_IMPACT, Field.PRIORITY): NOW}, flapping=frozenset({Field.TITLE}))
    journal = Diary({LINK: memory}, pause=pause)
    told = only(explained(FakeSource([incident(1)]), Tracker([issue(1)]), journal))

    assert told.pause == pause
    assert of(told, Field.PRIORITY).guards == {TO_IMPACT: NOW}
    assert {one.field for one in told.fields if one.quarantined} == {Field.TITLE}
    assert [one.field for one in told.fields if one.guards] == [Field.PRIORITY]


def test_what_is_not_compared_says_why() -> None:
    policy = Policy(fields={name: FieldPolicy() for name in Field if name is not Field.TITLE})
    source = FakeSource([incident(1, priority=20)])
    told = only(explained(source, Tracker([issue(1, status=UNREADABLE)]), policy=policy))

    assert of(told, Field.TITLE).standing is Standing.NOT_SYNCED
    assert of(told, Field.PRIORITY).standing is Standing.OUT_OF_SCOPE
    status = of(told, Field.STATUS)
    assert (status.standing, status.found) == (Standing.DRIFTED, None)
    assert status.item is not None
    assert status.item.reason is Reason.UNREADABLE


def test_tables_that_changed_since_the_baseline_are_told() -> None:
    old = Memory({Field.STATUS: Baseline("MITIGATING", "In Progress", "other tables")})
    told = only(explained(FakeSource([incident(1)]), Tracker([issue(1)]), Diary({LINK: old})))

    assert not of(told, Field.STATUS).same_tables
    assert of(told, Field.TITLE).same_tables


@pytest.mark.parametrize("known", [True, False])
def test_without_any_baseline_an_unattended_run_is_told_to_hold(known: bool) -> None:
    policy = replace(FREE, direction=TO_JIRA)
    journal = Diary(WAS_MITIGATING) if known else Diary()
    told = only(explained(FakeSource([MITIGATED]), Tracker([issue(1)]), journal, policy=policy))

    assert told.unattended_holds is not known


# The rows that apply.


def rows(told: Explanation, name: Field) -> list[tuple[Side, Value, Value, Origin | None]]:
    found = of(told, name).found
    assert found is not None
    return [(row.of, row.value, row.image.value, row.origin) for row in counterparts(found)]


def test_the_rows_of_status_and_priority_are_told_both_ways() -> None:
    told = only(explained(FakeSource([MITIGATED]), Tracker([issue(1, status="Weird")])))

    assert rows(told, Field.STATUS) == [
        (Side.IMPACT, "MITIGATED", "Resolved", Origin.STATUS_TO_JIRA),
        (Side.JIRA, "Weird", None, Origin.STATUS_TO_IMPACT),
    ]
    assert rows(told, Field.PRIORITY) == [
        (Side.IMPACT, 3, "Medium", Origin.PRIORITY),
        (Side.JIRA, "Medium", 3, Origin.PRIORITY),
    ]
    assert rows(told, Field.TITLE) == []


@pytest.mark.parametrize(
    ("email", "seen", "origins"),
    [
        ("ada@example.com", None, (Origin.USERS, Origin.USERS)),
        ("Fred@example.com", None, (Origin.FIREFIGHTER, Origin.FIREFIGHTER)),
        ("eve@example.com", "Eve@example.com", (Origin.SHOWN, Origin.SHOWN)),
        ("bob@example.com", None, (Origin.FOUND, None)),
        ("nobody@example.com", None, (None, Origin.USERS)),
    ],
)
def test_how_a_user_resolves_is_told(
    email: str, seen: str | None, origins: tuple[Origin | None, ...]
) -> None:
    assignee = {"nobody@example.com": "acc-ada"}.get(email, f"acc-{email[:3].lower()}")
    if email.startswith("Fred"):
        assignee = "acc-fred"
    source = FakeSource(
        [incident(1, commander=email)],
        table={"fred@example.com": "acc-fred"},
    )
    tracker = Tracker(
        [issue(1, assignee=assignee, assignee_email=seen)], people={"bob@example.com": "acc-bob"}
    )
    told = only(explained(source, tracker))

    assert tuple(row[3] for row in rows(told, Field.COMMANDER)) == origins


def test_a_tail_is_told_with_its_marker_and_an_empty_side_has_no_row() -> None:
    source = FakeSource([incident(1, commander=None)])
    tracker = Tracker([issue(1, description=f"It is broken.\n\n{BLOCK}")])
    told = only(explained(source, tracker))

    found = of(told, Field.DESCRIPTION).found
    assert found is not None
    assert tails(found) == {Side.JIRA: MARKERS[0]}
    assert [row[0] for row in rows(told, Field.COMMANDER)] == [Side.JIRA]
