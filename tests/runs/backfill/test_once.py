"""Exactly one issue for each incident, whatever goes wrong: lost answers, kills, refusals."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.backfill.tickets import Account
from raidctl.core.plan.item import CREATE_ISSUE
from raidctl.core.scope import Scope
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ConfigError, ExitCode, ServiceError
from raidctl.runs.backfill.creation import INDEX_LAG
from raidctl.sandbox.server import Request
from tests.runs.backfill.stage import Tickets, Works, declared, told, works
from tests.runs.backfill.trouble import failing, killed
from tests.runs.desk import ADA
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, refuse


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Works]:
    with works(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Works]:
    with works(tmp_path) as made:
        yield made


def test_a_creation_whose_answer_is_lost_is_looked_for_and_not_repeated(site: Works) -> None:
    site.at.state.index_lag = 30
    failing(site.at, "/issue", DROP_AFTER)
    first = site.run()
    assert first.exit_code is ExitCode.INCOMPLETE
    assert "run this again after 12:02:00 UTC, which looks first" in str(first.why)
    assert site.creations() == 3

    site.at.clock.pass_by(seconds=20)  # the index still lags: nobody knows
    again = site.run()
    assert again.exit_code is ExitCode.INCOMPLETE
    assert site.creations() == 3

    site.at.clock.pass_by(minutes=3)
    last = site.run()
    assert last.exit_code is ExitCode.OK, last.why
    assert site.creations() == 3
    assert [len(site.issues(number)) for number in (1, 2, 3)] == [1, 1, 1]
    assert all(site.led_back(number) for number in (1, 2, 3))
    assert told(site.run().report.items) == []


def test_a_creation_whose_answer_is_lost_goes_on_where_jira_shows_it(site: Works) -> None:
    failing(site.at, "/issue", DROP_AFTER)
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    assert site.creations() == 3
    for number in (1, 2, 3):
        (issue,) = site.issues(number)
        assert issue.values["status"] == "In Progress"
        assert site.led_back(number) == {issue.id}
    assert told(site.run().report.items) == []


def test_what_is_not_made_for_an_issue_that_was_shown_late_is_said(site: Works) -> None:
    """It was said to be done, status and all, and had neither its status nor its link."""
    faults = [(("/issue",), DROP_AFTER), (("/search", "/search/jql"), refuse(400))]

    def fault(request: Request) -> Fault | None:
        mine = faults and request.method == "POST" and request.path.endswith(faults[0][0])
        return faults.pop(0)[1] if mine else None

    site.at.server.faults = fault
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert ", and JIRA showed it too late to go on with it: run this again" in str(ending.why)
    assert site.run().exit_code is ExitCode.OK
    assert site.creations() == 3
    assert all(site.led_back(number) for number in (1, 2, 3))
    assert {site.issues(number)[0].values["status"] for number in (1, 2, 3)} == {"In Progress"}


def test_it_is_found_whatever_jira_has_made_of_its_summary(site: Works) -> None:
    """An automation that renames new issues is no reason to create another one."""
    site.at.state.index_lag = 30
    failing(site.at, "/issue", DROP_AFTER)
    site.run()
    lost = [n for n in (1, 2, 3) if not site.led_back(n)]
    (issue,) = site.issues(lost[0])
    site.at.state.edit(issue.id, "acc-grace", summary="[AUTO] Orders")
    site.at.clock.pass_by(minutes=3)
    assert site.run().exit_code is ExitCode.OK
    assert [len(site.issues(number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_other_commands_leave_a_lost_creation_to_the_next_backfill(site: Works) -> None:
    site.at.state.index_lag = 30
    failing(site.at, "/issue", DROP_AFTER)
    site.run()
    site.at.reconcile()
    assert site.at.ended is None
    (left,) = site.at.journal.open_writes()
    assert left.change.target == CREATE_ISSUE


def test_what_never_arrived_is_created_once_that_is_certain(site: Works) -> None:
    failing(site.at, "/issue", DROP_BEFORE)
    assert site.run().exit_code is ExitCode.INCOMPLETE
    assert [len(site.issues(number)) for number in (1, 2, 3)].count(0) == 1
    site.at.clock.pass_by(seconds=INDEX_LAG.total_seconds() + 1)
    assert site.run().exit_code is ExitCode.OK
    assert [len(site.issues(number)) for number in (1, 2, 3)] == [1, 1, 1]
    assert told(site.run().report.items) == []


POINTS: dict[str, Callable[[Works], tuple[Any, str]]] = {
    "before it is sent": lambda site: (site.admin, "create"),
    "before it is known": lambda site: (site.at.journal, "made"),
    "before it leads back": lambda site: (site.admin, "put_remote_link"),
    "before it is read": lambda site: (site.desk.tracker, "current"),
    "before its hop": lambda site: (site.desk.writer, "transition"),
    "before its end": lambda site: (site.at.journal, "settle"),
}


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_step_is_made_good_by_the_next_run(
    site: Works, point: str, after: bool
) -> None:
    killed(site.run, *POINTS[point](site), after=after)
    site.at.clock.pass_by(minutes=10)
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    site.run()
    for number in (1, 2, 3):
        (issue,) = site.issues(number)
        assert issue.values["status"] == "In Progress"
        assert site.led_back(number) == {issue.id}
    assert told(site.run().report.items) == []
    assert site.at.journal.open_writes() == []


def test_a_remote_link_that_fails_is_set_by_the_next_run(site: Works) -> None:
    failing(site.at, "/remotelink", refuse(403, body={"errorMessages": ["no"]}))
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert ", and does not lead back to the incident yet" in str(ending.why)
    again = site.run()
    assert [verdict for _, verdict, _ in told(again.report.items)] == ["create_link"]
    assert all(len(site.led_back(number)) == 1 for number in (1, 2, 3))
    assert told(site.run().report.items) == []


def test_what_was_left_counts_among_what_was_asked_for(site: Works) -> None:
    refused = refuse(403, body={"errorMessages": ["no"]})
    failing(site.at, "/remotelink", refused, refused)
    site.run()
    site.limit = 1
    first = site.run().report.items
    assert [verdict for _, verdict, _ in told(first)] == ["create_link"]
    second = site.run().report.items
    assert [verdict for _, verdict, _ in told(second)] == ["create_link"]
    assert first[0].subject.incident != second[0].subject.incident


def test_a_refused_creation_is_told_and_the_others_go_on(site: Works) -> None:
    failing(site.at, "/issue", refuse(400, body={"errors": {"summary": "is not liked"}}))
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert "is not liked" in str(ending.why)
    assert sum(len(site.issues(number)) for number in (1, 2, 3)) == 2
    assert site.run().exit_code is ExitCode.OK
    assert sum(len(site.issues(number)) for number in (1, 2, 3)) == 3


def test_what_the_screen_demands_and_lacks_is_said_before_anything_is_created(
    site: Works,
) -> None:
    site.at.state.demanded = {"customfield_10908": None}
    site.at.state.off_creation = {"customfield_11049"}
    with pytest.raises(ConfigError) as raised:
        site.run()
    lacking, demanded = sorted(raised.value.problems, reverse=True)
    assert "backfill.fields.customfield_11049: the screen" in lacking
    assert "backfill.fields.customfield_10908: missing; creating issues in INC demands" in demanded
    assert site.creations() == 0
    fields = {"customfield_10908": "4711", "customfield_11049": False}
    site.blueprint = replace(site.blueprint, fields=fields)
    assert site.run().exit_code is ExitCode.OK
    (issue,) = site.issues(1)
    assert issue.values["customfield_10908"] == "4711"


def test_a_project_in_which_nothing_can_be_created_is_told_and_others_go_on(site: Works) -> None:
    site.at.source.declared = {
        **site.at.source.declared,
        2: replace(site.at.source.declared[2], category="Elsewhere"),
    }
    site.blueprint = replace(site.blueprint, projects={"elsewhere": "GONE"})
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert "there is no such project" in str(ending.why)
    assert (2, "create_issue", Outcome.REFUSED) in told(ending.report.items)
    assert [len(site.issues(number)) for number in (1, 2, 3)] == [1, 0, 1]


def test_an_incident_that_changes_after_the_plan_is_stale(
    cloud: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cloud.at.source.declarations
    calls = []

    def changing(numbers: Any) -> Any:
        calls.append(numbers)
        if len(calls) == 2:  # the plan is made
            cloud.at.impact(2, title="Another")
        return real(numbers)

    monkeypatch.setattr(type(cloud.at.source), "declarations", lambda _, n: changing(n))
    ending = cloud.run()
    assert (2, "create_issue", Outcome.STALE) in told(ending.report.items)
    assert cloud.issues(2) == []
    assert len(cloud.issues(1)) == 1


def test_what_firefighter_has_created_since_the_plan_is_in_the_way(
    cloud: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan may have waited for a yes."""
    cloud.at.impact(2, created_at=cloud.at.clock())
    real = cloud.admin.look_alikes
    asked: list[Any] = []

    def meanwhile(*given: Any) -> Any:
        asked.append(given)
        if len(asked) == 2:
            values = {"summary": "Orders are not exported", "reporter": "acc-ada"}
            cloud.at.state.create("INC", "Incident", values)
        return real(*given)

    monkeypatch.setattr(cloud.admin, "look_alikes", meanwhile)
    ending = cloud.run()
    (stale,) = [item for item in ending.report.items if item.result and item.subject.incident == 2]
    assert stale.result is not None
    assert (stale.result.outcome, cloud.issues(2)) == (Outcome.STALE, [])
    assert "by now" in str(stale.result.detail)


