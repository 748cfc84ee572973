"""The simulated JIRA over HTTP: credentials, limits, routes, and the smaller endpoints."""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from raidctl.sandbox.jira.calls import Call, Encoded, Handler, strings
from raidctl.sandbox.jira.fields import Json, field_ids, field_name
from raidctl.sandbox.jira.issues import CLOUD_ISSUE_ROUTES, ISSUE_ROUTES, ISSUE_WRITES
from raidctl.sandbox.jira.search import CLASSIC_ROUTES, SEARCH_ROUTES
from raidctl.sandbox.jira.state import JiraState, Person, RefusedError
from raidctl.sandbox.server import Answer, Reply, Request

_API = re.compile(r"/rest/api/(2|3|latest)/(.+)")
_ANONYMOUS = {"GET serverInfo", "GET /_edge/tenant_info"}
CLOUD_ID = "11111111-2222-3333-4444-555555555555"


def authorization(state: JiraState, token: str) -> str:
    """The header that lets `state.me` in: Basic with the e-mail on Cloud, else Bearer."""
    if state.deployment == "datacenter":
        return f"Bearer {token}"
    person = state.person(state.me)
    pair = f"{person.email if person else state.me}:{token}"
    return f"Basic {b64encode(pair.encode()).decode()}"


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
    routes = _routes(state)
    encoded: Encoded = {}
    issues: dict[str, Bucket] = {}

    def account_of(request: Request) -> str | None:
        given = request.headers.get("authorization", "")
        if token is None or given == authorization(state, token):
            return state.me
        return anyone if given else None

    def answer(request: Request) -> Reply:
        if bucket is not None and (seconds := bucket.wait(state.now())):
            return _too_many(state, bucket, seconds, "jira-burst-based")
        api, route = _split(state, request)
        handler, name = _handler(routes, route)
        if issue_limit is not None and handler in ISSUE_WRITES:
            own = issues.setdefault(name, Bucket(*issue_limit))
            if seconds := own.wait(state.now()):
                return _too_many(state, own, seconds, "jira-per-issue-on-write")
        account = account_of(request)
        if account is None and route not in _ANONYMOUS:
            return _unauthorised(state)
        base = f"http://{request.headers.get('host', 'jira')}"
        with state.lock:
            try:
                reply = handler(Call(state, request, api, base, account or "", name, encoded))
            except RefusedError as no:
                body = {"errorMessages": list(no.messages), "errors": no.errors}
                return Reply(no.status, body)
        if handler in ISSUE_WRITES and state.after_write and (record := state.visible(name)):
            state.after_write(state, record.id)
        return reply

    return answer


def _routes(state: JiraState) -> dict[str, Handler]:
    if state.deployment == "cloud":
        return {**_ROUTES, **_CLOUD_ROUTES, **ISSUE_ROUTES, **CLOUD_ISSUE_ROUTES, **SEARCH_ROUTES}
    return {**_ROUTES, **ISSUE_ROUTES, **CLASSIC_ROUTES}


def _split(state: JiraState, request: Request) -> tuple[str, str]:
    """The version of the interface and the route, with the whole path where it is none of it."""
    cloud = state.deployment == "cloud"
    inside = _API.fullmatch(request.path)
    if inside is None or (inside[1] == "3" and not cloud):
        return "2", f"{request.method} {request.path}"
    api = inside[1] if inside[1] != "latest" else "3" if cloud else "2"
    return api, f"{request.method} {inside[2]}"


def _handler(routes: dict[str, Handler], route: str) -> tuple[Handler, str]:
    """The handler of a route and the name in it: `issue/bulkfetch` before `issue/*`."""
    if (handler := routes.get(route)) is not None:
        return handler, ""
    head, _, rest = route.partition("/")
    name, slash, tail = rest.partition("/")
    return routes.get(f"{head}/*{slash}{tail}", _nothing), name


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


def _unauthorised(state: JiraState) -> Reply:
    headers = {
        "WWW-Authenticate": 'OAuth realm="http://jira"',
        "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
    }
    message = "Client must be authenticated to access this resource."
    if state.deployment == "cloud":
        return Reply(401, {"errorMessages": [message], "errors": {}}, headers=headers)
    return Reply(401, {"message": message, "status-code": 401}, headers=headers)


def _nothing(call: Call) -> Reply:
    raise RefusedError(404, f"No such resource: {call.request.method} {call.request.path}")


def _server_info(call: Call) -> Reply:
    cloud = call.state.deployment == "cloud"
    numbers = (1001, 0, 0) if cloud else (9, 12, 0)
    shape = {
        "baseUrl": call.base,
        "version": ".".join(map(str, numbers)),
        "versionNumbers": list(numbers),
        "deploymentType": "Cloud" if cloud else "Server",
        "serverTime": call.shapes.time(call.state.now()),
        "serverTitle": "Simulated JIRA",
    }
    return Reply(200, shape)


def _tenant_info(_: Call) -> Reply:
    return Reply(200, {"cloudId": CLOUD_ID})


def _myself(call: Call) -> Reply:
    return Reply(200, call.shapes.person(call.state.person(call.account)))


