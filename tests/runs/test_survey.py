"""The survey: links held as a whole, people looked up, histories asked for, and what is counted."""

import dataclasses
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from raidctl.core.history import Revision
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID, Tables, extended
from raidctl.core.memory import Baseline, Memory
from raidctl.core.model import Field, Incident, Issue, Side, SyncDirection
from raidctl.core.plan.item import Item, Verdict
from raidctl.core.policy import Choice, FieldPolicy, Policy
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.scope import Scope, selection
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueRef
from raidctl.runs.reading.diff import of_systems, plan_of
from raidctl.runs.reading.links import QUEUED
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.reading.survey import Survey, survey
from tests.core.strategies import NOW, USERS, impact_with
from tests.runs.fakes import (
    FREE,
    LATELY,
    LONG_AGO,
    FakeJournal,
    FakeSource,
    FakeTracker,
    book,
    error,
    incident,
    issue,
    question,
    systems,
)

TO_JIRA = replace(FREE, direction=SyncDirection.IMPACT_TO_JIRA)
NEWEST = replace(FREE, fields=dict.fromkeys(Field, FieldPolicy(Choice.NEWEST, Choice.NEWEST)))


def silent(_done: int) -> None:
    """No progress is shown."""


def asked(
    source: FakeSource,
    tracker: FakeTracker,
    journal: FakeJournal | None = None,
    policy: Policy = FREE,
    **more: Any,
) -> Survey:
    return survey(systems(source, tracker, journal), question(policy, **more), silent)


def found(items: Sequence[Item]) -> list[tuple[int, Field | None, Reason]]:
    return [(item.subject.incident, item.field, item.reason) for item in items]


def details(items: Sequence[Item]) -> dict[int, str]:
    return {item.subject.incident: item.detail or "" for item in items}


def in_sync(*of: int) -> tuple[list[Incident], list[Issue]]:
    return [incident(n) for n in of], [issue(n) for n in of]


# What is listed and counted


def test_links_in_sync_are_counted_and_not_listed() -> None:
    incidents, issues = in_sync(1, 2, 3)
    result = asked(FakeSource(incidents), FakeTracker(issues))
    assert (result.items, result.links, result.unread_links, result.unread) == ((), 3, 0, ())


def test_drift_is_listed_by_priority_incident_and_field() -> None:
    incidents = [incident(3, title="a", priority=1, status="OPEN"), incident(1, description="x")]
    result = asked(FakeSource(incidents), FakeTracker([issue(1), issue(3)]), policy=TO_JIRA)
    assert [(item.subject.incident, item.field, item.to) for item in result.items] == [
        (3, Field.TITLE, "a"),
        (3, Field.PRIORITY, "Highest"),
        (3, Field.STATUS, "Open"),
        (1, Field.DESCRIPTION, "x"),
    ]
    assert {item.verdict for item in result.items} == {Verdict.WRITE_JIRA}


def test_the_baseline_of_the_journal_decides() -> None:
    baseline = Baseline(
        "old", "Orders are not exported", book(USERS).common.fingerprints[Field.TITLE]
    )
    journal = FakeJournal({(1, 10_001): Memory({Field.TITLE: baseline})})
    result = asked(FakeSource([incident(1, title="new")]), FakeTracker([issue(1)]), journal)
    assert found(result.items) == [(1, Field.TITLE, Reason.IMPACT_CHANGED)]


def test_an_incident_without_an_issue_is_unlinked_and_no_link() -> None:
    source = FakeSource([incident(1), incident(2, issue_key=None)])
    result = asked(source, FakeTracker([issue(1)]))
    assert found(result.items) == [(2, None, Reason.UNLINKED)]
    assert result.links == 1
    assert result.items[0].subject.issue is None


def test_an_issue_that_does_not_answer_is_not_visible() -> None:
    incidents, issues = in_sync(1, 2)
    result = asked(FakeSource(incidents), FakeTracker(issues[:1]))
    assert found(result.items) == [(2, None, Reason.NOT_VISIBLE)]
    assert result.items[0].subject.issue == "INC-2"
    assert result.links == 2


