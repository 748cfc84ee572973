"""One fault stays one fault: an issue that is forbidden, refused or unreadable stops no other."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field, Issue
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, JournalError, ServiceError, SpoiltError
from raidctl.gateways.http import bounds
from raidctl.runs.exit_codes import Fact, written
from raidctl.runs.reading.targets import issues_now
from raidctl.runs.writing import apply, reconcile
from raidctl.runs.writing.session import write_plan
from raidctl.sandbox.server import Request
from tests.runs.desk import Office, item_of, office, outcomes
from tests.runs.fakes import FakeTracker, error, issue
from tests.runs.past import Past
from tests.simulators.server import DROP_AFTER, Fault, Faults, refuse

APPLIED, REFUSED, FAILED, RECOVERED = (
    Outcome.APPLIED,
    Outcome.REFUSED,
    Outcome.FAILED,
    Outcome.RECOVERED,
)
NUMBERS = tuple(range(1, 9))
ARCHIVED = refuse(403, body={"errorMessages": ["This issue is archived."]})


@pytest.fixture(params=["cloud", "datacenter"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, request.param, NUMBERS) as made:
        made.reconcile()
        made.clock.pass_by(hours=1)
        yield made


def retitled(at: Office, *numbers: int) -> None:
    for number in numbers:
        at.impact(number, title="A new title")


def edits_of(fault: Fault, *numbers: int, holding: str = "") -> Faults:
    """A fault for each edit of these issues that holds a text."""

    def spoil(request: Request) -> Fault | None:
        mine = any(request.path.endswith(f"/issue/{10_000 + number}") for number in numbers)
        given = request.method == "PUT" and holding.encode() in request.body
        return fault if mine and given else None

    return spoil


def reads_of(fault: Fault, number: int) -> Faults:
    """A fault for each reading that has to do with an issue's number."""
    name = str(10_000 + number)

    def spoil(request: Request) -> Fault | None:
        alone = request.method == "GET" and f"/issue/{name}" in request.path
        inside = request.path.endswith("bulkfetch") and name.encode() in request.body
        return fault if alone or inside else None

    return spoil


def puts(at: Office) -> int:
    return sum(method == "PUT" for method, _ in at.server.requests)


def later(at: Office) -> None:
    at.clock.pass_by(hours=1)
    at.server.forget()


# Forbidden


def test_an_issue_that_is_forbidden_stops_no_other_and_its_words_are_kept(at: Office) -> None:
    retitled(at, *NUMBERS)
    at.server.faults = edits_of(ARCHIVED, 1)
    report = at.reconcile()

    assert outcomes(report) == {(n, "title"): REFUSED if n == 1 else APPLIED for n in NUMBERS}
    result = item_of(report, 1, Field.TITLE).result
    assert result is not None
    assert result.category == Category.PERMISSION
    assert "This issue is archived." in str(result.detail)
    assert at.ended is None


def test_what_was_forbidden_twice_is_held_until_a_side_changes(at: Office) -> None:
    retitled(at, 1)
    at.server.faults = edits_of(ARCHIVED, 1)
    for _ in range(2):
        assert outcomes(at.reconcile()) == {(1, "title"): REFUSED}
        later(at)
    assert item_of(at.reconcile(), 1, Field.TITLE).reason is Reason.REFUSED
    assert puts(at) == 0

    at.server.faults = None
    at.impact(1, title="Yet another title")
    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}


def test_a_text_that_is_forbidden_does_not_keep_the_other_fields_back(at: Office) -> None:
    """A firewall before JIRA dislikes it, and does not say what."""
    at.impact(1, title="A new title", description="SELECT * FROM users", priority=1)
    at.server.faults = edits_of(refuse(403), 1, holding="SELECT")
    assert outcomes(at.reconcile()) == {
        (1, "title"): APPLIED,
        (1, "description"): REFUSED,
        (1, "priority"): APPLIED,
    }


