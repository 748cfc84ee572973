"""A process that has imported raidctl, and becomes it for each run: several times as fast.

A fork has to happen where no other thread is, which is not where the systems are served.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from tests.cli.forked import PYTHONPATH
from tests.cli.process import PATIENCE_SECONDS, Ended


class Forks:
    """The other process, as one thread uses it; `folder` is for what its children say."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder

    def run(self, *arguments: str, environ: Mapping[str, str]) -> Ended:
        """Run raidctl without a terminal, to its end."""
        orders, answers = self._process.stdin, self._process.stdout
        assert orders is not None
        assert answers is not None
        order = {"arguments": arguments, "environ": dict(environ), "folder": str(self._folder)}
        orders.write(f"{json.dumps(order)}\n")
        orders.flush()
        code = int(answers.readline())
        assert code >= 0, f"{arguments} was ended by signal {-code}"
        out, err = ((self._folder / name).read_bytes().decode() for name in ("out", "err"))
        return Ended(code, out, err)


@contextmanager
def forks(folder: Path) -> Iterator[Forks]:
    """One that is there until the context ends."""
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": PYTHONPATH}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.corpus.forks"],
        env=environ,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Forks(process, folder)
        finally:
            process.kill()


def serve() -> None:
    """Read orders, one a line; fork, wait, answer with the child's code.

    What a child had to import its parent imports then, so that the next one has it.
    """
    for line in sys.stdin:
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(readable)
            _be_raidctl(json.loads(line), writable)
        os.close(writable)
        with os.fdopen(readable) as names:
            imported = names.read().split()
        _, status = os.waitpid(child, 0)
        for name in imported:
            with suppress(ImportError):  # what stands there is no module of that name
                import_module(name)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _be_raidctl(order: Mapping[str, Any], names: int) -> None:
    """Turn this child into raidctl, and end with it."""
    signal.alarm(int(PATIENCE_SECONDS))  # a run that hangs ends by this signal
    folder, before = Path(order["folder"]), set(sys.modules)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdin, sys.stdout, sys.stderr = (
        TextIOWrapper(os.fdopen(number, mode, closefd=False), encoding="utf-8")
        for number, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
    )
    os.environ.clear()
    os.environ.update(order["environ"])
    os.chdir(os.environ["HOME"])
    sys.argv = ["raidctl", *order["arguments"]]
    code = 1
    try:
        runpy.run_module("raidctl", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(names, " ".join(set(sys.modules) - before).encode())
        os._exit(code)


if __name__ == "__main__":
    serve()