def _my_permissions(call: Call) -> Reply:
    """Cloud tells of what is asked; Data Center of all there is, by old names and new ones."""
    state, asked = call.state, call.parameters()
    if not state.tells_permissions:
        _nothing(call)
    if (project := asked.get("projectKey", "")) and project not in state.projects:
        raise RefusedError(404, f"No project could be found with key '{project}'.")
    held = {"BROWSE_PROJECTS": True, "EDIT_ISSUES": state.may_edit}
    held |= {"TRANSITION_ISSUES": state.may_transition, "ASSIGN_ISSUES": state.may_assign}
    if state.deployment == "datacenter":
        older = {name[:-1]: has for name, has in held.items() if name.endswith("_ISSUES")}
        held |= older | {"BROWSE": True}
    else:
        names = strings(asked.get("permissions"))
        if not names or (unknown := [name for name in names if name not in held]):
            why = f"Unrecognized permission: {unknown[0]}" if names else "permissions is required."
            raise RefusedError(400, why)
        held = {name: held[name] for name in names}
    shapes = {name: {"key": name, "havePermission": has} for name, has in held.items()}
    return Reply(200, {"permissions": shapes})


def _user(call: Call) -> Reply:
    parameter = "accountId" if call.state.deployment == "cloud" else "username"
    person = call.state.person(call.parameters().get(parameter))
    if person is None or not call.state.browse_users:
        raise RefusedError(
            404, "Specified user does not exist or you do not have required permissions"
        )
    return Reply(200, call.shapes.person(person))


def _user_search(call: Call) -> Reply:
    cloud = call.state.deployment == "cloud"
    return _people(call, lambda person: cloud or person.active)


def _assignable(call: Call) -> Reply:
    return _people(call, lambda person: person.active)


def _people(call: Call, eligible: Callable[[Person], bool]) -> Reply:
    asked = call.parameters()
    cloud = call.state.deployment == "cloud"
    text = asked.get("query" if cloud else "username", "").casefold()
    found = [
        call.shapes.person(person)
        for person in call.state.people()
        if call.state.browse_users and eligible(person) and _matches(person, text, cloud=cloud)
    ]
    start, most = int(asked.get("startAt", 0)), int(asked.get("maxResults", 50))
    return Reply(200, found[start : start + most])


def _matches(person: Person, text: str, *, cloud: bool) -> bool:
    names = [*person.name.split(), person.name, person.email]
    if not cloud:
        names.append(person.account)
    return any(name.casefold().startswith(text) for name in names)


def _project(call: Call) -> Reply:
    if call.name not in call.state.projects:
        raise RefusedError(404, f"No project could be found with key '{call.name}'.")
    return Reply(200, call.shapes.project(call.name))


def _project_statuses(call: Call) -> Reply:
    if call.name not in call.state.projects:
        raise RefusedError(404, f"No project could be found with key '{call.name}'.")
    kinds = call.state.workflows_in(call.name).items()
    shapes = [
        {
            "id": str(number),
            "name": kind,
            "subtask": False,
            "statuses": [call.shapes.status(status) for status in flow.statuses],
        }
        for number, (kind, flow) in enumerate(kinds, 10_001)
    ]
    return Reply(200, shapes)


def _statuses(call: Call) -> Reply:
    flows = (call.state.workflow, *call.state.workflows.values())
    known = {status.id: status for flow in flows for status in flow.statuses}
    return Reply(200, [call.shapes.status(status) for status in known.values()])


def _priorities(call: Call) -> Reply:
    names = call.state.choices["priority"]
    return Reply(200, [call.shapes.choice("priority", name) for name in names])


def _fields(call: Call) -> Reply:
    shapes = [
        {
            "id": field,
            "key": field,
            "name": field_name(call.state, field),
            "custom": field.startswith("customfield_"),
        }
        for field in field_ids(call.state)
    ]
    return Reply(200, shapes)


def _workflow_designer(call: Call) -> Reply:
    """The layout that FireFighter reads: steps, and one transition for each source of each."""
    asked = call.parameters().get("name")
    flows = (call.state.workflow, *call.state.workflows.values())
    flow = next((flow for flow in flows if flow.name == asked), None)
    if flow is None:
        raise RefusedError(404, f"No workflow named '{asked}'.")
    step = {status.name: number for number, status in enumerate(flow.statuses, 1)}
    statuses = [
        {
            "id": f"S<{step[status.name]}>",
            "name": status.name,
            "stepId": step[status.name],
            "statusId": status.id,
            "initial": False,
        }
        for status in flow.statuses
    ]
    transitions = [
        {
            "id": f"A<{way.id}:S<{step[source]}>:S<{step[way.target]}>>",
            "name": way.name,
            "sourceId": f"S<{step[source]}>",
            "targetId": f"S<{step[way.target]}>",
            "actionId": int(way.id),
            "initial": False,
            "globalTransition": False,
            "loopedTransition": False,
            "transitionOptions": [],
        }
        for way in flow.transitions
        for source in way.sources
    ]
    layout: Json = {"statuses": statuses, "transitions": transitions}
    return Reply(200, {"name": flow.name, "isDraft": False, "layout": layout})


_ROUTES: dict[str, Handler] = {
    "GET serverInfo": _server_info,
    "GET myself": _myself,
    "GET mypermissions": _my_permissions,
    "GET user": _user,
    "GET user/search": _user_search,
    "GET user/assignable/search": _assignable,
    "GET project/*": _project,
    "GET project/*/statuses": _project_statuses,
    "GET status": _statuses,
    "GET priority": _priorities,
    "GET field": _fields,
    "GET /rest/workflowDesigner/latest/workflows": _workflow_designer,
}
_CLOUD_ROUTES: dict[str, Handler] = {"GET /_edge/tenant_info": _tenant_info}
