"""What a run leaves besides its writes: itself, baselines, links, accounts, ways, the pause."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Field
from raidctl.core.paths import ScreenField, Transition
from raidctl.core.writes.log import Pause, SeenLink
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import JournalError
from raidctl.ports.jira import IssueRef
from raidctl.ports.journal import Journal
from tests.contract.journal.backends import Backend
from tests.contract.journal.values import LINK, NOW, TO_JIRA, at, intent, run

EMAILS = {"ada@example.com": "acc-ada", "bob@example.com": "acc-bob"}
SEEN = SeenLink(12, "INC-12", 10012, open=True)
WAYS = (
    Transition("11", "Start", "In Progress", "indeterminate"),
    Transition(
        "31",
        "Fix it 🧯",
        "Resolved",
        "done",
        (ScreenField("resolution", "Resolution"), ScreenField("customfield_1", "Cause")),
    ),
)


# Runs


def test_a_run_is_running_until_it_has_ended(journal: Journal) -> None:
    begun = run()
    journal.begin(begun)
    assert journal.running() == begun
    assert journal.runs(10) == [begun]
    ended = replace(
        begun,
        direction=TO_JIRA,
        finished_at=at(2),
        exit_code=4,
        plan="sha256:abc",
        outcomes=((Outcome.STALE, 1), (Outcome.APPLIED, 2)),
        held=3,
    )
    journal.end(ended)
    assert journal.running() is None
    assert journal.runs(10) == [ended]


def test_the_latest_runs_come_first_as_many_as_asked_for(journal: Journal) -> None:
    for number in range(5):
        journal.begin(run(f"run-{number}", at(number)))
    journal.end(replace(run("run-1"), finished_at=at(9), exit_code=0))
    assert [found.id for found in journal.runs(3)] == ["run-4", "run-3", "run-2"]
    assert [found.id for found in journal.runs(99)][3:] == ["run-1", "run-0"]


def test_the_latest_runs_of_one_command_are_found_among_others(journal: Journal) -> None:
    for number in range(4):
        command = ("reconcile", "undo")[number % 2]
        journal.begin(replace(run(f"run-{number}", at(number)), command=command))
    assert [found.id for found in journal.runs_of("reconcile", 9)] == ["run-2", "run-0"]
    assert [found.id for found in journal.runs_of("undo", 1)] == ["run-3"]
    assert journal.runs_of("apply", 9) == []


def test_the_newest_run_without_an_end_is_the_one_that_runs(journal: Journal) -> None:
    for number in range(3):
        journal.begin(run(f"run-{number}"))
    journal.end(replace(run("run-2"), finished_at=at(1), exit_code=0))
    running = journal.running()
    assert running is not None
    assert running.id == "run-1"


def test_a_run_begins_once_and_ends_only_then(journal: Journal) -> None:
    with pytest.raises(LookupError, match="no run run-1"):
        journal.end(run())
    journal.begin(run())
    with pytest.raises(JournalError):
        journal.begin(replace(run(), command="another"))
    assert journal.runs(10) == [run()]


def test_since_when_a_run_waits_for_an_answer_is_kept_until_it_has_one(journal: Journal) -> None:
    begun = replace(run(), host="ops-1")
    journal.begin(begun)
    for since in (at(1), None, at(2)):
        journal.asking("run-1", since)
        assert journal.running() == replace(begun, asking_since=since)
    journal.end(replace(begun, finished_at=at(3), exit_code=0))
    assert journal.runs(1)[0].asking_since is None


def test_named_runs_are_those_that_there_are_newest_first(journal: Journal) -> None:
    for number in range(4):
        journal.begin(run(f"run-{number}", at(number)))
    found = journal.named_runs({"run-1", "run-3", "run-9"})
    assert [one.id for one in found] == ["run-3", "run-1"]
    assert list(journal.named_runs([])) == []


def test_of_a_quiet_run_no_row_is_left_if_somebody_says_so(journal: Journal) -> None:
    ends: dict[str, dict[str, Any]] = {
        "quiet": {"exit_code": 0, "held": 3},
        "failed": {"exit_code": 4},
        "recovered": {"exit_code": 0, "outcomes": ((Outcome.RECOVERED, 1),)},
        "wrote": {"exit_code": 0},
        "running": {},
    }
    for name, ended in ends.items():
        journal.begin(run(name))
        if name == "wrote":
            journal.intend([intent()], name, NOW)
        if ended:
            journal.end(replace(run(name), finished_at=at(1), **ended))
        journal.forget_quiet(name)
    assert {one.id for one in journal.runs(9)} == {"failed", "recovered", "wrote", "running"}


def test_times_come_back_as_the_moments_they_were(journal: Journal) -> None:
    here = datetime(2026, 11, 23, 14, 30, 0, 250_000, timezone(timedelta(hours=2, minutes=30)))
    journal.begin(run(started=here))
    assert journal.runs(1)[0].started_at == here


def test_runs_are_in_order_whatever_their_zone_and_fraction_of_a_second(journal: Journal) -> None:
    lima = timezone(timedelta(hours=-5))
    starts = [NOW, NOW + timedelta(milliseconds=1), at(1).astimezone(lima), at(1.5)]
    for number, start in enumerate(starts):
        journal.begin(run(f"run-{number}", start))
    assert [one.started_at for one in journal.runs(9)] == starts[::-1]


# Baselines


UNDONE = Baseline("a", None, "t", BaselineState.UNDONE)


def test_a_baseline_that_stands_there_is_left_alone(journal: Journal) -> None:
    journal.record_baselines([(*LINK, Field.TITLE, UNDONE)], "run-1", NOW)
    journal.record_baselines([(*LINK, Field.TITLE, UNDONE)], "run-2", at(1))
    assert [mark.since for mark in journal.marks()] == [NOW]


@pytest.mark.parametrize(
    "changed",
    [
        replace(UNDONE, impact="b"),
        replace(UNDONE, jira=""),
        replace(UNDONE, tables="u"),
        replace(UNDONE, direction=TO_JIRA),
    ],
)
def test_one_that_differs_in_anything_is_replaced(journal: Journal, changed: Baseline) -> None:
    journal.record_baselines([(*LINK, Field.TITLE, UNDONE)], "run-1", NOW)
    journal.record_baselines([(*LINK, Field.TITLE, changed)], "run-2", at(1))
    assert journal.memories([LINK])[0].baselines == {Field.TITLE: changed}
    assert [mark.since for mark in journal.marks()] == [at(1)]


def test_no_baselines_are_nothing_to_write(backend: Backend, journal: Journal) -> None:
    with backend.held_up():
        journal.record_baselines([], "run-1", NOW)


# Links


def test_a_link_is_remembered(journal: Journal) -> None:
    closed = SeenLink(13, "INC-13", 10013, open=False)
    shared = SeenLink(9, "INC-12", 10012, open=True)
    journal.record_links([SEEN, closed, shared], NOW)
    assert journal.known_issues([12, 13, 14]) == {
        12: IssueRef("INC-12", 10012),
        13: IssueRef("INC-13", 10013),
    }
    assert journal.last_seen_open() == {9, 12}
    assert journal.claimants({10012, 10013, 99}) == {10012: [9, 12], 10013: [13]}
    assert journal.claimants([]) == {}


def test_a_link_that_is_known_writes_nothing(backend: Backend, journal: Journal) -> None:
    many = [SeenLink(number, f"INC-{number}", number, open=True) for number in range(2000)]
    journal.record_links(many, NOW)
    with backend.held_up():
        journal.record_links(many, at(1))
        journal.record_links([], at(1))


@pytest.mark.parametrize(
    "changed",
    [
        replace(SEEN, open=False),
        replace(SEEN, issue="OPS-3"),
        replace(SEEN, issue="INC-99", issue_id=10099),
    ],
)
def test_a_link_that_changed_is_replaced_alone(journal: Journal, changed: SeenLink) -> None:
    other = SeenLink(13, "INC-13", 10013, open=True)
    journal.record_links([SEEN, other], NOW)
    journal.record_links([changed, other], at(1))
    assert journal.known_issues([12, 13]) == {
        12: IssueRef(changed.issue, changed.issue_id),
        13: IssueRef("INC-13", 10013),
    }
    assert journal.last_seen_open() == ({12, 13} if changed.open else {13})


@pytest.mark.parametrize(
    ("incidents", "keys", "left"),
    [
        ([12], [], {13, 14}),
        ([], ["inc-12", "Inc-14"], {13}),
        ([13], ["INC-14", "INC-1"], {12}),
        ([], [], {12, 13, 14}),
    ],
)
def test_links_are_forgotten_by_incident_or_by_key_in_any_case(
    journal: Journal, incidents: list[int], keys: list[str], left: set[int]
) -> None:
    seen = {12: "INC-12", 13: "INC-13", 14: "inc-14"}
    journal.record_links([SeenLink(n, key, n, open=True) for n, key in seen.items()], NOW)
    journal.forget_links(incidents, keys)
    assert journal.known_issues([*seen]).keys() == left


def test_a_key_that_leads_to_another_issue_now_changes_nothing(
    backend: Backend, journal: Journal
) -> None:
    journal.record_links([SEEN], NOW)
    with backend.held_up():
        journal.record_links([replace(SEEN, issue_id=99, open=False)], at(1))
    assert journal.known_issues([12]) == {12: IssueRef("INC-12", 10012)}


def test_of_two_links_of_one_incident_the_first_seen_of_a_key_stays(journal: Journal) -> None:
    journal.record_links([SEEN, replace(SEEN, issue_id=99)], NOW)
    assert journal.known_issues([12]) == {12: IssueRef("INC-12", 10012)}


# Accounts


def test_accounts_are_remembered_and_replaced(journal: Journal) -> None:
    journal.record_accounts(EMAILS, NOW)
    journal.record_accounts({"ada@example.com": "acc-new"}, at(1))
    assert journal.accounts() == {"ada@example.com": "acc-new", "bob@example.com": "acc-bob"}


def test_accounts_that_are_known_write_nothing(backend: Backend, journal: Journal) -> None:
    journal.record_accounts(EMAILS, NOW)
    with backend.held_up():
        journal.record_accounts(EMAILS, at(1))
        journal.record_accounts({}, at(1))


def test_accounts_are_forgotten_for_every_email(journal: Journal) -> None:
    journal.record_accounts({**EMAILS, "ada@example.org": "acc-ada"}, NOW)
    journal.forget_accounts(["acc-ada", "acc-nobody"])
    assert journal.accounts() == {"bob@example.com": "acc-bob"}


# Transitions


def test_where_issues_stand_is_known_by_project_and_folded_status(journal: Journal) -> None:
    def seen(number: int, key: str, status: str | None) -> SeenLink:
        return SeenLink(number, key, 10_000 + number, open=True, status=status)

    journal.record_links([seen(1, "INC-1", "In Progress"), seen(2, "INC-2", "in progress ")], NOW)
    journal.record_links([seen(3, "INC_A-3", "Open"), seen(4, "INC-4", None)], NOW)
    assert journal.standing("INC") == {"in progress": [10_002, 10_001]}
    assert journal.standing("INC_A") == {"open": [10_003]}
    journal.record_links([seen(1, "INC-1", "Closed")], NOW)
    assert journal.standing("INC") == {"in progress": [10_002], "closed": [10_001]}


def test_ways_are_learnt_by_project_type_and_folded_status(journal: Journal) -> None:
    journal.learn("INC", "Incident", " In PROGRESS", WAYS, NOW)
    journal.learn("INC", "Incident", "Closed", (), NOW)
    journal.learn("INC", "Bug", "Open", WAYS[:1], NOW)
    journal.learn("PAY", "Incident", "Open", WAYS[1:], NOW)
    assert journal.learnt("INC", "Incident") == {"in progress": WAYS, "closed": ()}
    assert journal.learnt("PAY", "Incident") == {"open": WAYS[1:]}
    assert journal.learnt("PAY", "Bug") == {}


def test_ways_that_changed_replace_the_old_ones(journal: Journal) -> None:
    journal.learn("INC", "Incident", "Open", WAYS, NOW)
    journal.learn("INC", "Incident", "OPEN", WAYS[:1], at(1))
    assert journal.learnt("INC", "Incident") == {"open": WAYS[:1]}


def test_ways_that_are_known_write_nothing(backend: Backend, journal: Journal) -> None:
    journal.learn("INC", "Incident", "Open", WAYS, NOW)
    journal.learn("INC", "Incident", "Closed", (), NOW)
    with backend.held_up():
        journal.learn("INC", "Incident", "open", list(WAYS), at(1))
        journal.learn("INC", "Incident", "CLOSED", [], at(1))


# The pause


def test_a_pause_is_in_force_until_its_time(backend: Backend) -> None:
    pause = Pause(NOW, at(60), "ada")
    now = at(0)
    with backend.writing(lambda: now) as journal:
        assert journal.paused() is None
        journal.pause(pause)
        assert journal.paused() == pause
        now = at(59.99)
        assert journal.paused() == pause
        now = at(60)
        assert journal.paused() is None
        assert journal.resume() is False


def test_a_later_pause_takes_the_place_of_an_earlier_one(journal: Journal) -> None:
    journal.pause(Pause(NOW, at(60), "ada"))
    journal.pause(Pause(at(1), at(10), "bob"))
    assert journal.paused() == Pause(at(1), at(10), "bob")
    assert journal.resume() is True
    assert journal.paused() is None


def test_a_pause_ends_once(backend: Backend, journal: Journal) -> None:
    journal.pause(Pause(NOW, at(60), "ada"))
    with backend.writing() as other:
        assert other.resume() is True
    assert journal.paused() is None
    with backend.held_up():
        assert journal.resume() is False


def test_the_pause_ends_by_the_journals_own_clock_in_any_zone(backend: Backend) -> None:
    there = timezone(timedelta(hours=-7))
    with backend.writing(lambda: NOW.astimezone(there)) as journal:
        journal.pause(Pause(NOW.astimezone(there), at(1), "ada"))
        paused = journal.paused()
        assert paused == Pause(NOW, at(1), "ada")
        assert paused is not None
        assert paused.since.tzinfo == UTC
