"""The ground of the examples that are played by hand."""

from pathlib import Path

import pytest

from tests.model.world import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)
