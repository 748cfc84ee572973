"""Where what is done is written, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from raidctl.config.read import Settings


@dataclass(frozen=True, slots=True)
class LogConfig:
    """The log's file, None for none, and what it is written as (`text` or `json`).

    `rotate` is `daily`, `weekly`, a size such as `10 MB`, or empty for never; `keep` files are
    kept of those that were put aside.
    """

    file: Path | None = None
    form: str = "text"
    rotate: str = ""
    keep: int = 1


def log_config(settings: Settings, path: Callable[[str], Path]) -> LogConfig:
    """The settings of `[log]`; `path` says what a path means."""
    return LogConfig(
        file=path(name) if (name := settings.text("log.file")) else None,
        form=settings.text("log.format"),
        rotate=settings.text("log.rotate"),
        keep=settings.take("log.keep", int),
    )
