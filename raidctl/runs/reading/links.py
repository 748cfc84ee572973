"""The links of a run: each incident with its issue, in batches, some ahead of the consumer."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from raidctl.breaker import Breaker
from raidctl.core.model import Incident, Issue, Link, Side, Unreadable
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.halves import by_halves
from raidctl.ports.impact import IncidentSource
from raidctl.ports.jira import IssueRef, IssueTracker
from raidctl.ports.journal import JournalReader
from raidctl.prefetch import batches, prefetch

NO_ISSUE = "JIRA answers with what is no issue: look at it there; the others were read"
QUEUED = 2  # batches under way or waiting, for each that is read at once: no reader idles


@dataclass(frozen=True, slots=True)
class FoundLink:
    """An incident and its issue, None where that is not visible; `ref` is what was asked for."""

    incident: Incident
    ref: IssueRef
    issue: Issue | None

    @property
    def link(self) -> Link | None:
        """The link, where its issue is visible."""
        return None if self.issue is None else Link(self.incident, self.issue)


_Asked = tuple[Incident, IssueRef]


@dataclass(frozen=True, slots=True)
class _Batch:
    """Linked incidents and their issues, or why those did not come.

    `spoilt` are parts that could not be read of a batch that could.
    """

    asked: Sequence[_Asked]
    links: Sequence[tuple[Incident, IssueRef, Issue | Unreadable | None]] = ()
    spoilt: Sequence[tuple[Sequence[_Asked], ServiceError]] = ()
    error: ServiceError | None = None


class IncidentsInScope:
    """The incidents of a scope that have an issue, counted as they are drawn.

    Kept apart are those without one as `unlinked`, unless `alone` takes them, and as `downgraded`
    those whose issue goes on without them, unless they were named. Once all are drawn, `unread`
    names the targets nobody has.
    """

    def __init__(
        self,
        source: IncidentSource,
        scope: Scope,
        alone: Callable[[Incident], None] | None = None,
    ) -> None:
        self.linked = 0
        self.unlinked: list[Incident] = []
        self.downgraded: list[Incident] = []
        self._alone = alone or self.unlinked.append
        self._named = scope.named
        self._source = source
        self._incidents = source.incidents(scope)
        self._targets: set[int | str] = {*scope.incidents, *scope.keys}

    def __iter__(self) -> Iterator[Incident]:
        for incident in self._incidents:
            self._targets -= {incident.id, (incident.issue_key or "").upper()}
            if incident.downgraded and not self._named:
                self.downgraded.append(incident)
            elif incident.issue_key is None:
                self._alone(incident)
            else:
                self.linked += 1
                yield incident

    @property
    def unread(self) -> Sequence[Unread]:
        """The targets that no incident answered to, those aside that the source tells itself."""
        told = {one.what for one in self._source.unread}
        nobodys = [_nobodys(target) for target in sorted(self._targets, key=str)]
        return [one for one in nobodys if one.what not in told]


class LinkReader:
    """Reads the issues of a stream of linked incidents.

    `unread` names the batches that failed for good, and single issues that are none;
    `unread_links` counts their links.
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
        """The batches and issues that could not be read."""
        return self._breaker.unread

    def links(self, incidents: Iterable[Incident]) -> Iterator[list[FoundLink]]:
        """Every incident once, batch by batch; those of failed batches are left out.

        What did not answer is asked for again at the end, all together, for as long as that
        helps: an issue asked for under its old and its new key at once answers only once.
        """
        missing: list[Incident] = []
        for links in self._read(incidents):
            missing += [one.incident for one in links if one.issue is None]
            yield [one for one in links if one.issue is not None]
        while missing:
            again = [one for links in self._read(missing) for one in links]
            absent = [one for one in again if one.issue is None]
            if len(absent) == len(again):
                yield absent
                break
            yield [one for one in again if one.issue is not None]
            missing = [one.incident for one in absent]
        self._breaker.close()

    def _read(self, incidents: Iterable[Incident]) -> Iterator[list[FoundLink]]:
        asked = self._batches(incidents)
        for batch in prefetch(self._pool, self._fetch, asked, QUEUED * self._width):
            if batch.links:
                self._breaker.read()
                yield list(self._found(batch))
                continue
            self.unread_links += len(batch.asked)
            if batch.error is None:
                self._breaker.skipped(_named(batch.asked))
            else:
                self._breaker.failed(_named(batch.asked), batch.error)

    def _found(self, batch: _Batch) -> Iterator[FoundLink]:
        """The links of a batch; an issue that is none is told, and spoils no other."""
        for part, error in batch.spoilt:
            self.unread_links += len(part)
            self._breaker.spoilt(_named(part), str(error), error.category)
        for incident, ref, issue in batch.links:
            if isinstance(issue, Unreadable):
                self.unread_links += 1
                self._breaker.spoilt(_named([(incident, ref)]), NO_ISSUE)
            else:
                yield FoundLink(incident, ref, issue)

    def _batches(self, incidents: Iterable[Incident]) -> Iterator[_Batch]:
        for members in batches(incidents, self._tracker.batch_size):
            known = self._journal.known_issues([incident.id for incident in members])
            yield _Batch([(member, _ref(member, known.get(member.id))) for member in members])

    def _fetch(self, batch: _Batch) -> _Batch:
        """The batch as far as it can be read."""
        if self._breaker.broken:
            return batch
        try:
            parts = list(by_halves(self._issues, batch.asked))
        except ServiceError as error:
            return replace(batch, error=error)
        links = [
            (*asked, issue)
            for part, told in parts
            if not isinstance(told, ServiceError)
            for asked, issue in zip(part, told, strict=True)
        ]
        spoilt = [(part, told) for part, told in parts if isinstance(told, ServiceError)]
        if not links:
            return replace(batch, error=spoilt[0][1])
        return replace(batch, links=links, spoilt=spoilt)

    def _issues(self, asked: Sequence[_Asked]) -> Sequence[Issue | Unreadable | None]:
        return self._tracker.issues([ref for _, ref in asked])


def _named(asked: Sequence[_Asked]) -> str:
    """Some issues, by the keys that were asked for."""
    first, last = asked[0][1].key, asked[-1][1].key
    return f"issue {first}" if len(asked) == 1 else f"{len(asked)} issues, {first} … {last}"


def _nobodys(target: int | str) -> Unread:
    if isinstance(target, int):
        what, why = f"incident {target}", "Impact has no such incident, or hides it from this user"
    else:
        what, why = f"issue {target}", "no incident in Impact is linked to it by this key"
    return Unread(Side.IMPACT, what, why, Category.NOT_FOUND)


def _ref(incident: Incident, known: IssueRef | None) -> IssueRef:
    """The key Impact gives, with the id that Impact or the journal knows behind that key."""
    key = incident.issue_key or ""
    journalled = known.id if known is not None and known.key == key else None
    return IssueRef(key, incident.issue_id or journalled)
