"""The `resolve` run: carry out at once what a person decides about one held field."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Field, Side, SyncDirection, plain
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Change, Item
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.waiting import Waiting
from raidctl.core.writes.log import Skip
from raidctl.errors import RaidctlError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.held import Held, Seen
from raidctl.runs.writing.apply import apply


@dataclass(frozen=True, slots=True)
class Options:
    """What can be decided about one field: by side what taking its value would do, or why not.

    `release` says that the next run can be let decide anew.
    """

    waiting: Waiting
    taking: dict[Side, Item]
    release: bool

    @property
    def sides(self) -> list[Side]:
        """The sides whose value can be taken."""
        return [side for side, item in self.taking.items() if isinstance(item, Change)]


def options(held: Held, policy: Policy, now: datetime) -> list[Options]:
    """What can be decided here, field by field; holds of whole links cannot."""
    found = []
    for one in held.waiting:
        name, seen = one.item.field, held.seen.get(one.item.subject.incident)
        if name is None or seen is None:
            continue
        taking = {
            side: item
            for side in Side
            if (item := taken(seen, name, side, policy, now)) is not None
        }
        option = Options(one, taking, release=one.marked)
        if option.sides or option.release:
            found.append(option)
    return found


def taken(seen: Seen, name: Field, side: Side, policy: Policy, now: datetime) -> Item | None:
    """The verdict on a field, were one side's value taken; None where both agree already.

    A person goes over whatever only waits for one; what lies in the value itself still holds it.
    Where the other side holds the value already, taking it is what makes the two agree.
    """
    compared, mapping = seen
    ours = SyncDirection.IMPACT_TO_JIRA if side is Side.IMPACT else SyncDirection.JIRA_TO_IMPACT
    rules = replace(policy, direction=ours, grace=timedelta(0))
    fields = [found for found in compared.fields if found.field is name]
    alone = replace(compared, fields=fields, memory=_free(compared.memory, name))
    for item in plan_link(alone, mapping, rules, now):
        return replace(item, reason=Reason.RESOLVED) if isinstance(item, Change) else item
    return None


def take(
    systems: WritableSystems,
    context: RunContext,
    item: Item,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Item, RaidctlError | None]:
    """Write one decided field, by all the steps of `apply`; what ended that early, if anything."""
    (done,), ended = apply(systems, context, [item], progress)
    return done, ended


def skip(systems: WritableSystems, context: RunContext, item: Item) -> bool:
    """Leave a field as it is, and remember that for this pair of values; whether that can be."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    pair = map(plain, item.pair)
    left = Skip(subject.incident, subject.issue_id, item.field, *pair)
    systems.journal.skip(left, context.clock())
    return True


def release(systems: WritableSystems, context: RunContext, item: Item) -> bool:
    """Let the next run decide as if nobody had; whether anything stood in its way."""
    subject = item.subject
    if item.field is None or subject.issue_id is None:
        return False
    return systems.journal.release(subject.incident, subject.issue_id, item.field, context.clock())


def _free(memory: Memory, name: Field) -> Memory:
    """What is remembered, but for what only a person could go over."""
    baselines = {
        key: baseline
        for key, baseline in memory.baselines.items()
        if key is not name or baseline.state is not BaselineState.UNDONE
    }
    return replace(
        memory, baselines=baselines, cooling=frozenset(), flapping=frozenset(), refusals={}
    )
