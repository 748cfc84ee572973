"""Builders of plain links and Hypothesis strategies of hostile ones, shared by the core's tests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from raidctl.core.history import History, Revision
from raidctl.core.mapping.book import ProjectMapping, project_mapping
from raidctl.core.mapping.people import Users, email_key
from raidctl.core.mapping.tables import PRESETS, RAID, Tables, extended
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import (
    Field,
    Incident,
    IncidentStatus,
    Issue,
    Link,
    Readable,
    Side,
    SyncDirection,
    Value,
)
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter, Policy

One = TypeVar("One", Incident, Issue)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MARKERS = ("🧯 This incident has been created", "*Additional Information*")
BLOCK = "🧯 This incident has been created for a critical incident.\n📦 Category: x\n"
USERS = Users({"ada@example.com": "acc-ada", "bob@example.com": "acc-bob"})
STATUSES = [status.name for status in IncidentStatus]
EVERY_WRITER = dict.fromkeys(Field, ImpactWriter.DATABASE)

INCIDENT = Incident(
    id=12,
    values={
        Field.TITLE: "Orders are not exported",
        Field.DESCRIPTION: "It is broken.",
        Field.PRIORITY: 3,
        Field.STATUS: "MITIGATING",
        Field.COMMANDER: "ada@example.com",
    },
    issue_key="INC-12",
    created_at=NOW - timedelta(days=1),
    url="https://impact.example.com/incident/12/",
)
ISSUE = Issue(
    id=10012,
    key="INC-12",
    values={
        Field.TITLE: "Orders are not exported",
        Field.DESCRIPTION: "It is broken.",
        Field.PRIORITY: "Medium",
        Field.STATUS: "In Progress",
        Field.COMMANDER: "acc-ada",
    },
    url="https://jira.example.com/browse/INC-12",
)
IN_SYNC = Link(INCIDENT, ISSUE)
OURS = {"summary": Field.TITLE, "assignee": Field.COMMANDER}
"""Our fields by the names that JIRA gives them, where those differ."""


def impact_with(incident: Incident, **changed: Any) -> Incident:
    """The incident with other values of fields, and of what else it has."""
    return _with(incident, changed, {})


def jira_with(issue: Issue, **changed: Any) -> Issue:
    """The issue with other values of fields, by JIRA's names, and of what else it has."""
    return _with(issue, changed, OURS)


def _with(one: One, changed: dict[str, Any], ours: Mapping[str, Field]) -> One:
    names = {name: ours.get(name, name) for name in changed}
    values = {Field(names[key]): changed.pop(key) for key in [*changed] if names[key] in [*Field]}
    return replace(one, values={**one.values, **values}, **changed)


def link_with(field: Field, impact: Readable, jira: Readable, link: Link = IN_SYNC) -> Link:
    """`link` with other values of one field."""
    incident, issue = link.incident, link.issue
    return Link(
        replace(incident, values={**incident.values, field: impact}),
        replace(issue, values={**issue.values, field: jira}),
    )


def told(edits: Mapping[tuple[Side, Field], Revision]) -> History:
    """A history of one change for each side and field; raidctl's account is `acc-bot`."""
    return History(
        {
            side: [replace(one, field=name) for (of, name), one in edits.items() if of is side]
            for side in Side
        },
        account="acc-bot",
    )


def mapping_of(tables: Tables = RAID, users: Users = USERS) -> ProjectMapping:
    return project_mapping(tables, MARKERS, users)


def agreed(mapping: ProjectMapping, field: Field, impact: Value, jira: Value) -> Baseline:
    return mapping.agreed(field, impact, jira)


# Texts: joined pieces find what single characters rarely do.

_PIECES = [
    *("\n", "\r\n", "\r", "\v", "\f", "\x1c", "\x1f", "\x85", "\u2028", "\u2029"),
    *(" ", "  ", "\t", "\xa0", "\u2003", "\u200b", "\ufeff", "\u3000"),
    *("e\u0301", "\u0301", "\u0338", "\u1100", "\u1161", "\u212b", "\u2126", "\u0344", "İ"),
    *("[https://a.b|https://a.b|smart-link]", "{color:#172b4d}", "{color}", "\\[", "\\", "[a|"),
    *(":fire_extinguisher:", f":fire_extinguisher:{MARKERS[0][1:]}", "{code}", "\ufe0f", ":x:"),
    *("ß", "🧯", "👩‍🚒", "\ud83d", "\udea8", "\x00", "*", "a", "Broken.", "None"),
    *(f" {MARKERS[0]}", MARKERS[1], f"\n {MARKERS[1]} \n", f"\n\n{BLOCK}", MARKERS[0][:9]),
]
texts = st.lists(st.sampled_from(_PIECES) | st.text(max_size=6), max_size=12).map("".join)
long_texts = st.builds(
    lambda piece, times, rest: piece * times + rest,
    st.sampled_from(["a", "🚨", " ", "e\u0301", "\n"]),
    st.sampled_from([120, 127, 128, 129, 254, 255, 256]),
    texts,
)
titles = st.none() | texts | long_texts
marker_sets = st.lists(st.sampled_from([*MARKERS, "", " ", "a", "*", "🧯"]), max_size=3).map(tuple)


