"""The journal as doctor sees it, and what it remembers of links and workflows."""

from collections.abc import Iterator

from raidctl.core.doctor.check import Check, CheckId, ok
from raidctl.core.doctor.sites import baselines, cron
from raidctl.errors import JournalError
from raidctl.ports.journal import JournalReader
from raidctl.runs.doctor.asked import Asked, Ways, failed

RUNS = 200
"""The latest runs, among which a success is looked for."""


def journal_of(ways: Ways) -> tuple[JournalReader | None, Check | None]:
    """The journal open for reading, and what there is to say of it where it is not."""
    if ways.journal is None:
        return None, None
    try:
        return ways.journal(), None
    except JournalError as error:
        return None, failed(CheckId.JOURNAL_FILE, error)


def of_journal(journal: JournalReader, asked: Asked) -> Iterator[Check]:
    """Whether anything is remembered, and whether anything runs."""
    try:
        known = baselines(any_there=journal.has_baselines)
        runs = cron(journal.runs(RUNS), asked.now)
    except JournalError as error:
        yield failed(CheckId.JOURNAL_FILE, error)
        return
    if all(check.id is not CheckId.JOURNAL_FILE for check in asked.known):
        yield ok(CheckId.JOURNAL_FILE, "the journal can be read and written")
    yield known
    yield runs
