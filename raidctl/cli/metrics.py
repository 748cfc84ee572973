"""After a run: its numbers for whoever watches raidctl. What fails here fails no run."""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import journal, looking
from raidctl.cli.files import put_in_place, refuse_replacing
from raidctl.cli.terminal import say
from raidctl.config import Config
from raidctl.config.checks import TEXTFILE
from raidctl.errors import JournalError, UsageError
from raidctl.runs.reading.status import status
from raidctl.runs.untold import Tried, failing, unsaid

if TYPE_CHECKING:
    from raidctl.metrics import Numbers  # an extra, and only if asked

Complaints = Callable[[Config, Tried], Iterable[str]]
"""What a run says of what could not be told, a line each."""

PUSH_SECONDS = 5.0
_JOB = "raidctl"
_READABLE = 0o644  # the node exporter is another user, and a unit's umask may be strict
_ALL, _FILE, _GATEWAY = "metrics", "metrics.file", "metrics.push_url"


def measured(settings: Config, file: Path | None) -> Config:
    """The configuration, with what `--metrics-file` says in place of its own.

    Raises `UsageError` for a file that the node exporter would not read.
    """
    if file is None:
        return settings
    if file.suffix != TEXTFILE:
        why = f"the node exporter reads files alone whose names end in {TEXTFILE}"
        raise UsageError(f"--metrics-file {str(file)!r}: {why}; name one such as raidctl{TEXTFILE}")
    return replace(settings, metrics=replace(settings.metrics, file=file))


@contextmanager
def telling(settings: Config, complaints: Complaints) -> Iterator[None]:
    """Tell the numbers once this ends, however it does, and say what `complaints` makes of it.

    Raises `UsageError` before that where something stands in the file's place that is none.
    """
    if settings.metrics.file is not None:
        refuse_replacing(settings.metrics.file)
    try:
        yield
    finally:
        for line in complaints(settings, tell(settings)):
            say(line)


def tell(settings: Config) -> Tried:
    """Tell what the journal holds by now, as far as anybody wants to know."""
    wanted = settings.metrics
    if wanted.file is None and not wanted.push_url:
        return {}
    try:
        from raidctl.metrics import Numbers, families  # noqa: PLC0415 - an extra, and only if asked
    except ImportError:
        return {_ALL: "no metrics: prometheus-client is missing; pip install 'raidctl[metrics]'"}
    try:
        with looking(settings) as memory:
            numbers = Numbers(families(status(memory, now := utc_now(), now)))
    except JournalError as error:
        return {_ALL: f"no metrics: {error}"}
    tried: dict[str, str | None] = {_ALL: None}
    if wanted.file is not None:
        tried[_FILE] = _write(wanted.file, numbers)
    if wanted.push_url:
        tried[_GATEWAY] = _push(wanted.push_url, numbers)
    return tried


def in_full(_: Config, tried: Tried) -> Iterable[str]:
    """All that failed."""
    return failing(tried)


def once_a_day(settings: Config, tried: Tried) -> Iterable[str]:
    """What failed, as a quiet run says it: nothing without a journal, which is said of the run."""
    if not tried:
        return ()
    now = utc_now()
    try:
        with looking(settings) as memory:
            found = unsaid(memory, tried, now)
        if found.news:
            with journal(settings) as kept:
                found.keep(kept, now)
    except JournalError:
        return ()
    return found.lines


def _write(file: Path, numbers: "Numbers") -> str | None:
    from prometheus_client import generate_latest  # noqa: PLC0415 - as above

    try:
        put_in_place(file, generate_latest(numbers).decode(), _READABLE)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        return f"the metrics {file} cannot be written: {said}; name another file, see {_FILE}"
    return None


def _push(address: str, numbers: "Numbers") -> str | None:
    from prometheus_client import push_to_gateway  # noqa: PLC0415 - as above

    try:
        push_to_gateway(
            address, _JOB, numbers, {"instance": socket.gethostname()}, timeout=PUSH_SECONDS
        )
    except (OSError, ValueError) as error:
        return f"the metrics cannot be pushed to {address}: {error}; see {_GATEWAY}"
    return None
