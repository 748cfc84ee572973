"""One thing that nobody can make sense of: it is told or held, and everything else goes on."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import discreet
from tests.cli.world import Pair, Sort, world

PAIRS = tuple(Pair(number, impact={Field.TITLE: f"New title {number}"}) for number in (1, 2, 3))
Spoil = Callable[[dict[str, Any]], object]


def spoiling(key: str, spoil: Spoil) -> Callable[[Request, Reply], Reply]:
    """Any answer, with the row of one incident or issue spoilt, wherever it stands."""

    def visit(value: Any) -> None:
        if isinstance(value, dict):
            if key in (value.get("key"), value.get("jira_ticket_key")):
                spoil(value)
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                visit(one)

    def quirk(request: Request, reply: Reply) -> Reply:
        try:
            told = json.loads(reply.encoded())
        except ValueError:
            return reply
        visit(told)
        return replace(reply, body=told)

    return quirk


def in_jira(spoil: Spoil) -> Spoil:
    return lambda row: spoil(row) if "fields" in row else None


def in_fields(**values: Any) -> Spoil:
    return lambda row: row.get("fields", {}).update(values)


IMPACT_ROWS: list[Spoil] = [
    lambda row: row.update(id=2**63),
    lambda row: row.update(id=float("inf")),
    lambda row: row.update(created_at="infinity"),
    lambda row: row.update(jira_ticket_key=["INC-2"]),
]
ISSUES: list[Spoil] = [
    in_jira(lambda row: row.update(id=str(2**63))),
    in_jira(lambda row: row.update(fields=None)),
    in_jira(lambda row: row.pop("key")),
    in_jira(lambda row: row.clear()),
]
FIELDS: list[tuple[Spoil, str]] = [
    (in_fields(assignee={"displayName": "Nobody"}), "commander"),
    (in_fields(status={"id": "3"}), "status"),
    (in_fields(description=[7]), "description"),
    (in_fields(priority={"name": float("inf")}), "priority"),
    (lambda row: row.update(roles={"commander": {"name": "Nobody"}}), "commander"),
    (lambda row: row.update(status={"name": "Open"}), "status"),
    (lambda row: row.update(priority={"value": float("inf")}), "priority"),
]


@pytest.mark.parametrize("sort", ["cloud", pytest.param("datacenter", marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("spoil", "what"),
    [*((one, "incident") for one in IMPACT_ROWS), *((one, "issue INC-2") for one in ISSUES)],
)
def test_a_row_that_is_none_is_unread_and_the_rest_is_written(
    tmp_path: Path, sort: Sort, spoil: Spoil, what: str
) -> None:
    with world(tmp_path, PAIRS, sort=sort, quirk=spoiling("INC-2", spoil)) as place:
        shown = place.diff()
        done = place.reconcile()

        assert shown.code == done.code == ExitCode.INCOMPLETE, shown.err
        (unread,) = shown.report["unread"]
        assert what in unread["what"] or "a row of" in unread["what"]
        assert unread["category"] == "validation"
        assert sorted(path for _, path in place.writes) == ["10001", "10003"]
        assert place.sound()
        for ended in (shown, done):
            assert "Traceback" not in ended.err
            discreet(ended)


@pytest.mark.parametrize("sort", ["cloud", pytest.param("datacenter", marks=pytest.mark.slow)])
@pytest.mark.parametrize(("spoil", "field"), FIELDS)
def test_a_field_that_is_none_is_held_and_the_others_are_written(
    tmp_path: Path, sort: Sort, spoil: Spoil, field: str
) -> None:
    with world(tmp_path, PAIRS, sort=sort, quirk=spoiling("INC-2", spoil)) as place:
        done = place.reconcile()

        assert done.code == ExitCode.OK, done.err
        held = [i for i in done.report["items"] if i["verdict"] == "hold"]
        assert [(i["incident"], i["field"], i["reason"]) for i in held] == [
            (2, field, "unreadable")
        ]
        assert "holds what raidctl cannot read" in held[0]["detail"]
        assert sorted(path for _, path in place.writes) == ["10001", "10002", "10003"]
        assert place.sound()


@pytest.mark.parametrize("spoil", ["created_at = 'infinity'", "title = CAST(x'ff' AS TEXT)"])
def test_a_row_of_the_database_that_is_none_is_unread(tmp_path: Path, spoil: str) -> None:
    with world(tmp_path, PAIRS) as place:
        place.sql(f"UPDATE incidents_incident SET {spoil} WHERE id = 2")
        done = place.reconcile(config=place.toml(impact='reads = "database"'))

        assert done.code == ExitCode.INCOMPLETE, done.err
        assert [one["what"] for one in done.report["unread"]] == ["incident 2"]
        assert sorted(path for _, path in place.writes) == ["10001", "10003"]


def test_a_named_incident_that_is_none_is_told_once(tmp_path: Path) -> None:
    with world(tmp_path, PAIRS, quirk=spoiling("INC-2", IMPACT_ROWS[2])) as place:
        shown = place.diff("2")

    assert shown.code == ExitCode.INCOMPLETE
    (unread,) = shown.report["unread"]
    assert (unread["what"], unread["category"]) == ("incident 2", "validation")
