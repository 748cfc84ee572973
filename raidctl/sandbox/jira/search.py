"""Cloud's search in the simulated JIRA, by page token; the classic one is gone there."""

import json
from zlib import crc32

from raidctl.sandbox.jira.calls import Call, Handler, strings
from raidctl.sandbox.jira.jql import parse_jql, run_jql
from raidctl.sandbox.jira.state import Record, RefusedError
from raidctl.sandbox.server import Reply

_PAGE_OF_IDS = 5000
_PAGE_WITH_FIELDS = 100
_MOST_RECONCILED = 50
_MOST_PROPERTIES = 5


def _gone(_: Call) -> Reply:
    raise RefusedError(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
        "A full migration guideline is available at "
        "https://developer.atlassian.com/changelog/#CHANGE-2046",
    )


def _by_token(call: Call) -> Reply:
    asked = call.parameters()
    query = parse_jql(asked.get("jql") or "")
    if not query.clauses:
        raise RefusedError(
            400,
            "Unbounded JQL queries are not allowed here. "
            "Please add a search restriction to your query.",
        )
    fresh = strings(asked.get("reconcileIssues"))
    if len(fresh) > _MOST_RECONCILED:
        raise RefusedError(400, "At most 50 issues can be reconciled.")
    fields = strings(asked.get("fields"))
    only_ids = fields in ([], ["id"])
    cap = _PAGE_OF_IDS if only_ids else _PAGE_WITH_FIELDS
    end = (start := _offset(call, asked.get("nextPageToken"))) + min(
        int(asked.get("maxResults", 50)), cap
    )
    found = run_jql(call, query, reconcile=map(int, fresh))
    page = found[start:end]
    if only_ids:
        pieces = ",".join(f'{{"id":"{record.id}"}}' for record in page).encode()
    else:
        properties = strings(asked.get("properties"))
        pieces = b",".join(_with_properties(call, record, fields, properties) for record in page)
    tail = f'],"isLast":{"false" if end < len(found) else "true"}'
    tail += f',"nextPageToken":"{end}.{_seal(call)}"}}' if end < len(found) else "}"
    return Reply(200, b'{"issues":[' + pieces + tail.encode())


def _with_properties(call: Call, record: Record, fields: list[str], properties: list[str]) -> bytes:
    """An issue with those of its entity properties that are asked for."""
    if len(properties) > _MOST_PROPERTIES:
        raise RefusedError(400, f"At most {_MOST_PROPERTIES} properties can be asked for.")
    shape = call.issue(record, fields)
    if not properties:
        return shape
    held = call.state.properties.get(record.id, {})
    shown = {key: held[key] for key in properties if key in held}
    return Reply(200, json.loads(shape) | {"properties": shown}).encoded()


def _seal(call: Call) -> int:
    asked = call.parameters()
    return crc32(repr((asked.get("jql"), strings(asked.get("reconcileIssues")))).encode())


def _offset(call: Call, token: str | None) -> int:
    start, _, seal = (token or f"0.{_seal(call)}").partition(".")
    if seal != str(_seal(call)):
        raise RefusedError(400, "The nextPageToken belongs to another query.")
    return int(start)


SEARCH_ROUTES: dict[str, Handler] = {
    "GET search": _gone,
    "POST search": _gone,
    "GET search/jql": _by_token,
    "POST search/jql": _by_token,
}
