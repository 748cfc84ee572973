"""Tells the end of every change, and of a run, to whoever listens to its logger."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from raidctl.core.plan.item import Key
from raidctl.core.watch.ends import WELL
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import DONE
from raidctl.core.writes.settlement import Settlement

LOG = logging.getLogger("raidctl.runs")


def settled(
    ends: Iterable[Settlement], run: str, begun: Mapping[Key, datetime | None], now: datetime
) -> None:
    """What became of changes; `begun` is since when each may have been sent, where it was."""
    if not LOG.isEnabledFor(logging.INFO):
        return
    for one in ends:
        change, result = one.change, one.result
        since = begun.get(change.key)
        attributes = {
            "raidctl.run": run,
            "raidctl.incident": change.subject.incident,
            "raidctl.issue": change.subject.issue,
            "raidctl.field": change.field or change.target,
            "raidctl.direction": change.direction,
            "raidctl.outcome": result.outcome,
            "error.type": result.category,
            "raidctl.duration": None if since is None else (now - since).total_seconds(),
            "raidctl.detail": result.detail,
        }
        level = logging.INFO if result.outcome in DONE else logging.WARNING
        _tell(level, "outcome", result.outcome.replace("_", " "), attributes)


def ended(run: Run) -> None:
    """How a run ended, and what it did in numbers."""
    if run.finished_at is None or not LOG.isEnabledFor(logging.INFO):
        return
    attributes = {
        "raidctl.run": run.id,
        "process.exit.code": run.exit_code,
        **{f"raidctl.outcomes.{outcome}": count for outcome, count in run.outcomes},
        "raidctl.held": run.held,
        "raidctl.duration": (run.finished_at - run.started_at).total_seconds(),
        "raidctl.why": run.why,
    }
    level = logging.INFO if run.exit_code in WELL else logging.ERROR
    _tell(level, "run", f"{run.command} ended", attributes)


def _tell(level: int, event: str, body: str, attributes: Mapping[str, object]) -> None:
    LOG.log(level, "%s", body, extra={"event": event, "attributes": attributes})
