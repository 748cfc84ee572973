"""What can be decided about held fields, who decides it, and what deciding it would do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Field, Pair, Readable, Side, SyncDirection
from raidctl.core.plan.authorship import Accounts, By
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Change, Item, Key
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.waiting import Waiting
from raidctl.core.writes.log import Write
from raidctl.runs.reading.held import Held, Seen


@dataclass(frozen=True, slots=True)
class Options:
    """What can be decided about one field: by side what taking its value would do, or why not.

    `release` says that the next run can be let decide anew; `movers` whose each side's last change
    was, where one is told, and `later` which of both came later, where that can be told. `barred`
    tells of a side why taking its value is known to fail, whatever the plan says.
    """

    waiting: Waiting
    taking: dict[Side, Item]
    release: bool
    movers: Mapping[Side, By]
    later: Side | None
    barred: Mapping[Side, str] = field(default_factory=dict)

    @property
    def sides(self) -> list[Side]:
        """The sides whose value can be taken."""
        return [side for side, item in self.taking.items() if self._can(side, item)]

    def _can(self, side: Side, item: Item) -> bool:
        return isinstance(item, Change) and side not in self.barred

    def without(self, failing: Mapping[Key, str]) -> "Options":
        """The same, where some writes are known to fail, and why."""
        barred = {
            side: failing[item.key]
            for side, item in self.taking.items()
            if isinstance(item, Change) and item.key in failing
        }
        return replace(self, barred=barred)

    @property
    def refused(self) -> Side | None:
        """The side whose value was taken before, and not by the other."""
        return next(
            (side for side in self.sides if _refusal(self.taking[side], self.waiting)), None
        )

    @property
    def texts(self) -> Pair[Readable]:
        """Both values, Impact's as JIRA would hold it: what only one side keeps differs not."""
        item = self.taking.get(Side.IMPACT)
        pair = self.waiting.item.pair
        return pair._replace(impact=item.to) if isinstance(item, Change) else pair


class Note(StrEnum):
    """What can be decided beside taking a side's value or leaving it."""

    RELEASE = "release"
    UNSKIP = "unskip"


@dataclass(frozen=True, slots=True)
class Skipping:
    """That a field is left as it is: until either value changes, or `until`; `why` it is."""

    until: datetime | None = None
    why: str | None = None


Decision = Side | Note | Skipping


class Decider(Protocol):
    """Somebody who decides one thing after the other, and is told what became of each."""

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Sequence[Options], Decision]]:
        """What is decided, and of which fields; each is done before the next is asked for."""
        ...

    def told(self, decision: Decision, items: Sequence[Item]) -> None:
        """A decision was carried out; `items` have their results."""
        ...

    def begins(self, run: str, held: Sequence[Item], choices: int, beside: str) -> None:
        """All that is held, how much of it is to be decided here, and what the rest is."""
        ...

    def closing(self, run: str) -> str:
        """The lines that sum it up: what was done so far, and how much is not decided."""
        ...

    def closes(self, closing: str) -> None:
        """The run is over."""
        ...


def options(found: Held, policy: Policy, now: datetime) -> list[Options]:
    """What can be decided here, field by field; holds of whole links cannot."""
    made = []
    for one in found.waiting:
        name, seen = one.item.field, found.seen.get(one.item.subject.incident)
        if name is None or seen is None or one.passing:
            continue
        taking = {
            side: _with_refusal(item, one)
            for side in Side
            if (item := taken(seen, name, side, policy, now)) is not None
        }
        movers = _movers(one, seen, policy)
        option = Options(one, taking, one.marked, movers, _later(one, policy.clock_skew))
        if option.sides or option.release:
            made.append(option)
    return made


def _with_refusal(item: Item, one: Waiting) -> Item:
    """What taking a side's value would do, told of the last time, where that came to nothing."""
    if (write := _refusal(item, one)) is None:
        return item
    why = f": {write.detail}" if write.detail else ""
    said = f"it was refused at {write.at:%Y-%m-%d %H:%M} UTC{why}"
    return replace(item, detail="; ".join(filter(None, [said, item.detail])))


def _refusal(item: Item, one: Waiting) -> Write | None:
    """The last write of a field, where it was this very one and was not taken."""
    write = one.refused
    if write is None or not isinstance(item, Change):
        return None
    return write if (write.direction, write.new) == (item.direction, item.to) else None


def _movers(one: Waiting, seen: Seen, policy: Policy) -> dict[Side, By]:
    """Whose each side's last change of a field was."""
    compared, mapping = seen
    accounts = Accounts(policy.service_account, policy.clock_skew)
    return {
        side: accounts.whose(
            edit,
            side,
            mapping.relations[edit.field],
            one.item.pair.of(side),
            compared.history,
        )
        for side, edit in one.edits.items()
    }


def _later(one: Waiting, skew: timedelta) -> Side | None:
    """The side that changed last; None where one told nothing, or too close to be told apart."""
    times = [edit.known_at if (edit := one.edits.get(side)) else None for side in Side]
    impact, jira = times
    if impact is None or jira is None or abs(impact - jira) <= skew:
        return None
    return Side.IMPACT if impact > jira else Side.JIRA


def taken(seen: Seen, name: Field, side: Side, policy: Policy, now: datetime) -> Item | None:
    """The verdict on a field, were one side's value taken; None where both agree already.

    A person goes over whatever only waits for one; what lies in the value itself still holds it.
    Where the other side holds the value already, taking it is what makes the two agree.
    """
    compared, mapping = seen
    ours = SyncDirection.IMPACT_TO_JIRA if side is Side.IMPACT else SyncDirection.JIRA_TO_IMPACT
    rules = replace(policy, direction=ours, grace=timedelta(0), service_account="")
    fields = [found for found in compared.fields if found.field is name]
    history = replace(compared.history, account=None)  # whoever left it there: a person decides
    memory = _free(compared.memory, name)
    alone = replace(compared, fields=fields, memory=memory, history=history)
    for item in plan_link(alone, mapping, rules, now):
        if item.field is not name:
            continue
        return replace(item, reason=Reason.RESOLVED) if isinstance(item, Change) else item
    return None


def _free(memory: Memory, name: Field) -> Memory:
    """What is remembered, but for what only a person could go over."""
    baselines = {
        key: baseline
        for key, baseline in memory.baselines.items()
        if key is not name or baseline.state is not BaselineState.UNDONE
    }
    return replace(memory, baselines=baselines, guards={}, flapping=frozenset(), refusals={})
