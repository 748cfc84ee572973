"""A server of the bench in a process of its own, which takes events until its input is closed.

    python -m tests.bench.receiver ours|floor FOLDER

`ours` is the receiver of `raidctl listen`, with a parser and a journal. The floor is the same
server, which commits each body to SQLite and does nothing else. Prints its port.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from raidctl.journal import Journal
from raidctl.listen.health import Health
from raidctl.listen.keeper import Keeper
from raidctl.listen.numbers import Numbers
from raidctl.listen.receiver import Receiver
from raidctl.listen.server import bound, serving
from raidctl.runs.reading.status import status
from tests.bench.sending import SECRET
from tests.listen.place import PARSER


def now() -> datetime:
    """By this machine's clock."""
    return datetime.now(UTC)


def tell(line: str) -> None:
    """What should not happen here."""
    sys.stderr.write(f"{line}\n")


@contextmanager
def ours(folder: Path) -> Iterator[Starlette]:
    """As `bootstrap.listening` makes it."""
    with closing(Journal(folder / "journal.db", now)) as journal:
        health, queue = Health(tell), journal.queue
        yield Receiver(
            readers={"jira": PARSER.jira},
            secret=SECRET,
            max_bytes=1024**2,
            keeper=Keeper(queue, now, health, lambda: None),
            queue=queue,
            health=health,
            numbers=Numbers(),
            status=lambda: status(journal, now(), now()),
            clock=now,
            tell=tell,
        ).application()


@contextmanager
def floor(folder: Path) -> Iterator[Starlette]:
    """As durable as the journal."""
    path = folder / "floor.db"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as events:
        events.execute("PRAGMA journal_mode = WAL")
        events.execute("PRAGMA synchronous = FULL")
        events.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB)")

        async def keep(request: Request) -> Response:
            events.execute("INSERT INTO events (body) VALUES (?)", [await request.body()])
            return PlainTextResponse("kept\n", 202)

        yield Starlette(routes=[Route("/jira", keep, methods=["POST"])])


def main(what: str, folder: Path) -> None:
    """Serve it."""
    with {"ours": ours, "floor": floor}[what](folder) as application:
        at = bound("127.0.0.1", 0)
        with serving(application, at, lambda: None):
            sys.stdout.write(f"{at.getsockname()[1]}\n")
            sys.stdout.flush()
            sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
