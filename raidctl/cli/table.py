"""Tables that a command is given: files of the user's own, refused whole where a line is wrong."""

from collections.abc import Sequence
from pathlib import Path

from raidctl.core.backfill.table import rows_of
from raidctl.errors import LinesError, UsageError
from raidctl.files import read_own, text_of

LARGEST = 16_000_000  # bytes; a line of every incident that anybody has


def table(file: Path, header: Sequence[str]) -> list[tuple[int, tuple[str, ...]]]:
    """The lines of a CSV with this header, each with its number and its cells.

    Raises `UsageError` for what cannot be read, `LinesError` for what is no such table.
    """
    try:
        text = text_of(read_own(file, LARGEST))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LinesError(str(file), [f"line {line}: it is not in UTF-8: save it so"]) from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise UsageError(f"{file} cannot be read: {why}") from None
    found, wrong = rows_of(text, header)
    if wrong:
        raise LinesError(str(file), list(map(str, wrong)))
    return [(row.line, row.cells) for row in found]
