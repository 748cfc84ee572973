"""Impact's histories beside its incidents, as both come by rising id: one query for all of them."""

from collections.abc import Collection, Iterator, Mapping

from raidctl.core.history import Revisions, Told
from raidctl.core.model import Field
from raidctl.core.scope import Scope
from raidctl.errors import ServiceError
from raidctl.ports.impact import IncidentSource
from raidctl.runs.reading.history import Failures, told_of


class Updates:
    """The histories of a scope's incidents, asked for once each.

    One that the stream has left out or has passed already is asked for by its id, and so are all
    that come after something in the stream that cannot be read.
    """

    def __init__(self, source: IncidentSource, scope: Scope) -> None:
        self._source = source
        self._stream: Iterator[tuple[int, Told]] | None = None
        self._scope = scope
        self._next: tuple[int, Told] | None = (0, lambda _: ())

    def of(self, wanted: Mapping[int, Collection[Field]]) -> tuple[Revisions, Failures]:
        """What is told of these incidents' fields, and what is not; more may be told of some.

        Raises `ServiceError` where Impact is gone.
        """
        passing = {number: told for number in sorted(wanted) if (told := self._passing(number))}
        found = {number: told(wanted[number]) for number, told in passing.items()}
        rest = [number for number in wanted if number not in found]
        by_id, failures = told_of(self._source.revisions, rest)
        return {**found, **by_id}, failures

    def _passing(self, number: int) -> Told | None:
        """What the stream tells of an incident when it comes by."""
        while self._next is not None and self._next[0] < number:
            self._next = self._drawn()
        return self._next[1] if self._next is not None and self._next[0] == number else None

    def _drawn(self) -> tuple[int, Told] | None:
        if self._stream is None:
            self._stream = self._source.all_revisions(self._scope)
        try:
            return next(self._stream, None)
        except ServiceError as error:
            if not error.answered:
                raise
            return None
