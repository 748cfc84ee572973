"""`raidctl listen`: take events over HTTP, and settle what they name."""

import os
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from raidctl.bootstrap.events import directory
from raidctl.bootstrap.listening import listening
from raidctl.cli import options
from raidctl.cli.config import load_to_write
from raidctl.cli.draining import Draining
from raidctl.cli.events import BATCH, Work
from raidctl.cli.listening import settled
from raidctl.cli.terminal import say
from raidctl.errors import ExitCode


def listen(
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", help="Listen there; else as configured: 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65_535, help="And on this port (0: any); as configured: 8420."),
    ] = None,
    config: options.Configuration = None,
) -> ExitCode:
    """Take JIRA's webhooks and Impact's updates over HTTP, and settle what they name.

    POST /jira and /impact are answered 202 once the event is in the journal; it is worked off in
    the background, as raidctl event does. GET /health and /metrics tell how it goes. Needs the
    extra: pip install 'raidctl[listen]'. SIGTERM ends it with exit code 0, Ctrl-C with 130; 2: it
    cannot begin.

    \b
    raidctl listen
    raidctl listen --host 0.0.0.0 --port 8080
    """
    settings = load_to_write(config)
    ours = settings.listen
    ours = replace(ours, host=host or ours.host, port=ours.port if port is None else port)
    settings = replace(settings, listen=ours)
    with ExitStack() as stack:
        draining = Draining()
        work = Work(settings, directory(settings), most=BATCH)
        batch = partial(settled, work, draining, say)
        listener = stack.enter_context(listening(settings, os.environ, batch, say))
        draining.ends(listener.worker.end)
        say(f"listening at {listener.address}: POST /jira and /impact, GET /health and /metrics")
        listener.worker.run()
        if not (draining.wanted or listener.answering()):
            raise RuntimeError("nothing is answered any more")
    return draining.code
