"""Which preset a site goes by: its tables on top of each, and which its live workflow has."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from raidctl.core.mapping.tables import (
    FIREFIGHTER_PRIORITY_FIELD,
    PRESETS,
    Tables,
    extended,
    folded,
)

AUTO, NONE = "auto", "none"
FOUND_OUT = ("raid", "firefighter")
"""The presets that `auto` chooses from: `none` has no name by which it could be told."""


@dataclass(frozen=True, slots=True)
class SiteTables:
    """All tables of a site on top of one preset.

    `projects` holds the whole tables of each JIRA project that has rows of its own;
    `priority_field` is where JIRA keeps the priority.
    """

    preset: str
    common: Tables
    projects: Mapping[str, Tables]
    priority_field: str

    def of(self, project: str) -> Tables:
        """The tables in force for a JIRA project key."""
        return self.projects.get(project, self.common)

    def lacks(self, project: str, live: Collection[str]) -> list[str]:
        """The statuses that these tables write and that are not among the live ones, each once."""
        there = set(map(folded, live))
        written = {folded(name): name for name in self.of(project).status_to_jira.values()}
        return [name for key, name in written.items() if key not in there]


def candidates(
    preset: str, rows: Tables, projects: Mapping[str, Tables], priority_field: str
) -> tuple[SiteTables, ...]:
    """The site's tables by a preset, by each that there is for `auto`; `rows` are configured.

    An empty `priority_field` is the preset's own.
    """
    return tuple(
        _on_top_of(name, rows, projects, priority_field)
        for name in (FOUND_OUT if preset == AUTO else (preset,))
    )


def _on_top_of(
    preset: str, rows: Tables, projects: Mapping[str, Tables], priority_field: str
) -> SiteTables:
    common = extended(PRESETS[preset], rows)
    own = FIREFIGHTER_PRIORITY_FIELD if preset == "firefighter" else "priority"
    return SiteTables(
        preset,
        common,
        {project: extended(common, its) for project, its in projects.items()},
        priority_field or own,
    )


def asked_about(site: str, project: str, issue_type: str, choices: Collection[SiteTables]) -> str:
    """What a choice is remembered by: another site, project, type or row asks for another one."""
    tables = [
        [one.preset, one.priority_field, _plain(one.common), _plain(one.of(project))]
        for one in choices
    ]
    text = json.dumps([site, project, issue_type, tables], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(tables: Tables) -> object:
    return [dict(tables.status_to_jira), dict(tables.status_to_impact), dict(tables.priority)]
