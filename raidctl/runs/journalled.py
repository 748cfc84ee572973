"""A run's row in the journal, from before its first write to its end."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from raidctl.core.model import Side
from raidctl.core.report import Report, Unread
from raidctl.core.watch.site import Leaving, SiteState, state_of
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ExitCode, LockedError, RaidctlError, ServiceError
from raidctl.ports.journal import Journal
from raidctl.runs import told


@dataclass(slots=True)
class RunRecord:
    """How a run ends; filled in while it goes. `error` is what ended it early, if that did.

    `declined`: a person saw its plan and did not say yes.
    """

    exit_code: int = ExitCode.DEFECT
    why: str | None = None
    report: Report | None = None
    error: Exception | None = None
    declined: bool = False
    requests: Callable[[], Mapping[Side, int]] = dict
    site: SiteState | None = None
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)

    def failed(self, error: Exception) -> None:
        """It ended by an error, foreseen or not."""
        self.error = error
        self.count(error)
        if isinstance(error, RaidctlError):
            self.exit_code, self.why = error.exit_code, str(error)
        else:
            self.why = f"a defect of raidctl: {type(error).__name__}"

    def found(self, report: Report, error: RaidctlError | None) -> None:
        """What was found and written, and what ended it early; without what came before it."""
        self.site = state_of(report)
        self.unread(report.unread)
        if error is not None:
            self.count(error)

    def unread(self, parts: Iterable[Unread]) -> None:
        """These could not be read."""
        self.errors.update((part.system, part.category) for part in parts)

    def count(self, error: Exception) -> None:
        """An error, by the system it is of: raidctl where it is neither's."""
        system = error.system.lower() if isinstance(error, ServiceError) else ""
        category = error.category if isinstance(error, RaidctlError) else Category.INTERNAL
        self.errors[system if system in {*Side} else "raidctl", category] += 1

    @property
    def leaving(self) -> Leaving:
        """What is counted of it beside its row."""
        return Leaving(self.requests(), self.errors, self.site)


After = Callable[[Journal, Run, RunRecord], None]
"""What is done once a run has ended and its row says so, while it holds the lock still."""


def nothing_after(journal: Journal, run: Run, record: RunRecord) -> None:
    """Nobody is told how it ended."""


@contextmanager
def recorded(
    opened: Callable[[], AbstractContextManager[Journal]],
    run: Run,
    clock: Callable[[], datetime],
    alone: AbstractContextManager[None],
    after: After = nothing_after,
) -> Iterator[tuple[Journal, RunRecord]]:
    """Keep a row of the run in the journal, from before it asks either system to its end.

    It begins once it is `alone`, that is, holds the lock; a run that is refused the lock has a
    row as well. Whatever is to be done `after` that is, ended well or not. Raises `LockedError`.
    """
    record = RunRecord()
    try:
        with alone, opened() as journal:
            journal.begin(run)
            try:
                yield journal, record
            except Exception as error:
                record.failed(error)
                raise
            finally:
                ended = _ended(run, record, clock())
                journal.end(ended, record.leaving)
                told.ended(ended)
                after(journal, ended, record)
    except LockedError as error:
        record.failed(error)
        with opened() as journal:
            ended = _ended(run, record, clock())
            journal.refuse(ended, record.leaving)
            told.ended(ended)
            after(journal, ended, record)
        raise


def note_interrupted(
    journal: Journal, run: Run, record: RunRecord, why: str, now: datetime
) -> None:
    """Record that a run ends at once, with what it has written. Raises `JournalError`."""
    outcomes = Counter[Outcome | None](write.outcome for write in journal.writes(run=run.id))
    ended = _ended(run, RunRecord(ExitCode.INTERRUPTED, why), now)
    journal.end(replace(ended, outcomes=_in_order(outcomes)), Leaving(record.requests()))


def _ended(run: Run, record: RunRecord, now: datetime) -> Run:
    report = record.report
    items = report.items if report else ()
    outcomes = Counter[Outcome | None](
        one.result.outcome for one in items if one.result is not None
    )
    return replace(
        run,
        direction=report.direction if report else run.direction,
        finished_at=now,
        exit_code=record.exit_code,
        plan=report.plan if report else None,
        outcomes=_in_order(outcomes),
        held=len(report.still_held) if report else 0,
        why=record.why,
        counts=run.counts and not record.declined,
    )


def _in_order(outcomes: Mapping[Outcome | None, int]) -> tuple[tuple[Outcome, int], ...]:
    return tuple((one, outcomes[one]) for one in Outcome if outcomes.get(one))
