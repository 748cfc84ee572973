"""Creations that are killed at every point: exactly one issue for each incident, and all of it.

A scenario of its own kind: what is made is judged by what is there afterwards, on both sides.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.core.model import IncidentStatus
from raidctl.gateways.impact.database.tables import metadata
from raidctl.sandbox.impact.seed import DECLARER, add_incident, add_user, seed_reference
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import JIRA_TOKEN, clean_environ
from tests.cli.world import ADA, BOT, GRACE
from tests.crash.launcher import Ended, Launcher, launching
from tests.crash.systems import BEFORE, Impact
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

RUN = ("backfill", "issues", "--yes", "-o", "json")
SITE = "https://impact.example.test"
BELONGS = {1: ("OPEN", "Open"), 2: ("MITIGATED", "Resolved")}
"""The status of each incident, and where its issue belongs."""

_VOLATILE = {"id", "run", "at", "started_at", "finished_at", "pid", "settled_by", "settled_at"}
_VOLATILE |= {"expires_at", "seen_at", "plan", "write"}
_TABLES = ("writes", "hops", "own_links", "baselines")
_TICKETS = """
SELECT incident_id, key FROM raid_jiraticket
JOIN jira_app_jiraissue ON jira_app_jiraissue.id = jiraissue_ptr_id WHERE incident_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Creation:
    """Incidents without issues, in one deployment; `link` is what gets the link."""

    name: str
    sort: Literal["cloud", "datacenter"]
    link: Literal["off", "database"]


CREATIONS = (
    Creation("creation, Cloud", "cloud", "off"),
    Creation("creation, Data Center, tables", "datacenter", "database"),
)


class Yard:
    """Both systems, put back before each case, and raidctl before them."""

    state: JiraState

    def __init__(self, creation: Creation, folder: Path, launcher: Launcher) -> None:
        self.creation = creation
        self.folder = folder
        self.journal = folder / "journal" / "journal.db"
        self.impact = Impact(folder)
        self._launcher = launcher

    def run(self, last: int = 0) -> Ended:
        """Run raidctl, to its end or until it is killed at that point."""
        return self._launcher.run(RUN, self._environ, last)

    def reset(self) -> None:
        """Incidents without issues, and a journal that knows nothing."""
        self.impact.reset()
        people = ADA, GRACE, BOT, Person("firefighter-bot", "FireFighter", DECLARER)
        self.state = JiraState(deployment=self.creation.sort, users=people, me=BOT.account)
        self.state.add_issue("INC-100", 10_100, summary="Another", created=BEFORE)
        self._answer = jira_answer(self.state, token=JIRA_TOKEN)
        shutil.rmtree(self.journal.parent, ignore_errors=True)

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
                for number, (status, _) in BELONGS.items():
                    add_incident(
                        connection,
                        id=number,
                        title=f"Incident {number}",
                        description="What happened",
                        status=IncidentStatus[status].value,
                        priority=3,
                        commander=ADA.email,
                        created_at=BEFORE,
                        updated_at=BEFORE + timedelta(hours=1),
                    )
            self.impact.keep()
            self._environ = self._configured(jira.url)
            yield

    def _answered(self, request: Request) -> Reply:
        """What the JIRA of this case says."""
        return self._answer(request)

    def _configured(self, jira: str) -> dict[str, str]:
        user = f'user = "{BOT.email}"' if self.creation.sort == "cloud" else ""
        file = self.folder / "raidctl.toml"
        file.write_text(f"""\
[impact]
url = "{SITE}"
reads = "database"
[impact.writes]
link = "{self.creation.link}"
[jira]
url = "{jira}"
{user}
token_env = "JIRA_TOKEN"
project = "INC"
[mapping]
preset = "raid"
[journal]
path = "{self.journal}"
[http]
concurrency = 1
""")
        return clean_environ(self.folder) | {
            "RAIDCTL_CONFIG": str(file),
            "IMPACT_DATABASE_URL": f"sqlite:///{self.impact.path}",
            "JIRA_TOKEN": JIRA_TOKEN,
        }

    def rows(self, sql: str, place: Path | None = None) -> list[tuple[object, ...]]:
        """Rows of the journal, or of another database; none where there is no such table yet."""
        if not (place or self.journal).exists():
            return []
        with closing(sqlite3.connect(place or self.journal)) as connection:
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError:
                return []

    def issues(self, number: int) -> list[int]:
        """The issues that say they are the incident's."""
        name = global_id(SITE, number)
        return [
            issue
            for issue, properties in self.state.properties.items()
            if properties.get(PROPERTY, {}).get("globalId") == name
        ]

    def digest(self) -> str:
        """What a later run can see of what came before it."""
        made = [
            [number, len(self.issues(number)), *map(self._issue, self.issues(number))]
            for number in BELONGS
        ]
        return json.dumps([made, *map(self._table, _TABLES), self.tickets()], default=str)

    def tickets(self) -> list[tuple[object, ...]]:
        """Whose issues FireFighter takes them for."""
        return self.rows(_TICKETS, self.impact.path)

    def _issue(self, number: int) -> list[object]:
        return [self.state.issue(number).values["status"], len(self.linked(number))]

    def linked(self, issue: int) -> Mapping[int, object]:
        """The remote links of an issue."""
        return self.state.remote_links.get(issue, {})

    def _table(self, name: str) -> list[tuple[object, ...]]:
        columns = [str(row[1]) for row in self.rows(f"PRAGMA table_info({name})")]
        kept = ", ".join(column for column in columns if column not in _VOLATILE)
        return self.rows(f"SELECT {kept} FROM {name} ORDER BY 1, 2, 3, 4") if kept else []


