"""What is refused for a journal, in one line that names the file and says what to do."""

import re
import sqlite3
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.errors import JournalError
from raidctl.journal import Journal
from tests.contract.journal.values import LINK, NOW, intent
from tests.journal.files import execute, insert, memories, record, refused


def test_a_newer_journal_is_refused_by_name(written: Path) -> None:
    execute(
        written,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        ("raidctl", "_999_from_the_future", "2027-01-01"),
    )
    assert "newer raidctl" in refused(written)


def test_anothers_migrations_do_not_make_it_newer(written: Path) -> None:
    execute(
        written,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        ("something else", "_999", "2027-01-01"),
    )
    assert memories(written, LINK)[0].baselines


def test_a_sqlite_that_is_too_old_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 38, 5))
    with pytest.raises(JournalError, match="use one with SQLite 3"):
        Journal(tmp_path / "journal.db")
    assert not list(tmp_path.iterdir())


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no journal, but it is long enough to be looked at\n" * 100)
    assert "cannot be used" in refused(path)


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    execute(foreign, "CREATE TABLE songs (id)")
    assert "cannot be used" in refused(foreign)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_truncated_journal_is_refused(path: Path, part: float) -> None:
    rows = [((n, n, Field.TITLE, Baseline("x" * 500, "y" * 500, "t"))) for n in range(200)]
    record(path, *rows)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(JournalError, match=re.escape(str(path))):
        memories(path, *((n, n) for n in range(200)))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "cannot be used" in refused(tmp_path)


def test_a_path_no_file_can_have_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("impact", "not json"),
        ("jira", '["no", "value"]'),
        ("impact", None),
        ("state", "unheard of"),
        ("field", "unheard of"),
        ("direction", "sideways"),
    ],
)
def test_a_row_that_cannot_be_understood_is_damage_not_a_defect(
    written: Path, column: str, value: str | None
) -> None:
    execute(written, f"UPDATE baselines SET {column} = ?", (value,))
    assert "cannot be used" in refused(written)


@pytest.mark.parametrize("table", ["guards", "quarantines"])
def test_so_is_one_of_another_table(written: Path, table: str) -> None:
    execute(written, f"UPDATE {table} SET field = 'unheard of'")
    assert "cannot be used" in refused(written)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("runs", ("r", "diff", "no time", 1, None, None, None, None, "[]", 0, None)),
        ("runs", ("r", "diff", NOW.isoformat(), 1, "sideways", None, None, None, "[]", 0, None)),
        (
            "runs",
            ("r", "diff", NOW.isoformat(), 1, None, None, None, None, '{"applied": 1}', 0, None),
        ),
        ("runs", ("r", "diff", NOW.isoformat(), 1, None, None, None, None, None, 0, None)),
        ("pauses", ("2026-11-23T11:00:00+00:00", "2026-11-23T13:00:00", "ada")),
        ("transitions", ("INC", "Incident", "open", '[["11", "Start"]]', "")),
        ("transitions", ("INC", "Incident", "open", "not json", "")),
    ],
)
def test_so_is_one_that_a_run_left(path: Path, table: str, row: tuple[object, ...]) -> None:
    Journal(path).close()
    insert(path, table, row)
    assert "cannot be used" in refused(path)


@pytest.mark.parametrize("column", ["at", "field", "direction", "old", "new"])
def test_so_is_a_write(journal: Journal, path: Path, column: str) -> None:
    journal.intend([intent()], "run-1", NOW)
    execute(path, f"UPDATE writes SET {column} = 'unheard of'")
    with pytest.raises(JournalError, match="cannot be used"):
        journal.open_writes()
    with pytest.raises(JournalError, match="cannot be used"):
        journal.writes(run="run-1")


def test_a_journal_that_cannot_be_made_is_refused_for_writing_too(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    for path in (blocked, blocked / "raidctl.db", tmp_path):
        with pytest.raises(JournalError, match=re.escape(str(path))):
            Journal(path).close()


def test_a_newer_journal_is_not_written(written: Path) -> None:
    execute(
        written,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        ("raidctl", "_999_from_the_future", "2027-01-01"),
    )
    with pytest.raises(JournalError, match="newer raidctl"):
        Journal(written).close()
