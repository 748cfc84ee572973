"""Runs, intents and results as the journal tests use them."""

from datetime import datetime

from raidctl.core.memory import Baseline
from raidctl.core.model import Field, Readable, SyncDirection, Value
from raidctl.core.writes.log import Attempt, Intent, Run, Settled
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.journal import Journal
from tests.journal.files import LINK, NOW, TO_JIRA


def run(name: str = "run-1", started: datetime = NOW, pid: int = 4711) -> Run:
    return Run(name, "reconcile", started, pid)


def intent(
    new: Value = "Resolved",
    field: Field = Field.STATUS,
    direction: SyncDirection = TO_JIRA,
    link: tuple[int, int] = LINK,
) -> Intent:
    incident, issue = link
    key = f"INC-{incident}"
    return Intent(incident, key, issue, field, direction, "MITIGATED", "Open", new, "tables")


def settled(
    write: int,
    outcome: Outcome = Outcome.APPLIED,
    read_back: Readable = "Resolved",
    baseline: Baseline | None = None,
) -> Settled:
    return Settled(write, Result(outcome, read_back), baseline)


def attempt(outcome: Outcome = Outcome.STALE, detail: str | None = None) -> Attempt:
    return Attempt(intent(), Result(outcome, "Closed", None, detail))


def wrote(
    journal: Journal, when: datetime, meant: Intent, outcome: Outcome = Outcome.APPLIED
) -> None:
    """One write from intent to outcome, read back as it was sent."""
    (number,) = journal.intend([meant], "run-1", when)
    journal.settle([settled(number, outcome, meant.new)], [], "run-1", when)
