"""What `raidctl listen` answers, and that 202 means: it is in the journal."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.events.event import State
from raidctl.errors import JournalError
from raidctl.listen import keeper, receiver
from tests.listen.asgi import SECRET, Headers, ask, signature, signed
from tests.listen.place import NOW, Broken, Place, journal_queue, update, webhook

BODY = webhook()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with journal_queue(tmp_path) as journal:
        yield Place(journal.queue)


def test_what_was_answered_202_is_in_the_journal(place: Place) -> None:
    assert place.send(BODY).status == 202
    assert place.send(update(), "/impact").status == 202
    first, second = place.kept()
    assert (first.event.issue, first.state, first.received_at) == ("INC-12", State.WAITING, NOW)
    assert (second.event.incident, second.state) == (12, State.WAITING)
    assert place.woken == 2


@pytest.mark.parametrize(
    ("path", "body", "state"),
    [
        ("/jira", webhook(webhookEvent="jira:issue_created"), State.IGNORED),
        ("/jira", webhook(12, "labels"), State.IGNORED),
        ("/impact", update(created_by=None, message="Status synced from Jira"), State.SKIPPED),
        ("/impact", update(update_fields=None), State.IGNORED),
        ("/impact", b'{"incident": 13, "created": true}', State.WAITING),
    ],
)
def test_events_of_no_use_are_taken_as_well(
    place: Place, path: str, body: bytes, state: State
) -> None:
    got = place.send(body, path)
    assert got.status == 202
    (kept,) = place.kept()
    assert kept.state is state
    assert got.text == f"event {kept.id}: {kept.why or state}\n"


UNSIGNED: list[tuple[Headers, str]] = [
    ([], "there is no"),
    ([("X-Hub-Signature", "")], "is not one sha256="),
    ([("X-Hub-Signature", signature(BODY).removeprefix("sha256="))], "is not one sha256="),
    ([("X-Hub-Signature", signature(BODY).replace("sha256", "sha1"))], "another method"),
    (
        [("X-Hub-Signature", "sha1=" + hmac.new(SECRET, BODY, hashlib.sha1).hexdigest())],
        "another method",
    ),
    ([("X-Hub-Signature", signature(BODY).upper())], "not what the secret makes"),
    ([("X-Hub-Signature", signature(BODY, b"another"))], "not what the secret makes"),
    ([("X-Hub-Signature", signature(BODY + b" "))], "not what the secret makes"),
    ([("X-Hub-Signature", signature(BODY)[:-1])], "not what the secret makes"),
    ([("X-Hub-Signature", signature(BODY) + "0")], "not what the secret makes"),
    ([("X-Hub-Signature", "sha256=")], "not what the secret makes"),
    ([("X-Hub-Signature", b"sha256=\xff\xfe\x00")], "not what the secret makes"),
    ([("X-Hub-Signature", signature(BODY))] * 2, "is not one sha256="),
    ([("Authorization", "Bearer " + signature(BODY))], "there is no"),
]


@pytest.mark.parametrize(("headers", "why"), UNSIGNED)
def test_what_is_not_signed_is_refused_and_not_kept(
    place: Place, headers: Headers, why: str
) -> None:
    got = place.ask("POST", "/jira", headers, BODY)
    assert (got.status, place.kept()) == (401, [])
    assert why in got.text
    assert SECRET.decode() not in got.text
    assert place.numbers.answered == {("jira", "unsigned"): 1}


def test_the_method_is_named_in_any_case(place: Place) -> None:
    headers = [("X-Hub-Signature", signature(BODY).replace("sha256", "SHA256"))]
    assert place.ask("POST", "/jira", headers, BODY).status == 202


def test_the_signature_is_of_the_bytes_and_not_of_what_they_say(place: Place) -> None:
    spaced = json.dumps(json.loads(BODY), indent=1).encode()
    assert place.ask("POST", "/jira", signed(BODY), spaced).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"webhookEvent": "jira:issue_updated"}',
        webhook(issue={"id": 2**64, "key": 7}),
        webhook(changelog={"items": 7}),
    ],
)
def test_what_is_signed_and_no_event_is_400_and_not_kept(place: Place, body: bytes) -> None:
    place.app = place.receiver(max_bytes=1024**2).application()
    got = place.send(body)
    assert (got.status, place.kept()) == (400, [])
    assert got.text.startswith("no event: ")
    assert got.text.count("\n") == 1
    assert place.numbers.answered == {("jira", "no_event"): 1}


LARGE = webhook(fields="x" * 4096)


@pytest.mark.parametrize(
    "chunks", [(LARGE,), tuple(LARGE[n : n + 100] for n in range(0, 5000, 100))]
)
@pytest.mark.parametrize("declared", [True, False])
def test_what_is_too_large_is_413_before_anybody_asks_who_signed_it(
    place: Place, chunks: tuple[bytes, ...], declared: bool
) -> None:
    headers = [("Content-Length", str(len(LARGE)))] if declared else []
    got = place.ask("POST", "/jira", headers, *chunks)
    assert (got.status, place.kept()) == (413, [])
    assert "listen.max_bytes" in got.text


def test_a_length_that_is_declared_is_believed_only_where_it_is_too_large(place: Place) -> None:
    headers = [*signed(BODY)[:1], ("Content-Length", "4097")]
    assert place.ask("POST", "/jira", headers, BODY).status == 413
    for odd in ("", "-1", "1e9", "9" * 5_000, "²"):
        length = [("Content-Length", odd.encode())]
        got = place.ask("POST", "/jira", [*signed(BODY)[:1], *length], BODY)
        assert got.status == (413 if odd.startswith("9") else 202)


def test_the_order_in_which_a_request_is_refused(place: Place) -> None:
    """413, 401, 400, 503; see DESIGN §14."""
    broken = Broken(place.queue)
    broken.error = JournalError("the journal is full")
    place = Place(broken)
    huge, no_event = b"{" * 5_000, b"{"
    assert place.ask("POST", "/jira", [], huge).status == 413
    assert place.ask("POST", "/jira", [], no_event).status == 401
    assert place.send(no_event).status == 400
    assert place.send(BODY).status == 503


def test_a_body_that_does_not_come_is_given_up(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "BODY_SECONDS", 0.05)
    got = place.ask("POST", "/jira", signed(BODY), BODY[:50], None)
    assert (got.status, place.kept()) == (408, [])
    assert place.numbers.answered == {("jira", "too_slow"): 1}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/jira", 405),
        ("PUT", "/impact", 405),
        ("POST", "/health", 405),
        ("POST", "/", 404),
        ("POST", "/jira/", 404),
        ("GET", "/../etc/passwd", 404),
    ],
)
def test_other_paths_and_methods(place: Place, method: str, path: str, status: int) -> None:
    assert place.ask(method, path, signed(BODY), BODY).status == status
    assert place.kept() == []


def test_jiras_identifier_tells_a_doubled_delivery_from_another_event(place: Place) -> None:
    assert place.send(BODY, name="one").text.startswith("event 1: ")
    again = place.send(webhook(13), name="one")
    assert (again.status, again.text) == (202, "known already\n")
    assert place.send(BODY, name="two").text.startswith("event 2: ")
    assert [one.event.name for one in place.kept()] == ["one", "two"]
    assert place.numbers.answered == {("jira", "kept"): 2, ("jira", "known"): 1}


def test_without_an_identifier_the_body_tells(place: Place) -> None:
    for odd in (None, "", "x" * 5_000, "ü\t"):
        place.send(BODY, name=odd)
        place.send(webhook(13), name=odd)
    assert [one.event.issue for one in place.kept()] == ["INC-12", "INC-13"]


def test_what_cannot_be_stored_is_503_and_nothing_half_stored(place: Place) -> None:
    broken = Broken(place.queue)
    broken.error = JournalError("the journal j.db cannot be used (disk is full): make room")
    place = Place(broken)
    got = place.send(BODY)
    assert (got.status, place.kept(), place.woken) == (503, [], 0)
    assert "make room" in got.text
    assert place.send(BODY).status == 503
    health = place.ask("GET", "/health")
    assert health.status == 503
    assert json.loads(health.body)["why"] == [f"events cannot be stored: {broken.error}"]
    assert place.said == [f"events cannot be stored: {broken.error}"]
    broken.error = None
    assert place.send(BODY).status == 202
    assert place.said[1:] == ["events are stored again"]
    assert place.ask("GET", "/health").status == 200


def test_health_looks_by_itself_whether_what_could_not_be_stored_can_be(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event need come: who is taken out of the traffic for being unwell gets none."""
    broken = Broken(place.queue)
    place = Place(broken)
    assert place.ask("GET", "/health").status == 200
    assert broken.probes == 0
    broken.error = JournalError("full")
    place.send(BODY)
    broken.error = None
    assert place.ask("GET", "/health").status == 503, "it was tried a moment ago"
    monkeypatch.setattr(keeper, "PROBE_SECONDS", 0.0)
    broken.error = JournalError("full still")
    got = place.ask("GET", "/health")
    assert (got.status, json.loads(got.body)["why"]) == (
        503,
        ["events cannot be stored: full still"],
    )
    broken.error = None
    assert place.ask("GET", "/health").status == 200
    assert place.said[-1] == "events are stored again"
    assert (broken.probes, place.kept()) == (2, [])