def test_several_issues_in_a_row_that_are_forbidden_give_the_project_up(at: Office) -> None:
    retitled(at, *NUMBERS)
    at.impact(8, status="MITIGATED")
    at.server.faults = edits_of(ARCHIVED, *NUMBERS)
    report = at.reconcile()
    found = outcomes(report)

    assert found.pop((8, "status")) is APPLIED  # another permission
    assert set(found.values()) == {REFUSED, FAILED}
    assert 3 <= puts(at) <= 4  # two are written at once
    result = item_of(report, 8, Field.TITLE).result
    assert result is not None
    assert "3 issues in a row were forbidden" in str(result.detail)
    assert "This issue is archived." in str(result.detail)


def test_an_issue_in_between_that_is_written_ends_the_row(at: Office) -> None:
    retitled(at, *NUMBERS)
    at.server.faults = edits_of(ARCHIVED, 1, 4, 7)  # two between them, of which one may be slow
    found = outcomes(at.reconcile())
    assert {n for n in NUMBERS if found[n, "title"] is APPLIED} == {2, 3, 5, 6, 8}


def test_a_permission_that_is_taken_away_meanwhile_is_named(at: Office) -> None:
    retitled(at, *NUMBERS)

    def withdrawn(request: Request) -> Fault | None:
        at.state.may_edit = at.state.may_edit and request.method != "PUT"
        return None

    at.server.faults = withdrawn
    report = at.reconcile()
    assert puts(at) <= 2  # the width of the run
    result = item_of(report, 8, Field.TITLE).result
    assert result is not None
    assert "the JIRA user lacks EDIT_ISSUES in INC" in str(result.detail)


# Refused for good


def test_a_field_off_the_screen_is_sent_once(at: Office) -> None:
    at.state.off_screen.add("summary")
    at.impact(1, title="A new title", priority=1)
    assert outcomes(at.reconcile()) == {(1, "title"): REFUSED, (1, "priority"): APPLIED}
    later(at)
    held = item_of(at.reconcile(), 1, Field.TITLE)
    assert (held.reason, puts(at)) == (Reason.REFUSED, 0)

    at.state.off_screen.clear()
    later(at)
    assert at.journal.release(1, 10_001, Field.TITLE, at.clock())
    assert outcomes(at.reconcile()) == {(1, "title"): APPLIED}


def test_a_transition_whose_validator_says_no_is_tried_twice(at: Office) -> None:
    at.impact(1, status="MITIGATED")
    no = refuse(400, body={"errorMessages": ["A root cause is needed."]})

    def spoil(request: Request) -> Fault | None:
        return no if request.method == "POST" and request.path.endswith("transitions") else None

    at.server.faults = spoil
    for _ in range(2):
        assert outcomes(at.reconcile()) == {(1, "status"): REFUSED}
        later(at)
    assert item_of(at.reconcile(), 1, Field.STATUS).reason is Reason.REFUSED
    assert not [path for method, path in at.server.requests if path.endswith("transitions")]


# Unreadable


def asked_for(fault: Fault, number: int, path: str = "") -> Faults:
    """A fault for each request that asks for an issue among others, by its id or its key."""
    names = re.compile(rb"\b(INC-%d|%d)\b" % (number, 10_000 + number))

    def spoil(request: Request) -> Fault | None:
        asked = names.search(request.target.encode() + request.body)
        return fault if asked and path in request.target + str(request.body) else None

    return spoil


@pytest.mark.parametrize("status", [500, 302])
def test_an_issue_for_whose_sake_a_batch_is_not_answered_hides_no_other(
    at: Office, status: int
) -> None:
    retitled(at, *NUMBERS)
    at.server.faults = asked_for(refuse(status), 3)
    report = at.reconcile()
    assert outcomes(report) == {(n, "title"): APPLIED for n in NUMBERS if n != 3}
    assert [one.what for one in report.unread] == ["issue INC-3"]
    assert at.ended is None


def test_a_history_for_whose_sake_a_batch_is_not_answered_hides_no_other(at: Office) -> None:
    retitled(at, *NUMBERS)
    at.server.faults = asked_for(refuse(500), 3, "changelog")
    report = at.reconcile()
    found = outcomes(report)
    assert {n for n in NUMBERS if found.get((n, "title")) is APPLIED} == {*NUMBERS} - {3}
    assert {one.what for one in report.unread} <= {"the history of 1 links to be written"}


