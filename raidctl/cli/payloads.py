"""The payloads that `raidctl event` is given: of a file, of standard input, of a folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

from raidctl.core.events.parse import is_object
from raidctl.errors import UsageError
from raidctl.files import UnfitFileError, read_any

MOST = 64 * 2**20
"""Bytes of one file."""

STANDARD_INPUT = "standard input"

Payload = tuple[str, bytes]
"""A payload, after where it stands."""


def payloads(place: Path) -> Iterator[Payload]:
    """One after the other; a folder's files by their names, those aside that begin with a dot.

    Raises `UsageError` for what cannot be read.
    """
    if place == Path("-"):
        content = b"" if sys.stdin is None else sys.stdin.buffer.read(MOST + 1)  # None: closed
        yield from split(STANDARD_INPUT, content)
        return
    try:
        files = sorted(place.iterdir()) if place.is_dir() else [place]
        files = [one for one in files if one == place or not one.name.startswith(".")]
        for file in files:
            if file == place or file.is_file():
                yield from split(str(file), read_any(file, MOST))
    except UnfitFileError as error:
        raise UsageError(f"{place} cannot be read: {error.strerror}") from None
    except OSError as error:
        raise UsageError(f"{error.filename or place} cannot be read: {error.strerror}") from None


def split(name: str, content: bytes) -> Iterator[Payload]:
    """One payload, or one a line: where the first line is one by itself, or none is all of it."""
    if len(content) > MOST:
        raise UsageError(f"{name} holds more than {MOST // 2**20} MiB: split it")
    lines = [(n, line) for n, line in enumerate(content.splitlines(), 1) if line.strip()]
    if not lines:
        return
    by_line = is_object(lines[0][1]) or (
        not is_object(content) and any(is_object(line) for _, line in lines)
    )
    if by_line and len(lines) > 1:
        yield from ((f"{name}, line {n}", line) for n, line in lines)
    else:
        yield name, content
