"""The shared mapping tables: the two presets, and how configured rows add to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

V = TypeVar("V")

FIREFIGHTER_PRIORITY_FIELD = "customfield_11064"  # where a stock FireFighter keeps it in JIRA


def folded(name: str) -> str:
    """A JIRA name as names compare: without regard to case and surrounding space."""
    return name.strip().casefold()


def by_folded(rows: Mapping[str, V]) -> dict[str, V]:
    """Rows of JIRA names, found whatever their case."""
    return {folded(name): value for name, value in rows.items()}


@dataclass(frozen=True, slots=True)
class Tables:
    """Rows as they are spelled.

    `status_to_jira`: incident status name to JIRA status. `status_to_impact`: JIRA status to
    incident status name. `priority`: JIRA priority to Impact priority value.
    `priority_written`: of the JIRA priorities with one value, the one to write.
    """

    status_to_jira: Mapping[str, str] = field(default_factory=dict)
    status_to_impact: Mapping[str, str] = field(default_factory=dict)
    priority: Mapping[str, int] = field(default_factory=dict)
    priority_written: Mapping[int, str] = field(default_factory=dict)


RAID = Tables(
    status_to_jira={
        "OPEN": "Open",
        "INVESTIGATING": "In Progress",
        "MITIGATING": "In Progress",
        "MITIGATED": "Resolved",
        "POST_MORTEM": "Closed",
        "CLOSED": "Closed",
    },
    status_to_impact={
        "Open": "INVESTIGATING",
        "To Do": "INVESTIGATING",
        "Reopened": "INVESTIGATING",
        "In Progress": "MITIGATING",
        "In Review": "MITIGATING",
        "Blocked": "MITIGATING",
        "Waiting": "MITIGATING",
        "Resolved": "MITIGATED",
        "Done": "MITIGATED",
        "Closed": "POST_MORTEM",
    },
    priority={"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5},
    priority_written={1: "Highest", 2: "High", 3: "Medium", 4: "Low", 5: "Lowest"},
)

FIREFIGHTER = Tables(
    status_to_jira={
        "OPEN": "Incoming",
        "INVESTIGATING": "in progress",
        "MITIGATING": "in progress",
        "MITIGATED": "Reporter validation",
        "POST_MORTEM": "Reporter validation",
        "CLOSED": "Closed",
    },
    status_to_impact={
        "Incoming": "OPEN",
        "Pending resolution": "OPEN",
        "in progress": "MITIGATING",
        "Reporter validation": "MITIGATED",
        "Closed": "CLOSED",
    },
    priority={str(value): value for value in range(1, 6)},
    priority_written={value: str(value) for value in range(1, 6)},
)

PRESETS: Mapping[str, Tables] = {"raid": RAID, "firefighter": FIREFIGHTER, "none": Tables()}


def extended(base: Tables, rows: Tables) -> Tables:
    """`base` with configured `rows` added, each replacing the base's row of that name.

    Of several JIRA priorities with one value a configured one is written before the base's;
    `contested` tells where the configuration itself leaves that open.
    """
    priority = _overlaid(base.priority, rows.priority)
    kept = [(n, v) for v, n in base.priority_written.items() if priority.get(n) == v]
    written: dict[int, str] = {}
    for name, value in (*rows.priority.items(), *kept, *priority.items()):
        written.setdefault(value, name)
    return Tables(
        status_to_jira={**base.status_to_jira, **rows.status_to_jira},
        status_to_impact=_overlaid(base.status_to_impact, rows.status_to_impact),
        priority=priority,
        priority_written=written,
    )


def contested(rows: Mapping[str, int]) -> dict[int, list[str]]:
    """Impact priorities for which configured rows name more than one JIRA priority."""
    names: dict[int, list[str]] = {}
    for name, value in rows.items():
        names.setdefault(value, []).append(name)
    return {value: candidates for value, candidates in names.items() if len(candidates) > 1}


def _overlaid(base: Mapping[str, V], rows: Mapping[str, V]) -> dict[str, V]:
    replaced = {folded(name) for name in rows}
    return {**{k: v for k, v in base.items() if folded(k) not in replaced}, **rows}
