"""The simulated JIRA over HTTP: credentials, routes, and the smaller endpoints."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from itertools import zip_longest

from raidctl.sandbox.jira.calls import Call, Encoded, Handler, strings
from raidctl.sandbox.jira.creating import CREATION_ROUTES
from raidctl.sandbox.jira.hanging import HANGING_ROUTES
from raidctl.sandbox.jira.issues import BULK_ROUTES, ISSUE_ROUTES
from raidctl.sandbox.jira.search import SEARCH_ROUTES
from raidctl.sandbox.jira.state import JiraState, RefusedError
from raidctl.sandbox.server import Answer, Reply, Request

_API = "/rest/api/2/"


def basic(user: str, token: str) -> str:
    """The header that Cloud knows a user by."""
    return f"Basic {b64encode(f'{user}:{token}'.encode()).decode()}"


def jira_answer(
    state: JiraState,
    account_of: Callable[[str], str | None],
    routes: Mapping[str, Handler],
) -> Answer:
    """The function that a `LoopbackServer` asks.

    `account_of` is who an Authorization header lets in, None for nobody.
    """
    encoded: Encoded = {}

    def answer(request: Request) -> Reply:
        route = f"{request.method} {request.path.removeprefix(_API)}"
        handler, name, inner = _handler(routes, route)
        account = account_of(request.headers.get("authorization", ""))
        if account is None and route != "GET serverInfo":
            return _UNAUTHORISED
        base = f"http://{request.headers.get('host', 'jira')}"
        with state.lock:
            try:
                return handler(Call(state, request, base, account or "", name, encoded, inner))
            except RefusedError as no:
                body = {"errorMessages": list(no.messages), "errors": no.errors}
                return Reply(no.status, body)

    return answer


def _handler(routes: Mapping[str, Handler], route: str) -> tuple[Handler, str, str]:
    """The handler of a route and the names in it: `issue/bulkfetch` before `issue/*`."""
    if (handler := routes.get(route)) is not None:
        return handler, "", ""
    head, _, rest = route.partition("/")
    name, slash, tail = rest.partition("/")
    if (handler := routes.get(f"{head}/*{slash}{tail}")) is not None:
        return handler, name, ""
    for form, handler in routes.items():
        if (names := _named(form, route)) is not None:
            name, inner = (*names, "", "")[:2]
            return handler, name, inner
    return not_served, name, ""


def _named(form: str, route: str) -> list[str] | None:
    """What stands where a form of routes has a star; None for a route of another form."""
    pairs = list(zip_longest(form.split("/"), route.split("/")))
    if any(wanted not in ("*", found) or found is None for wanted, found in pairs):
        return None
    return [str(found) for wanted, found in pairs if wanted == "*"]


_UNAUTHORISED = Reply(
    401,
    {"errorMessages": ["Client must be authenticated to access this resource."], "errors": {}},
    headers={
        "WWW-Authenticate": 'OAuth realm="http://jira"',
        "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
    },
)


def not_served(call: Call) -> Reply:
    """Nothing stands at this path; raises a 404 `RefusedError`."""
    raise RefusedError(404, f"No such resource: {call.request.method} {call.request.path}")


def _server_info(call: Call) -> Reply:
    return Reply(200, {"baseUrl": call.base, "deploymentType": "Cloud"})


def _myself(call: Call) -> Reply:
    return Reply(200, call.shapes.person(call.state.person(call.account)))


def _my_permissions(call: Call) -> Reply:
    names = strings(call.parameters().get("permissions"))
    shapes = {name: {"key": name, "havePermission": True} for name in names}
    return Reply(200, {"permissions": shapes})


def _user_search(call: Call) -> Reply:
    """By prefix of the name or the e-mail."""
    text = call.parameters().get("query", "").casefold()
    found = [
        call.shapes.person(person)
        for person in call.state.people()
        if any(name.casefold().startswith(text) for name in (person.name, person.email))
    ]
    return Reply(200, found)


def _statuses(call: Call) -> Reply:
    """Those of the whole site, each once."""
    flows = [flow for key in call.state.projects for flow in call.state.workflows_in(key).values()]
    known = {status.id: status for flow in flows for status in flow.statuses}
    return Reply(200, [call.shapes.status(status) for status in known.values()])


def _project_statuses(call: Call) -> Reply:
    if call.name not in call.state.projects:
        raise RefusedError(404, f"No project could be found with key '{call.name}'.")
    kinds = call.state.workflows_in(call.name).items()
    shapes = [
        {
            "id": call.state.type_id(kind),
            "name": kind,
            "subtask": False,
            "statuses": [call.shapes.status(status) for status in flow.statuses],
        }
        for kind, flow in kinds
    ]
    return Reply(200, shapes)


COMMON_ROUTES: dict[str, Handler] = {
    **ISSUE_ROUTES,
    **CREATION_ROUTES,
    **HANGING_ROUTES,
    "GET myself": _myself,
    "GET project/*/statuses": _project_statuses,
    "GET status": _statuses,
}
CLOUD_ROUTES: dict[str, Handler] = {
    **COMMON_ROUTES,
    **BULK_ROUTES,
    **SEARCH_ROUTES,
    "GET serverInfo": _server_info,
    "GET mypermissions": _my_permissions,
    "GET user/search": _user_search,
}
