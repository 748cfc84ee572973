"""`raidctl pause`: no run writes meanwhile."""

import getpass
import socket
from datetime import UTC, datetime
from typing import Annotated

import typer

from raidctl.bootstrap.journal import journal as opened
from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.report import warn_of_pause
from raidctl.cli.targets import span
from raidctl.core.writes.log import Pause
from raidctl.errors import UsageError


def pause(
    length: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="How long: 30m, 2h, 1d, 1w.")
    ] = None,
    config: options.Configuration = None,
) -> None:
    """Let no run write for a while; they still read, and say that they are paused.

    \b
    raidctl pause --for 2h
    raidctl resume
    """
    if length is None:
        raise UsageError("for how long? Say it: raidctl pause --for 2h")
    time = span(length)
    if not time:
        raise UsageError(f"--for {length!r} is no length of time: write 30m, 2h, 1d or 1w")
    now = datetime.now(UTC)
    try:
        until = now + time
    except OverflowError:
        raise UsageError(f"--for {length!r} never ends") from None
    with opened(load_to_look(config)) as journal:
        journal.pause(Pause(now, until, _who()))
        warn_of_pause(journal.paused())


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
