"""A sandbox in a process of its own: incidents and issues in sync, and a record of what was asked.

    python -m tests.bench.site FOLDER LINKS LATENCY_MS

Writes `raidctl.toml` into the folder, prints one line when it is up, and serves until its
standard input is closed. Every line it reads there makes it write what it was asked since the
last one to `exchanges.json`.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import create_engine

from raidctl.gateways.impact_tables import metadata
from raidctl.sandbox.impact import impact_answer
from raidctl.sandbox.impact_seed import NewIncident, add_incidents, add_user, seed_reference
from raidctl.sandbox.jira import jira_answer
from raidctl.sandbox.jira_state import JiraState, Person
from raidctl.sandbox.server import LoopbackServer, Reply, Request

PEOPLE = [Person(f"acc-{n}", f"Person {n}", f"person{n}@example.test") for n in range(20)]
TOKEN = "bench-token"
STATUSES = {10: "Open", 30: "In Progress", 40: "Resolved"}
PRIORITIES = {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
CONFIG = """\
[impact]
url = "{impact}"
reads = "{reads}"
token_env = "BENCH_TOKEN"
database_url_env = "BENCH_DATABASE_URL"
[jira]
url = "{jira}"
deployment = "cloud"
user = "person0@example.test"
token_env = "BENCH_TOKEN"
[journal]
path = "{folder}/journal.db"
"""


def main(folder: Path, links: int, latency_ms: int) -> None:
    """Serve until standard input ends."""
    database = folder / "impact.db"
    engine = create_engine(f"sqlite:///{database}")
    metadata.create_all(engine)
    jira = JiraState(users=tuple(PEOPLE), me=PEOPLE[0].account)
    with engine.begin() as connection:
        seed_reference(connection)
        for person in PEOPLE:
            add_user(connection, person.email, person.name)
        add_incidents(connection, _incidents(links), bare=True)
    _add_issues(jira, links)
    record = Recorder()
    with ExitStack() as stack:
        serve: Callable[..., str] = lambda answer, name, **how: (  # noqa: E731 - two servers, alike
            stack.enter_context(
                LoopbackServer(record.of(name, answer), latency_seconds=latency_ms / 1000, **how)
            ).url
        )
        urls = {
            "impact": serve(impact_answer(engine, {TOKEN}), "impact", close_each=True),
            "jira": serve(jira_answer(jira, token=TOKEN), "jira"),
        }
        for reads in ("rest", "database"):
            config = CONFIG.format(**urls, reads=reads, folder=folder)
            (folder / f"{reads}.toml").write_text(config)
        _say(json.dumps(urls))
        for _ in sys.stdin:
            (folder / "exchanges.json").write_text(json.dumps(record.taken()))
            _say("written")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Recorder:
    """Every exchange as (system, method, target, body)."""

    def __init__(self) -> None:
        self._exchanges: list[tuple[str, str, str, str]] = []
        self._lock = Lock()

    def of(self, name: str, answer: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
        """The same answers, recorded under a name."""

        def recorded(request: Request) -> Reply:
            exchange = (name, request.method, request.target, request.body.decode())
            with self._lock:
                self._exchanges.append(exchange)
            return answer(request)

        return recorded

    def taken(self) -> list[tuple[str, str, str, str]]:
        """What was recorded since the last time."""
        with self._lock:
            exchanges, self._exchanges = self._exchanges, []
            return exchanges


def _incidents(links: int) -> Iterator[NewIncident]:
    start = datetime.now(UTC) - timedelta(days=20)
    for n in range(1, links + 1):
        yield NewIncident(
            id=n,
            title=_title(n),
            description=_description(n),
            status=list(STATUSES)[n % 3],
            priority=1 + n % 5,
            commander=PEOPLE[n % 20].email,
            jira_key=f"INC-{n}",
            jira_id=100_000 + n,
            created_at=start,
            updated_at=start,
        )


def _add_issues(jira: JiraState, links: int) -> None:
    start = datetime.now(UTC) - timedelta(days=20)
    tail = "🧯 This incident has been created for a critical incident.\n📦 Orders\n⚠️ P3"
    for n in range(1, links + 1):
        values: dict[str, Any] = {
            "summary": _title(n),
            "description": f"{_description(n)}\n\n{tail}",
            "status": list(STATUSES.values())[n % 3],
            "priority": PRIORITIES[1 + n % 5],
            "assignee": PEOPLE[n % 20].account,
        }
        jira.add_issue(f"INC-{n}", 100_000 + n, created=start, updated=start, **values)


def _title(n: int) -> str:
    return f"Orders are not exported to the warehouse #{n}"


def _description(n: int) -> str:
    return f'Seeded incident {n}.\nSecond line, with "quotes" and é. ' + "What we know so far. " * 9


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
