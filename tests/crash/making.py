"""Backfills that are killed at every point: what is made is there once, and all of it.

Scenarios of a kind of their own: they are judged by what is there afterwards, on both sides.
"""

import json
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.gateways.impact.database.tables import metadata
from raidctl.sandbox.impact.seed import DECLARER, add_incident, add_user, seed_reference
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import JIRA_TOKEN
from tests.cli.world import ADA, BOT, GRACE
from tests.crash.case import Played
from tests.crash.launcher import Ended, Launcher, launching
from tests.crash.systems import BEFORE, Impact, Rows, Sort, common, configured, rows
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

SITE = "https://impact.example.test"

_VOLATILE = {"id", "run", "at", "started_at", "finished_at", "pid", "settled_by", "settled_at"}
_VOLATILE |= {"expires_at", "seen_at", "plan", "write"}
_TABLES = ("writes", "hops", "own_links", "baselines")
_TICKETS = """
SELECT jiraissue_ptr_id, key, incident_id FROM raid_jiraticket
JOIN jira_app_jiraissue ON jira_app_jiraissue.id = jiraissue_ptr_id ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Making(ABC):
    """What is made, in one deployment; `link` is what gets a link."""

    name: str
    sort: Sort
    link: Literal["off", "database"]

    @abstractmethod
    def arguments(self, folder: Path) -> Sequence[str]:
        """What is typed; files that it names may be put into the folder."""

    @abstractmethod
    def incidents(self) -> Iterable[dict[str, Any]]:
        """The incidents, each with what it has beside `usual`."""

    @abstractmethod
    def seed(self, place: "Yard") -> None:
        """JIRA and the journal as a case finds them."""

    @abstractmethod
    def there(self, place: "Yard") -> object:
        """What was made, as a later run can see it."""

    @abstractmethod
    def amiss(self, place: "Yard") -> Iterator[str]:
        """Everything that is not as it has to be once a run has ended."""


def usual(number: int) -> dict[str, Any]:
    """An incident that Ada commands, as old as all."""
    return {
        "id": number,
        "title": f"Incident {number}",
        "description": "What happened",
        "priority": 3,
        "commander": ADA.email,
        "created_at": BEFORE,
        "updated_at": BEFORE + timedelta(hours=1),
    }


class Yard:
    """Both systems, put back before each case, and raidctl before them."""

    state: JiraState

    def __init__(self, making: Making, folder: Path, launcher: Launcher) -> None:
        self.making = making
        self.folder = folder
        self.journal = folder / "journal" / "journal.db"
        self.impact = Impact(folder)
        self._launcher = launcher
        self._arguments = (*making.arguments(folder), "--yes", "-o", "json")

    def run(self, last: int = 0) -> Ended:
        """Run raidctl, to its end or until it is killed at that point."""
        return self._launcher.run(self._arguments, self._environ, last)

    def reset(self) -> None:
        """Both systems and the journal as they were in the beginning."""
        self.impact.reset()
        people = ADA, GRACE, BOT, Person("firefighter-bot", "FireFighter", DECLARER)
        self.state = JiraState(deployment=self.making.sort, users=people, me=BOT.account)
        self._answer = jira_answer(self.state, token=JIRA_TOKEN)
        shutil.rmtree(self.journal.parent, ignore_errors=True)
        self.making.seed(self)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Serve, with everything in place that each case begins with."""
        with ExitStack() as stack:
            stack.callback(self.impact.engine.dispose)
            jira = stack.enter_context(LoopbackServer(self._answered))
            metadata.create_all(self.impact.engine)
            with self.impact.engine.begin() as connection:
                seed_reference(connection)
                for person in (ADA, GRACE):
                    add_user(connection, person.email, person.name, person.account)
                for values in self.making.incidents():
                    add_incident(connection, **usual(values["id"]) | values)
            self.impact.keep()
            text = f'[impact]\nurl = "{SITE}"\nreads = "database"\n'
            text += f'[impact.writes]\nlink = "{self.making.link}"\n'
            text += common(jira.url, self.making.sort, self.journal)
            self._environ = configured(self.folder, self.impact, text)
            yield

    def _answered(self, request: Request) -> Reply:
        """What the JIRA of this case says."""
        return self._answer(request)

    def rows(self, sql: str) -> Rows:
        """Rows of the journal; none where there is no such table yet."""
        return rows(self.journal, sql)

    def named(self, number: int) -> list[int]:
        """The issues that say in their property that they are the incident's."""
        name = global_id(SITE, number)
        return [
            issue
            for issue, properties in self.state.properties.items()
            if properties.get(PROPERTY, {}).get("globalId") == name
        ]

    def links(self, issue: int) -> list[object]:
        """The global ids of an issue's remote links."""
        return [link["globalId"] for link in self.state.remote_links.get(issue, {}).values()]

    def tickets(self) -> Rows:
        """Issue, key and incident of all that FireFighter knows."""
        return rows(self.impact.path, _TICKETS)

    def digest(self) -> str:
        """What a later run can see of what came before it."""
        made = [self.making.there(self), self.tickets(), *map(self._table, _TABLES)]
        return json.dumps(made, default=str)

    def _table(self, name: str) -> Rows:
        columns = [str(row[1]) for row in self.rows(f"PRAGMA table_info({name})")]
        kept = ", ".join(column for column in columns if column not in _VOLATILE)
        return self.rows(f"SELECT {kept} FROM {name} ORDER BY rowid") if kept else []


@contextmanager
def yard(making: Making, folder: Path) -> Iterator[Yard]:
    """The systems of a scenario, ready for its first case."""
    with launching() as launcher:
        made = Yard(making, folder, launcher)
        with made.opened():
            made.reset()
            yield made


def make(place: Yard, kills: Sequence[int]) -> Played:
    """Kill runs one after the other, each at that point; then let two end."""
    place.reset()
    killed: Sequence[str] = ()
    for kill in kills:
        killed = place.run(kill).points
    state = place.digest()
    ended = place.run()
    wrong = [] if ended.code == 0 else [f"the next run: {ended.code}: {ended.err.strip()}"]
    wrong += amiss(place)
    before = place.digest()
    again = place.run()
    if again.code != 0 or again.report["items"]:
        wrong.append(f"the last run: {again.code}, {again.out}")
    if place.digest() != before:
        wrong.append("the last run made something")
    return Played(tuple(killed), ended.points, state, len(kills) + 2, tuple(wrong))


def amiss(place: Yard) -> Iterator[str]:
    """Everything that is not as it has to be once a run has ended."""
    yield from place.making.amiss(place)
    if left := place.rows("SELECT incident, target FROM writes WHERE outcome IS NULL"):
        yield f"open writes: {left}"
