"""Impact's histories beside its incidents, as both come by rising id: one query for all of them."""

from collections.abc import Iterator, Sequence

from raidctl.core.history import Revision, Revisions
from raidctl.core.scope import Scope
from raidctl.errors import ServiceError
from raidctl.ports.impact import IncidentSource
from raidctl.runs.reading.history import Failures, told_of

_Told = tuple[int, Sequence[Revision]]


class Updates:
    """The histories of a scope's incidents, asked for once each.

    One that the stream has left out or has passed already is asked for by its id, and so are all
    that come after something in the stream that cannot be read.
    """

    def __init__(self, source: IncidentSource, scope: Scope) -> None:
        self._source = source
        self._stream: Iterator[_Told] | None = None
        self._scope = scope
        self._next: _Told | None = (0, ())

    def of(self, incidents: Sequence[int]) -> tuple[Revisions, Failures]:
        """What is told of these, and what is not. Raises `ServiceError` where Impact is gone."""
        found = {number: told for number in sorted(incidents) if (told := self._passing(number))}
        rest = [number for number in incidents if number not in found]
        by_id, failures = told_of(self._source.revisions, rest)
        return {**{number: told[0] for number, told in found.items()}, **by_id}, failures

    def _passing(self, number: int) -> tuple[Sequence[Revision]] | None:
        """What the stream tells of an incident when it comes by, in a tuple of one."""
        while self._next is not None and self._next[0] < number:
            self._next = self._drawn()
        return (self._next[1],) if self._next is not None and self._next[0] == number else None

    def _drawn(self) -> _Told | None:
        if self._stream is None:
            self._stream = self._source.all_revisions(self._scope)
        try:
            return next(self._stream, None)
        except ServiceError as error:
            if not error.answered:
                raise
            return None
