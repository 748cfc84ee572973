"""Incidents over FireFighter's REST API, in bounded slices of ids.

The list has no pages and no order, a filter it does not know is silently ignored, and a
request that takes 30 seconds is killed (facts). So every answer is taken for what it holds,
not for what was asked.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
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
    """Ids from `first` to `last`, or without an end."""

    first: int
    last: int | None
    filters: Filters

    def __str__(self) -> str:
        end = "on" if self.last is None else f"to {self.last}"
        return f"incidents {self.first} {end}"

    def holds(self, number: int) -> bool:
        return self.first <= number and (self.last is None or number <= self.last)

    def halves(self) -> tuple["_Slice", ...]:
        """Two slices in its place, while it is wider than a slice need be."""
        if self.last is None or self.last - self.first < SLICE:
            return ()
        middle = (self.first + self.last) // 2
        return _Slice(self.first, middle, self.filters), _Slice(middle + 1, self.last, self.filters)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The rows of a slice, or why they did not come."""

    part: _Slice
    rows: Sequence[Any] = ()
    error: ServiceError | None = None


@dataclass(slots=True)
class _Walk:
    """Which slices to ask for: on while they bear fruit, until `FRUITLESS` in a row are empty.

    `whole`: an answer held ids that were not asked for, so the filter was not understood and
    that answer was everything.
    """

    filters: Filters
    next: int = 1
    width: int = SLICE
    empty: int = 0
    whole: bool = False

    def slices(self, breaker: Breaker) -> Iterator[_Slice]:
        self.empty = 0
        while self.empty < FRUITLESS and not self.whole and not breaker.broken:
            part = _Slice(self.next, self.next + self.width - 1, self.filters)
            self.next += self.width
            yield part

    def took(self, answer: _Answer, numbers: Collection[int]) -> None:
        fruitless = not numbers and answer.error is None
        self.empty = self.empty + 1 if fruitless else 0
        self.whole = self.whole or not all(answer.part.holds(number) for number in numbers)


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
            for filters in _families(scope):
                yield from self._sliced(pool, filters)
        named = scope.incidents or scope.watched
        lists = [_Slice(ids[0], ids[-1], _list_filter(ids)) for ids in _id_lists(named)]
        for answer in ahead(pool, self._read, lists, self._concurrency):
            yield self._taken(answer)

    def _sliced(self, pool: ThreadPoolExecutor, filters: Filters) -> Iterator[list[Incident]]:
        """All incidents of one family of filters.

        Ids have gaps, so empty slices are not the end: that is known when the open-ended rest
        has been read. Should the rest be too much for one request, slicing goes on, wider.
        """
        walk = _Walk(filters)
        while True:
            slices = walk.slices(self._breaker)
            for answer in ahead(pool, self._read, slices, self._concurrency):
                incidents = self._taken(answer)
                walk.took(answer, [incident.id for incident in incidents])
                yield incidents
            if walk.whole:
                return
            rest = self._read(_Slice(walk.next, None, filters))
            if rest.error is None or self._breaker.broken or walk.width >= WIDEST_SLICE:
                yield self._taken(rest)
                return
            walk.width *= 4

    def _read(self, part: _Slice) -> _Answer:
        query = dict(part.filters, order_by="id")
        if "id__in" not in query:
            query["id__gte"] = str(part.first)
            if part.last is not None:
                query["id__lte"] = str(part.last)
        try:
            rows = self._http.get(INCIDENTS, query)
        except ServiceError as error:
            return _Answer(part, error=error)
        if isinstance(rows, list):
            return _Answer(part, rows)
        return _Answer(part, error=self._nonsense())

    def _taken(self, answer: _Answer) -> list[Incident]:
        """The incidents of an answer; a wide slice that failed is tried again in halves."""
        if answer.error is None:
            incidents = [self._incident(row) for row in answer.rows]
            self._breaker.read()
            return incidents
        halves = answer.part.halves()
        if halves and answer.error.category is Category.NETWORK:
            return [found for half in halves for found in self._taken(self._read(half))]
        self._breaker.failed(str(answer.part), answer.error)
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


def _list_filter(numbers: Sequence[int]) -> Filters:
    return {"id__in": ",".join(map(str, numbers))}


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
