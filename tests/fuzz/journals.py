"""Mutants of journals."""

import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from raidctl.core.model import Field, Side
from raidctl.core.reasons import Reason
from raidctl.core.watch.site import HoldKey, Leaving, SiteState
from raidctl.core.writes.log import OwnLink, Pause, Skip
from raidctl.errors import JournalError
from raidctl.journal import Journal, ReadOnlyJournal
from raidctl.present.format import Format
from raidctl.present.history.render import render_history
from raidctl.present.history.rows import History as Told
from raidctl.present.status.render import render_status
from raidctl.runs.reading.status import status as look
from tests.contract.journal.values import intent
from tests.contract.journal.values import run as begun
from tests.core.strategies import NOW
from tests.fuzz.base import (
    Input,
)
from tests.fuzz.mutate import ODD, mutant_bytes
from tests.runs.past import remembered


class _Journal(Input):
    """A journal that runs have left."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "journal.db"
        with remembered(folder) as past:
            past.at.impact(1, title="Another title")
            past.undo(past.reconcile())
            journal = past.at.journal
            journal.intend([intent()], "run-1", NOW)
            journal.pause(Pause(NOW, NOW, "ada"))
            journal.skip(Skip(1, 10_001, Field.TITLE, "a", "b"), NOW)
            ended = replace(begun("run-9"), finished_at=NOW, exit_code=4)
            held = frozenset(
                {HoldKey(1, Field.TITLE, Reason.CONFLICT), HoldKey(2, None, Reason.MOVED)}
            )
            links, drift = {"in_sync": 7, "drifted": 1}, {Field.TITLE: 1}
            requests, errors = {Side.JIRA: 3}, {("jira", "network"): 1}
            leaving = Leaving(requests, errors, SiteState(links, drift, held))
            journal.refuse(ended, leaving)
            journal.record_own_links([OwnLink(2, "INC-2", 10_002, led_back=True)], NOW)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        self.content = self.path.read_bytes()
        assert self.ask() == [None, None]

    def put(self, content: bytes) -> None:
        """Let this be the journal, with nothing of the former one's beside it."""
        for end in ("-wal", "-shm", "-journal"):
            self.path.with_name(f"{self.path.name}{end}").unlink(missing_ok=True)
        self.path.write_bytes(content)

    def ask(self) -> list[JournalError | None]:
        """What is wrong with it, by whatever can be asked, of a reader and of a writer."""
        return [self._asked(made) for made in (ReadOnlyJournal, Journal)]

    def _asked(self, made: Any) -> JournalError | None:
        try:
            with closing(made(self.path, lambda: NOW)) as journal:
                self._questions(journal)
        except JournalError as error:
            return error
        return None

    def _questions(self, journal: Any) -> None:
        links = [(number, 10_000 + number) for number in range(1, 9)]
        _ = journal.has_baselines
        for memory in journal.memories(links):
            repr(memory)
        for ref in journal.known_issues(list(range(1, 9))).values():
            assert type(ref.key) is str
            assert type(ref.id) is int
        journal.claimants([10_001, 10_002])
        sorted(journal.last_seen_open())
        for email, account in journal.accounts().items():
            assert (type(email), type(account)) == (str, str)
        journal.paused()
        runs = journal.runs(50)
        journal.named_runs([run.id for run in runs])
        journal.running()
        writes = journal.writes(incidents=range(1, 9), keys=["INC-1"])
        for run in runs:
            journal.writes(run=run.id)
        history = Told(runs, writes)
        render_history(history, Format.JSON)
        journal.undoing([write.id for write in writes])
        journal.marks()
        journal.skips()
        for link in [*journal.own_links(), *journal.own_links_of(range(1, 9))]:
            assert (type(link.issue), type(link.issue_id)) == (str, int)
        status = look(journal, NOW)
        for form in (Format.JSON, Format.TABLE):
            render_status(status, form, timedelta(days=1))
        journal.open_writes()
        journal.learnt("INC", "Incident")


class JournalRows(_Journal):
    """Values in a journal's tables that raidctl did not write."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.columns: dict[str, list[str]] = {}
        self.rows: dict[str, list[int]] = {}
        with closing(sqlite3.connect(self.path)) as connection:
            names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            for (table,) in connection.execute(names).fetchall():
                rows = [n for (n,) in connection.execute(f"SELECT rowid FROM {table}")]
                if rows:
                    told = connection.execute(f"PRAGMA table_info({table})")
                    self.columns[table] = [row[1] for row in told]
                    self.rows[table] = rows

    def play(self, random: Random) -> None:
        table = random.choice(list(self.columns))
        value = random.choice([*ODD, b"\xff", b"x"])
        if isinstance(value, list | dict | float) or (
            isinstance(value, int) and not -(2**63) <= value < 2**63
        ):
            value = json.dumps(value)
        if isinstance(value, str) and "\ud800" in value:
            value = json.dumps(value)
        if random.random() < 0.3 and isinstance(value, str):
            value = json.dumps(value)
        change = f"UPDATE {table} SET {random.choice(self.columns[table])} = ? WHERE rowid = ?"
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(self.content)
            with suppress(sqlite3.IntegrityError), connection:
                connection.execute(change, [value, random.choice(self.rows[table])])
            self.put(connection.serialize())
        self.ask()


class JournalBytes(_Journal):
    """A journal's file as a bad disk leaves it."""

    def play(self, random: Random) -> None:
        self.put(mutant_bytes(random, self.content))
        self.ask()
