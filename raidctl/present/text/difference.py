"""Where two long texts differ: the part of each that is worth showing, and the words."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate, groupby

from raidctl.present.text.safe import cells, clip, units, width_of, words

_NARROWEST = 12  # room for both ellipses, some context and one differing character
_WORD = 12
_COMPARED = 10_000  # pairs of words; difflib may look at each of them many times
_SOME = 9  # pieces
OPENING, CLOSING = "«", "»"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of a text; `text[start:end]` is what the other text has otherwise."""

    text: str
    start: int
    end: int


def excerpt(left: str, right: str, width: int) -> tuple[str, str]:
    """The differing part of two texts, each in at most `width` (at least 12) columns.

    `…` stands where something is cut off. Texts that differ have excerpts that differ.
    """
    one, other = excerpts(left, right, width)
    return one.text, other.text


def excerpts(left: str, right: str, width: int) -> tuple[Excerpt, Excerpt]:
    """What `excerpt` gives, the differing span of each marked."""
    width = max(width, _NARROWEST)
    one, other = units(left), units(right)
    same = _common(one, other)
    longer = max(len(one), len(other))
    tail = _common(one[same:][::-1], other[same:][::-1])
    first = 0
    if max(width_of(left), width_of(right)) > width:
        span, rest = longer - tail - same, longer - same
        lead = max(width // 4, (width - 2 - span) // 2, width - 1 - rest)
        first = _start(one[:same], min(lead, width - 4))
        first = _word(one[:same], first)
    return (
        _window(one[first:], first > 0, same - first, len(one) - tail - first, width),
        _window(other[first:], first > 0, same - first, len(other) - tail - first, width),
    )


def split(part: Excerpt) -> tuple[str, str, str]:
    """What is shown in three parts, of which the one in the middle differs."""
    return part.text[: part.start], part.text[part.start : part.end], part.text[part.end :]


def marked(part: Excerpt) -> tuple[str, str, str]:
    """The same, what differs between «marks» that need no colour.

    Where all of a text differs, or nothing, it has none.
    """
    span = part.text[part.start : part.end]
    start = part.start + len(span) - len(span.lstrip())  # blanks are no sight between marks
    end = max(start, part.end - len(span) + len(span.rstrip()))
    if start == end or (start, end) == (0, len(part.text)):
        return part.text, "", ""
    return part.text[:start] + OPENING, part.text[start:end], CLOSING + part.text[end:]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether the other text has it otherwise."""

    text: str
    differs: bool


def words_apart(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Two texts in pieces between words; where too many words differ, all between is one piece."""
    one, other = words(left), words(right)
    same = _common(one, other)
    tail = _common(one[same:][::-1], other[same:][::-1])
    ours, theirs = one[same : len(one) - tail], other[same : len(other) - tail]
    ours_kept, theirs_kept = [False] * len(ours), [False] * len(theirs)
    if len(ours) * len(theirs) <= _COMPARED:
        for a, b, size in SequenceMatcher(None, ours, theirs, False).get_matching_blocks():
            ours_kept[a : a + size] = theirs_kept[b : b + size] = [True] * size
    ends = [True] * same, [True] * tail
    return (
        _pieces(one, [*ends[0], *ours_kept, *ends[1]]),
        _pieces(other, [*ends[0], *theirs_kept, *ends[1]]),
    )


def shortened(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """The first of some pieces, of what both texts have only a few words beside what differs."""
    shown = [*pieces[:_SOME], *([Piece("…", False)] if len(pieces) > _SOME else [])]
    last = len(shown) - 1
    return [
        Piece(clip(one.text, width), True)
        if one.differs
        else Piece(_beside(one.text, width // 4, place > 0, place < last), False)
        for place, one in enumerate(shown)
    ]


def _beside(text: str, room: int, after: bool, before: bool) -> str:
    """A text that stands after something, or before, or both, cut where it is near neither."""
    if len(text) <= 2 * room:
        return text
    found = words(text)
    head = _first(found, room) if after else []
    tail = _first(found[len(head) :][::-1], room)[::-1] if before else []
    cut = len(head) + len(tail) < len(found)
    return "".join([*head, "…" if cut else "", *tail])


def _first(found: Sequence[str], room: int) -> list[str]:
    return [
        word for word, end in zip(found, accumulate(map(len, found)), strict=True) if end <= room
    ]


def _pieces(found: Sequence[str], kept: Sequence[bool]) -> list[Piece]:
    runs = groupby(zip(found, kept, strict=True), lambda one: one[1])
    return [Piece("".join(word for word, _ in run), not same) for same, run in runs]


def near(left: str, right: str, width: int) -> tuple[str, str]:
    """Two texts without what is far from where they first differ: many are long, and read in bulk.

    Of what is left, `excerpts` of that many columns show what they show of the whole.
    """
    around = 8 * width
    if max(len(left), len(right)) <= 2 * around:
        return left, right
    same = _prefix(left, right)
    rest = min(len(left), len(right)) - same
    tail = _prefix(left[: -rest - 1 : -1], right[: -rest - 1 : -1]) if rest else 0
    first = max(0, same - around)
    span = first, same, tail, around
    return _around(left, *span, "…"), _around(right, *span, "‥")


def _around(text: str, first: int, same: int, tail: int, around: int, cut: str) -> str:
    """From a place before the first difference to one behind the last; a long one is cut inside.

    That is too far to be shown, but must be no part of what both texts end with: `cut` tells them
    apart.
    """
    differs = text[same : len(text) - tail]
    if len(differs) > around:
        differs = differs[:around] + cut
    behind = len(text) - tail + around
    ended = "…" if behind < len(text) else ""
    return (
        ("…" if first else "")
        + text[first:same]
        + differs
        + text[behind - around :][:around]
        + ended
    )


def _prefix(left: str, right: str) -> int:
    """How many characters both begin with, found by halves: slices compare fast."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many units both begin with."""
    count = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def _start(prefix: list[str], room: int) -> int:
    """The index in `prefix` from where on it takes at most `room` columns."""
    start = len(prefix)
    while start > 0 and (room := room - cells(prefix[start - 1])) >= 0:
        start -= 1
    return start


def _word(prefix: list[str], start: int) -> int:
    """The beginning of the next word, if it is near; a text is read from there."""
    near = prefix[start : start + _WORD] if start else []
    return start + near.index(" ") + 1 if " " in near else start


def _window(pieces: list[str], cut: bool, start: int, end: int, width: int) -> Excerpt:
    """As many units as fit; `start` and `end` count units of the differing span."""
    room = width - cut
    shown = len(pieces)
    if sum(map(cells, pieces)) > room:
        shown, room = 0, room - 1
        while (room := room - cells(pieces[shown])) >= 0:
            shown += 1
    head = "…" if cut else ""
    before, within = "".join(pieces[: min(start, shown)]), "".join(pieces[start : min(end, shown)])
    text = head + "".join(pieces[:shown]) + ("…" if shown < len(pieces) else "")
    return Excerpt(text, len(head + before), len(head + before + within))
