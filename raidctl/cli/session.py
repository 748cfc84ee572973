"""What the commands that write share: asking, limits, stopping on Ctrl-C, and their answer."""

import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TextIO

from raidctl.cli.commands.diff import print_report
from raidctl.cli.terminal import (
    end_at_once,
    progress,
    say,
    say_in_between,
    tell,
    warn_of_pause,
)
from raidctl.errors import ExitCode, RaidctlError, UsageError
from raidctl.present import Format

if TYPE_CHECKING:
    from datetime import datetime

    from raidctl.config import Config
    from raidctl.core.mapping.book import MappingBook
    from raidctl.core.model import SyncDirection
    from raidctl.core.plan.item import Item
    from raidctl.core.plan.safety import Limits
    from raidctl.core.report import Report
    from raidctl.core.writes.log import Run
    from raidctl.runs.context import Desk, Orders
    from raidctl.runs.writing.reconcile import Ending


@dataclass(frozen=True, slots=True)
class Consent:
    """Who said yes, and to what: to whatever it is (`yes`), or to one plan by its hash."""

    yes: bool = False
    approved: str | None = None

    @property
    def asks(self) -> bool:
        """Whether somebody is there to be asked, and has not answered yet."""
        return not self.yes and self.approved is None and _is_terminal(sys.stdin)


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return _is_terminal(sys.stdin) and _is_terminal(sys.stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def new_run(command: str, now: "datetime", direction: "SyncDirection | None") -> "Run":
    """A run that begins now, with a name of its own."""
    from raidctl.core.writes.log import Run

    name = f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(2).hex()}"
    return Run(name, command, now, os.getpid(), direction)


class Stopping:
    """Ctrl-C and a kill: while nothing is written they end the run at once, later politely.

    A second one ends it at once even then: the next run reads what became of the write in hand.
    """

    def __init__(self, idle: str = "nothing was written") -> None:
        self.wanted = False
        self._writing = False
        self._idle = idle
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._stop)

    def reason(self) -> str | None:
        """Why a run is to end early; None while it is not."""
        return "it was interrupted" if self.wanted else None

    def writing(self) -> None:
        """From now on a write may be under way."""
        self._writing = True

    def waiting(self, idle: str) -> None:
        """Nothing is under way any more; `idle` says what there is to know about that."""
        self._writing, self._idle = False, idle

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self._writing and not self.wanted:
            self.wanted = True
            say_in_between("stopping after the write in hand; once more ends at once")
            return
        done = "the next run finds out what was written" if self._writing else self._idle
        end_at_once(f"interrupted; {done}")


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

    desk: "Desk"
    orders: "Orders"
    run: "Run"
    stopping: Stopping
    ending: "Ending"
    form: Format
    out: Path | None

    def by(self, book: "MappingBook") -> "Session":
        """The same run, writing by tables that know who is who."""
        return replace(self, orders=replace(self.orders, book=book))

    def carry_out(self, plan: Plan, consent: Consent) -> None:
        """Ask, write, and tell what came of it; fills in how the run ends."""
        from raidctl.runs.writing import reconcile

        report, ended, desk = plan.report, None, self.desk
        barred = _barred(desk, plan, consent)
        agreed = barred is None and (not consent.asks or _agreed(report, self.form))
        if agreed:
            barred = _barred(desk, plan, consent)  # a pause may have begun while it was asked
        if barred is not None:
            report = replace(report, notes=(*report.notes, f"Nothing was written: {barred.why}."))
            code = ExitCode.BLOCKED
        elif not agreed:
            say("nothing was written")
            code = ExitCode.DRIFT
        else:
            self.stopping.writing()
            with progress("writing") as advance:
                report, ended = reconcile.carry_out(desk, self.orders, report, advance)
            code = answer(report, ended, interrupted=self.stopping.wanted)
        report = reconcile.with_recovered(report, plan.recovered)
        self.ending.exit_code, self.ending.report = code, report
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
    from raidctl.runs.writing.reconcile import recorded

    stopping = Stopping()
    with bootstrap.writing(settings, os.environ) as desk:
        warn_of_pause(desk.journal.paused())
        run = new_run(command, bootstrap.utc_now(), None)
        with recorded(desk.journal, run, bootstrap.utc_now) as ending:
            orders = bootstrap.orders(settings, desk, run.id, stopping.reason)
            yield Session(desk, orders, run, stopping, ending, form, out)


@dataclass(frozen=True, slots=True)
class _Bar:
    """What stands in the way of writing, and what to do about it."""

    why: str
    advice: str


def _barred(desk: "Desk", plan: Plan, consent: Consent) -> _Bar | None:
    from raidctl.core.plan.safety import excess

    report = plan.report
    if not any(item.pending for item in report.items):
        return None
    if desk.journal.paused() is not None:
        return _Bar("raidctl is paused", "raidctl resume ends that")
    if consent.approved is not None:
        if consent.approved == report.plan:
            return None
        why = f"{consent.approved} approves another plan than this one, {report.plan}"
        return _Bar(why, "look at it, and approve it anew")
    limit = excess(report.items, plan.in_scope, plan.limits)
    return None if limit is None else _Bar(limit, f"to write exactly this plan: {plan.approving}")


def _agreed(report: "Report", form: Format) -> bool:
    """Show the plan and ask; only "yes" is a yes. Nothing to write needs no answer."""
    from raidctl.present.report.approval import question

    if not any(item.pending for item in report.items):
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


def answer(report: "Report", ended: RaidctlError | None, *, interrupted: bool) -> ExitCode:
    """What a run answers, by what became of its changes, what it could not read, what ended it."""
    from raidctl.core.writes.outcome import DONE
    from raidctl.errors import PRECEDENCE

    codes = {ExitCode.OK}
    if interrupted:
        codes.add(ExitCode.INTERRUPTED)
    if ended is not None:
        codes.add(ended.exit_code)
    results = [item.result for item in report.items if item.writes]
    if report.unread or any(result is None or result.outcome not in DONE for result in results):
        codes.add(ExitCode.INCOMPLETE)
    return next(code for code in PRECEDENCE if code in codes)


def held(report: "Report") -> bool:
    """Whether anything waits for a person or a later run; an unlinked incident does not."""
    from raidctl.core.model import Reason

    return any(not i.writes and i.reason is not Reason.UNLINKED for i in report.items)


def approving_command(plan: str) -> str:
    """The command that was typed, with what approves this very plan."""
    arguments = iter(sys.argv[1:])
    kept: list[str] = []
    for argument in arguments:
        if argument == "--":  # only targets follow
            return shlex.join(["raidctl", *kept, "--approve", plan, argument, *arguments])
        if argument == "--approve":
            next(arguments, None)
        elif not argument.startswith("--approve="):
            kept.append(argument)
    return shlex.join(["raidctl", *kept, "--approve", plan])
