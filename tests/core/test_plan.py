"""The plan: the table of who moves, every hold and its rank, and the name of a plan."""

import dataclasses
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.drift import compare
from raidctl.core.history import Revision
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.tables import RAID, Tables, extended
from raidctl.core.memory import Baseline, BaselineState, Memory, Refusal
from raidctl.core.model import UNREADABLE, Field, Link, Pair, Readable, Side, SyncDirection, Value
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import drifted, plan_link
from raidctl.core.plan.holds import HOLDS
from raidctl.core.plan.item import (
    INCIDENT,
    Change,
    Hold,
    Item,
    Verdict,
    changes,
    link_hold,
    subject_of,
)
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter, Policy
from raidctl.core.reasons import Reason
from tests.core.strategies import (
    BLOCK,
    EVERY_WRITER,
    IN_SYNC,
    NOW,
    STATUSES,
    World,
    agreed,
    baseline_states,
    link_with,
    mapping_of,
    policies,
    told,
    values_of,
    worlds,
)

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
WRITER = {TO_JIRA: Verdict.WRITE_JIRA, TO_IMPACT: Verdict.WRITE_IMPACT}
FREE = Policy(impact_writers=EVERY_WRITER)
MAPPING = mapping_of()
SKEW = FREE.clock_skew
Known = tuple[Value, Value]
Edits = Mapping[tuple[Side, Field], Revision]


def ago(**span: float) -> Revision:
    return Revision(Field.TITLE, NOW - timedelta(**span))


def resolving(conflict: Choice, first_sight: Choice = Choice.HOLD) -> Policy:
    return replace(FREE, fields=dict.fromkeys(Field, FieldPolicy(conflict, first_sight)))


@dataclass(frozen=True, slots=True)
class Case:
    """One field with all that decides it, and the verdict: (direction, reason, to) or None."""

    name: str
    field: Field
    impact: Readable
    jira: Readable
    expected: tuple[SyncDirection | None, Reason, Value] | None
    baseline: Known | Baseline | None = None
    policy: Policy = FREE
    mapping: ProjectMapping = MAPPING
    edits: Edits = dataclasses.field(default_factory=dict)
    cooling: frozenset[tuple[SyncDirection, Field]] = frozenset()
    flapping: frozenset[Field] = frozenset()
    refusal: Refusal | None = None
    hold: tuple[Reason, str] | None = None
    private: bool = False

    def items(self) -> list[Item]:
        """The items of a link with this one field, of which `drifted` knows without making them."""
        link = link_with(self.field, self.impact, self.jira)
        if self.private:
            link = replace(link, incident=replace(link.incident, private=True))
        compared = compare(link, self.mapping, [self.field])
        known = self.baseline
        if isinstance(known, tuple):
            known = agreed(self.mapping, self.field, *known)
        memory = Memory(
            {} if known is None else {self.field: known},
            dict.fromkeys(self.cooling, NOW),
            self.flapping,
            {} if self.refusal is None else {self.field: self.refusal},
        )
        holds = dict([self.hold] if self.hold else [])
        seen = ComparedLink(link, compared, memory, holds, told(self.edits))
        items = plan_link(seen, self.mapping, self.policy, NOW)
        assert drifted(seen, self.mapping, self.policy, NOW) == {item.field for item in items}
        return items

    def item(self) -> Item | None:
        """The one item, None where the field is in sync."""
        items = self.items()
        assert len(items) <= 1
        return items[0] if items else None


def status(name: str, impact: Readable, jira: Readable, *rest: Any, **more: Any) -> Case:
    return Case(name, Field.STATUS, impact, jira, *rest, **more)


def title(name: str, impact: Readable, jira: Readable, *rest: Any, **more: Any) -> Case:
    return Case(name, Field.TITLE, impact, jira, *rest, **more)


AGREED = ("MITIGATING", "In Progress")
UNFINISHED = Baseline(
    "MITIGATED", "In Review", MAPPING.fingerprints[Field.STATUS], BaselineState.UNFINISHED, TO_JIRA
)
UNDONE = Baseline("a", "b", MAPPING.fingerprints[Field.TITLE], BaselineState.UNDONE)
IGNORED = Refusal("MITIGATING", "Resolved", "MITIGATED")
OLD_TABLES = Baseline("a", "b", "other tables")
ANSWERED = replace(FREE, echoes=True)
SERVED = replace(FREE, service_account="acc-fire")
OFF = replace(FREE, impact_writers={})
PREFERS_JIRA = replace(FREE, prefer=Side.JIRA)
WEBHOOK = replace(FREE, impact_writers=dict.fromkeys(Field, ImpactWriter.WEBHOOK))

