"""Records for programs: JSON, JSON lines and CSV, with nothing unsafe spelled out."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from raidctl.core.model import Unreadable
from raidctl.present.text.safe import unseen, visible
from raidctl.present.text.words import NOT_VISIBLE

T = TypeVar("T")
Columns = Mapping[str, Callable[[T], object]]
"""What a record tells of one thing, by the names of its columns and in their order."""

# Where a cell begins: also after a semicolon, at which spreadsheets of many countries split.
_BEGINS = re.compile(r"(^|;)(?=[\s\"]*([^\s\"]))")
_FORMULA = ("=", "+", "-", "@", "\N{MINUS SIGN}")
_PIECES = 1_000
_NON_ASCII = re.compile(r"[^\x00-\x7e]")


def record(columns: Columns[T], one: T) -> dict[str, object]:
    """One thing as a record."""
    return {name: of(one) for name, of in columns.items()}


def plain(value: object) -> object:
    """A value that JSON lacks: an instant as text; one that may not be seen is null."""
    return in_utc(value) if isinstance(value, datetime) else None


def json_pieces(
    document: Mapping[str, object], spelled: Callable[[object], object] = plain
) -> Iterator[str]:
    """A document; values exact but for those that JSON lacks, which are as `spelled` says.

    It is asked as they come, and the pieces are told as they come: of many things there is never
    the whole text.
    """
    pieces = json.JSONEncoder(ensure_ascii=False, indent=2, default=spelled).iterencode(document)
    yield from map(_safe, iter(lambda: "".join(islice(pieces, _PIECES)), ""))
    yield "\n"


class Streamed(list[object]):
    """Things that JSON's encoder goes through as through a list, which it never is."""

    def __init__(self, things: Sequence[object]) -> None:
        super().__init__()
        self._things = things

    def __iter__(self) -> Iterator[object]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)


def json_lines(columns: Columns[T], things: Iterable[T]) -> Iterator[str]:
    """A record a line, as `json_pieces` has it; nothing where there is none."""
    return (f"{_line(record(columns, one))}\n" for one in things)


def csv_lines(columns: Columns[T], things: Iterable[T]) -> Iterator[str]:
    """A header and a line a record; empty cells for what is empty."""
    writer = csv.writer(_Told(), lineterminator="\n")
    yield writer.writerow(columns)
    for one in things:
        yield writer.writerow(map(cell, record(columns, one).values()))


class _Told:
    """What a `csv.writer` writes is what its `writerow` answers."""

    def write(self, line: str) -> str:
        return line


def to_json(document: Mapping[str, object]) -> str:
    """A whole document, as `json_pieces` has it."""
    return "".join(json_pieces(document))


def to_json_lines(columns: Columns[T], things: Iterable[T]) -> str:
    """All of `json_lines`."""
    return "".join(json_lines(columns, things))


def to_csv(columns: Columns[T], things: Iterable[T]) -> str:
    """All of `csv_lines`."""
    return "".join(csv_lines(columns, things))


def only(text: str, columns: Collection[str]) -> str:
    """Of a CSV that `to_csv` made these columns, in this order; no columns: all of it."""
    if not columns:
        return text
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(csv.DictReader(io.StringIO(text)))
    return out.getvalue()


def cell(value: object) -> str:
    """A value as one line of plain text that no spreadsheet computes.

    A text that begins as a formula does, blanks, quotes and wide forms of the sign included, gets
    a leading apostrophe (OWASP, "CSV Injection"), the one after a semicolon too; a number is left
    alone.
    """
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case datetime():
            return in_utc(value)
        case Unreadable():
            return NOT_VISIBLE
    return _BEGINS.sub(_defused, visible(str(value)))


def in_utc(instant: datetime) -> str:
    """An instant as the contracts write it: to the second, with a Z."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _line(row: Mapping[str, object]) -> str:
    return _safe(json.dumps(row, ensure_ascii=False, default=plain))


def _safe(text: str) -> str:
    """All that is unsafe is inside strings, where JSON allows an escape."""
    return _NON_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    return json.dumps(character)[1:-1] if unseen(character) else character


def _defused(beginning: re.Match[str]) -> str:
    formula = unicodedata.normalize("NFKC", beginning[2]).startswith(_FORMULA)
    return f"{beginning[1]}'" if formula else beginning[1]
