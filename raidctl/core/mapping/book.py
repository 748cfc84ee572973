"""The relation of each field: what a value of one side looks like on the other, both ways.

A field agrees when either value is the image of the other (`drift.Comparison.related`), so
a value written in either direction agrees by construction.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from raidctl.core.mapping.normal import join_tail, normal, one_line, split_tail, utf16_length
from raidctl.core.mapping.tables import Tables, folded
from raidctl.core.model import Field, IncidentStatus, Issue, Reason, Side, Value

IMPACT_TITLE_LIMIT = 128  # incidents_incident.title is varchar(128)
JIRA_SUMMARY_LIMIT = 255
JIRA_DESCRIPTION_LIMIT = 32_767


class Image(NamedTuple):
    """A value as the other side would hold it, or the hold that stands in its way."""

    value: Value = None
    problem: Reason | None = None
    detail: str = ""


class Relation(Protocol):
    """One field's relation; `current` is what the written side holds now (tails stay there)."""

    def to_jira(self, impact: Value, current: Value) -> Image:
        """The value to write to JIRA so that it agrees with `impact`."""
        ...

    def to_impact(self, jira: Value, current: Value) -> Image:
        """The value to write to Impact so that it agrees with `jira`."""
        ...

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Whether two values of one side are the same for this field."""
        ...

    def empty(self, value: Value) -> bool:
        """Whether a value of either side holds nothing."""
        ...

    def covers(self, impact: Value) -> bool:
        """Whether the field is compared at all for this Impact value."""
        ...

    def tables(self) -> object:
        """What the relation rests on, as plain JSON: the source of its fingerprint."""
        ...


def _unmapped(value: Value, table: str) -> Image:
    return Image(problem=Reason.UNMAPPED, detail=f"{value!s} has no row in {table}")


class _Named:
    """What status and priority share: JIRA names, compared folded; Impact values as they are."""

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Equal, JIRA's names without regard to case and surrounding space."""
        if side is Side.JIRA and isinstance(left, str) and isinstance(right, str):
            return left == right or folded(left) == folded(right)
        return left == right or (self.empty(left) and self.empty(right))

    def empty(self, value: Value) -> bool:
        """No value at all."""
        return value is None or value == ""


@dataclass(frozen=True, slots=True)
class StatusRelation(_Named):
    """Two tables, neither the other's inverse.

    `jira_names` maps the name of each `IncidentStatus` to a JIRA status, `impact_names` each
    folded JIRA status to the name of an `IncidentStatus`.
    """

    jira_names: Mapping[str, str]
    impact_names: Mapping[str, str]

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The JIRA status of an incident status."""
        if self.empty(impact):
            return Image(None)
        name = self.jira_names.get(str(impact))
        return _unmapped(impact, "status_to_jira") if name is None else Image(name)

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The incident status of a JIRA status."""
        if self.empty(jira):
            return Image(None)
        name = self.impact_names.get(folded(str(jira)))
        return _unmapped(jira, "status_to_impact") if name is None else Image(name)

    def covers(self, impact: Value) -> bool:
        """Every status is compared."""
        return True

    def tables(self) -> object:
        """Both tables."""
        return [dict(self.jira_names), dict(self.impact_names)]

    def closes(self, direction_source: Side, value: Value) -> bool:
        """Whether writing `value`, copied from `direction_source`, closes the other side."""
        if direction_source is Side.JIRA:
            return value == IncidentStatus.CLOSED.name
        closed = self.jira_names.get(IncidentStatus.CLOSED.name)
        return closed is not None and self.same(Side.JIRA, closed, value)

    def echo(self, impact: Value) -> str | None:
        """The other status FireFighter would answer with, were `impact` written to JIRA."""
        image = self.to_jira(impact)
        back = self.to_impact(image.value) if image.problem is None else image
        return str(back.value) if back.problem is None and back.value != impact else None


