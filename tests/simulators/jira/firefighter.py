"""What FireFighter asks the simulated JIRA, and raidctl does not."""

from raidctl.sandbox.jira.calls import Call, Handler
from raidctl.sandbox.jira.fields import Json
from raidctl.sandbox.jira.state import RefusedError
from raidctl.sandbox.server import Reply
from tests.simulators.jira.state import site


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


def _priorities(call: Call) -> Reply:
    names = call.state.choices["priority"]
    return Reply(200, [call.shapes.choice("priority", name) for name in names])


def _fields(call: Call) -> Reply:
    shapes = [
        {
            "id": field,
            "key": field,
            "name": call.state.field_name(field),
            "custom": field.startswith("customfield_"),
        }
        for field in call.state.field_ids()
    ]
    return Reply(200, shapes)


def _workflow_designer(call: Call) -> Reply:
    """The layout that FireFighter reads: steps, and one transition for each source of each."""
    asked = call.parameters().get("name")
    flows = (call.state.workflow, *site(call).workflows.values())
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


def _watchers(call: Call) -> Reply:
    call.state.require(call.name)
    return Reply(200, {"isWatching": False, "watchCount": 0, "watchers": []})


def _watch(call: Call) -> Reply:
    call.state.require(call.name)
    return Reply(204, None)


def _comment(call: Call) -> Reply:
    record = call.state.require(call.name)
    body = call.body().get("body")
    if not body:
        raise RefusedError(400, errors={"comment": "Comment body can not be empty!"})
    site(call).comments.append((record.id, call.account, body))
    number = str(len(site(call).comments))
    author = call.shapes.person(call.state.person(call.account))
    return Reply(201, {"id": number, "body": body, "author": author})


FIREFIGHTER_ROUTES: dict[str, Handler] = {
    "GET serverInfo": _server_info,
    "GET priority": _priorities,
    "GET field": _fields,
    "GET /rest/workflowDesigner/latest/workflows": _workflow_designer,
    "GET issue/*/watchers": _watchers,
    "POST issue/*/watchers": _watch,
    "POST issue/*/comment": _comment,
}
