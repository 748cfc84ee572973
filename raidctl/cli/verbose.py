"""`-v` and `-vv`: each request on standard error as it is answered, and no bar meanwhile."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from raidctl.cli.terminal import tell_whole

_LOGGER = "raidctl.requests"  # of gateways.http.trace
_BODIES = 2


class _Lines:
    """The stream of a log's handler: a message a line, what belongs to it indented below."""

    def write(self, message: str) -> None:
        tell_whole(f"raidctl: {message}".rstrip("\n").replace("\n", "\n  ").split("\n"))

    def flush(self) -> None:
        """Nothing is kept back."""


@contextmanager
def _telling(times: int) -> Iterator[None]:
    import logging  # noqa: PLC0415 - not for those who do not ask

    log, handler = logging.getLogger(_LOGGER), logging.StreamHandler(_Lines())
    log.handlers = [handler]
    log.setLevel(logging.DEBUG if times >= _BODIES else logging.INFO)
    try:
        yield
    finally:
        log.handlers = []
        log.setLevel(logging.NOTSET)


def told() -> bool:
    """Whether each request is told."""
    logging = sys.modules.get("logging")
    return logging is not None and bool(logging.getLogger(_LOGGER).handlers)


def _asked(context: typer.Context, times: int) -> None:
    if times and not context.resilient_parsing:
        context.with_resource(_telling(times))


Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        callback=_asked,
        help="Tell each request on standard error; -vv: what was sent and came back, cut.",
    ),
]
"""Of every command that asks a system anything, and before it; it acts by itself."""
