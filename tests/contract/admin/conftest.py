"""Sites in which issues are made."""

from collections.abc import Iterator

import pytest

from tests.contract.trackers import PLAIN, WRITTEN, Site, site


@pytest.fixture(params=WRITTEN)
def jira(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Each deployment, and a Cloud that serves nothing under version 2; with two issues."""
    with site(WRITTEN[request.param]) as running:
        running.add(1, 2)
        yield running


@pytest.fixture(params=PLAIN)
def plain(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Each deployment."""
    with site(WRITTEN[request.param]) as running:
        running.add(1, 2)
        yield running
