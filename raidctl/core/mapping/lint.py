"""What is odd about mapping tables: gaps, values nothing leads to, ways that do not lead back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from raidctl.core.mapping.tables import Tables, by_folded, folded
from raidctl.core.model import IncidentStatus

PRIORITIES = range(1, 6)  # P1 to P5; others, as GAMEDAY (20), are rightly in no table


class Kind(StrEnum):
    """What a finding is about: only `uncovered` is a gap, the others are good to know."""

    UNCOVERED = "uncovered"
    UNREACHABLE = "unreachable"
    NOT_INVERSE = "not_inverse"
    NO_CHANGE = "no_change"


@dataclass(frozen=True, slots=True)
class Finding:
    """One odd thing, in one line."""

    kind: Kind
    message: str


def lint(tables: Tables, project: str | None) -> list[Finding]:
    """Everything odd about the tables of a JIRA project (None: the common ones), by kind."""
    start = f"{project}: " if project else ""
    checks = {
        Kind.UNCOVERED: _uncovered,
        Kind.UNREACHABLE: _unreachable,
        Kind.NOT_INVERSE: _not_inverse,
        Kind.NO_CHANGE: _no_change,
    }
    return [
        Finding(kind, f"{start}{message}")
        for kind, check in checks.items()
        for message in check(tables)
    ]


def _uncovered(tables: Tables) -> Iterator[str]:
    for status in IncidentStatus:
        if status.name not in tables.status_to_jira:
            yield f"{status.name} has no row in status_to_jira: never written to JIRA"
    read_back = by_folded(tables.status_to_impact)
    for jira, statuses in _grouped(tables.status_to_jira).items():
        if folded(jira) not in read_back:
            written = " and ".join(statuses)
            yield f'"{jira}" is written for {written}, and no row of status_to_impact reads it back'
    named = set(tables.priority.values())
    for value in PRIORITIES:
        if value not in named:
            yield f"Impact priority {value} has no row in priority: not compared"


def _unreachable(tables: Tables) -> Iterator[str]:
    reached = set(tables.status_to_impact.values())
    for status in IncidentStatus:
        if status.name not in reached:
            yield f"no JIRA status leads to {status.name}: never written to Impact"
    for jira, value in tables.priority.items():
        written = tables.priority_written.get(value)
        if written is not None and folded(written) != folded(jira):
            yield f'"{jira}" is never written to JIRA: "{written}" is, for Impact priority {value}'


def _not_inverse(tables: Tables) -> Iterator[str]:
    allowed = "allowed: one write settles it"
    read_back = by_folded(tables.status_to_impact)
    for status, jira in tables.status_to_jira.items():
        back = read_back.get(folded(jira))
        if back is not None and back != status:
            yield f'{status} -> "{jira}" -> {back} ({allowed})'
    for jira, status in tables.status_to_impact.items():
        written = tables.status_to_jira.get(status)
        if written is not None and folded(written) != folded(jira):
            yield f'"{jira}" -> {status} -> "{written}" ({allowed})'


def _no_change(tables: Tables) -> Iterator[str]:
    for jira, statuses in _grouped(tables.status_to_jira).items():
        if len(statuses) > 1:
            yield f'{" and ".join(statuses)}: a move changes nothing where JIRA has "{jira}"'
    for status, names in _grouped(tables.status_to_impact).items():
        if len(names) > 1:
            moves = " and ".join(f'"{name}"' for name in names)
            yield f"{moves}: a move changes nothing where Impact has {status}"


def _grouped(rows: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of each value, values that fold to one under the first spelling."""
    spelling: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for name, value in rows.items():
        names.setdefault(spelling.setdefault(folded(value), value), []).append(name)
    return names
