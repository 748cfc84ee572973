"""Two long texts line by line, as a unified difference: what is read before it is decided."""

from rich.text import Text

from raidctl.core.model import Field, Readable
from raidctl.present.text.lines import Line, difference
from raidctl.present.text.page import differing
from raidctl.present.text.safe import clip, visible, width_of

LINES = 12
"""Lines of a screen that a difference takes where nobody asked for all of it."""

TEXTS = frozenset({Field.TITLE, Field.DESCRIPTION})
"""Fields that can be long."""

_HIGHEST = 3  # a longer line is cut to the part that differs, unless all is asked for
_STYLES = {"-": "write_back", "+": "write", " ": "", "@@": "dim"}


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
    lines = list(difference(one, other))
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


def _shown(line: Line, room: int, *, cut: bool) -> Text:
    text, other = visible(line.text), None if line.other is None else visible(line.other)
    wide = room if cut else max(width_of(text), width_of(other or "")) + 3
    said = Text(clip(text, wide)) if other is None else differing(text, other, wide)[0]
    return Text(f"{line.sign} ", _STYLES[line.sign]).append_text(said)