def test_a_selection_shows_and_counts_what_it_takes() -> None:
    incidents = [
        incident(1, status="OPEN"),
        incident(2),
        incident(3, status="OPEN", issue_key=None),
        incident(4, issue_key=None),
        incident(5, status="OPEN"),
        incident(6),
    ]
    result = asked(
        FakeSource(incidents), FakeTracker([issue(1), issue(2)]), selection=selection(["open"], [])
    )
    assert found(result.items) == [
        (1, Field.STATUS, Reason.UNDECIDED),
        (3, None, Reason.UNLINKED),
        (5, None, Reason.NOT_VISIBLE),
    ]
    assert result.links == 2


def test_only_the_fields_of_the_policy_are_compared() -> None:
    policy = replace(FREE, fields={Field.STATUS: FieldPolicy()})
    source = FakeSource([incident(1, title="a", status="OPEN", commander="eve@example.com")])
    tracker = FakeTracker([issue(1)])
    assert found(asked(source, tracker, policy=policy).items) == [
        (1, Field.STATUS, Reason.UNDECIDED)
    ]
    assert tracker.look_ups == []


class StatusOfTheFirst(ReadRequest):
    """Of incident 1 the status alone is asked for."""

    def fields_of(self, incident: int) -> Collection[Field]:
        return [Field.STATUS] if incident == 1 else ReadRequest.fields_of(self, incident)


def test_a_link_is_compared_in_the_fields_that_are_asked_of_it() -> None:
    source = FakeSource([incident(n, title="a", status="OPEN") for n in (1, 2)])
    whole = question()
    some = StatusOfTheFirst(**{f.name: getattr(whole, f.name) for f in dataclasses.fields(whole)})
    result = survey(systems(source, FakeTracker([issue(1), issue(2)])), some, silent)
    assert found(result.items) == [
        (1, Field.STATUS, Reason.UNDECIDED),
        (2, Field.TITLE, Reason.UNDECIDED),
        (2, Field.STATUS, Reason.UNDECIDED),
    ]


def test_progress_is_told_and_the_source_is_drawn_only_so_far_ahead() -> None:
    incidents, issues = in_sync(*range(1, 61))
    source, tracker = FakeSource(incidents), FakeTracker(issues, batch_size=3)
    done, ahead = 0, 0

    def progress(more: int) -> None:
        nonlocal done, ahead
        ahead = max(ahead, source.drawn - done)
        done += more

    result = survey(systems(source, tracker), question(), progress)
    assert done == result.links == 60
    assert ahead <= QUEUED * 2 * 3


def test_the_scope_is_handed_on() -> None:
    scope = Scope(incidents=frozenset({2}))
    incidents, issues = in_sync(1, 2)
    source = FakeSource(incidents)
    assert asked(source, FakeTracker(issues), scope=scope).links == 1
    assert source.scopes == [scope]


# Links held as a whole


def test_a_moved_issue_is_the_same_link_under_its_new_key() -> None:
    tracker = FakeTracker([issue(1, key="PAY-7")], aliases={"INC-1": "PAY-7"})
    journal = FakeJournal(known={1: IssueRef("INC-1", 10_001)})
    source = FakeSource([incident(1, title="a", issue_id=10_001)])
    result = asked(source, tracker, journal, TO_JIRA)
    assert found(result.items) == [
        (1, None, Reason.MOVED),
        (1, Field.TITLE, Reason.DIRECTION),
    ]
    assert result.items[1].subject.issue == "PAY-7"


def test_a_moved_issue_has_the_tables_of_its_new_project() -> None:
    def pays(users: Users) -> MappingBook:
        rows = Tables(status_to_jira={"MITIGATING": "Under repair"})
        pay = project_mapping(extended(RAID, rows), (), users)
        return MappingBook(book(users).common, {"PAY": pay})

    tracker = FakeTracker([issue(1, key="PAY-7", status="Open")], aliases={"INC-1": "PAY-7"})
    result = asked(FakeSource([incident(1)]), tracker, policy=TO_JIRA, maker=pays)
    assert [(item.field, item.to) for item in result.items] == [
        (None, None),
        (Field.STATUS, "Under repair"),
    ]


