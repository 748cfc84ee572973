"""Who says yes to a plan, and how."""

import shlex
import sys
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Approval:
    """Who said yes, and to what: to whatever it is (`yes`), or to one plan by its hash."""

    yes: bool = False
    approved: str | None = None

    @property
    def asks(self) -> bool:
        """Whether somebody is there to be asked, and has not answered yet."""
        return not self.yes and self.approved is None and _is_terminal(sys.stdin)


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


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
