"""The configuration's tables whose keys are names of the site: mapping, users, transitions."""

from collections.abc import Callable, Mapping
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
from raidctl.core.mapping.presets import SiteTables, candidates
from raidctl.core.mapping.tables import Tables, contested, folded

V = TypeVar("V")


_OF_EACH = frozenset({"summary", "description", "project", "issuetype"})
_PARTS = ("status_to_jira", "status_to_impact", "priority")


def mapping_tables(settings: Settings, problems: Problems) -> tuple[SiteTables, ...]:
    """The tables on top of the preset, of each that there is where the live workflow decides."""
    given = {part: settings.tables[f"mapping.{part}"] for part in _PARTS}
    rows = _tables(given, "mapping", problems)
    where = "mapping.project"
    projects = _rows(settings.tables[where], where, project_key, table, problems)
    return candidates(
        settings.text("mapping.preset"),
        rows,
        {
            project: _project_tables(its, f"{where}.{project}", problems)
            for project, its in projects.items()
        },
        settings.text("jira.priority_field"),
    )


def users(settings: Settings, problems: Problems) -> Mapping[str, str]:
    """JIRA accounts by Impact e-mail, as e-mails compare."""
    return _rows(settings.tables["users"], "users", email, name, problems, same=str)


def projects(settings: Settings, problems: Problems) -> Mapping[str, str]:
    """JIRA projects by the folded name of what is routed to them."""
    where = "backfill.projects"
    rows = _rows(settings.tables[where], where, name, project_key, problems)
    return {folded(called): project for called, project in rows.items()}


def creation_fields(settings: Settings, problems: Problems) -> Table:
    """More fields of every new issue, as JIRA takes them."""
    where = "backfill.fields"
    given = settings.tables[where]
    for called in sorted(_OF_EACH & given.keys()):
        found = "each issue has its own"
        problems.add(
            dotted(where, called), f"{found}; allowed: any field but {listed(sorted(_OF_EACH))}"
        )
    return given


def transition_fields(settings: Settings, problems: Problems) -> Mapping[str, Table]:
    """Per JIRA status, the fields a transition to it fills in, as JIRA takes them."""
    where = "jira.transition_fields"
    return _rows(settings.tables[where], where, name, table, problems)


def _project_tables(given: Table, where: str, problems: Problems) -> Tables:
    parts: dict[str, Table] = {part: {} for part in _PARTS}
    for part, value in given.items():
        key = dotted(where, part)
        if part in parts:
            parts[part] = problems.fit(key, value, table, {})
        else:
            problems.add(key, f"unknown table; allowed: {listed(_PARTS)}")
    return _tables(parts, where, problems)


def _tables(given: Mapping[str, Table], where: str, problems: Problems) -> Tables:
    def part(
        called: str, of_name: Callable[[object], str], of_value: Callable[[object], V]
    ) -> dict[str, V]:
        return _rows(given[called], f"{where}.{called}", of_name, of_value, problems)

    priorities = part("priority", name, priority)
    for value, names in contested(priorities).items():
        found = f"{listed(map(quoted, names))} all stand for Impact's {value}"
        problems.add(f"{where}.priority", f"{found}; allowed: one of them, to know which to write")
    return Tables(
        status_to_jira=part("status_to_jira", incident_status, name),
        status_to_impact=part("status_to_impact", name, incident_status),
        priority=priorities,
    )


def _rows(
    rows: Table,
    where: str,
    of_name: Callable[[object], str],
    of_value: Callable[[object], V],
    problems: Problems,
    same: Callable[[str], str] = folded,
) -> dict[str, V]:
    """The rows that fit, as their checks give them; notes those that do not, or name one twice.

    `same` makes one of the spellings of a name.
    """
    spelled: dict[str, str] = {}
    result: dict[str, V] = {}
    for row, value in rows.items():
        key = dotted(where, row)
        try:
            checked, read = of_name(row), of_value(value)
        except UnfitError as error:
            problems.unfit(key, error)
            continue
        twin = spelled.setdefault(same(checked), row)
        if twin != row:
            found = f"{quoted(twin)} and {quoted(row)} are one name"
            problems.add(key, f"{found}; allowed: one row for it")
        else:
            result[checked] = read
    return result