# The table of DESIGN §3, line by line.
TABLE = [
    # no baseline
    status("first sight, related", "MITIGATING", "In Review", None),
    status("first sight, not related", "MITIGATED", "Open", (None, Reason.UNDECIDED, None)),
    # Impact changed
    status("Impact, and JIRA is its image", "INVESTIGATING", "In Progress", None, AGREED),
    status(
        "Impact", "MITIGATED", "In Progress", (TO_JIRA, Reason.IMPACT_CHANGED, "Resolved"), AGREED
    ),
    status(
        "Impact, related the other way only",
        *("INVESTIGATING", "Open", (TO_JIRA, Reason.IMPACT_CHANGED, "In Progress")),
        ("OPEN", "Open"),
    ),
    # JIRA changed
    status("JIRA, and Impact is its image", "MITIGATING", "Blocked", None, AGREED),
    status("JIRA", "MITIGATING", "Done", (TO_IMPACT, Reason.JIRA_CHANGED, "MITIGATED"), AGREED),
    status(
        "JIRA, related the other way only",
        *("OPEN", "Open", (TO_IMPACT, Reason.JIRA_CHANGED, "INVESTIGATING")),
        ("OPEN", "To Do"),
    ),
    # both changed
    status("both, related", "MITIGATED", "Done", None, AGREED),
    status(
        "both, of Impact the image too",
        *("MITIGATED", "Waiting", (TO_JIRA, Reason.IMPACT_CHANGED, "Resolved")),
        AGREED,
    ),
    status(
        "both, of JIRA the image too",
        *("INVESTIGATING", "Done", (TO_IMPACT, Reason.JIRA_CHANGED, "MITIGATED")),
        AGREED,
    ),
    status("both, both images", "MITIGATED", "Open", (None, Reason.CONFLICT, None), AGREED),
    status(
        "both, neither image",
        *("CLOSED", "Blocked", (None, Reason.CONFLICT, None), ("POST_MORTEM", "Waiting")),
    ),
    # neither changed
    title("both in their blanks alone", "a ", "b ", None, ("a", "b")),
    status(
        "a status that was renamed in case alone has not changed",
        *("INVESTIGATING", "In progress", None, ("INVESTIGATING", "In Progress")),
    ),
    title("neither, agreed under the same tables", "a", "b", None, ("a", "b")),
    title(
        "neither, agreed under others, not related",
        "a",
        "b",
        (None, Reason.UNDECIDED, None),
        OLD_TABLES,
    ),
    status(
        "neither, agreed under others, related",
        *("MITIGATING", "In Progress", None, Baseline(*AGREED, "other tables")),
    ),
    # left half way, taken back
    status(
        "left half way",
        *("MITIGATED", "In Review", (TO_JIRA, Reason.UNFINISHED, "Resolved"), UNFINISHED),
    ),
    status(
        "left half way to Impact",
        *("OPEN", "Done", (TO_IMPACT, Reason.UNFINISHED, "MITIGATED")),
        replace(UNFINISHED, impact="OPEN", jira="Done", direction=TO_IMPACT),
    ),
    status(
        "left half way, where the other image agrees already",
        *("MITIGATED", "Done", (TO_JIRA, Reason.UNFINISHED, "Resolved")),
        replace(UNFINISHED, jira="Done"),
    ),
    status(
        "left half way and there",
        *("MITIGATED", "resolved", None, replace(UNFINISHED, jira="resolved")),
    ),
    status(
        "left half way, the goal forgotten: it was never agreed",
        *("MITIGATED", "In Review", (None, Reason.UNDECIDED, None)),
        replace(UNFINISHED, direction=None),
    ),
    status(
        "left half way, then Impact changed",
        *("OPEN", "In Review", (TO_JIRA, Reason.IMPACT_CHANGED, "Open"), UNFINISHED),
    ),
    title("taken back", "a", "b", (None, Reason.UNDONE, None), UNDONE),
    title(
        "taken back, then Impact changed", "c", "b", (TO_JIRA, Reason.IMPACT_CHANGED, "c"), UNDONE
    ),
    title("taken back, then JIRA changed", "a", "c", (TO_IMPACT, Reason.JIRA_CHANGED, "c"), UNDONE),
    status(
        "no effect on FireFighter",
        *("MITIGATING", "Resolved", (TO_IMPACT, Reason.REFUSED, "MITIGATED"), AGREED, WEBHOOK),
        refusal=IGNORED,
    ),
    status(
        "no effect, then Impact changed",
        *("OPEN", "Resolved", (None, Reason.CONFLICT, None), AGREED, WEBHOOK),
        refusal=IGNORED,
    ),
    status(
        "no effect, then JIRA changed",
        *("MITIGATING", "Open", (TO_IMPACT, Reason.JIRA_CHANGED, "OPEN"), AGREED),
        replace(WEBHOOK, direction=None),
        mapping=mapping_of(extended(RAID, Tables(status_to_impact={"Open": "OPEN"}))),
        refusal=IGNORED,
    ),
    status(
        "no effect on FireFighter, but its database may be written",
        *("MITIGATING", "Resolved", (TO_IMPACT, Reason.JIRA_CHANGED, "MITIGATED"), AGREED),
        refusal=IGNORED,
    ),
    title("taken back and agreed", "a", "a", None, replace(UNDONE, jira="a")),
]

