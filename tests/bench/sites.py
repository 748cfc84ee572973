"""A sandbox of the bench as its other processes see it: configurations, commands, a record."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bench.floor import USER, Exchange

CONCURRENCY = 4
Deployment = Literal["cloud", "datacenter"]
CONFIG = """\
[impact]
url = "{impact}"
reads = "{reads}"
token_env = "BENCH_TOKEN"
database_url_env = "BENCH_DATABASE_URL"
[jira]
url = "{jira}"
deployment = "{deployment}"
{user}token_env = "BENCH_TOKEN"
project = "INC"
[mapping]
preset = "raid"
[policy]
private_to_jira = true
[safety]
max_changes = 0
max_change_percent = 0
[journal]
path = "{journal}"
[http]
share = 1
concurrency = {concurrency}
"""


@dataclass(frozen=True, slots=True)
class Site:
    """A running sandbox."""

    folder: Path
    deployment: Deployment
    urls: Mapping[str, str]
    process: "subprocess.Popen[str]"

    @property
    def journal(self) -> Path:
        """The journal of every command that is given no other."""
        return self.folder / "journal.db"

    def raidctl(
        self,
        *arguments: str,
        reads: str = "rest",
        journal: str = "journal.db",
        concurrency: int = CONCURRENCY,
    ) -> list[str]:
        """A command of raidctl that runs here."""
        config = self.folder / f"{reads}-{concurrency}-{journal}.toml"
        user = f'user = "{USER}"\n' if self.deployment == "cloud" else ""
        config.write_text(
            CONFIG.format(
                **self.urls,
                reads=reads,
                deployment=self.deployment,
                user=user,
                journal=self.folder / journal,
                concurrency=concurrency,
            )
        )
        return [sys.executable, "-m", "raidctl", "--config", str(config), *arguments]

    def floor(self, exchanges: list[Exchange], concurrency: int = CONCURRENCY) -> list[str]:
        """The command that does these exchanges here and nothing else."""
        record = self.folder / "floor.json"
        record.write_text(json.dumps(exchanges))
        where = [json.dumps(dict(self.urls)), self.deployment, str(concurrency)]
        return [sys.executable, "-m", "tests.bench.floor", str(record), *where]

    def exchanges(self) -> list[Exchange]:
        """What the site was asked since it was started, or since the last time."""
        self._tell("exchanges")
        taken: list[Exchange] = json.loads((self.folder / "exchanges.json").read_text())
        return taken

    def drift(self, links: int, *fields: str) -> None:
        """Change so many further incidents in these fields, in Impact alone."""
        self._tell(f"drift {links} {' '.join(fields)}")

    def past(self) -> None:
        """Give all links a history on both sides, which ends with another title in Impact."""
        self._tell("past")

    def adopt(self, journal: str) -> list[str]:
        """The command that replays those."""
        told = ("baseline", "--all", "--from-history")
        return self.raidctl(*told, reads="database", journal=journal)

    def _tell(self, command: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        self.process.stdout.readline()


@contextmanager
def site(
    links: int, latency_ms: int, deployment: Deployment = "cloud", alone: int = 0
) -> Iterator[Site]:
    """A sandbox with that many links in sync, and incidents alone, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        how = [name, str(links), str(latency_ms), deployment, str(alone)]
        command = [sys.executable, "-m", "tests.bench.site", *how]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout is not None
            os.environ["BENCH_DATABASE_URL"] = f"sqlite:///{folder / 'impact.db'}"
            yield Site(folder, deployment, json.loads(process.stdout.readline()), process)
            process.communicate()