# Tables: few names, oddly written, so that they meet.


def _oddly(*names: str) -> st.SearchStrategy[str]:
    spelled = [
        each
        for name in names
        for each in (name, name.upper(), name.lower(), f" {name}", f"{name.swapcase()}\t")
    ]
    return st.sampled_from(spelled)  # one draw: what is drawn is most of what a property costs


jira_statuses = _oddly("Open", "In Progress", "Straße", "Done", "Closed")
jira_priorities = _oddly("High", "Low", "Blocker", "1")
statuses = st.sampled_from([*STATUSES, "Archived"])
priorities = st.sampled_from([1, 2, 3, 4, 5, 20])
_status_rows = st.builds(
    Tables,
    status_to_jira=st.dictionaries(st.sampled_from(STATUSES), jira_statuses),
    status_to_impact=st.dictionaries(jira_statuses, st.sampled_from(STATUSES)),
)
_priority_rows = st.builds(Tables, priority=st.dictionaries(jira_priorities, priorities))
_presets = st.sampled_from(list(PRESETS.values()))


def _tables(rows: st.SearchStrategy[Tables]) -> st.SearchStrategy[Tables]:
    return _presets | st.builds(extended, st.builds(extended, _presets, rows), rows)


# People: three addresses and three accounts, linked at random by every kind of knowledge.

_EMAILS = ("ada@example.com", "bob@example.com", "strauß@example.com")
spelled_emails = st.sampled_from(
    [each for email in _EMAILS for each in (email, email.upper(), f" {email}")]
)
accounts = st.sampled_from(["acc-ada", "acc-bob", "acc-eve"])
known_emails = st.sampled_from([email_key(email) for email in _EMAILS])
_users = st.builds(
    Users,
    exceptions=st.dictionaries(known_emails, accounts),
    firefighter=st.dictionaries(known_emails, accounts),
    found=st.dictionaries(known_emails, st.none() | accounts),
)
_visible_emails = st.dictionaries(accounts, spelled_emails)


@dataclass(frozen=True, slots=True)
class World:
    """A mapping, a link in it, and the e-mail that JIRA shows of each account."""

    mapping: ProjectMapping
    link: Link
    visible: dict[str, str]

    def with_values(self, field: Field, impact: Readable, jira: Readable) -> Link:
        """The link with other values, JIRA showing what it shows of the assignee."""
        link = link_with(field, impact, jira, self.link)
        email = self.visible.get(str(link.issue.values[Field.COMMANDER]))
        return Link(link.incident, replace(link.issue, assignee_email=email))


values_of: dict[Field, tuple[st.SearchStrategy[Value], st.SearchStrategy[Value]]] = {
    Field.TITLE: (titles, titles),
    Field.DESCRIPTION: (titles, titles),
    Field.PRIORITY: (st.none() | priorities, st.none() | jira_priorities),
    Field.STATUS: (st.none() | statuses, st.none() | jira_statuses),
    Field.COMMANDER: (st.none() | spelled_emails, st.none() | accounts),
}


_TABLES = {Field.STATUS: _tables(_status_rows), Field.PRIORITY: _tables(_priority_rows)}


@st.composite
def worlds(draw: st.DrawFn, field: Field) -> World:
    """A mapping that is random in what this field goes by, and a link with random values of it."""
    people = field is Field.COMMANDER
    mapping = project_mapping(
        draw(_TABLES.get(field, _presets)),
        draw(marker_sets) if field is Field.DESCRIPTION else MARKERS,
        draw(_users) if people else USERS,
    )
    visible = draw(_visible_emails) if people else {}
    world = World(mapping, IN_SYNC, visible)
    link = world.with_values(field, draw(values_of[field][0]), draw(values_of[field][1]))
    return World(mapping, link, visible)


choices = st.sampled_from(Choice)
rules = st.builds(FieldPolicy, on_conflict=choices, on_first_sight=choices)
directions = st.sampled_from(
    [None, SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT],
)
_writers = st.none() | st.sampled_from(ImpactWriter)
policies = st.builds(
    Policy,
    fields=rules.map(lambda rule: dict.fromkeys(Field, rule)),
    direction=directions,
    impact_writers=_writers.map(
        lambda writer: {} if writer is None else dict.fromkeys(Field, writer)
    ),
    allow_close=st.booleans(),
    echoes=st.booleans(),
)
baseline_states = st.sampled_from(BaselineState)
