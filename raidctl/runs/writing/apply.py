"""Carry out a plan: re-read, record, write, read back, record (DESIGN, section 5).

Links go in groups; those of one group are written side by side, each in its own order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from raidctl.breaker import WriteBreaker
from raidctl.core.model import Field, Incident, Side
from raidctl.core.plan.item import Item
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, RaidctlError, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.current import batches
from raidctl.runs.writing.changes import Job, by_link, job_of
from raidctl.runs.writing.incident import IncidentWriting
from raidctl.runs.writing.issue import IssueWriting
from raidctl.runs.writing.read_back import settle
from raidctl.runs.writing.recheck import recheck

GROUP = 100  # links between re-reading and reading back

_EDITS = frozenset({"EDIT_ISSUES", "EDIT_ISSUE"})
_NEEDS: Mapping[Field, frozenset[str]] = {
    Field.STATUS: frozenset({"TRANSITION_ISSUES", "TRANSITION_ISSUE"}),
    Field.COMMANDER: _EDITS | {"ASSIGN_ISSUES", "ASSIGN_ISSUE"},
}

Each = Callable[[Callable[[Job], Job], Sequence[Job]], Iterator[Job]]
Key = tuple[int, Field | None]


def apply(
    systems: WritableSystems,
    context: RunContext,
    items: Sequence[Item],
    progress: Callable[[int], None],
) -> tuple[list[Item], RaidctlError | None]:
    """The items, changes with their results, and what ended the run early, if anything did.

    A change without a result was not begun; one that has a result already is left alone.
    `progress` is told how many more links are done. Raises `JournalError` where the journal
    cannot be written: nothing more is sent then; and `ServiceError` before anything is sent.
    """
    applying = _Applying(systems, context, progress)
    results = applying.run([job_of(members, context.book) for members in by_link(items)])
    done = [replace(item, result=results.get(_key(item), item.result)) for item in items]
    return done, applying.fatal


class _Applying:
    def __init__(
        self, systems: WritableSystems, context: RunContext, progress: Callable[[int], None]
    ) -> None:
        patience = 2 * context.concurrency
        self.breaker = WriteBreaker(patience)
        self._systems = systems
        self._context = context
        self._progress = progress
        self._issues = IssueWriting(systems, context, self.breaker)
        self._incidents = IncidentWriting(systems, context, patience)
        self._results: dict[Key, Result] = {}

    @property
    def fatal(self) -> RaidctlError | None:
        """What ended the run, or a part of it, early."""
        return self.breaker.fatal or self._incidents.fatal

    def run(self, jobs: Sequence[Job]) -> Mapping[Key, Result]:
        self._incidents.skip_forbidden(jobs)
        self._skip_forbidden(jobs)
        size = self._systems.tracker.current_size
        with ThreadPoolExecutor(self._context.concurrency, "write") as pool:
            for group in batches(jobs, GROUP):
                if self._context.stopping():
                    break
                if (stop := self.breaker.stopped) is not None:
                    self._unreadable(group, *stop)
                    continue
                try:
                    incidents = self._systems.source.current({job.incident for job in group})
                except ServiceError as error:
                    self.breaker.fatal = error
                    self._unreadable(group, error.category, f"{error.seen}; {error.advice}")
                    continue
                if size > 1:
                    for batch in batches(group, size):
                        self._batch(batch, incidents, pool.map)
                else:  # nothing to share between links: each goes its whole way by itself
                    self._singly(pool, group, incidents)
        return self._results

    def _singly(
        self, pool: ThreadPoolExecutor, jobs: Sequence[Job], incidents: Mapping[int, Incident]
    ) -> None:
        for _ in pool.map(lambda job: self._batch([job], incidents, map), jobs):
            pass

    def _batch(self, jobs: Sequence[Job], incidents: Mapping[int, Incident], each: Each) -> None:
        """Some links, from re-reading to reading back."""
        if self._context.stopping():
            return
        if self.breaker.stopped is None:
            recheck(self._systems, jobs, incidents, self._context.book, self.breaker)
        try:
            self._incidents.ask_authors(jobs)
            list(each(self._write, jobs))
            self._settle(jobs)
        except RaidctlError as error:  # of the journal: links beside this one stop as well
            self.breaker.fatal = error
            raise
        self._take(jobs)

    def _write(self, job: Job) -> Job:
        """One link, unless the run is to end or must not write there."""
        if self._context.stopping():
            return job
        if (stop := self.breaker.stopped) is not None:
            job.skip(Outcome.FAILED, *stop)
        elif (stop := self.breaker.reason(job.project)) is not None:
            job.skip_in(Side.JIRA, *stop)
        if job.link is not None:
            self._issues.write(job, job.link)
            self._incidents.write(job, job.link)
        return job

    def _settle(self, jobs: Sequence[Job]) -> None:
        unmoved = self._incidents.judge_unmoved
        settle(self._systems, self._context, jobs, self.breaker, unmoved)

    def _unreadable(self, jobs: Sequence[Job], category: Category, why: str) -> None:
        for job in jobs:
            job.skip(Outcome.FAILED, category, why)
        self._settle(jobs)
        self._take(jobs)

    def _take(self, jobs: Sequence[Job]) -> None:
        for change in (change for job in jobs for change in job.changes):
            if change.result is not None:
                self._results[_key(change.item)] = change.result
        self._progress(len(jobs))

    def _skip_forbidden(self, jobs: Sequence[Job]) -> None:
        """What JIRA says beforehand that this user may not write is not tried."""
        missing = {
            project: frozenset(self._systems.writer.missing_permissions(project))
            for project in sorted({job.project for job in jobs if job.open_in(Side.JIRA)})
        }
        for job in jobs:
            for change in job.open_in(Side.JIRA):
                needed = _NEEDS.get(change.intent.field, _EDITS)
                if lacking := missing[job.project] & needed:
                    why = f"the JIRA user lacks {', '.join(sorted(lacking))} in {job.project}"
                    change.skip(Outcome.REFUSED, Category.PERMISSION, why)


def _key(item: Item) -> Key:
    return item.subject.incident, item.field
