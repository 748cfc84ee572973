"""The configuration's tables whose keys are names of the site: mapping, users, transitions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from raidctl.config.checks import (
    UnfitError,
    email,
    incident_status,
    listed,
    name,
    priority,
    project_key,
    quoted,
    table,
)
from raidctl.config.read import Problems, Settings, Table, dotted
from raidctl.core.mapping.tables import PRESETS, Tables, contested, extended, folded

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Rows:
    """Reads the rows of one table, noting those that do not fit or say a name twice."""

    problems: Problems
    where: str

    def read(
        self, rows: Table, of_name: Callable[[object], str], of_value: Callable[[object], V]
    ) -> dict[str, V]:
        """The rows that fit, names and values as their checks give them."""
        spelled: dict[str, str] = {}
        result: dict[str, V] = {}
        for row, value in rows.items():
            key = dotted(self.where, row)
            try:
                checked, read = of_name(row), of_value(value)
            except UnfitError as error:
                self.problems.unfit(key, error)
                continue
            twin = spelled.setdefault(folded(checked), row)
            if twin != row:
                found = f"{quoted(twin)} and {quoted(row)} are one name"
                self.problems.add(key, f"{found}; allowed: one row for it")
            else:
                result[checked] = read
        return result


def mapping_tables(settings: Settings, problems: Problems) -> tuple[Tables, Mapping[str, Tables]]:
    """The common tables on top of the preset, and those of single projects on top of these."""
    given = {part: settings.tables[f"mapping.{part}"] for part in _PARTS}
    base = PRESETS[settings.text("mapping.preset")]
    common = extended(base, _rows(given, "mapping", problems))
    projects = _Rows(problems, "mapping.project").read(
        settings.tables["mapping.project"], project_key, table
    )
    return common, {
        project: extended(common, _project_rows(rows, f"mapping.project.{project}", problems))
        for project, rows in projects.items()
    }


def users(settings: Settings, problems: Problems) -> Mapping[str, str]:
    """JIRA accounts by folded Impact e-mail."""
    return _Rows(problems, "users").read(settings.tables["users"], email, name)


def transition_fields(settings: Settings, problems: Problems) -> Mapping[str, Table]:
    """Per JIRA status, the fields a transition to it fills in, as JIRA takes them."""
    where = "jira.transition_fields"
    return _Rows(problems, where).read(settings.tables[where], name, table)


_PARTS = ("status_to_jira", "status_to_impact", "priority")


def _project_rows(given: Table, where: str, problems: Problems) -> Tables:
    parts: dict[str, Table] = {part: {} for part in _PARTS}
    for part, value in given.items():
        key = dotted(where, part)
        if part not in parts:
            problems.add(key, f"unknown table; allowed: {listed(_PARTS)}")
        elif not isinstance(value, dict):
            problems.add(key, f"{quoted(value)}; allowed: a table")
        else:
            parts[part] = value
    return _rows(parts, where, problems)


def _rows(given: Mapping[str, Table], where: str, problems: Problems) -> Tables:
    def part(called: str) -> _Rows:
        return _Rows(problems, f"{where}.{called}")

    priorities = part("priority").read(given["priority"], name, priority)
    for value, names in contested(priorities).items():
        found = f"{listed(map(quoted, names))} all stand for Impact's {value}"
        problems.add(f"{where}.priority", f"{found}; allowed: one of them, to know which to write")
    return Tables(
        status_to_jira=part("status_to_jira").read(given["status_to_jira"], incident_status, name),
        status_to_impact=part("status_to_impact").read(
            given["status_to_impact"], name, incident_status
        ),
        priority=priorities,
    )
