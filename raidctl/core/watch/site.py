"""The state in which a run leaves both systems: how many links agree, what drifts, what is held."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Change, Item
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.watch.tally import Counted, Tally
from raidctl.core.writes.outcome import DONE

IN_SYNC, DRIFTED, UNLINKED, NOT_VISIBLE, DOWNGRADED = LINK_STATES = (
    *("in_sync", "drifted", "unlinked", "not_visible", "downgraded"),
)
_NO_DRIFT = frozenset({Reason.UNLINKED, Reason.NOT_VISIBLE})


class HoldKey(NamedTuple):
    """What tells one hold from all others; `field` is None for one of a whole link."""

    incident: int
    field: Field | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Held:
    """A hold, and since when runs have found it."""

    key: HoldKey
    since: datetime


@dataclass(frozen=True, slots=True)
class SiteState:
    """How a run that looked at all of its scope leaves both systems, its own writes counted in.

    `links` are counted by state, `drift` the fields that do not agree. `complete`: all of it could
    be read, so that what is not held here is not held at all.
    """

    links: Mapping[str, int]
    drift: Mapping[Field, int]
    holds: frozenset[HoldKey]
    complete: bool = True

    def tallies(self) -> Iterator[Tally]:
        """Links by state and drift by field, zeros told as well."""
        for state in LINK_STATES:
            yield Tally(Counted.LINKS, (state,), 1, self.links.get(state, 0))
        for name in Field:
            yield Tally(Counted.DRIFT, (name,), 1, self.drift.get(name, 0))


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a run leaves beside its row: requests by system, errors by system and category.

    `site` is None where it did not look at all of its scope.
    """

    requests: Mapping[Side, int] = field(default_factory=dict)
    errors: Mapping[tuple[str, str], int] = field(default_factory=dict)
    site: SiteState | None = None

    def tallies(self) -> Iterator[Tally]:
        """All of it that is counted; requests of none are told as well."""
        for system, count in self.requests.items():
            yield Tally(Counted.REQUESTS, (system,), count)
        for labels, count in self.errors.items():
            yield Tally(Counted.ERRORS, labels, count)
        if self.site is not None:
            yield from self.site.tallies()


NOTHING = Leaving()


def state_of(report: Report) -> SiteState | None:
    """What the report of a run that looked at all of its scope comes to; None for another's."""
    if not report.whole:
        return None
    by_link: dict[int, list[Item]] = {}
    for item in report.items:
        if item.reason not in _NO_DRIFT:
            by_link.setdefault(item.subject.incident, []).append(item)
    settled = sum(all(map(_done, items)) for items in by_link.values())
    summary = report.summary
    counts = (
        *(summary.in_sync + settled, summary.drifted - settled),
        *(summary.unlinked, summary.not_visible, summary.downgraded),
    )
    left = Counter(i.field for i in report.items if i.field is not None and not _done(i))
    held = report.still_held
    return SiteState(
        dict(zip(LINK_STATES, counts, strict=True)),
        {name: left[name] for name in Field},
        frozenset(HoldKey(one.subject.incident, one.field, one.reason) for one in held),
        complete=not report.unread,
    )


def _done(item: Item) -> bool:
    return isinstance(item, Change) and item.result is not None and item.result.outcome in DONE
