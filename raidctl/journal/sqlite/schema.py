"""The tables of a journal's file, as steps from one version of raidctl to the next."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from raidctl.errors import JournalError

if TYPE_CHECKING:
    from sqlite_utils import Database

MIGRATION_SET = "raidctl"
# By what SQLite goes by, whatever `type` says: views, triggers and virtual tables are programs.
_ACTIVE = """
SELECT type, name FROM sqlite_master WHERE NOT (
  sql IS NULL OR sql LIKE 'CREATE TABLE %' OR sql LIKE 'CREATE INDEX %'
  OR sql LIKE 'CREATE UNIQUE INDEX %'
) LIMIT 1
"""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a journal up to date, in one transaction; raises `JournalError` for a newer one."""
    applied = applied_steps(connection, path) or set()
    refuse_newer(path, applied)
    if len(applied) == len(STEPS):
        return
    from sqlite_utils import Database  # noqa: PLC0415 - 0.2 s that most runs need not pay
    from sqlite_utils.migrations import Migrations  # noqa: PLC0415 - with its package above

    migrations = Migrations(MIGRATION_SET)
    for step in STEPS:
        migrations()(step)
    with connection:
        # Two raidctls may find the same steps missing: the second waits here, then finds none.
        connection.execute("BEGIN IMMEDIATE")
        migrations.apply(Database(connection, execute_plugins=False))


def applied_steps(connection: sqlite3.Connection, path: Path) -> set[str] | None:
    """The names of the steps a journal has taken; None while nothing at all stands in the file.

    Raises `JournalError` for what would be carried out when a table is read or written.
    """
    for kind, name in connection.execute(_ACTIVE):
        raise JournalError(
            f"the journal {path} has a {kind} {name!r}, which raidctl did not make and does not "
            "run: find out who made it, then drop it"
        )
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None:
        return None
    return {
        name
        for (name,) in connection.execute(
            "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", [MIGRATION_SET]
        )
    }


def refuse_newer(path: Path, applied: set[str]) -> None:
    """Raise `JournalError` where a step has been taken that this raidctl does not know."""
    newer = applied - {step.__name__ for step in STEPS}
    if newer:
        raise JournalError(
            f"the journal {path} was written by a newer raidctl: upgrade raidctl, or name "
            "another file under journal.path"
        )


def _001_read_path(database: "Database") -> None:
    """What a plan is made from: baselines, guards, quarantines, links, users."""
    link = {"incident": int, "issue_id": int, "field": str}
    pair = {"impact": str, "jira": str, "tables": str, "state": str, "direction": str}
    key = ("incident", "issue_id", "field")
    database.table("baselines").create({**link, **pair, "run": str, "at": str}, pk=key)
    database.table("guards").create(
        {"entity_type": str, "entity_id": int, "direction": str, "field": str, "expires_at": float},
        pk=("entity_type", "entity_id", "direction", "field"),
    )
    database.table("quarantines").create({**link, "since": str}, pk=key)
    database.table("links").create(
        {"incident": int, "issue_key": str, "issue_id": int, "open": int, "seen_at": str},
        pk="incident",
    )
    database.table("users").create({"email": str, "account": str, "at": str}, pk="email")


def _002_write_path(database: "Database") -> None:
    """What a run leaves: runs, writes with their hops, learnt transitions, the pause."""
    for statement in _WRITE_PATH.split(";"):
        database.execute(statement)


# `writes`: `kind` tells raidctl's own syncs from undos, which never count as flapping; `sent` is 0
# for a change that was decided on and not sent; `outcome` is NULL while nobody knows it.
_WRITE_PATH = """
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
CREATE TABLE pauses (since TEXT, until TEXT, by TEXT)
"""


def _003_people(database: "Database") -> None:
    """What people decide: writes taken back, quarantines released, refusals and skips."""
    for statement in _PEOPLE.split(";"):
        database.execute(statement)


# What was written before a field was released no longer counts as flapping.
_PEOPLE = """
ALTER TABLE writes ADD COLUMN undoes INTEGER;
CREATE INDEX writes_undone ON writes (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX baselines_undone ON baselines (incident) WHERE state = 'undone';
CREATE TABLE refusals (
  incident INTEGER, issue_id INTEGER, field TEXT, impact TEXT, jira TEXT, new TEXT, since TEXT,
  edited_at TEXT, PRIMARY KEY (incident, issue_id, field)
);
CREATE TABLE releases (
  incident INTEGER, issue_id INTEGER, field TEXT, at TEXT,
  PRIMARY KEY (incident, issue_id, field)
);
CREATE TABLE skips (
  incident INTEGER, issue_id INTEGER, field TEXT, impact TEXT, jira TEXT, at TEXT,
  PRIMARY KEY (incident, issue_id, field)
)
"""


def _004_targets(database: "Database") -> None:
    """What is written beside the fields of links: which kind of thing, and which part of it."""
    for column in ("target", "part"):
        database.execute(f"ALTER TABLE writes ADD COLUMN {column} TEXT")


def _006_seen(database: "Database") -> None:
    """Since when a pair is not seen to agree any more; the latest whole reading of each field."""
    database.execute("ALTER TABLE baselines ADD COLUMN seen_at TEXT")
    database.table("readings").create(
        {"field": str, "started_at": str, "closed_since": str}, pk="field"
    )


