"""The words of a notice: what happened, to what, and the command that helps."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from raidctl.core.notices import Kind, Notice
from raidctl.core.plan.item import Hold
from raidctl.present.notices.place import Place
from raidctl.present.text.advice import next_commands, settled_alone
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import REASON_WORDS, age

_WHY_LIMIT = 400
_TROUBLES = {Kind.FAILING: "its runs failed", Kind.BLOCKED: "a safety limit stopped it"}
_NAMED = 8  # incidents that are named; a screen has room for no more


def headline(notices: Sequence[Notice]) -> str:
    """All of it in a line: `2 new holds; reconcile fails`."""
    held = sum(one.count for one in notices if one.kind is Kind.HELD)
    parts = [_short(one) for one in notices if one.kind is not Kind.HELD]
    parts += [f"{held} new hold{'s' * (held != 1)}"] if held else []
    return "; ".join(dict.fromkeys(parts))


def _short(notice: Notice) -> str:
    match notice.kind:
        case Kind.FAILING:
            return f"{notice.command} fails"
        case Kind.BLOCKED:
            return f"a safety limit stops {notice.command}"
        case Kind.FLAPPING:
            return f"{notice.count} flapping {_plural('field', notice.count)}"
        case Kind.DEAD:
            return f"{notice.count} dead {_plural('event', notice.count)}"
        case Kind.RECOVERED:
            return f"{notice.command} is well again"
        case _:
            return "a test"


def what(notice: Notice) -> str:
    """What happened, and to what, without what others say of it (`why`)."""
    return ": ".join(filter(None, [happened(notice), concerned(notice)]))


def happened(notice: Notice) -> str:
    """What happened, in words of raidctl's own alone."""
    count = notice.count
    match notice.kind:
        case Kind.FAILING:
            since = "" if notice.since is None else f", since {told_at(notice.since)}"
            return f"{notice.command} failed {count} times in a row{since}"
        case Kind.BLOCKED:
            return f"a safety limit stops {notice.command}, nothing was written"
        case Kind.FLAPPING | Kind.HELD:
            first = notice.holds[0]
            name = first.field or "link"
            return f"{name} held: {REASON_WORDS[first.reason]} ({count} new)"
        case Kind.DEAD:
            return f"{count} {_plural('event', count)} given up after four tries"
        case Kind.RECOVERED:
            return f"{notice.command} ended well again{_after(notice)}"
        case _:
            return "this is a test: raidctl's notices arrive here"


def _after(notice: Notice) -> str:
    """What the trouble was, and how long it lasted."""
    told = " and ".join(_TROUBLES[kind] for kind in notice.was if kind in _TROUBLES)
    if notice.since is None or notice.at is None or not told:
        return ""
    lasted = age(notice.at - notice.since).removesuffix(" ago")
    return f", {lasted} after it was told that {told} ({told_at(notice.since)})"


def concerned(notice: Notice) -> str:
    """What it happened to, on one line and harmless; empty for nothing in particular."""
    if notice.holds:
        return _incidents(notice.holds)
    return _names([event.event.subject for event in notice.events])


def why(notice: Notice) -> str:
    """What the run or the event says of itself, on one line and harmless; empty for nothing."""
    return clip(visible(notice.why), _WHY_LIMIT) if notice.why else ""


def do(notice: Notice, place: Place) -> str:
    """The command to type, or the key to set in the configuration; empty where nothing helps."""
    return notice.do or place.typed(_helps(notice))


def first_look(notice: Notice) -> str:
    """The command to look with before that; empty where there is none."""
    return visible(notice.look)


def _helps(notice: Notice) -> str:
    match notice.kind:
        case Kind.FAILING:
            return "raidctl doctor"
        case Kind.BLOCKED:
            return "raidctl reconcile --dry-run"
        case Kind.FLAPPING | Kind.HELD:
            commands = next_commands(notice.holds)
            apart = len(commands) > 1 and settled_alone(notice.holds[0])
            return "raidctl held" if apart or not commands else commands[0]
        case Kind.DEAD:
            return "raidctl event --dead"
        case _:
            return ""


def next_step(notice: Notice, place: Place) -> str:
    """What to do, for people: a key is told from a command."""
    command = do(notice, place)
    return f"in the configuration: {command}" if command.startswith("[") else command


def told_at(at: datetime) -> str:
    """A moment for somebody whose time zone nobody knows."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _incidents(holds: Collection[Hold]) -> str:
    """Their numbers and issues: `incident 12 (INC-12)`, `incidents 12 (INC-12), 14 and 2 more`."""
    named = []
    for one in holds:
        issue = f" ({visible(one.subject.issue)})" if one.subject.issue else ""
        named.append(f"{one.subject.incident}{issue}")
    return f"{_plural('incident', len(named))} {_names(named)}"


def _names(names: Collection[str]) -> str:
    some = [visible(one) for one in [*dict.fromkeys(names)][:_NAMED]]
    more = len(set(names)) - len(some)
    return ", ".join(some) + (f" and {more} more" if more > 0 else "")


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
