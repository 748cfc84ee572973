"""The journal as a run has it that writes."""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, cast

from raidctl.core.mapping.tables import folded
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, SyncDirection
from raidctl.core.paths import Transition
from raidctl.core.writes.log import Attempt, Intent, Pause, Run, SeenLink, Settled, Skip
from raidctl.core.writes.marks import after_settlement, on_release
from raidctl.journal import marks
from raidctl.journal.errors import busy, explained
from raidctl.journal.queries import Queries
from raidctl.journal.rows import (
    WRITES,
    from_baseline,
    from_intent,
    from_result,
    from_run,
    from_skip,
    from_time,
    from_ways,
    to_write,
)
from raidctl.journal.schema import migrate

GUARD_SECONDS = 30.0  # FireFighter's own, see DESIGN §4
BUSY_SECONDS = 5.0  # a pause and a run both write, each for an instant
CREATORS = 20  # how many raidctls may find at once that there is no journal

_BEGIN = """
INSERT INTO runs (id, command, started_at, pid, direction, finished_at, exit_code, plan, outcomes,
  held)
VALUES (:id, :command, :started_at, :pid, :direction, :finished_at, :exit_code, :plan, :outcomes,
  :held)
"""
_END = """
UPDATE runs SET direction = :direction, finished_at = :finished_at, exit_code = :exit_code,
  plan = :plan, outcomes = :outcomes, held = :held
WHERE id = :id
"""
_BASELINE = """
INSERT INTO baselines (incident, issue_id, field, impact, jira, tables, state, direction, run, at)
VALUES (:incident, :issue_id, :field, :impact, :jira, :tables, :state, :direction, :run, :at)
ON CONFLICT (incident, issue_id, field) DO UPDATE
SET impact = :impact, jira = :jira, tables = :tables, state = :state, direction = :direction,
  run = :run, at = :at
WHERE (impact, jira, tables, state, direction) IS NOT (:impact, :jira, :tables, :state, :direction)
"""
_INTEND = """
INSERT INTO writes (run, at, incident, issue, issue_id, field, direction, source, old, new, tables,
  kind, undoes, sent)
VALUES (:run, :at, :incident, :issue, :issue_id, :field, :direction, :source, :old, :new, :tables,
  :kind, :undoes, 1)
"""
_ATTEMPT = """
INSERT INTO writes (run, at, incident, issue, issue_id, field, direction, source, old, new, tables,
  kind, undoes, sent, outcome, read_back, category, detail, settled_by, settled_at)
VALUES (:run, :at, :incident, :issue, :issue_id, :field, :direction, :source, :old, :new, :tables,
  :kind, :undoes, 0, :outcome, :read_back, :category, :detail, :run, :at)
"""
_SETTLE = """
UPDATE writes SET outcome = :outcome, read_back = :read_back, category = :category,
  detail = :detail, settled_by = :run, settled_at = :at
WHERE id = :write AND outcome IS NULL
"""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Journal(Queries):
    """A `ports.Journal`: created private (mode 0600), migrated, in WAL mode.

    It reads through the connection it writes with, and may be used by several threads.
    `guard_seconds` is how long a loop guard lasts; 0 sets none.
    """

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = _utc_now,
        guard_seconds: float = GUARD_SECONDS,
    ) -> None:
        super().__init__(path, now)
        self._guard_seconds = guard_seconds
        self._lock = RLock()
        with explained(path):
            self._connection = _opened(path)

    def close(self) -> None:
        """Release the file."""
        with self._lock, explained(self._path):
            self._connection.close()

    def begin(self, run: Run) -> None:
        """Record that a run has begun."""
        with self._transaction() as connection:
            connection.execute(_BEGIN, from_run(run))

    def end(self, run: Run) -> None:
        """Record how a run ended."""
        with self._transaction() as connection:
            _one(connection.execute(_END, from_run(run)), f"no run {run.id}")

    def record_baselines(
        self, stored: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store baselines of (incident id, issue id, field), each in place of an older one.

        One that stands there already just so is left alone: the caller need not look.
        """
        record = {"run": run, "at": from_time(at)}
        rows = [from_baseline(*one) | record for one in stored]
        if rows:
            with self._transaction() as connection:
                connection.executemany(_BASELINE, rows)

    def record_links(self, links: Sequence[SeenLink], at: datetime) -> None:
        """Remember links; one that is known as it is writes nothing.

        An issue that is known by its key keeps its id: where the key leads to another issue now,
        the link stays as it was, for the plan to find it relinked.
        """
        with self._lock:
            known = self._links([link.incident for link in links])
            changed = {}
            for link in links:
                before = known.get(link.incident)
                if link != before and not _relinked(before, link):
                    changed[link.incident] = known[link.incident] = link
            if changed:
                with self._transaction() as connection:
                    connection.executemany(
                        "INSERT OR REPLACE INTO links"
                        " (incident, issue_key, issue_id, open, seen_at) VALUES (?, ?, ?, ?, ?)",
                        [(*astuple(link), from_time(at)) for link in changed.values()],
                    )

    def forget_links(self, incidents: Collection[int], keys: Collection[str]) -> None:
        """Take the links of these incidents and issue keys, in any case, for unknown."""
        with self._transaction() as connection:
            connection.execute(
                "DELETE FROM links WHERE incident IN (SELECT value FROM json_each(?))"
                " OR upper(issue_key) IN (SELECT upper(value) FROM json_each(?))",
                [json.dumps(list(incidents)), json.dumps(list(keys))],
            )

    def _links(self, incidents: Sequence[int]) -> dict[int, SeenLink]:
        rows = self._rows(
            "SELECT incident, issue_key, issue_id, open FROM links"
            " WHERE incident IN (SELECT value FROM json_each(?))",
            [json.dumps(incidents)],
        )
        return {
            incident: SeenLink(incident, key, issue, bool(is_open))
            for incident, key, issue, is_open in rows
        }

    def record_accounts(self, accounts: Mapping[str, str], at: datetime) -> None:
        """Remember JIRA accounts by (folded) e-mail; one that is known writes nothing."""
        with self._lock:
            known = self.accounts()
            changed = {e: account for e, account in accounts.items() if known.get(e) != account}
            if changed:
                with self._transaction() as connection:
                    connection.executemany(
                        "INSERT OR REPLACE INTO users (email, account, at) VALUES (?, ?, ?)",
                        [(email, account, from_time(at)) for email, account in changed.items()],
                    )

    def forget_accounts(self, accounts: Iterable[str]) -> None:
        """Forget what e-mails these accounts were found for."""
        with self._transaction() as connection:
            connection.executemany("DELETE FROM users WHERE account = ?", [(a,) for a in accounts])

    def learn(
        self, project: str, issue_type: str, status: str, ways: Sequence[Transition], at: datetime
    ) -> None:
        """Remember the ways out of a status; one that is known as it is writes nothing."""
        with self._lock:
            if self.learnt(project, issue_type).get(folded(status)) == tuple(ways):
                return
            with self._transaction() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO transitions (project, issue_type, status, ways, at)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (project, issue_type, folded(status), from_ways(ways), from_time(at)),
                )

    def intend(self, intents: Sequence[Intent], run: str, at: datetime) -> Sequence[int]:
        """Record writes that are about to be sent, and guard against their echo; their ids.

        The guards begin at `at`; those that have expired by then go.
        """
        if not intents:
            return []
        with self._transaction() as connection:
            connection.execute("DELETE FROM guards WHERE expires_at <= ?", [at.timestamp()])
            if self._guard_seconds:
                expires = at.timestamp() + self._guard_seconds
                connection.executemany(
                    "INSERT OR REPLACE INTO guards"
                    " (entity_type, entity_id, direction, field, expires_at)"
                    " VALUES ('incident', ?, ?, ?, ?)",
                    [(one.incident, _echo(one.direction), one.field, expires) for one in intents],
                )
            record = {"run": run, "at": from_time(at)}
            return [
                cast("int", connection.execute(_INTEND, from_intent(one) | record).lastrowid)
                for one in intents
            ]

    def hop(self, write: int, transition: Transition, at: datetime) -> None:
        """Record that a transition of a status write is about to be sent."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO hops (write, number, status, transition, at)"
                " VALUES (?, (SELECT COUNT(*) + 1 FROM hops WHERE write = ?), ?, ?, ?)",
                (write, write, transition.to, transition.id, from_time(at)),
            )

    def settle(
        self, settled: Sequence[Settled], attempts: Sequence[Attempt], run: str, at: datetime
    ) -> None:
        """Record what became of writes and the baselines they leave; quarantine what flaps.

        A write is settled once: for one that is not open it raises LookupError, a defect.
        """
        if not settled and not attempts:
            return
        record = {"run": run, "at": from_time(at)}
        with self._transaction() as connection:
            for one in settled:
                row = from_result(one.result) | record | {"write": one.write}
                _one(connection.execute(_SETTLE, row), f"no open write {one.write}")
                write = to_write(
                    connection.execute(f"{WRITES} WHERE id = ?", [one.write]).fetchone()
                )
                key = write.incident, write.issue_id, write.field
                if one.baseline is not None:
                    connection.execute(_BASELINE, from_baseline(*key, one.baseline) | record)
                known = marks.known(connection, key, at)
                changes = after_settlement(write, one.baseline, one.refused, known, at)
                marks.change(connection, key, changes, at)
            connection.executemany(
                _ATTEMPT,
                [from_intent(one.intent) | from_result(one.result) | record for one in attempts],
            )

    def release(self, incident: int, issue: int, field: Field, at: datetime) -> bool:
        """Let the next run decide on a field as if nobody had; whether anything stood in its way.

        A write that was taken back is then one that stopped half way.
        """
        with self._transaction() as connection:
            key = incident, issue, field
            marked = marks.known(connection, key, at).marked
            marks.change(connection, key, on_release(marked), at)
            return bool(marked)

    def skip(self, skip: Skip, at: datetime) -> None:
        """Remember that a person left a field as it is; in place of an earlier pair of values."""
        row = from_skip(skip) | {"at": from_time(at)}
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO skips (incident, issue_id, field, impact, jira, at)"
                " VALUES (:incident, :issue_id, :field, :impact, :jira, :at)",
                row,
            )

    def pause(self, pause: Pause) -> None:
        """Stop all writing until then, in place of an earlier pause."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM pauses")
            connection.execute(
                "INSERT INTO pauses (since, until, by) VALUES (?, ?, ?)",
                (from_time(pause.since), from_time(pause.until), pause.by),
            )

    def resume(self) -> bool:
        """End the pause; whether there was one in force."""
        with self._lock:
            paused = self.paused() is not None
            if paused:
                with self._transaction() as connection:
                    connection.execute("DELETE FROM pauses")
            return paused

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        with self._lock, explained(self._path):
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything or nothing, committed at the end; another thread or process waits."""
        with self._lock, explained(self._path), self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection


def _opened(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Not `touch`, which changes the time of a file that is there: readers go by it. What SQLite
    # makes beside a file has the file's mode.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    with ExitStack() as undo:
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        undo.callback(connection.close)
        _into_wal_mode(connection)
        # In WAL mode less than FULL may lose the last commits in a power cut: an intent would be
        # gone while its request has acted.
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, path)
        undo.pop_all()
    return connection


def _into_wal_mode(connection: sqlite3.Connection) -> None:
    """Readers and a writer do not stop each other there; nothing happens to a file that is in it.

    Two raidctls may make one journal at once, and for this lock SQLite does not wait by itself.
    """
    for others in reversed(range(CREATORS)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not (others and busy(error)):
                raise
            with connection:
                connection.execute("BEGIN EXCLUSIVE")
        else:
            return


def _relinked(before: SeenLink | None, link: SeenLink) -> bool:
    """Whether the key that was known leads to another issue."""
    return before is not None and before.issue == link.issue and before.issue_id != link.issue_id


def _echo(direction: SyncDirection) -> SyncDirection:
    """The direction in which FireFighter would carry a write back."""
    to_jira, to_impact = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
    return to_impact if direction is to_jira else to_jira


def _one(cursor: sqlite3.Cursor, otherwise: str) -> None:
    if cursor.rowcount != 1:
        raise LookupError(f"the journal holds {otherwise}")
