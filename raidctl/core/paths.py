"""Transition paths: how an issue gets from one status to another, hop by hop."""

import json
import re
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from raidctl.core.mapping.named import StatusRelation
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field, IncidentStatus


@dataclass(frozen=True, slots=True)
class ScreenField:
    """A field that a transition asks for."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A way out of a status, as JIRA offers it.

    Its name differs from the status `to` that it leads to; `category` is that status's: new,
    indeterminate or done. `required` are the fields without which JIRA refuses it, `screen` the
    ids of all that it takes; None where that is not told.
    """

    id: str
    name: str
    to: str
    category: str
    required: tuple[ScreenField, ...] = ()
    screen: tuple[str, ...] | None = field(default=None, compare=False)  # of the live one alone


@dataclass(frozen=True, slots=True)
class Goal:
    """The wanted `status`, as JIRA spells it, and what binds the way to it.

    `fields` are the configured transition fields by folded status, then JIRA's field id.
    `closing` is the status that closes an issue: never passed through on the way to another.
    `ranks` tells of a folded status how far an incident in it is, as an `IncidentStatus` number;
    a status that no table knows is absent.
    """

    status: str
    fields: Mapping[str, Mapping[str, object]]
    closing: str | None
    ranks: Mapping[str, int]


def goal_of(
    status: StatusRelation, wanted: str, fields: Mapping[str, Mapping[str, object]]
) -> Goal:
    """A JIRA status as a goal, by the tables in force and the configured transition fields."""
    ranks = {
        name: IncidentStatus[impact].value
        for name, impact in status.impact_names.items()
        if impact in IncidentStatus.__members__
    }
    return Goal(wanted, fields, status.jira_names.get(IncidentStatus.CLOSED.name), ranks)