# --direction and the policies.
DIRECTED = [
    title(
        f"{name}, {direction}",
        impact,
        jira,
        (direction, reason, to[direction]),
        known,
        replace(FREE, direction=direction),
    )
    for name, impact, jira, known, reasons in [
        ("undecided", "a", "b", None, (Reason.DIRECTION, Reason.DIRECTION)),
        ("conflict", "a", "b", ("c", "d"), (Reason.DIRECTION, Reason.DIRECTION)),
        ("Impact moved", "a", "b", ("b", "b"), (Reason.IMPACT_CHANGED, Reason.DIRECTION)),
        ("JIRA moved", "a", "b", ("a", "a"), (Reason.DIRECTION, Reason.JIRA_CHANGED)),
        ("new tables", "a", "b", OLD_TABLES, (Reason.DIRECTION, Reason.DIRECTION)),
        ("taken back", "a", "b", UNDONE, (Reason.UNDONE, Reason.UNDONE)),
    ]
    for direction, reason in zip((TO_JIRA, TO_IMPACT), reasons, strict=True)
    for to in [{TO_JIRA: impact, TO_IMPACT: jira}]
]
# --prefer: the same, but for what only one side has changed.
PREFERRED = [
    title(
        f"{name}, {side} preferred",
        *("a", "b", (way if reason is Reason.PREFER else moved, reason, to), known),
        replace(resolving(Choice.NEWEST, Choice.NEWEST), prefer=side),
    )
    for name, known, moved, reason in [
        ("undecided", None, None, Reason.PREFER),
        ("conflict", ("c", "d"), None, Reason.PREFER),
        ("new tables", OLD_TABLES, None, Reason.PREFER),
        ("Impact moved", ("b", "b"), TO_JIRA, Reason.IMPACT_CHANGED),
        ("JIRA moved", ("a", "a"), TO_IMPACT, Reason.JIRA_CHANGED),
    ]
    for side, way in ((Side.IMPACT, TO_JIRA), (Side.JIRA, TO_IMPACT))
    for to in ["a" if (moved or way) is TO_JIRA else "b"]
] + [
    title("taken back stays so", "a", "b", (None, Reason.UNDONE, None), UNDONE, PREFERS_JIRA),
    title(
        "what was typed goes before the configured direction",
        *("a", "b", (TO_IMPACT, Reason.PREFER, "b"), ("c", "d")),
        replace(PREFERS_JIRA, direction=TO_JIRA),
    ),
]
POLICIES = [
    title(
        "conflict by policy, Impact",
        "a",
        "b",
        (TO_JIRA, Reason.POLICY, "a"),
        ("c", "d"),
        resolving(Choice.IMPACT),
    ),
    title(
        "conflict by policy, JIRA",
        "a",
        "b",
        (TO_IMPACT, Reason.POLICY, "b"),
        ("c", "d"),
        resolving(Choice.JIRA),
    ),
    title(
        "first sight by policy, Impact",
        "a",
        "b",
        (TO_JIRA, Reason.POLICY, "a"),
        None,
        resolving(Choice.HOLD, Choice.IMPACT),
    ),
    title(
        "first sight by policy, JIRA",
        "a",
        "b",
        (TO_IMPACT, Reason.POLICY, "b"),
        None,
        resolving(Choice.HOLD, Choice.JIRA),
    ),
    title(
        "the policy of conflicts is not that of first sight",
        "a",
        "b",
        (None, Reason.UNDECIDED, None),
        None,
        resolving(Choice.JIRA),
    ),
    title(
        "nor the other way round",
        "a",
        "b",
        (None, Reason.CONFLICT, None),
        ("c", "d"),
        resolving(Choice.HOLD, Choice.JIRA),
    ),
    title(
        "no policy turns a decided write",
        "a",
        "b",
        (TO_JIRA, Reason.IMPACT_CHANGED, "a"),
        ("b", "b"),
        resolving(Choice.JIRA, Choice.JIRA),
    ),
    title(
        "--direction goes before the policy",
        *("a", "b", (TO_JIRA, Reason.DIRECTION, "a"), ("c", "d")),
        replace(resolving(Choice.JIRA), direction=TO_JIRA),
    ),
]


def newest(
    name: str, impact: Revision | None, jira: Revision | None, to: SyncDirection | None
) -> Case:
    times = {(Side.IMPACT, Field.TITLE): impact, (Side.JIRA, Field.TITLE): jira}
    edits = {where: edit for where, edit in times.items() if edit is not None}
    value = {TO_JIRA: "a", TO_IMPACT: "b", None: None}[to]
    expected = (to, Reason.NEWEST if to else Reason.CONFLICT, value)
    return title(
        f"newest: {name}", "a", "b", expected, ("c", "d"), resolving(Choice.NEWEST), edits=edits
    )


NEWEST = [
    newest("Impact", ago(hours=1), ago(hours=2), TO_JIRA),
    newest("JIRA", ago(hours=2), ago(hours=1), TO_IMPACT),
    newest("just apart", ago(hours=2), ago(hours=2, seconds=SKEW.seconds + 1), TO_JIRA),
    newest("too close", ago(hours=2), ago(hours=2, seconds=SKEW.seconds - 1), None),
    newest("no time of Impact", None, ago(hours=1), None),
    newest("no time of JIRA", ago(hours=1), None, None),
    newest("no time at all", None, None, None),
]

