"""A table as people save it, CSV with a header: read strictly, all that is wrong told at once."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

_SHOWN = 40  # characters of what somebody wrote
_SEPARATORS = ";\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one line, in the order of the header; lines count from 1."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with one line."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


def rows_of(text: str, header: Sequence[str]) -> tuple[Sequence[Row], Sequence[Wrong]]:
    """The rows below this very header, and everything that is wrong; no cell is empty.

    Blanks around cells go; lines without any say nothing.
    """
    lines = csv.reader((f"{line}\n" for line in text.split("\n")), strict=True)
    found, wrong = list[Row](), list[Wrong]()
    try:
        if (first := next(lines, [])) != list(header):
            return (), (Wrong(1, _no_header(first, header)),)
        for cells in lines:
            plain, line = tuple(cell.strip() for cell in cells), lines.line_num
            if len(plain) == len(header) and all(plain):
                found.append(Row(line, plain))
            elif any(plain):
                shown = quoted(",".join(cells))
                wrong.append(Wrong(line, f"it is not {','.join(header)}: {shown}"))
    except csv.Error as error:
        wrong.append(Wrong(lines.line_num, f"it is no CSV: {error}"))
    if not found and not wrong:
        wrong = [Wrong(1, "nothing follows the header")]
    return tuple(found), tuple(wrong)


def _no_header(found: Sequence[str], header: Sequence[str]) -> str:
    shown = ",".join(found)
    other = next((one for one in _SEPARATORS if one in shown), None)
    if other is not None:
        return f"its columns are separated by {other!r}: save it with commas"
    return f"the header is {quoted(shown)}, not {','.join(header)}"


def quoted(text: str) -> str:
    """What somebody wrote, in one line and short; nothing in it acts."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