@pytest.mark.parametrize(
    ("source_id", "known"),
    [(77, {}), (None, {1: IssueRef("INC-1", 77)}), (77, {1: IssueRef("INC-1", 10_001)})],
    ids=["by the id in Impact", "by the journalled id", "Impact goes before the journal"],
)
@pytest.mark.parametrize("title", ["Orders are not exported", "a"])
def test_a_key_that_now_leads_to_another_issue_is_relinked(
    title: str, source_id: int | None, known: Mapping[int, IssueRef]
) -> None:
    source = FakeSource([incident(1, title=title, issue_id=source_id)])
    result = asked(source, FakeTracker([issue(1)]), FakeJournal(known=known), TO_JIRA)
    drifted = Field.TITLE if title == "a" else None
    assert found(result.items) == [(1, drifted, Reason.RELINKED)]
    assert result.items[0].verdict is Verdict.HOLD
    assert "77" in details(result.items)[1]
    assert "10001" in details(result.items)[1]


def test_an_id_journalled_for_another_key_says_nothing() -> None:
    journal = FakeJournal(known={1: IssueRef("OLD-1", 77)})
    assert asked(FakeSource([incident(1)]), FakeTracker([issue(1)]), journal).items == ()


SHARED = [
    ({}, {}, [(1, None), (2, None)]),
    ({}, {"title": "a"}, [(1, None), (2, Field.TITLE)]),
    ({"title": "a"}, {}, [(1, Field.TITLE), (2, None)]),
    ({"title": "a"}, {"title": "b"}, [(1, Field.TITLE), (2, Field.TITLE)]),
]


@pytest.mark.parametrize("batch_size", [1, 9])
@pytest.mark.parametrize(
    ("first", "second", "held"), SHARED, ids=["neither", "second", "first", "both"]
)
def test_an_issue_of_two_incidents_is_held_on_both(
    first: dict[str, Any],
    second: dict[str, Any],
    held: list[tuple[int, Field | None]],
    batch_size: int,
) -> None:
    twin = incident(2, issue_key="INC-1")
    source = FakeSource([incident(1, **first), impact_with(twin, **second), incident(3)])
    tracker = FakeTracker([issue(1), issue(3)], batch_size=batch_size)
    result = asked(source, tracker, policy=TO_JIRA)
    assert [(n, field) for n, field, _ in found(result.items)] == held
    assert {reason for *_, reason in found(result.items)} == {Reason.SHARED_ISSUE}
    assert {item.verdict for item in result.items} == {Verdict.HOLD}
    said = details(result.items)
    assert "INC-1 also belongs to incident #2" in said[1]
    assert "INC-1 also belongs to incident #1" in said[2]
    assert result.links == 3
    known = first or batch_size > 1  # else it was let go before the other one came
    again = [] if known else [Scope(incidents=frozenset({1}))]
    assert source.scopes == [Scope(everything=True), *again]


def test_an_owner_in_sync_keeps_its_memory_when_it_is_read_again() -> None:
    baseline = Baseline("Orders are not exported", "Orders are not exported", "")
    memory = Memory({Field.TITLE: baseline}, flapping=frozenset({Field.TITLE}))
    journal = FakeJournal({(1, 10_001): memory})
    later = [incident(1), incident(2, issue_key="INC-1", title="b")]

    class Moving(FakeSource):
        """The owner changes between its two readings."""

        def incidents(self, scope: Scope) -> Iterator[Incident]:
            if scope.named:
                self.stored = [incident(1, title="a")]
            return FakeSource.incidents(self, scope)

    result = asked(Moving(later), FakeTracker([issue(1)], batch_size=1), journal)
    assert found(result.items) == [
        (1, Field.TITLE, Reason.SHARED_ISSUE),
        (2, Field.TITLE, Reason.SHARED_ISSUE),
    ]
    assert "also flapping" in details(result.items)[1]


