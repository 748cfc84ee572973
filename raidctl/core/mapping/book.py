"""The relation of each field: what a value of one side looks like on the other, both ways.

A field agrees when either value is the image of the other (`drift.Comparison.related`), so
a value written in either direction agrees by construction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from raidctl.core.mapping.fingerprints import of_both, of_pair, of_tables, pair_in, same
from raidctl.core.mapping.named import PriorityRelation, StatusRelation
from raidctl.core.mapping.people import CommanderRelation, Users, shown_on
from raidctl.core.mapping.relation import Listed, Relation
from raidctl.core.mapping.tables import Tables, by_folded
from raidctl.core.mapping.texts import DescriptionRelation, TitleRelation
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, IncidentStatus, Issue, Link, Side, SyncDirection, Value


@dataclass(frozen=True, slots=True)
class ProjectMapping:
    """The relations in force for one JIRA project; `fingerprints` are of their whole tables.

    `people` are the fields that hold a person.
    """

    relations: Mapping[Field, Relation]
    status: StatusRelation
    fingerprints: Mapping[Field, str]
    people: Sequence[Field] = ()
    _told: dict[tuple[Field, Value, Value], str] = field(
        default_factory=dict, repr=False, compare=False
    )

    def of(self, issue: Issue) -> Mapping[Field, Relation]:
        """The relations, told who the issue's assignee is, and what is formatted."""
        told = dict(self.relations)
        for name, relation in self.relations.items():
            if isinstance(relation, CommanderRelation):
                told[name] = CommanderRelation(relation.users, shown_on(issue, name))
            elif issue.formatted and isinstance(relation, DescriptionRelation):
                told[name] = DescriptionRelation(relation.markers, issue.formatted)
        return told

    def agreed(self, field: Field, impact: Value, jira: Value) -> Baseline:
        """What is remembered of a pair that was seen to agree."""
        tables = of_both(self._said_of(field, impact, jira), self.fingerprints[field])
        return Baseline(impact, jira, tables)

    def stored_under(self, field: Field, baseline: Baseline) -> bool:
        """Whether a pair was stored, with what they say of it, under the very tables of now."""
        stored = baseline.tables
        return pair_in(stored) is not None and same(stored, self.fingerprints[field])

    def says_the_same(self, field: Field, baseline: Baseline) -> bool:
        """Whether the tables say of a stored pair what they said when it was stored.

        An older journal has a hash of whole tables: nothing in them may have changed then.
        """
        if same(baseline.tables, self.fingerprints[field]):
            return True
        said = pair_in(baseline.tables)
        return said is not None and said == self._said_of(field, baseline.impact, baseline.jira)

    def _said_of(self, field: Field, impact: Value, jira: Value) -> str:
        """Of what the tables say of a pair; names come again and again, texts do not."""
        relation, pair = self.relations[field], (field, impact, jira)
        if not isinstance(relation, Listed):
            return of_pair(relation, impact, jira)
        if (known := self._told.get(pair)) is None:
            known = self._told[pair] = of_pair(relation, impact, jira)
        return known

    def closes(self, field: Field, direction: SyncDirection, value: Value) -> bool:
        """Whether writing a value in a direction closes the other side."""
        return field is Field.STATUS and self.status.closes(direction.source, value)

    def closed(self, link: Link) -> bool:
        """Whether both sides are closed; a status that cannot be seen counts as closed."""
        closed, status = link.incident.status == IncidentStatus.CLOSED.name, link.issue.status
        return closed and (not isinstance(status, str) or self.status.closes(Side.IMPACT, status))


def _status(tables: Tables, _: Sequence[str], __: Users) -> StatusRelation:
    return StatusRelation(tables.status_to_jira, by_folded(tables.status_to_impact))


RELATIONS: dict[Field, Callable[[Tables, Sequence[str], Users], Relation]] = {
    Field.TITLE: lambda _, __, ___: TitleRelation(),
    Field.DESCRIPTION: lambda _, markers, __: DescriptionRelation(tuple(markers)),
    Field.PRIORITY: lambda tables, _, __: PriorityRelation(
        by_folded(tables.priority), tables.priority_written
    ),
    Field.STATUS: _status,
    Field.COMMANDER: lambda _, __, users: CommanderRelation(users),
}
"""The relation of each field, out of the tables, the tail markers and who is who."""


def project_mapping(tables: Tables, markers: Sequence[str], users: Users) -> ProjectMapping:
    """All relations of one project, out of its tables."""
    status = _status(tables, markers, users)
    relations = {field: make(tables, markers, users) for field, make in RELATIONS.items()}
    relations[Field.STATUS] = status
    prints = {field: of_tables(relation) for field, relation in relations.items()}
    people = [name for name, one in relations.items() if isinstance(one, CommanderRelation)]
    return ProjectMapping(relations, status, prints, people)


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
            f"{project}.{field}.{fingerprint}"
            for project, mapping in books.items()
            for field, fingerprint in mapping.fingerprints.items()
        ]