HELD = [
    status("unmapped in Impact", "Archived", "Done", (None, Reason.UNMAPPED, None)),
    status("unmapped in JIRA", "MITIGATED", "QA", (None, Reason.UNMAPPED, None)),
    status("unmapped, changed", "MITIGATING", "QA", (TO_IMPACT, Reason.UNMAPPED, None), AGREED),
    status(
        "unmapped by direction",
        *("Archived", "Done", (TO_JIRA, Reason.UNMAPPED, None), None),
        replace(FREE, direction=TO_JIRA),
    ),
    Case(
        "nobody known in JIRA",
        *(Field.COMMANDER, "eve@example.com", "acc-ada", (TO_JIRA, Reason.UNMAPPED, None)),
        ("ada@example.com", "acc-ada"),
    ),
    title("lossy", "x", "y" * 129, (TO_IMPACT, Reason.LOSSY, "y" * 129), ("x", "x")),
    title("lossy the other way", "🚨" * 128, "x", (TO_JIRA, Reason.LOSSY, "🚨" * 128), ("x", "x")),
    title("empty", " ", "a", (TO_JIRA, Reason.EMPTY, ""), ("a", "a")),
    Case(
        "empty: a tail is no body",
        *(Field.DESCRIPTION, "a", BLOCK, (TO_IMPACT, Reason.EMPTY, ""), ("a", f"a\n\n{BLOCK}")),
    ),
    Case(
        "empty: nobody does not clear somebody",
        *(Field.COMMANDER, "ada@example.com", None, (TO_IMPACT, Reason.EMPTY, None)),
        ("ada@example.com", "acc-ada"),
    ),
    *(
        status(
            f"downgraded, {name}",
            *("CLOSED", "In Progress", (way, Reason.DOWNGRADED, to), known, policy),
            hold=(Reason.DOWNGRADED, ""),
        )
        for name, way, to, known, policy in [
            ("Impact changed", TO_JIRA, "Closed", AGREED, FREE),
            ("closing allowed", TO_JIRA, "Closed", AGREED, replace(FREE, allow_close=True)),
            ("a mirror", TO_IMPACT, "MITIGATING", AGREED, replace(FREE, direction=TO_IMPACT)),
            ("undecided, by policy", TO_JIRA, "Closed", None, resolving(*2 * [Choice.IMPACT])),
            ("preferred", TO_IMPACT, "MITIGATING", None, PREFERS_JIRA),
        ]
    ),
    title("private", "a", "b", (TO_JIRA, Reason.PRIVATE, "a"), ("b", "b"), private=True),
    title(
        "private, whatever decides",
        *("a", "b", (TO_JIRA, Reason.PRIVATE, "a"), None, replace(FREE, direction=TO_JIRA)),
        private=True,
    ),
    Case(
        "private, a description",
        *(Field.DESCRIPTION, "a", "b", (TO_JIRA, Reason.PRIVATE, "a"), ("b", "b")),
        private=True,
    ),
    title(
        "private, and JIRA may know",
        *("a", "b", (TO_JIRA, Reason.IMPACT_CHANGED, "a"), ("b", "b")),
        replace(FREE, private_to_jira=True),
        private=True,
    ),
    title(
        "private, to Impact",
        *("a", "b", (TO_IMPACT, Reason.JIRA_CHANGED, "b"), ("a", "a")),
        private=True,
    ),
    status(
        "private, but its status is none of its secrets",
        *("MITIGATED", "In Progress", (TO_JIRA, Reason.IMPACT_CHANGED, "Resolved"), AGREED),
        private=True,
    ),
    title("private, undecided", "a", "b", (None, Reason.UNDECIDED, None), private=True),
    title("unreadable", UNREADABLE, "a", (None, Reason.UNREADABLE, None)),
    title("unreadable in JIRA", "a", UNREADABLE, (None, Reason.UNREADABLE, None), ("b", "b")),
    title("off", "a", "b", (TO_IMPACT, Reason.READ_ONLY, "b"), ("a", "a"), OFF),
    title(
        "the webhook knows no title",
        "a",
        "b",
        (TO_IMPACT, Reason.READ_ONLY, "b"),
        ("a", "a"),
        WEBHOOK,
    ),
    title("the database does", "a", "b", (TO_IMPACT, Reason.JIRA_CHANGED, "b"), ("a", "a")),
    title(
        "off, and nothing is written to Impact",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        OFF,
    ),
    status(
        "the webhook cannot say INVESTIGATING",
        "MITIGATING",
        "Open",
        (TO_IMPACT, Reason.READ_ONLY, "INVESTIGATING"),
        AGREED,
        WEBHOOK,
    ),
    status(
        "nor POST_MORTEM",
        "MITIGATING",
        "Closed",
        (TO_IMPACT, Reason.READ_ONLY, "POST_MORTEM"),
        AGREED,
        WEBHOOK,
    ),
    status(
        "it can say MITIGATED",
        "MITIGATING",
        "Done",
        (TO_IMPACT, Reason.JIRA_CHANGED, "MITIGATED"),
        AGREED,
        WEBHOOK,
    ),
    Case(
        "and a priority",
        Field.PRIORITY,
        3,
        "High",
        (TO_IMPACT, Reason.JIRA_CHANGED, 2),
        (3, "Medium"),
        WEBHOOK,
    ),
    Case(
        "but no GAMEDAY",
        *(Field.PRIORITY, 3, "Gameday", (TO_IMPACT, Reason.READ_ONLY, 20), (3, "Medium"), WEBHOOK),
        mapping_of(extended(RAID, Tables(priority={"Gameday": 20}))),
    ),
    title(
        "quarantined",
        "b",
        "a",
        (TO_JIRA, Reason.FLAPPING, "b"),
        ("a", "a"),
        flapping=frozenset({Field.TITLE}),
    ),
    title(
        "another field quarantined",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        flapping=frozenset({Field.STATUS}),
    ),
    title(
        "quarantined, in conflict",
        "a",
        "b",
        (None, Reason.FLAPPING, None),
        ("c", "d"),
        flapping=frozenset({Field.TITLE}),
    ),
    title(
        "left there by raidctl's account, which the journal does not know",
        *("a", "b", (TO_IMPACT, Reason.SIDE_EFFECT, "b"), ("a", "a")),
        edits={(Side.JIRA, Field.TITLE): replace(ago(hours=1), account="acc-bot")},
    ),
    status(
        "left there by FireFighter",
        *("MITIGATED", "In Review", (TO_JIRA, Reason.FIREFIGHTER, "Resolved"), AGREED, SERVED),
        edits={(Side.JIRA, Field.STATUS): replace(ago(hours=1), account="acc-fire")},
    ),
    title(
        "cooling",
        "b",
        "a",
        (TO_JIRA, Reason.COOLING, "b"),
        ("a", "a"),
        cooling=frozenset({(TO_JIRA, Field.TITLE)}),
    ),
    title(
        "cooling the other way",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        cooling=frozenset({(TO_IMPACT, Field.TITLE)}),
    ),
    title(
        "cooling another field",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        cooling=frozenset({(TO_JIRA, Field.STATUS)}),
    ),
    title(
        "settling",
        "b",
        "a",
        (TO_JIRA, Reason.SETTLING, "b"),
        ("a", "a"),
        edits={(Side.IMPACT, Field.TITLE): ago(seconds=59)},
    ),
    title(
        "settled",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        edits={(Side.IMPACT, Field.TITLE): ago(seconds=60)},
    ),
    title(
        "the other side is settling",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        edits={(Side.JIRA, Field.TITLE): ago(seconds=1)},
    ),
    title(
        "another field is settling",
        "b",
        "a",
        (TO_JIRA, Reason.IMPACT_CHANGED, "b"),
        ("a", "a"),
        edits={(Side.IMPACT, Field.STATUS): ago(seconds=1)},
    ),
    title(
        "no grace is no wait, even where a clock is ahead",
        *("b", "a", (TO_JIRA, Reason.IMPACT_CHANGED, "b"), ("a", "a")),
        replace(FREE, grace=timedelta(0)),
        edits={(Side.IMPACT, Field.TITLE): ago(seconds=-2)},
    ),
    status("closing JIRA", "CLOSED", "In Progress", (TO_JIRA, Reason.CLOSING, "Closed"), AGREED),
    status(
        "closing JIRA by POST_MORTEM",
        "POST_MORTEM",
        "In Progress",
        (TO_JIRA, Reason.CLOSING, "Closed"),
        AGREED,
    ),
    status(
        "closing Impact",
        *("MITIGATING", "Archived", (TO_IMPACT, Reason.CLOSING, "CLOSED"), AGREED, FREE),
        mapping_of(extended(RAID, Tables(status_to_impact={"Archived": "CLOSED"}))),
    ),
    status(
        "closing, allowed",
        "CLOSED",
        "In Progress",
        (TO_JIRA, Reason.IMPACT_CHANGED, "Closed"),
        AGREED,
        replace(FREE, allow_close=True),
    ),
    status("echo", "OPEN", "In Progress", (TO_JIRA, Reason.ECHO, "Open"), AGREED, ANSWERED),
    status(
        "no echo of what comes back the same",
        "MITIGATED",
        "In Progress",
        (TO_JIRA, Reason.IMPACT_CHANGED, "Resolved"),
        AGREED,
        ANSWERED,
    ),
    status(
        "no echo for the service account",
        "OPEN",
        "In Progress",
        (TO_JIRA, Reason.IMPACT_CHANGED, "Open"),
        AGREED,
    ),
    status(
        "no echo of what JIRA tells",
        "MITIGATING",
        "Open",
        (TO_IMPACT, Reason.JIRA_CHANGED, "INVESTIGATING"),
        AGREED,
        ANSWERED,
    ),
    title(
        "relinked",
        "b",
        "a",
        (TO_JIRA, Reason.RELINKED, "b"),
        ("a", "a"),
        hold=(Reason.RELINKED, "why"),
    ),
    title(
        "shared",
        "b",
        "a",
        (TO_JIRA, Reason.SHARED_ISSUE, "b"),
        ("a", "a"),
        hold=(Reason.SHARED_ISSUE, "why"),
    ),
    title(
        "relinked and unreadable",
        UNREADABLE,
        "a",
        (None, Reason.RELINKED, None),
        hold=(Reason.RELINKED, "why"),
    ),
]
FILLS = [
    title(
        "a filled side fills an empty one", "", "a", (TO_IMPACT, Reason.JIRA_CHANGED, "a"), ("", "")
    ),
    Case(
        "somebody for nobody",
        Field.COMMANDER,
        "ada@example.com",
        None,
        (TO_JIRA, Reason.IMPACT_CHANGED, "acc-ada"),
        (None, None),
    ),
    Case("two empty descriptions", Field.DESCRIPTION, None, BLOCK, None),
    Case("GAMEDAY", Field.PRIORITY, 20, "High", None, (3, "Medium")),
]
CASES = [*TABLE, *DIRECTED, *PREFERRED, *POLICIES, *NEWEST, *HELD, *FILLS]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_verdict(case: Case) -> None:
    item = case.item()
    if case.expected is None:
        assert item is None
        return
    assert item is not None
    direction, reason, to = case.expected
    assert (item.direction, item.reason, item.to) == (direction, reason, to)
    writes = direction is not None and reason not in HOLDS
    assert item.verdict is (WRITER[direction] if writes and direction else Verdict.HOLD)
    assert (item.field, *item.pair) == (case.field, case.impact, case.jira)
    about = subject_of(link_with(case.field, case.impact, case.jira))
    assert item.subject == replace(about, private=True if case.private else None)


