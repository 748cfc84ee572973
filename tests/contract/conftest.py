"""Databases of FireFighter's of a test's own, to write to."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.contract.impact_rows import INCIDENTS, Impact, opened
from tests.contract.postgres import Cluster, postgres  # noqa: F401 - a fixture
from tests.contract.sources import postgres_database, sqlite_file


@pytest.fixture(scope="session")
def full_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to copy."""
    path = tmp_path_factory.mktemp("full") / "impact.db"
    sqlite_file(path, INCIDENTS, bare=False)
    return path


@pytest.fixture(scope="session")
def full_postgres(postgres: Cluster) -> str:  # noqa: F811 - the fixture
    """A database to copy; nobody stays connected to it."""
    return make_url(postgres_database(postgres, INCIDENTS, bare=False)).database or ""


ON_SERVER = pytest.param("postgres", marks=pytest.mark.slow)


@pytest.fixture(params=["sqlite", ON_SERVER])
def impact(request: pytest.FixtureRequest) -> Impact:
    """The incidents with their history, of the test's own."""
    name = "own_file" if request.param == "sqlite" else "own_server"
    found: Impact = request.getfixturevalue(name)
    return found


@pytest.fixture
def own_file(full_file: Path, tmp_path: Path) -> Iterator[Impact]:
    """The same, a SQLite file."""
    shutil.copy(full_file, tmp_path / "impact.db")
    with opened(f"sqlite:///{tmp_path / 'impact.db'}") as found:
        yield found


@pytest.fixture
def own_server(
    full_postgres: str,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> Iterator[Impact]:
    """The same, on a real PostgreSQL."""
    with opened(postgres.url(postgres.new_database(full_postgres))) as found:
        yield found
