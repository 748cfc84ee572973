"""What payloads say: where to look, never what is true."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from raidctl.core.events.event import Event, State
from raidctl.core.events.parse import Parser, name_of
from raidctl.core.model import Field

FIELDS = {
    "summary": Field.TITLE,
    "description": Field.DESCRIPTION,
    "status": Field.STATUS,
    "assignee": Field.COMMANDER,
}
PARSER = Parser({**FIELDS, "customfield_11064": Field.PRIORITY}, "712020:firefighter")
STATUS = {"field": "status", "fieldId": "status", "fromString": "Incoming", "toString": "x"}
PRIORITY = {"field": "Priority", "fieldId": "customfield_11064", "toString": "4"}


def webhook(*items: object, **more: object) -> dict[str, Any]:
    return {
        "webhookEvent": "jira:issue_updated",
        "timestamp": 1_795_000_000_123,
        "issue": {"id": "10012", "key": "INC-12", "fields": {}},
        "user": {"accountId": "712020:human", "displayName": "A Human"},
        "changelog": {"id": "1", "items": list(items)},
        **more,
    }


def payload(body: object) -> bytes:
    return json.dumps(body).encode()


def fields_of(body: object, parser: Parser = PARSER) -> set[Field]:
    return set(parser.any(payload(body)).event.fields)


def test_a_webhook_names_its_issue_its_time_and_all_fields_of_its_changelog() -> None:
    body = payload(webhook(STATUS, PRIORITY, {"fieldId": "labels", "field": "labels"}))
    seen = PARSER.jira(body, "identifier-1")
    assert seen.event == Event(
        "identifier-1",
        "jira:issue_updated",
        datetime(2026, 11, 18, 11, 6, 40, 123000, UTC),
        issue="INC-12",
        issue_id=10012,
        fields=frozenset({Field.STATUS, Field.PRIORITY}),
    )
    assert (seen.state, seen.why) == (State.WAITING, None)


def test_a_field_is_known_by_its_id_and_not_by_the_name_that_is_shown() -> None:
    renamed = {"field": "Zustand", "fieldId": "status"}
    jiras_own = {"field": "priority", "fieldId": "priority", "fieldtype": "jira"}
    misled = {"field": "status", "fieldId": "customfield_10001"}
    assert fields_of(webhook(renamed)) == {Field.STATUS}
    assert fields_of(webhook(jiras_own)) == set()
    assert fields_of(webhook(misled)) == set()


def test_an_item_without_an_id_is_known_by_its_name() -> None:
    assert fields_of(webhook({"field": "Summary", "fieldtype": "jira"})) == {Field.TITLE}
    assert fields_of(webhook({"field": "customfield_11064"})) == {Field.PRIORITY}
    assert fields_of(webhook({"field": "labels", "fieldtype": "jira"})) == set()


def test_the_shown_name_of_a_custom_field_is_at_worst_a_hint_too_many() -> None:
    shown = webhook({"field": "Story Points", "fieldtype": "custom"})
    assert fields_of(shown) == {Field.PRIORITY}
    assert fields_of(shown, Parser({**FIELDS, "priority": Field.PRIORITY})) == set()


@pytest.mark.parametrize("kind", ["jira:issue_created", "jira:issue_deleted", "comment_created"])
def test_other_events_of_jiras_are_seen_and_ignored(kind: str) -> None:
    seen = PARSER.any(payload({"webhookEvent": kind, "timestamp": 1}))
    assert (seen.state, seen.event.kind) == (State.IGNORED, kind)
    assert seen.why == "of JIRA's events only jira:issue_updated is of use"


def test_half_a_character_is_no_text() -> None:
    """Found by `make fuzz`: no database keeps it as it is."""
    assert PARSER.any(b'{"webhookEvent": "\\ud800"}').event.kind == "\\ud800"


def test_an_update_without_a_field_of_ours_is_ignored() -> None:
    for body in (webhook(), webhook(changelog=None), webhook(changelog={})):
        seen = PARSER.any(payload(body))
        assert seen.why == "no field that is synced has changed"
        assert (seen.state, seen.event.fields) == (State.IGNORED, frozenset())


@pytest.mark.parametrize("account", ["accountId", "name", "key"])
def test_what_fireflighters_service_account_did_is_an_echo(account: str) -> None:
    body = payload(webhook(STATUS, user={account: "712020:firefighter"}))
    assert PARSER.jira(body).state is State.SKIPPED
    assert Parser(FIELDS).jira(body).state is State.WAITING, "nobody is known to be it"


@pytest.mark.parametrize("user", [None, [], "A Human", {}, {"accountId": None}, {"name": 7}])
def test_an_author_who_cannot_be_told_is_no_echo(user: object) -> None:
    assert PARSER.any(payload(webhook(STATUS, user=user))).state is State.WAITING


@pytest.mark.parametrize(
    ("issue", "known"),
    [
        ({"id": 10012}, (10012, None)),
        ({"id": "x", "key": "inc-12"}, (None, "INC-12")),
        ({"key": "INC-12"}, (None, "INC-12")),
        ({"id": "10012", "key": 'INC-12" OR 1=1'}, (10012, None)),
    ],
)
def test_an_issue_is_known_by_either_name(issue: object, known: object) -> None:
    event = PARSER.any(payload(webhook(STATUS, issue=issue))).event
    assert (event.issue_id, event.issue) == known


def impact(**more: object) -> dict[str, Any]:
    return {"incident": 12, **more}


def test_of_an_update_of_impacts_only_the_fields_pass_that_both_sides_hold() -> None:
    every = ["title", "description", "priority", "status", "commander"]
    assert fields_of(impact(update_fields=[*every, "severity", 7, None])) == set(Field)
    assert fields_of(impact(update_fields=["_status"])) == {Field.STATUS}
    assert fields_of(impact(update_fields=["priority_id"])) == {Field.PRIORITY}
    seen = PARSER.impact(payload(impact(update_fields=["severity"])))
    assert seen.why == "no field that is synced has changed"
    assert seen.state is State.IGNORED


def test_a_field_that_is_not_synced_is_none_of_ours() -> None:
    parser = Parser({"summary": Field.TITLE})
    for body in (webhook(STATUS), impact(update_fields=["status"])):
        assert parser.any(payload(body)).state is State.IGNORED


@pytest.mark.parametrize("nothing", [{}, {"update_fields": None}, {"update_fields": []}])
def test_without_update_fields_there_is_nothing_to_do(nothing: dict[str, object]) -> None:
    seen = PARSER.any(payload(impact(**nothing)))
    assert (seen.state, seen.why) == (State.IGNORED, 'it has no "update_fields": nothing to do')


@pytest.mark.parametrize(
    ("author", "message", "state"),
    [
        (None, "Status synced from Jira (in progress)", State.SKIPPED),
        (None, "Status set", State.WAITING),
        (None, None, State.WAITING),
        ("b59ef1f1", "Copied from Jira by hand", State.WAITING),
    ],
)
def test_an_update_without_an_author_and_from_jira_is_an_echo(
    author: str | None, message: str | None, state: State
) -> None:
    body = impact(update_fields=["status"], created_by=author, message=message)
    assert PARSER.any(payload(body)).state is state


def test_a_creation_waits_for_its_issue() -> None:
    seen = PARSER.any(payload({"incident": 13, "created": True}))
    assert (seen.event.incident, seen.event.creation, seen.state) == (13, True, State.WAITING)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON: it is empty"),
        (b" \n", "not JSON: it is empty"),
        (b'{"incident":\n', "not JSON: it ends before it is complete"),
        (b'{"incident": 1} ,', "not JSON: it goes wrong at character 17"),
        (b'{"incident": 1,\n  x}', "not JSON: it goes wrong at line 2, character 3"),
        (b"\xff\xfe\xfd", "not JSON: no UTF-8 text"),
        (b"[" * 100_000, "nests deeper than any event"),
        (b'{"incident": ' + b"9" * 5_000 + b"}", "not JSON that anybody sends"),
        (b"[]", "the payload is a list: give its events one by one"),
        (b"7", "the payload is no object"),
        (b"{}", 'neither JIRA\'s (no "webhookEvent") nor Impact\'s (no "incident")'),
        (payload({"webhookEvent": 7}), 'JIRA\'s events have a "webhookEvent"; this one has none'),
        (payload(webhook(issue=None)), 'jira:issue_updated names an "issue"; this one names none'),
        (payload(webhook(issue=[])), '"issue" is no object'),
        (payload(webhook(issue={"id": "x"})), '"id" is not the number of an issue'),
        (payload(webhook(issue={"id": True})), '"id" is not the number of an issue'),
        (payload(webhook(issue={"id": "²"})), '"id" is not the number of an issue'),
        (payload(webhook(changelog=[])), '"changelog" is no object'),
        (payload(webhook(changelog={"items": {}})), '"items" of the changelog is no list'),
        (payload(webhook("status")), "an item of the changelog is no object"),
        (payload(impact() | {"incident": "twelve"}), '"incident" is not the number of an incident'),
        (payload(impact() | {"incident": 2**63}), '"incident" is not the number of an incident'),
        (payload(impact(created="yes")), '"created" is neither true nor false'),
        (payload(impact(update_fields="title")), '"update_fields" is no list'),
        (payload(impact(update_fields=["title"], message=[])), '"message" is no text'),
    ],
)
def test_what_is_no_event_is_refused_in_a_line(body: bytes, why: str) -> None:
    seen = PARSER.any(body)
    assert seen.state is State.REFUSED
    assert (seen.why or "").startswith(why)
    assert "\n" not in (seen.why or "")


def test_an_event_of_one_sender_is_none_of_the_others() -> None:
    assert PARSER.impact(payload(webhook(STATUS))).state is State.REFUSED
    assert PARSER.jira(payload(impact(update_fields=["title"]))).state is State.REFUSED


@pytest.mark.parametrize("timestamp", [None, "x", True, -1, 0, 10**30, 1.5])
def test_a_time_that_is_none_is_left_out(timestamp: object) -> None:
    assert PARSER.any(payload(webhook(STATUS, timestamp=timestamp))).event.at is None


@pytest.mark.parametrize("identifier", [None, "", "x" * 201, "a\nb", "ä"])
def test_a_payload_without_a_fit_identifier_is_known_by_itself(identifier: str | None) -> None:
    body = payload(webhook(STATUS))
    assert PARSER.jira(body, identifier).event.name == name_of(body + b"\n")
    assert name_of(body) != name_of(payload(webhook(PRIORITY)))


def test_events_of_one_subject_are_tried_together() -> None:
    bodies = [webhook(STATUS), webhook(PRIORITY, issue={"id": 10012}), impact(created=True)]
    assert [PARSER.any(payload(body)).event.subject for body in bodies] == [
        "issue 10012",
        "issue 10012",
        "incident 12",
    ]
    by_key = PARSER.any(payload(webhook(STATUS, issue={"key": "inc-12"})))
    assert by_key.event.subject == "issue INC-12"
