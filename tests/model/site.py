"""What a site is like, drawn once an example, and the values that people write there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import PRESETS, folded
from raidctl.core.model import Field, SyncDirection, Value
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter, Policy
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.jira.workflows import Status, Transition, Workflow
from raidctl.sandbox.stage import WORKFLOW
from tests.core.strategies import MARKERS
from tests.simulators.jira.workflows import FIREFIGHTER

BOT = Person("bot", "raidctl", "raidctl@example.test")
SERVICE = Person("acc-ff", "FireFighter", "firefighter@example.test")
ROBOT = Person("acc-robot", "Automation for Jira", "robot@example.test")
ADA = Person("acc-ada", "Ada Lovelace", "ada@example.test")  # known to FireFighter's own table
GRACE = Person("acc-grace", "Grace Hopper", "grace@example.test")  # found by her e-mail
EVE = Person("acc-eve", "Eve Hidden", "eve@example.test", email_hidden=True)
MALLORY = Person("acc-mallory", "Mallory", "mallory@example.test")  # unknown to Impact
FORMER = "linus.gone@example.test"  # in Impact alone
PEOPLE = (BOT, SERVICE, ROBOT, ADA, GRACE, EVE, MALLORY)
NUMBERS = (1, 2)

TAIL = "\n\n🧯 This incident has been created for a critical incident.\n📦 Category: Orders"
_CODE_REVIEW = Status("10105", "Code Review", "indeterminate")
WORKFLOWS: Mapping[str, Workflow] = {
    "raid": WORKFLOW,
    "firefighter": replace(
        FIREFIGHTER,
        statuses=(*FIREFIGHTER.statuses, _CODE_REVIEW),
        transitions=(
            *FIREFIGHTER.transitions,
            Transition("61", "Ask for code review", ("in progress",), "Code Review"),
            Transition("62", "Back to work", ("Code Review",), "in progress"),
        ),
    ),
}

Preset = Literal["raid", "firefighter"]
Identity = Literal["unknown", "another", "the same"]


@dataclass(frozen=True, slots=True)
class Site:
    """Both systems and raidctl's configuration, for one example.

    `identity` is how raidctl's account relates to FireFighter's own one, by what it is told.
    `skew` is how far JIRA's clock is ahead, `echo_delay` how late JIRA's events arrive,
    `automation` whether JIRA takes back what raidctl writes of a priority; all in seconds.
    `archived` is the number of an issue that nobody may write, `off_screen` a field that JIRA does
    not take, `detour` a workflow whose Resolved is reached by a status that has to be explored.
    `assigns` says that each transition assigns the issue to who takes it, `halfway` that
    FireFighter's own pushes come late, and of a status stop at the first hop.
    """

    deployment: Literal["cloud", "datacenter"] = "cloud"
    preset: Preset = "raid"
    identity: Identity = "unknown"
    skew: int = 0
    index_lag: int = 0
    echo_delay: int = 0
    automation: int = 0
    grace: int = 60
    direction: SyncDirection | None = None
    choice: Choice = Choice.HOLD
    allow_close: bool = False
    events: ImpactWriter = ImpactWriter.WEBHOOK
    texts: ImpactWriter = ImpactWriter.DATABASE
    fills_resolution: bool = True
    concurrency: int = 1
    archived: int = 0
    off_screen: Field | None = None
    detour: bool = False
    assigns: bool = False
    halfway: bool = False

    @property
    def workflow(self) -> Workflow:
        """JIRA's workflow."""
        flow = WORKFLOWS[self.preset]
        if not self.detour or self.preset != "raid":
            return flow
        ways = (
            replace(way, sources=("In Review",)) if way.target == "Resolved" else way
            for way in flow.transitions
        )
        return replace(flow, transitions=tuple(ways))

    @property
    def me(self) -> Person:
        """Whom raidctl writes as."""
        return SERVICE if self.identity == "the same" else BOT

    @property
    def service_account(self) -> str:
        """FireFighter's account, as far as raidctl is told."""
        return "" if self.identity == "unknown" else SERVICE.account

    @property
    def jira_fields(self) -> Mapping[Field, str]:
        """JIRA's ids of the fields."""
        priority = "priority" if self.preset == "raid" else "customfield_11064"
        ids = ("summary", "description", priority, "status", "assignee")
        return dict(zip(Field, ids, strict=True))

    @property
    def writers(self) -> dict[Field, ImpactWriter]:
        """What writes each field of an incident."""
        return {
            name: self.events if name in (Field.STATUS, Field.PRIORITY) else self.texts
            for name in Field
        }

    @property
    def transition_fields(self) -> Mapping[str, Mapping[str, object]]:
        """What transitions fill in."""
        return {folded("Closed"): {"resolution": {"name": "Done"}}} if self.fills_resolution else {}

    def book(self, users: Users) -> MappingBook:
        """The mapping in force."""
        return MappingBook(project_mapping(PRESETS[self.preset], MARKERS, users))

    def policy(self, direction: SyncDirection | None = None) -> Policy:
        """The rules of a run."""
        return Policy(
            fields=dict.fromkeys(Field, FieldPolicy(self.choice, self.choice)),
            direction=direction,
            impact_writers=self.writers,
            allow_close=self.allow_close,
            echoes=self.identity == "another",
            service_account=self.service_account,
            grace=timedelta(seconds=self.grace),
        )


@dataclass(frozen=True, slots=True)
class Pools:
    """What people write into one side."""

    values: Mapping[Field, Sequence[Value]] = field(default_factory=dict)

    def value(self, name: Field, number: int) -> Value:
        """One of them, whatever the number."""
        values = self.values[name]
        return values[number % len(values)]


_TITLES = ("Checkout is down", "Search is slow", "Stock is wrong")
_TEXTS = ("Plain words.", "- one\n- two", "Ends in blanks  \n\n")
_STATUSES = ("MITIGATED", "INVESTIGATING", "OPEN", "MITIGATING", "CLOSED", "POST_MORTEM")
IN_IMPACT = Pools(
    {
        Field.TITLE: (*_TITLES, "Orders  late ", *_TITLES, "T" * 128, ""),
        Field.DESCRIPTION: (*_TEXTS, "- one\n- two", f"A{TAIL}", *_TEXTS, ""),
        Field.PRIORITY: (1, 2, 4, 5, 3, 20),
        Field.STATUS: _STATUSES,
        Field.COMMANDER: (ADA.email, GRACE.email, None, FORMER),
    }
)


def in_jira(preset: Preset) -> Pools:
    """JIRA's values depend on its workflow."""
    raid = preset == "raid"
    names = ("Highest", "High", "Low", "Lowest", "Medium") if raid else ("1", "2", "4", "5", "3")
    return Pools(
        {
            Field.TITLE: ("Checkout is down!", "Orders: nothing leaves", *_TITLES, "S" * 140),
            Field.DESCRIPTION: ("* one\n* two", "Other words.", f"Words.{TAIL}", *_TEXTS, None),
            Field.PRIORITY: (*names, None) if raid else (*names, "-"),
            Field.STATUS: tuple(status.name for status in WORKFLOWS[preset].statuses),
            Field.COMMANDER: (ADA.account, GRACE.account, None, EVE.account, MALLORY.account),
        }
    )
