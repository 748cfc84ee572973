"""The embedded Impact with all of FireFighter's filters, any access, and a worker that dies."""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from sqlalchemy import Engine

from raidctl.sandbox.impact import server
from raidctl.sandbox.impact.errors import CrashError, crashed
from raidctl.sandbox.impact.server import API, READS, gunicorn_error
from raidctl.sandbox.server import Answer, Reply, Request
from tests.simulators.impact.filters import FILTERS


class Access(Enum):
    """What a token's user may do."""

    READ = READS
    WRITE = READS | {"POST", "PUT", "PATCH"}
    NONE = frozenset({"HEAD"})
    INACTIVE = frozenset[str]()


def impact_answer(
    engine: Engine,
    tokens: Collection[str] | Mapping[str, Access],
    *,
    kill_after_rows: int | None = None,
    **settings: Any,
) -> Answer:
    """The function that a `LoopbackServer` asks; tokens without an access may read.

    An answer of more than `kill_after_rows` incidents ends as one that took gunicorn's worker
    over its 30 seconds. `settings` are those of the sandbox.
    """
    access = tokens if isinstance(tokens, Mapping) else dict.fromkeys(tokens, Access.READ)
    methods = {token: may.value for token, may in access.items()}
    inside = server.impact_answer(engine, methods, filters=FILTERS, **settings)

    def answer(request: Request) -> Reply:
        match request.path.removeprefix(f"{API}monitoring/"):
            case "healthcheck":
                return Reply(200, {"status": "ok"})
            case "readiness":  # without Celery's beat
                checks = {"db": True, "redis": True, "celery": False}
                return Reply(503, {"status": "fail", "checks": checks})
        try:
            reply = inside(request)
        except CrashError:
            return crashed()
        rows = reply.body if isinstance(reply.body, list) else []
        if kill_after_rows is not None and len(rows) > kill_after_rows:
            return gunicorn_error(500, "Internal Server Error", "")
        return reply

    return answer
