"""Where two texts of several lines differ, line by line: plain values, for whatever shows them."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_CONTEXT = 2
_COMPARED = 500  # lines; difflib takes the square of their number and more


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the difference; `other` is the one that stands in its place in the other text."""

    sign: str
    text: str
    other: str | None = None


def difference(one: str, other: str) -> Iterator[Line]:
    """The lines that differ and some around them, each stretch after a line that says where."""
    ours, theirs = _split(one), _split(other)
    for group in _groups(ours, theirs):
        (_, i, _, j, _), (_, _, i_end, _, j_end) = group[0], group[-1]
        yield Line("@@", f"-{i + 1},{i_end - i} +{j + 1},{j_end - j} @@")
        for kind, a, b, c, d in group:
            if kind == "equal":
                yield from (Line(" ", line) for line in ours[a:b])
                continue
            mates = kind == "replace" and b - a == d - c
            for sign, lines, others in (
                ("-", ours[a:b], theirs[c:d]),
                ("+", theirs[c:d], ours[a:b]),
            ):
                pairs = zip(lines, others, strict=True) if mates else ((x, None) for x in lines)
                yield from (Line(sign, line, mate) for line, mate in pairs)


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
