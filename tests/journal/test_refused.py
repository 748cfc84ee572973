"""What is refused for a journal, in one line that names the file and says what to do."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.errors import JournalError
from raidctl.journal import Journal, lock
from tests.contract.journal.values import LINK, NOW, intent
from tests.journal.files import execute, insert, memories, record, refused
from tests.owners import as_root, given_away, somebody_else

ENDLESS = (
    "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more) SELECT max(n) FROM more"
)


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


def mend(path: Path) -> str:
    """What a journal that is not damaged is refused with, read or written alike."""
    said = refused(path)
    for opened in (made, locked):
        with pytest.raises(JournalError) as caught:
            opened(path)
        assert str(caught.value) == said
    assert said.startswith(f"the journal {path} cannot be used")
    assert "restore" not in said
    return said


def made(path: Path) -> None:
    Journal(path).close()


def locked(path: Path) -> None:
    with lock(path, lambda: None):
        pytest.fail("it was locked")


@pytest.mark.parametrize(
    ("make", "kind"), [(Path.mkdir, "a directory"), (os.mkfifo, "a pipe")], ids=["folder", "pipe"]
)
def test_what_is_no_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: Callable[[Path], object], kind: str
) -> None:
    make(path := tmp_path / "raidctl.db")
    assert f": it is {kind}: name a file" in mend(path)


# Files of others


@as_root
def test_a_journal_of_somebody_elses_is_refused(written: Path) -> None:
    assert "it belongs to nobody, not to root: run raidctl as nobody" in mend(given_away(written))


def test_one_that_others_may_write_is_refused(written: Path) -> None:
    written.chmod(0o622)
    assert f"chmod go-w {written}" in mend(written)


@as_root
def test_somebody_elses_link_makes_no_journal_of_another_file(tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.touch()
    (link := tmp_path / "raidctl.db").symlink_to(ours)

    assert "it is a link that nobody made" in mend(given_away(link))
    assert ours.read_bytes() == b""


def test_one_of_two_names_is_refused_by_either(written: Path) -> None:
    """SQLite keeps its log beside the name: through the other one two runs would write at once."""
    (other := written.with_name("other.db")).hardlink_to(written)
    for path in (written, other):
        assert "has 2 names (hard links)" in mend(path)


@as_root
@pytest.mark.parametrize("name", ["-wal", "-shm", "-journal"])
def test_what_somebody_else_put_beside_it_is_not_taken_up(written: Path, name: str) -> None:
    beside = written.with_name(f"{written.name}{name}")
    beside.write_bytes(b"what never was")
    given_away(beside)
    assert "it belongs to nobody" in mend(written)


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["DROP TABLE runs", f"CREATE VIEW runs AS {ENDLESS}"], "a view 'runs'"),
        (
            [f"CREATE TRIGGER odd AFTER INSERT ON runs BEGIN SELECT ({ENDLESS}); END"],
            "a trigger 'odd'",
        ),
        (["CREATE VIRTUAL TABLE songs USING fts5(name)"], "a table 'songs'"),
    ],
    ids=["view", "trigger", "virtual"],
)
def test_one_with_programs_in_it_is_refused_before_any_runs(
    path: Path, statements: list[str], found: str
) -> None:
    Journal(path).close()
    for statement in statements:
        execute(path, statement)

    assert f"has {found}, which raidctl did not make" in refused(path)
    with pytest.raises(JournalError, match=re.escape(found)):
        Journal(path)


def test_another_database_is_left_as_it_is(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    execute(foreign, "CREATE TABLE songs (id)")
    before = foreign.read_bytes()
    with pytest.raises(JournalError, match="cannot be used"):
        Journal(foreign)
    assert foreign.read_bytes() == before


@as_root
@pytest.mark.parametrize(
    ("folder", "file", "missing"),
    [
        (0o755, 0o600, "read it"),
        (0o755, 0o444, "write it"),
        (0o000, 0o444, "enter {folder}"),
        (0o755, 0o644, "write in {folder}"),
        (0o755, None, "write in {folder}"),
    ],
)
def test_what_its_user_may_not_do_is_said(folder: int, file: int | None, missing: str) -> None:
    """As a user who finds root's journal; whoever writes it needs its folder too."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        path = Path(place) / "state" / "raidctl.db"
        made(path)
        path.unlink() if file is None else path.chmod(file)
        if file == 0o644:
            given_away(path)
        path.parent.chmod(folder)
        with somebody_else(), pytest.raises(JournalError) as caught:
            made(path)
        with somebody_else(), pytest.raises(JournalError, match="nobody may not ") as locking:
            locked(path)

    assert f"nobody may not {missing.format(folder=path.parent)}" in str(caught.value)
    for said in (str(caught.value), str(locking.value)):
        assert "give nobody that right, or name another file under journal.path" in said
        assert "restore" not in said


@pytest.mark.parametrize("name", ["x" * 300, "file/journal.db", "loop"])
def test_a_path_no_file_can_have_is_refused_and_nothing_to_be_restored(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    said = [refused(tmp_path / name)]
    for opened in (made, locked):
        with pytest.raises(JournalError) as caught:
            opened(tmp_path / name)
        said.append(str(caught.value))
    assert all("name another file under journal.path" in line for line in said)
    assert not any("restore" in line for line in said)


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


LATER = None, 1, None, None
"""What later versions gave a run: why, counts, host, asking_since."""


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("runs", ("r", "diff", "no time", 1, None, None, None, None, "[]", 0, *LATER)),
        ("runs", ("r", "diff", NOW.isoformat(), 1, "sideways", None, None, None, "[]", 0, *LATER)),
        (
            "runs",
            ("r", "diff", NOW.isoformat(), 1, None, None, None, None, '{"applied": 1}', 0, *LATER),
        ),
        ("runs", ("r", "diff", NOW.isoformat(), 1, None, None, None, None, None, 0, *LATER)),
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
