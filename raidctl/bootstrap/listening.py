"""What `raidctl listen` is made of, by the configuration."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.events import parser
from raidctl.bootstrap.journal import in_turns, journal
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.errors import ConfigError, UsageError
from raidctl.ports.events import EventReader
from raidctl.ports.journal import Journal
from raidctl.runs.reading.status import status

if TYPE_CHECKING:  # the extra is loaded where it is used
    from raidctl.listen.worker import Worker


@dataclass(frozen=True, slots=True)
class Listener:
    """Events are taken at `address` and wait in `queue` for the `worker`.

    `answering` tells whether requests are still answered: nothing but the end ends that.
    """

    address: str
    queue: EventReader
    worker: "Worker"
    answering: Callable[[], bool]


@contextmanager
def listening(
    config: Config,
    environ: Environ,
    batch: Callable[[Journal], str | None],
    tell: Callable[[str], None],
) -> Iterator[Listener]:
    """Take events as long as this is entered; `batch` works off what is due, with the lock held.

    It answers as `Worker` has it.

    Raises `UsageError` and `JournalError` where it cannot begin.
    """
    secret = _secret(config, environ)
    try:
        from raidctl.listen.health import Health
        from raidctl.listen.keeper import Keeper
        from raidctl.listen.numbers import Numbers
        from raidctl.listen.receiver import Receiver
        from raidctl.listen.server import bound, named, serving
        from raidctl.listen.worker import Worker
    except ModuleNotFoundError as error:
        why = f"raidctl listen needs {error.name}: pip install 'raidctl[listen]'"
        raise UsageError(why) from None

    ours = config.listen
    with ExitStack() as stack:
        at = stack.enter_context(bound(ours.host, ours.port))
        lock = stack.enter_context(closing(in_turns(config)))
        opened = stack.enter_context(journal(config))
        known, health = parser(config, opened), Health(tell)
        worker = Worker(opened.queue, lock.held, partial(batch, opened), health, utc_now)
        receiver = Receiver(
            readers={"jira": known.jira, "impact": known.impact},
            secret=secret,
            max_bytes=ours.max_bytes,
            keeper=Keeper(opened.queue, utc_now, health, worker.wake),
            queue=opened.queue,
            health=health,
            numbers=Numbers(),
            status=lambda: status(opened, now := utc_now(), now),
            clock=utc_now,
            tell=tell,
        )
        answering = stack.enter_context(serving(receiver.application(), at, worker.end))
        yield Listener(named(at), opened.queue, worker, answering)


def _secret(config: Config, environ: Environ) -> bytes:
    try:
        return config.listen.secret.reveal(environ).encode()
    except ConfigError as error:
        why = "it is what JIRA's webhook signs events with, and nothing is taken unsigned"
        raise UsageError(f"{error.problems[0]}; {why}") from None