def test_an_answer_that_is_too_long_for_the_sake_of_one_issue_hides_no_other(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at.state.edit(10_003, "somebody", description="long " * 4_000)
    monkeypatch.setattr(bounds, "LARGEST_ANSWER", 15_000)
    report = at.reconcile()
    assert [one.what for one in report.unread] == ["issue INC-3"]


@pytest.mark.parametrize("status", [500, 302])
def test_an_open_write_that_cannot_be_read_is_one_item_and_the_rest_goes_on(
    at: Office, status: int
) -> None:
    retitled(at, 1)
    lost = edits_of(DROP_AFTER, 1)
    gone = reads_of(refuse(status), 1)
    at.server.faults = lambda request: lost(request) or (gone(request) if puts(at) else None)
    assert outcomes(at.reconcile()) == {(1, "title"): FAILED}
    assert len(at.journal.open_writes()) == 1

    later(at)
    retitled(at, 2, 3)
    at.impact(1, title="Newer still", priority=1)
    at.server.faults = gone
    report = at.reconcile()
    recovered, *rest = report.items
    assert recovered.reason is Reason.UNFINISHED
    assert recovered.result is not None
    assert recovered.result.outcome is FAILED
    assert "run-2" in str(recovered.result.detail)
    found = outcomes(replace(report, items=tuple(rest)))
    assert {found[1, "title"], found[1, "priority"]} == {FAILED}
    assert {found[2, "title"], found[3, "title"]} == {APPLIED}
    assert at.issue(1)["summary"] == "A new title"
    assert Fact.NOT_DONE in written(report)
    assert at.ended is None

    later(at)
    at.server.faults = None
    report = at.reconcile()
    assert [one.result.outcome for one in report.items if one.result] == [
        RECOVERED,
        APPLIED,
        APPLIED,
    ]
    assert at.issue(1)["summary"] == "Newer still"


def test_a_field_whose_write_is_still_open_is_not_written_again(at: Office) -> None:
    """Though by the time it is planned it can be read again."""
    retitled(at, 1)
    lost, gone = edits_of(DROP_AFTER, 1), reads_of(refuse(500), 1)
    at.server.faults = lambda request: lost(request) or (gone(request) if puts(at) else None)
    at.reconcile()
    later(at)
    at.impact(1, title="Newer still", priority=1)
    unlucky = [gone]

    def spoil(request: Request) -> Fault | None:
        if request.path.endswith(("/search", "/search/jql")) or b"INC-" in request.body:
            unlucky.clear()  # the survey has begun
        return unlucky[0](request) if unlucky else None

    at.server.faults = spoil
    report = at.reconcile()
    found = outcomes(replace(report, items=report.items[1:]))
    assert found == {(1, "title"): FAILED, (1, "priority"): APPLIED}
    assert at.issue(1)["summary"] == "A new title"


def test_an_issue_that_cannot_be_read_again_hides_no_other(at: Office) -> None:
    retitled(at, *NUMBERS)
    at.server.faults = reads_of(refuse(500), 3)
    found = outcomes(at.reconcile())
    assert found == {(n, "title"): FAILED if n == 3 else APPLIED for n in NUMBERS}
    assert at.ended is None


def test_a_jira_that_goes_down_is_noticed(at: Office) -> None:
    retitled(at, *NUMBERS)
    down = refuse(503)

    at.server.faults = lambda _: down if puts(at) else None
    assert set(outcomes(at.reconcile()).values()) == {FAILED}
    assert len(at.server.requests) < 120


def test_a_journal_that_fails_while_links_are_read_again_stops_those_beside(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    retitled(at, *NUMBERS)
    orders = at.orders()
    made = reconcile.prepare(at.desk, at.question(), orders, ("a", "b"), lambda _: None)
    asked: list[object] = []

    def broken(_: object, links: object) -> None:
        asked.append(links)
        raise JournalError("the disk is full")

    monkeypatch.setattr(type(at.journal), "memories", broken)
    with pytest.raises(JournalError):
        write_plan(at.desk, orders, made.report, lambda _: None)
    assert puts(at) == 0
    assert len(asked) <= 2  # the width of the run


def test_after_a_journal_that_failed_once_nothing_more_is_sent(
    at: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    retitled(at, *NUMBERS)
    orders = replace(at.orders(), concurrency=1)
    made = reconcile.prepare(at.desk, at.question(), orders, ("a", "b"), lambda _: None)
    noted = type(at.journal).intend

    def once_full(*given: Any) -> Any:
        monkeypatch.setattr(type(at.journal), "intend", noted)
        raise JournalError("the disk is full")

    monkeypatch.setattr(type(at.journal), "intend", once_full)
    monkeypatch.setattr(apply, "ThreadPoolExecutor", lambda *_: _Ahead())
    with pytest.raises(JournalError):
        write_plan(at.desk, orders, made.report, lambda _: None)
    assert puts(at) == 0
    assert at.journal.open_writes() == []


class _Ahead(Executor):
    """A pool whose threads have done everything before anybody hears of the first."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done = Future[Any]()
        try:
            done.set_result(fn(*args, **kwargs))
        except JournalError as error:
            done.set_exception(error)
        return done


# Taken back


@pytest.mark.parametrize("category", [Category.VALIDATION, Category.NETWORK])
def test_an_incident_that_cannot_be_understood_is_one_fault_of_an_undo(
    at: Office, category: Category
) -> None:
    retitled(at, *NUMBERS)
    run = str(at.reconcile().run)
    at.source.spoils = {3: SpoiltError(error(category, "Impact"))}
    report = Past(at).undo(run)
    assert outcomes(report) == {(n, "title"): FAILED if n == 3 else APPLIED for n in NUMBERS}
    assert Fact.NOT_DONE in written(report)

    at.source.spoils = {}
    assert outcomes(Past(at).undo(run)) == {(3, "title"): APPLIED}


def test_an_issue_that_spoils_its_batch_is_one_fault_of_an_undo(at: Office) -> None:
    retitled(at, *NUMBERS)
    run = str(at.reconcile().run)
    at.server.faults = asked_for(refuse(500), 3)
    found = outcomes(Past(at).undo(run))
    assert found == {(n, "title"): FAILED if n == 3 else APPLIED for n in NUMBERS}


def test_an_impact_that_is_away_ends_an_undo(at: Office) -> None:
    retitled(at, 1)
    run = str(at.reconcile().run)
    at.source.spoils = {1: error(Category.NETWORK, "Impact")}
    with pytest.raises(ServiceError, match="timed out"):
        Past(at).undo(run)


def test_an_incident_that_spoils_the_reading_before_a_write_hides_no_other(at: Office) -> None:
    retitled(at, *NUMBERS)
    at.source.spoils = {3: SpoiltError(error(Category.NETWORK, "Impact"))}
    found = outcomes(at.reconcile())
    assert found == {(n, "title"): FAILED if n == 3 else APPLIED for n in NUMBERS}


# Batches that are read again


@dataclass(slots=True)
class Asked(FakeTracker):
    """A JIRA that fails for these issues by id; `sizes` are those of its batches."""

    ill: Mapping[int, ServiceError] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        self.sizes.append(len(issues))
        for number in issues:
            if number in self.ill:
                raise self.ill[number]
        return FakeTracker.current(self, issues)


def read_again(failure: ServiceError, *numbers: int) -> tuple[Asked, set[int]]:
    """A hundred issues as they are now, and those of them that cannot be read."""
    ill = {10_000 + number: failure for number in numbers}
    tracker = Asked([issue(n) for n in range(1, 101)], ill=ill, batch_size=100)
    found = issues_now(tracker, range(10_001, 10_101))
    return tracker, {n - 10_000 for n, one in found.items() if isinstance(one, ServiceError)}


def test_issues_that_spoil_a_batch_that_is_read_again_are_found_by_halves() -> None:
    tracker, lost = read_again(SpoiltError(error()), 7, 50, 51, 52, 53)
    assert lost == {7, 50, 51, 52, 53}, "several side by side are no outage"
    assert len(tracker.sizes) <= 5 * 2 * 7


def test_a_jira_that_answers_nothing_well_costs_few_requests() -> None:
    tracker, lost = read_again(SpoiltError(error()), *range(1, 101))
    assert (len(lost), len(tracker.sizes) <= 40) == (100, True)
    tracker, lost = read_again(error(), *range(1, 101))
    assert (len(lost), len(tracker.sizes)) == (100, 4)
