"""One world a module for the tests that leave it as it is."""

from collections.abc import Iterator

import pytest

from tests.cli.world import World, world


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Impact and a JIRA Cloud with drift of every kind; see `world.PAIRS`."""
    with world(tmp_path_factory.mktemp("cloud")) as made:
        yield made
