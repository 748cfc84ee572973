"""What `raidctl mapping` finds odd about tables, and that it finds nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.lint import Finding, Kind, lint
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import PRESETS, Tables, extended, folded
from raidctl.core.model import Field, IncidentStatus

ALLOWED = "(allowed: one write settles it)"


def messages(tables: Tables, kind: Kind, project: str | None = None) -> list[str]:
    return [finding.message for finding in lint(tables, project) if finding.kind is kind]


RAID = {
    Kind.UNCOVERED: [],
    Kind.UNREACHABLE: [
        "no JIRA status leads to OPEN: never written to Impact",
        "no JIRA status leads to CLOSED: never written to Impact",
    ],
    Kind.NOT_INVERSE: [
        f'OPEN -> "Open" -> INVESTIGATING {ALLOWED}',
        f'INVESTIGATING -> "In Progress" -> MITIGATING {ALLOWED}',
        f'CLOSED -> "Closed" -> POST_MORTEM {ALLOWED}',
        f'"Open" -> INVESTIGATING -> "In Progress" {ALLOWED}',
        f'"To Do" -> INVESTIGATING -> "In Progress" {ALLOWED}',
        f'"Reopened" -> INVESTIGATING -> "In Progress" {ALLOWED}',
        f'"In Review" -> MITIGATING -> "In Progress" {ALLOWED}',
        f'"Blocked" -> MITIGATING -> "In Progress" {ALLOWED}',
        f'"Waiting" -> MITIGATING -> "In Progress" {ALLOWED}',
        f'"Done" -> MITIGATED -> "Resolved" {ALLOWED}',
    ],
    Kind.NO_CHANGE: [
        'INVESTIGATING and MITIGATING: a move changes nothing where JIRA has "In Progress"',
        'POST_MORTEM and CLOSED: a move changes nothing where JIRA has "Closed"',
        '"Open" and "To Do" and "Reopened": a move changes nothing where Impact has INVESTIGATING',
        (
            '"In Progress" and "In Review" and "Blocked" and "Waiting": '
            "a move changes nothing where Impact has MITIGATING"
        ),
        '"Resolved" and "Done": a move changes nothing where Impact has MITIGATED',
    ],
}
FIREFIGHTER = {
    Kind.UNCOVERED: [],
    Kind.UNREACHABLE: [
        "no JIRA status leads to INVESTIGATING: never written to Impact",
        "no JIRA status leads to POST_MORTEM: never written to Impact",
    ],
    Kind.NOT_INVERSE: [
        f'INVESTIGATING -> "in progress" -> MITIGATING {ALLOWED}',
        f'POST_MORTEM -> "Reporter validation" -> MITIGATED {ALLOWED}',
        f'"Pending resolution" -> OPEN -> "Incoming" {ALLOWED}',
    ],
    Kind.NO_CHANGE: [
        'INVESTIGATING and MITIGATING: a move changes nothing where JIRA has "in progress"',
        'MITIGATED and POST_MORTEM: a move changes nothing where JIRA has "Reporter validation"',
        '"Incoming" and "Pending resolution": a move changes nothing where Impact has OPEN',
    ],
}


@pytest.mark.parametrize(("preset", "expected"), [("raid", RAID), ("firefighter", FIREFIGHTER)])
def test_presets_exactly(preset: str, expected: dict[Kind, list[str]]) -> None:
    assert {kind: messages(PRESETS[preset], kind) for kind in Kind} == expected


def test_empty_tables_are_all_gaps() -> None:
    found = lint(Tables(), None)

    assert [finding.kind for finding in found] == [Kind.UNCOVERED] * 11 + [Kind.UNREACHABLE] * 6
    assert "CLOSED has no row in status_to_jira: never written to JIRA" in found[5].message
    assert found[6].message == "Impact priority 1 has no row in priority: not compared"


def test_one_for_one_tables_have_no_finding() -> None:
    names = {status.name: status.name.title() for status in IncidentStatus}
    priority = {f"p{value}": value for value in range(1, 6)}
    tables = extended(Tables(), Tables(names, {v: k for k, v in names.items()}, priority))

    assert lint(tables, None) == []


def test_a_status_that_is_written_and_not_read_back() -> None:
    rows = Tables(status_to_jira={"MITIGATED": "Solved", "CLOSED": "solved "})

    assert messages(extended(PRESETS["raid"], rows), Kind.UNCOVERED) == [
        '"Solved" is written for MITIGATED and CLOSED, and no row of status_to_impact reads it back'
    ]


def test_case_is_no_difference() -> None:
    tables = Tables({"OPEN": "in PROGRESS "}, {"In Progress": "OPEN"})

    assert messages(tables, Kind.NOT_INVERSE) == []
    assert not any("reads it back" in message for message in messages(tables, Kind.UNCOVERED))


def test_a_priority_that_another_one_is_written_for() -> None:
    tables = extended(PRESETS["raid"], Tables(priority={"Blocker": 1}))

    assert '"Highest" is never written to JIRA: "Blocker" is, for Impact priority 1' in messages(
        tables, Kind.UNREACHABLE
    )


def test_findings_name_the_project() -> None:
    assert lint(Tables(), "PAY")[0] == Finding(
        Kind.UNCOVERED, "PAY: OPEN has no row in status_to_jira: never written to JIRA"
    )


jira_names = st.text(st.sampled_from("aAbB "), min_size=1, max_size=3)
statuses = st.sampled_from([status.name for status in IncidentStatus])


@st.composite
def any_tables(draw: st.DrawFn) -> Tables:
    def unique(names: list[str]) -> list[str]:
        return list({folded(name): name for name in names}.values())

    read = unique(draw(st.lists(jira_names, max_size=6)))
    ranked = unique(draw(st.lists(jira_names, max_size=6)))
    rows = Tables(
        status_to_jira=draw(st.dictionaries(statuses, jira_names)),
        status_to_impact={name: draw(statuses) for name in read},
        priority={name: draw(st.integers(0, 7)) for name in ranked},
    )
    return extended(PRESETS[draw(st.sampled_from(sorted(PRESETS)))], rows)


@given(any_tables())
def test_findings_are_true_of_the_relation(tables: Tables) -> None:
    mapping = project_mapping(tables, (), Users())
    relation = mapping.relations[Field.STATUS]
    found = lint(tables, None)
    gaps = [each.message for each in found if each.kind is Kind.UNCOVERED]

    for status in IncidentStatus:
        unmapped = relation.to_jira(status.name, None).problem is not None
        assert unmapped == any(gap.startswith(f"{status.name} has no row") for gap in gaps)
        reachable = status.name in tables.status_to_impact.values()
        message = f"no JIRA status leads to {status.name}: never written to Impact"
        assert reachable != (Finding(Kind.UNREACHABLE, message) in found)
    for value in range(1, 6):
        covered = mapping.relations[Field.PRIORITY].covers(value)
        assert covered != (f"Impact priority {value} has no row in priority: not compared" in gaps)


@given(any_tables())
def test_what_is_called_allowed_agrees(tables: Tables) -> None:
    """A round trip that ends elsewhere is settled by one write, as the finding says."""
    relation = project_mapping(tables, (), Users()).relations[Field.STATUS]
    trips = messages(tables, Kind.NOT_INVERSE)
    for status, jira in tables.status_to_jira.items():
        back = relation.to_impact(jira, None)
        elsewhere = back.problem is None and back.value != status
        assert elsewhere == (f'{status} -> "{jira}" -> {back.value} {ALLOWED}' in trips)
        assert Comparison(Field.STATUS, status, jira, relation).related
    for jira, status in tables.status_to_impact.items():
        there = relation.to_jira(status, None)
        elsewhere = there.problem is None and folded(str(there.value)) != folded(jira)
        assert elsewhere == (f'"{jira}" -> {status} -> "{there.value}" {ALLOWED}' in trips)
        assert Comparison(Field.STATUS, status, jira, relation).related
