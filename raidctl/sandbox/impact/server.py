"""The embedded Impact over HTTP: what a stock FireFighter answers, out of the same tables."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine

from raidctl.gateways.impact.database.tables import incident
from raidctl.sandbox.impact.errors import errors, refused, unserved
from raidctl.sandbox.impact.filters import (
    FILTERS,
    Filter,
    InvalidQueryError,
    conditions,
    order,
)
from raidctl.sandbox.impact.shapes import Json, Shapes
from raidctl.sandbox.impact.webhook import JIRA_UPDATE, Webhook
from raidctl.sandbox.server import Answer, Reply, Request

API = "/api/v2/firefighter/"
LONGEST_REQUEST_LINE = 4094  # gunicorn's limit, in bytes
_REFERENCES = {
    "severities": Shapes.priorities,
    "environments": Shapes.environments,
    "groups": Shapes.groups,
    "incident-categories": Shapes.categories,
    "components": Shapes.categories,
}
_ROUTE = re.compile(rf"{API}(incidents|{'|'.join(_REFERENCES)})(?:/([^/]+))?(/?)")
_CREATION = f"{API}incidents"
_LARGEST_ID = 2**63
READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class _Site:
    engine: Engine
    tokens: Mapping[str, Collection[str]]
    zone: tzinfo
    jira: str
    webhook: Webhook
    filters: Mapping[str, Filter]


def impact_answer(
    engine: Engine,
    tokens: Mapping[str, Collection[str]],
    *,
    time_zone: str = "Europe/Paris",
    jira_url: str = "https://jira.example.test",
    webhook: Webhook | None = None,
    filters: Mapping[str, Filter] = FILTERS,
) -> Answer:
    """The function that a `LoopbackServer` asks; give that `close_each`, as gunicorn has it.

    `tokens` have the methods that their users may use, such as `READS`; a user who is no longer
    active has none. `time_zone` is the server's (UTC where this system does not know it).
    Where no `webhook` is given it has one without a secret, which refuses everything.
    """
    site = _Site(engine, tokens, _zone(time_zone), jira_url, webhook or Webhook(engine), filters)
    return partial(_answer, site)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return UTC


def _answer(site: _Site, request: Request) -> Reply:
    length = len(f"{request.method} {request.target} HTTP/1.1")
    if length > LONGEST_REQUEST_LINE:
        detail = f"Request Line is too large ({length} &gt; {LONGEST_REQUEST_LINE})"
        return gunicorn_error(414, "URI Too Long", detail)
    route = _ROUTE.fullmatch(request.path)
    if route is None:
        is_event = request.path == JIRA_UPDATE
        return site.webhook.answer(request) if is_event else _no_page(request)
    creates = request.path == _CREATION
    if not route[3] and not creates:
        location = f"{request.path}/{request.target.removeprefix(request.path)}"
        return Reply(301, None, "text/html; charset=utf-8", {"Location": location})
    allowed = "POST, OPTIONS" if creates else "GET, HEAD, OPTIONS"
    if (refusal := _refusal(site, request, allowed)) is not None:
        status, code, detail = refusal
        headers = {"Allow": allowed} | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
        return refused(status, code, detail, headers)
    if creates:
        return Reply(501, "The embedded Impact creates no incidents.", "text/plain")
    return _resource(site, request, route[1], route[2])


def _refusal(site: _Site, request: Request, allowed: str) -> tuple[int, str, str] | None:
    """Why FireFighter would not even look: its order is format, token, permission, method."""
    if (refusal := unserved(request)) is not None:
        return refusal
    keyword, *rest = request.headers.get("authorization", "").split() or [""]
    if keyword.lower() != "bearer":
        return 401, "not_authenticated", "Authentication credentials were not provided."
    if (fault := _fault(site, rest)) is not None:
        return 401, "authentication_failed", fault
    if request.method not in site.tokens[rest[0]]:
        return 403, "permission_denied", "You do not have permission to perform this action."
    if request.method not in allowed.split(", "):
        return 405, "method_not_allowed", f'Method "{request.method}" not allowed.'
    return None


def _fault(site: _Site, rest: Sequence[str]) -> str | None:
    """What is wrong with what follows `Bearer`."""
    if len(rest) != 1:
        fault = "Token string should not contain spaces." if rest else "No credentials provided."
        return f"Invalid token header. {fault}"
    if rest[0] not in site.tokens:
        return "Invalid token."
    return None if site.tokens[rest[0]] else "User inactive or deleted."


def _resource(site: _Site, request: Request, name: str, number: str | None) -> Reply:
    with site.engine.connect() as connection:
        shapes = Shapes(connection, site.zone, f"http://{request.headers['host']}", site.jira)
        try:
            if name in _REFERENCES:
                rows = _REFERENCES[name](shapes)
                rows = [row for row in rows if number in (None, row["id"])]
            else:
                rows = _incidents(site, shapes, request, number)
        except InvalidQueryError as invalid:
            return errors(400, "validation_error", invalid.problems)
    if number is None:
        return Reply(200, rows)
    return Reply(200, rows[0]) if rows else refused(404, "not_found", "Not found.", {})


def _incidents(site: _Site, shapes: Shapes, request: Request, number: str | None) -> list[Json]:
    """The list, or a list of the one asked for; the filters hold for both."""
    wanted = conditions(site.filters, request.query, shapes.connection, shapes.zone)
    if number is not None:
        if not number.isdecimal() or int(number) >= _LARGEST_ID:
            return []
        wanted.append(incident.c.id == int(number))
    tags = number is not None or request.query.get("show_tags", [""])[-1] == "true"
    return shapes.incidents(wanted, order(request.query), tags=tags)


def _no_page(request: Request) -> Reply:
    if request.method == "POST" and "json" in request.headers.get("content-type", ""):
        return Reply(404, {"error": {"app_code": "NOT_FOUND", "message": "Page not found"}})
    page = "<!doctype html>\n<html><title>Page not found | FireFighter</title></html>\n"
    return Reply(404, page, "text/html; charset=utf-8")


def gunicorn_error(status: int, title: str, detail: str) -> Reply:
    """What the server before FireFighter answers by itself."""
    page = (
        f"<html>\n  <head>\n    <title>{title}</title>\n  </head>\n  <body>\n"
        f"    <h1><p>{title}</p></h1>\n    {detail}\n  </body>\n</html>\n"
    )
    return Reply(status, page, "text/html")
