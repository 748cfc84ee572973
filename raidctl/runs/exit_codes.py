"""What a run answers: one exit code, by all that is true of how it ended."""

from collections.abc import Collection, Iterator
from enum import Enum, auto

from raidctl.core.plan.item import Hold, changes
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.writes.outcome import DONE
from raidctl.errors import PRECEDENCE, ExitCode, RaidctlError


class Fact(Enum):
    """What there may be to tell of a run beside that it went well."""

    INTERRUPTED = auto()  # a signal ended it
    BLOCKED = auto()  # a limit or a pause stood in the way, and nothing was written
    UNREAD = auto()  # something could not be read
    NOT_DONE = auto()  # something that was decided or asked for is not done
    DECLINED = auto()  # a person saw the plan and did not say yes
    DRIFT = auto()  # what was only shown differs
    HELD = auto()  # something waits, and whoever asked wants to know of it


ANSWERS = {
    Fact.INTERRUPTED: ExitCode.INTERRUPTED,
    Fact.BLOCKED: ExitCode.BLOCKED,
    Fact.UNREAD: ExitCode.INCOMPLETE,
    Fact.NOT_DONE: ExitCode.INCOMPLETE,
    Fact.DECLINED: ExitCode.DRIFT,
    Fact.DRIFT: ExitCode.DRIFT,
    Fact.HELD: ExitCode.DRIFT,
}


def exit_code(facts: Collection[Fact], error: RaidctlError | None = None) -> ExitCode:
    """The code of what weighs most by `PRECEDENCE`; `error` is what ended the run early."""
    codes = {ANSWERS[fact] for fact in facts} | {ExitCode.OK if error is None else error.exit_code}
    return next(code for code in PRECEDENCE if code in codes)


def shown(report: Report) -> Iterator[Fact]:
    """What is true of a plan that is only shown."""
    if report.unread:
        yield Fact.UNREAD
    if report.drift:
        yield Fact.DRIFT


def written(report: Report) -> Iterator[Fact]:
    """What is true of a plan that was carried out."""
    results = [change.result for change in changes(report.items)]
    if report.unread:
        yield Fact.UNREAD
    if any(result is None or result.outcome not in DONE for result in results):
        yield Fact.NOT_DONE


def holds(report: Report) -> bool:
    """Whether anything waits for a person or a later run; an unlinked incident does not."""
    return any(isinstance(i, Hold) and i.reason is not Reason.UNLINKED for i in report.items)