def _007_standing(database: "Database") -> None:
    """In which status each linked issue was last seen; which writer of Impact was refused."""
    for table, column in (("links", "status"), ("refusals", "writer")):
        database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")


def _008_ends(database: "Database") -> None:
    """Why a run ended as it did; until when, and why, a person leaves a field as it is."""
    for table, column in (("runs", "why"), ("skips", "until"), ("skips", "why")):
        database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")


def _009_exact(database: "Database") -> None:
    """Accounts that were found by Unicode's case may be of people who only look alike: anew."""
    database.execute("DELETE FROM users")


def _010_own_links(database: "Database") -> None:
    """The links that raidctl made or found itself, and that Impact need not know."""
    database.table("own_links").create(
        {"incident": int, "issue_key": str, "issue_id": int, "led_back": int, "at": str},
        pk="incident",
    )


def _012_presets(database: "Database") -> None:
    """Which preset the live workflow had, by what it was asked about."""
    database.table("presets").create({"asked": str, "preset": str, "at": str}, pk="asked")


def _013_events(database: "Database") -> None:
    """The queue of events, and what became of those that were in it lately."""
    for statement in _EVENTS.split(";"):
        database.execute(statement)


# An event without a time of its own may come again: `times` counts that.
_EVENTS = """
CREATE TABLE events (
  id INTEGER PRIMARY KEY, name TEXT UNIQUE, kind TEXT, at TEXT, incident INTEGER, issue TEXT,
  issue_id INTEGER, fields TEXT, creation INTEGER, subject TEXT, state TEXT, why TEXT,
  received_at TEXT, tries INTEGER, due_at TEXT, times INTEGER
);
CREATE INDEX events_waiting ON events (subject) WHERE state = 'waiting';
CREATE INDEX events_dead ON events (id) WHERE state = 'dead';
CREATE INDEX events_done ON events (id) WHERE state IN ('settled', 'skipped', 'ignored')
"""


def _015_watch(database: "Database") -> None:
    """What is counted of runs and writes, and what is held; what is there is counted as it is."""
    for statement in (*_WATCH.split(";"), *_COUNTED.split(";")):
        for period in (0, 10, 13) if "PERIOD" in statement else (0,):
            database.execute(statement.replace("PERIOD", str(period)))


_WATCH = """
CREATE TABLE tallies (
  since TEXT, what TEXT, labels TEXT, count INTEGER, total REAL, most REAL, last REAL,
  PRIMARY KEY (since, what, labels)
);
CREATE TABLE holds (
  incident INTEGER, field TEXT, reason TEXT, since TEXT, PRIMARY KEY (incident, field, reason)
);
CREATE INDEX runs_started ON runs (started_at);
CREATE INDEX writes_of_attempts ON writes (settled_at) WHERE sent = 0
"""
# PERIOD is how much of a time names it: nothing, a day, an hour.
_COUNTED = """
INSERT INTO tallies
SELECT substr(settled_at, 1, PERIOD), 'writes',
  direction || '/' || COALESCE(field, target, 'other') || '/' || outcome, COUNT(*), 0, 0, 0
FROM writes WHERE outcome IS NOT NULL AND settled_at IS NOT NULL GROUP BY 1, 3;
INSERT INTO tallies
SELECT substr(settled_at, 1, PERIOD), 'errors',
  CASE direction WHEN 'impact_to_jira' THEN 'jira' ELSE 'impact' END || '/' || category,
  COUNT(*), 0, 0, 0
FROM writes WHERE category IS NOT NULL AND settled_at IS NOT NULL GROUP BY 1, 3;
INSERT INTO tallies
SELECT substr(finished_at, 1, PERIOD), 'runs', command || '/' || exit_code, COUNT(*),
  SUM(86400 * (julianday(finished_at) - julianday(started_at))),
  MAX(86400 * (julianday(finished_at) - julianday(started_at))), 0
FROM runs WHERE exit_code IS NOT NULL AND finished_at IS NOT NULL GROUP BY 1, 3;
INSERT INTO tallies
SELECT '', 'streak', command, COUNT(*), 0, 0, 0 FROM runs
WHERE exit_code NOT IN (0, 3) AND started_at > COALESCE((
  SELECT MAX(well.started_at) FROM runs AS well
  WHERE well.command = runs.command AND well.exit_code IN (0, 3)), '')
GROUP BY command
"""


def _016_told(database: "Database") -> None:
    """What each receiver of notices was told, and has not changed since."""
    database.table("told").create(
        {"receiver": str, "kind": str, "command": str, "what": str, "at": str},
        pk=("receiver", "kind", "command", "what"),
    )


def _017_counting(database: "Database") -> None:
    """Whether a run counts as a success or a failure; those that are there do."""
    database.execute("ALTER TABLE runs ADD COLUMN counts INTEGER")


def _018_asking(database: "Database") -> None:
    """Where a run goes on, and since when it waits for a person's answer."""
    for column in ("host", "asking_since"):
        database.execute(f"ALTER TABLE runs ADD COLUMN {column} TEXT")


STEPS = (
    _001_read_path,
    _002_write_path,
    _003_people,
    _004_targets,
    _006_seen,
    _007_standing,
    _008_ends,
    _009_exact,
    _010_own_links,
    _012_presets,
    _013_events,
    _015_watch,
    _016_told,
    _017_counting,
    _018_asking,
)