def test_the_link_goes_to_firefighters_tables_after_the_status(site: Works) -> None:
    """As long as FireFighter does not know the issue it takes no hop for somebody's wish."""
    site.tickets = Tickets(site.at)
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    assert [(verdict, outcome) for number, verdict, outcome in told(ending.report.items)][:3] == [
        ("create_issue", "applied"),
        ("create_link", "applied"),
        ("status", "applied"),
    ]
    assert site.tickets.statuses == ["In Progress"] * 3
    made = {new.incident: new for new in site.tickets.made}
    (issue,) = site.issues(1)
    assert (made[1].issue_id, made[1].key, made[1].issue_type) == (issue.id, issue.key, "Incident")
    assert (made[1].reporter.id, made[1].reporter.email) == ("acc-ada", "ada@example.com")
    assert made[1].assignee is not None
    assert made[1].assignee.id == "acc-ada"
    assert told(site.run().report.items) == []


@pytest.mark.parametrize("creator", [ADA.email, "nobody@example.com"])
def test_whose_e_mail_jira_hides_is_known_by_the_configuration(cloud: Works, creator: str) -> None:
    """FireFighter knows its users by e-mail: somebody else's would give them his account."""
    cloud.at.state.add_user(replace(ADA, email_hidden=True))
    cloud.blueprint = replace(cloud.blueprint, reporter=ADA.account)
    cloud.at.source.declared = {1: declared(1, creator=creator)}
    cloud.tickets = Tickets(cloud.at)
    cloud.run(Scope(incidents=frozenset({1})))
    (made,) = cloud.tickets.made
    assert made.reporter.id == ADA.account
    assert made.reporter.email == (ADA.email if creator == ADA.email else None)
    assert made.assignee == Account(ADA.account, ADA.email)