@dataclass(frozen=True, slots=True)
class PriorityRelation(_Named):
    """One table of JIRA priorities; of several names with one value, `written` is written."""

    impact_values: Mapping[str, int]
    written: Mapping[int, str]

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The JIRA priority of an Impact priority value."""
        if self.empty(impact):
            return Image(None)
        name = self.written.get(impact) if isinstance(impact, int) else None
        return _unmapped(impact, "priority") if name is None else Image(name)

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The Impact priority value of a JIRA priority."""
        if self.empty(jira):
            return Image(None)
        value = self.impact_values.get(folded(str(jira)))
        return _unmapped(jira, "priority") if value is None else Image(value)

    def covers(self, impact: Value) -> bool:
        """A priority no row leads to, such as GAMEDAY (20), is out of scope, not an error."""
        return impact is None or impact in self.written

    def tables(self) -> object:
        """The table, and which name is written."""
        return [dict(self.impact_values), {str(k): v for k, v in self.written.items()}]


@dataclass(frozen=True, slots=True)
class TitleRelation:
    """Titles and summaries, compared on one line."""

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The summary of a title."""
        text = one_line(str(impact or ""))
        return _fitted(text, utf16_length, JIRA_SUMMARY_LIMIT, "a JIRA summary")

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The title of a summary."""
        text = one_line(str(jira or ""))
        return _fitted(text, len, IMPACT_TITLE_LIMIT, "an Impact title")

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Equal after normalisation on one line."""
        return left == right or self._normal(left) == self._normal(right)

    def empty(self, value: Value) -> bool:
        """Nothing but blanks."""
        return not self._normal(value)

    def covers(self, impact: Value) -> bool:
        """Every title is compared."""
        return True

    def tables(self) -> object:
        """Nothing a user can change."""
        return []

    def _normal(self, value: Value) -> str:
        return normal(one_line(str(value or "")))


@dataclass(frozen=True, slots=True)
class DescriptionRelation:
    """Descriptions: bodies are compared and travel, each side's tail stays where it is.

    Source of the tail: FireFighter appends a block to the JIRA description when it creates
    the issue (markers are configurable).
    """

    markers: tuple[str, ...]

    def to_jira(self, impact: Value, current: Value) -> Image:
        """Impact's body over JIRA's tail."""
        text = self._body_over_tail(impact, current)
        return _fitted(text, utf16_length, JIRA_DESCRIPTION_LIMIT, "a JIRA description")

    def to_impact(self, jira: Value, current: Value) -> Image:
        """JIRA's body, over whatever tail Impact's own text has."""
        return Image(self._body_over_tail(jira, current))

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """Equal bodies after normalisation."""
        return left == right or self._body(left) == self._body(right)

    def empty(self, value: Value) -> bool:
        """A body of nothing but blanks, whatever the tail."""
        return not self._body(value)

    def covers(self, impact: Value) -> bool:
        """Every description is compared."""
        return True

    def tables(self) -> object:
        """The tail markers."""
        return list(self.markers)

    def _body(self, value: Value) -> str:
        return normal(split_tail(str(value or ""), self.markers)[0])

    def _body_over_tail(self, source: Value, current: Value) -> str:
        body, _ = split_tail(str(source or ""), self.markers)
        _, tail = split_tail(str(current or ""), self.markers)
        return join_tail(body, tail)


def _fitted(text: str, measure: Callable[[str], int], limit: int, holder: str) -> Image:
    if 2 * len(text) <= limit or (length := measure(text)) <= limit:  # at most 2 units each
        return Image(text)
    return Image(text, Reason.LOSSY, f"{length} characters, {holder} holds {limit}")


@dataclass(frozen=True, slots=True)
class Users:
    """Who is who: Impact e-mails (folded) and JIRA accounts.

    In order: configured exceptions, FireFighter's own JIRA-user table, an exact e-mail match
    in JIRA (`found`; None says that a look-up found nobody, or more than one).
    """

    exceptions: Mapping[str, str] = field(default_factory=dict)
    firefighter: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str | None] = field(default_factory=dict)

    def account(self, email: str, seen: tuple[str, str] | None = None) -> str | None:
        """The JIRA account of an e-mail; `seen` is an assignee's own (e-mail, account)."""
        key = email.strip().casefold()
        known = self.exceptions.get(key) or self.firefighter.get(key)
        if known:
            return known
        if seen is not None and seen[0].strip().casefold() == key:
            return seen[1]
        return self.found.get(key)

    def email(self, account: str, seen: tuple[str, str] | None = None) -> str | None:
        """The e-mail of a JIRA account, where a table or JIRA itself shows it for certain.

        What look-ups found does not count here: it would depend on who else was looked up.
        """
        for known in (self.exceptions, self.firefighter):
            emails = [email for email, owner in known.items() if owner == account]
            if emails:
                break
        else:
            emails = [seen[0]] if seen is not None and seen[1] == account else []
        if len(emails) == 1 and self.account(emails[0], seen) == account:
            return emails[0]
        return None


