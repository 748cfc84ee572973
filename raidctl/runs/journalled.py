"""A run's row in the journal, from before its first write to its end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from raidctl.core.plan.item import Hold
from raidctl.core.report import Report
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import RaidctlError
from raidctl.ports.journal import Journal


@dataclass(slots=True)
class RunRecord:
    """How a run ends; filled in while it goes."""

    exit_code: int = 1
    report: Report | None = None


@contextmanager
def recorded(journal: Journal, run: Run, clock: Callable[[], datetime]) -> Iterator[RunRecord]:
    """Keep a row of the run in the journal, from before its first write to its end."""
    journal.begin(run)
    record = RunRecord()
    try:
        yield record
    except RaidctlError as error:
        record.exit_code = error.exit_code
        raise
    finally:
        journal.end(_ended(run, record, clock()))


def _ended(run: Run, record: RunRecord, now: datetime) -> Run:
    report = record.report
    items = report.items if report else ()
    outcomes = Counter(item.result.outcome for item in items if item.result is not None)
    return replace(
        run,
        direction=report.direction if report else run.direction,
        finished_at=now,
        exit_code=record.exit_code,
        plan=report.plan if report else None,
        outcomes=tuple((outcome, outcomes[outcome]) for outcome in Outcome if outcomes[outcome]),
        held=sum(1 for item in items if isinstance(item, Hold)),
    )
