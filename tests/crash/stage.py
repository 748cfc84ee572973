"""Both systems, in a process that outlives every run, and raidctl before them."""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.model import Field, Side, Value
from raidctl.journal import Journal
from raidctl.sandbox.server import Answer, Reply, Request
from tests.crash.launcher import Ended, Launcher, launching
from tests.crash.links import IMPACT, JIRA, Linked
from tests.crash.scenarios import APPLY, RECONCILE, THE_RUN, Scenario
from tests.crash.systems import AGREED, Entry, Impact, Jira, Rows, common, configured, rows
from tests.simulators.server import LoopbackServer

TAILS = ("🧯 This incident has been created", "*Additional Information*")


class Stage:
    """One scenario's systems, and raidctl before them. One thread uses it.

    `earlier` is the number of the last write that stands in the journal when a case begins.
    """

    sent: list[Request]
    earlier = 0

    def __init__(self, scenario: Scenario, folder: Path, launcher: Launcher) -> None:
        self.scenario = scenario
        self.folder = folder
        self.journal = folder / "journal" / "journal.db"
        self.impact = Impact(folder)
        self.jira = Jira(scenario.sort)
        self._launcher = launcher
        self._template = folder / "template.db"
        self._the_run = THE_RUN

    def run(self, arguments: Sequence[str], last: int = 0) -> Ended:
        """Run raidctl, to its end or until it is killed at that point."""
        named = [self._the_run if one == THE_RUN else one for one in arguments]
        return self._launcher.run(named, self._environ, last)

    def reset(self) -> None:
        """Both systems and the journal as they were in the beginning."""
        self._reset(self.scenario.links)

    def _reset(self, links: Sequence[Linked]) -> None:
        self.impact.reset()
        self.jira.reset(links)
        self.sent = []
        shutil.rmtree(self.journal.parent, ignore_errors=True)
        if self.scenario.journal:
            self.journal.parent.mkdir()
            shutil.copyfile(self._template, self.journal)

    def rows(self, sql: str) -> Rows:
        """What stands in the journal; nothing where there is none yet, or no such table."""
        return rows(self.journal, sql)

    def table(self, name: str) -> Rows:
        """All rows of a table of the journal."""
        return self.rows(f"SELECT * FROM {name} ORDER BY 1, 2, 3, 4")

    def held(self, side: Side, link: Linked) -> dict[Field, Value]:
        """What a side holds for a link."""
        return self.impact.held(link) if side is IMPACT else self.jira.held(link)

    def history(self, side: Side, link: Linked) -> list[Entry]:
        """What a side has noted of a link since the case began."""
        return self.impact.history(link) if side is IMPACT else self.jira.history(link)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Serve, with everything in place that each case begins with."""
        scenario = self.scenario
        with ExitStack() as stack:
            stack.callback(self.impact.engine.dispose)
            impact = stack.enter_context(LoopbackServer(self._noted(self.impact.answer)))
            jira = stack.enter_context(LoopbackServer(self._noted(self.jira.answer)))
            self._environ = self._configured(impact.url, jira.url)
            links = scenario.earlier or scenario.links
            self.impact.make(links)
            _remember(self._template, links)
            if scenario.earlier:
                self._reconcile(links)
            if scenario.killed is APPLY:
                self._save_plan()
            yield

    def _noted(self, answer: Answer) -> Answer:
        def noted(request: Request) -> Reply:
            if len(request.body) < int(request.headers.get("content-length", 0)):
                return Reply(400)  # cut off by a kill, which no server acts on
            self.sent.append(request)
            return answer(request)

        return noted

    def _configured(self, impact: str, jira: str) -> dict[str, str]:
        scenario = self.scenario
        text = f"""\
[impact]
url = "{impact}"
token_env = "IMPACT_TOKEN"
reads = "{scenario.reads}"
[impact.writes]
status = "webhook"
priority = "webhook"
title = "database"
description = "database"
commander = "database"
"""
        text += common(jira, scenario.sort, self.journal, scenario.concurrency)
        return configured(self.folder, self.impact, text)

    def _save_plan(self) -> None:
        self.reset()
        saved = self.run(["reconcile", "--save-plan", "plan.json"])
        assert saved.code == 3, saved.err

    def _reconcile(self, links: Sequence[Linked]) -> None:
        """Let a run reconcile them, so long ago that its guards have expired."""
        self._reset(links)
        ended = self.run(RECONCILE)
        assert ended.code == 0, ended
        assert all(self.held(side, link) == link.due[side] for link in links for side in Side)
        self._the_run = ended.report["run"]
        self.impact.keep()
        with closing(sqlite3.connect(self.journal)) as journal, journal:
            journal.execute("DELETE FROM guards")
        with closing(sqlite3.connect(self.journal)) as journal:
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.journal, self._template)
        self.earlier = len(self.table("writes"))


@contextmanager
def staged(scenario: Scenario, folder: Path) -> Iterator[Stage]:
    """A scenario's stage, ready for its first case."""
    with launching() as launcher:
        stage = Stage(scenario, folder, launcher)
        with stage.opened():
            stage.reset()
            yield stage


def _remember(path: Path, links: Sequence[Linked]) -> None:
    """What both sides held when they agreed, as baselines."""
    mapping = project_mapping(RAID, TAILS, Users())
    with closing(Journal(path)) as journal:
        journal.record_baselines(
            (
                (link.number, link.issue, name, mapping.agreed(name, impact[name], jira[name]))
                for link in links
                if link.remembered
                for impact, jira in [(link.agreed[IMPACT], link.agreed[JIRA])]
                for name in Field
            ),
            "before",
            AGREED,
        )