@dataclass(frozen=True, slots=True)
class CommanderRelation:
    """Commander and assignee, related through `users`.

    `seen` is the assignee's (e-mail, account) as JIRA itself shows it on this issue.
    """

    users: Users
    seen: tuple[str, str] | None = None

    def to_jira(self, impact: Value, current: Value = None) -> Image:
        """The account of a commander; nobody for nobody."""
        if self.empty(impact):
            return Image(None)
        account = self.users.account(str(impact), self.seen)
        if account is None:
            return Image(problem=Reason.UNMAPPED, detail=f"no JIRA account is known for {impact}")
        return Image(account)

    def to_impact(self, jira: Value, current: Value = None) -> Image:
        """The e-mail of an assignee; nobody for nobody."""
        if self.empty(jira):
            return Image(None)
        email = self.users.email(str(jira), self.seen)
        if email is None:
            return Image(problem=Reason.UNMAPPED, detail=f"no Impact user is known for {jira}")
        return Image(email)

    def same(self, side: Side, left: Value, right: Value) -> bool:
        """The same account; the same e-mail without regard to case."""
        if side is Side.IMPACT and isinstance(left, str) and isinstance(right, str):
            return left.strip().casefold() == right.strip().casefold()
        return (left or None) == (right or None)

    def empty(self, value: Value) -> bool:
        """Nobody."""
        return not value

    def covers(self, impact: Value) -> bool:
        """Every commander is compared."""
        return True

    def tables(self) -> object:
        """The configured exceptions; who is found in JIRA is no table."""
        return dict(self.users.exceptions)


def fingerprint(relation: Relation) -> str:
    """A short hash of what a relation rests on: a baseline holds only under the same."""
    plain = json.dumps(relation.tables(), sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ProjectMapping:
    """The relations in force for one JIRA project."""

    relations: Mapping[Field, Relation]
    status: StatusRelation
    users: Users
    fingerprints: Mapping[Field, str]

    def relation(self, field: Field, issue: Issue) -> Relation:
        """The relation of one field, told who the issue's assignee is."""
        if field is Field.COMMANDER and issue.assignee_email and isinstance(issue.assignee, str):
            return CommanderRelation(self.users, (issue.assignee_email, issue.assignee))
        return self.relations[field]


def project_mapping(tables: Tables, markers: Sequence[str], users: Users) -> ProjectMapping:
    """All five relations of one project, out of its tables."""
    status = StatusRelation(
        tables.status_to_jira, {folded(k): v for k, v in tables.status_to_impact.items()}
    )
    relations: dict[Field, Relation] = {
        Field.TITLE: TitleRelation(),
        Field.DESCRIPTION: DescriptionRelation(tuple(markers)),
        Field.PRIORITY: PriorityRelation(
            {folded(k): v for k, v in tables.priority.items()}, tables.priority_written
        ),
        Field.STATUS: status,
        Field.COMMANDER: CommanderRelation(users),
    }
    return ProjectMapping(
        relations, status, users, {field: fingerprint(rel) for field, rel in relations.items()}
    )


@dataclass(frozen=True, slots=True)
class MappingBook:
    """The mapping of every JIRA project: the common tables, and those of single projects."""

    common: ProjectMapping
    projects: Mapping[str, ProjectMapping] = field(default_factory=dict)

    def of(self, project: str) -> ProjectMapping:
        """The mapping in force for a JIRA project key."""
        return self.projects.get(project, self.common)

    @property
    def fingerprints(self) -> list[str]:
        """The fingerprints of all tables, each under its project and field."""
        books = {"": self.common, **self.projects}
        return [
            f"{project}.{field}.{mark}"
            for project, mapping in books.items()
            for field, mark in mapping.fingerprints.items()
        ]
