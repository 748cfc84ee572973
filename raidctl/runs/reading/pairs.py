"""Bring each incident together with its issue, in batches, some ahead of the consumer."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from raidctl.breaker import Breaker
from raidctl.core.model import Incident, Issue, Side
from raidctl.core.report import Unread
from raidctl.errors import ServiceError
from raidctl.ports.jira import IssueRef, IssueTracker
from raidctl.ports.journal import JournalReader
from raidctl.prefetch import prefetch

QUEUED = 2  # batches under way or waiting, for each that is read at once: no reader idles


@dataclass(frozen=True, slots=True)
class Pair:
    """An incident and its issue, None where that is not visible; `ref` is what was asked for."""

    incident: Incident
    ref: IssueRef
    issue: Issue | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Linked incidents and their issues, or why those did not come."""

    incidents: Sequence[Incident]
    refs: Sequence[IssueRef]
    issues: Sequence[Issue | None] = ()
    error: ServiceError | None = None

    def __str__(self) -> str:
        first, last = self.refs[0].key, self.refs[-1].key
        if len(self.refs) == 1:
            return f"issue {first}"
        return f"{len(self.refs)} issues, {first} … {last}"


class PairReader:
    """Reads the issues of a stream of linked incidents.

    `unread` names the batches that failed for good and `unread_links` counts their links.
    """

    def __init__(
        self, tracker: IssueTracker, journal: JournalReader, pool: ThreadPoolExecutor, width: int
    ) -> None:
        self.unread_links = 0
        self._tracker = tracker
        self._journal = journal
        self._pool = pool
        self._width = width
        self._breaker = Breaker(Side.JIRA, width)

    @property
    def unread(self) -> Sequence[Unread]:
        """The batches that could not be read."""
        return self._breaker.unread

    def pairs(self, incidents: Iterable[Incident]) -> Iterator[list[Pair]]:
        """Every incident once, batch by batch; those of failed batches are left out.

        What did not answer is asked for again at the end, all together, for as long as that
        helps: an issue asked for under its old and its new key at once answers only once.
        """
        missing: list[Incident] = []
        for pairs in self._read(incidents):
            missing += [pair.incident for pair in pairs if pair.issue is None]
            yield [pair for pair in pairs if pair.issue is not None]
        while missing:
            again = [pair for pairs in self._read(missing) for pair in pairs]
            absent = [pair for pair in again if pair.issue is None]
            if len(absent) == len(again):
                yield absent
                break
            yield [pair for pair in again if pair.issue is not None]
            missing = [pair.incident for pair in absent]
        self._breaker.close()

    def _read(self, incidents: Iterable[Incident]) -> Iterator[list[Pair]]:
        batches = self._batches(incidents)
        for batch in prefetch(self._pool, self._fetch, batches, QUEUED * self._width):
            if batch.issues:
                self._breaker.read()
                members = zip(batch.incidents, batch.refs, batch.issues, strict=True)
                yield [Pair(*member) for member in members]
                continue
            self.unread_links += len(batch.refs)
            if batch.error is None:
                self._breaker.skipped(str(batch))
            else:
                self._breaker.failed(str(batch), batch.error)

    def _batches(self, incidents: Iterable[Incident]) -> Iterator[_Batch]:
        source = iter(incidents)
        while members := list(islice(source, self._tracker.batch_size)):
            known = self._journal.known_issues([incident.id for incident in members])
            yield _Batch(members, [_ref(member, known.get(member.id)) for member in members])

    def _fetch(self, batch: _Batch) -> _Batch:
        if self._breaker.broken:
            return batch
        try:
            return replace(batch, issues=self._tracker.issues(batch.refs))
        except ServiceError as error:
            return replace(batch, error=error)


def _ref(incident: Incident, known: IssueRef | None) -> IssueRef:
    """The key Impact gives, with the id that Impact or the journal knows behind that key."""
    key = incident.issue_key or ""
    journalled = known.id if known is not None and known.key == key else None
    return IssueRef(key, incident.issue_id or journalled)
