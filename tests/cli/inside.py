"""raidctl in this process: for what it answers, where neither a terminal nor a signal matters."""

import io
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from raidctl.cli.app import app
from tests.cli.process import Ended
from tests.cli.world import World

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def inside(site: World, *arguments: str, config: str | None = None, **environ: str) -> Ended:
    """Run raidctl with a configuration, as `World.run` does, and several times as fast."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with _apart(site.ready(config, **environ)), redirect_stdout(out), redirect_stderr(err):
        try:
            app(list(arguments), prog_name="raidctl")
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Ended(code, out.getvalue(), err.getvalue())


@contextmanager
def _apart(environ: dict[str, str]) -> Iterator[None]:
    """Nothing of this process's own is seen or changed; nobody sits at standard input."""
    handlers = {name: signal.getsignal(name) for name in SIGNALS}
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in environ.items():
            patch.setenv(name, value)
        patch.setattr("sys.stdin", io.StringIO())
        patch.chdir(environ["HOME"])
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