def test_the_cases_reach_every_reason() -> None:
    reached = {case.expected[1] for case in CASES if case.expected is not None}
    whole = {
        Reason.UNLINKED,
        Reason.NOT_VISIBLE,
        Reason.MOVED,
        Reason.GAMEDAY,
        Reason.LOOK_ALIKE,
    }  # of the link alone: the survey's (test_survey), backfill's (core/backfill)
    people = {Reason.RESOLVED, Reason.UNDO, Reason.MISSING}  # a person's, not the plan's
    assert reached | whole | people == set(Reason)
    assert not reached & (whole | people)


def test_a_downgraded_incident_that_differs_in_nothing_is_as_it_is_meant_to_be() -> None:
    assert status("", *AGREED, None, hold=(Reason.DOWNGRADED, "")).item() is None


def test_an_issue_that_moved_is_an_item_beside_its_fields() -> None:
    """It suppresses nothing: what differs goes on as ever."""
    link = link_with(Field.TITLE, "a", "b")
    moved = replace(link, issue=replace(link.issue, key="PAY-3"))
    memory = Memory({Field.TITLE: agreed(MAPPING, Field.TITLE, "b", "b")})
    compared = ComparedLink(moved, compare(moved, MAPPING, [*Field]), memory)
    change, about = plan_link(compared, MAPPING, FREE, NOW)
    assert (change.field, change.reason) == (Field.TITLE, Reason.IMPACT_CHANGED)
    assert (about.field, about.verdict, about.reason) == (None, Verdict.HOLD, Reason.MOVED)
    assert "INC-12" in (about.detail or "")
    assert "PAY-3" in (about.detail or "")
    again = replace(link, issue=replace(link.issue, key="inc-12"))
    compared = replace(compared, link=again, fields=compare(again, MAPPING, [*Field]))
    assert [item.field for item in plan_link(compared, MAPPING, FREE, NOW)] == [Field.TITLE]


