"""What can be asked of a journal, in whatever database it is."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from raidctl.core.history import OwnWrite
from raidctl.core.memory import Baseline, Memory, Reading, Refusal
from raidctl.core.model import Field, SyncDirection
from raidctl.core.notices import Matter
from raidctl.core.paths import Transition
from raidctl.core.writes.log import Mark, OwnLink, Pause, Run, SeenLink, Skip, Write
from raidctl.core.writes.settlement import Intended
from raidctl.journal import sql
from raidctl.journal.cells import number, text, to_moment, to_value
from raidctl.journal.connection import (
    ENDS,
    EXACT,
    NONE,
    OWN_LINKS,
    PEOPLE,
    PRESETS,
    SEEN,
    STANDING,
    TARGETS,
    TOLD,
    WRITE_PATH,
    Connection,
    Parameters,
)
from raidctl.journal.events import Events
from raidctl.journal.rows import (
    to_baselines,
    to_intended,
    to_link,
    to_mark,
    to_matter,
    to_own,
    to_own_link,
    to_pause,
    to_reading,
    to_refusal,
    to_run,
    to_skip,
    to_ways,
    to_write,
)
from raidctl.journal.watch import OF_RUNS, Watch
from raidctl.ports.jira import IssueRef

T = TypeVar("T")
Guards = dict[tuple[SyncDirection, Field], datetime]
# The columns that tables were given by a later step than the one that made them.
_OF_WRITES = {PEOPLE: ("undoes",), TARGETS: ("target", "part")}
_OF_SKIPS = {ENDS: ("until", "why")}
_OF_REFUSALS = {STANDING: ("writer",)}
_OF_LINKS = {STANDING: ("status",)}
_OF_BASELINES = {SEEN: ("seen_at",)}


class Queries:
    """A `ports.JournalReader` over a connection, at the time of `now`."""

    def __init__(self, connection: Connection, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._now = now

    def close(self) -> None:
        """Let go of the journal."""
        self._connection.close()

    @property
    def queue(self) -> Events:
        """The queue of events."""
        return Events(self._connection)

    @property
    def watch(self) -> Watch:
        """What is counted, and what is held."""
        return Watch(self._connection)

    @property
    def has_baselines(self) -> bool:
        """Whether any baseline stands in the journal."""
        return bool(self._connection.execute(sql.ANY_BASELINE))

    def memories(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        """What is remembered of each (incident id, issue id), in the order asked for."""
        if not links:
            return []
        with self._connection.explained():
            return self._remembered(links)

    def _remembered(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        numbers = {"incidents": [incident for incident, _ in links]}
        baselines: dict[tuple[int, int], dict[Field, Baseline]] = defaultdict(dict)
        rows = self._connection.execute(self._of(_OF_BASELINES, sql.BASELINES), numbers)
        for link, field, baseline in to_baselines(rows):
            baselines[link][field] = baseline
        guards, flapping = self._guards(numbers), self._flapping(numbers)
        refusals = self._refusals(numbers)
        return [
            Memory(
                baselines.get(link, {}),
                guards.get(link[0], {}),
                frozenset(flapping.get(link, ())),
                refusals=refusals.get(link, {}),
            )
            for link in links
        ]

    def _guards(self, numbers: Parameters) -> Mapping[int, Guards]:
        guards: dict[int, Guards] = defaultdict(dict)
        given = {**numbers, "now": self._now().timestamp()}
        for incident, direction, field, ends in self._connection.execute(sql.GUARDS, given):
            guards[incident][SyncDirection(direction), Field(field)] = to_moment(ends)
        return guards

    def _flapping(self, numbers: Parameters) -> Mapping[tuple[int, int], set[Field]]:
        flapping: dict[tuple[int, int], set[Field]] = defaultdict(set)
        for incident, issue, field in self._connection.execute(sql.QUARANTINES, numbers):
            flapping[incident, issue].add(Field(field))
        return flapping

    def _refusals(self, numbers: Parameters) -> Mapping[tuple[int, int], dict[Field, Refusal]]:
        refusals: dict[tuple[int, int], dict[Field, Refusal]] = defaultdict(dict)
        statement = self._of(_OF_REFUSALS, sql.REFUSALS)
        for incident, issue, field, *values in self._read(tuple, statement, numbers, PEOPLE):
            refusals[incident, issue][Field(field)] = to_refusal(values)
        return refusals

    def known_issues(self, incidents: Sequence[int]) -> Mapping[int, IssueRef]:
        """The issue each of these incidents was last linked to."""
        with self._connection.explained():
            rows = self._connection.execute(sql.LINKS, {"incidents": list(incidents)})
            return {row[0]: IssueRef(text(row[1]), number(row[2])) for row in rows}

    def latest_links(self, limit: int) -> Sequence[SeenLink]:
        """So many links as they were last seen, newest incidents first."""
        statement = self._of(_OF_LINKS, sql.LATEST_LINKS)
        with self._connection.explained():
            return [to_link(row) for row in self._connection.execute(statement, {"limit": limit})]

    def own_links(self) -> Sequence[OwnLink]:
        """The links that only the journal need have."""
        return self._read(to_own_link, sql.OWN_LINKS, step=OWN_LINKS)

    def own_links_of(self, incidents: Collection[int]) -> Sequence[OwnLink]:
        """Those of these incidents."""
        given = {"incidents": list(incidents)}
        return self._read(to_own_link, sql.OWN_LINKS_OF, given, OWN_LINKS)

    def claimants(self, issues: Collection[int]) -> Mapping[int, Sequence[int]]:
        """The incidents last seen linked to each of these issues, in the order of their ids."""
        found: dict[int, list[int]] = defaultdict(list)
        with self._connection.explained():
            for issue, incident in self._connection.execute(sql.CLAIMS, {"issues": list(issues)}):
                found[issue].append(number(incident))
        return dict(found)

    def last_seen_open(self) -> frozenset[int]:
        """Incidents of which either side was open when last seen."""
        with self._connection.explained():
            return frozenset(number(row[0]) for row in self._connection.execute(sql.OPEN_LINKS))

    def accounts(self) -> Mapping[str, str]:
        """JIRA accounts found in earlier runs, by e-mail (folded).

        None of a journal from when look-alikes were taken for each other.
        """
        if not self._connection.knows(EXACT):
            return {}
        with self._connection.explained():
            rows = self._connection.execute(sql.ACCOUNTS)
            return {text(email): text(account) for email, account in rows}

    def preset(self, asked: str) -> str | None:
        """The preset that was found for this."""
        found = self._read(lambda row: text(row[0]), sql.PRESET, {"asked": asked}, PRESETS)
        return next(iter(found), None)

    def paused(self) -> Pause | None:
        """The pause in force, if there is one."""
        now = self._now()
        pauses = self._read(to_pause, sql.PAUSES)
        return next((pause for pause in pauses if pause.until > now), None)

    def runs(self, limit: int) -> Sequence[Run]:
        """The latest runs, newest first."""
        return self._read(to_run, self._of(OF_RUNS, sql.LATEST_RUNS), {"limit": limit})

    def runs_of(self, command: str, limit: int) -> Sequence[Run]:
        """The latest runs of a command, newest first."""
        given = {"command": command, "limit": limit}
        return self._read(to_run, self._of(OF_RUNS, sql.LATEST_RUNS_OF), given)

    def named_runs(self, names: Collection[str]) -> Sequence[Run]:
        """Those of these runs that there are, newest first."""
        return self._read(to_run, self._of(OF_RUNS, sql.NAMED_RUNS), {"names": list(names)})

    def running(self) -> Run | None:
        """The newest run that has not ended, which holds the lock if any run does."""
        return next(iter(self._read(to_run, self._of(OF_RUNS, sql.RUNNING))), None)

    def writes(
        self, *, run: str | None = None, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> Sequence[Write]:
        """The writes of one run, or of these incidents and issues, oldest first.

        A key is the issue's at the time of the write, in any case. With a run and a target, the
        run's writes of the target; with neither, none.
        """
        conditions = [sql.OF_RUN] if run is not None else []
        if incidents or keys:
            conditions.append(sql.OF_TARGETS)
        if not conditions:
            return []
        folded = [key.upper() for key in keys]
        return self._read(
            to_write,
            self._of(_OF_WRITES, f"{sql.WRITES} WHERE {' AND '.join(conditions)} {sql.IN_ORDER}"),
            {"run": run, "incidents": list(incidents), "keys": folded},
        )

    def readings(self) -> Mapping[Field, Reading]:
        """The latest whole reading of each field."""
        return dict(self._read(to_reading, sql.READINGS, step=SEEN))

    def sent(self, incidents: Collection[int]) -> Sequence[OwnWrite]:
        """Every value that was sent to these incidents and their issues, or came back of one."""
        given = {"incidents": list(incidents)}
        values = self._read(lambda row: to_own(row, to_value(row[4])), sql.SENT, given)
        return [*values, *self._read(lambda row: to_own(row, row[4]), sql.SENT_HOPS, given)]

    def undoing(self, writes: Collection[int]) -> Sequence[Write]:
        """What took these writes back, and what took that back, oldest first."""
        given = {"writes": list(writes)}
        return self._read(to_write, self._of(_OF_WRITES, sql.UNDOING), given, PEOPLE)

    def marks(self) -> Sequence[Mark]:
        """All that is kept from being written until a person says otherwise."""
        return self._read(to_mark, sql.MARKS, step=PEOPLE)

    def skips(self) -> Sequence[Skip]:
        """The pairs of values that people looked at and left as they are, but for what ended."""
        now = self._now()
        skips = self._read(to_skip, self._of(_OF_SKIPS, sql.SKIPS), step=PEOPLE)
        return [skip for skip in skips if skip.until is None or skip.until > now]

    def told(self, receiver: str) -> Mapping[Matter, datetime]:
        """What a receiver of notices was told, and when."""
        return dict(self._read(to_matter, sql.TOLD, {"receiver": receiver}, TOLD))

    def open_writes(self) -> Sequence[Intended]:
        """Intents that were never settled, oldest first, with their hops in order."""
        hops: dict[int, list[str]] = defaultdict(list)
        for write, status in self._read(tuple, sql.OPEN_HOPS):
            hops[write].append(status)
        statement = self._of(_OF_WRITES, sql.OPEN_WRITES)
        return self._read(lambda row: to_intended(row, hops[row[0]]), statement)

    def learnt(self, project: str, issue_type: str) -> Mapping[str, Sequence[Transition]]:
        """The ways out of each status (by its folded name) as last seen on such issues."""
        given = {"project": project, "issue_type": issue_type}
        return dict(self._read(lambda row: (row[0], to_ways(row[1])), sql.WAYS, given))

    def _of(self, columns: Mapping[str, Sequence[str]], statement: str) -> str:
        """A statement as a journal of this age can be asked; `columns` are those of each step."""
        steps = (step for step in columns if not self._connection.knows(step))
        return sql.without((column for step in steps for column in columns[step]), statement)

    def _read(
        self,
        made: Callable[[Sequence[Any]], T],
        statement: str,
        parameters: Parameters = NONE,
        step: str = WRITE_PATH,
    ) -> list[T]:
        """Rows of what runs leave; none in a journal that is older than the tables for it."""
        with self._connection.explained():
            if not self._connection.knows(step):
                return []
            return [made(row) for row in self._connection.execute(statement, parameters)]