def test_an_issue_of_three_incidents_names_both_others() -> None:
    source = FakeSource([incident(n, issue_key="INC-1") for n in (1, 2, 3)])
    said = details(asked(source, FakeTracker([issue(1)])).items)
    assert "#1, #3" in said[2]
    assert list(said) == [1, 2, 3]


def test_a_moved_issue_under_two_keys_is_shared() -> None:
    source = FakeSource([incident(1), incident(2, issue_key="PAY-7")])
    tracker = FakeTracker([issue(1, key="PAY-7")], aliases={"INC-1": "PAY-7"})
    result = asked(source, tracker)
    assert found(result.items) == [
        (1, None, Reason.SHARED_ISSUE),
        (1, None, Reason.MOVED),
        (2, None, Reason.SHARED_ISSUE),
    ]


def test_a_downgraded_incident_is_counted_and_its_issue_not_even_read() -> None:
    closed = {"status": "CLOSED", "ignored": True}
    source = FakeSource([incident(1, **closed), incident(2), incident(3, issue_key=None, **closed)])
    tracker = FakeTracker([issue(1, status="Open"), issue(2)])
    result = asked(source, tracker, policy=TO_JIRA)
    assert (result.downgraded, result.links, result.in_scope, result.items) == (2, 1, 1, ())
    assert {ref.key for call in tracker.calls for ref in call} == {"INC-2"}
    chosen = asked(
        source, tracker, policy=TO_JIRA, selection=selection(["open"], []), names=["open"]
    )
    assert (chosen.downgraded, chosen.links) == (0, 0)


@pytest.mark.parametrize("named", [{"incidents": frozenset({1})}, {"keys": frozenset({"INC-1"})}])
def test_a_downgraded_incident_that_is_named_is_compared_and_held(named: dict[str, Any]) -> None:
    source = FakeSource([incident(1, status="CLOSED", ignored=True, title="a")])
    policy = replace(TO_JIRA, allow_close=True)
    result = asked(source, FakeTracker([issue(1)]), policy=policy, scope=Scope(**named))
    assert found(result.items) == [
        (1, Field.TITLE, Reason.DOWNGRADED),
        (1, Field.STATUS, Reason.DOWNGRADED),
    ]
    assert (result.downgraded, result.links) == (0, 1)


def test_what_was_ignored_and_is_open_is_an_incident_like_others() -> None:
    result = asked(FakeSource([incident(1, ignored=True, title="a")]), FakeTracker([issue(1)]))
    assert found(result.items) == [(1, Field.TITLE, Reason.UNDECIDED)]


def test_a_link_both_relinked_and_shared_says_both() -> None:
    """DESIGN §3: relinked goes before shared_issue, which stands in the detail."""
    source = FakeSource([incident(1), incident(2, issue_key="INC-1", issue_id=77, title="b")])
    result = asked(source, FakeTracker([issue(1)]), policy=TO_JIRA)
    assert found(result.items) == [
        (1, None, Reason.SHARED_ISSUE),
        (2, Field.TITLE, Reason.RELINKED),
    ]
    assert "shared_issue" in details(result.items)[2]


def test_an_issue_is_shared_also_with_an_incident_the_selection_leaves_out() -> None:
    source = FakeSource([incident(1, status="OPEN"), incident(2, issue_key="INC-1")])
    result = asked(
        source, FakeTracker([issue(1)]), policy=TO_JIRA, selection=selection(["open"], [])
    )
    assert found(result.items) == [(1, Field.STATUS, Reason.SHARED_ISSUE)]


@pytest.mark.parametrize("second", [1, 2])
def test_one_in_sync_is_shared_too_whichever_of_the_two_is_left_out(second: int) -> None:
    """DESIGN §9: a shared issue is drift, with a selection and without."""
    twins = [
        incident(1, status="OPEN", issue_key="INC-1"),
        incident(2, status="INVESTIGATING", issue_key="INC-1"),
    ]
    source = FakeSource(twins if second == 2 else twins[::-1])
    tracker = FakeTracker([issue(1, status="Open")], batch_size=1)
    wanted = selection(["investigating"], [])
    result = asked(source, tracker, selection=wanted, concurrency=1)
    assert found(result.items) == [(2, None, Reason.SHARED_ISSUE)]


