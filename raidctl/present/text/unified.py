"""Two long texts line by line, as a unified difference: what is read before it is decided."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from raidctl.core.model import Field, Readable
from raidctl.present.text.page import differing
from raidctl.present.text.safe import clip, visible, width_of

LINES = 12
"""Lines of a screen that a difference takes where nobody asked for all of it."""

TEXTS = frozenset({Field.TITLE, Field.DESCRIPTION})
"""Fields that can be long."""

_CONTEXT = 2
_COMPARED = 500  # lines; difflib takes the square of their number and more
_HIGHEST = 3  # a longer line is cut to the part that differs, unless all is asked for
_STYLES = {"-": "write_back", "+": "write", " ": "", "@@": "dim"}


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the difference; `other` is the one that stands in its place in the other text."""

    sign: str
    text: str
    other: str | None = None


def worth_it(one: Readable, other: Readable, room: int) -> bool:
    """Whether two values are texts that do not fit in `room` columns each, or on one line."""
    texts = [value for value in (one, other) if isinstance(value, str)]
    return len(texts) == 2 and any("\n" in t or width_of(visible(t)) > room for t in texts)


def unified(
    one: str, other: str, names: tuple[str, str], room: int, more: str | None = None
) -> list[Text]:
    """The difference, in lines that are `room` columns wide or go on below; marks in a line that
    only changed in part.

    All of it, or where there is `more`, which says what shows all, as much as `LINES` hold.
    """
    lines = list(_lines(one, other))
    told = [Text(f"--- {names[0]}", "dim"), Text(f"+++ {names[1]}", "dim")]
    if not lines:
        return [*told, Text("line by line they are the same", "dim")]
    left = LINES
    for at, line in enumerate(lines):
        text = _shown(line, room if more is None else _HIGHEST * (room - 1), cut=more is not None)
        left -= -(-width_of(text.plain) // room)
        if more is not None and left < 0 and at:
            rest = len(lines) - at
            return [*told, Text(f"… {rest} more line{'s' * (rest != 1)}: {more}", "dim")]
        told.append(text)
    return told


def _shown(line: _Line, room: int, *, cut: bool) -> Text:
    text, other = visible(line.text), None if line.other is None else visible(line.other)
    wide = room if cut else max(width_of(text), width_of(other or "")) + 3
    said = Text(clip(text, wide)) if other is None else differing(text, other, wide)[0]
    return Text(f"{line.sign} ", _STYLES[line.sign]).append_text(said)


def _lines(one: str, other: str) -> Iterator[_Line]:
    """The difference, without its head."""
    ours, theirs = _split(one), _split(other)
    for group in _groups(ours, theirs):
        (_, i, _, j, _), (_, _, i_end, _, j_end) = group[0], group[-1]
        yield _Line("@@", f"-{i + 1},{i_end - i} +{j + 1},{j_end - j} @@")
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (_Line(" ", line) for line in ours[a:b])
                continue
            mates = kind == "replace" and b - a == d - c
            for sign, lines, others in (
                ("-", ours[a:b], theirs[c:d]),
                ("+", theirs[c:d], ours[a:b]),
            ):
                pairs = zip(lines, others, strict=True) if mates else ((x, None) for x in lines)
                yield from (_Line(sign, line, mate) for line, mate in pairs)


def _split(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


Opcode = tuple[str, int, int, int, int]


def _groups(one: Sequence[str], other: Sequence[str]) -> Iterator[Sequence[Opcode]]:
    """What differs, each with lines of context; all between the first and the last difference at
    once, where that is too much to be compared."""
    same = _common(one, other)
    tail = _common(one[same:][::-1], other[same:][::-1])
    if same == len(one) == len(other):
        return
    first, last = max(0, same - _CONTEXT), max(0, tail - _CONTEXT)
    ours, theirs = one[first : len(one) - last], other[first : len(other) - last]
    if max(len(ours), len(theirs)) <= _COMPARED:
        found: Iterable[Sequence[Opcode]] = difflib.SequenceMatcher(
            None, ours, theirs
        ).get_grouped_opcodes(_CONTEXT)
    else:
        lead, end = same - first, tail - last
        a, b = len(ours) - end, len(theirs) - end
        middle = ("replace", lead, a, lead, b)
        found = [[("equal", 0, lead, 0, lead), middle, ("equal", a, len(ours), b, len(theirs))]]
    for group in found:
        yield [(kind, a + first, b + first, c + first, d + first) for kind, a, b, c, d in group]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines both begin with."""
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
