"""Tell whoever wants to hear of it how a run ended, after all that it did is committed.

It holds the lock still, so that no other run tells the same meanwhile. A receiver that is away
costs its time-out and nothing else: what it was not told it is told after the next run.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from threading import Thread
from time import monotonic

from raidctl.core.events.event import State
from raidctl.core.notices import Matter, Notice, RunEnd, ended, news, replaced, unsaid
from raidctl.core.plan.item import Hold, changes
from raidctl.core.watch.ends import failed, succeeded
from raidctl.core.watch.status import WATCHED
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import DONE
from raidctl.errors import ExitCode, RaidctlError, ServiceError
from raidctl.ports.journal import Journal, JournalReader
from raidctl.runs.journalled import RunRecord
from raidctl.runs.untold import Tried

PATIENCE_SECONDS = 6.0
"""What all receivers together may take: a little more than the time-out of one, for its name."""
STUCK = timedelta(hours=1)
"""A lock that is held for longer than any run takes is no run that goes on."""

_LOOKS = frozenset({WATCHED, "event"})
_LATEST, _DEAD = 200, 1_000
OUTPUT, _PING = "output", "notify.ping_url"
"""What is told of on raidctl's own streams is kept by this name."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told of news: `name` is what the journal keeps it by.

    `send` raises `RaidctlError`, whose words hold no secret.
    """

    name: str
    send: Callable[[Run, Sequence[Notice]], None]


@dataclass(frozen=True, slots=True)
class Receivers:
    """All who are told: of news, and, by `ping`, that a run ended well."""

    news: tuple[Receiver, ...] = ()
    ping: Callable[[], None] | None = None


def run_end(
    journal: JournalReader,
    run: Run,
    record: RunRecord,
    now: datetime,
    approve: str,
    look: str = "",
) -> RunEnd:
    """How a run ended that the journal has the row of. Raises `JournalError`.

    `approve` and `look` are the commands that approve its plan, and that show it.
    """
    report, code = record.report, run.exit_code
    failures = list[Run]()
    if failed(run) or (run.counts and code == ExitCode.LOCKED):
        failures = failed_in_a_row(journal.runs_of(run.command, _LATEST), now)
    if code == ExitCode.LOCKED:  # of all others it is too early to say that they go on
        failures = [one for one in failures if one.exit_code == code]
    holds: tuple[Hold, ...] | None = None
    if report is not None and run.command in _LOOKS:
        holds = tuple(report.still_held)
    return RunEnd(
        run,
        well=succeeded(run),
        acted=succeeded(run) or (run.counts and code == ExitCode.INCOMPLETE),
        causes=causes(code, record),
        common=isinstance(record.error, RaidctlError),
        failed=len(failures),
        since=failures[-1].started_at if failures else None,
        blocked=run.counts and code == ExitCode.BLOCKED and journal.paused() is None,
        approve=approve,
        look=look,
        holds=holds,
        whole=report is not None and report.whole and not report.unread,
        # whoever holds the lock tells of these
        dead=None if code == ExitCode.LOCKED else tuple(journal.queue.events([State.DEAD], _DEAD)),
    )


def causes(code: int | None, record: RunRecord) -> frozenset[str]:
    """What tells one way to fail from another: not its words, which differ from run to run."""
    error, report = record.error, record.report
    found = set[str]()
    if isinstance(error, RaidctlError):
        found = {f"{error.system if isinstance(error, ServiceError) else ''} {error.category}"}
    elif report is not None:
        results = (one.result for one in changes(report.items) if one.result is not None)
        found |= {f"unread {one.system} {one.category}" for one in report.unread}
        found |= {f"{one.outcome} {one.category}" for one in results if one.outcome not in DONE}
    return frozenset(f"{code} {cause}" for cause in found or {""})


def failed_in_a_row(runs: Sequence[Run], now: datetime) -> list[Run]:
    """The latest runs of a command that failed, of those given, newest first, since one ended well.

    One that was refused the lock is among them once that has been so for too long.
    """
    since = takewhile(lambda one: not succeeded(one), runs)
    return [one for one in since if failed(one) or _stuck(one, now)]


def _stuck(run: Run, now: datetime) -> bool:
    locked = run.counts and run.exit_code == ExitCode.LOCKED
    return locked and now - run.started_at > STUCK


def tell(journal: Journal, end: RunEnd, receivers: Receivers, now: datetime) -> Tried:
    """Tell each what is new to it, side by side, if anything is."""
    found = {one.name: news(end, journal.told(one.name)) for one in receivers.news}
    jobs: dict[str, Callable[[], None]] = {
        one.name: partial(one.send, end.run, found[one.name].notices)
        for one in receivers.news
        if found[one.name].notices
    }
    if receivers.ping is not None and end.well and end.run.command == WATCHED:
        jobs[_PING] = receivers.ping
    failures = side_by_side(jobs)
    for name, one in found.items():
        if name in failures:
            journal.record_told(name, (), one.past, now)
        else:
            journal.record_told(name, one.fresh, one.over | one.past, now)
    return {name: failures.get(name) for name in jobs}


def tell_all(end: RunEnd, receivers: Receivers) -> Sequence[str]:
    """Tell each all that there is to tell of a run, whatever it was told before."""
    notices = news(end, {}).notices
    jobs = {one.name: partial(one.send, end.run, notices) for one in receivers.news}
    return list(side_by_side(jobs).values())


def unsaid_by_now(journal: JournalReader, end: RunEnd, now: datetime) -> frozenset[Matter]:
    """What a quiet run says. Raises `JournalError`."""
    return unsaid(end, journal.told(OUTPUT), now)


def remember_output(journal: Journal, end: RunEnd, now: datetime) -> None:
    """Keep what this run had to say on its own streams, for the next quiet one."""
    told = journal.told(OUTPUT)
    fresh = unsaid(end, told, now)
    journal.record_told(OUTPUT, fresh, ended(end, told) | replaced(fresh, told), now)


def side_by_side(jobs: Mapping[str, Callable[[], None]]) -> dict[str, str]:
    """Do all at once; why each failed that did, by its name. One that hangs is left behind."""
    ends: dict[str, str | None] = {}

    def done(name: str, job: Callable[[], None]) -> None:
        try:
            job()
        except RaidctlError as error:
            ends[name] = str(error)
        except Exception as error:  # noqa: BLE001 - whoever is told fails no run
            ends[name] = f"{name} was not told, a defect of raidctl: {type(error).__name__}"
        else:
            ends[name] = None

    threads = [Thread(target=done, args=one, daemon=True) for one in jobs.items()]
    for thread in threads:
        thread.start()
    _joined(threads, monotonic() + PATIENCE_SECONDS)
    late = f"{{}} was not told: nothing came of it within {PATIENCE_SECONDS:g} seconds"
    told = {name: ends.get(name, late.format(name)) for name in jobs}
    return {name: why for name, why in told.items() if why is not None}


def _joined(threads: Iterable[Thread], until: float) -> None:
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
