"""The simulated JIRA held to what is known of the real one, one fact a test."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import requests

from raidctl.sandbox.jira.state import Person, normalised
from raidctl.sandbox.jira.workflows import RAID, ScreenField, Status, Workflow
from tests.simulators.jira.documents import from_document, to_document
from tests.simulators.jira.server import Bucket, authorization, jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import LoopbackServer

ADA = Person("acc-ada", "Ada Lovelace", "ada@example.test")
EVE = Person("acc-eve", "Eve Hidden", "eve@example.test", email_hidden=True)
GONE = Person("acc-gone", "Ada Gone", "gone@example.test", active=False)
BOT = Person("bot", "The Bot", "bot@example.test")
START = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Site:
    state: JiraState
    clock: Clock
    url: str
    http: requests.Session

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        if not path.startswith("/"):
            path = f"/rest/api/2/{path}"
        return self.http.request(method, self.url + path, timeout=5, **given)

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, params=query).json()

    def post(self, path: str, **body: Any) -> Any:
        return self.ask("POST", path, json=body).json()

    def put(self, issue: int, **fields: Any) -> requests.Response:
        return self.ask("PUT", f"issue/{issue}", json={"fields": fields})

    def errors(self, issue: int, **fields: Any) -> dict[str, str]:
        reply = self.put(issue, **fields)
        assert reply.status_code == 400
        errors: dict[str, str] = reply.json()["errors"]
        return errors

    def status(self, issue: int) -> str:
        return str(self.state.issue(issue).values["status"])

    def move_on(self, issue: int, way: str, **fields: Any) -> requests.Response:
        body = {"transition": {"id": way}, "fields": fields}
        return self.ask("POST", f"issue/{issue}/transitions", json=body)


def opened(**given: Any) -> Iterator[Site]:
    clock = Clock()
    state = JiraState(users=(BOT, ADA, EVE, GONE), now=clock, **given)
    for number in (1, 2, 3):
        state.add_issue(
            f"INC-{number}",
            10_000 + number,
            summary=f"Incident {number}",
            description="one\n\ntwo",
            priority="High",
            assignee="acc-ada",
            created=START - timedelta(days=number),
        )
    with LoopbackServer(jira_answer(state)) as server, requests.Session() as http:
        yield Site(state, clock, server.url, http)


@pytest.fixture
def cloud() -> Iterator[Site]:
    yield from opened()


@pytest.fixture
def datacenter() -> Iterator[Site]:
    yield from opened(deployment="datacenter")


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    yield from opened(deployment=request.param)


# Credentials and limits


def test_server_info_names_the_deployment(cloud: Site, datacenter: Site) -> None:
    assert cloud.get("serverInfo")["deploymentType"] == "Cloud"
    assert datacenter.get("serverInfo")["deploymentType"] == "Server"
    assert cloud.get("/_edge/tenant_info")["cloudId"]


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_token_is_basic_on_cloud_and_bearer_on_data_center(deployment: Any) -> None:
    state = JiraState(deployment=deployment, users=(BOT,))
    pair = base64.b64encode(b"bot@example.test:s3cret").decode()
    right = f"Basic {pair}" if deployment == "cloud" else "Bearer s3cret"
    assert authorization(state, "s3cret") == right
    with LoopbackServer(jira_answer(state, token="s3cret")) as server:
        url = f"{server.url}/rest/api/2/myself"
        for header in ({}, {"Authorization": "Bearer wrong"}):
            refused = requests.get(url, headers=header, timeout=5)
            assert refused.status_code == 401
            assert "WWW-Authenticate" in refused.headers
        me = requests.get(url, headers={"Authorization": right}, timeout=5).json()
        assert me["displayName"] == "The Bot"
        assert requests.get(f"{server.url}/rest/api/2/serverInfo", timeout=5).status_code == 200


def test_foreign_credentials_act_as_the_given_account() -> None:
    state = JiraState(users=(BOT, ADA))
    with LoopbackServer(jira_answer(state, token="s3cret", anyone="acc-ada")) as server:
        me = requests.get(f"{server.url}/rest/api/2/myself", auth=("ff", "pw"), timeout=5).json()
    assert me["accountId"] == "acc-ada"


def test_empty_bucket_answers_429_until_it_is_refilled() -> None:
    clock = Clock()
    state = JiraState(now=clock)
    with LoopbackServer(jira_answer(state, bucket=Bucket(2, 0.5))) as server:
        url = f"{server.url}/rest/api/2/serverInfo"
        codes = [requests.get(url, timeout=5).status_code for _ in range(3)]
        assert codes == [200, 200, 429]
        refused = requests.get(url, timeout=5)
        assert refused.headers["Retry-After"] == "2"
        assert refused.headers["RateLimit-Reason"] == "jira-burst-based"
        assert refused.headers["X-RateLimit-Reset"] == "2026-11-22T21:00:02Z"
        clock.pass_seconds(2)
        assert requests.get(url, timeout=5).status_code == 200


# Reading


def test_issue_has_the_fields_asked_for_in_their_shapes(cloud: Site) -> None:
    asked = "summary,status,priority,assignee,customfield_11064,updated,nonsense"
    issue = cloud.get("issue/INC-1", fields=asked)
    assert (issue["id"], issue["key"]) == ("10001", "INC-1")
    fields = issue["fields"]
    assert set(fields) == set(asked.split(",")) - {"nonsense"}
    assert fields["status"]["statusCategory"] == {"key": "new"}
    assert (fields["priority"]["id"], fields["priority"]["name"]) == ("2", "High")
    assert fields["assignee"]["accountId"] == "acc-ada"
    assert fields["assignee"]["emailAddress"] == "ada@example.test"
    assert fields["customfield_11064"] is None
    assert fields["updated"] == "2026-11-21T21:00:00.000+0000"


def test_data_center_knows_people_by_name(datacenter: Site) -> None:
    assignee = datacenter.get("issue/10001", fields="assignee")["fields"]["assignee"]
    assert (assignee["name"], "accountId" in assignee) == ("acc-ada", False)


def test_times_are_in_the_token_owners_zone(cloud: Site) -> None:
    cloud.state.time_zone = timezone(timedelta(hours=1))
    created = cloud.get("issue/10001", fields="created")["fields"]["created"]
    assert created == "2026-11-21T22:00:00.000+0100"


def test_hidden_field_is_absent_and_an_empty_one_is_null(cloud: Site) -> None:
    cloud.state.edit(10001, "acc-ada", assignee=None)
    cloud.state.hidden.add("priority")
    fields = cloud.get("issue/10001", fields="assignee,priority")["fields"]
    assert fields == {"assignee": None}


def test_fields_can_be_excluded_and_default_to_all(cloud: Site) -> None:
    everything = cloud.get("issue/10001")["fields"]
    less = cloud.get("issue/10001", fields="*all,-description")["fields"]
    assert set(everything) - set(less) == {"description"}


def test_hidden_email_is_absent(cloud: Site) -> None:
    assert "emailAddress" not in cloud.get("user", accountId="acc-eve")
    assert "emailAddress" in cloud.get("user", accountId="acc-ada")


def test_status_name_comes_with_the_untranslated_one(cloud: Site) -> None:
    german = Status("1", "Offen", "new", untranslated="Open")
    cloud.state.workflow = Workflow("Deutsch", (german,), ())
    cloud.state.add_issue("INC-9", 10009)
    status = cloud.get("issue/INC-9", fields="status")["fields"]["status"]
    assert (status["name"], status["untranslatedName"]) == ("Offen", "Open")


def test_missing_and_forbidden_issues_look_alike(site: Site) -> None:
    site.state.forbid(10002)
    for name in ("10002", "INC-2", "INC-77"):
        reply = site.ask("GET", f"issue/{name}")
        assert reply.status_code == 404
        assert reply.json()["errorMessages"] == [
            "Issue does not exist or you do not have permission to see it."
        ]


def test_former_key_leads_to_a_moved_issue_until_a_live_one_has_it(site: Site) -> None:
    site.state.move(10001, "OPS-7")
    assert site.get("issue/INC-1", fields="project")["key"] == "OPS-7"
    site.state.add_issue("INC-1", 10050)
    assert site.get("issue/INC-1")["id"] == "10050"
    assert site.get("issue/10001")["key"] == "OPS-7"


def test_bulk_fetch_mixes_ids_and_keys_and_drops_what_is_not_visible(cloud: Site) -> None:
    cloud.state.move(10003, "OPS-3")
    cloud.state.forbid(10002)
    asked = ["INC-3", "10002", "INC-1", "10001", "INC-404"]
    answer = cloud.post("issue/bulkfetch", issueIdsOrKeys=asked, fields=["summary"])
    assert [(issue["id"], issue["key"]) for issue in answer["issues"]] == [
        ("10001", "INC-1"),
        ("10003", "OPS-3"),
    ]
    assert answer["issues"][0]["fields"] == {"summary": "Incident 1"}
    assert answer["issueErrors"] == []


@pytest.mark.parametrize(("count", "code"), [(100, 200), (101, 400)])
def test_bulk_fetch_has_limits(cloud: Site, count: int, code: int) -> None:
    body = {"issueIdsOrKeys": [str(n) for n in range(10_001, 10_001 + count)]}
    assert cloud.ask("POST", "issue/bulkfetch", json=body).status_code == code


def test_bulk_fetch_is_not_on_data_center(datacenter: Site) -> None:
    body = {"issueIdsOrKeys": ["10001"]}
    assert datacenter.ask("POST", "issue/bulkfetch", json=body).status_code == 404
    assert datacenter.ask("POST", "/rest/api/3/search", json=body).status_code == 404


def test_repeated_bulk_fetch_shows_changes_of_issues_and_people(cloud: Site) -> None:
    body = {"issueIdsOrKeys": ["10001"], "fields": ["summary", "assignee"]}
    cloud.post("issue/bulkfetch", **body)
    cloud.state.edit(10001, "acc-eve", summary="Other")
    fields = cloud.post("issue/bulkfetch", **body)["issues"][0]["fields"]
    assert (fields["summary"], fields["assignee"]["displayName"]) == ("Other", "Ada Lovelace")
    cloud.state.add_user(replace(ADA, name="Ada King"))
    fields = cloud.post("issue/bulkfetch", **body)["issues"][0]["fields"]
    assert (fields["summary"], fields["assignee"]["displayName"]) == ("Other", "Ada King")


# History


def test_changelog_tells_field_ids_and_both_ends(cloud: Site) -> None:
    cloud.state.edit(10001, "acc-eve", status="Resolved", assignee="acc-eve", customfield_11064="4")
    change = cloud.get("issue/10001", expand="changelog")["changelog"]["histories"][0]
    items = {item["fieldId"]: item for item in change["items"]}
    assert change["author"]["accountId"] == "acc-eve"
    assert change["created"] == "2026-11-22T21:00:00.000+0000"
    status = items["status"]
    assert (status["field"], status["fromString"], status["toString"]) == (
        "status",
        "Open",
        "Resolved",
    )
    assert (status["from"], status["to"]) == ("1", "5")
    assert (items["assignee"]["from"], items["assignee"]["toString"]) == ("acc-ada", "Eve Hidden")
    option = items["customfield_11064"]
    assert (option["field"], option["fromString"], option["toString"]) == ("Priority", None, "4")


def test_expanded_changelog_is_newest_first_on_cloud_only(cloud: Site, datacenter: Site) -> None:
    for site, order in ((cloud, ["C", "B"]), (datacenter, ["B", "C"])):
        site.state.edit(10001, "acc-ada", summary="B")
        site.state.edit(10001, "acc-ada", summary="C")
        log = site.get("issue/10001", expand="changelog")["changelog"]
        assert [entry["items"][0]["toString"] for entry in log["histories"]] == order
        assert log["total"] == 2


def test_changelog_bulk_fetch_filters_pages_and_counts_in_milliseconds(cloud: Site) -> None:
    for issue, title in ((10001, "a"), (10002, "b"), (10001, "c")):
        cloud.clock.pass_seconds(1)
        cloud.state.edit(issue, "acc-ada", summary=title, priority=None)
    body = {"issueIdsOrKeys": ["INC-1", "10002", "404"], "fieldIds": ["summary"], "maxResults": 2}
    first = cloud.post("changelog/bulkfetch", **body)
    assert [log["issueId"] for log in first["issueChangeLogs"]] == ["10001", "10002"]
    entry = first["issueChangeLogs"][0]["changeHistories"][0]
    assert entry["created"] == int(START.timestamp() * 1000) + 1000
    assert [item["fieldId"] for item in entry["items"]] == ["summary"]
    last = cloud.post("changelog/bulkfetch", **body, nextPageToken=first["nextPageToken"])
    assert last["issueChangeLogs"][0]["changeHistories"][0]["items"][0]["toString"] == "c"
    assert "nextPageToken" not in last


@pytest.mark.parametrize(("ids", "fields", "code"), [(1000, 10, 200), (1001, 1, 400), (1, 11, 400)])
def test_changelog_bulk_fetch_has_limits(cloud: Site, ids: int, fields: int, code: int) -> None:
    body = {"issueIdsOrKeys": ["10001"] * ids, "fieldIds": ["status"] * fields}
    assert cloud.ask("POST", "changelog/bulkfetch", json=body).status_code == code


# Searching


def test_classic_search_pages_by_50_and_cuts_at_the_cap_silently(datacenter: Site) -> None:
    for number in range(4, 121):
        datacenter.state.add_issue(f"INC-{number}", 10_000 + number)
    jql = "project = INC ORDER BY key ASC"
    page = datacenter.get("search", jql=jql, fields="summary")
    assert (len(page["issues"]), page["maxResults"], page["total"]) == (50, 50, 120)
    datacenter.state.search_cap = 100
    page = datacenter.post("search", jql=jql, startAt=10, maxResults=500, fields=["summary"])
    assert (len(page["issues"]), page["maxResults"], page["issues"][0]["key"]) == (
        100,
        100,
        "INC-11",
    )


def test_one_missing_key_fails_the_classic_search_unless_it_is_lenient(datacenter: Site) -> None:
    datacenter.state.forbid(10002)
    body = {"jql": 'key in (INC-1, "INC-2", INC-404)', "fields": ["summary"]}
    refused = datacenter.ask("POST", "search", json=body)
    assert refused.status_code == 400
    assert refused.json()["errorMessages"] == [
        "An issue with key 'INC-2' does not exist for field 'key'.",
        "An issue with key 'INC-404' does not exist for field 'key'.",
    ]
    for lenient in (False, "none", "warn"):
        found = datacenter.post("search", **body, validateQuery=lenient)["issues"]
        assert [issue["key"] for issue in found] == ["INC-1"]


def test_search_does_not_show_what_is_forbidden(datacenter: Site) -> None:
    datacenter.state.forbid(10002)
    found = datacenter.post("search", jql="project = INC")["issues"]
    assert [issue["id"] for issue in found] == ["10001", "10003"]


def test_classic_search_is_gone_on_cloud(cloud: Site) -> None:
    assert cloud.ask("GET", "search", params={"jql": "project = INC"}).status_code == 410
    assert cloud.ask("POST", "/rest/api/3/search", json={}).status_code == 410


def test_cloud_search_gives_ids_alone_until_fields_are_asked_for(cloud: Site) -> None:
    jql = "project = INC AND issuetype = 'incident' ORDER BY id DESC"
    assert cloud.post("search/jql", jql=jql) == {
        "issues": [{"id": "10003"}, {"id": "10002"}, {"id": "10001"}],
        "isLast": True,
    }
    asked = cloud.get("/rest/api/3/search/jql", jql="key = INC-2", fields="summary")["issues"]
    assert (asked[0]["key"], asked[0]["fields"]) == ("INC-2", {"summary": "Incident 2"})


def test_cloud_search_pages_by_token_with_100_at_most_when_fields_are_asked(cloud: Site) -> None:
    for number in range(4, 121):
        cloud.state.add_issue(f"INC-{number}", 10_000 + number)
    body = {"jql": "project = INC", "maxResults": 250, "fields": ["key", "summary"]}
    first = cloud.post("search/jql", **body)
    assert (len(first["issues"]), first["isLast"]) == (100, False)
    last = cloud.post("search/jql", **body, nextPageToken=first["nextPageToken"])
    assert (len(last["issues"]), last["isLast"], "nextPageToken" in last) == (20, True, False)
    body["fields"] = []
    assert len(cloud.post("search/jql", **body)["issues"]) == 120


def test_page_token_belongs_to_its_query_and_its_reconciled_issues(cloud: Site) -> None:
    body = {"jql": "project = INC", "maxResults": 1, "reconcileIssues": [10001]}
    token = cloud.post("search/jql", **body)["nextPageToken"]
    body["reconcileIssues"] = [10002]
    refused = cloud.ask("POST", "search/jql", json=body | {"nextPageToken": token})
    assert refused.status_code == 400


@pytest.mark.parametrize("jql", ["", "order by created DESC"])
def test_unbounded_query_is_refused_on_cloud_only(cloud: Site, datacenter: Site, jql: str) -> None:
    assert cloud.ask("POST", "search/jql", json={"jql": jql}).status_code == 400
    assert datacenter.post("search", jql=jql)["total"] == 3


@pytest.mark.parametrize(
    "jql",
    [
        "project",
        "summary = x",
        "project = INC OR",
        "(key = INC-1",
        "created >= 2026-11-22",
        "key > 1",
    ],
)
def test_jql_beyond_the_simulator_is_refused_and_not_guessed(site: Site, jql: str) -> None:
    path = "search/jql" if site.state.deployment == "cloud" else "search"
    assert site.ask("POST", path, json={"jql": jql}).status_code == 400


def test_search_lags_behind_and_reading_does_not(cloud: Site) -> None:
    cloud.state.index_lag = 5
    cloud.state.edit(10001, "acc-ada", summary="New")
    body = {"jql": "id in (10001)", "fields": ["summary"]}

    def found(**more: Any) -> str:
        issues = cloud.post("search/jql", **body, **more)["issues"]
        return str(issues[0]["fields"]["summary"])

    assert found() == "Incident 1"
    assert found(reconcileIssues=[10001]) == "New"
    assert cloud.get("issue/10001")["fields"]["summary"] == "New"
    fetched = cloud.post("issue/bulkfetch", issueIdsOrKeys=["10001"])["issues"]
    assert fetched[0]["fields"]["summary"] == "New"
    cloud.clock.pass_seconds(3)
    cloud.state.edit(10001, "acc-ada", summary="Newer")
    assert found() == "Incident 1"
    cloud.clock.pass_seconds(2)
    assert found() == "New"
    cloud.clock.pass_seconds(3)
    assert found() == "Newer"


def test_index_learns_of_created_and_deleted_issues_late(cloud: Site) -> None:
    cloud.state.index_lag = 5
    created = cloud.state.create("INC", "Incident", {"summary": "Fresh"})
    cloud.state.delete(10003)
    assert (created.id, created.key) == (10004, "INC-4")

    def ids() -> list[str]:
        issues = cloud.post("search/jql", jql="project = INC")["issues"]
        return [issue["id"] for issue in issues]

    assert ids() == ["10001", "10002", "10003"]
    cloud.clock.pass_seconds(5)
    assert ids() == ["10001", "10002", "10004"]


def test_more_than_50_issues_cannot_be_reconciled(cloud: Site) -> None:
    body = {"jql": "project = INC", "reconcileIssues": list(range(51))}
    assert cloud.ask("POST", "search/jql", json=body).status_code == 400


# Writing


def test_edit_sets_every_kind_of_field_in_one_request(site: Site) -> None:
    account = "accountId" if site.state.deployment == "cloud" else "name"
    site.clock.pass_seconds(60)
    reply = site.put(
        10001,
        summary="New",
        description="text",
        priority={"name": "Low"},
        customfield_11064={"value": "4"},
        assignee={account: "acc-eve"},
    )
    assert (reply.status_code, reply.content) == (204, b"")
    record = site.state.issue(10001)
    wanted = {
        "summary": "New",
        "description": "text",
        "priority": "Low",
        "customfield_11064": "4",
        "assignee": "acc-eve",
    }
    assert {field: record.values[field] for field in wanted} == wanted
    assert record.updated == site.clock.time
    (change,) = site.state.history(10001)
    assert (change.author, len(change.items)) == ("bot", 5)


def test_priority_by_id_and_null_assignee(cloud: Site) -> None:
    assert cloud.put(10001, priority={"id": "1"}, assignee=None).status_code == 204
    values = cloud.state.issue(10001).values
    assert (values["priority"], values["assignee"]) == ("Highest", None)


def test_edit_ignores_a_transition(site: Site) -> None:
    body = {"transition": {"id": "11"}, "fields": {"summary": "New"}}
    assert site.ask("PUT", "issue/10001", json=body).status_code == 204
    assert site.status(10001) == "Open"


def test_summary_has_255_characters_and_no_line_break(cloud: Site) -> None:
    assert cloud.put(10001, summary="x" * 255).status_code == 204
    assert "summary" in cloud.errors(10001, summary="x" * 256)
    assert "newline" in cloud.errors(10001, summary="a\nb")["summary"]
    assert "summary" in cloud.errors(10001, summary=" ")


def test_description_has_32767_characters(cloud: Site) -> None:
    assert cloud.put(10001, description="x" * 32_767).status_code == 204
    assert "32,767" in cloud.errors(10001, description="x" * 32_768)["description"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("assignee", {"accountId": "nobody", "name": "nobody"}),
        ("assignee", {"accountId": "acc-gone", "name": "acc-gone"}),
        ("priority", {"name": "Urgent"}),
        ("customfield_11064", {"value": "9"}),
        ("customfield_99999", "x"),
        ("status", {"name": "Closed"}),
    ],
)
def test_invalid_field_is_named_and_nothing_is_written(site: Site, field: str, value: Any) -> None:
    assert set(site.errors(10001, summary="New", **{field: value})) == {field}
    assert site.state.issue(10001).values["summary"] == "Incident 1"


def test_field_off_the_screen_cannot_be_set(cloud: Site) -> None:
    cloud.state.off_screen.add("priority")
    errors = cloud.errors(10001, priority={"name": "Low"})
    assert errors["priority"] == (
        "Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."
    )


def test_same_value_is_no_change(cloud: Site) -> None:
    cloud.clock.pass_seconds(60)
    assert cloud.put(10001, summary="Incident 1").status_code == 204
    assert cloud.state.history(10001) == []
    assert cloud.state.issue(10001).updated == START - timedelta(days=1)


def test_lost_race_is_409_and_the_other_write_stands(site: Site) -> None:
    site.state.race(10001, "acc-eve", summary="Theirs")
    assert site.put(10001, summary="Ours").status_code == 409
    assert site.state.issue(10001).values["summary"] == "Theirs"
    assert site.put(10001, summary="Ours").status_code == 204


def test_create_takes_the_next_key_and_needs_project_type_and_summary(cloud: Site) -> None:
    fields = {"project": {"key": "INC"}, "issuetype": {"name": "Incident"}, "summary": "Born"}
    reply = cloud.ask("POST", "issue", json={"fields": fields})
    assert reply.status_code == 201
    created = reply.json()
    assert (set(created), created["key"]) == ({"id", "key", "self"}, "INC-4")
    assert cloud.get("issue/INC-4")["fields"]["reporter"]["accountId"] == "bot"
    for field in fields:
        lacking = {name: value for name, value in fields.items() if name != field}
        refused = cloud.ask("POST", "issue", json={"fields": lacking})
        assert (refused.status_code, set(refused.json()["errors"])) == (400, {field})


def test_comment_is_kept_with_its_author(site: Site) -> None:
    assert site.ask("POST", "issue/INC-1/comment", json={"body": "Hi"}).status_code == 201
    assert site.state.comments == [(10001, "bot", "Hi")]


# Transitions


def test_transitions_exist_only_from_the_current_status(site: Site) -> None:
    offered = site.get("issue/10001/transitions")["transitions"]
    assert [(way["id"], way["name"], way["to"]["name"]) for way in offered] == [
        ("11", "Start work", "In Progress")
    ]
    assert site.move_on(10001, "31").status_code == 400
    assert site.move_on(10001, "11").status_code == 204
    assert site.status(10001) == "In Progress"
    assert site.move_on(10001, "11").status_code == 400


def test_required_screen_field_is_shown_and_asked_for(cloud: Site) -> None:
    cloud.state.edit(10001, "acc-ada", status="Resolved")
    (way, _) = cloud.get("issue/10001/transitions", expand="transitions.fields")["transitions"]
    resolution = way["fields"]["resolution"]
    assert (resolution["required"], resolution["name"]) == (True, "Resolution")
    assert resolution["allowedValues"][0]["name"] == "Done"
    refused = cloud.move_on(10001, way["id"])
    assert refused.json()["errors"] == {"resolution": "Resolution is required."}
    assert cloud.move_on(10001, way["id"], resolution={"name": "Never"}).status_code == 400
    assert cloud.status(10001) == "Resolved"
    assert cloud.move_on(10001, way["id"], resolution={"name": "Duplicate"}).status_code == 204
    assert cloud.state.issue(10001).values["resolution"] == "Duplicate"


def test_field_that_is_not_on_the_transitions_screen_is_refused(cloud: Site) -> None:
    assert cloud.move_on(10001, "11", resolution={"name": "Done"}).status_code == 400
    assert cloud.status(10001) == "Open"


def test_reopened_issue_has_no_resolution(cloud: Site) -> None:
    cloud.state.edit(10001, "acc-ada", status="Closed")
    assert cloud.state.issue(10001).values["resolution"] == "Done"
    assert cloud.move_on(10001, "51").status_code == 204
    assert cloud.state.issue(10001).values["resolution"] is None


def test_no_permission_is_an_empty_list(cloud: Site) -> None:
    cloud.state.may_transition = False
    assert cloud.get("issue/10001/transitions")["transitions"] == []
    assert cloud.move_on(10001, "11").status_code == 400


def test_lost_transition_is_409(cloud: Site) -> None:
    cloud.state.race(10001, "acc-eve", status="In Review")
    assert cloud.move_on(10001, "11").status_code == 409
    assert cloud.status(10001) == "In Review"


@pytest.mark.parametrize("flow", [RAID, FIREFIGHTER])
def test_every_status_can_be_reached_from_every_other(flow: Workflow) -> None:
    for start in flow.statuses:
        reached = {start.name}
        for _ in flow.statuses:
            reached |= {way.target for name in tuple(reached) for way in flow.leaving(name)}
        names = {status.name for status in flow.statuses}
        assert reached | {"To Do"} == names | {"To Do"}  # nothing goes back to "To Do"


def test_other_workflow_for_a_project_and_type(cloud: Site) -> None:
    cloud.state.workflows = {("PAY", "Incident"): FIREFIGHTER}
    cloud.state.add_issue("PAY-1", 10101)
    assert cloud.status(10101) == "Incoming"
    with pytest.raises(ValueError, match="has no status 'Open'"):
        cloud.state.edit(10101, "acc-ada", status="Open")


def test_a_default_is_filled_in_where_nothing_is_given(cloud: Site) -> None:
    screen = (ScreenField("resolution", "Resolution", default="Duplicate"),)
    start = replace(RAID.transitions[0], screen=screen)
    cloud.state.workflow = replace(RAID, transitions=(start,))
    (way,) = cloud.get("issue/10001/transitions", expand="transitions.fields")["transitions"]
    resolution = way["fields"]["resolution"]
    assert (resolution["required"], resolution["hasDefaultValue"]) == (True, True)
    assert cloud.move_on(10001, "11").status_code == 204
    assert cloud.state.issue(10001).values["resolution"] == "Duplicate"


def test_the_statuses_of_a_project_stand_by_issue_type(site: Site) -> None:
    site.state.workflows = {("INC", "Bug"): FIREFIGHTER}
    kinds = {kind["name"]: kind for kind in site.get("project/INC/statuses")}
    assert list(kinds) == ["Incident", "Bug"]
    names = [status["name"] for status in kinds["Bug"]["statuses"]]
    assert names == [status.name for status in FIREFIGHTER.statuses]
    assert {status["statusCategory"]["key"] for status in kinds["Incident"]["statuses"]} == {
        "new",
        "indeterminate",
        "done",
    }
    assert site.ask("GET", "project/NONE/statuses").status_code == 404


# Permissions, limits and automation


PERMISSIONS = "EDIT_ISSUES,TRANSITION_ISSUES,ASSIGN_ISSUES"


def held(site: Site) -> dict[str, bool]:
    answer = site.get("mypermissions", projectKey="INC", permissions=PERMISSIONS)
    return {name: told["havePermission"] for name, told in answer["permissions"].items()}


@pytest.mark.parametrize("switch", ["may_edit", "may_transition", "may_assign"])
def test_permissions_are_told_as_they_are(site: Site, switch: str) -> None:
    assert all(held(site).values())
    setattr(site.state, switch, False)
    name = {"may_edit": "EDIT", "may_transition": "TRANSITION", "may_assign": "ASSIGN"}[switch]
    lacking = {permission for permission, has in held(site).items() if not has}
    older = {f"{name}_ISSUE"} if site.state.deployment == "datacenter" else set()
    assert lacking == {f"{name}_ISSUES"} | older


def test_cloud_tells_what_is_asked_and_data_center_everything(
    cloud: Site, datacenter: Site
) -> None:
    assert set(held(cloud)) == set(PERMISSIONS.split(","))
    assert set(held(datacenter)) > set(PERMISSIONS.split(","))
    assert cloud.ask("GET", "mypermissions").status_code == 400
    assert cloud.ask("GET", "mypermissions", params={"permissions": "FLY"}).status_code == 400


def test_permissions_of_no_project_and_permissions_not_told(site: Site) -> None:
    query = {"projectKey": "NONE", "permissions": PERMISSIONS}
    assert site.ask("GET", "mypermissions", params=query).status_code == 404
    site.state.tells_permissions = False
    query["projectKey"] = "INC"
    assert site.ask("GET", "mypermissions", params=query).status_code == 404


def test_an_edit_without_permission_is_403(site: Site) -> None:
    site.state.may_edit = False
    assert site.put(10001, summary="New").status_code == 403
    assert site.state.history(10001) == []
    assert site.move_on(10001, "11").status_code == 204


def test_who_may_not_assign_is_told_of_the_assignee(site: Site) -> None:
    site.state.may_assign = False
    assert set(site.errors(10001, assignee=None, summary="New")) == {"assignee"}
    assert site.put(10001, summary="New").status_code == 204


def test_an_unassignable_account_reports_and_is_not_assigned(site: Site) -> None:
    key = "accountId" if site.state.deployment == "cloud" else "name"
    site.state.unassignable.add("acc-eve")
    errors = site.errors(10001, assignee={key: "acc-eve"})
    assert errors == {"assignee": "User 'acc-eve' cannot be assigned issues."}
    assert site.put(10001, reporter={key: "acc-eve"}).status_code == 204


def test_one_issue_takes_only_so_many_writes() -> None:
    clock = Clock()
    state = JiraState(users=(BOT,), now=clock)
    for number in (1, 2):
        state.add_issue(f"INC-{number}", 10_000 + number)
    answer = jira_answer(state, issue_limit=(20, 10))
    with LoopbackServer(answer) as server, requests.Session() as http:
        site = Site(state, clock, server.url, http)
        assert site.move_on(10001, "11").status_code == 204
        codes = {site.put(10001, summary=f"Title {n}").status_code for n in range(19)}
        refused = site.put(10001, summary="One too many")
        assert (codes, refused.status_code) == ({204}, 429)
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["RateLimit-Reason"] == "jira-per-issue-on-write"
        assert site.put(10002, summary="Another").status_code == 204
        assert site.get("issue/10001")["fields"]["summary"] == "Title 18"
        clock.pass_seconds(0.1)
        assert site.put(10001, summary="Later").status_code == 204


def test_automation_acts_after_a_write_and_before_its_answer(site: Site) -> None:
    told: list[int] = []

    def automation(state: JiraState, issue: int) -> None:
        told.append(issue)
        state.edit(issue, "acc-eve", description=f"seen {state.issue(issue).values['summary']}")

    site.state.after_write = automation
    assert site.put(10001, summary="New").status_code == 204
    assert site.state.issue(10001).values["description"] == "seen New"
    assert site.move_on(10002, "11").status_code == 204
    assert site.put(10003, summary="").status_code == 400  # nothing was written
    site.get("issue/10003")
    assert told == [10001, 10002]


# Text


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("a  \nb\n\n\n", "a\nb"),
        ("- x\n- y-z\n-1", "* x\n* y-z\n-1"),
        ("\n", None),
    ],
)
def test_markup_comes_back_changed_once_and_stays(site: Site, sent: str, back: str | None) -> None:
    site.put(10001, description=sent)
    assert site.get("issue/10001")["fields"]["description"] == back
    assert normalised(back or "") == (back or "")


def test_v3_speaks_documents_and_v2_wiki_text(cloud: Site) -> None:
    text = "* a\n* b\n\nfirst\nsecond"
    body = {"fields": {"description": to_document(text)}}
    assert cloud.ask("PUT", "/rest/api/3/issue/10001", json=body).status_code == 204
    assert cloud.get("issue/10001")["fields"]["description"] == text
    document = cloud.get("/rest/api/3/issue/10001")["fields"]["description"]
    assert [block["type"] for block in document["content"]] == ["bulletList", "paragraph"]
    assert from_document(document) == text
    as_text = {"fields": {"description": text}}
    assert cloud.ask("PUT", "/rest/api/3/issue/10001", json=as_text).status_code == 400
    assert "description" in cloud.errors(10001, description=document)


# Users


@pytest.mark.parametrize("text", ["ada", "LOVE", "Ada L", "ada@ex"])
def test_users_are_found_by_prefix_of_name_or_email(site: Site, text: str) -> None:
    parameter = "query" if site.state.deployment == "cloud" else "username"
    found = site.get("user/search", **{parameter: text})
    assert "Ada Lovelace" in [person["displayName"] for person in found]
    assert site.get("user/search", **{parameter: "lace"}) == []


def test_without_browse_users_nobody_is_found(site: Site) -> None:
    site.state.browse_users = False
    assert site.get("user/search", query="ada", username="ada") == []


def test_inactive_users_are_not_assignable(site: Site) -> None:
    found = site.get("user/assignable/search", query="gone", username="gone", issueKey="INC-1")
    assert found == []


def test_unknown_user_is_404(site: Site) -> None:
    query = {"accountId": "nobody", "username": "nobody"}
    assert site.ask("GET", "user", params=query).status_code == 404


# What FireFighter asks


def test_watchers_are_empty_or_404(site: Site) -> None:
    assert site.get("issue/10001/watchers")["watchers"] == []
    assert site.ask("GET", "issue/404/watchers").status_code == 404


def test_workflow_designer_leads_from_incoming_to_closed() -> None:
    state = JiraState(workflow=FIREFIGHTER)
    with LoopbackServer(jira_answer(state)) as server:
        url = f"{server.url}/rest/workflowDesigner/latest/workflows"
        query = {"name": "Incident workflow - v2023.03.13", "_": "1", "draft": "false"}
        layout = requests.get(url, params=query, timeout=5).json()["layout"]
    steps = {status["id"]: status for status in layout["statuses"]}
    assert {f"S<{status['stepId']}>" for status in layout["statuses"]} == set(steps)
    hops = {
        (steps[way["sourceId"]]["name"], steps[way["targetId"]]["name"])
        for way in layout["transitions"]
    }
    assert {
        ("Incoming", "Pending resolution"),
        ("Pending resolution", "in progress"),
        ("in progress", "Reporter validation"),
        ("Reporter validation", "Closed"),
    } <= hops
    assert all(status["statusId"].isdecimal() for status in layout["statuses"])


def test_priority_written_as_firefighter_does(cloud: Site) -> None:
    body = {"fields": {"customfield_11064": {"value": "4"}}, "update": {}}
    assert cloud.ask("PUT", "issue/10001", json=body).status_code == 204
    field = cloud.get("issue/10001")["fields"]["customfield_11064"]
    assert (field["value"], field["id"].isdecimal()) == ("4", True)


def test_issue_created_as_firefighter_does(cloud: Site) -> None:
    fields = {
        "project": {"id": cloud.get("project/INC")["id"]},
        "issuetype": {"name": "Incident"},
        "summary": "Orders",
        "description": "text",
        "reporter": {"id": "acc-ada"},
        "assignee": {"id": "acc-eve"},
        "labels": [""],
        "customfield_11064": {"value": "-"},
        "customfield_11049": [{"value": "PRD"}],
        "customfield_12369": {"value": "Catalog"},
    }
    key = cloud.post("issue", fields=fields)["key"]
    back = cloud.get(f"issue/{key}")["fields"]
    assert back["reporter"]["accountId"] == "acc-ada"
    assert back["assignee"]["accountId"] == "acc-eve"
    assert back["customfield_11049"] == [{"value": "PRD"}]


def test_metadata_lists_what_the_site_has(site: Site) -> None:
    assert [status["name"] for status in site.get("status")][:2] == ["Open", "To Do"]
    assert site.get("priority")[0]["name"] == "Highest"
    names = {field["id"]: field["name"] for field in site.get("field")}
    assert (names["summary"], names["customfield_11064"]) == ("Summary", "Priority")
    assert site.get("project/INC")["key"] == "INC"
    assert site.ask("GET", "project/NONE").status_code == 404


def test_the_edit_screen_shows_what_can_be_set_and_its_choices(site: Site) -> None:
    site.state.off_screen = {"assignee"}
    fields = site.get("issue/10001/editmeta")["fields"]
    assert {"summary", "description", "priority", "customfield_11064"} <= fields.keys()
    assert "assignee" not in fields
    assert fields["priority"]["allowedValues"][0]["name"] == "Highest"
    assert fields["customfield_11064"]["allowedValues"][0]["value"] == "1"
    site.state.may_edit = False
    assert site.get("issue/10001/editmeta") == {"fields": {}}
