"""Where the configuration wants raidctl's numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from raidctl.config.read import Settings


@dataclass(frozen=True, slots=True)
class MetricsConfig:
    """A file for the node exporter's textfile collector, a push gateway's address; or neither."""

    file: Path | None
    push_url: str


def metrics(settings: Settings, path: Callable[[str], Path]) -> MetricsConfig:
    """As it is configured; `path` makes one of what stands in the file."""
    file = settings.text("metrics.file")
    return MetricsConfig(path(file) if file else None, settings.text("metrics.push_url"))
