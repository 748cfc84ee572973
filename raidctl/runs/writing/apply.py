"""Carry out a plan: re-read, record, write, read back, record (DESIGN, section 5).

Links go in groups; those of one group are written side by side, each in its own order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from raidctl.core.model import Incident
from raidctl.core.plan.item import Change, Item, Key
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import Category, RaidctlError, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.prefetch import batches
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import incidents_there
from raidctl.runs.writing.read_back import settle
from raidctl.runs.writing.recheck import recheck
from raidctl.runs.writing.sender import MakeSenders, Senders
from raidctl.runs.writing.senders import field_senders
from raidctl.runs.writing.stages import LinkWrites, by_link

GROUP = 100  # links between re-reading and reading back
OPEN = "an earlier write of it could not be read back yet: the next run reads that first"


def apply(
    systems: WritableSystems,
    context: RunContext,
    items: Sequence[Item],
    progress: Callable[[int], None],
    senders: MakeSenders = field_senders,
) -> tuple[Sequence[Item], RaidctlError | None]:
    """The items, changes with their results, and what ended the run early, if anything did.

    A change without a result was not begun; one that has a result already is left alone. What a
    sender has added on the way (the status of an issue that it made) comes last.
    `progress` is told, by several threads, how many more links were sent. Raises `JournalError`
    where the journal cannot be written: nothing more is sent then; and `ServiceError` before
    anything is sent.
    """
    made = senders(systems, context)
    applying = _Applying(systems, context, made, progress)
    results = applying.run(list(by_link(items)))
    planned = {item.key for item in items if isinstance(item, Change)}
    done = [results.get(item.key, item) if isinstance(item, Change) else item for item in items]
    return (*done, *(one for key, one in results.items() if key not in planned)), made.fatal


def known_to_fail(
    systems: WritableSystems, context: RunContext, items: Sequence[Item]
) -> Mapping[Key, str]:
    """Why changes are sure to be refused, as far as that is known before anything is sent.

    Raises `ServiceError` where it cannot be asked.
    """
    links = list(by_link(items))
    for sender in field_senders(systems, context).of.values():
        links = list(sender.preflight(links))
    ended = [one for link in links for one in link.settled]
    return {one.change.key: one.result.detail or "" for one in ended}


@dataclass(frozen=True, slots=True)
class _Applying:
    """One plan on its way; `results` fills while it goes."""

    systems: WritableSystems
    context: RunContext
    senders: Senders
    progress: Callable[[int], None]
    results: dict[Key, Change] = field(default_factory=dict)

    def run(self, links: Sequence[LinkWrites]) -> Mapping[Key, Change]:
        links = self._settled_before(links)
        for sender in self.senders.of.values():
            links = sender.preflight(links)
        size = self.systems.tracker.current_size
        with ThreadPoolExecutor(self.context.concurrency, "write") as pool:
            for group in batches(links, GROUP):
                if self.context.stopping():
                    break
                incidents = self._incidents(group)
                if incidents is None:
                    continue
                if size > 1:
                    for batch in batches(group, size):
                        self._together(pool, batch, incidents)
                else:  # nothing to share between links: each goes its whole way by itself
                    self._singly(pool, group, incidents)
        return self.results

    def _settled_before(self, links: Sequence[LinkWrites]) -> Sequence[LinkWrites]:
        """The links without what an earlier run sent of them that could not be read yet."""
        sent = {_place(one.change) for one in self.systems.journal.open_writes()}
        return [
            link.failing(
                [change for change in link.open if _place(change) in sent], Category.CONFLICT, OPEN
            )
            for link in links
        ]

    def _incidents(
        self, group: Sequence[LinkWrites]
    ) -> Mapping[int, Incident | ServiceError] | None:
        """The group's incidents as they are now; None, the group settled, where that fails.

        What cannot be understood is one incident's fault, and hides no other.
        """
        if (stop := self.senders.breaker.stopped) is not None:
            self._unreadable(group, *stop)
            return None
        numbers = {link.incident for link in group}
        try:
            return incidents_there(self.systems.source, numbers)
        except ServiceError as error:
            self.senders.breaker.trip(error)
            self._unreadable(group, error.category, f"{error.seen}; {error.advice}")
            return None

    def _together(
        self,
        pool: ThreadPoolExecutor,
        links: Sequence[LinkWrites],
        incidents: Mapping[int, Incident | ServiceError],
    ) -> None:
        """A batch that is read in one request: its links are written side by side."""
        if not self.context.stopping():
            self._ended(lambda: list(pool.map(self._sent, self._ready(links, incidents))))

    def _singly(
        self,
        pool: ThreadPoolExecutor,
        links: Sequence[LinkWrites],
        incidents: Mapping[int, Incident | ServiceError],
    ) -> None:
        def whole(link: LinkWrites) -> None:
            if not self.context.stopping():
                self._ended(lambda: [self._sent(one) for one in self._ready([link], incidents)])

        for _ in pool.map(whole, links):
            pass

    def _ready(
        self, links: Sequence[LinkWrites], incidents: Mapping[int, Incident | ServiceError]
    ) -> Sequence[LinkWrites]:
        """The links read again, with all that their senders need to know."""
        breaker = self.senders.breaker
        if breaker.stopped is None:
            links = recheck(self.systems.readable, links, incidents, self.context, breaker)
            for sender in self.senders.of.values():
                links = sender.prepare(links)
        return links

    def _sent(self, link: LinkWrites) -> LinkWrites:
        """One link, unless the run is to end or must not write there."""
        if self.context.stopping():
            return link
        if (stop := self.senders.breaker.stopped) is not None:
            return link.failing(link.open, *stop)
        with self._stopping_others():
            for sender in self.senders.of.values():
                link = sender.send(link)
        self.progress(1)
        return link

    def _ended(self, send: Callable[[], Sequence[LinkWrites]]) -> None:
        """Re-read, send, read back, keep what came of it."""
        with self._stopping_others():
            self._settle(send())

    @contextmanager
    def _stopping_others(self) -> Iterator[None]:
        """Where the journal fails in here nothing more is sent, not even by a thread that is
        quicker than the one that hears of it.
        """
        try:
            yield
        except RaidctlError as error:
            self.senders.breaker.trip(error)
            raise

    def _unreadable(self, links: Sequence[LinkWrites], category: Category, why: str) -> None:
        self._settle([link.failing(link.open, category, why) for link in links])

    def _settle(self, links: Sequence[LinkWrites]) -> None:
        for one in settle(self.systems, self.context, self.senders, links):
            self.results[one.change.key] = _told(one)


def _told(end: Settlement) -> Change:
    """The change with its result, about the issue that it has made, where it has."""
    change, made = end.change, end.made
    about = change.subject
    if made is not None:
        about = replace(about, issue=made.issue, issue_id=made.issue_id)
    return replace(change, subject=about, result=end.result)


def _place(change: Change) -> tuple[object, ...]:
    """What a change is about, whichever side it goes to."""
    subject = change.subject
    return subject.incident, subject.issue_id, change.field or change.target, change.part
