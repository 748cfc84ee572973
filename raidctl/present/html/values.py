"""The cells of a link and of its two values, in which the words that differ are marked."""

from collections.abc import Iterable, Iterator

from raidctl.core.model import Pair, Side
from raidctl.core.plan.item import Item, Subject
from raidctl.present.html.element import EMPTY, Html, joined, link, tag, text
from raidctl.present.html.table import td, th
from raidctl.present.report.cells import as_written, is_text
from raidctl.present.text.difference import Piece, excerpt, near, shortened, words_apart
from raidctl.present.text.lines import Line, difference
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import LOCK, NO_VALUE, SIDE_NAMES, shown, shown_sides

_TITLE, _SHORT, _LINE = 160, 120, 2_000  # columns
_ALL, _LEAST = 2_000_000, 400  # characters: of the differences of a whole page, of one at least
_NO_NOTES = Pair(EMPTY, EMPTY)
_MARKUP = 40  # characters around a line
_KINDS = {"-": "del", "+": "ins"}


def room_for(texts: int) -> int:
    """How much of the difference of two long texts is told, where there are so many of them."""
    return max(_LEAST, _ALL // max(1, texts))


def link_cells(subject: Subject) -> list[Html]:
    """The incident, its title below it; how urgent it is; its issue."""
    urgency = subject.urgency
    number = link(str(subject.incident), subject.incident_url)
    private = (" ", tag("span", LOCK, role="img", aria_label="private")) if subject.private else ()
    own = (tag("span", "raidctl's own link", class_="title"),) if subject.own_link else ()
    title = clip(visible(subject.title), _TITLE)
    return [
        th(number, *private, tag("bdi", title, class_="title") if title else EMPTY),
        td("" if urgency is None else shown(urgency.priority)),
        td(link(subject.issue or "", subject.issue_url), *own),
    ]


def value_cells(item: Item, room: int, notes: Pair[Html] = _NO_NOTES) -> list[Html]:
    """Both values, a note below each; of two long texts what differs, up to `room` characters."""
    if item.field is None:
        return [td(colspan="2")]
    names = SIDE_NAMES[Side.IMPACT], SIDE_NAMES[Side.JIRA]
    if not is_text(item):
        return short_cells(names, shown_sides(item), notes)
    impact, jira = map(str, as_written(item).pair)
    return text_cells(
        names, (impact, jira), f"raidctl explain {item.subject.incident}", room, notes
    )


def short_cells(
    names: Iterable[str], values: Iterable[str], notes: Iterable[Html] = _NO_NOTES
) -> list[Html]:
    """Two values in words, as `shown` has them, under their names."""
    told = zip(names, values, notes, strict=True)
    return [td(value, note, label=name, class_=_kind(value)) for name, value, note in told]


def text_cells(
    names: tuple[str, str],
    texts: tuple[str, str],
    command: str,
    room: int,
    notes: Iterable[Html] = _NO_NOTES,
) -> list[Html]:
    """Two texts under their names, what differs marked; of long ones that, up to `room`.

    `command` shows all of it.
    """
    cut = [visible(one) for one in near(*texts, _SHORT)]
    apart = words_apart(*cut)
    if max(map(width_of, cut)) <= _SHORT:
        told = zip(names, map(_marked, apart), notes, strict=True)
        return [td(value, note, label=name) for name, value, note in told]
    both = (_marked(shortened(pieces, _SHORT)) for pieces in apart)
    told = zip(names, both, notes, strict=True)
    pairs = [one for name, value, note in told for one in (tag("dt", name), tag("dd", value, note))]
    lines = tag("pre", *_lines(names, texts, room, command))
    whole = tag("details", tag("summary", "All that differs"), lines)
    return [td(tag("dl", *pairs, class_="two"), whole, colspan="2")]


def _marked(pieces: Iterable[Piece]) -> Html:
    """A text, what only it has marked."""
    return joined(tag("mark", one.text) if one.differs else text(one.text) for one in pieces)


def _lines(
    names: tuple[str, str], texts: tuple[str, str], room: int, command: str
) -> Iterator[Html]:
    """The difference line by line, the first text's as what is gone."""
    yield tag("span", "− {}, + {}".format(*names), class_="none")
    for line in difference(*near(*texts, room // 8)):
        room -= len(line.text) + _MARKUP
        if room < 0:
            yield tag("span", f"… there is more of it: {command}", class_="none")
            return
        yield _line(line)


def _line(line: Line) -> Html:
    kind = _KINDS.get(line.sign)
    sign = line.sign.replace("-", "−")
    told = visible(line.text)
    if kind is None:
        return tag("span", f"{sign} {clip(told, _LINE)}", class_="none")
    if line.other is None:
        return tag(kind, f"{sign} {clip(told, _LINE)}")
    other = visible(line.other)
    if max(map(len, (told, other))) > _LINE:
        told, other = excerpt(told, other, _LINE)
    return tag(kind, text(f"{sign} "), _marked(words_apart(told, other)[0]))


def _kind(value: str) -> str | None:
    return "none" if value in NO_VALUE else None