def test_a_defect_with_one_event_is_told_and_stops_no_other(place: Place) -> None:
    broken = Broken(place.queue)
    broken.error = ZeroDivisionError("nobody foresaw this")
    place = Place(broken)
    got = place.send(BODY)
    assert (got.status, got.text) == (500, "a defect of raidctl\n")
    assert "a defect of raidctl: ZeroDivisionError at /jira; please report it" in place.said
    broken.error = None
    assert place.send(BODY).status == 202


def test_events_that_come_together_share_a_commit(place: Place) -> None:
    broken = Broken(place.queue)
    place = Place(broken)
    bodies = [webhook(number) for number in range(1, 101)]

    async def burst() -> list[int]:
        asked = (ask(place.app, "POST", "/jira", signed(body), [body]) for body in bodies)
        return [got.status for got in await asyncio.gather(*asked)]

    assert asyncio.run(burst()) == [202] * 100
    assert [one.event.issue for one in place.kept()] == [f"INC-{n}" for n in range(1, 101)]
    assert len(broken.calls) < 10
    assert sum(broken.calls) == 100


def test_one_commit_that_fails_fails_for_each_of_its_events(place: Place) -> None:
    broken = Broken(place.queue)
    broken.error = JournalError("full")
    place = Place(broken)
    bodies = [webhook(number) for number in range(1, 21)]

    async def burst() -> list[int]:
        asked = (ask(place.app, "POST", "/jira", signed(body), [body]) for body in bodies)
        return [got.status for got in await asyncio.gather(*asked)]

    assert asyncio.run(burst()) == [503] * 20
    assert place.kept() == []


