"""Who says yes to a plan, and how: an option, or a person at the terminal."""

import shlex
import sys

from raidctl.bootstrap.rules import limits
from raidctl.cli.terminal import capabilities, on_screen, tell
from raidctl.config import Config
from raidctl.core.report import Report
from raidctl.errors import UsageError
from raidctl.present.report.approval import question
from raidctl.runs.writing.session import Approval


def approval(settings: Config, *, yes: bool, approve: str | None) -> Approval:
    """Who says yes: whoever typed `--yes` or `--approve`, a person at the terminal, else nobody."""
    if yes or approve is not None or not on_screen(sys.stdin):
        return Approval(limits(settings), approve)
    return Approval(limits(settings), ask=_agreed)


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return on_screen(sys.stdin) and on_screen(sys.stderr)


def _agreed(report: Report) -> bool:
    """Show what is to be written and ask; only "yes" is a yes.

    All of it on standard error: standard output stays for the report.
    """
    if not on_screen(sys.stderr):
        raise UsageError("nobody sees the question, standard error being redirected: give --yes")
    from raidctl.present.report.table import render_planned  # noqa: PLC0415 - rich is slow to load

    sys.stderr.write(render_planned(report, **capabilities(stream=sys.stderr)))
    for line in question(report):
        tell(line)
    sys.stderr.write("Type yes to write this: ")
    sys.stderr.flush()
    return sys.stdin.buffer.readline().strip() == b"yes"  # whatever the terminal's encoding


def approving_command(plan: str) -> str:
    """The command that was typed, with what approves this very plan."""
    arguments = iter(sys.argv[1:])
    kept: list[str] = []
    for argument in arguments:
        if argument == "--":  # only targets follow
            return shlex.join(["raidctl", *kept, "--approve", plan, argument, *arguments])
        if argument == "--approve":
            next(arguments, None)
        elif not argument.startswith("--approve="):
            kept.append(argument)
    return shlex.join(["raidctl", *kept, "--approve", plan])