def test_a_link_hold_is_about_the_link() -> None:
    subject = subject_of(IN_SYNC)
    assert link_hold(subject, Reason.NOT_VISIBLE) == Hold(
        subject, None, Pair(None, None), Reason.NOT_VISIBLE
    )


def test_a_held_link_in_sync_has_one_item_of_its_own() -> None:
    compared = ComparedLink(
        IN_SYNC, compare(IN_SYNC, MAPPING, list(Field)), Memory(), {Reason.RELINKED: "why"}
    )
    hold = link_hold(subject_of(IN_SYNC), Reason.RELINKED, "why")
    assert plan_link(compared, MAPPING, FREE, NOW) == [hold]


# The order of holds


RANKS = [
    "unlinked",
    "not_visible",
    "relinked",
    "shared_issue",
    "downgraded",
    "unreadable",
    "unmapped",
    "lossy",
    "empty",
    "private",
    "read_only",
    "undone",
    "refused",
    "flapping",
    "side_effect",
    "cooling",
    "settling",
    "conflict",
    "undecided",
    "echo",
    "closing",
    "moved",
    "gameday",
    "look_alike",
]


def test_the_holds_rank_as_designed() -> None:
    assert [str(reason) for reason in HOLDS] == RANKS


PILES = [
    status(
        "everything in the way of a closing",
        *("CLOSED", "In Progress", None, AGREED, ANSWERED),
        edits={(Side.IMPACT, Field.STATUS): ago(seconds=5)},
        cooling=frozenset({(TO_JIRA, Field.STATUS)}),
        flapping=frozenset({Field.STATUS}),
        hold=(Reason.RELINKED, "why"),
    ),
    title(
        "everything in the way of a long title",
        *("a", "b" * 129, None, replace(UNDONE, jira="b" * 129)),
        replace(OFF, direction=TO_IMPACT),
        edits={(Side.JIRA, Field.TITLE): ago(seconds=5)},
        cooling=frozenset({(TO_IMPACT, Field.TITLE)}),
        flapping=frozenset({Field.TITLE}),
        hold=(Reason.SHARED_ISSUE, "why"),
    ),
    title("empty and off", "a", "", None, ("a", "a"), OFF),
    status("undecided and unmapped", "Archived", "QA", None),
    status("conflict and unmapped", "Archived", "QA", None, AGREED),
]
FOUND = [
    ["relinked", "flapping", "cooling", "settling", "echo", "closing"],
    ["shared_issue", "lossy", "read_only", "undone", "flapping", "cooling", "settling"],
    ["empty", "read_only"],
    ["unmapped", "undecided"],
    ["unmapped", "conflict"],
]


