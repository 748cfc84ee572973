"""A CSV of incidents and keys, by which a person says which issue is whose: read strictly."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HEADER = ["incident", "key"]
_INCIDENT = re.compile(r"[1-9][0-9]{0,17}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}-[0-9]{1,18}")
_SHOWN = 40  # characters of what somebody wrote
_SEPARATORS = ";\t|"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one line of the file; lines count from 1."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


@dataclass(frozen=True, slots=True)
class Named:
    """A line of the file: whose the issue of this key is; keys are in capitals."""

    line: int
    incident: int
    key: str


def pairs_of(text: str) -> tuple[Sequence[Named], Sequence[Wrong]]:
    """The pairs of a file, and everything that is wrong with it: then none of them counts."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    rows = csv.reader((f"{line}\n" for line in lines), strict=True)
    found, wrong = list[Named](), list[Wrong]()
    try:
        header = next(rows, [])
        if header != HEADER:
            return (), (Wrong(1, _no_header(header)),)
        for row in rows:
            if row:  # blank lines say nothing
                match _pair(row, rows.line_num):
                    case Named() as one:
                        found.append(one)
                    case problem:
                        wrong.append(problem)
    except csv.Error as error:
        wrong.append(Wrong(rows.line_num, f"it is no CSV: {error}"))
    wrong += _repeated(found)
    if not found and not wrong:
        wrong = [Wrong(1, "nothing follows the header")]
    return tuple(found), tuple(sorted(wrong, key=lambda one: one.line))


def _no_header(header: Sequence[str]) -> str:
    shown = ",".join(header)
    other = next((one for one in _SEPARATORS if one in shown), None)
    if other is not None:
        return f"its columns are separated by {other!r}: save it with commas"
    return f"the header is {_quoted(shown)}, not {','.join(HEADER)}"


def _pair(row: Sequence[str], line: int) -> Named | Wrong:
    if len(row) != len(HEADER):
        return Wrong(line, f"{len(row)} columns, not {len(HEADER)}: {_quoted(','.join(row))}")
    incident, key = (cell.strip() for cell in row)
    if not _INCIDENT.fullmatch(incident):
        return Wrong(line, f"{_quoted(incident)} is no incident's number")
    if not _KEY.fullmatch(key):
        return Wrong(line, f"{_quoted(key)} is no issue's key (INC-12)")
    return Named(line, int(incident), key.upper())


def _repeated(pairs: Sequence[Named]) -> Iterator[Wrong]:
    """What stands there twice, and what contradicts an earlier line."""
    incidents, keys = dict[int, Named](), dict[str, Named]()
    for one in pairs:
        same, other = incidents.setdefault(one.incident, one), keys.setdefault(one.key, one)
        if same is not one and same.key == one.key:
            yield Wrong(one.line, f"{one.incident},{one.key} stands in line {same.line} already")
        elif same is not one:
            yield Wrong(one.line, f"incident {one.incident} has {same.key} in line {same.line}")
        elif other is not one:
            yield Wrong(one.line, f"{one.key} is incident {other.incident}'s in line {other.line}")


def _quoted(text: str) -> str:
    """What somebody wrote, in one line and short; nothing in it acts."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
