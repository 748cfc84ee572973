"""The commented configuration to start from, with what is known already filled in."""

import json
import re
from collections.abc import Mapping
from importlib import resources

_TABLE = re.compile(r"\[([\w.]+)\]")
_LINE = re.compile(r"#?(\w+) = ")


def template() -> str:
    """The example, in which every key is explained."""
    return resources.files("raidctl").joinpath("config.example.toml").read_text(encoding="utf-8")


def filled(text: str, lines: Mapping[str, str | None]) -> str:
    """A configuration with other lines for some keys; None takes a key's line into a comment.

    Of a secret the line of its variable is the one that gives way.
    """
    table, left, result = "", dict(lines), list[str]()
    for line in text.splitlines():
        if header := _TABLE.fullmatch(line):
            table = header[1]
        found = _LINE.match(line)
        key = f"{table}.{found[1]}" if found else ""
        given = left.pop(key) if key in left else line
        result.append(f"#{line.removeprefix('#')}" if given is None else given)
    if left:
        raise KeyError(", ".join(left))
    return "".join(f"{line}\n" for line in result)


def assigned(name: str, value: str) -> str:
    """A line of TOML that gives a key a text."""
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"
