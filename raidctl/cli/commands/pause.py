"""`raidctl pause` and `raidctl resume`: no run writes meanwhile."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from raidctl.cli import options
from raidctl.cli.targets import span
from raidctl.cli.terminal import answering, say, warn_of_pause
from raidctl.errors import UsageError


def pause(
    context: typer.Context,
    length: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long: 30m, 2h, 1d, 1w.")
    ],
    config: options.Configuration = None,
) -> None:
    """Let no run write for a while; they still read, and say that they are paused.

    \b
    raidctl pause --for 2h
    raidctl resume
    """
    with answering():
        from raidctl.bootstrap.journal import journal as opened
        from raidctl.cli.config import load_to_look
        from raidctl.core.writes.log import Pause

        time = span(length)
        if not time:
            raise UsageError(f"--for {length!r} is no length of time: write 30m, 2h, 1d or 1w")
        now = datetime.now(UTC)
        try:
            until = now + time
        except OverflowError:
            raise UsageError(f"--for {length!r} never ends") from None
        with opened(load_to_look(config or context.obj)) as journal:
            journal.pause(Pause(now, until, _who()))
            warn_of_pause(journal.paused())


def resume(context: typer.Context, config: options.Configuration = None) -> None:
    """End a pause: runs write again.

    \b
    raidctl resume
    """
    with answering():
        from raidctl.bootstrap.journal import journal as opened
        from raidctl.cli.config import load_to_look

        with opened(load_to_look(config or context.obj)) as journal:
            say("runs write again" if journal.resume() else "nothing was paused")


def _who() -> str:
    import getpass
    import socket

    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        user = "somebody"
    return f"{user}@{socket.gethostname()}"
