"""A journal of the release that could write JIRA alone: whoever reads leaves it as it is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.journal.sqlite.schema import STEPS
from tests.cli.decisions import outcomes
from tests.cli.test_read_only import files
from tests.cli.world import MAPPING, Pair, World, world

PAIRS = (
    Pair(1, impact={Field.TITLE: "A new title of 1"}),
    Pair(2, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
)


def taken_back(connection: sqlite3.Connection) -> None:
    """The journal as the second version would have left it, whatever steps came since."""
    second = Database(memory=True)
    for step in STEPS[:2]:
        step(second)
    now, then = (
        {(kind, name) for kind, name in one.execute("SELECT type, name FROM sqlite_master")}
        for one in (connection, second.conn)
    )
    for kind, name in sorted(now - then):
        if not name.startswith(("sqlite_", "_sqlite_")):
            connection.execute(f"DROP {kind} {name}")
    for table in second.table_names():
        for column in columns(connection, table) - columns(second.conn, table):
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    with connection:
        connection.execute("DELETE FROM _sqlite_migrations WHERE name > '_002_write_path'")


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}


@pytest.fixture
def old(tmp_path: Path) -> Iterator[World]:
    """A run has written the first title, and its journal is one of the second version."""
    with world(tmp_path, PAIRS) as made:
        assert made.run("reconcile", "--yes").code == ExitCode.OK
        with closing(sqlite3.connect(made.journal)) as connection:
            taken_back(connection)
        yield made


def steps(place: World) -> int:
    return len(place.journalled("SELECT * FROM _sqlite_migrations"))


def test_whoever_reads_leaves_every_byte(old: World) -> None:
    before = files(old.folder)
    history = old.run("history", "INC-1")
    explained = old.run("explain", "1")
    held = old.run("held", "-o", "json")
    codes = [old.run(*line).code for line in (("diff",), ("reconcile", "--dry-run"))]

    assert (history.code, explained.code, held.code) == (0, 0, 0), explained.err
    assert "«A new title of» 1" in " ".join(history.out.split())
    assert "title" in explained.out
    assert [item["reason"] for item in held.report["held"]] == ["conflict"]
    assert codes == [ExitCode.DRIFT, ExitCode.DRIFT]
    assert (files(old.folder), steps(old)) == (before, 2)


def test_whoever_writes_takes_it_on_and_what_it_wrote_can_be_undone(old: World) -> None:
    ((run,),) = old.journalled("SELECT DISTINCT run FROM writes")
    ended = old.run("undo", run, "--yes", "-o", "json")

    assert outcomes(ended, "undo") == {(1, "title"): "applied"}
    assert old.in_jira(1, Field.TITLE) == "Incident 1"
    assert (steps(old), old.sound()) == (len(STEPS), True)


def test_what_is_held_by_it_can_be_decided(old: World) -> None:
    ended = old.run("resolve", "--take", "skip")
    assert ended.err.startswith("raidctl: 1 of 1 skipped; nothing was written (run ")
    assert old.run("held", "-o", "json").report["held"][0]["skipped"] is True


def test_a_baseline_of_whole_tables_holds_and_is_renewed_where_it_is_seen_in_sync(
    tmp_path: Path,
) -> None:
    """From then on rows about others do not matter to it."""
    with world(tmp_path, (Pair(1), Pair(2))) as place:
        with closing(sqlite3.connect(place.journal)) as connection, connection:
            for name, mark in MAPPING.fingerprints.items():
                connection.execute(
                    "UPDATE baselines SET tables = ? WHERE field = ?", [mark, str(name)]
                )
        assert place.run("diff").code == ExitCode.OK
        assert place.run("reconcile", "--yes", "1").code == ExitCode.OK
        marks = dict(place.journalled("SELECT incident, max(tables) FROM baselines GROUP BY 1"))
        assert (marks[1][:2], marks[2][:2] == "2:") == ("2:", False)
