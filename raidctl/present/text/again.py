"""A command to type next, with what was typed now that it has as well: the same, of the same."""

import shlex
from collections.abc import Collection, Sequence

from raidctl.core.asked import NOTHING, Asked
from raidctl.present.text.safe import visible

_ANYWHERE = ("--config",)
_LINKS = ("--status", "--priority", "--since", "--all")
_TAKES = {
    "diff": ("--field", *_LINKS, "--prefer", "--direction"),
    "reconcile": (
        *("--field", *_LINKS, "--prefer", "--direction"),
        *("--allow-close", "--max-changes"),
    ),
    "resolve": ("--field", *_LINKS, "--allow-close", "--max-changes"),
    "held": ("--field", *_LINKS),
    "explain": ("--field",),
    "missed": ("--field",),  # its --since is of changes, not of incidents
    "backfill issues": ("--since", "--all", "--allow-close"),
    "backfill links": ("--since", "--all"),
}
"""The options of each command that say which links, which fields and which way, in one meaning."""

_NARROW = frozenset({"--field", *_LINKS, "--reason", "--verdict", "--limit"})
"""What makes a report tell of other links, or of fewer fields, than all there are."""
_FEW, _MANY = 8, 100  # incident numbers that somebody would type, and that one would paste


def again(
    command: str, incidents: Collection[int], asked: Asked = NOTHING, more: Sequence[str] = ()
) -> str:
    """A command about these incidents with the typed options that it takes, and `more` of its own.

    They are named where they are few, or where no option says that it is these; else the targets
    that were typed, or none.
    """
    took = _TAKES.get(asked.command, ())
    taken = [name for name in _TAKES.get(command, ()) if name in took and name in asked.options]
    named = 0 < len(incidents) <= (_MANY if lost(command, asked) else _FEW)
    options = [
        word
        for name in (*taken, *_ANYWHERE)
        if name in asked.options and name not in more and not (named and name in _LINKS)
        for word in asked.options[name]
    ]
    targets = [str(number) for number in incidents] if named else asked.targets
    words = ["raidctl", *command.split(), *targets, *options, *more]
    return shlex.join(map(visible, words))


def typed_again(asked: Asked, *more: str) -> str | None:
    """The very line that was typed, to be carried out; None where nobody typed any."""
    words = [one for one in more if one not in asked.line]
    return shlex.join(map(visible, ["raidctl", *asked.line, *words])) if asked.line else None


def lost(command: str, asked: Asked) -> bool:
    """Whether something that was typed says which links are meant, and the command has it not."""
    both = {*_TAKES.get(command, ())} & {*_TAKES.get(asked.command, ())}
    return bool((_NARROW & asked.options.keys()) - both)


def carries(command: str, incidents: Collection[int], asked: Asked) -> bool:
    """Whether the command can be about these incidents alone, be they named or asked for."""
    return len(incidents) <= _MANY or not lost(command, asked)


def narrowed(asked: Asked) -> bool:
    """Whether somebody asked for fewer links or fields than there are."""
    return bool(asked.targets or (_NARROW - {"--all"}) & asked.options.keys())