@pytest.mark.parametrize(
    ("case", "reasons"), list(zip(PILES, FOUND, strict=True)), ids=[case.name for case in PILES]
)
def test_the_first_hold_is_the_reason_and_the_others_stand_in_the_detail(
    case: Case, reasons: list[str]
) -> None:
    item = case.item()
    assert item is not None
    assert item.verdict is Verdict.HOLD
    assert item.reason == reasons[0]
    said = (item.detail or "").split("; ")
    also = [part.split(":")[0] for part in said if part.startswith("also ")]
    assert also == [f"also {reason}" for reason in reasons[1:]]


def test_a_held_link_names_its_hold_also_on_a_field_not_seen() -> None:
    case = title("", UNREADABLE, "a", None, hold=(Reason.SHARED_ISSUE, "INC-12 is shared"))
    (item,) = case.items()
    assert item.reason is Reason.SHARED_ISSUE
    assert item.detail is not None
    assert "INC-12 is shared" in item.detail
    assert "unreadable" in item.detail


# What the detail says


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (
            title("", "a", "b", None, ("a", "a"), replace(FREE, direction=TO_JIRA)),
            "the change made in JIRA",
        ),
        (
            title("", "a", "b", None, ("b", "b"), replace(FREE, direction=TO_IMPACT)),
            "the change made in Impact",
        ),
        (
            title("", "a", "b", None, ("c", "d"), replace(FREE, direction=TO_IMPACT)),
            "the change made in Impact",
        ),
        (
            title("", "a", "b", None, ("c", "d"), resolving(Choice.IMPACT)),
            "the change made in JIRA",
        ),
        (
            title(
                *("", "a", "b", None, ("a", "a"), replace(FREE, direction=TO_JIRA)),
                edits={(Side.JIRA, Field.TITLE): replace(ago(hours=2), author="Eve")},
            ),
            "the change made in JIRA by Eve at 2026-11-23 10:00 UTC",
        ),
        (
            title(
                *("", "a", "b", None, None, replace(FREE, direction=TO_JIRA)),
                edits={
                    (Side.JIRA, Field.TITLE): ago(hours=2),
                    (Side.IMPACT, Field.TITLE): ago(hours=9),
                },
            ),
            "the change made in JIRA at 2026-11-23 10:00 UTC",
        ),
    ],
    ids=[
        "JIRA's change",
        "Impact's change",
        "conflict",
        "policy",
        "by whom",
        "newer at first sight",
    ],
)
def test_a_write_that_overrides_a_newer_edit_says_so(case: Case, said: str) -> None:
    item = case.item()
    assert item is not None
    assert item.detail == f"overrides {said}"


@pytest.mark.parametrize("case", [*TABLE, *FILLS], ids=lambda case: case.name)
def test_a_write_with_nothing_to_say_of_it_says_nothing(case: Case) -> None:
    item = case.item()
    if isinstance(item, Change) and not item.overrides:
        assert item.detail is None


def test_a_hold_of_newest_says_why_and_one_that_is_not_of_newest_does_not() -> None:
    by_time = resolving(Choice.NEWEST, Choice.NEWEST)
    for known in (None, ("c", "d")):
        item = title("", "a", "b", None, known, by_time).item()
        assert item is not None
        assert item.detail == "the two changes are too close in time, or a time is unknown"
    taken_back = title("", "a", "b", None, UNDONE, by_time).item()
    assert taken_back is not None
    assert taken_back.reason is Reason.UNDONE
    assert taken_back.detail is None


def test_two_edits_of_one_instant_are_too_close_for_any_skew() -> None:
    policy = replace(resolving(Choice.NEWEST), clock_skew=timedelta(0))
    edits = {(side, Field.TITLE): ago(hours=1) for side in Side}
    item = title("", "a", "b", None, ("c", "d"), policy, edits=edits).item()
    assert item is not None
    assert item.reason is Reason.CONFLICT


# Properties


