"""The issue endpoints of the simulated JIRA: read, write, transitions, history."""

from collections.abc import Iterable

from raidctl.sandbox.jira.calls import Call, Handler, strings
from raidctl.sandbox.jira.fields import Json, parse_fields, selected
from raidctl.sandbox.jira.hanging import attached
from raidctl.sandbox.jira.state import Change, Record, RefusedError
from raidctl.sandbox.jira.workflows import Transition
from raidctl.sandbox.server import Reply

_MOST_ISSUES = 100
_MOST_CHANGELOGS = 1000
_MOST_CHANGELOG_FIELDS = 10


def _get(call: Call) -> Reply:
    """An issue, with its files or its history where that is asked for."""
    record, parameters = call.state.require(call.name), call.parameters()
    asked = strings(parameters.get("fields"))
    if "attachment" in asked:
        off = call.state.upload_limit is None
        files = {} if off else {"attachment": attached(call, record.id)}
        return Reply(200, call.shapes.issue(record, ()) | {"fields": files})
    if "changelog" not in strings(parameters.get("expand")):
        return Reply(200, call.issue(record, asked))
    return Reply(200, with_history(call, record, asked))


def with_history(call: Call, record: Record, asked: Iterable[str]) -> Json:
    """An issue with its changelog: the newest first on Cloud only."""
    changes = call.state.history(record.id)
    if call.state.deployment == "cloud":
        changes.reverse()
    histories = [
        call.shapes.change(change) | {"created": call.shapes.time(change.created)}
        for change in changes
    ]
    count = len(histories)
    log = {"startAt": 0, "maxResults": count, "total": count, "histories": histories}
    return call.shapes.issue(record, selected(call.state, asked)) | {"changelog": log}


def _bulk_fetch(call: Call) -> Reply:
    body = call.body()
    names = strings(body.get("issueIdsOrKeys"))
    if not 0 < len(names) <= _MOST_ISSUES:
        raise RefusedError(400, f"Between 1 and {_MOST_ISSUES} issues can be fetched at once.")
    found = [record for name in names if (record := call.state.visible(name))]
    records = sorted({record.id: record for record in found}.values(), key=lambda one: one.id)
    asked = strings(body.get("fields"))
    pieces = b",".join(call.issue(record, asked) for record in records)
    return Reply(200, b'{"issues":[' + pieces + b'],"issueErrors":[]}')


def _bulk_changelogs(call: Call) -> Reply:
    body = call.body()
    names, fields = strings(body.get("issueIdsOrKeys")), strings(body.get("fieldIds"))
    if not 0 < len(names) <= _MOST_CHANGELOGS or len(fields) > _MOST_CHANGELOG_FIELDS:
        raise RefusedError(400, "At most 1000 issues and 10 field ids are allowed.")
    ids = {record.id for name in names if (record := call.state.visible(name))}
    changes = [
        kept
        for issue_id in ids
        for change in call.state.history(issue_id)
        if (kept := _only(change, fields)).items
    ]
    changes.sort(key=lambda change: (change.created, change.issue_id, change.id))
    start = int(body.get("nextPageToken") or 0)
    end = start + int(body.get("maxResults") or 1000)
    logs: dict[int, list[Json]] = {}
    for change in changes[start:end]:
        logs.setdefault(change.issue_id, []).append(call.shapes.change(change))
    shape: Json = {
        "issueChangeLogs": [
            {"issueId": str(issue_id), "changeHistories": log} for issue_id, log in logs.items()
        ]
    }
    return Reply(200, shape | ({"nextPageToken": str(end)} if end < len(changes) else {}))


def _only(change: Change, fields: list[str]) -> Change:
    items = tuple(item for item in change.items if not fields or item[0] in fields)
    return Change(change.id, change.issue_id, change.author, change.created, items)


def _put(call: Call) -> Reply:
    record = call.state.require(call.name)
    values = parse_fields(call.state, call.fields)
    call.state.write(record.id, call.account, values)
    return Reply(204)


def _assign(call: Call) -> Reply:
    """Works where the assignee is on no edit screen (facts)."""
    record = call.state.require(call.name)
    body = call.body()
    given = body if any(body.values()) else None
    values = parse_fields(call.state, {"assignee": given}, {"assignee"})
    call.state.write(record.id, call.account, values)
    return Reply(204)


def _transitions(call: Call) -> Reply:
    record = call.state.require(call.name)
    with_fields = "transitions.fields" in strings(call.parameters().get("expand"))
    ways = call.state.transitions(record)
    shapes = [_transition(call, record, way, with_fields=with_fields) for way in ways]
    return Reply(200, {"expand": "transitions", "transitions": shapes})


def _transition(call: Call, record: Record, way: Transition, *, with_fields: bool) -> Json:
    target = call.state.workflow_of(record).status(way.target)
    shape: Json = {"id": way.id, "name": way.name, "to": call.shapes.status(target)}
    if with_fields:
        shape["fields"] = {
            item.id: {
                "required": item.required,
                "name": item.name,
                "hasDefaultValue": bool(item.default),
                "operations": ["set"],
                "allowedValues": [
                    call.shapes.choice(item.id, choice)
                    for choice in call.state.choices.get(item.id, ())
                ],
            }
            for item in way.screen
        }
    return shape


def _take_transition(call: Call) -> Reply:
    record = call.state.require(call.name)
    transition_id = str((call.body().get("transition") or {}).get("id"))
    ways = call.state.transitions(record)
    screens = {item.id for way in ways if way.id == transition_id for item in way.screen}
    values = parse_fields(call.state, call.fields, screens)
    call.state.transition(record.id, call.account, transition_id, values)
    return Reply(204)


ISSUE_ROUTES: dict[str, Handler] = {
    "GET issue/*": _get,
    "PUT issue/*": _put,
    "PUT issue/*/assignee": _assign,
    "GET issue/*/transitions": _transitions,
    "POST issue/*/transitions": _take_transition,
}
BULK_ROUTES: dict[str, Handler] = {
    "POST issue/bulkfetch": _bulk_fetch,
    "POST changelog/bulkfetch": _bulk_changelogs,
}
