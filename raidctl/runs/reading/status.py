"""The `status` run: how raidctl does, out of the journal alone."""

from datetime import UTC, datetime, timedelta

from raidctl.core.watch.status import WATCHED, Status
from raidctl.core.watch.tally import DAYS_KEPT, HOURS_KEPT, Period
from raidctl.ports.journal import WatchedJournal

WEEKS = timedelta(days=28)
"""What is counted and drawn where nobody says how much."""
_LATEST = 200
_LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


def status(
    journal: WatchedJournal, now: datetime, since: datetime | None = None, runs: int = 5
) -> Status:
    """What the journal tells at that time; by hours where they are kept, else by days.

    Raises `JournalError`.
    """
    asked = now - WEEKS if since is None else max(min(since, now), now - DAYS_KEPT)
    by = Period.HOUR if now - asked < HOURS_KEPT else Period.DAY
    watch = journal.watch
    success = watch.last_success(WATCHED)
    return Status(
        at=now,
        since=by.began(by.of(asked)),
        by=by,
        runs=journal.runs(runs),
        watched=watch.ended(WATCHED, _LATEST),
        success=success,
        died=watch.died(WATCHED, _LONG_AGO if success is None else success.started_at),
        held=watch.held(),
        queue=journal.queue.state(),
        ever=watch.tallies(Period.EVER, now),
        periods=watch.tallies(by, asked),
        paused=journal.paused(),
    )
