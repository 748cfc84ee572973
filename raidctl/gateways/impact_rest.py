"""Incidents over FireFighter's REST API, in bounded slices of ids.

The list has no pages and no order, a filter it does not know is silently ignored, and a
request that takes 30 seconds is killed (facts). So every answer is taken for what it holds,
not for what was asked.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from raidctl.ahead import ahead
from raidctl.breaker import Breaker
from raidctl.core.memory import Edit
from raidctl.core.model import Field, Incident, IncidentStatus, Side
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.gateways.http import HttpClient
from raidctl.gateways.impact_json import incident_of

INCIDENTS = "/api/v2/firefighter/incidents/"
SLICE = 500  # ids a request: half a second of FireFighter's time
WIDEST_SLICE = SLICE * 4**10
FRUITLESS = 2
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
        return f"incidents {self.first} {end}"

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

    def halves(self) -> tuple["_Named", ...]:
        """None: they are few."""
        return ()


Part = _Slice | _Named


@dataclass(frozen=True, slots=True)
class _Answer:
    """The rows of a part, or why they did not come."""

    part: Part
    rows: Sequence[Any] = ()
    error: ServiceError | None = None


@dataclass(slots=True, eq=False)
class _Walk:
    """All ids of one family of filters, slice by slice.

    Ids have gaps, so empty slices are not the end: after `FRUITLESS` of them in a row the
    open-ended rest is asked for, and that is the end. Should the rest be too much for one
    request, slicing goes on, wider. An answer with ids that were not asked for ends it too:
    the filter was not understood, and that answer was everything.
    """

    filters: Filters
    next: int = 1
    width: int = SLICE
    empty: int = 0
    done: bool = False

    def slices(self) -> Iterator[_Slice]:
        self.empty = 0
        while self.empty < FRUITLESS and not self.done:
            yield _Slice(self, self.next, self.next + self.width - 1)
            self.next += self.width
        if not self.done:
            yield _Slice(self, self.next, None)

    def took(self, part: _Slice, numbers: Collection[int]) -> None:
        self.empty = 0 if numbers else self.empty + 1
        rest = part.last is None
        self.done = self.done or rest or not all(part.holds(number) for number in numbers)

    def failed(self, part: _Slice) -> bool:
        """Whether a part that failed can be asked for in another way."""
        self.empty = 0
        if part.last is not None:
            return False
        self.width *= 4
        self.done = self.width > WIDEST_SLICE
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
    def unread(self) -> Sequence[Unread]:
        """The slices that could not be read."""
        return self._breaker.unread

    def accounts(self) -> Mapping[str, str]:
        """Nothing: REST shows no JIRA users."""
        return {}

    def edits(self, incidents: Collection[int]) -> Mapping[int, Mapping[Field, Edit]]:
        """Nothing: REST shows no times of changes."""
        return {}

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope, once, as its slices come in."""
        seen: set[int] = set()
        with ThreadPoolExecutor(self._concurrency, "impact") as pool:
            for incidents in self._answers(pool, scope):
                for incident in incidents:
                    if incident.id not in seen and scope.covers(incident):
                        seen.add(incident.id)
                        yield incident
        self._breaker.close()

    def _answers(self, pool: ThreadPoolExecutor, scope: Scope) -> Iterator[list[Incident]]:
        if not scope.incidents or scope.keys:  # no filter finds an incident by its issue's key
            walks = [_Walk(filters) for filters in _families(scope)]
            while walks:
                yield from self._read(pool, _in_turn([walk.slices() for walk in walks]))
                walks = [walk for walk in walks if not walk.done and not self._breaker.broken]
        named = scope.incidents or scope.watched
        yield from self._read(pool, (_Named(numbers) for numbers in _id_lists(named)))

    def _read(self, pool: ThreadPoolExecutor, parts: Iterable[Part]) -> Iterator[list[Incident]]:
        asked = takewhile(lambda _: not self._breaker.broken, parts)
        for answer in ahead(pool, self._ask, asked, self._concurrency):
            yield self._taken(answer)

    def _ask(self, part: Part) -> _Answer:
        try:
            rows = self._http.get(INCIDENTS, {**part.query(), "order_by": "id"})
        except ServiceError as error:
            return _Answer(part, error=error)
        if isinstance(rows, list):
            return _Answer(part, rows)
        return _Answer(part, error=self._nonsense())

    def _taken(self, answer: _Answer) -> list[Incident]:
        """The incidents of an answer; a wide slice that failed is tried again in halves."""
        part, error = answer.part, answer.error
        if error is None:
            incidents = [self._incident(row) for row in answer.rows]
            self._breaker.read()
            if isinstance(part, _Slice):
                part.walk.took(part, [incident.id for incident in incidents])
            return incidents
        passes = error.category is Category.NETWORK
        if isinstance(part, _Slice) and part.walk.failed(part) and passes:
            return []
        if passes and (halves := part.halves()):
            return [found for half in halves for found in self._taken(self._ask(half))]
        self._breaker.failed(str(part), error)
        return []

    def _incident(self, row: Any) -> Incident:
        try:
            return incident_of(row, self._http.base_url)
        except (KeyError, TypeError, ValueError):
            raise self._nonsense() from None

    def _nonsense(self) -> ServiceError:
        seen = "an answer that is no list of FireFighter incidents"
        advice = "check that impact.url is the base of a FireFighter site"
        return self._http.error(INCIDENTS, seen, advice, Category.VALIDATION)


def _families(scope: Scope) -> Iterator[Filters]:
    """The queries that together find a scope: conditions of one query are joined by AND."""
    if scope.created_since is not None:
        yield {"created_at__gte": _instant(scope.created_since)}
    elif scope.everything or scope.keys:
        yield {}
    else:
        yield {"_status__lt": str(IncidentStatus.CLOSED.value)}
        if scope.closed_since is not None:
            closed = str(IncidentStatus.CLOSED.value)
            yield {"status": closed, "created_at__gte": _instant(scope.closed_since)}


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
