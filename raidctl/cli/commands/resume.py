"""`raidctl resume`: end a pause."""

import typer

from raidctl.bootstrap.journal import journal as opened
from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.terminal import answering, say


def resume(context: typer.Context, config: options.Configuration = None) -> None:
    """End a pause: runs write again.

    \b
    raidctl resume
    """
    with answering(), opened(load_to_look(config or context.obj)) as journal:
        say("runs write again" if journal.resume() else "nothing was paused")
