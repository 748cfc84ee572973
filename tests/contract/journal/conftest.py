"""Fixtures: every kind of journal, empty, and what opens it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.ports.journal import Journal
from tests.contract.journal.backends import KINDS, Backend, SqliteFile


@pytest.fixture(params=KINDS)
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    assert request.param == "sqlite"
    return SqliteFile(tmp_path / "state" / "raidctl.db")


@pytest.fixture
def journal(backend: Backend) -> Iterator[Journal]:
    """Open for writing, at the time of `clock`."""
    with backend.writing() as made:
        yield made
