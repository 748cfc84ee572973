"""`raidctl notify`: try whether those who are told of runs can be."""

from typing import Annotated

import typer

from raidctl.bootstrap.notify import named
from raidctl.cli import options
from raidctl.cli.config import load_to_look
from raidctl.cli.notices import PING, try_all
from raidctl.cli.terminal import end_at_once_on_interrupt, say, show
from raidctl.errors import ConfigError, ExitCode, UsageError


def notify(
    *,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test to every receiver of [notify].")
    ] = False,
    config: options.Configuration = None,
) -> ExitCode:
    """Try whether those who are told of runs can be: Slack, any URL, what misses pings.

    Each run tells them by itself, what is new alone; raidctl help notify says what, and of whom.
    Exit code 0: all of them took the test; 4: one did not; 2: there are none, or an address is
    none.

    \b
    raidctl notify --test
    """
    if not test:
        raise UsageError("runs tell by themselves; --test tries whether it would arrive")
    end_at_once_on_interrupt()
    settings = load_to_look(config)
    (ends, wrong), pings = try_all(settings), PING in named(settings)
    if not (ends or wrong or pings):
        raise UsageError("nobody is to be told: set an address in [notify], such as slack_url_env")
    show("".join(f"{name}: told\n" for name, why in ends.items() if why is None), None)
    if pings:
        show(f"{PING}: not called, for that would say that reconcile runs\n", None)
    failures = [f"{name}: {why}" for name, why in ends.items() if why is not None]
    for line in failures:
        say(line)
    if wrong:
        raise ConfigError(wrong)
    return ExitCode.INCOMPLETE if failures else ExitCode.OK
