"""Carry out a plan: re-read, record, write, read back, record (DESIGN, section 5).

Links go in groups; those of one group are written side by side, each in its own order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice

from raidctl.core.model import Field, Incident
from raidctl.core.outcome import Outcome, Result
from raidctl.core.verdict import Item
from raidctl.errors import Category, RaidctlError
from raidctl.runs.brakes import Brakes
from raidctl.runs.changes import Job, by_link, job_of
from raidctl.runs.orders import Desk, Orders
from raidctl.runs.read_back import settle
from raidctl.runs.recheck import incidents_now, recheck
from raidctl.runs.write_issue import IssueWriting

GROUP = 100  # links between re-reading and reading back

_EDITS = frozenset({"EDIT_ISSUES", "EDIT_ISSUE"})
_NEEDS: Mapping[Field, frozenset[str]] = {
    Field.STATUS: frozenset({"TRANSITION_ISSUES", "TRANSITION_ISSUE"}),
    Field.COMMANDER: _EDITS | {"ASSIGN_ISSUES", "ASSIGN_ISSUE"},
}

Each = Callable[[Callable[[Job], Job], Sequence[Job]], Iterator[Job]]
Key = tuple[int, Field | None]


def apply(
    desk: Desk, orders: Orders, items: Sequence[Item], progress: Callable[[int], None]
) -> tuple[list[Item], RaidctlError | None]:
    """The items, changes with their results, and what ended the run early, if anything did.

    A change without a result was not begun. `progress` is told how many more links are done.
    Raises `JournalError` where the journal cannot be written: nothing more is sent then.
    """
    applying = _Applying(desk, orders, progress)
    results = applying.run([job_of(members, orders.book) for members in by_link(items)])
    done = [replace(item, result=results.get(_key(item))) for item in items]
    return done, applying.brakes.fatal


class _Applying:
    def __init__(self, desk: Desk, orders: Orders, progress: Callable[[int], None]) -> None:
        self.brakes = Brakes(2 * orders.concurrency)
        self._desk = desk
        self._orders = orders
        self._progress = progress
        self._writing = IssueWriting(desk, orders, self.brakes)
        self._results: dict[Key, Result] = {}

    def run(self, jobs: Sequence[Job]) -> Mapping[Key, Result]:
        self._skip_forbidden(jobs)
        size = self._desk.tracker.current_size
        with ThreadPoolExecutor(self._orders.concurrency, "write") as pool:
            for group in _lots(jobs, GROUP):
                if self._orders.stopping():
                    break
                if (stop := self.brakes.stopped) is not None:
                    self._unreadable(group, *stop)
                    continue
                incidents, error = incidents_now(self._desk.source, group)
                if error is not None:
                    self.brakes.fatal = error
                    self._unreadable(group, error.category, f"{error.seen}; {error.advice}")
                elif size > 1:
                    for lot in _lots(group, size):
                        self._lot(lot, incidents, pool.map)
                else:  # nothing to share between links: each goes its whole way by itself
                    self._singly(pool, group, incidents)
        return self._results

    def _singly(
        self, pool: ThreadPoolExecutor, jobs: Sequence[Job], incidents: Mapping[int, Incident]
    ) -> None:
        for _ in pool.map(lambda job: self._lot([job], incidents, map), jobs):
            pass

    def _lot(self, jobs: Sequence[Job], incidents: Mapping[int, Incident], each: Each) -> None:
        """Some links, from re-reading to reading back."""
        if self._orders.stopping():
            return
        if self.brakes.stopped is None:
            recheck(self._desk, jobs, incidents, self._orders.book, self.brakes)
        try:
            list(each(self._write, jobs))
            settle(self._desk, self._orders, jobs, self.brakes)
        except RaidctlError as error:  # of the journal: links beside this one stop as well
            self.brakes.fatal = error
            raise
        self._take(jobs)

    def _write(self, job: Job) -> Job:
        """One link, unless the run is to end or must not write there."""
        if self._orders.stopping():
            return job
        stop = self.brakes.reason(job.project)
        if stop is not None:
            job.skip(Outcome.FAILED, *stop)
        elif job.link is not None:
            self._writing.write(job, job.link)
        return job

    def _unreadable(self, jobs: Sequence[Job], category: Category, why: str) -> None:
        for job in jobs:
            job.skip(Outcome.FAILED, category, why)
        settle(self._desk, self._orders, jobs, self.brakes)
        self._take(jobs)

    def _take(self, jobs: Sequence[Job]) -> None:
        for change in (change for job in jobs for change in job.changes):
            if change.result is not None:
                self._results[_key(change.item)] = change.result
        self._progress(len(jobs))

    def _skip_forbidden(self, jobs: Sequence[Job]) -> None:
        """What JIRA says beforehand that this user may not write is not tried."""
        missing = {
            project: frozenset(self._desk.writer.missing_permissions(project))
            for project in sorted({job.project for job in jobs})
        }
        for job in jobs:
            for change in job.changes:
                needed = _NEEDS.get(change.intent.field, _EDITS)
                if lacking := missing[job.project] & needed:
                    why = f"the JIRA user lacks {', '.join(sorted(lacking))} in {job.project}"
                    change.skip(Outcome.REFUSED, Category.PERMISSION, why)


def _key(item: Item) -> Key:
    return item.subject.incident, item.field


def _lots(jobs: Sequence[Job], size: int) -> Iterator[Sequence[Job]]:
    source: Iterable[Job] = iter(jobs)
    while lot := list(islice(source, size)):
        yield lot