@pytest.mark.parametrize("name", Field)
def test_the_run_s_direction_changes_neither_what_drifted_nor_where_it_may_write(
    name: Field,
) -> None:
    @given(worlds(name), policies, st.data())
    def holds(world: World, policy: Policy, data: st.DataObject) -> None:
        known = data.draw(
            st.none()
            | st.builds(
                Baseline,
                *values_of[name],
                st.sampled_from([world.mapping.fingerprints[name], "other tables"]),
                baseline_states,
                st.sampled_from([None, TO_JIRA, TO_IMPACT]),
            )
        )
        memory = Memory({} if known is None else {name: known})
        compared = ComparedLink(world.link, compare(world.link, world.mapping, [name]), memory)
        auto, to_jira, to_impact = (
            plan_link(compared, world.mapping, replace(policy, direction=direction), NOW)
            for direction in (None, TO_JIRA, TO_IMPACT)
        )
        assert len(auto) == len(to_jira) == len(to_impact) <= 1
        assert all(item.direction is TO_JIRA for item in to_jira)
        assert all(item.direction is TO_IMPACT for item in to_impact)
        for item in (*auto, *to_jira, *to_impact):
            assert (item.verdict is Verdict.HOLD) is (item.reason in HOLDS)
            if item.verdict is not Verdict.HOLD:
                assert item.direction is not None
                assert item.verdict is WRITER[item.direction]

    holds()


@pytest.mark.parametrize("allow", [False, True])
def test_nothing_is_closed_unless_allowed(allow: bool) -> None:
    policy = replace(FREE, allow_close=allow)
    written = {
        (item.verdict, item.to)
        for direction in (None, TO_JIRA, TO_IMPACT)
        for impact in STATUSES
        for jira in RAID.status_to_impact
        for known in (None, AGREED)
        for item in status(
            "", impact, jira, None, known, replace(policy, direction=direction)
        ).items()
        if item.verdict is not Verdict.HOLD
    }
    assert ((Verdict.WRITE_JIRA, "Closed") in written) is allow


# The name of a plan


def links() -> list[Link]:
    made = []
    for number in range(1, 7):
        link = link_with(Field.TITLE, f"a{number}", f"b{number}")
        made.append(
            Link(replace(link.incident, id=number), replace(link.issue, id=number + 10_000))
        )
    return made


def planned(of: list[Link], seen: timedelta = timedelta(0)) -> list[Item]:
    policy = replace(FREE, direction=TO_JIRA)
    return [
        item
        for link in of
        for item in plan_link(
            ComparedLink(link, compare(link, MAPPING, list(Field)), Memory()),
            MAPPING,
            policy,
            NOW + seen,
        )
    ]


TABLES, SITES = ["a", "b"], ["https://impact", "https://jira"]


def name_of(items: Iterable[Item], tables: Sequence[str], sites: Sequence[str]) -> str:
    impact, jira = sites
    return Plan(tuple(items), tuple(tables), (impact, jira), 6).hash


NAME = name_of(planned(links()), TABLES, SITES)


def test_the_same_links_in_any_order_have_the_same_items_and_the_same_hash() -> None:
    shuffled = random.Random(1).sample(links(), 6)
    assert shuffled != links()
    assert set(planned(shuffled)) == set(planned(links()))
    assert name_of(planned(shuffled), TABLES, SITES) == NAME
    assert name_of(planned(links()), TABLES[::-1], SITES) == NAME
    assert NAME.startswith("sha256:")
    assert len(NAME) == len("sha256:") + 64


def test_the_hash_knows_no_times_and_no_holds() -> None:
    assert name_of(planned(links(), timedelta(days=1)), TABLES, SITES) == NAME
    held = link_hold(subject_of(IN_SYNC), Reason.NOT_VISIBLE)
    assert name_of([*planned(links()), held], TABLES, SITES) == NAME


def _changed(**values: Any) -> list[Item]:
    one, *others = changes(planned(links()))
    return [replace(one, **values), *others]


@pytest.mark.parametrize(
    "values",
    [
        {"to": "z"},
        {"pair": Pair("z", "b1")},
        {"pair": Pair("a1", "z")},
        {"pair": Pair("a1", None)},
        {"field": Field.DESCRIPTION},
        {"target": INCIDENT},
        {"part": "one of several"},
        {"subject": replace(subject_of(links()[0]), incident=99)},
        {"subject": replace(subject_of(links()[0]), issue_id=99)},
    ],
    ids=str,
)
def test_the_hash_changes_with_every_part_of_a_change(values: dict[str, Any]) -> None:
    assert name_of(_changed(**values), TABLES, SITES) != NAME


def test_two_parts_of_one_target_have_two_hashes() -> None:
    parts = ("", "cause", "costs")
    assert len({name_of(_changed(part=part), TABLES, SITES) for part in parts}) == 3


def test_the_hash_of_changed_fields_is_that_of_the_releases_before() -> None:
    """A plan that one of them saved is applied by this one: it must not be another."""
    assert NAME == ("sha256:c319e78f6ef191425a95fbaa60fffdae98f3a919667c5ffeb830b1c327f54620")


def test_the_hash_changes_with_tables_sites_and_the_number_of_changes() -> None:
    items = planned(links())
    assert name_of(items, ["a", "c"], SITES) != NAME
    assert name_of(items, TABLES, SITES[::-1]) != NAME
    assert name_of(items[1:], TABLES, SITES) != NAME


def test_the_hash_tells_a_number_from_its_digits_and_empty_from_none() -> None:
    hashes = {name_of(_changed(to=value), TABLES, SITES) for value in (1, "1", "", None, "null")}
    assert len(hashes) == 5


def test_the_hash_takes_any_text() -> None:
    assert name_of(_changed(to="\ud83d\x00🧯"), TABLES, SITES) != NAME
