"""What was typed: the options that a person gave, and the line to give once more."""

import shlex
import sys
from collections.abc import Collection, Iterator
from contextvars import ContextVar
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from raidctl.config.checks import without_logins
from raidctl.core.asked import NOTHING, Asked

_asked: ContextVar[Asked] = ContextVar("asked", default=NOTHING)
_QUIET = "--quiet"
_TARGETS = frozenset({"targets", "target"})


def asked() -> Asked:
    """What was typed to have what runs now."""
    return _asked.get()


def note(context: typer.Context) -> None:
    """Note what was typed, for whoever advises what to type next."""
    chain: list[Any] = [context]
    while chain[0].parent is not None:
        chain.insert(0, chain[0].parent)
    options: dict[str, tuple[str, ...]] = {}
    targets: tuple[str, ...] = ()
    for one in chain:
        for parameter in one.command.params:
            name = parameter.name or ""
            source = one.get_parameter_source(name)
            if source is None or source.name != "COMMANDLINE":
                continue
            words = tuple(_words(one.params.get(name)))
            if name in _TARGETS:
                targets = tuple(map(without_logins, words))
            elif parameter.param_type_name == "option":
                long = max(parameter.opts, key=len)
                options[long] = tuple(_spelled(long, words))
    command = " ".join(one.info_name or "" for one in chain[1:])
    _asked.set(Asked(command, targets, options, tuple(map(without_logins, line()))))


def in_place_of(typed: str, meant: str) -> None:
    """What was typed stands for something that it will not stand for any more: say that."""
    told = asked()
    _asked.set(replace(told, line=tuple(meant if one == typed else one for one in told.line)))


def line(without: Collection[str] = (), *more: str, config: Path | None = None) -> list[str]:
    """The arguments that were typed, to be carried out: no dry run, and no plan approved.

    Those in `without` are left out, and `more` is given as well; a `config` is named in place of
    what was typed, for whoever reads it in another shell.
    """
    arguments = iter(one for one in sys.argv[1:] if one not in without)
    kept = [] if config is None else ["--config", str(config)]
    said_anew = ("--approve",) if config is None else ("--approve", "--config")
    for argument in arguments:
        if argument == "--":  # only targets follow
            return [*kept, *more, argument, *arguments]
        if argument in said_anew:
            next(arguments, None)
        elif argument != "--dry-run" and argument.partition("=")[0] not in said_anew:
            kept.append(argument)
    return [*kept, *more]


def approving_command(plan: str, again: Collection[str] = (), config: Path | None = None) -> str:
    """The command that was typed, with what approves this very plan, and to be carried out.

    What is in `again` is left out, and that it was quiet: whoever approves wants to see. `config`
    is the file in force, for whoever reads it elsewhere.
    """
    return shlex.join(["raidctl", *line({*again, _QUIET}, "--approve", plan, config=config)])


def looking_command(config: Path | None) -> str:
    """The command that was typed, to be looked at alone, as whoever reads it elsewhere types it."""
    return shlex.join(["raidctl", *line({"--yes", "-y", _QUIET}, "--dry-run", config=config)])


def _words(value: Any) -> Iterator[str]:
    """A value as it is typed; nothing of a flag."""
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _words(one)
    elif value is not None and not isinstance(value, bool):
        yield str(value.value if isinstance(value, Enum) else value)


def _spelled(name: str, words: tuple[str, ...]) -> Iterator[str]:
    """An option with each of its values."""
    if not words:
        yield name
    for word in words:
        yield from (name, word)
