"""What the commands that write share: their session with both systems, and how it is told."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import partial

from raidctl.bootstrap import rules
from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import alone, journal
from raidctl.bootstrap.systems import writing
from raidctl.cli import log
from raidctl.cli.approval import approving_command
from raidctl.cli.options import Output
from raidctl.cli.progress import Meter
from raidctl.cli.report import print_report, print_written, say_unread, warn_of_pause
from raidctl.cli.shutdown import Shutdown
from raidctl.cli.terminal import on_screen, say
from raidctl.config import Config
from raidctl.core.writes.log import Run
from raidctl.ports.systems import WritableSystems
from raidctl.present.format import Format
from raidctl.runs.exit_codes import Fact
from raidctl.runs.journalled import note_interrupted, recorded
from raidctl.runs.writing.session import Ending, Session


def new_run(command: str, now: datetime) -> Run:
    """A run that begins now, with a name of its own."""
    return Run(f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}", command, now, os.getpid())


@contextmanager
def session(
    settings: Config,
    command: str,
    opened: Callable[..., AbstractContextManager[WritableSystems]] = writing,
) -> Iterator[Session]:
    """A run of a command that writes: it holds the lock, and the journal keeps a row of it.

    Raises `LockedError`, and what `opened` raises, of `bootstrap.systems`: the row tells of both.
    """
    shutdown, run = Shutdown(), new_run(command, utc_now())
    log.of_run(run.id)
    with recorded(partial(journal, settings), run, utc_now, alone(settings)) as (memory, record):
        shutdown.noting(lambda why: note_interrupted(memory, run, why, utc_now()))
        warn_of_pause(memory.paused())
        with ExitStack() as stack:
            meter = Meter()
            with meter.showing("opening"):
                systems = stack.enter_context(opened(settings, os.environ, memory, meter))
            context = rules.context(settings, systems, run.id, shutdown.reason)
            yield Session(systems, context, run, record, shutdown, meter.showing)


def tell(ending: Ending, output: Output) -> None:
    """Show how a run ended, in the words and the form that were asked for."""
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
    if (why := ending.why) is not None:
        approves = ending.bar is not None and ending.bar.advice is None
        if approves:
            say(f"{why}; to write exactly this plan:", approving_command(ending.report.plan))
        else:
            say(why)
