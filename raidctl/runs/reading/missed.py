"""The `missed` run: which changes in JIRA never arrived in Impact; it writes nothing.

One search tells which issues were changed at all. Only their links are read, and both systems asked
for their histories, batch by batch; of a link that is done nothing is kept but what was missed.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from raidctl.core.arrivals import audited
from raidctl.core.history import History, Revisions
from raidctl.core.memory import Readings
from raidctl.core.missed import Missed, MissedReport, Window, outages, shared
from raidctl.core.model import Incident, Link, Side
from raidctl.core.plan.case import ComparedLink
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems
from raidctl.prefetch import batches, prefetch
from raidctl.runs.reading.accounts import Accounts
from raidctl.runs.reading.diff import of_systems
from raidctl.runs.reading.history import Failures, our_account, sent_to, told_of, untold
from raidctl.runs.reading.links import FoundLink, IncidentsInScope, LinkReader
from raidctl.runs.reading.planner import Planner
from raidctl.runs.reading.request import Progress, ReadRequest

LINKS_AT_ONCE = 2_000
"""Links whose histories are asked for at one time, so that memory does not grow with a site."""
KNOWN_AT_ONCE = 1_000
_UNREAD = "the history of {} links"
_SPOILT = {
    Side.IMPACT: "its history of {} fields holds what cannot be read",
    Side.JIRA: "the changelog of {} fields holds what cannot be read",
}


_Chunk = tuple[Sequence[ComparedLink], Revisions, Failures]
"""Links, and what JIRA tells of their issues, and what it does not."""


@dataclass(frozen=True, slots=True)
class MissedRequest:
    """What is asked of which links, and the sites that a plan of it is good for."""

    request: ReadRequest
    window: Window
    sites: tuple[str, str]


def missed(
    systems: Systems, asked: MissedRequest, clock: Callable[[], datetime], progress: Progress
) -> MissedReport:
    """Go through all changes of the window; those of a link come together, the oldest first.

    Raises `ServiceError` when a system is out of reach or refuses the credentials.
    """
    run = _Looking(systems, asked.request, asked.window, progress)
    with ThreadPoolExecutor(asked.request.concurrency, "jira") as pool:
        return replace(run.all_of(pool), finished_at=clock())


class _Looking:
    """One run: what it knows of the request, and what it has found so far."""

    def __init__(
        self, systems: Systems, request: ReadRequest, window: Window, progress: Progress
    ) -> None:
        self._systems, self._request, self._window = systems, request, window
        self._progress = progress
        self._accounts = Accounts(systems, request.exceptions)
        readings = Readings(systems.journal.readings(), request.scope.watched)
        self._planner = Planner(systems, request, request.book(self._accounts.users), readings)
        self._incidents = IncidentsInScope(systems.source, request.scope)
        self._found: list[Missed] = []
        self._claims = Counter[str]()
        self._heard = array("d")  # of times, the smallest there is
        self._looked_at = self._changes = self._untold = self._hidden = 0
        self._spoilt = Counter[Side]()
        self._failures: dict[Side, dict[int, ServiceError]] = {side: {} for side in Side}

    def all_of(self, pool: ThreadPoolExecutor) -> MissedReport:
        """Read everything, and tell what came of it."""
        systems, width = self._systems, self._request.concurrency
        reader = LinkReader(systems.tracker, systems.journal, pool, width)
        size = systems.tracker.history_size
        chunks = batches(self._changed_links(reader, pool, self._updated()), size)
        ahead = max(2, min(width, LINKS_AT_ONCE // size))
        for members, told, failures in prefetch(pool, self._asked, chunks, ahead):
            self._failures[Side.JIRA] |= failures
            self._judge(pool, members, told)
        unread = [*systems.source.unread, *reader.unread, *self._incidents.unread]
        unread += self._accounts.unread
        for side in Side:
            unread += untold(side, self._failures[side], _UNREAD)
            if count := self._spoilt[side]:
                why = "an entry has no time or no value that raidctl understands"
                unread.append(Unread(side, _SPOILT[side].format(count), why, Category.VALIDATION))
        return MissedReport(
            since=self._window.since,
            started_at=self._request.now,
            finished_at=self._request.now,
            missed=outages(shared(self._found, self._claims), sorted(self._heard)),
            links=self._incidents.linked,
            looked_at=self._looked_at,
            changes=self._changes,
            untold=self._untold,
            hidden=self._hidden,
            unread=unread,
            notes=(*_notes(self._window, untold=self._untold), *of_systems(systems)),
            requests=systems.requests,
        )

    def _updated(self) -> Set[int] | None:
        """The issues that were changed since; None where all links are to be looked at.

        That is what a search that JIRA does not answer costs, and what names a few costs less.
        """
        if self._request.scope.named:
            return None
        try:
            return self._systems.tracker.updated(self._window.since)
        except ServiceError as error:
            if error.category is Category.AUTH or not error.answered:
                raise
            return None

    def _changed_links(
        self, reader: LinkReader, pool: ThreadPoolExecutor, updated: Set[int] | None
    ) -> Iterator[ComparedLink]:
        """The links that were changed in JIRA since, compared."""
        for batch in reader.links(self._in_question(updated)):
            links = [(link, one.ref.id) for one in batch if (link := self._changed(one, updated))]
            self._accounts.look_up(pool, self._planner.people(link for link, _ in links))
            yield from (compared for compared, _, _ in self._planner.compared(links))
            self._looked_at += len(links)
            self._progress(len(batch))

    def _changed(self, one: FoundLink, updated: Set[int] | None) -> Link | None:
        """The link of an issue that is visible, and was changed since; who has which is noted."""
        if one.issue is None:
            self._hidden += 1
            return None
        at = one.issue.updated_at
        since = updated is None and (at is None or at >= self._window.since)
        if not (since or one.issue.id in (updated or ())):
            return None
        self._claims[(one.incident.issue_key or "").upper()] += 1
        return one.link

    def _in_question(self, updated: Set[int] | None) -> Iterator[Incident]:
        """The linked incidents but for those whose issue is known, and was not changed."""
        for some in batches(self._incidents, KNOWN_AT_ONCE):
            known = self._systems.journal.known_issues([one.id for one in some])
            for one in some:
                ref = known.get(one.id)
                stored = ref.id if ref is not None and ref.key == one.issue_key else None
                number = one.issue_id or stored
                if updated is None or number is None or number in updated:
                    yield one
                else:
                    self._progress(1)

    def _asked(self, members: Sequence[ComparedLink]) -> _Chunk:
        """JIRA's part in the histories of these."""
        issues = [one.link.issue.id for one in members]
        return members, *told_of(self._systems.tracker.revisions, issues)

    def _judge(
        self, pool: ThreadPoolExecutor, members: Sequence[ComparedLink], told: Revisions
    ) -> None:
        """Note what of these was missed, as far as both histories could be read."""
        changed = [one for one in members if told.get(one.link.issue.id)]
        numbers = [one.link.incident.id for one in changed]
        impact, lacking = told_of(self._systems.source.revisions, numbers)
        self._failures[Side.IMPACT] |= lacking
        self._look_up(pool, impact)
        account = our_account(self._systems.tracker) if changed else None
        own = sent_to(self._systems.journal, numbers)
        for one in changed:
            incident, issue = one.link.incident.id, one.link.issue.id
            if incident in lacking:
                continue
            both = {Side.IMPACT: impact.get(incident, ()), Side.JIRA: told[issue]}
            history = History(both, own.get((incident, issue), ()), account)
            self._note(replace(one, history=history))

    def _look_up(self, pool: ThreadPoolExecutor, impact: Revisions) -> None:
        """Find out the accounts of former commanders, each once."""
        people = self._planner.book.common.people
        self._accounts.look_up(
            pool,
            (
                (one.new, None)
                for told in impact.values()
                for one in told
                if one.field in people and isinstance(one.new, str)
            ),
        )

    def _note(self, compared: ComparedLink) -> None:
        audits = list(audited(compared, self._window))
        self._found += sorted(
            (one for audit in audits for one in audit.missed), key=lambda one: one.revision.at
        )
        self._changes += sum(audit.changes for audit in audits)
        self._untold += sum(audit.untold for audit in audits)
        self._heard.extend(at.timestamp() for audit in audits for at in audit.heard)
        self._spoilt.update(side for audit in audits for side in audit.unreadable)


def _notes(window: Window, *, untold: int) -> list[str]:
    """What a reader should know beside the list."""
    notes = []
    if untold:
        changes = "1 change" if untold == 1 else f"{untold} changes"
        notes.append(
            f"Nothing tells whether {changes} arrived: Impact's history does not go back so far, "
            "or is not read at all (impact.reads)."
        )
    if not window.accounts.service:
        notes.append(
            "impact.service_account is not set: what FireFighter itself did in JIRA is taken for a "
            "person's."
        )
    return notes
