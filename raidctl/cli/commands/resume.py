"""`raidctl resume`: end a pause."""

from raidctl.bootstrap.journal import journal as opened
from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.terminal import say


def resume(config: options.Configuration = None) -> None:
    """End a pause: runs write again.

    \b
    raidctl resume
    """
    with opened(load_to_look(config)) as journal:
        say("runs write again" if journal.resume() else "nothing was paused")
