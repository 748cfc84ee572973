"""The refusals of the embedded Impact that every view of FireFighter shares."""

import re
from collections.abc import Collection, Mapping

from raidctl.sandbox.server import Reply, Request

Problem = tuple[str | None, str, str | None]
"""FireFighter's code, its detail, and the attribute that it is about."""


class CrashError(Exception):
    """A request that FireFighter itself stumbles over (500)."""


def errors(
    status: int,
    kind: str,
    problems: Collection[Problem],
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """An error as FireFighter words it."""
    told = [{"code": code, "detail": detail, "attr": attr} for code, detail, attr in problems]
    return Reply(status, {"type": kind, "errors": told}, headers=headers or {})


def refused(status: int, code: str, detail: str, headers: Mapping[str, str]) -> Reply:
    """A request that FireFighter does not take."""
    return errors(status, "client_error", [(code, detail, None)], headers)


def crashed() -> Reply:
    """FireFighter stumbled over something."""
    return errors(500, "server_error", [("error", "Server Error (500)", None)])


def unserved(request: Request) -> tuple[int, str, str] | None:
    """Status, code and detail where an answer is asked for in a format that is not served."""
    if request.query.get("format", ["json"])[-1] != "json":
        return 404, "not_found", "Not found."
    if not re.search(r"\*/\*|application/(\*|json)", request.headers.get("accept", "*/*")):
        return 406, "not_acceptable", "Could not satisfy the request Accept header."
    return None
