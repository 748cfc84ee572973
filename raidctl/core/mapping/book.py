"""The relation of each field: what a value of one side looks like on the other, both ways.

A field agrees when either value is the image of the other (`drift.Comparison.related`), so
a value written in either direction agrees by construction.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from raidctl.core.mapping.named import PriorityRelation, StatusRelation
from raidctl.core.mapping.people import CommanderRelation, Users
from raidctl.core.mapping.relation import Relation
from raidctl.core.mapping.tables import Tables, folded
from raidctl.core.mapping.texts import (
    DescriptionRelation,
    TitleRelation,
)
from raidctl.core.model import Field, Issue


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
