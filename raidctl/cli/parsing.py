"""What a command line must not say: one option twice, or a file whose name is empty."""

from collections import Counter
from typing import Any

from typer.core import TyperCommand

from raidctl.errors import UsageError


class Command(TyperCommand):
    """A command that takes its line as `checked`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What Typer makes of it; raises `UsageError`."""
        checked(self, ctx, args)
        return super().parse_args(ctx, args)


def checked(command: Any, context: Any, arguments: list[str]) -> None:
    """Raise `UsageError` for what would be obeyed in part only, or taken for something else.

    The last of two values would win unseen; an empty name, as of a variable that was never set,
    is the folder one is in.
    """
    if context.resilient_parsing:  # a shell asks what could follow
        return
    given, _, order = command.make_parser(context).parse_args(list(arguments))
    twice = Counter(one.name for one in order)
    for one in command.params:
        if one.param_type_name != "option":
            continue
        name = max(one.opts, key=len)
        once = not (one.multiple or one.count or one.is_flag)
        if once and twice[one.name] > 1:
            raise UsageError(f"{name} is given {twice[one.name]} times: give it once")
        if given.get(one.name) == "" and one.type.name in {"path", "file", "directory"}:
            raise UsageError(f"{name}: the name of the file is empty")
