"""An issue for each incident without one: exactly one, as it is to be, where it belongs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import UNREADABLE, Field, SyncDirection
from raidctl.core.plan.item import Hold, Item
from raidctl.core.plan.safety import Limits
from raidctl.core.reasons import Reason
from raidctl.errors import ExitCode
from raidctl.runs.writing.session import Approval
from tests.runs.backfill.stage import Works, told, works


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Works]:
    with works(tmp_path, request.param) as made:
        yield made


def test_each_gets_one_and_it_goes_where_it_belongs(site: Works) -> None:
    site.at.impact(2, status="MITIGATED")
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    assert told(ending.report.items) == [
        (1, "create_issue", "applied"),
        (1, "status", "applied"),
        (2, "create_issue", "applied"),
        (2, "status", "applied"),
        (3, "create_issue", "applied"),
        (3, "status", "applied"),
    ]
    for number, status in ((1, "In Progress"), (2, "Resolved"), (3, "In Progress")):
        (issue,) = site.issues(number)
        assert site.led_back(number) == {issue.id}
        assert issue.values["status"] == status
        assert issue.values["summary"] == "Orders are not exported"
        assert issue.values["reporter"] == "acc-ada"
        assert issue.values["assignee"] == "acc-ada"
    assert site.creations() == 3


def test_run_again_it_does_nothing(site: Works) -> None:
    site.run()
    before, rows = len(site.at.seen), len(site.at.journal.writes(incidents=[1, 2, 3]))
    ending = site.run()
    assert (ending.exit_code, told(ending.report.items)) == (ExitCode.OK, [])
    assert not [one for one in site.at.sent()[before:] if one.startswith(("PUT", "POST issue/1"))]
    assert site.creations() == 3
    assert len(site.at.journal.writes(incidents=[1, 2, 3])) == rows


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Works]:
    with works(tmp_path) as made:
        yield made


def only(report_items: Sequence[Item]) -> Item:
    (item,) = report_items
    return item


def test_an_incident_costs_three_requests_and_its_hops(site: Works) -> None:
    """Creation, remote link, one reading; of hops each has two, and their end is read."""
    for number in (1, 2, 3):
        site.at.impact(number, status="OPEN")  # where an issue begins
    site.run()
    sent = [one.partition("?")[0] for one in site.at.sent()]
    shared = ("search", "search/jql", "createmeta", "mypermissions", "project", "myself")
    own = [one for one in sent if not any(word in one for word in shared)]
    assert len(own) == 3 * 3
    assert sorted(own)[:3] == ["GET issue/10001", "GET issue/10002", "GET issue/10003"] or all(
        "bulkfetch" in one for one in own if "issue/bulk" in one
    )


def test_what_both_sides_agree_on_is_remembered(cloud: Works) -> None:
    """A later edit on either side has its direction from the first day on."""
    cloud.run()
    (issue,) = cloud.issues(1)
    cloud.at.state.edit(issue.id, "acc-grace", summary="Another title")
    cloud.at.clock.pass_by(minutes=10)
    cloud.at.desk = cloud.desk
    changes = [item for item in cloud.at.plan().items if item.field is Field.TITLE]
    assert only(changes).direction is SyncDirection.JIRA_TO_IMPACT


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"ignored": True}, Reason.DOWNGRADED),
        ({"private": True}, Reason.PRIVATE),
        ({"private": None}, Reason.PRIVATE),
        ({"priority": 20}, Reason.GAMEDAY),
        ({"status": "CLOSED"}, Reason.CLOSING),
        ({"status": "Something new"}, Reason.UNMAPPED),
        ({"title": UNREADABLE}, Reason.UNREADABLE),
        ({"description": "x" * 32_768}, Reason.LOSSY),
    ],
)
def test_what_is_left_out_is_said(cloud: Works, values: dict[str, Any], reason: Reason) -> None:
    cloud.blueprint = replace(cloud.blueprint, private_to_jira=False, allow_close=False)
    for number in (1, 2, 3):
        cloud.at.impact(number, private=False)
    cloud.at.impact(2, **values)
    ending = cloud.run()
    assert [item.reason for item in ending.report.items if isinstance(item, Hold)] == [reason]
    assert cloud.issues(2) == []
    assert len(cloud.issues(1)) == len(cloud.issues(3)) == 1
    assert ending.exit_code is ExitCode.OK


def test_private_incidents_are_created_where_that_is_allowed(cloud: Works) -> None:
    cloud.at.impact(1, private=True)
    cloud.run()
    assert len(cloud.issues(1)) == 1


def test_an_issue_that_is_merely_not_visible_is_not_created_again(cloud: Works) -> None:
    cloud.at.impact(1, issue_key="INC-77")
    report = cloud.look()
    assert (report.items[0].reason, report.items[0].subject.issue) == (
        Reason.NOT_VISIBLE,
        "INC-77",
    )
    cloud.run()
    assert cloud.issues(1) == []


def test_a_look_at_it_writes_nothing(site: Works) -> None:
    report = site.look()
    assert told(report.items) == [(n, "create_issue", None) for n in (1, 2, 3)]
    assert site.creations() == 0
    assert site.at.journal.writes(incidents=[1, 2, 3]) == []
    assert report.summary.verdicts["create_issue"] == 3
    (first, *_) = report.items
    assert (first.subject.issue, first.to, first.reason) == (None, "INC", Reason.UNLINKED)
    assert first.detail == "Incident; then In Progress"
    assert report.plan == site.run().report.plan


def test_as_many_are_made_as_were_asked_for_and_the_next_run_goes_on(cloud: Works) -> None:
    cloud.limit = 2
    assert {item.subject.incident for item in cloud.run().report.items} == {1, 2}
    assert {item.subject.incident for item in cloud.run().report.items} == {3}
    assert [len(cloud.issues(number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_limit_of_safety_stops_it_and_the_hash_approves_it(cloud: Works) -> None:
    cloud.approval = Approval(Limits(2, 0))
    ending = cloud.run()
    assert ending.exit_code is ExitCode.BLOCKED
    assert "3 links would change; max_changes is 2" in str(ending.why)
    assert cloud.creations() == 0
    cloud.approval = Approval(Limits(2, 0), plan=ending.report.plan)
    cloud.at.impact(1, description="Something else by now")
    assert cloud.run().exit_code is ExitCode.BLOCKED
    cloud.at.impact(1, description=cloud.at.source.stored[1].value(Field.DESCRIPTION))
    assert cloud.run().exit_code is ExitCode.OK


def test_an_issue_that_leads_back_is_linked_and_not_created_again(site: Works) -> None:
    """The journal is lost: JIRA tells whose its issues are."""
    site.run()
    site.at.journal.forget_own_links([1, 2, 3])
    ending = site.run()
    assert told(ending.report.items) == [(n, "create_link", "applied") for n in (1, 2, 3)]
    assert site.creations() == 3
    assert {link.incident for link in site.at.journal.own_links()} == {1, 2, 3}
    assert told(site.run().report.items) == []


def test_without_its_remote_link_the_property_tells_whose_it_is(site: Works) -> None:
    site.run()
    site.at.journal.forget_own_links([1])
    (issue,) = site.issues(1)
    site.at.state.remote_links[issue.id].clear()
    site.at.clock.pass_by(days=30)  # however long ago that was
    ending = site.run()
    assert told(ending.report.items) == [(1, "create_link", "applied")] * 2
    assert site.led_back(1) == {issue.id}
    assert site.creations() == 3


def alike(site: Works, **values: Any) -> str:
    """Somebody, or FireFighter itself, has created one meanwhile."""
    created = site.at.source.stored[0].created_at
    given = {"summary": "Orders are not exported", "reporter": "acc-ada", "created": created}
    record = site.at.state.create("INC", "Incident", {**given, **values})
    site.at.clock.pass_by(minutes=5)
    return record.key


def test_what_only_looks_like_it_is_shown_and_left_alone(site: Works) -> None:
    site.at.impact(1, created_at=site.at.clock())
    alike(site)
    ending = site.run()
    held = next(item for item in ending.report.items if item.subject.incident == 1)
    assert (held.verdict, held.reason) == ("hold", Reason.LOOK_ALIKE)
    assert "INC-" in str(held.detail)
    assert site.issues(1) == []


@pytest.mark.parametrize(
    "values", [{"summary": "Another"}, {"reporter": "acc-grace"}], ids=["summary", "reporter"]
)
def test_what_does_not_look_like_it_is_in_nobodys_way(cloud: Works, values: dict[str, Any]) -> None:
    cloud.at.impact(1, created_at=cloud.at.clock())
    alike(cloud, **values)
    cloud.run()
    assert len(cloud.issues(1)) == 1


def test_one_that_another_incident_has_is_no_look_alike(cloud: Works) -> None:
    cloud.at.impact(1, created_at=cloud.at.clock())
    cloud.at.impact(2, issue_key=alike(cloud))
    cloud.run()
    assert len(cloud.issues(1)) == 1


def test_each_person_is_asked_for_once_however_many_groups_there_are(tmp_path: Path) -> None:
    """And who has no account once for the plan, and once before anything is sent."""
    with works(tmp_path, numbers=range(1, 251)) as site:
        everybody = dict(site.at.source.declared)
        strangers = {"grace@example.com": 7, "nobody@example.com": 8}
        for email, number in strangers.items():
            everybody[number] = replace(everybody[number], creator=email)
            everybody[number + 200] = replace(everybody[number + 200], creator=email)
        site.at.source.declared = everybody
        site.people = {}
        assert site.run().exit_code is ExitCode.OK
        asked = [one for one in site.at.sent("GET") if "user/search" in one]
        assert len(asked) == 1 + 1 + 2  # Ada and Grace, and nobody twice
        assert site.creations() == 250


def searches(site: Works) -> int:
    """How often JIRA's index was asked."""
    return sum("/search" in path for _, path in site.at.server.requests)


def test_many_incidents_are_searched_for_together(tmp_path: Path) -> None:
    with works(tmp_path, numbers=range(1, 601)) as site:
        before = searches(site)
        site.look()
        assert searches(site) - before == 5  # by link and by look twice, and once what is ours


def test_what_the_plan_has_looked_at_is_not_looked_for_again(tmp_path: Path) -> None:
    """But who has a link by now: that anybody may have made meanwhile."""
    with works(tmp_path) as site:
        before = searches(site)
        site.run()
        assert searches(site) - before == 4
