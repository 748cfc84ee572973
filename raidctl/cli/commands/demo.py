"""`raidctl demo`: the real `diff` against a built-in Impact and JIRA."""

import os
import shlex
import tempfile
import time
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from raidctl.cli.commands.diff import read
from raidctl.cli.options import Output
from raidctl.cli.report import print_report
from raidctl.cli.signals import interrupted_by
from raidctl.cli.terminal import say, show, tell
from raidctl.config import load
from raidctl.core.scope import Scope
from raidctl.errors import ExitCode
from raidctl.runs.reading.request import Filters
from raidctl.sandbox.stage import Drift, Stage, on_stage

NEXT = """\
What to try next:
  raidctl demo --serve      keep both running, and point raidctl at them: then
                            explain 8, reconcile, history, and diff again;
                            backfill issues and links make what is missing
  raidctl demo --serve --drift old
                            two systems that have drifted for years, for the
                            page that raidctl help first-day shows
  raidctl help diff         every filter and format, with examples
  raidctl init              write a configuration for your own Impact and JIRA
"""


def demo(
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep it running and print how to use raidctl with it.")
    ] = False,
    drift: Annotated[
        Drift,
        typer.Option(help="recent: raidctl saw both sides agree; old: years of it, unseen."),
    ] = Drift.RECENT,
    latency: Annotated[
        int, typer.Option(min=0, max=10_000, help="Milliseconds each answer takes.")
    ] = 0,
) -> None:
    """See raidctl at work on a built-in Impact and JIRA, with drift of every kind.

    Both run on this machine alone, on loopback, and are gone afterwards.

    \b
    raidctl demo              run `diff` against them once
    raidctl demo --serve      keep them up, to try the commands yourself
    raidctl demo --serve --drift old    two systems that have drifted for years
    """
    interrupted_by("SIGTERM", "SIGHUP")  # the contexts then take everything down
    # A proxy for the world outside must not come between us and this machine.
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="raidctl-demo-") as folder,
            on_stage(Path(folder), latency_seconds=latency / 1000, drift=drift) as stage,
        ):
            if serve:
                _serve(stage, "raidctl help first-day" if drift is Drift.OLD else "raidctl diff")
            _show(stage)
    except KeyboardInterrupt:
        say("the demo is over; it left nothing behind")
        raise typer.Exit(ExitCode.OK if serve else ExitCode.INTERRUPTED) from None


def _show(stage: Stage) -> None:
    say(f"a demo: Impact at {stage.impact_url}, JIRA at {stage.jira_url}; running raidctl diff")
    settings = load(stage.config, stage.environ)
    print_report(read(settings, stage.environ, Filters(Scope(everything=True))), Output())
    show(f"\n{NEXT}", None)


def _serve(stage: Stage, first: str) -> NoReturn:
    """Print how to use it, a command to begin with last, and wait to be interrupted."""
    environ = {**stage.environ, "RAIDCTL_CONFIG": str(stage.config), "NO_PROXY": "127.0.0.1"}
    exports = [f"export {name}={shlex.quote(value)}" for name, value in environ.items()]
    lines = [
        f"# Impact: {stage.impact_url}",
        f"# JIRA:   {stage.jira_url}",
        "# In another terminal, in which raidctl is a command as well:",
        *exports,
        first,
    ]
    show("".join(f"{line}\n" for line in lines), None)
    tell("# Ctrl-C ends the demo and leaves nothing behind")
    while True:
        time.sleep(3600)
