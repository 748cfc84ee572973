"""What a run is to find out, and by which rules."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.people import Users
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.policy import Policy
from raidctl.core.scope import Scope, Selection

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for: which links, which fields of them (none: all), who decides."""

    scope: Scope
    selection: Selection = field(default_factory=Selection)
    fields: tuple[Field, ...] = ()
    direction: SyncDirection | None = None
    prefer: Side | None = None

    @property
    def whole(self) -> bool:
        """Whether all links in scope were asked for, every field of them."""
        return not (self.scope.partly or self.selection != Selection() or self.fields)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What a survey is to find out, and by which rules.

    `book` makes the mapping once it is known who is who; `exceptions` are the configured
    users. `concurrency` is the number of batches read at once, `now` the time of the run.
    `thorough`: look for incidents out of scope that claim a drifted issue in all of Impact, else
    only among those that the journal knows. `names` are the folded statuses and priorities that the
    tables know. `narrowed`: not all fields that are synced are asked for.
    """

    scope: Scope
    selection: Selection
    policy: Policy
    book: Callable[[Users], MappingBook]
    exceptions: Mapping[str, str]
    concurrency: int
    now: datetime
    thorough: bool = False
    names: frozenset[str] = frozenset()
    only: Mapping[int, frozenset[Field]] = field(default_factory=dict)
    narrowed: bool = False

    @property
    def whole(self) -> bool:
        """Whether all links in scope are asked for, every field of them."""
        partly = self.scope.partly or self.selection != Selection()
        return not (partly or self.narrowed or self.only)

    def fields_of(self, incident: int) -> Collection[Field]:
        """The fields that are compared of an incident's link."""
        only = self.only.get(incident)
        fields = self.policy.fields
        return fields if only is None else [name for name in fields if name in only]
