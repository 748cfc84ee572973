"""Runs, intents and results, at the times of a test's own."""

from datetime import UTC, datetime, timedelta

from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Readable, SyncDirection, Value
from raidctl.core.plan.item import Change
from raidctl.core.writes.log import Run
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.ports.journal import Journal
from tests.items import meant

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
LINK, OTHER = (12, 10012), (13, 10013)


def clock() -> datetime:
    return NOW


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def run(name: str = "run-1", started: datetime = NOW, pid: int = 4711) -> Run:
    return Run(name, "reconcile", started, pid)


def intent(
    new: Value = "Resolved",
    field: Field = Field.STATUS,
    direction: SyncDirection = TO_JIRA,
    link: tuple[int, int] = LINK,
) -> Change:
    incident, issue = link
    key = f"INC-{incident}"
    return meant(incident, key, issue, field, direction, "MITIGATED", "Open", new, "tables")


def settled(
    write: int,
    outcome: Outcome = Outcome.APPLIED,
    read_back: Readable = "Resolved",
    baseline: Baseline | None = None,
) -> Settlement:
    return Settlement(intent(), Result(outcome, read_back), write, baseline)


def attempt(outcome: Outcome = Outcome.STALE, detail: str | None = None) -> Settlement:
    return Settlement(intent(), Result(outcome, "Closed", None, detail))


def wrote(
    journal: Journal,
    when: datetime,
    what: Change,
    outcome: Outcome = Outcome.APPLIED,
    baseline: Baseline | None = None,
) -> int:
    """One write from intent to outcome, read back as it was sent; its number."""
    (number,) = journal.intend([what], "run-1", when)
    journal.settle([settled(number, outcome, what.to, baseline)], "run-1", when)
    return number
