"""What the commands that only read share: both systems, and what to find out from them."""

from collections.abc import Iterator
from contextlib import contextmanager

from raidctl.bootstrap import systems as opened
from raidctl.bootstrap.rules import request
from raidctl.cli.progress import Meter
from raidctl.cli.report import warn_of_pause
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.ports.jira import IssueWriter
from raidctl.ports.systems import Systems
from raidctl.runs.reading.request import Filters, Progress, ReadRequest


@contextmanager
def reading(
    settings: Config, filters: Filters, environ: Environ, *, unattended: bool = False
) -> Iterator[tuple[Systems, ReadRequest, Progress]]:
    """Both systems, what was asked of them, and a bar; a pause in force is told.

    Raises what `bootstrap.systems.reading` raises.
    """
    with both_systems(settings, environ) as (systems, _, advance):
        warn_of_pause(systems.journal.paused())
        yield systems, request(settings, filters, systems, unattended=unattended), advance


@contextmanager
def both_systems(
    settings: Config, environ: Environ
) -> Iterator[tuple[Systems, IssueWriter, Progress]]:
    """Both systems, what tells the ways out of a status, and a bar.

    Raises what `bootstrap.systems.reading` raises.
    """
    meter = Meter()
    with (
        meter.showing("reading") as advance,
        opened.reading(settings, environ, meter) as (systems, writer),
    ):
        yield systems, writer, advance
