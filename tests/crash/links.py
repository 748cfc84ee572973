"""The links of the scenarios: what both sides held when they agreed, hold at first and are due."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from raidctl.core.model import Field, Side, Value
from raidctl.sandbox.jira.state import Person
from tests.cli.world import ADA, GRACE

Values = Mapping[Field, Value]
Both = Mapping[Side, Values]
IMPACT, JIRA = Side.IMPACT, Side.JIRA


@dataclass(frozen=True, slots=True)
class Linked:
    """A link: both sides when they agreed, when a case begins, and when it is over.

    `hops` are the statuses that its issue then goes through, `people` those who changed it before
    the case began, `undone` what is held at its end. Of one that is not `remembered` no journal
    knows that it agreed.
    """

    number: int
    agreed: Both
    begun: Both
    due: Both
    hops: tuple[str, ...] = ()
    people: Mapping[Field, Person] = field(default_factory=dict)
    undone: frozenset[Field] = frozenset()
    remembered: bool = True

    @property
    def issue(self) -> int:
        """The number of its issue."""
        return 10_000 + self.number

    def moves(self, side: Side) -> Values:
        """What is to be written to a side."""
        begun = self.begun[side]
        return {name: value for name, value in self.due[side].items() if value != begun[name]}


# A change made on one side, and what the other is then due.
_IN_IMPACT: Mapping[Field, tuple[Value, Value]] = {
    Field.TITLE: ("Nobody can pay", "Nobody can pay"),
    # JIRA's markup parser gives it back in its own form.
    Field.DESCRIPTION: ("Since noon\n- cards fail", "Since noon\n* cards fail"),
    Field.PRIORITY: (1, "Highest"),
    Field.STATUS: ("MITIGATED", "Resolved"),
    Field.COMMANDER: (GRACE.email, GRACE.account),
}
_IN_JIRA: Mapping[Field, tuple[Value, Value]] = {
    name: (there, here) for name, (here, there) in _IN_IMPACT.items()
} | {Field.DESCRIPTION: ("Since noon\n* cards fail", "Since noon\n* cards fail")}


def agreed(number: int, impact: str = "MITIGATING", jira: str = "In Progress") -> Both:
    """Both sides of a link when nobody has changed anything."""
    text: dict[Field, Any] = {
        Field.TITLE: f"Incident {number}",
        Field.DESCRIPTION: f"What happened in {number}",
    }
    return {
        IMPACT: {
            **text,
            Field.PRIORITY: 3,
            Field.STATUS: impact,
            Field.COMMANDER: ADA.email,
        },
        JIRA: {
            **text,
            Field.PRIORITY: "Medium",
            Field.STATUS: jira,
            Field.COMMANDER: ADA.account,
        },
    }


def drifted(
    number: int,
    *in_impact: Field,
    in_jira: Mapping[Field, Person] | None = None,
    before: tuple[str, str] = ("MITIGATING", "In Progress"),
    hops: tuple[str, ...] = (),
) -> Linked:
    """A link of which Impact changed some fields, and people in JIRA others."""
    people = in_jira or {}
    then = agreed(number, *before)
    here = {name: _IN_IMPACT[name] for name in in_impact}
    there = {name: _IN_JIRA[name] for name in people}
    begun = {
        IMPACT: {**then[IMPACT], **{name: values[0] for name, values in here.items()}},
        JIRA: {**then[JIRA], **{name: values[0] for name, values in there.items()}},
    }
    due = {
        IMPACT: {**begun[IMPACT], **{name: values[1] for name, values in there.items()}},
        JIRA: {**begun[JIRA], **{name: values[1] for name, values in here.items()}},
    }
    return Linked(number, then, begun, due, hops, people)


def taken_back(link: Linked, *hops: str) -> Linked:
    """The link once it was reconciled, when that is taken back."""
    undone = frozenset(name for side in Side for name in link.moves(side))
    return replace(link, begun=link.due, due=link.begun, hops=hops, undone=undone)


def _moved(number: int, *fields: Field) -> Linked:
    """Changed in Impact; its issue gets there by two transitions."""
    hops = ("In Progress", "Resolved")
    return drifted(number, *fields, before=("OPEN", "Open"), hops=hops)


_TOGETHER = agreed(3)
NEWS = Linked(3, _TOGETHER, _TOGETHER, _TOGETHER, remembered=False)
USUAL = (_moved(1, *Field), drifted(2, Field.TITLE), NEWS)
SMALL = (_moved(1, Field.TITLE, Field.STATUS), drifted(2, Field.TITLE))
MANY = tuple(_moved(number, *Field) for number in range(1, 6))

# Two people, so two events; then one of two changes.
PULLED = (
    drifted(1, in_jira=dict.fromkeys(Field, GRACE) | {Field.STATUS: ADA}),
    drifted(2, in_jira=dict.fromkeys((Field.TITLE, Field.PRIORITY, Field.STATUS), GRACE)),
)
BOTH_WAYS = (
    drifted(
        1,
        *(Field.TITLE, Field.STATUS),
        in_jira=dict.fromkeys((Field.DESCRIPTION, Field.PRIORITY, Field.COMMANDER), GRACE),
        before=("OPEN", "Open"),
        hops=("In Progress", "Resolved"),
    ),
)
PUSHED = drifted(1, Field.TITLE, Field.STATUS, hops=("Resolved",))
TEXTS = tuple(
    drifted(number, in_jira=dict.fromkeys((Field.TITLE, Field.DESCRIPTION, Field.COMMANDER), GRACE))
    for number in range(1, 6)
)
