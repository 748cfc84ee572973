"""What the commands that only read share: both systems, and what to find out from them."""

from collections.abc import Iterator
from contextlib import contextmanager

from raidctl.bootstrap import systems as opened
from raidctl.bootstrap.rules import request
from raidctl.cli.report import warn_of_pause
from raidctl.cli.terminal import progress
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.ports.systems import Systems
from raidctl.runs.reading.request import Filters, Progress, ReadRequest


@contextmanager
def reading(
    settings: Config, filters: Filters, environ: Environ, *, unattended: bool = False
) -> Iterator[tuple[Systems, ReadRequest, Progress]]:
    """Both systems, what was asked of them, and a bar; a pause in force is told.

    Raises what `bootstrap.systems.reading` raises.
    """
    with opened.reading(settings, environ) as (systems, _):
        warn_of_pause(systems.journal.paused())
        wanted = request(settings, filters, systems, unattended=unattended)
        with progress("reading") as advance:
            yield systems, wanted, advance
