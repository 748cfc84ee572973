"""The simulated JIRA of either deployment: also what the demo never asks, limits, automation."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from raidctl.sandbox.jira import server
from raidctl.sandbox.jira.calls import Call, Handler
from raidctl.sandbox.jira.issues import ISSUE_ROUTES
from raidctl.sandbox.jira.server import CLOUD_ROUTES, COMMON_ROUTES, basic
from raidctl.sandbox.jira.state import RefusedError
from raidctl.sandbox.server import Answer, Reply, Request
from tests.simulators.jira.classic import CLASSIC_ROUTES
from tests.simulators.jira.documents import as_version_2, as_version_3
from tests.simulators.jira.firefighter import FIREFIGHTER_ROUTES
from tests.simulators.jira.people import PEOPLE_ROUTES
from tests.simulators.jira.state import JiraState, site

_WRITES = re.compile(
    r"PUT .*/issue/([^/]+)(?:/assignee|/properties/.*)?"
    r"|POST .*/issue/([^/]+)/(?:transitions|remotelink|attachments)"
)
_CLOUD_ID = "11111111-2222-3333-4444-555555555555"


def authorization(state: JiraState, token: str) -> str:
    """The header that lets `state.me` in: Basic with the e-mail on Cloud, else Bearer."""
    if state.deployment == "datacenter":
        return f"Bearer {token}"
    person = state.person(state.me)
    return basic(person.email if person else state.me, token)


@dataclass
class Bucket:
    """A token bucket: `capacity` requests at once, refilled `per_second`."""

    capacity: int
    per_second: float

    def __post_init__(self) -> None:
        self._left = float(self.capacity)
        self._seen: datetime | None = None
        self._lock = Lock()

    def wait(self, now: datetime) -> float:
        """Take one token; the seconds until there is one when there is none."""
        with self._lock:
            if self._seen is not None:
                gained = (now - self._seen).total_seconds() * self.per_second
                self._left = min(self.capacity, self._left + gained)
            self._seen = now
            if self._left >= 1:
                self._left -= 1
                return 0.0
            return (1 - self._left) / self.per_second


def jira_answer(
    state: JiraState,
    *,
    token: str | None = None,
    anyone: str | None = None,
    bucket: Bucket | None = None,
    issue_limit: tuple[int, float] | None = None,
) -> Answer:
    """The function that a `LoopbackServer` asks.

    `token` is `state.me`'s secret, `None` lets every request in as `state.me`; `anyone` is the
    account as which foreign credentials act, such as FireFighter's, `None` refuses them.
    `issue_limit` is how many writes one issue takes at once and again each second: (20, 10) on
    Cloud.
    """
    cloud = state.deployment == "cloud"
    too_many = _limits(state, bucket, issue_limit)

    def account_of(given: str) -> str | None:
        if token is None or given == authorization(state, token):
            return state.me
        return anyone if given else None

    inside = server.jira_answer(state, account_of, _routes(state))

    def answer(request: Request) -> Reply:
        written = _WRITES.fullmatch(f"{request.method} {request.path}")
        name = (written[1] or written[2]) if written else ""
        if (refusal := too_many(name)) is not None:
            return refusal
        if request.path == "/_edge/tenant_info" and cloud:
            return Reply(200, {"cloudId": _CLOUD_ID})
        if cloud and request.path.startswith("/rest/api/3/"):
            reply = as_version_3(inside(as_version_2(request)))
        else:
            reply = inside(request)
        if reply.status == 401 and not cloud:
            message = "Client must be authenticated to access this resource."
            return replace(reply, body={"message": message, "status-code": 401})
        told = state.after_write if written and reply.status == 204 else None
        if told and (record := state.visible(name)):
            told(state, record.id)
        return reply

    return answer


def _limits(
    state: JiraState, bucket: Bucket | None, issue_limit: tuple[int, float] | None
) -> Callable[[str], Reply | None]:
    """Who refuses one request too many; it is asked with the issue's name where one is written."""
    issues: dict[str, Bucket] = {}

    def too_many(name: str) -> Reply | None:
        if bucket is not None and (seconds := bucket.wait(state.now())):
            return _too_many(state, bucket, seconds, "jira-burst-based")
        if issue_limit is not None and name:
            own = issues.setdefault(name, Bucket(*issue_limit))
            if seconds := own.wait(state.now()):
                return _too_many(state, own, seconds, "jira-per-issue-on-write")
        return None

    return too_many


def _routes(state: JiraState) -> Mapping[str, Handler]:
    more = {**FIREFIGHTER_ROUTES, **PEOPLE_ROUTES}
    more |= {route: _permitted(ISSUE_ROUTES[route]) for route in ("PUT issue/*", _ASSIGN)}
    if state.translates_targets:
        more["GET issue/*/transitions"] = _translated
    if state.deployment == "cloud":
        return {**CLOUD_ROUTES, **more}
    return {**COMMON_ROUTES, **more, **CLASSIC_ROUTES}


_ASSIGN = "PUT issue/*/assignee"


def _permitted(handler: Handler) -> Handler:
    """What takes more than the right to edit: to assign, and to keep JIRA from sending mails."""

    def answer(call: Call) -> Reply:
        if call.request.path.endswith("/assignee") and not site(call).may_assign:
            raise RefusedError(403, "You do not have permission to assign issues.")
        quiet = call.request.query.get("notifyUsers") == ["false"]
        if quiet and not site(call).may_administer:
            raise RefusedError(
                403,
                "To discard the user notification either admin or project "
                "admin permissions are required.",
            )
        site(call).mails += not quiet
        return handler(call)

    return answer


def _translated(call: Call) -> Reply:
    """The transitions of an issue; what no language changes is left out (facts, "More")."""
    reply = COMMON_ROUTES["GET issue/*/transitions"](call)
    assert isinstance(reply.body, dict)
    for way in reply.body["transitions"]:
        way["to"].pop("untranslatedName", None)
    return reply


def _too_many(state: JiraState, bucket: Bucket, seconds: float, reason: str) -> Reply:
    headers = {
        "Retry-After": str(ceil(seconds)),
        "X-RateLimit-Limit": str(bucket.capacity),
        "X-RateLimit-Remaining": "0",
    }
    if state.deployment == "cloud":
        headers["X-RateLimit-Reset"] = f"{state.now() + timedelta(seconds=seconds):%FT%TZ}"
        headers["RateLimit-Reason"] = reason
    else:
        headers["X-RateLimit-FillRate"] = str(ceil(bucket.per_second))
        headers["X-RateLimit-Interval-Seconds"] = "1"
    return Reply(429, {"errorMessages": ["Rate limit exceeded."], "errors": {}}, headers=headers)
