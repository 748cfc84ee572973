"""Incidents over FireFighter's REST API, in bounded slices of ids.

The list has no pages and no order, a filter it does not know is silently ignored, and a
request that takes 30 seconds is killed (facts). So every answer is taken for what it holds,
not for what was asked.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from raidctl.breaker import Breaker
from raidctl.core.declaration import Declaration
from raidctl.core.history import Revisions
from raidctl.core.model import Incident, IncidentStatus, Side
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import System
from raidctl.gateways.impact.declarations import declaration_of
from raidctl.gateways.impact.rows import incident_of
from raidctl.gateways.malformed import MALFORMED, id_of
from raidctl.prefetch import prefetch

IMPACT = System(
    "Impact", "impact.url", "impact.token", to_read="view incidents (incidents.view_incident)"
)
INCIDENTS = "/api/v2/firefighter/incidents/"
SLICE = 500  # ids a request: half a second of FireFighter's time
WIDEST_SLICE = SLICE * 4**10
FRUITLESS = 2
MOST_SLICES = 2_000
"""Requests of one walk: a million ids. A server that has an incident in every slice has no end."""
NAMED_CHARACTERS = 3_000  # of ids in one URL: FireFighter refuses request lines over 4,094 bytes

Filters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Slice:
    """Ids from `first` to `last`, or without an end, of one walk."""

    walk: "_Walk"
    first: int
    last: int | None

    def __str__(self) -> str:
        end = "on" if self.last is None else f"to {self.last}"
        return f"{self.walk.name} {self.first} {end}"

    def query(self) -> Filters:
        end = {} if self.last is None else {"id__lte": str(self.last)}
        return {**self.walk.filters, "id__gte": str(self.first), **end}

    def holds(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)

    def halves(self) -> tuple["_Slice", ...]:
        """Two slices in its place, while it is wider than a slice need be."""
        if self.last is None or self.last - self.first < SLICE:
            return ()
        middle = (self.first + self.last) // 2
        return replace(self, last=middle), replace(self, first=middle + 1)


@dataclass(frozen=True, slots=True)
class _Named:
    """Single ids."""

    numbers: Sequence[int]

    def __str__(self) -> str:
        return f"{len(self.numbers)} incidents, {self.numbers[0]} … {self.numbers[-1]}"

    def query(self) -> Filters:
        return {"id__in": ",".join(map(str, self.numbers))}


Part = _Slice | _Named


@dataclass(frozen=True, slots=True)
class _Answer:
    """The rows of a part, or why they did not come."""

    part: Part
    rows: Sequence[Any] = ()
    error: ServiceError | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """Incidents out of rows, and of the rows that are none the ids, where they have one."""

    incidents: Sequence[Incident]
    malformed: Sequence[int | None]

    @property
    def numbers(self) -> Sequence[int]:
        """Every id that was answered."""
        known = [number for number in self.malformed if number is not None]
        return [*(incident.id for incident in self.incidents), *known]


@dataclass(slots=True, eq=False)
class _Walk:
    """All ids of one family of filters, slice by slice.

    Ids have gaps, so empty slices are not the end: after `FRUITLESS` of them in a row the
    open-ended rest is asked for, and that is the end. Should the rest be too much for one
    request, slicing goes on, wider. An answer with ids beyond its slice ends it too: the upper
    bound was not understood, so the answer held all from there on. After `MOST_SLICES` it is cut
    off.
    """

    name: str
    filters: Filters
    next: int = 1
    width: int = SLICE
    empty: int = 0
    asked: int = 0
    done: bool = False

    def slices(self) -> Iterator[_Slice]:
        self.empty = 0
        while self.empty < FRUITLESS and not self.done:
            if self.endless:
                return
            self.asked += 1
            yield _Slice(self, self.next, self.next + self.width - 1)
            self.next += self.width
        if not self.done:
            yield _Slice(self, self.next, None)

    @property
    def endless(self) -> bool:
        """Whether so much was asked for that no more is."""
        return self.asked >= MOST_SLICES and not self.done

    def took(self, part: _Slice, numbers: Collection[int]) -> None:
        fruitful = any(part.holds(number) for number in numbers)
        self.empty = 0 if fruitful else self.empty + 1
        if part.last is None or max(numbers, default=0) > part.last:
            self.done = True

    def failed(self, part: _Slice, *, too_much: bool) -> bool:
        """Whether a rest that failed, perhaps for its size, is to be sliced on."""
        self.empty = 0
        if part.last is not None:
            return False
        self.width *= 4
        self.done = not too_much or self.width > WIDEST_SLICE
        return not self.done


class RestIncidents:
    """An `IncidentSource` over REST; it has no histories and no table of users to show."""

    def __init__(self, http: HttpClient, concurrency: int) -> None:
        self._http = http
        self._concurrency = concurrency
        self._breaker = Breaker(Side.IMPACT, concurrency)

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._http.sent

    @property
    def clock_ahead(self) -> timedelta:
        """By the dates of its answers."""
        return self._http.clock.ahead

    @property
    def unread(self) -> Sequence[Unread]:
        """The slices that could not be read."""
        return self._breaker.unread

    def accounts(self) -> Mapping[str, str]:
        """Nothing: REST shows no JIRA users."""
        return {}

    def revisions(self, incidents: Collection[int]) -> Revisions:
        """Nothing: REST shows no times of changes."""
        return {}

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        """These by id, as many a request as a URL can name; REST shows no custom fields."""
        found: dict[int, Declaration] = {}
        for row in chain.from_iterable(map(self._rows, _id_lists(incidents))):
            with suppress(*MALFORMED):
                one = declaration_of(row)
                found[one.incident] = one
        return {number: one for number, one in found.items() if number in incidents}

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """These incidents by id, as many a request as a URL can name."""
        found: dict[int, Incident] = {}
        for numbers in _id_lists(incidents):
            rows = self._rows(numbers)
            read = self._incidents(rows)
            if rows and not read.numbers:
                raise self._nonsense()
            if any(number in numbers for number in read.malformed):
                raise self._malformed()
            found.update({one.id: one for one in read.incidents if one.id in numbers})
        return found

    def _rows(self, numbers: Sequence[int]) -> Sequence[Any]:
        """The rows of these, asked for at once; raises `ServiceError`."""
        answer = self._ask(_Named(numbers))
        if answer.error is not None:
            raise answer.error
        return answer.rows

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope, once, as its slices come in."""
        seen: set[int] = set()
        with ThreadPoolExecutor(self._concurrency, "impact") as pool:
            for incidents in self._answers(pool, scope, seen):
                for incident in incidents:
                    if incident.id not in seen and scope.covers(incident):
                        seen.add(incident.id)
                        yield incident
        self._breaker.close()

    def _answers(
        self, pool: ThreadPoolExecutor, scope: Scope, seen: set[int]
    ) -> Iterator[Sequence[Incident]]:
        """Walks first; then, one by one, those named or watched that were not among `seen`."""
        if not scope.incidents or scope.keys:  # no filter finds an incident by its issue's key
            walks = list(_walks(scope))
            while walks:
                yield from self._read(pool, _in_turn([walk.slices() for walk in walks]))
                for walk in walks:
                    if walk.endless:
                        self._breaker.failed(str(_Slice(walk, walk.next, None)), self._endless())
                walks = [walk for walk in walks if not (walk.done or walk.endless)]
                if self._breaker.broken:
                    for walk in walks:
                        self._breaker.skipped(str(_Slice(walk, walk.next, None)))
                    break
        apart = scope.named or scope.everything or scope.created_since is not None
        named = scope.incidents if apart else scope.watched
        yield from self._read(pool, (_Named(numbers) for numbers in _id_lists(named - seen)))

    def _read(
        self, pool: ThreadPoolExecutor, parts: Iterable[Part]
    ) -> Iterator[Sequence[Incident]]:
        for answer in prefetch(pool, self._ask, self._asked(parts), self._concurrency):
            yield self._taken(answer)

    def _asked(self, parts: Iterable[Part]) -> Iterator[Part]:
        """The parts, until so many have failed that asking on is of no use."""
        for part in parts:
            if not self._breaker.broken:
                yield part
            elif isinstance(part, _Named):
                self._breaker.skipped(str(part))
            else:
                return  # what is left of each walk is told as one

    def _ask(self, part: Part) -> _Answer:
        try:
            rows = self._http.get(INCIDENTS, {**part.query(), "order_by": "id"})
        except ServiceError as error:
            return _Answer(part, error=error)
        if isinstance(rows, list):
            return _Answer(part, rows)
        return _Answer(part, error=self._nonsense())

    def _taken(self, answer: _Answer) -> Sequence[Incident]:
        """The incidents of an answer; a wide slice that failed is tried again in halves."""
        part, error = answer.part, answer.error
        if error is None:
            return self._understood(part, self._incidents(answer.rows))
        too_much = error.category is Category.NETWORK and not self._breaker.broken
        if isinstance(part, _Slice):
            if part.walk.failed(part, too_much=too_much):
                return []
            if too_much and (halves := part.halves()):
                return [found for half in halves for found in self._taken(self._ask(half))]
        self._breaker.failed(str(part), error)
        return []

    def _understood(self, part: Part, read: _Read) -> Sequence[Incident]:
        """The incidents of a part: each row that is none is told, and the part is read."""
        if read.malformed and not read.numbers:
            if isinstance(part, _Slice):
                part.walk.failed(part, too_much=False)
            self._breaker.failed(str(part), self._nonsense())
            return []
        self._breaker.read()
        if isinstance(part, _Slice):
            part.walk.took(part, read.numbers)
        for number in read.malformed:
            what = f"a row of {part}" if number is None else f"incident {number}"
            self._breaker.malformed(what, str(self._malformed()))
        return read.incidents

    def _incidents(self, rows: Iterable[Any]) -> _Read:
        incidents: list[Incident] = []
        malformed: list[int | None] = []
        for row in rows:
            try:
                incidents.append(incident_of(row, self._http.base_url))
            except MALFORMED:
                malformed.append(_number(row))
        return _Read(incidents, malformed)

    def _endless(self) -> ServiceError:
        seen = (
            f"there is no end of incidents: {MOST_SLICES:,} requests for {SLICE} ids each had some"
        )
        advice = "check that impact.url leads to FireFighter itself"
        return self._http.failures.error(INCIDENTS, seen, advice, Category.VALIDATION)

    def _nonsense(self) -> ServiceError:
        seen = "an answer that is no list of FireFighter incidents"
        advice = "check that impact.url is the base of a FireFighter site"
        return self._http.failures.error(INCIDENTS, seen, advice, Category.VALIDATION)

    def _malformed(self) -> ServiceError:
        seen = "an answer with a row that is not FireFighter's"
        advice = "look at the incident in FireFighter; the others were read"
        return self._http.failures.error(INCIDENTS, seen, advice, Category.VALIDATION)


