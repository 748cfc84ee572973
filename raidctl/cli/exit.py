"""What each command answers: its exit code."""

from typing import TYPE_CHECKING

from raidctl.core.plan.item import Hold, changes
from raidctl.errors import ExitCode, RaidctlError

if TYPE_CHECKING:
    from raidctl.core.report import Report
if TYPE_CHECKING:
    from raidctl.core.report import Report


def answer(report: "Report", ended: RaidctlError | None, *, interrupted: bool) -> ExitCode:
    """What a run answers, by what became of its changes, what it could not read, what ended it."""
    from raidctl.core.writes.outcome import DONE
    from raidctl.errors import PRECEDENCE

    codes = {ExitCode.OK}
    if interrupted:
        codes.add(ExitCode.INTERRUPTED)
    if ended is not None:
        codes.add(ended.exit_code)
    results = [change.result for change in changes(report.items)]
    if report.unread or any(result is None or result.outcome not in DONE for result in results):
        codes.add(ExitCode.INCOMPLETE)
    return next(code for code in PRECEDENCE if code in codes)


def held(report: "Report") -> bool:
    """Whether anything waits for a person or a later run; an unlinked incident does not."""
    from raidctl.core.reasons import Reason

    return any(isinstance(i, Hold) and i.reason is not Reason.UNLINKED for i in report.items)


def exit_code(report: "Report") -> ExitCode:
    """What a report that only tells of drift answers."""
    if report.unread:
        return ExitCode.INCOMPLETE
    return ExitCode.DRIFT if report.drift else ExitCode.OK
