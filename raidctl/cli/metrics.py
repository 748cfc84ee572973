"""After a run: its numbers for whoever watches raidctl. What fails here fails no run."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import looking
from raidctl.config import Config
from raidctl.errors import JournalError
from raidctl.runs.reading.status import status

if TYPE_CHECKING:
    from raidctl.metrics import Numbers  # an extra, and only if asked

Complain = Callable[[str], None]
"""Where a line goes about what could not be told."""

PUSH_SECONDS = 5.0
_JOB = "raidctl"


def measured(settings: Config, file: Path | None) -> Config:
    """The configuration, with what `--metrics-file` says in place of its own."""
    if file is None:
        return settings
    return replace(settings, metrics=replace(settings.metrics, file=file))


def nothing(line: str) -> None:
    """What a quiet run says of what could not be told: whoever watches sees that it is old."""


@contextmanager
def telling(settings: Config, say: Complain) -> Iterator[None]:
    """Tell the numbers once this ends, however it does."""
    try:
        yield
    finally:
        tell(settings, say)


def tell(settings: Config, say: Complain) -> None:
    """Tell what the journal holds by now, as far as anybody wants to know; `say` what failed."""
    wanted = settings.metrics
    if wanted.file is None and not wanted.push_url:
        return
    try:
        from raidctl.metrics import Numbers, families  # noqa: PLC0415 - an extra, and only if asked
    except ImportError:
        say("no metrics: prometheus-client is missing; pip install 'raidctl[metrics]'")
        return
    try:
        with looking(settings) as journal:
            numbers = Numbers(families(status(journal, now := utc_now(), now)))
    except JournalError as error:
        say(f"no metrics: {error}")
        return
    if wanted.file is not None:
        _write(wanted.file, numbers, say)
    if wanted.push_url:
        _push(wanted.push_url, numbers, say)


def _write(file: Path, numbers: "Numbers", say: Complain) -> None:
    from prometheus_client import write_to_textfile  # noqa: PLC0415 - as above

    try:
        write_to_textfile(str(file), numbers)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        say(f"the metrics {file} cannot be written: {said}; name another file, see metrics.file")


def _push(address: str, numbers: "Numbers", say: Complain) -> None:
    from prometheus_client import push_to_gateway  # noqa: PLC0415 - as above

    try:
        push_to_gateway(
            address, _JOB, numbers, {"instance": socket.gethostname()}, timeout=PUSH_SECONDS
        )
    except (OSError, ValueError) as error:
        say(f"the metrics cannot be pushed to {address}: {error}; see metrics.push_url")
