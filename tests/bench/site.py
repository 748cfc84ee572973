"""A sandbox in a process of its own: incidents and issues in sync, and a record of what was asked.

    python -m tests.bench.site FOLDER LINKS LATENCY_MS DEPLOYMENT ALONE

ALONE is how many further incidents have no issue.

Prints one line when it is up, and serves until its standard input is closed. A line
`exchanges` there makes it write what it was asked since the last one to `exchanges.json`; a line
`drift LINKS FIELD...` makes it change so many further incidents in Impact, and `past` gives all of
them a history that ends with another title there. It answers each.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Engine, create_engine, insert, select, update

from raidctl.gateways.impact.database import tables
from raidctl.sandbox.impact.seed import NewIncident, add_incidents, add_user, seed_reference
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.bench.floor import Exchange
from tests.bench.sites import Deployment
from tests.simulators.impact.server import impact_answer
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

PEOPLE = [Person(f"acc-{n}", f"Person {n}", f"person{n}@example.test") for n in range(20)]
DECLARER = Person("firefighter-bot", "FireFighter", "firefighter-bot@example.test")
TOKEN = "bench-token"
STATUSES = {10: "Open", 30: "In Progress", 40: "Resolved"}
PRIORITIES = {1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"}
ONE_HOP = {10: 30, 30: 40}  # a status with a single transition to the next one in JIRA


def main(folder: Path, links: int, latency_ms: int, deployment: Deployment, alone: int) -> None:
    """Serve until standard input ends."""
    engine = create_engine(f"sqlite:///{folder / 'impact.db'}")
    tables.metadata.create_all(engine)
    jira = JiraState(deployment=deployment, users=(*PEOPLE, DECLARER), me=PEOPLE[0].account)
    with engine.begin() as connection:
        seed_reference(connection)
        for person in PEOPLE:
            add_user(connection, person.email, person.name)
        add_incidents(connection, _incidents(links, alone), bare=True)
    _add_issues(jira, links)
    fresh = iter([n for n in range(1, links + 1) if _status(n) in ONE_HOP])
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
        _say(json.dumps(urls))
        for line in sys.stdin:
            match line.split():
                case ["exchanges"]:
                    (folder / "exchanges.json").write_text(json.dumps(record.taken()))
                case ["drift", many, *fields]:
                    _drift(engine, list(islice(fresh, int(many))), fields)
                case ["past"]:
                    _tell_impact(engine)
                    _tell_jira(jira, links)
            _say("done")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Recorder:
    """Every exchange as (system, method, target, body)."""

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._lock = Lock()

    def of(self, name: str, answer: Callable[[Request], Reply]) -> Callable[[Request], Reply]:
        """The same answers, recorded under a name."""

        def recorded(request: Request) -> Reply:
            exchange = (name, request.method, request.target, request.body.decode())
            with self._lock:
                self._exchanges.append(exchange)
            return answer(request)

        return recorded

    def taken(self) -> list[Exchange]:
        """What was recorded since the last time."""
        with self._lock:
            exchanges, self._exchanges = self._exchanges, []
            return exchanges


def _incidents(links: int, alone: int) -> Iterator[NewIncident]:
    start = _start()
    for n in range(1, links + alone + 1):
        yield NewIncident(
            id=n,
            title=_title(n),
            description=_description(n),
            status=_status(n),
            priority=1 + n % 5,
            commander=PEOPLE[n % 20].email,
            jira_key=f"INC-{n}" if n <= links else None,
            jira_id=100_000 + n if n <= links else None,
            created_at=start,
            updated_at=start,
        )


def _add_issues(jira: JiraState, links: int) -> None:
    start = _start()
    tail = "🧯 This incident has been created for a critical incident.\n📦 Orders\n⚠️ P3"
    for n in range(1, links + 1):
        values: dict[str, Any] = {
            "summary": _title(n),
            "description": f"{_description(n)}\n\n{tail}",
            "status": STATUSES[_status(n)],
            "priority": PRIORITIES[1 + n % 5],
            "assignee": PEOPLE[n % 20].account,
        }
        jira.add_issue(f"INC-{n}", 100_000 + n, created=start, updated=start, **values)


def _drift(engine: Engine, numbers: list[int], fields: list[str]) -> None:
    """Change these incidents in every field named, long ago as far as their rows tell."""
    incident, role = tables.incident, tables.incident_role
    with engine.begin() as connection:
        query = select(tables.priority.c.value, tables.priority.c.id)
        priorities = dict(row for row in connection.execute(query))
        users = dict(
            row for row in connection.execute(select(tables.user.c.email, tables.user.c.id))
        )
        for n in numbers:
            drifted: Mapping[str, Mapping[str, object]] = {
                "title": {"title": f"{_title(n)}, and to the shops"},
                "description": {"description": f"{_description(n)}\nIt is the queue."},
                "priority": {"priority_id": priorities[1 + (n + 1) % 5]},
                "status": {"status": ONE_HOP[_status(n)]},
            }
            changes = {
                name: value for field in fields for name, value in drifted.get(field, {}).items()
            }
            connection.execute(update(incident).where(incident.c.id == n).values(changes))
            if "commander" in fields:
                who = users[PEOPLE[(n + 1) % 20].email]
                connection.execute(update(role).where(role.c.incident_id == n).values(user_id=who))


def _tell_impact(engine: Engine) -> None:
    """Each incident was declared, and got another title ten days later."""
    now, one = tables.incident.c, tables.incident
    later, title = _start() + timedelta(days=10), now.title + ", and to the shops"
    role, noted = tables.incident_role.c, tables.incident_update.c
    with engine.begin() as connection:
        query = select(
            now.id, now.title, now.description, now.status, now.priority_id, role.user_id
        )
        for row in connection.execute(query.join(tables.incident_role, role.incident_id == now.id)):
            declared = {**row._mapping, "incident_id": row.id, "commander_id": row.user_id}
            changed = {"incident_id": row.id, "title": f"{row.title}, and to the shops"}
            for at, values in ((_start(), declared), (later, changed)):
                times = dict.fromkeys(("event_ts", "created_at", "updated_at"), at)
                told = {name: value for name, value in values.items() if name in noted} | times
                connection.execute(insert(tables.incident_update), told | {"id": uuid4()})
        connection.execute(update(one).values(title=title))


def _tell_jira(jira: JiraState, links: int) -> None:
    """Each issue had its priority changed there and back."""
    for day, lowered in ((3, True), (4, False)):
        at = _start() + timedelta(days=day)
        jira.now = lambda at=at: at  # type: ignore[misc]
        for n in range(1, links + 1):
            usual = PRIORITIES[1 + n % 5]
            jira.edit(100_000 + n, PEOPLE[1].account, priority="Low" if lowered else usual)


@cache
def _start() -> datetime:
    return datetime.now(UTC) - timedelta(days=20)


def _status(n: int) -> int:
    return list(STATUSES)[n % 3]


def _title(n: int) -> str:
    return f"Orders are not exported to the warehouse #{n}"


def _description(n: int) -> str:
    return f'Seeded incident {n}.\nSecond line, with "quotes" and é. ' + "What we know so far. " * 9


if __name__ == "__main__":
    home, links, latency, deployment, alone = sys.argv[1:]
    main(Path(home), int(links), int(latency), cast("Deployment", deployment), int(alone))