def test_a_link_that_could_not_be_written_stays_in_the_journal(site: Works) -> None:
    away = ServiceError("Impact", "its database", "gone", "try again", Category.NETWORK)
    site.tickets = Tickets(site.at, fails=away)
    ending = site.run()
    assert ending.exit_code is not ExitCode.OK
    assert [len(site.issues(number)) for number in (1, 2, 3)] == [1, 1, 1]
    site.tickets.fails = None
    again = site.run()
    assert told(again.report.items) == [(n, "create_link", "applied") for n in (1, 2, 3)]
    assert told(site.run().report.items) == []


def test_grants_that_are_missing_are_named_and_the_issues_are_there(cloud: Works) -> None:
    cloud.tickets = Tickets(cloud.at, lacking=["INSERT on raid_jiraticket"])
    ending = cloud.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert "lacks INSERT on raid_jiraticket" in str(ending.why)
    assert [len(cloud.issues(number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_what_it_was_declared_with_is_looked_at_again(
    cloud: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its category has changed since, of which none of its fields tells."""
    real = cloud.at.source.declarations
    calls: list[Any] = []

    def changing(numbers: Any) -> Any:
        calls.append(numbers)
        found = dict(real(numbers))
        return found | ({2: replace(found[2], environment="STG")} if len(calls) > 1 else {})

    monkeypatch.setattr(type(cloud.at.source), "declarations", lambda _, n: changing(n))
    assert (2, "create_issue", Outcome.STALE) in told(cloud.run().report.items)
    assert (cloud.issues(2), cloud.creations()) == ([], 2)


def test_a_token_that_is_refused_in_the_middle_ends_it(tmp_path: Path) -> None:
    """Nothing more is asked for, and what was not begun is said to be."""
    with works(tmp_path, numbers=range(1, 301)) as site:
        failing(site.at, "/issue", *[refuse(401)] * 1_000)
        before = len(site.at.server.requests)
        ending = site.run()
        assert ending.exit_code is ExitCode.UNREACHABLE
        assert len(site.at.server.requests) - before < 50
        assert sum(item.result is None for item in ending.report.items) == 200
        assert site.creations() == 0