@contextmanager
def yard(creation: Creation, folder: Path) -> Iterator[Yard]:
    """The systems of a scenario, ready for its first case."""
    with launching() as launcher:
        made = Yard(creation, folder, launcher)
        with made.opened():
            made.reset()
            yield made


@dataclass(frozen=True, slots=True)
class Made:
    """What a case came to: the points of the run after the kills, what they left, what is wrong."""

    killed: Sequence[str]
    next: Sequence[str]
    state: str
    wrong: Sequence[str]


def create(place: Yard, kills: Sequence[int]) -> Made:
    """Kill runs one after the other, each at that point; then let two end."""
    place.reset()
    killed: Sequence[str] = ()
    for kill in kills:
        killed = place.run(kill).points
    state = place.digest()
    ended = place.run()
    wrong = [] if ended.code == 0 else [f"the next run: {ended.code}: {ended.err.strip()}"]
    wrong += amiss(place)
    before = place.digest(), len(place.state.ids())
    again = place.run()
    if again.code != 0 or again.report["items"]:
        wrong.append(f"the last run: {again.code}, {len(again.report['items'])} items")
    if (place.digest(), len(place.state.ids())) != before:
        wrong.append("the last run made something")
    return Made(killed, ended.points, state, tuple(wrong))


def amiss(place: Yard) -> Iterator[str]:
    """Everything that is not as it has to be once a run has ended."""
    for number, (_, status) in BELONGS.items():
        issues = place.issues(number)
        if len(issues) != 1:
            yield f"incident {number} has {len(issues)} issues"
            continue
        found = place.state.issue(issues[0])
        if found.values["status"] != status:
            yield f"{found.key} is {found.values['status']}"
        if len(place.linked(found.id)) != 1:
            yield f"{found.key} has {len(place.linked(found.id))} remote links"
        if place.creation.link == "database" and (number, found.key) not in place.tickets():
            yield f"FireFighter does not know {found.key}"
    if len(place.state.ids()) != len(BELONGS) + 1:
        yield f"there are {len(place.state.ids())} issues"
    if left := place.rows("SELECT incident, target FROM writes WHERE outcome IS NULL"):
        yield f"open writes: {left}"
    if len(place.rows("SELECT 1 FROM own_links")) != len(BELONGS):
        yield "the journal does not have every link"
