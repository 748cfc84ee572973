"""The embedded Impact over HTTP: what a stock FireFighter answers, out of the same tables."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from enum import Enum
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Engine

from raidctl.gateways.impact.database.tables import incident
from raidctl.sandbox.impact.errors import crashed, errors, refused, unserved
from raidctl.sandbox.impact.filters import CrashError, InvalidQueryError, conditions, order
from raidctl.sandbox.impact.seed import (
    NewIncident,
    add_incident,
    add_incidents,
    add_user,
    seed_reference,
)
from raidctl.sandbox.impact.shapes import Json, Shapes
from raidctl.sandbox.impact.webhook import JIRA_UPDATE, Webhook
from raidctl.sandbox.server import Answer, Reply, Request

__all__ = [
    "Access",
    "NewIncident",
    "Webhook",
    "add_incident",
    "add_incidents",
    "add_user",
    "impact_answer",
    "seed_reference",
]

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


class Access(Enum):
    """What a token's user may do."""

    READ = "every view permission"
    WRITE = "view, add and change"
    NONE = "no permission"
    INACTIVE = "the user is no longer active"


_METHODS = {
    Access.READ: {"GET", "HEAD"},
    Access.WRITE: {"GET", "HEAD", "POST", "PUT", "PATCH"},
    Access.NONE: {"HEAD"},
}


@dataclass(frozen=True, slots=True)
class _Site:
    engine: Engine
    access: Mapping[str, Access]
    zone: tzinfo
    jira: str
    most_rows: int | None
    webhook: Webhook


def impact_answer(
    engine: Engine,
    tokens: Collection[str] | Mapping[str, Access],
    *,
    time_zone: str = "Europe/Paris",
    jira_url: str = "https://jira.example.test",
    kill_after_rows: int | None = None,
    webhook: Webhook | None = None,
) -> Answer:
    """The function that a `LoopbackServer` asks; give that `close_each`, as gunicorn has it.

    Tokens without an access may read. `time_zone` is the server's (UTC where this system does
    not know it). An answer of more than `kill_after_rows` incidents ends as one that took
    gunicorn's worker over its 30 seconds. Where no `webhook` is given it has one without a secret,
    which refuses everything.
    """
    access = tokens if isinstance(tokens, Mapping) else dict.fromkeys(tokens, Access.READ)
    webhook = webhook or Webhook(engine)
    site = _Site(engine, access, _zone(time_zone), jira_url, kill_after_rows, webhook)
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
        return _gunicorn(414, "URI Too Long", detail)
    route = _ROUTE.fullmatch(request.path)
    if route is None:
        is_event = request.path == JIRA_UPDATE
        return site.webhook.answer(request) if is_event else _monitoring(request)
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
    access = _authenticated(site, request.headers.get("authorization", ""))
    if not isinstance(access, Access):
        return 401, *access
    if request.method not in _METHODS[access]:
        return 403, "permission_denied", "You do not have permission to perform this action."
    if request.method not in allowed.split(", "):
        return 405, "method_not_allowed", f'Method "{request.method}" not allowed.'
    return None


def _authenticated(site: _Site, header: str) -> Access | tuple[str, str]:
    """The access of the token, or the code and detail of the refusal."""
    keyword, *rest = header.split() or [""]
    if keyword.lower() != "bearer":
        return "not_authenticated", "Authentication credentials were not provided."
    if len(rest) != 1:
        fault = "Token string should not contain spaces." if rest else "No credentials provided."
        return "authentication_failed", f"Invalid token header. {fault}"
    access = site.access.get(rest[0])
    if access is None:
        return "authentication_failed", "Invalid token."
    if access is Access.INACTIVE:
        return "authentication_failed", "User inactive or deleted."
    return access


def _resource(site: _Site, request: Request, name: str, number: str | None) -> Reply:
    with site.engine.connect() as connection:
        shapes = Shapes(connection, site.zone, f"http://{request.headers['host']}", site.jira)
        try:
            if name in _REFERENCES:
                rows = _REFERENCES[name](shapes)
                rows = [row for row in rows if number in (None, row["id"])]
            else:
                rows = _incidents(shapes, request, number)
        except InvalidQueryError as invalid:
            return errors(400, "validation_error", invalid.problems)
        except CrashError:
            return crashed()
    if site.most_rows is not None and len(rows) > site.most_rows:
        return _gunicorn(500, "Internal Server Error", "")
    if number is None:
        return Reply(200, rows)
    return Reply(200, rows[0]) if rows else refused(404, "not_found", "Not found.", {})


def _incidents(shapes: Shapes, request: Request, number: str | None) -> list[Json]:
    """The list, or a list of the one asked for; the filters hold for both."""
    wanted = conditions(request.query, shapes.connection, shapes.zone)
    if number is not None:
        if not number.isdecimal() or int(number) >= _LARGEST_ID:
            return []
        wanted.append(incident.c.id == int(number))
    tags = number is not None or request.query.get("show_tags", [""])[-1] == "true"
    return shapes.incidents(wanted, order(request.query), tags=tags)


def _monitoring(request: Request) -> Reply:
    match request.path.removeprefix(f"{API}monitoring/"):
        case "healthcheck":
            return Reply(200, {"status": "ok"})
        case "readiness":  # without Celery's beat
            checks = {"db": True, "redis": True, "celery": False}
            return Reply(503, {"status": "fail", "checks": checks})
    return _no_page(request)


def _no_page(request: Request) -> Reply:
    if request.method == "POST" and "json" in request.headers.get("content-type", ""):
        return Reply(404, {"error": {"app_code": "NOT_FOUND", "message": "Page not found"}})
    page = "<!doctype html>\n<html><title>Page not found | FireFighter</title></html>\n"
    return Reply(404, page, "text/html; charset=utf-8")


def _gunicorn(status: int, title: str, detail: str) -> Reply:
    page = (
        f"<html>\n  <head>\n    <title>{title}</title>\n  </head>\n  <body>\n"
        f"    <h1><p>{title}</p></h1>\n    {detail}\n  </body>\n</html>\n"
    )
    return Reply(status, page, "text/html")
