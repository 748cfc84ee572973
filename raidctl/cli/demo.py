"""`raidctl demo`: the real `diff` against a built-in Impact and JIRA."""

import os
import shlex
import signal
import tempfile
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from raidctl.cli.terminal import answering, say, tell

if TYPE_CHECKING:
    from raidctl.sandbox.stage import Stage

NEXT = """\
What to try next:
  raidctl demo --serve      keep this Impact and JIRA running, and point raidctl at them
  raidctl diff --help       every filter and format, with examples
  raidctl init              write a configuration for your own Impact and JIRA
"""


def demo(
    serve: Annotated[
        bool, typer.Option("--serve", help="Keep it running and print how to use raidctl with it.")
    ] = False,
    latency: Annotated[
        int, typer.Option(min=0, max=10_000, help="Milliseconds each answer takes.")
    ] = 0,
) -> None:
    """See raidctl at work on a built-in Impact and JIRA, with drift of every kind.

    Both run on this machine alone, on loopback, and are gone afterwards.

    \b
    raidctl demo              run `diff` against them once
    raidctl demo --serve      keep them up, to try the commands yourself
    """
    with answering(), tempfile.TemporaryDirectory(prefix="raidctl-demo-") as folder:
        from raidctl.sandbox.stage import on_stage

        with on_stage(Path(folder), latency_seconds=latency / 1000) as stage:
            if serve:
                _serve(stage)
            else:
                _show(stage)


def _show(stage: "Stage") -> None:
    from raidctl.cli.diff import Asked, Format, print_report, read
    from raidctl.config import load
    from raidctl.core.scope import Scope

    say(f"a demo: Impact at {stage.impact_url}, JIRA at {stage.jira_url}; running raidctl diff")
    settings = load(stage.config, stage.environ)
    report = read(settings, stage.environ, Asked(Scope(everything=True)))
    print_report(report, Format.TABLE, None)
    typer.echo(f"\n{NEXT}", nl=False)


def _serve(stage: "Stage") -> None:
    """Wait for Ctrl-C or a polite kill; the sandbox is taken down by its contexts."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    typer.echo(f"# Impact: {stage.impact_url}\n# JIRA:   {stage.jira_url}")
    typer.echo("# In another terminal:")
    for name, value in {**stage.environ, "RAIDCTL_CONFIG": str(stage.config)}.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo("raidctl diff")
    tell("(Ctrl-C ends the demo and leaves nothing behind)")
    try:
        signal.pause() if os.name == "posix" else input()
    except KeyboardInterrupt:
        tell("the demo is over")
