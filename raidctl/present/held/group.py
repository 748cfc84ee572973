"""Fields that are decided together, for the terminal: what they share, and how they differ."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.padding import Padding
from rich.text import Text

from raidctl.core.model import Side
from raidctl.core.plan.authorship import By
from raidctl.core.plan.item import Item, Subject
from raidctl.core.waiting import Waiting
from raidctl.present.text import page
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import (
    NAME_LIMIT,
    REASON_WORDS,
    SIDE_NAMES,
    age,
    field_name,
    shown,
    shown_sides,
)

_EXAMPLES, _PAIRS, _PEOPLE = 3, 5, 2
_LABEL = 6
_BY: Mapping[By, str] = {  # a person has a name
    By.RAIDCTL: "raidctl",
    By.SIDE_EFFECT: "raidctl's JIRA account, in no write of raidctl's",
    By.FIREFIGHTER: "FireFighter's own push",
    By.SYNC: "FireFighter, from JIRA",
}


@dataclass(frozen=True, slots=True)
class Moved:
    """What tells a group from others like it: whose each side's last change was, and the later."""

    by: Mapping[Side, By]
    later: Side | None

    def words(self, side: Side) -> str:
        """The same of one side; nothing where it told nothing."""
        by = self.by.get(side)
        said = [_BY[by]] if by is not None and by in _BY else []
        said += ["the later change"] if self.later is side else []
        if self.later is None and side is Side.JIRA and len(self.by) == len(Side):
            said.append("neither is surely the later change")
        return "".join(f"; {words}" for words in said)


def render_group(
    screen: page.Screen,
    members: Sequence[Waiting],
    moved: Moved,
    choices: Mapping[str, str],
    now: datetime,
    height: int,
) -> str:
    """What is held of several incidents alike, and below what can be done about all of it.

    In more than `height` lines only where fewer examples do not help.
    """
    first = members[0].item
    heading = Text(f"{about([one.item for one in members])}: ", "head").append(
        REASON_WORDS[first.reason], "hold"
    )
    if members[0].skip is not None:
        heading.append("; skipped before", "hold")
    changes = [
        (SIDE_NAMES[side], Text(_changed(members, side, now) + moved.words(side), "dim"))
        for side in Side
    ]
    below = screen.labelled(
        [(key, Text(visible(words))) for key, words in choices.items()], 1, style="head"
    )
    under = screen.printed([Text(), below])
    for examples in range(_EXAMPLES, 0, -1):
        above: list[Text | Padding] = [
            heading,
            screen.labelled(changes, _LABEL),
            *_some(screen, members, examples),
        ]
        told = page.with_signs(screen.printed(above), screen) + under
        if told.count("\n") <= height:
            break
    return told


def render_list(screen: page.Screen, members: Sequence[Waiting]) -> str:
    """All of them, both values of each."""
    return page.with_signs(screen.printed([_rows(screen, members)]), screen)


def about(items: Sequence[Item]) -> str:
    """Which fields these are: `status of 12 incidents`, of one its incident and issue."""
    item = items[0]
    name = field_name(item)
    if len(items) > 1:
        return f"{name} of {len(items)} incidents"
    return f"{name} of incident {item.subject.incident} · {visible(item.subject.issue or '')}"


def _changed(members: Sequence[Waiting], side: Side, now: datetime) -> str:
    """Who changed that side last, and when."""
    edits = [edit for one in members if (edit := one.edits.get(side)) is not None]
    if not edits:
        return "last change not known"
    people = Counter(edit.author for edit in edits if edit.author)
    named = [
        f"{clip(visible(name), NAME_LIMIT)} ({count})"
        for name, count in people.most_common(_PEOPLE)
    ]
    more = len(people) - _PEOPLE
    named += [f"{more} more {'person' if more == 1 else 'people'}"] if more > 0 else []
    by = f" by {', '.join(named)}" if named else ""
    times = [at for edit in edits if (at := edit.known_at) is not None]
    if not times:
        return f"changed{by}"
    last, earliest = age(now - max(times)), age(now - min(times))
    when = last if last == earliest else f"between {earliest} and {last}"
    return f"changed {when}{by}"


def _some(screen: page.Screen, members: Sequence[Waiting], examples: int) -> Iterator[Padding]:
    """What both sides hold: pairs of values that are few, by their number, else examples."""
    pairs = Counter(shown_sides(one.item) for one in members)
    if len(pairs) <= _PAIRS < len(members) or len(pairs) == 1:
        rows = [
            (f"{count}×", _two(screen, f"{count}×", *values))
            for values, count in pairs.most_common()
        ]
        yield screen.labelled(rows, max(len(label) for label, _ in rows))
        return
    yield _rows(screen, members[:examples])
    if (more := len(members) - examples) > 0:
        yield page.indented(Text(f"and {more} more", "dim"))


def _rows(screen: page.Screen, members: Iterable[Waiting]) -> Padding:
    """A row a field: its incident and issue, and both values."""
    rows = list(members)
    labels = [_label(one.item.subject, screen.width // 4) for one in rows]
    width = max(map(width_of, labels))
    told = [_two(screen, " " * width, *shown_sides(one.item)) for one in rows]
    return screen.labelled(zip(labels, told, strict=True), width)


def _label(subject: Subject, room: int) -> str:
    """How urgent an incident is, which it is, and its issue: `P1 · 12 · INC-12`."""
    urgency = subject.urgency
    first = [] if urgency is None else [shown(urgency.priority)]
    return " · ".join([*first, str(subject.incident), clip(visible(subject.issue or ""), room)])


def _two(screen: page.Screen, label: str, impact: str, jira: str) -> Text:
    """Both values, on one line where they fit there, else one below the other."""
    names = [SIDE_NAMES[side] for side in Side]
    room = screen.beside(len(label)) - max(map(len, names)) - 1
    values = [
        Text(f"{name} ").append_text(value)
        for name, value in zip(names, page.differing(impact, jira, room), strict=True)
    ]
    one_line = Text(", ").join(values)
    return one_line if one_line.cell_len <= screen.beside(len(label)) else Text("\n").join(values)
