"""The `baseline --from-history` run: what both histories tell of fields that have no baseline.

Links are read and compared as in every run, batch by batch, and what agrees is remembered. Of a
field that does not agree and has no baseline, both systems are asked for its history; the latest
pair that surely agreed (`core/replay.py`) is kept as its baseline. Nothing else is kept of a link
that is done, and no system is written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from raidctl.core.adoption import Adoption, Decided, Outlook, Place, Undecided
from raidctl.core.drift import Comparison, Unseen
from raidctl.core.history import History, Revision, Revisions
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Baseline, Readings
from raidctl.core.model import Field, Side
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields, plan_link
from raidctl.core.replay import Untold, Why, replay
from raidctl.errors import ServiceError
from raidctl.ports.systems import Systems
from raidctl.prefetch import batches, prefetch
from raidctl.runs.reading.accounts import Accounts
from raidctl.runs.reading.history import Failures, our_account, sent_to, told_of, untold
from raidctl.runs.reading.links import FoundLink, IncidentsInScope, LinkReader
from raidctl.runs.reading.planner import Planner
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Observer
from raidctl.runs.reading.updates import Updates
from raidctl.runs.writing.recorder import Observed

LINKS_AT_ONCE = 1_000
"""Links whose histories are asked for at one time, so that memory does not grow with a site.

