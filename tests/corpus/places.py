"""Where the scenes take place, and all that they know of raidctl's own modules."""

import re
import shlex
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from raidctl.core.model import Field
from tests.cli.forked import PYTHONPATH
from tests.cli.process import begun, clean_environ, over, stopped
from tests.cli.world import GRACE, PAIRS, Pair, World, world
from tests.corpus.forks import Forks
from tests.corpus.normal import Normal
from tests.corpus.proxy import IMPACT, JIRA, Proxy
from tests.corpus.record import Play
from tests.corpus.traces import Traces, rows
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import DROP_AFTER, refuse

__all__ = [
    "DROP_AFTER",
    "FIREFIGHTER",
    "PAIRS",
    "Field",
    "Pair",
    "Places",
    "World",
    "edited",
    "refuse",
    "sql",
]

LONG = "[loop_guard]\nseconds = 3600\n[safety]\ngrace_seconds = 3600\n"
"""Waits that no run outlasts, however slow the machine: what is fresh stays so."""

ONE_BY_ONE = "[http]\nconcurrency = 1\n"
"""Writes of several links go in one order, so the journal numbers them alike each time."""


@dataclass(frozen=True, slots=True)
class Places:
    """Makes a folder for each scene below `out`; what happens there happens in `work`."""

    out: Path
    work: Path
    proxy: Proxy
    forks: Forks

    @contextmanager
    def alone(self, name: str) -> Iterator[Play]:
        """A user without either system."""
        folder = self._folder(name)
        yield self._play(name, clean_environ(folder), folder / "journal.db")

    @contextmanager
    def demo(self, name: str, *, known: bool = True, impact: str = "") -> Iterator[Play]:
        """`raidctl demo --serve`; `known`: with its journal, `impact`: more lines of that table."""
        folder = self._folder(name)
        environ = {**clean_environ(folder), "PYTHONPATH": PYTHONPATH}
        with begun("demo", "--serve", environ=environ) as served:
            assert served.stdout is not None
            lines = [*takewhile(lambda line: line != "raidctl diff\n", served.stdout)]
            words = [shlex.split(line, comments=True) for line in lines]
            exports = dict(told[1].split("=", 1) for told in words if told[:1] == ["export"])
            del exports["NO_PROXY"]
            urls = [line.split()[-1] for line in lines[:2]]
            self.proxy.lead(*urls)
            text = Path(exports.pop("RAIDCTL_CONFIG")).read_text("utf-8")
            text = text.replace(urls[0], IMPACT).replace(urls[1], JIRA)
            text = text.replace("[impact]\n", f"[impact]\n{impact}\n")
            journal = next(Path(one) for one in text.split('"') if one.endswith("journal.db"))
            if not known:
                text = text.replace(str(journal), str(folder / "journal.db"))
                journal = folder / "journal.db"
            play = self._play(name, {**environ, **exports}, journal)
            play.configure(f"{text}{LONG}{ONE_BY_ONE}")
            yield play
            code, _ = stopped(served, signal.SIGTERM)
            said = [("exit", f"{code}\n"), ("stdout", "".join(lines)), ("stderr", over(served).err)]
            play.record(("demo", "--serve"), {}, said)

    @contextmanager
    def world(
        self,
        name: str,
        pairs: tuple[Pair, ...] = PAIRS,
        *,
        impact: str = "",
        writes: str = "",
        more: str = LONG + ONE_BY_ONE,
        **how: Any,
    ) -> Iterator[tuple[Play, World]]:
        """The tests' own two systems; `writes` adds to what may write Impact."""
        folder = self._folder(name)
        with world(folder, pairs, **how) as site:
            self.proxy.lead(site.impact.url, site.jira.url)
            text = site.toml(impact=impact, more=more)
            text = text.replace(site.impact.url, IMPACT).replace(site.jira.url, JIRA)
            play = self._play(name, site.environ, site.journal, site)
            play.configure(text.replace("[jira]\n", f"{writes}[jira]\n"))
            yield play, site

    def _folder(self, name: str) -> Path:
        (self.out / name).mkdir(parents=True)
        folder = self.work / name
        folder.mkdir()
        return folder

    def _play(
        self, name: str, environ: dict[str, str], journal: Path, site: World | None = None
    ) -> Play:
        folder = self.work / name
        seeded = [] if site is None else rows(site.database)
        normal = Normal(str(folder), re.findall(r"\b[0-9a-f]{32}\b", "".join(seeded)))
        config = folder / "raidctl.toml"
        environ = {
            **environ,
            **self.proxy.environ,
            "PYTHONPATH": PYTHONPATH,
            "RAIDCTL_CONFIG": str(config),
            "USER": "ada",
        }
        traces = Traces(journal, folder / "home", normal.masked, site)
        return Play(self.out / name, environ, config, normal, traces, self.forks)


def edited(site: World, number: int, *, seconds: float = 7200, **values: Any) -> None:
    """Let somebody edit an issue, so long ago."""
    usual = site.state.now
    site.state.now = lambda: datetime.now(UTC) - timedelta(seconds=seconds)
    site.state.edit(10_000 + number, GRACE.account, **values)
    site.state.now = usual


def sql(journal: Path, *statements: str) -> None:
    """Change the journal as no run would."""
    with closing(sqlite3.connect(journal)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