def test_one_in_sync_that_is_named_alone_is_shared_too_as_far_as_the_journal_knows() -> None:
    """What names it says the same of it as what shows everything."""
    source = FakeSource([incident(1), incident(2, issue_key="INC-1")])
    alone = Scope(incidents=frozenset({1}))
    knows = FakeJournal(known={2: IssueRef("INC-1", 10_001)})
    result = asked(source, FakeTracker([issue(1)]), knows, scope=alone)
    assert found(result.items) == [(1, None, Reason.SHARED_ISSUE)]
    assert result.links == 1
    assert asked(source, FakeTracker([issue(1)]), FakeJournal(), scope=alone).items == ()


# What could not be read


def test_a_batch_that_fails_is_named_and_counted_while_the_others_are_shown() -> None:
    incidents, issues = in_sync(1, 2, 3, 4)
    tracker = FakeTracker(issues, fails={"INC-4": error()})
    source = FakeSource([incident(1, title="a"), *incidents[1:]])
    result = asked(source, tracker)
    assert found(result.items) == [(1, Field.TITLE, Reason.UNDECIDED)]
    assert (result.links, result.unread_links) == (4, 2)
    assert [unread.what for unread in result.unread] == ["2 issues, INC-3 … INC-4"]


def test_what_impact_could_not_tell_is_told_too() -> None:
    lost = Unread(Side.IMPACT, "incidents of May", "timed out", "network")
    result = asked(FakeSource([incident(1)], unread=[lost]), FakeTracker([issue(1)]))
    assert result.unread == (lost,)


@pytest.mark.parametrize("category", [Category.AUTH, Category.NETWORK])
def test_a_jira_that_cannot_be_read_at_all_ends_the_survey(category: Category) -> None:
    tracker = FakeTracker([issue(1)], fails={"INC-1": error(category)})
    with pytest.raises(ServiceError):
        asked(FakeSource([incident(1)]), tracker)


def test_so_does_an_impact_that_cannot() -> None:
    with pytest.raises(ServiceError, match="Impact"):
        asked(FakeSource([], fails=error(system="Impact")), FakeTracker([]))


# Who is who

EVE = "eve@example.com"


def of_eve(*numbers: int) -> FakeSource:
    return FakeSource([incident(n, commander=EVE) for n in numbers])


def eves(*numbers: int, email: str | None = None) -> list[Issue]:
    return [issue(n, assignee="acc-eve", assignee_email=email) for n in numbers]


def test_an_unknown_e_mail_is_looked_up_once_in_a_run() -> None:
    source = FakeSource(
        [incident(n, commander=EVE if n % 2 else f" {EVE.upper()}") for n in range(1, 9)]
    )
    tracker = FakeTracker(eves(*range(1, 9)), people={EVE: "acc-eve"}, batch_size=3)
    assert asked(source, tracker).items == ()
    assert len(tracker.look_ups) == 1


def test_so_is_one_that_jira_does_not_know() -> None:
    tracker = FakeTracker(eves(1, 2, 3), batch_size=1)
    result = asked(of_eve(1, 2, 3), tracker)
    assert {reason for *_, reason in found(result.items)} == {Reason.UNMAPPED}
    assert tracker.look_ups == [EVE]
    assert result.unread == ()


