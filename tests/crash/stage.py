"""Both systems, in a process that outlives every run: put back as they were before each case."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import create_engine

from raidctl.core.mapping import Users, project_mapping
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Value
from raidctl.core.tables import RAID
from raidctl.gateways.impact_tables import metadata
from raidctl.journal import Journal
from raidctl.sandbox.impact import impact_answer
from raidctl.sandbox.impact_seed import add_incident, add_user, seed_reference
from raidctl.sandbox.jira import jira_answer
from raidctl.sandbox.jira_state import JiraState
from raidctl.sandbox.server import Answer, LoopbackServer, Reply, Request
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, clean_environ
from tests.cli.world import ADA, BOT, GRACE, JIRA_FIELDS, NUMBERS
from tests.crash.launcher import Ended, Launcher, launching

FIELDS = {**JIRA_FIELDS, Field.PRIORITY: "priority"}
TAILS = ("🧯 This incident has been created", "*Additional Information*")

Values = Mapping[Field, Value]
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Linked:
    """A link: what both sides held when they agreed, what Impact holds now, what JIRA is due."""

    number: int
    agreed: tuple[Values, Values]
    impact: Values
    wanted: Values
    hops: tuple[str, ...] = ()
    remembered: bool = True

    @property
    def issue(self) -> int:
        """The number of its issue."""
        return 10_000 + self.number


def _agreed(number: int, impact: str = "MITIGATING", jira: str = "In Progress") -> tuple[Any, Any]:
    text = {Field.TITLE: f"Incident {number}", Field.DESCRIPTION: f"What happened in {number}"}
    return (
        {**text, Field.PRIORITY: 3, Field.STATUS: impact, Field.COMMANDER: ADA.email},
        {**text, Field.PRIORITY: "Medium", Field.STATUS: jira, Field.COMMANDER: ADA.account},
    )


def _drifted(number: int, *fields: Field) -> Linked:
    """Some of `_DRIFT`; the status, if it drifts, by two transitions."""
    moved = Field.STATUS in fields
    impact, jira = _agreed(number, "OPEN", "Open") if moved else _agreed(number)
    drift = {name: _DRIFT[name] for name in fields}
    return Linked(
        number,
        (impact, jira),
        impact | {name: values[0] for name, values in drift.items()},
        jira | {name: values[1] for name, values in drift.items()},
        ("In Progress", "Resolved") if moved else (),
    )


_DRIFT: Mapping[Field, tuple[Value, Value]] = {
    Field.TITLE: ("Nobody can pay", "Nobody can pay"),
    # JIRA's markup parser gives it back in its own form.
    Field.DESCRIPTION: ("Since noon\n- cards fail", "Since noon\n* cards fail"),
    Field.PRIORITY: (1, "Highest"),
    Field.STATUS: ("MITIGATED", "Resolved"),
    Field.COMMANDER: (GRACE.email, GRACE.account),
}
NEWS = Linked(3, _agreed(3), *_agreed(3), remembered=False)
USUAL = (_drifted(1, *Field), _drifted(2, Field.TITLE), NEWS)
SMALL = (_drifted(1, Field.TITLE, Field.STATUS), _drifted(2, Field.TITLE))
MANY = tuple(_drifted(number, *Field) for number in range(1, 6))

RECONCILE = ("reconcile", "--yes", "-o", "json")
FORCED = (*RECONCILE, "--direction", "impact-to-jira")
APPLY = ("apply", "plan.json", "--yes", "-o", "json")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is run: `killed` is the command that dies, `after` those that then go to their end.

    By the last but one everything is right; the last finds nothing to do. `journal` False begins
    without one. With `concurrency` 1 the points are the same in every run.
    """

    name: str
    sort: Literal["cloud", "datacenter"]
    links: tuple[Linked, ...] = USUAL
    killed: tuple[str, ...] = RECONCILE
    after: tuple[tuple[str, ...], ...] = (RECONCILE, RECONCILE)
    journal: bool = True
    concurrency: int = 1


_APPLY_AND_ON = (APPLY, RECONCILE, RECONCILE)
CLOUD = Scenario("reconcile, Cloud", "cloud")
DATA_CENTER = Scenario("reconcile, Data Center", "datacenter")
FIRST = Scenario("first run", "cloud", SMALL, FORCED, (FORCED, FORCED), journal=False)
APPLY_CLOUD = Scenario("apply, Cloud", "cloud", SMALL, APPLY, _APPLY_AND_ON)
APPLY_DATA_CENTER = Scenario("apply, Data Center", "datacenter", SMALL, APPLY, _APPLY_AND_ON)
SCENARIOS = (
    CLOUD,
    DATA_CENTER,
    FIRST,
    APPLY_CLOUD,
    APPLY_DATA_CENTER,
    Scenario("side by side, Cloud", "cloud", MANY, concurrency=4),
    Scenario("side by side, Data Center", "datacenter", MANY, concurrency=4),
)