@dataclass(frozen=True, slots=True)
class Route:
    """The hops to take from here; `certain` says that by what is known they reach the goal."""

    hops: tuple[Transition, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class DeadEnd:
    """Why there is no way, in words for the user; `missing` are fields to be configured."""

    why: str
    missing: tuple[ScreenField, ...] = ()


def route(
    current: str,
    goal: Goal,
    ways: Mapping[str, Sequence[Transition]],
    statuses: Callable[[], Collection[str] | None],
    left: frozenset[str] = frozenset(),
) -> Route | DeadEnd:
    """The way from the status `current` to the goal, by what is known now.

    `ways` are those out of each status, by its folded name: a status that is no key is unknown
    territory. `statuses`, those such issues can have, are asked for only where no way is sure; None
    where JIRA does not tell. After each hop the caller asks again, with what it has learnt there
    and with `left`, the folded statuses already left in this write: a guess enters none again.
    """
    search = _Search(folded(current), goal, ways)
    sure = search.walks(search.ready).get(search.target)
    if sure is not None:
        return Route(sure, certain=True)
    lacking = search.walks(search.allowed).get(search.target)
    if lacking is not None:
        return search.unfilled(lacking)
    names = statuses()
    if names is not None and search.target not in map(folded, names):
        return DeadEnd(
            f"JIRA's workflow for such issues has no status '{goal.status}'; "
            "correct [mapping.status_to_jira]"
        )
    guess = search.guess(left)
    return DeadEnd(search.stuck(current)) if guess is None else Route(guess, certain=False)


def unexplored(current: str, goal: Goal, ways: Mapping[str, Sequence[Transition]]) -> Sequence[str]:
    """The folded statuses on the way to the goal of which no way out is known, nearest first."""
    search = _Search(folded(current), goal, ways)
    reached = search.walks(search.allowed)
    return [status for status in reached if status not in ways and status != search.target]


def leads_to(current: str, goal: Goal, ways: Mapping[str, Sequence[Transition]]) -> bool | None:
    """Whether a way leads to the goal; None where it may, through what is not known yet."""
    search = _Search(folded(current), goal, ways)
    reached = search.walks(search.allowed)
    if search.target in reached:
        return True
    return False if all(status in ways for status in reached) else None


def unfilled(
    current: str, goal: Goal, ways: Mapping[str, Sequence[Transition]]
) -> Sequence[tuple[Transition, tuple[ScreenField, ...]]]:
    """The transitions that keep an issue from the goal, each with the fields that it lacks.

    Nothing where there is a way without them, and where none at all is known.
    """
    search = _Search(folded(current), goal, ways)
    if search.target in search.walks(search.ready):
        return ()
    return search.lacking(search.walks(search.allowed).get(search.target, ()))


class _Search:
    """One question: `start` and `target` are folded names."""

    def __init__(self, start: str, goal: Goal, ways: Mapping[str, Sequence[Transition]]) -> None:
        self.start = start
        self.target = folded(goal.status)
        self.goal = goal
        self.ways = ways
        known = (way for leaving in ways.values() for way in leaving)
        self.done = {folded(way.to) for way in known if way.category == "done"}
        if self.target == folded(goal.closing or ""):
            self.done.add(self.target)  # what closes an issue is done, seen or not

    def walks(self, enter: Callable[[Transition], bool]) -> dict[str, tuple[Transition, ...]]:
        """The shortest walk to each status that ways which `enter` accepts lead to."""
        walks: dict[str, tuple[Transition, ...]] = {self.start: ()}
        queue = deque(walks)
        while queue:
            status = queue.popleft()
            for way in sorted(self.ways.get(status, ()), key=self._preference):
                if folded(way.to) not in walks and enter(way):
                    walks[folded(way.to)] = (*walks[status], way)
                    queue.append(folded(way.to))
        return walks

    def allowed(self, way: Transition) -> bool:
        """Whether the issue may be in the status that `way` leads to, if only in passing."""
        to = folded(way.to)
        passable = to not in self.done or self.target in self.done
        return to == self.target or (passable and to != folded(self.goal.closing or ""))

    def ready(self, way: Transition) -> bool:
        """Whether `way` is allowed, and every field it requires configured."""
        return self.allowed(way) and not self._missing(way)

    def guess(self, left: frozenset[str]) -> tuple[Transition, ...] | None:
        """The walk to the unknown status that leads on; None where none does by all likelihood.

        That is one which lies between here and the goal, or the only one there is: among
        several others an issue would be sent from one to the next.
        """
        walks = self.walks(lambda way: self.ready(way) and folded(way.to) not in left)
        fit = [status for status in walks if self._fit(status)]
        between = [status for status in fit if self._between(status)]
        others = [status for status in fit if status not in self.done] or fit
        if between:
            return walks[min(between, key=lambda status: self._distance(status, walks[status]))]
        return walks[others[0]] if len(others) == 1 else None

    def lacking(
        self, hops: Sequence[Transition]
    ) -> list[tuple[Transition, tuple[ScreenField, ...]]]:
        """Those of these hops that require fields which are not configured, each with these."""
        return [(hop, missing) for hop in hops if (missing := self._missing(hop))]

    def unfilled(self, hops: Sequence[Transition]) -> DeadEnd:
        """What is to be configured before `hops` can be taken."""
        lacking = self.lacking(hops)
        why = "; ".join(
            f"transition '{hop.name}' to '{hop.to}' requires {_named(missing)}: "
            f"fill in [jira.transition_fields.{toml_key(hop.to)}]"
            for hop, missing in lacking
        )
        fields = dict.fromkeys(field for _, missing in lacking for field in missing)
        return DeadEnd(why, tuple(fields))

    def stuck(self, current: str) -> str:
        """That no way is known, and what JIRA offers instead."""
        offers = self.ways.get(self.start)
        if offers is not None and not offers:
            return (
                f"JIRA offers no transition from '{current}': "
                "this user may lack the permission to transition issues"
            )
        listed = ", ".join(map(self._offer, sorted(offers or (), key=self._preference)))
        seen = f"JIRA offers from here: {listed}" if listed else "what JIRA offers here is unknown"
        return f"no way is known from '{current}' to '{self.goal.status}'; {seen}"

    def _missing(self, way: Transition) -> tuple[ScreenField, ...]:
        filled = self.goal.fields.get(folded(way.to), {})
        return tuple(field for field in way.required if field.id not in filled)

    def _preference(self, way: Transition) -> tuple[object, ...]:
        number = int(way.id) if way.id.isdecimal() else inf
        return (bool(self._missing(way)), number, way.id, folded(way.to), way.name)

    def _fit(self, status: str) -> bool:
        rank, aim = self.goal.ranks.get(status), self.goal.ranks.get(self.target, -1)
        known = status in self.ways or status == self.start
        return not known and rank is not None and (status not in self.done or rank <= aim)

    def _between(self, status: str) -> bool:
        ranks, rank = self.goal.ranks, self.goal.ranks[status]
        near, far = sorted(ranks.get(end, rank) for end in (self.start, self.target))
        return near < rank < far

    def _distance(self, status: str, hops: Sequence[Transition]) -> tuple[int, int, str]:
        """How far from the goal, how far from here."""
        aim = self.goal.ranks[self.target]
        return abs(self.goal.ranks[status] - aim), len(hops), status

    def _offer(self, way: Transition) -> str:
        missing = self._missing(way)
        return f"'{way.to}' ('{way.name}'{f', requires {_named(missing)}' if missing else ''})"


def fields_refused(hop: Transition, said: Mapping[str, str]) -> str:
    """Why JIRA refused a transition for the sake of fields, by its words for each, and the mend.

    What its screen lacks cannot be given with it (`screen`).
    """
    words = "; ".join(f"{name}: {why}" for name, why in said.items())
    known = None if hop.screen is None else {*hop.screen, *Field}  # ours go by other names
    lacks = [name for name in said if known is not None and name not in known]
    mend = f"correct [jira.transition_fields.{toml_key(hop.to)}]"
    if lacks:
        mend = f"its screen does not take {', '.join(lacks)}: add that in JIRA's workflow"
    return f"transition '{hop.name}' to '{hop.to}', of which JIRA says {words}; {mend}"


def _named(fields: Sequence[ScreenField]) -> str:
    return ", ".join(f"'{field.name}' ({field.id})" for field in fields)


def toml_key(name: str) -> str:
    """A name as a key of TOML, in quotes where it needs them."""
    bare = re.fullmatch("[A-Za-z0-9_-]+", name)  # all that TOML takes without quotes
    return name if bare else json.dumps(name, ensure_ascii=False)