@pytest.mark.parametrize(
    ("source", "tracker", "journal"),
    [
        (FakeSource([incident(1)]), FakeTracker([issue(1)]), FakeJournal()),
        (of_eve(1), FakeTracker(eves(1, email="Eve@Example.com")), FakeJournal()),
        (replace(of_eve(1), table={EVE: "acc-eve"}), FakeTracker(eves(1)), FakeJournal()),
        (of_eve(1), FakeTracker(eves(1)), FakeJournal(people={EVE: "acc-eve"})),
        (FakeSource([incident(1, commander=None)]), FakeTracker([issue(1, assignee=None)]), None),
    ],
    ids=["configured", "visible e-mail", "FireFighter's table", "journal", "nobody"],
)
def test_nobody_is_looked_up_where_it_is_known(
    source: FakeSource, tracker: FakeTracker, journal: FakeJournal | None
) -> None:
    assert asked(source, tracker, journal).items == ()
    assert tracker.look_ups == []


def test_a_visible_e_mail_of_another_does_not_spare_the_look_up() -> None:
    tracker = FakeTracker(
        [issue(1, assignee="acc-bob", assignee_email="bob@example.com")], people={EVE: "acc-eve"}
    )
    result = asked(of_eve(1), tracker, policy=TO_JIRA)
    assert [(item.field, item.to) for item in result.items] == [(Field.COMMANDER, "acc-eve")]
    assert tracker.look_ups == [EVE]


def test_a_look_up_that_fails_is_unread_and_the_commander_unmapped() -> None:
    tracker = FakeTracker(eves(1, 2), people={EVE: error()}, batch_size=1)
    result = asked(of_eve(1, 2), tracker)
    assert found(result.items) == [(n, Field.COMMANDER, Reason.UNMAPPED) for n in (1, 2)]
    assert tracker.look_ups == [EVE]
    (unread,) = result.unread
    assert (unread.system, unread.what, unread.category) == (
        Side.JIRA,
        f"the account of {EVE}",
        "network",
    )
    assert result.unread_links == 0


def test_refused_credentials_at_a_look_up_end_the_survey() -> None:
    tracker = FakeTracker(eves(1), people={EVE: error(Category.AUTH)})
    with pytest.raises(ServiceError):
        asked(of_eve(1), tracker)


def test_the_order_in_which_impact_gives_its_incidents_changes_nothing() -> None:
    """What one link's commander tells of an account holds for every link of the run."""
    incidents = [
        incident(1, commander=None),
        incident(2, commander=EVE),
        incident(3, title="a"),
        incident(4, commander="dan@example.com"),
    ]
    issues = [*eves(1, 2), issue(3), issue(4, assignee="acc-dan")]
    people: dict[str, str | ServiceError | None] = {EVE: "acc-eve", "dan@example.com": "acc-bob"}
    policy = replace(FREE, direction=SyncDirection.JIRA_TO_IMPACT)
    plans = {
        (result.items, plan_of(result, ("a", "b"), Policy()).hash)
        for order in itertools.permutations(incidents)
        for result in [
            asked(
                FakeSource(order), FakeTracker(issues, people=people, batch_size=1), policy=policy
            )
        ]
    }
    assert len(plans) == 1


def test_nor_where_two_e_mails_turn_out_to_be_one_account() -> None:
    """An account of two people is nobody's, whichever of them is met first."""
    known = Baseline(EVE, "acc-old", "")
    journal = FakeJournal({(1, 10_001): Memory({Field.COMMANDER: known})})
    incidents = [incident(1, commander=EVE), incident(2, commander="eve@other.example.com")]
    people: dict[str, str | ServiceError | None] = dict.fromkeys(
        (EVE, "eve@other.example.com"), "acc-eve"
    )
    plans = {
        asked(
            FakeSource(order),
            FakeTracker(eves(1, 2), people=people, batch_size=1),
            journal,
            concurrency=1,
        ).items
        for order in (incidents, incidents[::-1])
    }
    assert len(plans) == 1


# Histories


def drifting(*issues: Issue) -> tuple[FakeSource, FakeTracker]:
    numbers = [each.id - 10_000 for each in issues]
    return FakeSource([incident(n, title="a") for n in numbers]), FakeTracker(issues)


