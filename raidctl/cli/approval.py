"""Who says yes to a plan, and how: an option, or a person at the terminal."""

import shlex
import sys
from typing import TextIO

from raidctl.bootstrap.rules import limits
from raidctl.cli.options import Output
from raidctl.cli.report import print_report
from raidctl.cli.terminal import tell
from raidctl.config import Config
from raidctl.core.plan.item import pending
from raidctl.core.report import Report
from raidctl.errors import UsageError
from raidctl.present.format import Format
from raidctl.present.report.approval import question
from raidctl.runs.writing.session import Approval


def approval(settings: Config, *, yes: bool, approve: str | None, form: Format) -> Approval:
    """Who says yes: whoever typed `--yes` or `--approve`, a person at the terminal, else nobody."""
    if yes or approve is not None or not _is_terminal(sys.stdin):
        return Approval(limits(settings), approve)
    return Approval(limits(settings), ask=lambda report: _agreed(report, form))


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _agreed(report: Report, form: Format) -> bool:
    """Show the plan and ask; only "yes" is a yes. Nothing to write needs no answer."""
    if not any(pending(report.items)):
        return True
    if not _is_terminal(sys.stderr):
        raise UsageError("nobody sees the question, standard error being redirected: give --yes")
    if form is Format.TABLE:
        print_report(report, Output())
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
