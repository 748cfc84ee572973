"""What can be asked of a journal, whoever has it open."""

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from raidctl.core.memory import Baseline, Memory, Refusal
from raidctl.core.model import Field, SyncDirection
from raidctl.core.paths import Transition
from raidctl.core.writes.log import Mark, Pause, Run, Skip, Write
from raidctl.core.writes.settlement import Intended
from raidctl.journal.errors import explained
from raidctl.journal.rows import (
    BASELINES,
    MARKS,
    OPEN_WRITES,
    RUNS,
    SKIPS,
    WRITES,
    WRITES_BEFORE_TARGETS,
    WRITES_BEFORE_UNDO,
    to_baselines,
    to_intended,
    to_mark,
    to_pause,
    to_run,
    to_skip,
    to_time,
    to_value,
    to_ways,
    to_write,
)
from raidctl.journal.schema import MIGRATION_SET, PEOPLE, TARGETS, WRITE_PATH
from raidctl.ports.jira import IssueRef

T = TypeVar("T")


class Queries(ABC):
    """The methods of a `JournalReader`, over `_rows`. Each raises `JournalError` for damage."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        self._known = frozenset[str]()

    @abstractmethod
    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """The rows of a query; none where there is no journal yet."""

    @property
    def has_baselines(self) -> bool:
        """Whether any baseline stands in the journal."""
        return bool(self._rows("SELECT 1 FROM baselines LIMIT 1"))

    def memories(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        """What is remembered of each (incident id, issue id), in the order asked for."""
        if not links:
            return []
        with explained(self._path):
            return self._remembered(links)

    def _remembered(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        numbers = json.dumps([incident for incident, _ in links])
        baselines: dict[tuple[int, int], dict[Field, Baseline]] = defaultdict(dict)
        for link, field, baseline in to_baselines(self._rows(BASELINES, [numbers])):
            baselines[link][field] = baseline
        cooling, flapping = self._cooling(numbers), self._flapping(numbers)
        refusals = self._refusals(numbers)
        return [
            Memory(
                baselines.get(link, {}),
                frozenset(cooling.get(link[0], ())),
                frozenset(flapping.get(link, ())),
                refusals=refusals.get(link, {}),
            )
            for link in links
        ]

    def _cooling(self, numbers: str) -> Mapping[int, set[tuple[SyncDirection, Field]]]:
        cooling: dict[int, set[tuple[SyncDirection, Field]]] = defaultdict(set)
        for incident, direction, field in self._rows(
            "SELECT entity_id, direction, field FROM guards WHERE entity_type = 'incident'"
            " AND expires_at > ? AND entity_id IN (SELECT value FROM json_each(?))",
            [self._now().timestamp(), numbers],
        ):
            cooling[incident].add((SyncDirection(direction), Field(field)))
        return cooling

    def _flapping(self, numbers: str) -> Mapping[tuple[int, int], set[Field]]:
        flapping: dict[tuple[int, int], set[Field]] = defaultdict(set)
        for incident, issue, field in self._rows(
            "SELECT incident, issue_id, field FROM quarantines"
            " WHERE incident IN (SELECT value FROM json_each(?))",
            [numbers],
        ):
            flapping[incident, issue].add(Field(field))
        return flapping

    def _refusals(self, numbers: str) -> Mapping[tuple[int, int], dict[Field, Refusal]]:
        refusals: dict[tuple[int, int], dict[Field, Refusal]] = defaultdict(dict)
        for incident, issue, field, edited, *values in self._read(
            tuple,
            "SELECT incident, issue_id, field, edited_at, impact, jira, new FROM refusals"
            " WHERE incident IN (SELECT value FROM json_each(?))",
            [numbers],
            step=PEOPLE,
        ):
            at = None if edited is None else to_time(edited)
            impact, jira, new = map(to_value, values)
            refusals[incident, issue][Field(field)] = Refusal(impact, jira, new, at)
        return refusals

    def known_issues(self, incidents: Sequence[int]) -> Mapping[int, IssueRef]:
        """The issue each of these incidents was last linked to."""
        rows = self._rows(
            "SELECT incident, issue_key, issue_id FROM links"
            " WHERE incident IN (SELECT value FROM json_each(?))",
            [json.dumps(incidents)],
        )
        return {incident: IssueRef(key, issue) for incident, key, issue in rows}

    def claimants(self, issues: Collection[int]) -> Mapping[int, Sequence[int]]:
        """The incidents last seen linked to each of these issues, in the order of their ids."""
        found: dict[int, list[int]] = defaultdict(list)
        for issue, incident in self._rows(
            "SELECT issue_id, incident FROM links"
            " WHERE issue_id IN (SELECT value FROM json_each(?)) ORDER BY incident",
            [json.dumps(list(issues))],
        ):
            found[issue].append(incident)
        return dict(found)

    def last_seen_open(self) -> frozenset[int]:
        """Incidents of which either side was open when last seen."""
        return frozenset(row[0] for row in self._rows("SELECT incident FROM links WHERE open"))

    def accounts(self) -> Mapping[str, str]:
        """JIRA accounts found in earlier runs, by e-mail (folded)."""
        return dict(self._rows("SELECT email, account FROM users"))

    def paused(self) -> Pause | None:
        """The pause in force, if there is one."""
        now = self._now()
        pauses = self._read(to_pause, "SELECT since, until, by FROM pauses")
        return next((pause for pause in pauses if pause.until > now), None)

    def runs(self, limit: int) -> Sequence[Run]:
        """The latest runs, newest first."""
        return self._read(to_run, f"{RUNS} ORDER BY rowid DESC LIMIT ?", [limit])

    def named_runs(self, names: Collection[str]) -> Sequence[Run]:
        """Those of these runs that there are, newest first."""
        wanted = "SELECT value FROM json_each(?)"
        return self._read(
            to_run, f"{RUNS} WHERE id IN ({wanted}) ORDER BY rowid DESC", [json.dumps(list(names))]
        )

    def running(self) -> Run | None:
        """The newest run that has not ended, which holds the lock if any run does."""
        newest = f"{RUNS} WHERE finished_at IS NULL ORDER BY rowid DESC LIMIT 1"
        return next(iter(self._read(to_run, newest)), None)

    def writes(
        self, *, run: str | None = None, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> Sequence[Write]:
        """The writes of one run, or of these incidents and issues, oldest first.

        A key is the issue's at the time of the write, in any case. With a run and a target, the
        run's writes of the target; with neither, none.
        """
        conditions, parameters = list[str](), list[object]()
        if run is not None:
            conditions.append("run = ?")
            parameters.append(run)
        if incidents or keys:
            conditions.append(
                "(incident IN (SELECT value FROM json_each(?))"
                " OR issue IN (SELECT value FROM json_each(?)))"
            )
            parameters += json.dumps(list(incidents)), json.dumps(list(keys))
        if not conditions:
            return []
        where = " AND ".join(conditions)
        return self._read(to_write, f"{self._columns()} WHERE {where} ORDER BY id", parameters)

    def undoing(self, writes: Collection[int]) -> Sequence[Write]:
        """What took these writes back, and what took that back, oldest first."""
        undoing = (
            "WITH RECURSIVE chain (id) AS (SELECT value FROM json_each(?) UNION"
            " SELECT writes.id FROM writes JOIN chain ON writes.undoes = chain.id)"
        )
        where = "WHERE undoes IN (SELECT id FROM chain)"
        return self._read(
            to_write,
            f"{undoing} {self._columns()} {where} ORDER BY id",
            [json.dumps(list(writes))],
            PEOPLE,
        )

    def marks(self) -> Sequence[Mark]:
        """All that is kept from being written until a person says otherwise."""
        return self._read(to_mark, MARKS, step=PEOPLE)

    def skips(self) -> Sequence[Skip]:
        """The pairs of values that people looked at and left as they are."""
        return self._read(to_skip, SKIPS, step=PEOPLE)

    def open_writes(self) -> Sequence[Intended]:
        """Intents that were never settled, oldest first, with their hops in order."""
        hops: dict[int, list[str]] = defaultdict(list)
        for write, status in self._read(
            tuple,
            "SELECT write, status FROM hops WHERE write IN"
            " (SELECT id FROM writes WHERE outcome IS NULL AND sent) ORDER BY write, number",
        ):
            hops[write].append(status)
        return self._read(lambda row: to_intended(row, hops[row[0]]), f"{OPEN_WRITES} ORDER BY id")

    def learnt(self, project: str, issue_type: str) -> Mapping[str, Sequence[Transition]]:
        """The ways out of each status (by its folded name) as last seen on such issues."""
        return dict(
            self._read(
                lambda row: (row[0], to_ways(row[1])),
                "SELECT status, ways FROM transitions WHERE project = ? AND issue_type = ?",
                [project, issue_type],
            )
        )

    def _read(
        self,
        made: Callable[[Sequence[Any]], T],
        sql: str,
        parameters: Sequence[object] = (),
        step: str = WRITE_PATH,
    ) -> list[T]:
        """Rows of what runs leave; none in a journal that is older than the tables for it."""
        with explained(self._path):
            if not self._knows(step):
                return []
            return [made(row) for row in self._rows(sql, parameters)]

    def _columns(self) -> str:
        """What a row of history is made of, in a journal of this age."""
        if self._knows(TARGETS):
            return WRITES
        return WRITES_BEFORE_TARGETS if self._knows(PEOPLE) else WRITES_BEFORE_UNDO

    def _knows(self, step: str) -> bool:
        """Whether the journal has taken this step of its schema: none is ever taken back."""
        if step not in self._known:
            taken = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
            self._known = frozenset(name for (name,) in self._rows(taken, [MIGRATION_SET]))
        return step in self._known
