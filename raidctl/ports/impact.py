"""What the runs need of Impact."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.firefighter import Rule
from raidctl.core.history import Revision, Revisions, Told
from raidctl.core.model import Field, Incident, Link, Value
from raidctl.core.report import Unread
from raidctl.core.scope import Scope


class IncidentSource(Protocol):
    """Reads incidents. `requests` counts what Impact was really sent."""

    @property
    def requests(self) -> int:
        """Requests or queries sent so far, repeats included."""
        ...

    @property
    def clock_ahead(self) -> timedelta:
        """How far Impact's clock is ahead of ours, as far as is known; negative: behind."""
        ...

    @property
    def unread(self) -> Sequence[Unread]:
        """What could not be read; complete once `incidents` is exhausted."""
        ...

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope once, read as it is asked for.

        In no order; where there are `all_revisions` by rising id, as far as these go.

        Raises `ServiceError` where nothing can be read at all.
        """
        ...

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """Those of these incidents that there are as they are this moment, by id.

        For several threads at once. Raises `ServiceError` where one of them cannot be read.
        """
        ...

    def accounts(self) -> Mapping[str, str]:
        """FireFighter's own table of users: e-mail (folded) to JIRA account; may be empty."""
        ...

    def revisions(self, incidents: Collection[int]) -> Revisions:
        """The changes of our fields by Impact's history.

        An incident of which it has none to show may be left out. Raises `ServiceError`.
        """
        ...

    def all_revisions(self, scope: Scope) -> Iterator[tuple[int, Told]]:
        """The same of all incidents of a scope, by rising id, read as it is asked for.

        What is told of one is worked out when that is called: of most nobody wants to know.
        One that it leaves out may have a history as well. Raises `ServiceError`, which is
        `answered` where it ends before the first that cannot be read.
        """
        ...

    def declarations(self, incidents: Collection[int]) -> Mapping[int, Declaration]:
        """What those of these incidents that there are were declared with, by id.

        One of which it cannot be read is left out. Raises `ServiceError`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why some fields could not be written now, in words, found out by looking alone.

    `category` is that of the error where it could not be found out, None where it is known.
    """

    fields: frozenset[Field]
    why: str
    category: str | None = None


Obstacles = Callable[[Collection[Field]], Sequence[Obstacle]]
"""What stands in the way of writing these fields of incidents; at most one connection a writer."""


class IncidentWriter(Protocol):
    """Writes incidents. What became of a write is told by reading alone, afterwards.

    `name` is what it is configured as. `sees_changes` says that it compares each value with the
    one it is to replace, under a lock, and writes nothing where it differs: no need to read again
    just before.
    """

    name: str
    sees_changes: bool

    @property
    def requests(self) -> int:
        """Requests or transactions sent so far, repeats included."""
        ...

    def missing(self, fields: Collection[Field]) -> Sequence[str]:
        """What the user lacks to write these fields, each in words; nothing where it is all there.

        Raises `ServiceError` where Impact is not what this writer knows how to write.
        """
        ...

    def write(
        self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Revision]
    ) -> None:
        """Give the incident these values in place of those that `link` holds.

        All or none, where it `sees_changes`. `edits` tells who changed the same fields in JIRA
        last. Raises `LostAnswerError` where it cannot be known whether it acted, and
        `ServiceError` where it did not: category `conflict` when somebody else has changed or
        locked the incident, `validation` for a value that Impact does not take, `refused` where it
        is known to ignore the change, `permission`; as `FieldsRefusedError` where only some of the
        fields are at fault: none is written then.
        """
        ...

    def restore(self, link: Link, values: Mapping[Field, Value]) -> None:
        """As `write`, with values that stood there before a sync and that a person wants back.

        A commander of None was nobody.
        """
        ...

    def explain_refusal(self, link: Link, field: Field, value: Value) -> Rule | None:
        """By what Impact kept the value that `link` holds; None where nothing is known of it."""
        ...
