"""Fixtures: a place for a journal, one that holds something, and readers and writers of it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.memory import Baseline
from raidctl.core.model import Field
from raidctl.journal import Journal
from tests.contract.journal.values import LINK, NOW, clock
from tests.journal.files import insert, record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "raidctl.db"


@pytest.fixture
def written(path: Path) -> Path:
    """A journal with one baseline, a guard, a quarantine, links and users."""
    record(path, (*LINK, Field.STATUS, Baseline("OPEN", "Open", "t")))
    since = NOW.isoformat()
    insert(path, "guards", ("incident", 12, "jira_to_impact", "status", NOW.timestamp() + 30))
    insert(path, "quarantines", (*LINK, "title", since))
    insert(path, "links", (12, "INC-12", 10012, 1, since, "In Progress"))
    insert(path, "own_links", (12, "INC-12", 10012, 1, since))
    insert(path, "presets", ("a", "raid", since))
    insert(path, "users", ("ada@example.com", "acc-ada", since))
    return path


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """An empty journal, open for writing, at the time of `clock`."""
    with closing(Journal(path, clock)) as made:
        yield made
