"""What a run answers: one exit code, by all that is true of how it ended, and why, in a line."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from enum import Enum, auto

from raidctl.core.plan.item import Change, Item, changes, held, pending
from raidctl.core.report import Report, Unread
from raidctl.core.writes.outcome import DONE
from raidctl.errors import PRECEDENCE, ExitCode, RaidctlError

NOT_ALL = "not all that was asked for could be done"
"""Where nothing better is known."""

HELD = "something is held, which --fail-on held is to tell: raidctl held shows it"


class Fact(Enum):
    """What there may be to tell of a run beside that it went well."""

    INTERRUPTED = auto()  # a signal ended it
    BLOCKED = auto()  # a limit or a pause stood in the way, and nothing was written
    UNREAD = auto()  # something could not be read
    NOT_DONE = auto()  # something that was decided or asked for is not done
    NO_EVENT = auto()  # something that was given is no event
    DEAD = auto()  # an event was tried in vain, and is not tried again
    DECLINED = auto()  # a person saw the plan and did not say yes
    DRIFT = auto()  # what was only shown differs
    HELD = auto()  # something waits, and whoever asked wants to know of it


ANSWERS = {
    Fact.INTERRUPTED: ExitCode.INTERRUPTED,
    Fact.BLOCKED: ExitCode.BLOCKED,
    Fact.UNREAD: ExitCode.INCOMPLETE,
    Fact.NOT_DONE: ExitCode.INCOMPLETE,
    Fact.NO_EVENT: ExitCode.INCOMPLETE,
    Fact.DEAD: ExitCode.INCOMPLETE,
    Fact.DECLINED: ExitCode.DRIFT,
    Fact.DRIFT: ExitCode.DRIFT,
    Fact.HELD: ExitCode.DRIFT,
}


def exit_code(facts: Collection[Fact], error: RaidctlError | None = None) -> ExitCode:
    """The code of what weighs most by `PRECEDENCE`; `error` is what ended the run early."""
    codes = {ANSWERS[fact] for fact in facts} | {ExitCode.OK if error is None else error.exit_code}
    return next(code for code in PRECEDENCE if code in codes)


def why(
    facts: Collection[Fact],
    items: Collection[Item] = (),
    unread: Sequence[Unread] = (),
    error: RaidctlError | None = None,
) -> str | None:
    """Why that code is answered, in one line; None where there is nothing to say of it."""
    match exit_code(facts, error):
        case ExitCode.DRIFT if Fact.HELD in facts and Fact.DECLINED not in facts:
            return HELD
        case ExitCode.OK | ExitCode.DRIFT:
            return None
        case ExitCode.INTERRUPTED:
            return "; ".join(["interrupted", *_left(items)])
        case ExitCode.INCOMPLETE:
            undone = [*_left(items)] or [*_held_back(items)] if Fact.NOT_DONE in facts else []
            said = [*undone, *_not_read(unread)]
            return "; ".join(said) or NOT_ALL
        case ExitCode.BLOCKED if error is None:
            return "nothing was written"
        case _:
            return str(error)


def _left(items: Collection[Item]) -> Iterator[str]:
    """How many changes were not carried out, and the first of them."""
    ends = Counter("not begun" if o.result is None else o.result.outcome for o in _undone(items))
    if not ends:
        return
    of, left = sum(1 for _ in changes(items)), ends.total()
    counted = ", ".join(f"{n} {end.replace('_', ' ')}" for end, n in ends.items())
    explained = (one for one in _undone(items) if one.result and one.result.detail)
    first = next(explained, None) or next(_undone(items))
    detail = f": {first.result.detail}" if first.result and first.result.detail else ""
    where = f"incident {first.subject.incident}, {first.field or first.verdict}{detail}"
    yield f"{left} of {of} changes not done ({counted}), such as {where}"


def _undone(items: Collection[Item]) -> Iterator[Change]:
    return (i for i in changes(items) if i.result is None or i.result.outcome not in DONE)


def _held_back(items: Collection[Item]) -> Iterator[str]:
    """How much of what was asked for was held instead, and the first of it with its reason."""
    if left_alone := [*held(items)]:
        first = left_alone[0]
        why = f"{first.reason.replace('_', ' ')}{f': {first.detail}' if first.detail else ''}"
        where = f"incident {first.subject.incident}, {first.field or 'link'}: {why}"
        yield f"{len(left_alone)} of {len(items)} could not be done: held, such as {where}"


def _not_read(unread: Sequence[Unread]) -> Iterator[str]:
    """What could not be read: the first, and how many more."""
    for first in unread[:1]:
        more = f" (and {len(unread) - 1} more)" if len(unread) > 1 else ""
        yield f"not read: {first.what}: {first.why}{more}"


def shown(report: Report) -> Iterator[Fact]:
    """What is true of a plan that is only shown."""
    if report.unread:
        yield Fact.UNREAD
    if report.drift:
        yield Fact.DRIFT


def tried(report: Report) -> Iterator[Fact]:
    """What is true of a plan that was tried dry: it is drift where there is something to do."""
    if report.unread:
        yield Fact.UNREAD
    if any(pending(report.items)):
        yield Fact.DRIFT


def refused(report: Report) -> Iterator[Fact]:
    """What is true of a plan of which a part is known to fail before anything is written."""
    ended = (change.result for change in changes(report.items) if change.result is not None)
    if any(result.outcome not in DONE for result in ended):
        yield Fact.NOT_DONE


def written(report: Report) -> Iterator[Fact]:
    """What is true of a plan that was carried out."""
    if report.unread:
        yield Fact.UNREAD
    if any(_undone(report.items)):
        yield Fact.NOT_DONE


def holds(report: Report) -> bool:
    """Whether anything is held."""
    return bool(report.still_held)
