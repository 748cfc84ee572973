"""What the commands that write share: their session with both systems, and how it is told."""

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol

from raidctl.bootstrap import rules
from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import alone, journal
from raidctl.bootstrap.systems import writing
from raidctl.cli import log
from raidctl.cli.metrics import in_full, once_a_day, telling
from raidctl.cli.metrics import tell as tell_numbers
from raidctl.cli.notices import Teller
from raidctl.cli.options import Output
from raidctl.cli.progress import Meter, Unmetered
from raidctl.cli.quiet import Quiet
from raidctl.cli.report import print_report, print_written, say_unread, say_why, warn_of_pause
from raidctl.cli.shutdown import Shutdown
from raidctl.cli.terminal import on_screen, say
from raidctl.config import Config
from raidctl.core.writes.log import Run
from raidctl.ports.journal import Journal
from raidctl.ports.systems import WritableSystems
from raidctl.present.format import Format
from raidctl.runs.exit_codes import Fact
from raidctl.runs.journalled import RunRecord, note_interrupted, recorded
from raidctl.runs.writing.session import Ending, Session
from raidctl.runs.writing.session import Shutdown as SessionShutdown


class Stopping(SessionShutdown, Protocol):
    """How a run is asked to end early, and why it is to."""

    def reason(self) -> str | None:
        """Why a run is to end early; None while it is not."""
        ...


def new_run(command: str, now: datetime, *, counts: bool = True) -> Run:
    """A run that begins now, with a name of its own."""
    name = f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"
    return Run(name, command, now, os.getpid(), counts=counts, host=os.uname().nodename)


@contextmanager
def session(
    settings: Config,
    command: str,
    opened: Callable[..., AbstractContextManager[WritableSystems]] = writing,
    quiet: Quiet | None = None,
    *,
    counts: bool = True,
) -> Iterator[Session]:
    """A run of a command that writes: it holds the lock, and the journal keeps a row of it.

    A `quiet` one says nothing while it goes on; it `counts` where it is of all links in scope.
    Raises `LockedError`, and what `opened` raises, of `bootstrap.systems`: the row tells of both.
    """
    shutdown, run = Shutdown(), new_run(command, utc_now(), counts=counts)
    log.of_run(run.id)
    teller = Teller(settings, quiet)
    opening = partial(journal, settings), run, utc_now, alone(settings), teller.after
    with (
        telling(settings, once_a_day if quiet else in_full),
        quiet.speaking() if quiet else nullcontext(),
        teller.without_journal(run),
        recorded(*opening) as (memory, record),
    ):

        def interrupted(why: str) -> None:
            note_interrupted(memory, run, record, why, utc_now())
            failed = tell_numbers(settings)
            for line in () if quiet else in_full(settings, failed):
                say(line)

        shutdown.noting(interrupted)
        if not quiet:
            warn_of_pause(memory.paused())
        meter = Unmetered() if quiet else Meter()
        with _opened(settings, Row(run, record), memory, shutdown, opened, meter) as one:
            yield one


@contextmanager
def session_within(
    settings: Config,
    command: str,
    memory: Journal,
    shutdown: Stopping,
    opened: Callable[..., AbstractContextManager[WritableSystems]] = writing,
) -> Iterator[Session]:
    """The same for a process that holds the lock by itself and has the journal open.

    It does so thousands of times a day: of a run that had nothing to write no row is left. Raises
    what `opened` raises: the row tells of it.
    """
    run, after = new_run(command, utc_now()), Teller(settings).after
    log.of_run(run.id)
    with (
        recorded(lambda: nullcontext(memory), run, utc_now, nullcontext(), after) as (_, record),
        _opened(settings, Row(run, record), memory, shutdown, opened, Meter()) as one,
    ):
        yield one
    memory.forget_quiet(run.id)


class Row(NamedTuple):
    """A run, and how its row in the journal ends."""

    run: Run
    record: RunRecord


@contextmanager
def _opened(
    settings: Config,
    row: Row,
    memory: Journal,
    shutdown: Stopping,
    opened: Callable[..., AbstractContextManager[WritableSystems]],
    meter: Meter,
) -> Iterator[Session]:
    with ExitStack() as stack:
        with meter.showing("opening"):
            systems = stack.enter_context(opened(settings, os.environ, memory, meter))
        row.record.requests = lambda: systems.requests
        context = rules.context(settings, systems, row.run.id, shutdown.reason)
        yield Session(systems, context, *row, shutdown, meter.showing)


def tell(ending: Ending, output: Output, again: Collection[str] = ()) -> None:
    """Show how a run ended, in the words and the form that were asked for.

    `again` was typed and is not to be given once more to approve its plan.
    """
    if ending.said is not None and ending.said != ending.why:
        say(ending.said)
    if output.form is not Format.TABLE or output.out is not None:
        print_report(ending.report, output)
    elif ending.brief:
        say_unread(ending.report.unread[1:])
    elif not (ending.seen and on_screen(sys.stdout)):
        print_report(ending.report, output)
    elif Fact.DECLINED not in ending.facts:  # then all of it was shown before the question
        print_written(ending.report)
    say_why(ending, again)
