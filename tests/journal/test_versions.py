"""Journals of an older and of a newer raidctl, and ones that were only begun."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.events.event import QueueState, State
from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.errors import JournalError
from raidctl.journal import Journal, ReadOnlyJournal
from raidctl.journal.sqlite.schema import STEPS, migrate
from tests.contract.journal.values import LINK, NOW, clock, intent, run
from tests.journal.files import execute, rows, traces

# What the first version of raidctl made.
FIRST_SCHEMA = """
CREATE TABLE "_sqlite_migrations" (
  "id" INTEGER PRIMARY KEY, "migration_set" TEXT, "name" TEXT, "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES (1, 'raidctl', '_001_read_path', '2026-11-24 00:43:17');
CREATE TABLE "baselines" (
  "incident" INTEGER, "issue_id" INTEGER, "field" TEXT, "impact" TEXT, "jira" TEXT,
  "tables" TEXT, "state" TEXT, "direction" TEXT, "run" TEXT, "at" TEXT,
  PRIMARY KEY ("incident", "issue_id", "field")
);
CREATE TABLE "guards" (
  "entity_type" TEXT, "entity_id" INTEGER, "direction" TEXT, "field" TEXT, "expires_at" REAL,
  PRIMARY KEY ("entity_type", "entity_id", "direction", "field")
);
CREATE TABLE "links" (
  "incident" INTEGER PRIMARY KEY, "issue_key" TEXT, "issue_id" INTEGER, "open" INTEGER,
  "seen_at" TEXT
);
CREATE TABLE "quarantines" (
  "incident" INTEGER, "issue_id" INTEGER, "field" TEXT, "since" TEXT,
  PRIMARY KEY ("incident", "issue_id", "field")
);
CREATE TABLE "users" ("email" TEXT PRIMARY KEY, "account" TEXT, "at" TEXT);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
  ON "_sqlite_migrations" ("migration_set", "name");
INSERT INTO baselines
  VALUES (12, 10012, 'status', '"OPEN"', '"Open"', 't', 'agreed', NULL, 'r', '');
INSERT INTO users VALUES ('ada@example.com', 'acc-ada', '');
"""


def make_first(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(FIRST_SCHEMA)
    return path


def test_a_journal_of_the_first_version_is_read_as_it_is(path: Path) -> None:
    before = traces(make_first(path).parent)
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert reader.has_baselines
        assert reader.memories([LINK])[0].baselines == {Field.STATUS: Baseline("OPEN", "Open", "t")}
        assert reader.accounts() == {}, "they were found by Unicode's case"
        assert reader.claimants([10012]) == {}
        assert reader.paused() is None
        assert reader.running() is None
        assert [*reader.runs(5), *reader.writes(incidents=[12]), *reader.open_writes()] == []
        assert reader.learnt("INC", "Incident") == {}
        assert reader.told("slack") == {}
        assert reader.queue.state() == QueueState(0, 0, None)
        assert reader.queue.events(tuple(State), 5) == []
    assert traces(path.parent) == before


def test_a_journal_of_the_first_version_is_taken_on(path: Path) -> None:
    with closing(Journal(make_first(path), clock)) as journal:
        assert journal.has_baselines
        journal.begin(run())
        assert len(journal.intend([intent()], "run-1", NOW)) == 1
        assert journal.accounts() == {}
        journal.record_accounts({"ada@example.com": "acc-ada"}, NOW)
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert reader.accounts() == {"ada@example.com": "acc-ada"}


def test_a_reader_of_the_first_version_sees_it_taken_on(path: Path) -> None:
    with (
        closing(ReadOnlyJournal(make_first(path), clock)) as reader,
        closing(Journal(path, clock)) as journal,
    ):
        assert list(reader.runs(5)) == []
        journal.begin(run())
        assert list(reader.runs(5)) == [run()]


def test_the_first_step_still_makes_what_it_made_first(tmp_path: Path, path: Path) -> None:
    """A step that was released is never edited: journals made before and after would differ."""
    make_first(path)
    with closing(Journal(path)), closing(Journal(tmp_path / "new.db")):
        pass
    tables = "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid"
    names = [name for (name,) in rows(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(names) >= 19
    for name in names:
        assert rows(path, tables, [name]) == rows(tmp_path / "new.db", tables, [name])


def test_a_step_that_fails_is_not_taken_at_all(path: Path) -> None:
    make_first(path)
    execute(path, "CREATE TABLE pauses (since, until, by)")
    with pytest.raises(JournalError, match="already exists"):
        Journal(path).close()
    assert len(rows(path, "SELECT name FROM _sqlite_migrations")) == 1
    assert rows(path, "SELECT name FROM sqlite_master WHERE name IN ('runs', 'writes')") == []


@pytest.mark.parametrize("wal", [False, True])
def test_a_journal_that_was_only_begun_is_an_empty_one(path: Path, wal: bool) -> None:
    """What is there between the first byte and the tables; a run may have been killed then."""
    path.parent.mkdir()
    path.touch()
    if wal:
        execute(path, "PRAGMA journal_mode = WAL")
    assert bool(path.stat().st_size) is wal
    before = path.read_bytes()
    with closing(ReadOnlyJournal(path, clock)) as reader:
        assert not reader.has_baselines
        assert reader.accounts() == {}
        assert list(reader.runs(5)) == []
        assert not reader.memories([LINK])[0].baselines
    assert path.read_bytes() == before
    with closing(Journal(path, clock)) as journal:
        journal.begin(run())


def test_a_newer_journal_is_refused_before_anything_is_changed(path: Path) -> None:
    make_first(path)
    execute(path, "INSERT INTO _sqlite_migrations VALUES (9, 'raidctl', '_999', '')")
    before = rows(path, "SELECT sql FROM sqlite_master")
    with pytest.raises(JournalError, match="newer raidctl"):
        Journal(path).close()
    assert rows(path, "SELECT sql FROM sqlite_master") == before


def test_migrating_twice_is_migrating_once(path: Path) -> None:
    Journal(path).close()
    before = rows(path, "SELECT * FROM _sqlite_migrations")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path)
    assert rows(path, "SELECT * FROM _sqlite_migrations") == before
    assert len(before) == len(STEPS)
