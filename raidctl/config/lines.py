"""On which line of a TOML file a key stands, which Python's own parser does not tell.

Only for whoever reads it: a text of several lines that looks like keys may mislead it, and nothing
else than what is shown rests on it.
"""

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str, ...]

_TABLE = re.compile(r"\s*\[([^\[].*?)\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_.\s-])+?)\s*=""")


def key_lines(source: str) -> Mapping[Path, int]:
    """The line of each table and key, counted from 1."""
    found: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(source.split("\n"), start=1):
        if header := _TABLE.fullmatch(line.rstrip("\r")):
            table = _path(f"[{header[1]}]") or table
            if table:
                found.setdefault(table, number)
        elif (key := _KEY.match(line)) and (path := _path(f"{key[1]} = 0")):
            found.setdefault((*table, *path), number)
    return found


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Where a key stands, or the table or value that it is in."""
    ends = range(len(path), 0, -1)
    return next((lines[path[:end]] for end in ends if path[:end] in lines), None)


def _path(text: str) -> Path:
    """The names that lead to the one thing a piece of TOML has; none where it is no such piece."""
    try:
        inner: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return ()
    names: list[str] = []
    while isinstance(inner, dict) and len(inner) == 1:
        ((name, inner),) = inner.items()
        names.append(name)
    return tuple(names)