def _number(row: Any) -> int | None:
    """The id of a row that is no incident, where it has one."""
    try:
        return id_of(row["id"])
    except MALFORMED:
        return None


def _walks(scope: Scope) -> Iterator[_Walk]:
    """The families that together are a scope: conditions of one query are joined by AND."""
    if scope.created_since is not None:
        yield _Walk("incidents", {"created_at__gte": _instant(scope.created_since)})
    elif scope.everything or scope.keys:
        yield _Walk("incidents", {})
    else:
        closed = str(IncidentStatus.CLOSED.value)
        yield _Walk("open incidents", {"_status__lt": closed})
        if scope.closed_since is not None:
            since = _instant(scope.closed_since)
            yield _Walk("closed incidents", {"status": closed, "created_at__gte": since})


def _instant(time: datetime) -> str:
    """With an offset: FireFighter takes a bare time for its own time zone's."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_turn(streams: Sequence[Iterator[_Slice]]) -> Iterator[_Slice]:
    """One of each stream in turn, until all have ended."""
    waiting = deque(streams)
    while waiting:
        stream = waiting.popleft()
        if (part := next(stream, None)) is not None:
            yield part
            waiting.append(stream)


def _id_lists(numbers: Collection[int]) -> Iterator[list[int]]:
    """The ids in runs that each fit a URL; none for none (`id__in=` would mean all)."""
    run: list[int] = []
    length = 0
    for number in sorted(numbers):
        length += len(str(number)) + 3  # a comma is sent as %2C
        if length > NAMED_CHARACTERS:
            yield run
            run, length = [], len(str(number)) + 3
        run.append(number)
    if run:
        yield run
