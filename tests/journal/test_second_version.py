"""A journal of the release that could write JIRA alone: read as it is, and taken on whole."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.log import Mark, Skip
from raidctl.core.writes.outcome import Outcome
from raidctl.journal import Journal, ReadOnlyJournal
from tests.contract.journal.values import LINK, NOW, TO_JIRA, at, clock, intent, wrote
from tests.journal.files import rows, traces
from tests.journal.test_versions import make_first

HOUR_AGO = (NOW - timedelta(hours=1)).isoformat()
# What the second version added, and what a run of it left.
SECOND = f"""
CREATE TABLE runs (
  id TEXT PRIMARY KEY, command TEXT, started_at TEXT, pid INTEGER, direction TEXT,
  finished_at TEXT, exit_code INTEGER, plan TEXT, outcomes TEXT, held INTEGER
);
CREATE TABLE writes (
  id INTEGER PRIMARY KEY, run TEXT, at TEXT, incident INTEGER, issue TEXT COLLATE NOCASE,
  issue_id INTEGER, field TEXT, direction TEXT, source TEXT, old TEXT, new TEXT, tables TEXT,
  kind TEXT DEFAULT 'sync', sent INTEGER, outcome TEXT, read_back TEXT, category TEXT, detail TEXT,
  settled_by TEXT, settled_at TEXT
);
CREATE INDEX writes_of_run ON writes (run);
CREATE INDEX writes_of_field ON writes (incident, issue_id, field);
CREATE INDEX writes_of_issue ON writes (issue);
CREATE INDEX writes_open ON writes (id) WHERE outcome IS NULL;
CREATE TABLE hops (
  write INTEGER, number INTEGER, status TEXT, transition TEXT, at TEXT,
  PRIMARY KEY (write, number)
);
CREATE TABLE transitions (
  project TEXT, issue_type TEXT, status TEXT, ways TEXT, at TEXT,
  PRIMARY KEY (project, issue_type, status)
);
CREATE TABLE pauses (since TEXT, until TEXT, by TEXT);
INSERT INTO _sqlite_migrations VALUES (2, 'raidctl', '_002_write_path', '2026-11-24 00:43:18');
INSERT INTO runs VALUES ('run-0', 'reconcile', '{HOUR_AGO}', 7, NULL, '{HOUR_AGO}', 0,
  'sha256:0', '[["applied", 1]]', 0);
INSERT INTO writes VALUES (1, 'run-0', '{HOUR_AGO}', 12, 'INC-12', 10012, 'status',
  'impact_to_jira', '"OPEN"', '"Closed"', '"Open"', 't', 'sync', 1, 'applied', '"Open"', NULL,
  NULL, 'run-0', '{HOUR_AGO}');
INSERT INTO writes VALUES (2, 'run-0', '{HOUR_AGO}', 12, 'INC-12', 10012, 'title',
  'impact_to_jira', '"New"', '"Old"', '"New"', 't', 'sync', 1, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO quarantines VALUES (12, 10012, 'priority', '{HOUR_AGO}');
"""


@pytest.fixture
def second(path: Path) -> Path:
    """A journal of the second version, with an open write, a settled one and a quarantine."""
    make_first(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SECOND)
    return path


def test_it_is_read_as_it_is(second: Path) -> None:
    before = traces(second.parent)
    with closing(ReadOnlyJournal(second, clock)) as reader:
        (memory,) = reader.memories([LINK])
        assert memory.flapping == {Field.PRIORITY}
        assert memory.refusals == {}
        assert [(run.id, run.counts) for run in reader.runs(5)] == [("run-0", True)]
        assert reader.watch.last_success("reconcile") == reader.runs(1)[0]
        assert reader.watch.died("reconcile", at(-999)) == 0
        write, open_one = reader.writes(run="run-0")
        assert (write.id, write.outcome, write.kind) == (1, Outcome.APPLIED, Kind.SYNC)
        assert (write.source, write.old, write.new) == ("OPEN", "Closed", "Open")
        assert (write.undoes, write.sent, write.landed) == (None, True, True)
        assert (open_one.outcome, open_one.landed) == (None, False)
        assert [write.write for write in reader.open_writes()] == [2]
        assert [*reader.undoing([1]), *reader.marks(), *reader.skips()] == []
    assert traces(second.parent) == before


def test_it_is_taken_on_with_all_that_stands_in_it(second: Path) -> None:
    kept = ("quarantines", "hops", "transitions")
    before = {name: rows(second, f"SELECT * FROM {name}") for name in kept}
    grown = ("writes", "runs", "baselines")
    history, runs, baselines = (rows(second, f"SELECT * FROM {name}") for name in grown)

    with closing(Journal(second, clock)) as journal:
        assert [write.write for write in journal.open_writes()] == [2]
        assert journal.marks() == [Mark(*LINK, Field.PRIORITY, Reason.FLAPPING, at(-60))]

    assert {name: rows(second, f"SELECT * FROM {name}") for name in kept} == before
    assert rows(second, "SELECT * FROM writes") == [(*row, None, None, None) for row in history]
    assert rows(second, "SELECT * FROM runs") == [(*row, *[None] * 4) for row in runs]
    assert rows(second, "SELECT * FROM baselines") == [(*row, None) for row in baselines]


def test_what_it_wrote_can_be_taken_back(second: Path) -> None:
    with closing(Journal(second, clock)) as journal:
        wrote(journal, NOW, intent("Closed"))
        assert [write.landed for write in journal.writes(run="run-0")] == [True, False]
        assert list(journal.undoing([1])) == []


def test_its_quarantine_is_released_and_its_writes_count_no_more(second: Path) -> None:
    """Two of the second version's own writes, and one after that."""
    with closing(Journal(second, clock)) as journal:
        for minute in (-3, -2, -1):
            wrote(journal, at(minute), intent(2, Field.PRIORITY))
        assert journal.release(*LINK, Field.PRIORITY, NOW)
        wrote(journal, at(1), intent(2, Field.PRIORITY))
        assert journal.memories([LINK])[0].flapping == frozenset()
        journal.skip(Skip(*LINK, Field.TITLE, "a", "b"), NOW)
        assert len(journal.skips()) == 1


def test_a_reader_that_has_it_open_sees_it_taken_on(second: Path) -> None:
    with (
        closing(ReadOnlyJournal(second, clock)) as reader,
        closing(Journal(second, clock)) as journal,
    ):
        assert list(reader.marks()) == [Mark(*LINK, Field.PRIORITY, Reason.FLAPPING, at(-60))]
        journal.skip(Skip(*LINK, Field.TITLE, "a", "b"), NOW)
        assert len(reader.skips()) == 1
        assert {write.direction for write in reader.writes(run="run-0")} == {TO_JIRA}


def test_the_second_step_still_makes_what_it_made_then(second: Path, tmp_path: Path) -> None:
    with closing(Journal(second)), closing(Journal(tmp_path / "new.db")):
        pass
    columns = "SELECT name, type, pk, dflt_value FROM pragma_table_info(?) ORDER BY cid"
    made = "SELECT name FROM sqlite_master WHERE type = 'table'"
    for (name,) in rows(tmp_path / "new.db", made):
        assert rows(second, columns, [name]) == rows(tmp_path / "new.db", columns, [name])
    indexes = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' ORDER BY name"
    assert rows(second, indexes) == rows(tmp_path / "new.db", indexes)
