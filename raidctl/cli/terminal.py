"""What the terminal can show, and how errors and progress are told on standard error."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from raidctl.errors import ConfigError, ExitCode, RaidctlError


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What standard output can show: columns, colour, hyperlinks."""

    width: int
    colour: bool
    hyperlinks: bool


def capabilities() -> Capabilities:
    """Of standard output; NO_COLOR means no escape sequence at all, FORCE_COLOR is obeyed."""
    environ, terminal = os.environ, sys.stdout.isatty()
    dumb = environ.get("TERM") in {"dumb", "unknown"}
    plain = bool(environ.get("NO_COLOR")) or (dumb and not environ.get("FORCE_COLOR"))
    colour = not plain and (terminal or bool(environ.get("FORCE_COLOR")))
    width = shutil.get_terminal_size((80, 24)).columns
    return Capabilities(width, colour, colour and terminal and environ.get("TERM") != "linux")


@contextmanager
def answering() -> Iterator[None]:
    """Turn raidctl's errors into one line on standard error and the exit code they carry."""
    try:
        yield
    except ConfigError as error:
        say("the configuration cannot be used:")
        for problem in error.problems:
            tell(f"  {problem}")
        raise typer.Exit(error.exit_code) from None
    except RaidctlError as error:
        say(str(error))
        raise typer.Exit(error.exit_code) from None


def say(text: str) -> None:
    """One line on standard error, under raidctl's name."""
    tell(f"raidctl: {text}")


def tell(text: str) -> None:
    """One line on standard error, whatever it quotes made harmless."""
    from raidctl.present.safe import visible

    print(visible(text), file=sys.stderr)  # noqa: T201 - this is where raidctl prints


def show(text: str, out: Path | None) -> None:
    """Put a result on standard output, or into a file that only its owner can read.

    Raises `UsageError` when the file cannot be written.
    """
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    from raidctl.cli.files import write_private

    write_private(out, text)
    say(f"wrote {out}")


@contextmanager
def progress(what: str) -> Iterator[Callable[[int], None]]:
    """A counter on standard error while something is read; nothing without a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda steps: bar.advance(task, steps)


def interrupted() -> int:
    """Say so, and the exit code for it."""
    say("interrupted; nothing was written")
    return ExitCode.INTERRUPTED