They are asked for in two requests at least, which go side by side: JIRA pages the changes of a
thousand issues one after the other.
"""
_UNREAD = "the history of {} links"


class Keeper(Observer, Protocol):
    """An observer that keeps what histories tell as well; `baselines` counts what agrees now."""

    baselines: int

    def adopts(self, agreed: Sequence[Observed]) -> None:
        """These pairs agreed once, and no baseline stands for their fields."""
        ...


@dataclass(frozen=True, slots=True)
class _Open:
    """A link with the fields that drifted and have no baseline, and what Impact tells of it."""

    compared: ComparedLink
    mapping: ProjectMapping
    fields: Sequence[Comparison]
    told: Sequence[Revision] = ()

    @property
    def names(self) -> Set[Field]:
        """What its fields are called."""
        return {pair.field for pair in self.fields}


_Chunk = tuple[Sequence[_Open], Revisions, Failures]
"""Links, and what JIRA tells of their issues, and what it does not."""


def adopt(systems: Systems, request: ReadRequest, keeper: Keeper, progress: Progress) -> Adoption:
    """Compare every link of the request and keep what its histories tell.

    Raises `ServiceError` when a system is out of reach or refuses the credentials.
    """
    run = _Adopting(systems, request, keeper, progress)
    with ThreadPoolExecutor(request.concurrency, "jira") as pool:
        return run.all_of(pool)


class _Adopting:
    """One run: what it knows of the request, and what it has counted so far."""

    def __init__(
        self, systems: Systems, request: ReadRequest, keeper: Keeper, progress: Progress
    ) -> None:
        self._systems, self._request = systems, request
        self._keeper, self._progress = keeper, progress
        self._accounts = Accounts(systems, request.exceptions)
        readings = Readings(systems.journal.readings(), request.scope.watched)
        book = request.book(self._accounts.users)
        self._planner = Planner(systems, request, book, readings)
        self._incidents = IncidentsInScope(systems.source, request.scope)
        self._updates = Updates(systems.source, request.scope)
        self._links = self._agreeing = self._hidden = 0
        self._decided: list[Decided] = []
        self._undecided: list[Undecided] = []
        self._failures: dict[Side, dict[int, ServiceError]] = {side: {} for side in Side}

    def all_of(self, pool: ThreadPoolExecutor) -> Adoption:
        """Read everything, and tell what came of it."""
        systems, width = self._systems, self._request.concurrency
        reader = LinkReader(systems.tracker, systems.journal, pool, width)
        size = min(systems.tracker.history_size, LINKS_AT_ONCE // 2)
        chunks = batches(self._open_links(reader, pool), size)
        ahead = max(2, min(width, LINKS_AT_ONCE // size))
        for members, told, failures in prefetch(pool, self._asked, chunks, ahead):
            self._failures[Side.JIRA] |= failures
            self._look_up(pool, members)
            self._settle(members, told)
            del members, told  # as many are read before the next ones come
        unread = [*systems.source.unread, *reader.unread, *self._incidents.unread]
        unread += self._accounts.unread
        for side, missing in self._failures.items():
            unread += untold(side, missing, _UNREAD)
        return Adoption(
            links=self._links + reader.unread_links,
            in_sync=self._agreeing,
            not_visible=self._hidden,
            unread_links=reader.unread_links,
            remembered=self._keeper.baselines,
            decided=self._decided,
            undecided=self._undecided,
            unread=unread,
            requests=systems.requests,
        )

    def _open_links(self, reader: LinkReader, pool: ThreadPoolExecutor) -> Iterator[_Open]:
        """The links whose histories are wanted, while all are compared and told to the keeper."""
        for batch in reader.links(self._incidents):
            self._links += len(batch)
            wanted = list(self._compared(batch, pool))
            told, failures = self._updates.of(
                {one.compared.link.incident.id: one.names for one in wanted}
            )
            self._failures[Side.IMPACT] |= failures
            for one in wanted:
                number = one.compared.link.incident.id
                if number in failures:
                    self._note(one.compared, one.names, Untold(Why.UNREAD))
                elif (noted := self._noted(one, told.get(number, ()))).fields:
                    yield noted
            self._progress(len(batch))

    def _noted(self, one: _Open, told: Sequence[Revision]) -> _Open:
        """A link with the fields of which Impact has noted any change: JIRA alone tells nothing."""
        names = {change.field for change in told}
        self._note(one.compared, one.names - names, Untold(Why.NO_HISTORY, Side.IMPACT))
        fields = [pair for pair in one.fields if pair.field in names]
        return _Open(one.compared, one.mapping, fields, told)

    def _compared(self, batch: Sequence[FoundLink], pool: ThreadPoolExecutor) -> Iterator[_Open]:
        for hidden in (one for one in batch if one.issue is None):
            self._hidden += 1
            self._keeper.missed(hidden.incident, self._planner.readings)
        visible = [(link, one.ref.id) for one in batch if (link := one.link) is not None]
        self._accounts.look_up(pool, self._planner.people(link for link, _ in visible))
        for compared, mapping, drifted in self._planner.compared(visible):
            self._keeper.saw(compared, mapping, drifted)
            self._agreeing += not drifted
            if fields := self._unknown(compared, drifted):
                yield _Open(compared, mapping, fields)
        self._keeper.batch_ends(self._accounts.found)

    def _unknown(self, compared: ComparedLink, drifted: DriftedFields) -> list[Comparison]:
        """The fields that histories may tell of; what is known without them is noted."""
        unknown = drifted - compared.memory.baselines.keys()
        open_fields = [one for one in compared.fields if one.field in unknown]
        if compared.holds:
            self._note(compared, (one.field for one in open_fields), Untold(Why.HELD))
            return []
        unseen = (one.field for one in open_fields if isinstance(one, Unseen))
        self._note(compared, unseen, Untold(Why.UNREADABLE))
        return [one for one in open_fields if isinstance(one, Comparison)]

    def _note(self, compared: ComparedLink, names: Iterable[Field], why: Untold) -> None:
        self._undecided += [Undecided(_place(compared, name), why) for name in names]

    def _asked(self, members: Sequence[_Open]) -> _Chunk:
        """JIRA's part in the histories of these."""
        issues = [one.compared.link.issue.id for one in members]
        return members, *told_of(self._systems.tracker.revisions, issues)

    def _look_up(self, pool: ThreadPoolExecutor, members: Sequence[_Open]) -> None:
        """Find out the accounts of former commanders, each once."""
        people = (
            one.new
            for member in members
            for one in member.told
            if one.field in member.mapping.people and isinstance(one.new, str)
        )
        self._accounts.look_up(pool, ((email, None) for email in dict.fromkeys(people)))

    def _settle(self, members: Sequence[_Open], told: Revisions) -> None:
        """Keep what the histories of these tell."""
        account = our_account(self._systems.tracker) if any(told.values()) else None
        numbers = [one.compared.link.incident.id for one in members]
        own = sent_to(self._systems.journal, numbers)
        agreed: list[Observed] = []
        for one in members:
            incident, issue = one.compared.link.incident.id, one.compared.link.issue.id
            both = {Side.IMPACT: one.told, Side.JIRA: told.get(issue)}
            history = History(
                {side: revisions for side, revisions in both.items() if revisions},
                own.get((incident, issue), ()),
                account,
            )
            found = self._replayed(one, history)
            agreed += [(incident, issue, name, baseline) for name, baseline in found.items()]
        self._keeper.adopts(agreed)
        self._keeper.batch_ends(self._accounts.found)

    def _replayed(self, one: _Open, history: History) -> Mapping[Field, Baseline]:
        """The baselines of one link, by its whole history."""
        compared, link = one.compared, one.compared.link
        failed = link.issue.id in self._failures[Side.JIRA]
        found: dict[Field, Baseline] = {}
        for pair in one.fields:
            skew = self._request.policy.clock_skew
            said = Untold(Why.UNREAD) if failed else replay(pair, link, history, skew)
            if isinstance(said, Untold):
                self._note(compared, [pair.field], said)
            else:
                agreed = one.mapping.agreed(pair.field, said.impact, said.jira)
                at = self._request.now
                found[pair.field] = replace(agreed, at=at, seen_at=said.until)
        self._decided += _outlooks(one, history, found, self._request)
        return found


def _outlooks(
    one: _Open, history: History, found: Mapping[Field, Baseline], request: ReadRequest
) -> Iterator[Decided]:
    """What the next run makes of a link, once these are its baselines."""
    if not found:
        return
    memory = replace(one.compared.memory, baselines=found)
    fields = [pair for pair in one.fields if pair.field in found]  # what else there is, is known
    known = replace(one.compared, fields=fields, memory=memory, history=history)
    items = plan_link(known, one.mapping, request.policy, request.now)
    outlooks = {item.field: Outlook(item.verdict, item.direction, item.reason) for item in items}
    for name, baseline in found.items():
        until = baseline.seen_at or request.now
        yield Decided(_place(one.compared, name), until, outlooks.get(name))


def _place(compared: ComparedLink, name: Field) -> Place:
    link = compared.link
    return Place(link.incident.id, link.issue.key, link.issue.id, name)
