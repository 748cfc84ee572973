"""Every 401 and 403 quotes what was said and names the key to mend; none quotes a secret."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st
from requests.auth import AuthBase

from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.gateways.http.client import BearerAuth, GateAuth, HttpClient, basic_auth
from raidctl.gateways.http.failures import System
from raidctl.gateways.impact.rest import IMPACT
from raidctl.gateways.jira.transport import JIRA, WritingAdapter
from raidctl.sandbox.server import Reply, Request
from tests.contract.test_http import closed_port
from tests.contract.trackers import TOKEN, Naps
from tests.simulators.server import LoopbackServer

CLOUD = "https://acme.atlassian.net"
SITE = "https://jira.example.test"
PATH = "/rest/api/2/myself"
ISSUE = "/rest/api/2/issue/10001"


def client(system: System, url: str, auth: AuthBase | None = None) -> HttpClient:
    waiting = Naps().waiting()
    return HttpClient(system, url, auth or BearerAuth(TOKEN), WritingAdapter(1), 5.0, waiting)


def refusal(
    system: System, url: str, status: int, auth: AuthBase | None = None, **given: Any
) -> ServiceError:
    with responses.RequestsMock() as mock:
        mock.get(url + PATH, status=status, **given)
        with pytest.raises(ServiceError) as caught:
            client(system, url, auth).get(PATH)
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


SAID: list[tuple[Mapping[str, Any], str]] = [
    ({"json": {"errorMessages": ["Not you."], "errors": {}}}, "Not you."),
    ({"json": {"message": "Client must be authenticated.", "status-code": 401}}, "Client must be"),
    ({"json": {"error": "Failed to parse Connect Session Auth Token"}}, "Failed to parse Connect"),
    (
        {"json": {"code": 401, "message": "Unauthorized; scope does not match"}},
        "Unauthorized; scope does",
    ),
    ({"json": {"error": "x", "error_description": "Expired."}}, "x; Expired."),
    (
        {"json": {"errors": [{"code": "authentication_failed", "detail": "Invalid token."}]}},
        "Invalid token.",
    ),
    ({"json": {"detail": "No such user."}}, "No such user."),
    ({"body": "Basic auth with password is not allowed", "content_type": "text/plain"}, "Basic"),
    (
        {"body": "<html><title>Access\n denied </title>", "content_type": "text/html"},
        "Access denied",
    ),
]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("answer", "said"), SAID, ids=[said for _, said in SAID])
@pytest.mark.parametrize("system", [JIRA, IMPACT], ids=["jira", "impact"])
def test_a_refusal_is_quoted_and_names_its_key(
    system: System, answer: Mapping[str, Any], said: str, status: int
) -> None:
    error = refusal(system, SITE, status, **answer)
    assert error.seen.startswith(f"HTTP {status} ({said}")
    assert system.token_key in error.advice
    assert error.category is (Category.AUTH if status == 401 else Category.PERMISSION)


@pytest.mark.parametrize("status", [401, 403])
def test_a_page_in_its_place_names_the_gates_key(status: int) -> None:
    assert "[jira.headers]" in refusal(JIRA, SITE, status, body="<html>").advice
    assert "[impact.headers]" in refusal(IMPACT, SITE, status, body="<html>").advice
    assert "headers" not in refusal(JIRA, SITE, status, json={}).advice


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("url", "headers"),
    [(CLOUD, {}), (f"{CLOUD}:443", {}), (SITE, {"Server": "AtlassianEdge"})],
    ids=["site", "port", "own domain"],
)
def test_a_token_of_cloud_without_its_user_is_told_so(
    url: str, headers: Mapping[str, str], status: int
) -> None:
    answer = {"error": "Failed to parse Connect Session Auth Token"}
    error = refusal(replace(JIRA, user=False), url, status, json=answer, headers=headers)
    assert error.category is Category.AUTH
    assert "Failed to parse Connect" in error.seen
    assert error.advice.startswith("set jira.user to the e-mail")


def test_where_a_token_goes_alone_nobody_is_told_to_name_a_user() -> None:
    alone = replace(JIRA, user=False)
    for url in (SITE, "https://api.atlassian.com/ex/jira/11111111-2222"):
        assert "jira.user" not in refusal(alone, url, 401, json={}).advice


def test_a_wrong_user_of_cloud_is_thought_of_too() -> None:
    advice = refusal(JIRA, CLOUD, 401, json={}).advice
    assert "jira.token" in advice
    assert "jira.user" in advice
    assert "https://api.atlassian.com/ex/jira/" in advice
    assert refusal(JIRA, CLOUD, 403, json={}).category is Category.PERMISSION


@pytest.mark.parametrize(
    ("status", "header"),
    [
        (401, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x"}),
        (403, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=https://x"}),
        (403, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}),
        (200, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}),  # where it serves the public
    ],
)
def test_a_captcha_is_credentials_refused_whatever_the_status(
    status: int, header: dict[str, str]
) -> None:
    error = refusal(JIRA, SITE, status, headers=header, json={"issues": []})
    assert "CAPTCHA" in error.advice
    assert error.category is Category.AUTH


def test_a_proxy_that_wants_a_password_is_told() -> None:
    error = refusal(JIRA, SITE, 407)
    assert "HTTPS_PROXY" in error.advice
    assert error.category is Category.AUTH


# Secrets


def echo(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
    """A server that repeats what it was sent, as some gates do."""
    values: list[object] = list(request.headers.values())
    sent = [value.decode() if isinstance(value, bytes) else value for value in values]
    return 403, {}, json.dumps({"message": f"Denied: {sent}"})


@given(
    secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8).filter(
        lambda text: "\\" not in text and "'" not in text
    ),
    bearer=st.booleans(),
)
def test_a_server_that_repeats_the_request_is_quoted_without_secrets(
    secret: str, bearer: bool
) -> None:
    inner = BearerAuth(secret) if bearer else basic_auth("ada", secret)
    auth = GateAuth(inner, {"X-Gate-Secret": f"gate-{secret}"})
    with responses.RequestsMock() as mock:
        mock.add_callback(responses.GET, SITE + PATH, echo)
        with pytest.raises(ServiceError) as caught:
            client(JIRA, SITE, auth).get(PATH)
    encoded = base64.b64encode(f"ada:{secret}".encode()).decode()
    assert secret not in caught.value.seen
    assert encoded not in caught.value.seen


ODD = ["se/cret", "se#cret", "se@cret", "se?cret", "12/secret", "a@b/secret", "se:cret", "[secret"]


@pytest.mark.parametrize("password", ODD)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    "form", ["http://ada:{}@127.0.0.1:{}", "ada:{}@127.0.0.1:{}", "x://ada:{}@h"]
)
def test_no_proxys_password_is_shown_whatever_is_in_it(
    password: str, variable: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv(variable, form.format(password, closed_port()))
    http = client(JIRA, SITE)
    with pytest.raises(ServiceError) as caught:
        http.get(PATH)
    said = str(caught.value)
    assert "cret" not in said
    assert "ada" not in said
    assert "HTTPS_PROXY" in caught.value.advice, said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    "location", ["https://ada:se/cret@sso.example.test/login", "//ada:s@h/x?a"]
)
def test_a_redirect_shows_no_odd_password(location: str) -> None:
    error = refusal(JIRA, SITE, 302, headers={"Location": location})
    assert "ada" not in error.seen
    assert "se" not in error.seen.replace("redirected to sso.example.test/login", "")


@pytest.mark.parametrize("password", ODD)
def test_a_server_that_quotes_an_address_is_quoted_without_its_password(password: str) -> None:
    """As a gate's page does, of what stands behind it."""
    told = {"message": f"cannot reach https://ada:{password}@db.example.test/x today"}
    error = refusal(JIRA, SITE, 403, json=told)
    assert "cannot reach https://…@db.example.test/x today" in error.seen


# A gate before the site


def test_a_gates_headers_are_sent_with_every_request() -> None:
    seen: list[Mapping[str, str]] = []

    def answer(request: Request) -> Reply:
        seen.append(request.headers)
        return Reply(200, {})

    auth = GateAuth(BearerAuth(TOKEN), {"CF-Access-Client-Id": "us", "X-Gate": "passé"})
    with LoopbackServer(answer) as server:
        http = client(JIRA, server.url, auth)
        http.get(PATH)
        http.put(ISSUE, {})
    for headers in seen:
        assert headers["CF-Access-Client-Id"] == "us"
        assert headers["X-Gate"].encode("latin-1") == "passé".encode()
        assert headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_header_with_a_line_break_is_refused() -> None:
    with pytest.raises(ConfigError, match="X-Gate") as caught:
        GateAuth(BearerAuth(TOKEN), {"X-Gate": "secret\nX: y"})
    assert "secret" not in str(caught.value)
