"""Runs raidctl in children of one process that has imported it once: `Launcher` talks to it.

A fork has to happen where no other thread is, which is not where the systems are served.
"""

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from raidctl.cli import session as sessions
from raidctl.core.writes.log import Run
from raidctl.runs.backfill import attaching, creation
from tests.crash.points import Points, Shown, watch

PATIENCE_SECONDS = 60
MODULES = """
raidctl.cli.app raidctl.cli.commands.diff raidctl.cli.commands.reconcile
raidctl.cli.commands.apply raidctl.cli.commands.undo raidctl.cli.commands.backfill.issues
raidctl.cli.commands.backfill.links raidctl.cli.commands.backfill.attachments
raidctl.gateways.files.source
raidctl.gateways.jira.admin raidctl.gateways.impact.database.ticket_writer
raidctl.present.report.render
raidctl.gateways.jira.cloud raidctl.gateways.jira.datacenter raidctl.gateways.impact.rest
raidctl.gateways.impact.database.reader raidctl.gateways.impact.database.writer
raidctl.gateways.impact.webhook sqlalchemy.dialects.sqlite filelock sqlite_utils
sqlite_utils.migrations tomllib
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its exit code, or the negative signal; the points it passed."""

    code: int
    out: str
    err: str
    points: tuple[str, ...]

    @property
    def report(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


class Launcher:
    """The other process, as one thread uses it; `folder` is for what its children say."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder

    def run(self, arguments: Sequence[str], environ: Mapping[str, str], last: int = 0) -> Ended:
        """Run raidctl to its end, or until it is killed at the point of that number."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        order = {"arguments": list(arguments), "environ": dict(environ), "last": last}
        stdin.write(f"{json.dumps(order | {'folder': str(self._folder)})}\n")
        stdin.flush()
        code = int(stdout.readline())
        out, err, trace = (
            (self._folder / name).read_text("utf-8") for name in ("out", "err", "trace")
        )
        return Ended(code, out, err, tuple(trace.splitlines()))


@contextmanager
def launching() -> Iterator[Launcher]:
    """A launcher of one's own."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.crash.launcher"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process,
    ):
        try:
            yield Launcher(process, Path(folder))
        finally:
            process.kill()


def serve() -> None:
    """Read orders, one a line; fork, wait, answer with the child's code."""
    for module in MODULES.split():
        import_module(module)
    assert threading.active_count() == 1
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _be_raidctl(order)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _be_raidctl(order: Mapping[str, Any]) -> None:
    """Turn this child into raidctl, and end with it."""
    signal.alarm(PATIENCE_SECONDS)  # a run that hangs ends by this signal, which is no answer
    folder = Path(order["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    trace = os.open(folder / "trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    points = Points(trace, order["last"])
    shown = Shown(io.FileIO(1, "w", closefd=False), encoding="utf-8")
    shown.points = points
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - a number has no path, and it stays open
    sys.stdout, sys.stderr = shown, io.TextIOWrapper(io.FileIO(2, "w", closefd=False))
    os.environ.clear()
    os.environ.update(order["environ"])
    os.chdir(os.environ["HOME"])
    sys.argv = ["raidctl", *order["arguments"]]
    _name_runs_apart()
    creation.INDEX_LAG = timedelta(0)  # the index of this JIRA knows all at once
    attaching.ARRIVES = timedelta(0)  # and what it was sent by one who died is there, or never is
    watch(points)
    code = 1
    try:
        import_module("raidctl.cli.app").main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _name_runs_apart() -> None:
    """Runs within one second have 65,536 names, of which thousands of runs draw one twice."""
    drawn = sessions.new_run

    def new_run(command: str, now: datetime, **more: Any) -> Run:
        return replace(
            drawn(command, now, **more), id=f"{now:%Y%m%dT%H%M%SZ}-{os.getpid() % 65_536:04x}"
        )

    setattr(sessions, "new_run", new_run)  # noqa: B010 - mypy knows no other way to replace it


if __name__ == "__main__":
    serve()
