"""Creation in the simulated JIRA: projects, the screen of an issue type, one issue."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from raidctl.sandbox.jira.calls import Call, Handler
from raidctl.sandbox.jira.fields import Json, parse_fields
from raidctl.sandbox.jira.state import JiraState, RefusedError
from raidctl.sandbox.server import Reply

LONGEST_PROPERTY = 32_768
LONGEST_KEY = 255
_COMPLETED = ("assignee", "reporter", "labels")  # by the server, as one types


def checked_property(key: object, value: object) -> None:
    """Raise a 400 `RefusedError` for a property that is none."""
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY:
        raise RefusedError(400, f"The property key must have 1 to {LONGEST_KEY} characters.")
    if len(json.dumps(value)) > LONGEST_PROPERTY:
        raise RefusedError(400, f"The property value is longer than {LONGEST_PROPERTY} characters.")


def _project_of(call: Call) -> Reply:
    """Archived ones are shown as such, to who may browse them."""
    if call.name not in call.state.projects:
        raise RefusedError(404, f"No project could be found with key '{call.name}'.")
    archived = {"archived": True} if call.name in call.state.archived else {}
    return Reply(200, call.shapes.project(call.name) | archived)


def _types(call: Call) -> Reply:
    """The types of which the token may create issues: nothing else is told."""
    state = _open_to(call)
    kinds = state.workflows_in(call.name) if _may_create(state, call.name) else ()
    rows = [{"id": state.type_id(kind), "name": kind, "subtask": False} for kind in kinds]
    return _page(call, "issueTypes", rows)


def _screen(call: Call) -> Reply:
    state = _open_to(call)
    types = {state.type_id(kind) for kind in state.workflows_in(call.name)}
    if call.inner not in types or not _may_create(state, call.name):
        return _page(call, "fields", [])
    ids = ["issuetype", "project", *(name for name in state.field_ids() if name in _shown(state))]
    return _page(call, "fields", [_field(call, name) for name in ids])


def _open_to(call: Call) -> JiraState:
    state = call.state
    if call.name not in state.projects:
        raise RefusedError(404, f"No project could be found with key '{call.name}'.")
    return state


def _may_create(state: JiraState, project: str) -> bool:
    return state.may_create and project not in state.archived


def _shown(state: JiraState) -> set[str]:
    """The fields on the screen for creations."""
    return (state.settable() | state.demanded.keys()) - state.off_creation


def _field(call: Call, name: str) -> Json:
    state = call.state
    always = name in {"summary", "project", "issuetype"}
    shape: Json = {
        "required": always or name in state.demanded,
        "name": state.field_name(name),
        "key": name,
        "hasDefaultValue": state.demanded.get(name) is not None,
        "operations": ["set"],
        "fieldId": name,
    }
    if name in _COMPLETED:
        shape["autoCompleteUrl"] = f"{call.base}/rest/api/2/{name}/search?query="
    if name in state.choices:
        shape["allowedValues"] = [
            call.shapes.choice(name, choice) for choice in state.choices[name]
        ]
    return shape


def _page(call: Call, listed: str, rows: Sequence[Json]) -> Reply:
    """A page as each deployment has it; the server's cap goes before what is asked for."""
    asked, state = call.parameters(), call.state
    start = int(asked.get("startAt", 0))
    size = min(int(asked.get("maxResults", 50)), state.metadata_cap)
    shape = {"startAt": start, "maxResults": size, "total": len(rows)}
    page = rows[start : start + size]
    if state.deployment == "cloud":
        return Reply(200, {**shape, listed: page})
    return Reply(200, {**shape, "isLast": start + size >= len(rows), "values": page})


def _create(call: Call) -> Reply:
    state, fields = call.state, call.fields
    project = _project(call, fields.pop("project", None) or {})
    if project is None:
        raise RefusedError(400, errors={"project": "valid project is required"})
    if project in state.archived:
        raise RefusedError(400, errors={"project": "The project is archived."})
    if not state.may_create:
        raise RefusedError(403, "You do not have permission to create issues in this project.")
    issue_type = _type(state, fields.pop("issuetype", None) or {})
    if not issue_type:
        raise RefusedError(400, errors={"issuetype": "Specify an issue type"})
    properties = _properties(call)
    values = {"reporter": call.account} | _values(state, fields)
    record = state.create(project, issue_type, values)
    state.creators[record.id] = call.account
    state.properties[record.id] = properties
    shape = call.shapes.issue(record, ())
    return Reply(201, {part: shape[part] for part in ("id", "key", "self")})


def _values(state: JiraState, fields: Mapping[str, Any]) -> Json:
    """The fields as the issue will hold them; raises a 400 `RefusedError` that names all faults."""
    filled = {name: value for name, value in state.demanded.items() if name not in fields}
    missing = [name for name, default in filled.items() if default is None]
    why = {name: f"{state.field_name(name)} is required." for name in missing}
    why |= {
        name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        for name in fields
        if name in state.off_creation
    }
    if why:
        raise RefusedError(400, errors=why)
    filled = {name: value for name, value in filled.items() if name not in missing}
    return filled | parse_fields(state, {"summary": None} | dict(fields), state.demanded)


def _properties(call: Call) -> dict[str, Any]:
    given = call.body().get("properties") or []
    for one in given:
        checked_property(one.get("key"), one.get("value"))
    return {one["key"]: one["value"] for one in given}


def _type(state: JiraState, named: Json) -> str | None:
    """By name, or by an id that something has shown."""
    if name := named.get("name"):
        return str(name)
    return state.type_named(str(named.get("id")))


def _project(call: Call, named: Json) -> str | None:
    for key in call.state.projects:
        if named.get("key") == key or named.get("id") == call.shapes.project(key)["id"]:
            return key
    return None


CREATION_ROUTES: dict[str, Handler] = {
    "GET project/*": _project_of,
    "GET issue/createmeta/*/issuetypes": _types,
    "GET issue/createmeta/*/issuetypes/*": _screen,
    "POST issue": _create,
}
