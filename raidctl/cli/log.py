"""`--log-file` and `[log]`: what a run does, a line each, from its begin to its exit code."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from raidctl import __version__
from raidctl.cli.terminal import heard_by
from raidctl.errors import ExitCode, UsageError

if TYPE_CHECKING:
    import logging
    from logging.handlers import MemoryHandler

    from raidctl.cli.log_file import Spelled
    from raidctl.config.log import LogConfig

_ALL, _REQUESTS = "raidctl", "raidctl.requests"
_MOST = 10_000  # lines before the configuration is read; there are a handful


@dataclass(slots=True)
class _Log:
    """The log of this process, as far as anything says where it is."""

    file: Path | None = None
    form: str | None = None
    command: str = ""
    begun: float = 0.0
    handler: "logging.Handler | None" = None
    spelled: "Spelled | None" = None
    early: "MemoryHandler | None" = None

    def remember(self, file: Path) -> None:
        """Keep lines until the configuration says how the file is written; see that it can be."""
        from logging.handlers import MemoryHandler  # noqa: PLC0415 - not for those who do not ask

        from raidctl.cli.log_file import opened  # noqa: PLC0415 - the same

        opened(file).close()
        self.file, self.early = file, MemoryHandler(_MOST, flushLevel=1_000)
        self._begin(self.early)

    def begin(self, file: Path, settings: "LogConfig") -> None:
        """Write to the file from now on, first what was kept for it."""
        from raidctl.cli.log_file import Spelled, opened  # noqa: PLC0415 - not for all

        resource: dict[str, object] = {"service.name": "raidctl", "service.version": __version__}
        resource |= {"process.pid": os.getpid(), "raidctl.command": self.command}
        self.spelled = Spelled(self.form or settings.form, resource)
        self.handler = opened(file, settings.rotate, settings.keep)
        self.handler.setFormatter(self.spelled)
        early, self.early = self.early, None
        if early is None:
            self._begin(self.handler)
            return
        _logger().removeHandler(early)
        _logger().addHandler(self.handler)
        early.setTarget(self.handler)
        early.close()

    def _begin(self, handler: "logging.Handler") -> None:
        import logging  # noqa: PLC0415 - not for those who do not ask

        log, requests = _logger(), logging.getLogger(_REQUESTS)
        log.handlers, log.propagate = [handler], False
        log.setLevel(logging.INFO)
        if requests.level == logging.NOTSET:  # else each is told: -v
            requests.setLevel(logging.WARNING)
        self.begun = time.monotonic()
        self.tell("INFO", "begin", f"{self.command} begins")

    def tell(self, level: str, event: str, body: str, **attributes: object) -> None:
        """A line of the process itself, where there is a log."""
        if self.begun:
            extra = {"event": event, "attributes": attributes}
            _logger().log(_level(level), "%s", body, extra=extra)

    def said(self, line: str) -> None:
        """What was told on standard error, as a line."""
        self.tell("WARN", "said", line.removeprefix("raidctl: "))

    def end(self, code: int) -> None:
        """The last line; lines that no configuration was read for are written as well."""
        if self.early is not None and self.file is not None:
            from raidctl.config.log import LogConfig  # noqa: PLC0415 - as there was none

            self.begin(self.file, LogConfig())
        well = code in {ExitCode.OK, ExitCode.DRIFT}
        seconds = time.monotonic() - self.begun
        attributes = {"process.exit.code": code, "raidctl.duration": seconds}
        self.tell("INFO" if well else "ERROR", "end", f"{self.command} ends", **attributes)


_log = _Log()


def _logger() -> "logging.Logger":
    import logging  # noqa: PLC0415 - not for those who do not ask

    return logging.getLogger(_ALL)


def _level(name: str) -> int:
    import logging  # noqa: PLC0415 - not for those who do not ask

    return logging.getLevelNamesMapping()[name]


def configured(settings: "LogConfig") -> None:
    """Begin the log, where the command line or the configuration names one.

    Raises `UsageError` where it cannot be written, and for a format of no file.
    """
    file = _log.file or settings.file
    if not _log.command or _log.handler is not None:  # a shell that completes is no command
        return
    if file is None and _log.form is not None:
        raise UsageError("--log-format is for --log-file: give that as well")
    if file is not None:
        _log.begin(file, settings)


def of_run(run: str) -> None:
    """From now on lines tell of which run they are."""
    if _log.spelled is not None:
        _log.spelled.run = run


@contextmanager
def ended() -> Iterator[None]:
    """Write how the process ends, and leave no trace of the log in it."""
    try:
        with heard_by(_log):
            try:
                yield
            except SystemExit as exits:
                _log.end(exits.code if isinstance(exits.code, int) else ExitCode.OK)
                raise
    finally:
        _forget()


def _forget() -> None:
    global _log  # noqa: PLW0603 - a process has one, and tests run several in theirs
    if _log.begun and "logging" in sys.modules:
        import logging  # noqa: PLC0415 - it is there

        for handler in list(_logger().handlers):
            handler.close()
        log = _logger()
        log.handlers, log.propagate = [], True
        log.setLevel(logging.NOTSET)
        logging.getLogger(_REQUESTS).setLevel(logging.NOTSET)
    _log = _Log()


def _named(context: typer.Context, file: Path | None) -> Path | None:
    if not context.resilient_parsing:
        _log.command = context.command_path
        if file is not None and _log.file not in {None, file}:
            raise UsageError("--log-file is given before the command and after it: give one")
        if file is not None and _log.early is None:
            _log.remember(file)
    return file


def _spelled(context: typer.Context, form: str | None) -> str | None:
    if form is not None and not context.resilient_parsing:
        _log.form = form
    return form


File = Annotated[
    Path | None,
    typer.Option(
        "--log-file",
        metavar="FILE",
        callback=_named,
        help="Write what is done to this file, a line each (readable by you only).",
    ),
]
"""Of every command that has a configuration, and before it; it acts by itself."""
Form = Annotated[
    Literal["text", "json"] | None,
    typer.Option("--log-format", is_eager=True, callback=_spelled, help="How the log is written."),
]
"""The same."""
