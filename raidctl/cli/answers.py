"""What a key answers when it is asked what becomes of held fields, and what that would do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from raidctl.cli.targets import span
from raidctl.core.model import Field, IncidentStatus, Side
from raidctl.core.plan.item import Change, Hold
from raidctl.core.reasons import Reason
from raidctl.errors import UsageError
from raidctl.present.text.words import SIDE_NAMES, local, reason_words, shown
from raidctl.runs.writing.alike import Group
from raidctl.runs.writing.choices import Decision, Note, Options, Skipping

_CLOSED = IncidentStatus.CLOSED.name
_SKIP = "skip"
_DETAILS = 2


class Way(Enum):
    """What may be answered that decides nothing."""

    FOR_A_TIME = auto()  # skip, and be asked how long
    LATER = auto()
    SHOW = auto()  # all of a list, or of two texts
    APART = auto()  # by who changed it
    ONE_BY_ONE = auto()
    TOGETHER = auto()  # with what is like it and asked about later
    BACK = auto()
    HELP = auto()
    QUIT = auto()
    WRITE = auto()  # the last answer, at the end
    LEAVE = auto()  # the same: not to
    END = auto()  # nobody is there any more


@dataclass(frozen=True, slots=True)
class Answer:
    """What a key means, and the words for it; `means` is None for what is not possible here."""

    key: str
    means: Decision | Way | None
    words: str


def decision(word: str, skipping: Skipping) -> Decision:
    """A side, skip, unskip or release, as the run understands it."""
    if word == _SKIP:
        return skipping
    return Note(word) if word in {*Note} else Side(word)


def skipping(length: str | None, why: str | None, now: datetime) -> Skipping:
    """How a skip is meant; raises `UsageError` for what is no length of time."""
    try:
        until = None if length is None else now + _span(length)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--for {length!r} is no length of time: write 30m, 2h, 7d or 1w"
        ) from None
    said = (why or "").strip().encode(errors="replace").decode()  # arguments need not be UTF-8
    return Skipping(until, said or None)


def said_of_skip(words: str, now: datetime) -> Skipping | None:
    """How long and why, as one types it: `7d the vendor looks at it`; None for what is neither."""
    first, _, rest = words.partition(" ")
    length = first if span(first) else None
    try:
        return skipping(length, rest if length else words, now) if words else None
    except UsageError:
        return None


def _span(length: str) -> timedelta:
    found = span(length)
    if not found:
        raise ValueError(length)
    return found


def deciding(group: Group, skipping: Skipping) -> Iterator[Answer]:
    """What settles it: a side's value, leaving it, letting the next run decide."""
    for side in Side:
        means = side if side in group.sides else None
        yield Answer(side.value[0], means, f"take {SIDE_NAMES[side]}'s: {effect(group, side)}")
    how = _skip_words(skipping) or "; not asked again while both sides stay as they are"
    yield Answer("s", skipping, f"skip {_it(group)}{how}")
    yield Answer("t", Way.FOR_A_TIME, f"skip {_it(group)} for a time, or say why")
    if group.first.waiting.skipped:
        yield Answer("a", Note.UNSKIP, "no longer skip it: ask about it again from now on")
    if group.first.release:
        undone = group.first.waiting.item.reason is Reason.UNDONE
        do = "write it again" if undone else "decide anew"
        yield Answer("r", Note.RELEASE, f"release {_it(group)}: let the next run {do}")


def looking(group: Group, more: int) -> Iterator[Answer]:
    """What shows more of a group, or less; `more` are like it and asked about later."""
    count = len(group.members)
    if count > 1:
        yield Answer("l", Way.SHOW, f"list all {count}")
        yield Answer("o", Way.ONE_BY_ONE, "one by one")
    if (people := len(group.by_person())) > 1:
        yield Answer("p", Way.APART, f"by who changed them: {people} questions")
    if more:
        yield Answer("g", Way.TOGETHER, f"together with {more} more like this")


def named(decision: Decision) -> str:
    """A decision in words: `Impact's value`."""
    match decision:
        case Side():
            return f"{SIDE_NAMES[decision]}'s value"
        case Skipping():
            return f"skipped{_skip_words(decision)}"
        case Note.RELEASE:
            return "released"
        case Note.UNSKIP:
            return "asked about again"


def said_shortly(decision: Note | Skipping) -> str:
    """The same of what is only noted, to be counted."""
    return "skipped" if isinstance(decision, Skipping) else named(decision)


def effect(group: Group, side: Side) -> str:
    """What taking a side's value would do."""
    effects = Counter(_effect(one, side) for one in group.members)
    if side not in group.sides:
        told = _most(effects, len(group.members))
        return f"not possible: {told}" if side in group.first.taking else told
    items = [item for one in group.members if isinstance(item := one.taking.get(side), Change)]
    values = {shown(item.to) for item in items}
    count = "" if len(items) == 1 else f" ({len(items)} fields)"
    what = _clipped(next(iter(values))) if len(values) == 1 else "each one's own value"
    told = f"writes {what} to {SIDE_NAMES[items[0].direction.target]}{count}"
    alone = len(items) == 1
    more = Counter(one for option in group.members for one in _warnings(option, side, alone=alone))
    return "; ".join([told, *_counted(more, len(items))])


def _effect(one: Options, side: Side) -> str:
    """Why a side's value cannot be taken."""
    item = one.taking.get(side)
    if side in one.barred:
        return one.barred[side]
    if isinstance(item, Hold):
        return reason_words(item)
    return "nothing to do: the other side agrees with it already"


def _warnings(one: Options, side: Side, *, alone: bool) -> Iterator[str]:
    """What there is to know of one field before a side's value is taken; of many, no names."""
    item = one.taking[side]
    if not isinstance(item, Change):
        return
    if side is Side.JIRA and item.field is Field.STATUS and item.pair.impact == _CLOSED:
        yield "this reopens the incident"
    if item.closes:
        yield "this closes it"
    if item.overrides and not alone:
        yield f"this overrides a newer edit in {SIDE_NAMES[item.direction.target]}"
    elif item.detail:
        yield item.detail


def _counted(words: "Counter[str]", of: int) -> Iterator[str]:
    """Each with how many it is true of, where that is not all."""
    for word, count in words.most_common(_DETAILS):
        yield word if count == of else f"{count} of them: {word}"
    if (more := len(words) - _DETAILS) > 0:
        yield f"and {more} more to know, see the list"


def _most(words: "Counter[str]", of: int) -> str:
    return next(_counted(words, of))


def _it(group: Group) -> str:
    return "it" if len(group.members) == 1 else f"all {len(group.members)}"


def _skip_words(skipping: Skipping) -> str:
    """Until when and why."""
    if skipping.until is None:
        return "" if skipping.why is None else f" for good: {skipping.why}"
    until = f" until {local(skipping.until, None)}"
    return until if skipping.why is None else f"{until}: {skipping.why}"


def _clipped(text: str, limit: int = 50) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"


def keys(answers: Iterable[Answer]) -> Sequence[str]:
    """The keys that mean something."""
    return [one.key for one in answers if one.means is not None]
