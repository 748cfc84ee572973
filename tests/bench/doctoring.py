"""Doctor: what it costs against its bare requests, and how many of them there are."""

import sys
from collections.abc import Iterator

from tests.bench.measure import Figure, ratio, run, typical
from tests.bench.sites import site

RUNS, LATENCY_MS, LIMIT = 5, 50, 2.0
REQUESTS = 12 + 1  # the site has one project, with one issue type


def looking(links: int) -> Iterator[Figure]:
    """Time and requests, with a journal that knows all links."""
    with site(links, LATENCY_MS) as running:
        run(running.raidctl("reconcile", "--yes"))
        running.exchanges()
        doctor, start = running.raidctl("doctor"), [sys.executable, "-m", "raidctl", "--help"]
        run(doctor)
        exchanges = running.exchanges()
        floor = running.floor(exchanges)
        rounds = [[run(command) for command in (doctor, start, floor)] for _ in range(RUNS)]
        ours, least, bare = (typical(several) for several in zip(*rounds, strict=True))
    what = f"doctor at {LATENCY_MS} ms, wall / --help + its bare requests"
    yield ratio(what, ours.wall, least.wall + bare.wall, LIMIT)
    asked = sum(1 for system, *_ in exchanges if system == "jira")
    yield Figure("doctor: JIRA requests", str(asked), f"≤ {REQUESTS}", asked <= REQUESTS)