class Stage:
    """One scenario's systems, and raidctl before them. One thread uses it."""

    state: JiraState
    sent: list[Request]

    def __init__(self, scenario: Scenario, folder: Path, launcher: Launcher) -> None:
        self.scenario = scenario
        self.folder = folder
        self.journal = folder / "journal" / "journal.db"
        self._launcher = launcher
        self._template = folder / "template.db"

    def run(self, arguments: Sequence[str], last: int = 0) -> Ended:
        """Run raidctl, to its end or until it is killed at that point."""
        return self._launcher.run(arguments, self._environ, last)

    def reset(self) -> None:
        """Both systems and the journal as they were in the beginning."""
        self.state = JiraState(
            deployment=self.scenario.sort, users=(ADA, GRACE, BOT), me=BOT.account
        )
        for link in self.scenario.links:
            values: dict[str, Any] = {FIELDS[key]: value for key, value in link.agreed[1].items()}
            self.state.add_issue(f"INC-{link.number}", link.issue, created=_BEFORE, **values)
        self._jira = jira_answer(self.state, token=JIRA_TOKEN)
        self.sent = []
        shutil.rmtree(self.journal.parent, ignore_errors=True)
        if self.scenario.journal:
            self.journal.parent.mkdir()
            shutil.copyfile(self._template, self.journal)

    def rows(self, sql: str) -> Rows:
        """What stands in the journal; nothing where there is none yet, or no such table."""
        if not self.journal.exists():
            return []
        with closing(sqlite3.connect(self.journal)) as connection:
            try:
                return connection.execute(sql).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    def table(self, name: str) -> Rows:
        """All rows of a table of the journal."""
        return self.rows(f"SELECT * FROM {name} ORDER BY 1, 2, 3, 4")

    def jira(self, link: Linked) -> dict[Field, Value]:
        """What JIRA holds for a link."""
        values = self.state.issue(link.issue).values
        return {name: values[key] for name, key in FIELDS.items()}

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Serve, with everything in place that each case begins with."""
        engine = create_engine(f"sqlite:///{self.folder / 'impact.db'}")
        with ExitStack() as stack:
            stack.callback(engine.dispose)
            metadata.create_all(engine)
            with engine.begin() as connection:
                seed_reference(connection)
                for person in (ADA, GRACE):
                    add_user(connection, person.email, person.name, person.account)
                for link in self.scenario.links:
                    add_incident(connection, **_incident(link))
            ask = impact_answer(engine, {IMPACT_TOKEN}, jira_url="https://jira.example.test")
            impact = stack.enter_context(LoopbackServer(self._noted(_remembered(ask))))
            jira = stack.enter_context(LoopbackServer(self._noted(self._ask_jira)))
            self._environ = self._configured(impact.url, jira.url)
            _remember(self._template, self.scenario.links)
            self._save_plan()
            yield

    def _ask_jira(self, request: Request) -> Reply:
        return self._jira(request)

    def _noted(self, answer: Answer) -> Answer:
        def noted(request: Request) -> Reply:
            if len(request.body) < int(request.headers.get("content-length", 0)):
                return Reply(400)  # cut off by a kill, which no server acts on
            self.sent.append(request)
            return answer(request)

        return noted

    def _configured(self, impact: str, jira: str) -> dict[str, str]:
        user = f'user = "{BOT.email}"' if self.scenario.sort == "cloud" else ""
        file = self.folder / "raidctl.toml"
        file.write_text(f"""\
[impact]
url = "{impact}"
token_env = "IMPACT_TOKEN"
[jira]
url = "{jira}"
{user}
token_env = "JIRA_TOKEN"
project = "INC"
[journal]
path = "{self.journal}"
[http]
concurrency = {self.scenario.concurrency}
""")
        environ = {"RAIDCTL_CONFIG": str(file), "IMPACT_TOKEN": IMPACT_TOKEN}
        return {**clean_environ(self.folder), **environ, "JIRA_TOKEN": JIRA_TOKEN}

    def _save_plan(self) -> None:
        if self.scenario.killed is APPLY:
            self.reset()
            saved = self.run(["reconcile", "--save-plan", "plan.json"])
            assert saved.code == 3, saved.err


@contextmanager
def staged(scenario: Scenario, folder: Path) -> Iterator[Stage]:
    """A scenario's stage, ready for its first case."""
    with launching() as launcher:
        stage = Stage(scenario, folder, launcher)
        with stage.opened():
            stage.reset()
            yield stage


_BEFORE = datetime.now(UTC) - timedelta(days=1)


def _remembered(answer: Answer) -> Answer:
    """The same answers for less: this Impact never changes."""
    known: dict[tuple[str, str], Reply] = {}

    def remembered(request: Request) -> Reply:
        asked = request.method, request.target
        if asked not in known:
            known[asked] = answer(request)
        return known[asked]

    return remembered


def _incident(link: Linked) -> dict[str, Any]:
    values = link.impact
    return {
        "id": link.number,
        "title": values[Field.TITLE],
        "description": values[Field.DESCRIPTION],
        "status": NUMBERS[str(values[Field.STATUS])],
        "priority": values[Field.PRIORITY],
        "commander": values[Field.COMMANDER],
        "created_at": _BEFORE,
        "updated_at": _BEFORE + timedelta(hours=1),
        "jira_key": f"INC-{link.number}",
        "jira_id": link.issue,
    }


def _remember(path: Path, links: Sequence[Linked]) -> None:
    """What both sides held when they agreed, as baselines."""
    marks = project_mapping(RAID, TAILS, Users()).fingerprints
    with closing(Journal(path)) as journal:
        journal.record_baselines(
            (
                (link.number, link.issue, name, Baseline(impact[name], jira[name], mark))
                for link in links
                if link.remembered
                for impact, jira in [link.agreed]
                for name, mark in marks.items()
            ),
            "before",
            _BEFORE,
        )
