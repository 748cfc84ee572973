"""What the commands that write share: asking, limits, stopping on Ctrl-C, and their answer."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from raidctl.cli.approval import Approval, _is_terminal
from raidctl.cli.exit import answer
from raidctl.cli.shutdown import Shutdown
from raidctl.cli.terminal import (
    print_report,
    progress,
    say,
    tell,
    warn_of_pause,
)
from raidctl.core.plan.item import pending
from raidctl.errors import ExitCode, UsageError
from raidctl.present.format import Format

if TYPE_CHECKING:
    from datetime import datetime

    from raidctl.config import Config
    from raidctl.core.mapping.book import MappingBook
    from raidctl.core.model import SyncDirection
    from raidctl.core.plan.item import Item
    from raidctl.core.plan.safety import Limits
    from raidctl.core.report import Report
    from raidctl.core.writes.log import Run
    from raidctl.ports.systems import WritableSystems
    from raidctl.runs.context import RunContext
    from raidctl.runs.journalled import RunRecord


def new_run(command: str, now: "datetime", direction: "SyncDirection | None") -> "Run":
    """A run that begins now, with a name of its own."""
    from raidctl.core.writes.log import Run

    name = f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"
    return Run(name, command, now, os.getpid(), direction)


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that is about to be carried out; `approving` is the command that approves it."""

    report: "Report"
    recovered: "Sequence[Item]"
    in_scope: int
    limits: "Limits"
    approving: str


@dataclass(frozen=True, slots=True)
class Session:
    """A run that writes, from its lock to its answer; `form` and `out` are for its report."""

    systems: "WritableSystems"
    context: "RunContext"
    run: "Run"
    shutdown: Shutdown
    record: "RunRecord"
    form: Format
    out: Path | None

    def by(self, book: "MappingBook") -> "Session":
        """The same run, writing by tables that know who is who."""
        return replace(self, context=replace(self.context, book=book))

    def carry_out(self, plan: Plan, approval: Approval) -> None:
        """Ask, write, and tell what came of it; fills in how the run ends."""
        from raidctl.runs.writing import reconcile

        report, ended, systems = plan.report, None, self.systems
        barred = _barred(systems, plan, approval)
        agreed = barred is None and (not approval.asks or _agreed(report, self.form))
        if agreed:
            barred = _barred(systems, plan, approval)  # a pause may have begun while it was asked
        if barred is not None:
            report = replace(report, notes=(*report.notes, f"Nothing was written: {barred.why}."))
            code = ExitCode.BLOCKED
        elif not agreed:
            say("nothing was written")
            code = ExitCode.DRIFT
        else:
            self.shutdown.writing()
            with progress("writing") as advance:
                report, ended = reconcile.carry_out(systems, self.context, report, advance)
            code = answer(report, ended, interrupted=self.shutdown.wanted)
        report = reconcile.with_recovered(report, plan.recovered)
        self.record.exit_code, self.record.report = code, report
        if code is not ExitCode.DRIFT or self.form is not Format.TABLE or self.out is not None:
            self.show(report)  # a plan that was declined has been shown already
        if barred is not None:
            say(f"nothing was written: {barred.why}; {barred.advice}")
        if ended is not None:
            say(str(ended))

    def show(self, report: "Report") -> None:
        """The report, as it was asked for."""
        print_report(report, self.form, self.out)


@contextmanager
def session(settings: "Config", command: str, form: Format, out: Path | None) -> Iterator[Session]:
    """A run of a command that writes: it holds the lock, and the journal keeps a row of it.

    Raises what `bootstrap.writing` raises.
    """
    from raidctl import bootstrap
    from raidctl.runs.journalled import recorded

    shutdown = Shutdown()
    with bootstrap.writing(settings, os.environ) as systems:
        warn_of_pause(systems.journal.paused())
        run = new_run(command, bootstrap.utc_now(), None)
        with recorded(systems.journal, run, bootstrap.utc_now) as record:
            context = bootstrap.context(settings, systems, run.id, shutdown.reason)
            yield Session(systems, context, run, shutdown, record, form, out)


@dataclass(frozen=True, slots=True)
class _Bar:
    """What stands in the way of writing, and what to do about it."""

    why: str
    advice: str


def _barred(systems: "WritableSystems", plan: Plan, approval: Approval) -> _Bar | None:
    from raidctl.core.plan.safety import excess

    report = plan.report
    if not any(pending(report.items)):
        return None
    if systems.journal.paused() is not None:
        return _Bar("raidctl is paused", "raidctl resume ends that")
    if approval.approved is not None:
        if approval.approved == report.plan:
            return None
        why = f"{approval.approved} approves another plan than this one, {report.plan}"
        return _Bar(why, "look at it, and approve it anew")
    limit = excess(list(pending(report.items)), plan.in_scope, plan.limits)
    return None if limit is None else _Bar(limit, f"to write exactly this plan: {plan.approving}")


def _agreed(report: "Report", form: Format) -> bool:
    """Show the plan and ask; only "yes" is a yes. Nothing to write needs no answer."""
    from raidctl.present.report.approval import question

    if not any(pending(report.items)):
        return True
    if not _is_terminal(sys.stderr):
        raise UsageError("nobody sees the question, standard error being redirected: give --yes")
    if form is Format.TABLE:
        print_report(report, form, None)
    for line in question(report):
        tell(line)
    sys.stderr.write("Type yes to write this: ")
    sys.stderr.flush()
    return sys.stdin.buffer.readline().strip() == b"yes"  # whatever the terminal's encoding
