"""FireFighter's site, as far as doctor asks it: whether it answers, and takes our token."""

from datetime import timedelta

from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.answers import answered
from raidctl.gateways.http.client import HttpClient
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.impact.rest import INCIDENTS
from raidctl.ports.doctor import Refusal

_NO_INCIDENT = {"id": "0"}  # theirs begin with 1: an answer that costs nothing
_REFUSALS = frozenset({401, 403})


class RestSite:
    """An `ImpactSite` over HTTP."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    @property
    def clock_ahead(self) -> timedelta | None:
        """By the dates of its answers."""
        clock = self._http.clock
        return clock.ahead if clock.known else None

    def look(self) -> Refusal | None:
        """One request. FireFighter says no in its own words, a gate before it in others."""
        try:
            rows = self._http.get(INCIDENTS, _NO_INCIDENT)
        except HttpError as error:
            told = answered(error.response).get("errors")
            if error.status in _REFUSALS and isinstance(told, list):
                return Refusal(error.seen, error.advice)
            raise
        if not isinstance(rows, list):
            raise self._nonsense()
        return None

    def _nonsense(self) -> ServiceError:
        seen = "an answer that is no list of FireFighter incidents"
        advice = "check that impact.url is the base of a FireFighter site"
        return self._http.failures.error(INCIDENTS, seen, advice, Category.VALIDATION)
