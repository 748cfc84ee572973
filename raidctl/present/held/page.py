"""What is held, for the terminal: both values, who changed them, what settles it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby

from rich.padding import Padding
from rich.text import Text

from raidctl.core.counts import counted as counted_items
from raidctl.core.model import Pair, Readable, Side
from raidctl.core.waiting import Waiting
from raidctl.present.held.rows import NOTHING, HeldList, counted, why
from raidctl.present.report.overview import tallied
from raidctl.present.report.summary import unread_words
from raidctl.present.text import page
from raidctl.present.text.advice import settling_words
from raidctl.present.text.safe import visible
from raidctl.present.text.unified import TEXTS, unified, worth_it
from raidctl.present.text.words import (
    SIDE_NAMES,
    age,
    aged,
    field_name,
    last_change,
    shown_sides,
)

_LABEL, _LINES = 6, 2


def render_page(held: HeldList, screen: page.Screen, *, urls: bool) -> str:
    """The list as text; with `urls` the addresses stand below each heading."""
    told = screen.printed(_Page(screen, held.now).parts(held, urls=urls))
    return page.with_signs(told, screen) + screen.printed(_ending(held))


def render_numbers(held: HeldList, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """The list in numbers, as text of `width` columns."""
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks)
    counts = tallied(counted_items((one.item for one in held.waiting), held.now), screen)
    above: list[Padding | Text] = [counts, Text()] if held.waiting else []
    return screen.printed([*above, *_ending(held)])


def render_one(
    screen: page.Screen,
    one: Waiting,
    texts: Pair[Readable],
    choices: Mapping[str, str],
    now: datetime,
) -> str:
    """One field that waits, its incident above it, and below what can be done about it.

    `texts` are both values as they are compared.
    """
    rows = [(name, Text(visible(words))) for name, words in choices.items()]
    below = screen.labelled(rows, max(map(len, choices)), style="head")
    heading = screen.heading(one.item.subject)
    apart = _apart(screen, texts, more="press d") if long_texts(screen, one, texts) else ()
    above = screen.printed([heading, *_Page(screen, now).block(one), *apart])
    return page.with_signs(above, screen) + screen.printed([Text(), below])


def long_texts(screen: page.Screen, one: Waiting, texts: Pair[Readable]) -> bool:
    """Whether there is more to read of two texts than the page of one field shows."""
    return one.item.field in TEXTS and worth_it(*texts, screen.beside(_LABEL))


def render_apart(screen: page.Screen, texts: Pair[Readable]) -> str:
    """All that differs between two texts, line by line."""
    return page.with_signs(screen.printed(_apart(screen, texts, more=None)), screen)


def _apart(screen: page.Screen, texts: Pair[Readable], more: str | None) -> Iterator[Padding]:
    one, other = map(str, texts)
    names = SIDE_NAMES[Side.IMPACT], SIDE_NAMES[Side.JIRA]
    for line in unified(one, other, names, screen.beside(0), more):
        yield page.indented(line)


def _ending(held: HeldList) -> Iterator[Text]:
    yield Text(f"{counted(held)}." if held.waiting else NOTHING)
    yield from (Text(visible(note)) for note in held.notes)
    for part in held.unread:
        yield Text(f"Not read: {unread_words(part)}", "hold")


class _Page:
    def __init__(self, screen: page.Screen, now: datetime) -> None:
        self.screen, self.now = screen, now

    def parts(self, held: HeldList, *, urls: bool) -> Iterator[Text | Padding]:
        """Incident by incident."""
        for _, together in groupby(held.waiting, lambda one: one.item.subject.incident):
            members = list(together)
            subject = members[0].item.subject
            yield self.screen.heading(subject)
            if urls:
                yield from (page.indented(Text(url)) for url in self.screen.addresses(subject))
            for one in members:
                yield from self.block(one)
                yield self.screen.labelled(
                    [("next", Text(settling_words(one.item, held.asked)))], _LABEL
                )
            yield Text()

    def block(self, one: Waiting) -> Iterator[Text | Padding]:
        """What waits and since when, then both values with their last changes."""
        words = Text(f"{field_name(one.item)}{self._since(one)}: ", "head").append(
            visible(why(one, self.screen.zone)), "hold"
        )
        yield page.indented(words)
        if one.item.field is None:
            return
        room = page.holding(_LINES, self.screen.beside(_LABEL))
        values = page.differing(*shown_sides(one.item), room)
        rows = [
            (SIDE_NAMES[side], Text("\n").join([value, self._changed(one, side)]))
            for side, value in zip(Side, values, strict=True)
        ]
        yield self.screen.labelled(rows, _LABEL)

    def _since(self, one: Waiting) -> str:
        """By what it waits, and since when: by its last change, else by what became of a write."""
        if one.since is None:
            return ""
        told = age(self.now - one.since)
        if one.since in {edit.known_at for edit in one.edits.values()}:
            return f", changed {told}"
        return f", held for {told.removesuffix(' ago')}"

    def _changed(self, one: Waiting, side: Side) -> Text:
        if (edit := one.edits.get(side)) is None:
            return Text("last change not known", "dim")
        return Text(last_change(edit, lambda at: aged(at, self.now, self.screen.zone)), "dim")
