"""Incidents over FireFighter's REST API, in bounded slices of ids.

A filter that it does not know is silently ignored (facts). So every answer is taken for what it
holds, not for what was asked.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any

from raidctl.breaker import Breaker
from raidctl.core.backfill.declaration import Declaration
from raidctl.core.history import Revisions, Told
from raidctl.core.model import Incident, Side
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import System
from raidctl.gateways.impact.declarations import declaration_of
from raidctl.gateways.impact.rows import incident_of
from raidctl.gateways.impact.slices import (
    MOST_SLICES,
    SLICE,
    Named,
    Part,
    Slice,
    id_lists,
    in_turn,
    walks_of,
)
from raidctl.gateways.malformed import MALFORMED, id_of
from raidctl.halves import by_halves
from raidctl.prefetch import prefetch

IMPACT = System(
    "Impact", "impact.url", "impact.token", to_read="view incidents (incidents.view_incident)"
)
INCIDENTS = "/api/v2/firefighter/incidents/"


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


class RestIncidents:
    """An `IncidentSource` over REST; it has no histories and no table of users to show."""

    def __init__(self, http: HttpClient, concurrency: int) -> None:
        self._http = http
        self._concurrency = concurrency
        self._breaker = Breaker(Side.IMPACT, concurrency)
        self._spoilt: list[Part] = []

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

    def all_revisions(self, scope: Scope) -> Iterator[tuple[int, Told]]:
        """Of none."""
        return iter(())

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        """These by id, as many a request as a URL can name; REST shows no custom fields."""
        found: dict[int, Declaration] = {}
        parts = map(Named, id_lists(incidents))
        for row in chain.from_iterable(map(self._rows, parts)):
            with suppress(*MALFORMED):
                one = declaration_of(row)
                found[one.incident] = one
        return {number: one for number, one in found.items() if number in incidents}

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """These incidents by id, as many a request as a URL can name."""
        found: dict[int, Incident] = {}
        for numbers in id_lists(incidents):
            rows = self._rows(Named(numbers))
            read = self._incidents(rows)
            if rows and not read.numbers:
                raise self._nonsense()
            if any(number in numbers for number in read.malformed):
                raise self._malformed()
            found.update({one.id: one for one in read.incidents if one.id in numbers})
        return found

    def _rows(self, part: Part) -> Sequence[Any]:
        """The rows of a part; raises `ServiceError`."""
        answer = self._ask(part)
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
        """Walks first; then, one by one, those named or watched that were not among `seen`.

        At last what is left of parts that one incident may have spoilt.
        """
        if not scope.incidents or scope.keys:  # no filter finds an incident by its issue's key
            walks = list(walks_of(scope))
            while walks:
                yield from self._read(pool, in_turn([walk.slices() for walk in walks]))
                for walk in walks:
                    if walk.endless:
                        self._breaker.failed(str(Slice(walk, walk.next, None)), self._endless())
                walks = [walk for walk in walks if not (walk.done or walk.endless)]
                if self._breaker.broken:
                    for walk in walks:
                        self._breaker.skipped(str(Slice(walk, walk.next, None)))
                    break
        apart = scope.named or scope.everything or scope.created_since is not None
        named = scope.incidents if apart else scope.watched
        yield from self._read(pool, (Named(numbers) for numbers in id_lists(named - seen)))
        for part in self._spoilt:
            if self._breaker.works:
                yield self._without_what_spoils(part)

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
            elif isinstance(part, Named):
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
        if isinstance(part, Slice):
            if part.walk.failed(part, too_much=too_much):
                return []
            if too_much and (halves := part.halves()):
                return [found for half in halves for found in self._taken(self._ask(half))]
        self._breaker.failed(str(part), error)
        if error.answered and len(part.numbers) > 1:
            self._spoilt.append(part)
        return []

    def _without_what_spoils(self, part: Part) -> Sequence[Incident]:
        """The incidents of a part that failed, those aside for whose sake it did."""
        read_of = by_halves(lambda some: self._rows(part.only(some)), part.numbers)
        told = [(part.only(some), read) for some, read in read_of]
        if all(isinstance(read, ServiceError) for _, read in told):
            return []  # it is told as a whole
        rows = [row for _, read in told if not isinstance(read, ServiceError) for row in read]
        self._breaker.mended(str(part))
        for some, read in told:
            if isinstance(read, ServiceError):
                self._breaker.spoilt(str(some), str(read), read.category)
        return self._understood(part, self._incidents(rows))

    def _understood(self, part: Part, read: _Read) -> Sequence[Incident]:
        """The incidents of a part: each row that is none is told, and the part is read."""
        if read.malformed and not read.numbers:
            if isinstance(part, Slice):
                part.walk.failed(part, too_much=False)
            self._breaker.failed(str(part), self._nonsense())
            return []
        self._breaker.read()
        if isinstance(part, Slice):
            part.walk.took(part, read.numbers)
        for number in read.malformed:
            what = f"a row of {part}" if number is None else f"incident {number}"
            self._breaker.spoilt(what, str(self._malformed()))
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