def test_health_tells_how_long_the_oldest_event_waits(place: Place) -> None:
    assert json.loads(place.ask("GET", "/health").body) == {
        "status": "ok",
        "why": [],
        "waiting": 0,
        "dead": 0,
        "oldest_seconds": 0,
    }
    place.send(BODY)
    place.clock.jump(minutes=5)
    place.send(webhook(13))
    got = place.ask("GET", "/health")
    assert (got.status, json.loads(got.body)["oldest_seconds"]) == (200, 300)
    assert json.loads(got.body)["waiting"] == 2


def test_a_clock_that_is_turned_back_makes_no_event_younger_than_nothing(place: Place) -> None:
    place.send(BODY)
    place.clock.jump(days=-400)
    assert json.loads(place.ask("GET", "/health").body)["oldest_seconds"] == 0
    assert place.send(webhook(13)).status == 202


def test_a_journal_that_cannot_be_read_is_unwell(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise JournalError("the journal is gone")

    broken = Broken(place.queue)
    monkeypatch.setattr(broken, "state", gone)
    place = Place(broken)
    got = place.ask("GET", "/health")
    assert (got.status, json.loads(got.body)["why"]) == (503, ["the journal is gone"])
    told = place.ask("GET", "/metrics")
    assert told.status == 200
    assert "raidctl_events" not in told.text


def test_metrics_count_each_answer_and_tell_the_queue(place: Place) -> None:
    place.send(BODY)
    place.send(BODY)
    place.send(b"{")
    place.send(update(), "/impact")
    place.ask("POST", "/jira", [], BODY)
    place.clock.jump(seconds=30)
    got = place.ask("GET", "/metrics")
    assert got.headers[b"content-type"].startswith(b"text/plain; version=")
    of_events = ("raidctl_webhooks", "raidctl_events", "raidctl_oldest_event")
    lines = [line for line in got.text.splitlines() if line.startswith(of_events)]
    assert "\nraidctl_failures_in_a_row 0.0\n" in got.text, "all that the journal tells"
    assert lines == [
        'raidctl_webhooks_total{answer="kept",system="impact"} 1.0',
        'raidctl_webhooks_total{answer="kept",system="jira"} 1.0',
        'raidctl_webhooks_total{answer="known",system="jira"} 1.0',
        'raidctl_webhooks_total{answer="no_event",system="jira"} 1.0',
        'raidctl_webhooks_total{answer="unsigned",system="jira"} 1.0',
        'raidctl_events{state="dead"} 0.0',
        'raidctl_events{state="waiting"} 2.0',
        "raidctl_oldest_event_seconds 30.0",
    ]


def test_comparing_takes_constant_time(monkeypatch: pytest.MonkeyPatch, place: Place) -> None:
    """By the function that is made for it, and by no other."""
    compared: list[tuple[bytes, bytes]] = []

    def compare(ours: bytes, theirs: bytes) -> bool:
        compared.append((ours, theirs))
        return ours == theirs

    monkeypatch.setattr("hmac.compare_digest", compare)
    place.send(BODY)
    digest = signature(BODY).removeprefix("sha256=").encode()
    assert compared == [(digest, digest)]
