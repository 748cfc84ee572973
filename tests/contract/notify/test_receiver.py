"""One receiver of notices: told once, in its time, and its address is nobody's to see."""

import logging
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from raidctl.errors import ConfigError, ServiceError
from raidctl.gateways.notify.receiver import Receiver
from raidctl.sandbox.server import Reply
from tests.simulators.hook import SECRET, Hook, hook
from tests.simulators.server import DROP_BEFORE, Fault, refuse, stall

BODY = {"text": "hello"}


@pytest.fixture
def up() -> Iterator[Hook]:
    with hook() as made:
        yield made


def receiver(at: Hook, more: str = "", seconds: float = 5.0) -> Receiver:
    return Receiver("Slack", "notify.slack_url", f"{at.address}{more}", seconds)


def test_it_is_sent_json_to_its_very_address(up: Hook) -> None:
    receiver(up, "?a=b%20c&d").post(BODY)
    (asked,) = up.asked
    assert (asked.method, asked.target) == ("POST", f"{SECRET}?a=b%20c&d")
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Host"] == up.server.url.removeprefix("http://")
    assert up.bodies == [BODY]


def test_it_is_called_with_nothing(up: Hook) -> None:
    receiver(up).get()
    assert [(one.method, one.path, one.body) for one in up.asked] == [("GET", SECRET, b"")]


def test_user_and_password_of_an_address_are_sent_as_such(up: Hook) -> None:
    Receiver("x", "k", up.address.replace("//", "//ada:l%40vel@")).post(BODY)
    assert up.asked[0].headers["Authorization"] == "Basic YWRhOmxAdmVs"


def test_without_any_nobody_elses_credentials_are_sent(
    up: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    receiver(up).post(BODY)
    assert "Authorization" not in up.asked[0].headers


FAULTS = [
    *(refuse(404, body={"message": f"no_service {SECRET}"}), refuse(403), refuse(500), refuse(503)),
    *(refuse(429, "1"), DROP_BEFORE),
    Fault(acts=False, reply=Reply(404, f"Cannot POST {SECRET}", "text/plain")),
    Fault(acts=False, reply=Reply(302, None, headers={"Location": f"https://x.test{SECRET}"})),
    Fault(acts=False, reply=Reply(200, "\x1f\x8b nothing", headers={"Content-Encoding": "gzip"})),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_one_that_is_in_trouble_is_asked_once_and_its_address_told_to_nobody(
    up: Hook, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even to whoever asks for each request, bodies and all (-vv)."""
    caplog.set_level(logging.DEBUG, "raidctl.requests")
    up.server.faults = lambda _: fault
    with pytest.raises(ServiceError) as raised:
        receiver(up, "?token=abcdefgh").post(BODY)
    assert len(up.server.requests) == 1
    assert "check notify.slack_url" in str(raised.value)
    assert up.server.url in str(raised.value)
    assert no_secret_in(f"{raised.value!r} {raised.value} {caplog.text}")
    assert caplog.records


def test_one_that_does_not_answer_is_left_in_its_time(up: Hook) -> None:
    up.server.faults = lambda _: stall(0.6)
    began = monotonic()
    with pytest.raises(ServiceError, match="no answer within"):
        receiver(up, seconds=0.1).post(BODY)
    assert monotonic() - began < 0.5


def test_one_that_is_away_is_told_of_in_one_line() -> None:
    with hook() as gone:
        pass
    with pytest.raises(ServiceError) as raised:
        receiver(gone).post(BODY)
    assert no_secret_in(str(raised.value))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "it does not begin with https://"),
        ("hooks.example.com/T0SECRET", "it does not begin with https://"),
        ("file:///T0SECRET", "it does not begin with https://"),
        ("https:///T0SECRET", "it names no host"),
        ("https://hooks.example.com:x/T0SECRET", "its host or its port cannot be understood"),
        ("https://hooks.example.com:99999/T0SECRET", "its host or its port cannot be understood"),
        ("https://[::1/T0SECRET", "its host or its port cannot be understood"),
        ("https://h/T0SECRET b", "there is a blank in it, or what cannot be seen"),
    ],
)
def test_what_is_no_address_is_refused_and_not_shown(address: str, why: str) -> None:
    with pytest.raises(ConfigError, match=f"^notify.url: {why}; allowed: an address") as raised:
        Receiver("x", "notify.url", address)
    assert "SECRET" not in str(raised.value)


def no_secret_in(text: str) -> bool:
    """No part of the address stands there, in whatever spelling."""
    return not any(part in text for part in (*SECRET.split("/")[2:], "abcdefgh"))
