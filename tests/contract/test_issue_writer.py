"""What every issue writer keeps to, whichever JIRA it writes and whatever goes wrong on the way."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
import responses

from raidctl.core.mapping.normal import split_tail
from raidctl.core.model import Field, Value
from raidctl.core.paths import ScreenField, Transition
from raidctl.errors import (
    Category,
    FieldsRefusedError,
    LostAnswerError,
    ReadOnlyError,
    ServiceError,
)
from raidctl.gateways.http.client import ReadOnlyAdapter
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import JiraIssues
from raidctl.gateways.jira.transport import JIRA_READS, WritingAdapter
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.sandbox.jira import workflows as jira_workflows
from raidctl.sandbox.jira.workflows import RAID, Status, Workflow
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.trackers import (
    ADA,
    KINDS,
    PLAIN,
    WRITTEN,
    Deployment,
    Kind,
    Site,
    client,
    gateways,
    site,
    writer,
)
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, Fault, refuse, stall

JIRA_URL = "https://jira.example.test"
TITLE: dict[Field, Value] = {Field.TITLE: "New"}
START = Transition("11", "Start work", "In Progress", "indeterminate")
CLOSE = Transition("41", "Close for good", "Closed", "done")
RESOLUTION = {"resolution": {"name": "Duplicate"}}


@pytest.fixture(params=WRITTEN)
def jira(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(WRITTEN[request.param]) as running:
        running.add(1, 2, description="old", priority="High")
        yield running


@pytest.fixture(params=PLAIN)
def plain(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(WRITTEN[request.param]) as running:
        running.add(1, 2)
        yield running


def edit(jira: Site) -> None:
    jira.writer.set_fields(10_001, TITLE)


def move(jira: Site) -> None:
    jira.writer.transition(10_001, START, {})


def done(jira: Site) -> list[bool]:
    """Whether the edit, and whether the transition, took effect."""
    return [jira.values()["summary"] == "New", jira.values()["status"] == "In Progress"]


def written(jira: Site) -> int:
    """How many writes reached the server."""
    return sum(
        method == "PUT" or (path.endswith("/transitions") and method == "POST")
        for method, path in jira.server.requests
    )


WRITES = pytest.mark.parametrize("write", [edit, move])


# Plain fields


def test_plain_fields_are_one_request(plain: Site) -> None:
    values: dict[Field, Value] = {
        Field.TITLE: "Payments are down",
        Field.DESCRIPTION: "First\nsecond\n\nthird",
        Field.PRIORITY: "Low",
        Field.COMMANDER: ADA.account,
    }
    plain.writer.set_fields(10_001, values)
    assert plain.asked("PUT") == ["issue/10001"]
    assert len(plain.server.requests) == 1
    assert plain.values() == {
        "summary": "Payments are down",
        "description": "First\nsecond\n\nthird",
        "priority": "Low",
        "assignee": ADA.account,
        "status": "Open",
    }
    (change,) = plain.state.history(10_001)
    assert len(change.items) == 4


def test_what_is_sent_is_exactly_the_fields(plain: Site) -> None:
    plain.writer.set_fields(10_001, {Field.TITLE: "New", Field.COMMANDER: ADA.account})
    key = "accountId" if plain.deployment == "cloud" else "name"
    (request,) = plain.seen
    assert request.json == {"fields": {"summary": "New", "assignee": {key: ADA.account}}}
    assert request.query == {}  # above all no notifyUsers, which needs an administrator


@pytest.mark.parametrize("field", [Field.DESCRIPTION, Field.PRIORITY, Field.COMMANDER])
def test_none_empties_a_field(jira: Site, field: Field) -> None:
    jira.state.edit(10_001, "bot", assignee=ADA.account)
    name = {"priority": "priority", "commander": "assignee"}.get(field, field)
    assert jira.values()[name] is not None
    jira.writer.set_fields(10_001, {field: None})
    assert jira.values()[name] is None


@pytest.mark.parametrize("name", PLAIN)
def test_an_option_field_takes_the_priority_by_its_value(name: str) -> None:
    with site(WRITTEN[name], priority="customfield_11064") as jira:
        jira.add(1, priority="High")
        jira.writer.set_fields(10_001, {Field.PRIORITY: "4"})
        assert jira.values()["customfield_11064"] == "4"
        assert jira.values()["priority"] == "High"


def test_a_description_arrives_whichever_version_takes_it(jira: Site) -> None:
    text = "First\nsecond\n\nthird"
    jira.writer.set_fields(10_001, {Field.DESCRIPTION: text})
    assert jira.values()["description"] == text


TAIL = "🧯 This incident has been created\nSee [the channel|https://chat.example.test/1]"


def test_a_tail_stays_as_it_is_under_a_new_body(jira: Site) -> None:
    """Version 3 takes no markup: its links would become literal brackets."""
    jira.state.edit(10_001, "acc-eve", description=f"It is [broken|https://x.test].\n\n{TAIL}")
    (read,) = jira.tracker.current([10_001])
    assert read is not None
    _, tail = split_tail(str(read.values[Field.DESCRIPTION]), ["🧯"])
    jira.writer.set_fields(10_001, {Field.DESCRIPTION: f"It works [again].\n\n{tail}"})
    documented = any(path.startswith("/rest/api/3/") for _, path in jira.server.requests)
    again = "\\[again]" if documented else "[again]"  # in version 3 it is no markup
    assert jira.values()["description"] == f"It works {again}.\n\n{TAIL}"


@pytest.mark.parametrize("served", ["cloud-v3", "bulk requests alone"])
def test_what_is_read_as_a_document_is_written_as_one(served: str) -> None:
    kind = WRITTEN["cloud-v3"] if served == "cloud-v3" else KINDS["cloud-v3"]
    with site(kind) as jira:
        jira.add(1, description=f"It is broken.\n\n{TAIL}")
        tracker, writer = gateways("cloud", client("cloud", jira.server.url, WritingAdapter(4)), "")
        (read,) = tracker.current([10_001])
        assert read is not None
        assert len(read.formatted) == 1
        writer.set_fields(10_001, {Field.DESCRIPTION: f"It works.\n\n{TAIL}"})
        assert jira.asked("PUT")[-1] == "issue/10001"
        assert jira.server.requests[-1][1].startswith("/rest/api/3/")
        assert jira.values()["description"] == f"It works.\n\n{TAIL}"


def test_an_issue_is_written_by_its_id_wherever_it_moved(jira: Site) -> None:
    jira.state.move(10_001, "PAY-9")
    edit(jira)
    assert jira.values()["summary"] == "New"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({Field.PRIORITY: "Urgent", Field.TITLE: "New"}, {Field.PRIORITY}),
        ({Field.COMMANDER: "nobody", Field.TITLE: ""}, {Field.COMMANDER, Field.TITLE}),
        ({Field.COMMANDER: ADA.account, Field.TITLE: "New"}, {Field.COMMANDER}),
    ],
)
def test_fields_that_are_refused_are_named_and_none_is_set(
    jira: Site, values: dict[Field, Value], named: set[Field]
) -> None:
    jira.state.unassignable.add(ADA.account)
    with pytest.raises(FieldsRefusedError) as caught:
        jira.writer.set_fields(10_001, values)
    assert set(caught.value.fields) == named
    assert all(caught.value.fields.values())
    assert caught.value.category is Category.VALIDATION
    assert caught.value.fields[min(named)] in caught.value.seen
    assert jira.values()["summary"] == "Incident 1"
    assert jira.state.history(10_001) == []


def test_a_field_that_may_not_be_assigned_is_named(plain: Site) -> None:
    plain.state.may_assign = False
    with pytest.raises(FieldsRefusedError) as caught:
        plain.writer.set_fields(10_001, {Field.COMMANDER: ADA.account})
    assert set(caught.value.fields) == {Field.COMMANDER}


def test_an_assignee_on_no_edit_screen_has_its_own_request(jira: Site) -> None:
    jira.state.off_screen.add("assignee")
    jira.writer.set_fields(10_001, {Field.TITLE: "New", Field.COMMANDER: ADA.account})
    assert (jira.values()["summary"], jira.values()["assignee"]) == ("New", ADA.account)
    jira.writer.set_fields(10_001, {Field.COMMANDER: None})
    assert jira.values()["assignee"] is None


def test_it_is_asked_for_only_where_the_edit_was_refused(plain: Site) -> None:
    plain.writer.set_fields(10_001, {Field.COMMANDER: ADA.account})
    plain.state.off_screen.add("assignee")
    plain.writer.set_fields(10_001, {Field.COMMANDER: None})
    assert plain.asked("PUT") == ["issue/10001", "issue/10001", "issue/10001/assignee"]
    key = "accountId" if plain.deployment == "cloud" else "name"
    assert plain.seen[-1].json == {key: None}


@pytest.mark.parametrize("switch", ["may_assign", "unassignable"])
def test_an_assignee_refused_both_ways_is_named_and_nothing_is_set(
    plain: Site, switch: str
) -> None:
    plain.state.off_screen.add("assignee")
    setattr(plain.state, switch, False if switch == "may_assign" else {ADA.account})
    with pytest.raises(FieldsRefusedError) as caught:
        plain.writer.set_fields(10_001, {Field.TITLE: "New", Field.COMMANDER: ADA.account})
    assert "assign" in caught.value.fields[Field.COMMANDER]
    assert list(caught.value.fields) == [Field.COMMANDER]
    assert plain.values()["summary"] == "Incident 1"


def test_other_fields_that_are_refused_beside_it_are_named_alone(plain: Site) -> None:
    plain.state.off_screen |= {"assignee", "priority"}
    values: dict[Field, Value] = {Field.PRIORITY: "Low", Field.COMMANDER: ADA.account}
    with pytest.raises(FieldsRefusedError) as caught:
        plain.writer.set_fields(10_001, values)
    assert list(caught.value.fields) == [Field.PRIORITY]
    assert plain.values()["assignee"] == ADA.account


def quiet(jira: Site) -> tuple[JiraIssues, JiraWriter]:
    """Both gateways, the writer of which asks for no mails."""
    deployment = jira.deployment
    http = client(deployment, jira.server.url, WritingAdapter(4))
    reads, _ = gateways(deployment, http, jira.server.url)
    return reads, JiraWriter(http, deployment, Fields("priority"), notify=False)


def test_jira_is_asked_for_no_mails(jira: Site) -> None:
    reads, writes = quiet(jira)
    writes.set_fields(10_001, TITLE)
    assert (jira.values()["summary"], jira.state.mails) == ("New", 0)
    assert reads.notes == ()


def test_where_it_refuses_that_it_is_noted_once(jira: Site) -> None:
    jira.state.may_administer = False
    reads, writes = quiet(jira)
    writes.set_fields(10_001, TITLE)
    writes.set_fields(10_002, TITLE)
    assert (jira.values()["summary"], jira.values(2)["summary"]) == ("New", "New")
    assert jira.state.mails == 2
    (note,) = reads.notes
    assert "jira.notify" in note


def test_without_permission_to_edit_it_is_no_matter_of_mails(plain: Site) -> None:
    plain.state.may_edit = False
    reads, writes = quiet(plain)
    with pytest.raises(HttpError, match="permission to edit issues"):
        writes.set_fields(10_001, TITLE)
    assert reads.notes == ()


def test_an_option_field_that_is_refused_is_our_priority() -> None:
    with site(WRITTEN["cloud"], priority="customfield_11064") as jira:
        jira.add(1)
        with pytest.raises(FieldsRefusedError) as caught:
            jira.writer.set_fields(10_001, {Field.PRIORITY: "9"})
    assert set(caught.value.fields) == {Field.PRIORITY}


@pytest.mark.parametrize("answer", [{"errors": {}}, {"errors": []}, {"errorMessages": ["No."]}, 7])
@responses.activate
def test_a_400_that_names_no_field_is_told_in_jiras_words(answer: object) -> None:
    responses.put(f"{JIRA_URL}/rest/api/2/issue/7", body=json.dumps(answer), status=400)
    with pytest.raises(ServiceError) as caught:
        writer("cloud", JIRA_URL).set_fields(7, TITLE)
    assert not isinstance(caught.value, FieldsRefusedError)
    assert caught.value.category is Category.VALIDATION
    assert ("No." in caught.value.seen) == ("No." in json.dumps(answer))


# What JIRA refuses


@WRITES
def test_an_issue_that_is_gone_is_told(jira: Site, write: Callable[[Site], None]) -> None:
    jira.state.delete(10_001)
    with pytest.raises(ServiceError, match="gone, or hidden") as caught:
        write(jira)
    assert caught.value.category is Category.NOT_FOUND


def test_a_missing_issue_is_not_taken_for_a_path_that_is_not_served() -> None:
    with site(WRITTEN["cloud"]) as jira:
        jira.add(1)
        with pytest.raises(ServiceError, match="gone"):
            jira.writer.set_fields(404, TITLE)
        edit(jira)
        assert [path for _, path in jira.server.requests] == [
            "/rest/api/2/issue/404",
            "/rest/api/2/issue/10001",
        ]


def test_the_version_is_found_once() -> None:
    with site(WRITTEN["cloud-v3"]) as jira:
        jira.add(1, 2)
        for number in (10_001, 10_002):
            jira.writer.set_fields(number, {Field.DESCRIPTION: "text"})
            jira.writer.transition(number, START, {})
        assert [path for _, path in jira.server.requests] == [
            "/rest/api/2/issue/10001",
            "/rest/api/3/issue/10001",  # the description, of which a tail is kept
            "/rest/api/3/issue/10001",
            "/rest/api/2/issue/10001/transitions",
            "/rest/api/3/issue/10001/transitions",
            "/rest/api/3/issue/10002",
            "/rest/api/3/issue/10002",
            "/rest/api/3/issue/10002/transitions",
        ]


@pytest.mark.parametrize("first", [204, 403])
@responses.activate
def test_a_version_that_answered_is_served(first: int) -> None:
    responses.put(f"{JIRA_URL}/rest/api/2/issue/7", status=first)
    responses.put(f"{JIRA_URL}/rest/api/2/issue/7", body="<html/>", status=404)
    gateway = writer("cloud", JIRA_URL)
    with suppress(ServiceError):
        gateway.set_fields(7, TITLE)
    with pytest.raises(ServiceError, match=r"jira\.url"):
        gateway.set_fields(7, TITLE)
    assert len(responses.calls) == 2


@pytest.mark.parametrize("status", [404, 405, 410])
@responses.activate
def test_a_data_center_is_never_asked_for_version_3(status: int) -> None:
    responses.put(f"{JIRA_URL}/rest/api/2/issue/7", body="<html/>", status=status)
    with pytest.raises(ServiceError, match=r"jira\.url") as caught:
        writer("datacenter", JIRA_URL).set_fields(7, TITLE)
    assert caught.value.category is Category.NOT_FOUND
    assert len(responses.calls) == 1


def test_an_edit_without_permission_is_told(plain: Site) -> None:
    plain.state.may_edit = False
    with pytest.raises(ServiceError) as caught:
        edit(plain)
    assert caught.value.category is Category.PERMISSION
    assert "permission to edit issues" in caught.value.advice
    assert "jira.token" in caught.value.advice


@WRITES
def test_a_lost_race_is_a_conflict_and_is_not_repeated(
    jira: Site, write: Callable[[Site], None]
) -> None:
    write(jira)  # the version is known
    jira.state.edit(10_001, "acc-eve", summary="Incident 1", status="Open")
    jira.state.race(10_001, "acc-eve", description="theirs")
    jira.server.forget()
    with pytest.raises(ServiceError) as caught:
        write(jira)
    assert caught.value.category is Category.CONFLICT
    assert not isinstance(caught.value, LostAnswerError)
    assert written(jira) == 1
    assert done(jira) == [False, False]


@pytest.mark.parametrize(
    ("status", "category"),
    [
        (401, Category.AUTH),
        (302, Category.AUTH),
        (403, Category.PERMISSION),
        (409, Category.CONFLICT),
        (413, Category.VALIDATION),
        (418, Category.VALIDATION),
    ],
)
@WRITES
def test_a_refusal_did_not_act_and_is_not_repeated(
    plain: Site, write: Callable[[Site], None], status: int, category: Category
) -> None:
    plain.server.faults = lambda _: refuse(status, body={"errorMessages": ["Because."]})
    with pytest.raises(ServiceError) as caught:
        write(plain)
    assert not isinstance(caught.value, LostAnswerError)
    assert caught.value.category is category
    assert status in {302, 401, 403} or "Because." in caught.value.seen
    assert written(plain) == 1
    assert plain.naps.seconds == []


@responses.activate
def test_an_answer_as_to_anybody_is_refused_credentials() -> None:
    headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    responses.put(f"{JIRA_URL}/rest/api/2/issue/7", status=204, headers=headers)
    with pytest.raises(ServiceError, match="as to anybody") as caught:
        writer("datacenter", JIRA_URL).set_fields(7, TITLE)
    assert caught.value.category is Category.AUTH


# Answers that do not come


LOST = {
    "dropped after": DROP_AFTER,
    "500 after": Fault(reply=Reply(500, "broken")),
    "502 after": Fault(reply=Reply(502)),
    "503 after": Fault(reply=Reply(503, headers={"Retry-After": "1"})),
    "504 after": Fault(reply=Reply(504)),
    "a page": Fault(reply=Reply(200, "<html>Log in</html>", "text/html")),
    "half a JSON": Fault(reply=Reply(200, '{"a"')),
}


@pytest.mark.parametrize("name", LOST)
@WRITES
def test_a_write_whose_answer_is_lost_acted_once(
    plain: Site, write: Callable[[Site], None], name: str
) -> None:
    faults = iter([LOST[name]])
    plain.server.faults = lambda _: next(faults, None)
    with pytest.raises(LostAnswerError, match="nobody knows whether") as caught:
        write(plain)
    assert caught.value.category is Category.NETWORK
    assert written(plain) == 1
    assert done(plain) == [write is edit, write is move]
    assert len(plain.state.history(10_001)) == 1
    assert plain.naps.seconds == []


@pytest.mark.parametrize("fault", [DROP_BEFORE, *map(refuse, (500, 502, 503, 504))], ids=repr)
@WRITES
def test_a_write_that_may_have_acted_is_not_repeated_either(
    plain: Site, write: Callable[[Site], None], fault: Fault
) -> None:
    plain.server.faults = lambda _: fault
    with pytest.raises(LostAnswerError):
        write(plain)
    assert written(plain) == 1
    assert done(plain) == [False, False]


@pytest.mark.parametrize("deployment", PLAIN)
def test_a_write_that_is_not_answered_in_time_is_not_repeated(deployment: Deployment) -> None:
    with site(Kind(deployment)) as jira:
        jira.add(1)
        jira.server.faults = lambda _: stall(0.9)
        hasty = writer(deployment, jira.server.url, timeout=0.3)
        with pytest.raises(LostAnswerError, match=r"no answer within 0\.3 seconds"):
            hasty.set_fields(10_001, TITLE)
        assert written(jira) == 1


@WRITES
def test_a_write_that_was_asked_to_wait_is_repeated(
    plain: Site, write: Callable[[Site], None]
) -> None:
    faults = iter([refuse(429, "7"), refuse(429)])
    plain.server.faults = lambda _: next(faults, None)
    write(plain)
    assert plain.naps.seconds == [7, 4]
    assert written(plain) == 3
    assert done(plain) == [write is edit, write is move]
    assert len(plain.state.history(10_001)) == 1


def test_a_limit_that_does_not_pass_is_no_lost_answer(plain: Site) -> None:
    plain.server.faults = lambda _: refuse(429)
    with pytest.raises(ServiceError) as caught:
        edit(plain)
    assert not isinstance(caught.value, LostAnswerError)
    assert caught.value.category is Category.RATE_LIMIT
    assert written(plain) == 4


def test_a_write_that_found_no_connection_is_repeated() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gateway = writer("cloud", f"http://127.0.0.1:{port}")
    with pytest.raises(ServiceError, match="connection refused") as caught:
        gateway.set_fields(10_001, TITLE)
    assert not isinstance(caught.value, LostAnswerError)
    assert gateway._http.sent == 4


def test_a_read_between_writes_is_repeated(plain: Site) -> None:
    faults = iter([DROP_AFTER, refuse(503)])
    plain.server.faults = lambda _: next(faults, None)
    assert [way.id for way in plain.writer.transitions(10_001)] == ["11"]


# Transitions


def test_the_ways_out_of_a_status(jira: Site) -> None:
    jira.state.edit(10_001, "acc-eve", status="In Progress")
    ways = jira.writer.transitions(10_001)
    assert [(way.id, way.name, way.to, way.category) for way in ways] == [
        ("13", "Stop work", "Open", "new"),
        ("21", "Ask for review", "In Review", "indeterminate"),
        ("22", "Block", "Blocked", "indeterminate"),
        ("23", "Wait", "Waiting", "indeterminate"),
        ("31", "Resolve", "Resolved", "done"),
    ]
    assert all(way.required == () and way.screen == () for way in ways)


def test_a_required_field_is_told_by_id_and_name(jira: Site) -> None:
    jira.state.edit(10_001, "acc-eve", status="Resolved")
    (close, _) = jira.writer.transitions(10_001)
    assert close == replace(CLOSE, required=(ScreenField("resolution", "Resolution"),))
    assert close.screen == ("resolution",)


def test_a_field_that_jira_fills_in_is_not_required() -> None:
    screen = (
        jira_workflows.ScreenField("resolution", "Resolution", default="Done"),
        jira_workflows.ScreenField("summary", "Summary"),
        jira_workflows.ScreenField("labels", "Labels", required=False),
    )
    ways = tuple(replace(w, screen=screen if w.id == "41" else ()) for w in RAID.transitions)
    with site(WRITTEN["cloud"], workflow=replace(RAID, transitions=ways)) as jira:
        jira.add(1, status="Resolved")
        (close, _) = jira.writer.transitions(10_001)
    assert close.required == ()
    assert close.screen == ("resolution", "summary", "labels")


def test_a_status_goes_by_the_name_that_no_language_changes() -> None:
    german = Status("3", "In Arbeit", "indeterminate", untranslated="In Progress")
    start = jira_workflows.Transition("11", "Los", ("Open",), "In Arbeit")
    flow = Workflow("w", (RAID.statuses[0], german), (start,))
    with site(WRITTEN["cloud"], workflow=flow) as jira:
        jira.add(1)
        (way,) = jira.writer.transitions(10_001)
        assert way.to == "In Progress"
        assert jira.writer.statuses("INC", "Incident") == ["Open", "In Progress"]


def test_a_target_that_is_named_otherwise_is_known_by_its_id() -> None:
    german = Status("3", "In Arbeit", "indeterminate", untranslated="In Progress")
    start = jira_workflows.Transition("11", "Los", ("Open",), "In Arbeit")
    flow = Workflow("w", (RAID.statuses[0], german), (start,))
    with site(WRITTEN["cloud"], workflow=flow, translates_targets=True) as jira:
        jira.add(1)
        (way,) = jira.writer.transitions(10_001)
        assert way.to == "In Arbeit"  # as long as nothing tells what 3 is
        jira.writer.statuses("INC", "Incident")
        (way,) = jira.writer.transitions(10_001)
        assert way.to == "In Progress"


def test_without_permission_there_is_no_way(jira: Site) -> None:
    jira.state.may_transition = False
    assert jira.writer.transitions(10_001) == []


def test_a_transition_is_taken(jira: Site) -> None:
    jira.writer.transition(10_001, START, {})
    assert jira.values()["status"] == "In Progress"
    assert json.loads(jira.seen[-1].body) == {"transition": {"id": "11"}}


def test_a_transition_is_taken_with_its_fields(jira: Site) -> None:
    jira.state.edit(10_001, "acc-eve", status="Resolved")
    jira.writer.transition(10_001, CLOSE, RESOLUTION)
    assert jira.values()["resolution"] == "Duplicate"


@pytest.mark.parametrize("fields", [{}, {"resolution": {"name": "Never"}}])
def test_a_field_that_a_transition_lacks_is_named(jira: Site, fields: dict[str, object]) -> None:
    jira.state.edit(10_001, "acc-eve", status="Resolved")
    with pytest.raises(FieldsRefusedError) as caught:
        jira.writer.transition(10_001, CLOSE, fields)
    assert set(caught.value.fields) == {"resolution"}
    assert jira.values()["status"] == "Resolved"


def test_a_transition_that_another_took_first_is_a_conflict(jira: Site) -> None:
    (way,) = jira.writer.transitions(10_001)
    jira.state.edit(10_001, "acc-eve", status="In Review")
    with pytest.raises(ServiceError, match="changed meanwhile") as caught:
        jira.writer.transition(10_001, way, {})
    assert caught.value.category is Category.CONFLICT
    assert jira.values()["status"] == "In Review"


def test_a_condition_that_is_not_met_is_no_conflict() -> None:
    def stubborn(request: Request, answer: Answer) -> Reply:
        if request.method == "POST":
            return Reply(400, {"errorMessages": ["Sub-tasks are open."], "errors": {}})
        return answer(request)

    with site(Kind("cloud", stubborn)) as jira:
        jira.add(1)
        with pytest.raises(ServiceError, match="Sub-tasks are open") as caught:
            jira.writer.transition(10_001, START, {})
    assert caught.value.category is Category.VALIDATION


def test_automation_may_move_the_issue_on_before_the_answer(plain: Site) -> None:
    def automation(state: JiraState, issue: int) -> None:
        state.edit(issue, "acc-eve", status="In Review")

    plain.state.after_write = automation
    move(plain)
    assert plain.values()["status"] == "In Review"


NO_TRANSITIONS: list[object] = [
    None,
    [],
    {},
    {"transitions": 7},
    {"transitions": [7]},
    {"transitions": [{"id": "1", "name": "x"}]},
    {"transitions": [{"id": "1", "name": "x", "to": {"name": "Open"}}]},
    {"transitions": [{"id": "1", "name": "x", "to": None}]},
    {"transitions": [{"id": "1", "fields": {"a": 7}}]},
]


@pytest.mark.parametrize("answer", NO_TRANSITIONS, ids=str)
@responses.activate
def test_transitions_that_are_not_jiras(answer: object) -> None:
    responses.get(f"{JIRA_URL}/rest/api/2/issue/7/transitions", body=json.dumps(answer))
    with pytest.raises(ServiceError, match="not JIRA's"):
        writer("datacenter", JIRA_URL).transitions(7)


# What may be known beforehand


@pytest.mark.parametrize(
    ("switch", "name"),
    [
        ("may_edit", "EDIT_ISSUES"),
        ("may_transition", "TRANSITION_ISSUES"),
        ("may_assign", "ASSIGN_ISSUES"),
    ],
)
def test_a_missing_permission_is_told(jira: Site, switch: str, name: str) -> None:
    assert jira.writer.missing_permissions("INC") == []
    setattr(jira.state, switch, False)
    assert jira.writer.missing_permissions("INC") == [name]


def test_no_news_of_permissions_is_good_news(jira: Site) -> None:
    jira.state.tells_permissions = jira.state.may_edit = False
    assert jira.writer.missing_permissions("INC") == []
    assert jira.writer.missing_permissions("NONE") == []


def held(**permissions: bool) -> dict[str, Any]:
    return {"permissions": {name: {"havePermission": has} for name, has in permissions.items()}}


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (held(EDIT_ISSUE=False, TRANSITION_ISSUE=True), ["EDIT_ISSUES"]),
        (held(ASSIGN_ISSUE=False, ASSIGN_ISSUES=True), []),  # the present name wins
        (held(ASSIGN_ISSUE=True, ASSIGN_ISSUES=False), ["ASSIGN_ISSUES"]),
        (held(), []),
        ({}, []),
        ({"permissions": {"EDIT_ISSUES": 7}}, []),
        ({"permissions": None}, []),
        ([], []),
        (None, []),
    ],
)
@responses.activate
def test_permissions_by_older_names_and_nonsense(answer: object, missing: list[str]) -> None:
    responses.get(f"{JIRA_URL}/rest/api/2/mypermissions", body=json.dumps(answer))
    assert writer("datacenter", JIRA_URL).missing_permissions("INC") == missing


@pytest.mark.parametrize("status", [400, 403, 404, 405])
@responses.activate
def test_what_jira_does_not_tell_is_not_known(status: int) -> None:
    for path in ("mypermissions", "project/INC/statuses"):
        responses.get(f"{JIRA_URL}/rest/api/2/{path}", body="<html/>", status=status)
    gateway = writer("datacenter", JIRA_URL)
    assert gateway.missing_permissions("INC") == []
    assert gateway.statuses("INC", "Incident") is None


@pytest.mark.parametrize(("status", "category"), [(401, Category.AUTH), (500, Category.NETWORK)])
@responses.activate
def test_a_jira_that_is_in_trouble_says_so(status: int, category: Category) -> None:
    for path in ("mypermissions", "project/INC/statuses"):
        responses.get(f"{JIRA_URL}/rest/api/2/{path}", status=status)
    gateway = writer("datacenter", JIRA_URL)
    with pytest.raises(ServiceError) as caught:
        gateway.missing_permissions("INC")
    assert caught.value.category is category
    with pytest.raises(ServiceError) as caught:
        gateway.statuses("INC", "Incident")
    assert caught.value.category is category


def test_the_statuses_of_an_issue_type(jira: Site) -> None:
    jira.state.workflows = {("INC", "Bug"): FIREFIGHTER}
    assert jira.writer.statuses("INC", "Incident") == [status.name for status in RAID.statuses]
    assert jira.writer.statuses("INC", "Bug") == [status.name for status in FIREFIGHTER.statuses]
    assert jira.writer.statuses("INC", "Story") is None
    assert jira.writer.statuses("NONE", "Incident") is None


@pytest.mark.parametrize("answer", [None, 7, {}, [7], [{}], [{"name": "Bug"}]], ids=str)
@responses.activate
def test_statuses_that_are_not_jiras(answer: object) -> None:
    responses.get(f"{JIRA_URL}/rest/api/2/project/INC/statuses", body=json.dumps(answer))
    assert writer("cloud", JIRA_URL).statuses("INC", "Bug") is None


# At the same time, and not at all


def test_a_site_that_limits_writes_to_an_issue_is_never_made_to_say_so() -> None:
    with site(WRITTEN["cloud"], issue_limit=(20, 10)) as jira:
        jira.add(1)
        for number in range(25):
            jira.state.now = jira.naps.clock
            jira.writer.set_fields(10_001, {Field.TITLE: f"Title {number}"})
        assert written(jira) == 25
        assert sum(jira.naps.seconds) == pytest.approx(2)


def test_threads_write_side_by_side(plain: Site) -> None:
    plain.add(*range(3, 23))

    def write(number: int) -> None:
        plain.writer.set_fields(10_000 + number, {Field.TITLE: f"Title {number}"})
        plain.writer.transition(10_000 + number, START, {})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(1, 23)))
    assert written(plain) == 44
    for number in range(1, 23):
        assert plain.values(number)["summary"] == f"Title {number}"
        assert plain.values(number)["status"] == "In Progress"


def test_a_reading_client_lets_no_write_out(plain: Site) -> None:
    http = client(plain.deployment, plain.server.url, ReadOnlyAdapter(JIRA_READS, 4))
    gateway = JiraWriter(http, plain.deployment, Fields("priority"))
    assert gateway.transitions(10_001)
    with pytest.raises(ReadOnlyError):
        gateway.set_fields(10_001, TITLE)
    with pytest.raises(ReadOnlyError):
        gateway.transition(10_001, START, {})
    assert written(plain) == 0