def test_histories_are_asked_only_of_what_is_about_to_be_written() -> None:
    """Not of what is held anyway, however lately it was touched."""
    source, tracker = drifting(*(issue(number, updated_at=NOW) for number in range(1, 5)))
    asked(source, tracker)
    assert (source.histories, tracker.histories) == ([], [])
    asked(source, tracker, policy=replace(FREE, direction=SyncDirection.JIRA_TO_IMPACT))
    assert (source.histories, tracker.histories) == (
        [[1, 2, 3, 4]],
        [[10_001, 10_002, 10_003, 10_004]],
    )


def test_and_of_what_a_policy_decides_by_time() -> None:
    source, tracker = drifting(issue(1, updated_at=LATELY), issue(2, updated_at=LONG_AGO), issue(3))
    asked(source, tracker, policy=NEWEST)
    assert tracker.histories == [[10_001, 10_002, 10_003]]


def test_of_none_where_nothing_drifted() -> None:
    source, tracker = FakeSource([incident(1)]), FakeTracker([issue(1, updated_at=NOW)])
    asked(source, tracker)
    assert (source.histories, tracker.histories) == ([], [])


def test_a_change_that_has_not_settled_is_held() -> None:
    jira = Revision(Field.TITLE, LATELY, "Eve")
    source, tracker = drifting(issue(1, updated_at=LATELY), issue(2, updated_at=LATELY))
    tracker.history = {10_001: [jira]}
    policy = replace(FREE, direction=SyncDirection.JIRA_TO_IMPACT)
    assert found(asked(source, tracker, policy=policy).items) == [
        (1, Field.TITLE, Reason.SETTLING),
        (2, Field.TITLE, Reason.DIRECTION),
    ]


def test_the_newest_edit_of_either_history_wins() -> None:
    source, tracker = drifting(issue(1), issue(2))
    source.history = {n: [Revision(Field.TITLE, LONG_AGO)] for n in (1, 2)}
    tracker.history = {
        10_001: [Revision(Field.TITLE, LONG_AGO.replace(year=2025))],
        10_002: [Revision(Field.TITLE, LONG_AGO.replace(year=2026, day=21))],
    }
    result = asked(source, tracker, policy=NEWEST)
    assert [item.verdict for item in result.items] == [Verdict.WRITE_JIRA, Verdict.WRITE_IMPACT]


@pytest.mark.parametrize("side", Side)
def test_a_history_that_cannot_be_read_is_unread_and_the_plan_goes_on(side: Side) -> None:
    source, tracker = drifting(issue(1, updated_at=LATELY))
    if side is Side.IMPACT:
        source.history_fails = error(system="Impact")
    else:
        tracker.history_fails = error()
    result = asked(source, tracker, policy=replace(FREE, direction=SyncDirection.JIRA_TO_IMPACT))
    assert found(result.items) == [(1, Field.TITLE, Reason.DIRECTION)]
    assert [(unread.system, unread.category) for unread in result.unread] == [(side, "network")]


def test_refused_credentials_at_a_history_end_the_survey() -> None:
    source, tracker = drifting(issue(1, updated_at=LATELY))
    tracker.history_fails = error(Category.AUTH)
    with pytest.raises(ServiceError):
        asked(source, tracker, policy=NEWEST)


# Clocks


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(minutes=4, seconds=2), "4 min 2 s ahead of this host's"),
        (-timedelta(hours=1, seconds=1), "1 h 1 s behind this host's"),
        (timedelta(seconds=30), None),
        (-timedelta(seconds=30), None),
    ],
)
def test_a_clock_that_is_off_is_named(ahead: timedelta, said: str | None) -> None:
    told = of_systems(systems(FakeSource([]), FakeTracker([], clock_ahead=ahead)))
    assert (said is not None) == bool(told)
    assert all(f"JIRA's clock is {said}" in note for note in told)
    told = of_systems(systems(FakeSource([], clock_ahead=ahead), FakeTracker([])))
    assert all(f"Impact's clock is {said}" in note for note in told)


def test_what_came_up_in_jira_is_noted() -> None:
    assert of_systems(systems(FakeSource([]), FakeTracker([], notes=("So.",)))) == ["So."]
