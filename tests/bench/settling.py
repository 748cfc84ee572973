"""Events: what a burst of them costs against the bare requests of a `reconcile` of its links."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from tests.bench.measure import Figure, ratio, run
from tests.bench.sites import Deployment, Site, site
from tests.payloads import updated, webhook

LINKS, EACH, DRIFTED = 1_000, 5, 500
LATENCY_MS, LIMIT = 50, 1.3
AT_ONCE = {"cloud": 2, "datacenter": 4}
"""Four at once on Cloud would be 80 edits a second: its limit of 50 would decide."""
FIRST_ID = 100_000  # of the bench's issues, before the first


def settling() -> Iterator[Figure]:
    """Seconds, and requests, of a burst that comes in whatever order."""
    for deployment in ("cloud", "datacenter"):
        yield from _burst(deployment)


def _burst(deployment: Deployment) -> Iterator[Figure]:
    with (
        site(LINKS, LATENCY_MS, deployment) as ours,
        site(LINKS, LATENCY_MS, deployment) as other,
        site(LINKS, LATENCY_MS, deployment) as twin,
    ):
        for one in (ours, other):
            run(one.raidctl("baseline", "--all"))
            one.exchanges()
        for one in (ours, other, twin):
            one.drift(DRIFTED, "title")
        wide = AT_ONCE[deployment]
        whole = ("reconcile", "--yes", "--all", "--field", "title")
        run(other.raidctl(*whole, concurrency=wide))
        exchanges = other.exchanges()
        spent = run(ours.raidctl("event", str(_events(ours)), "-o", "json", concurrency=wide))
        asked = len(ours.exchanges())
        bare = run(twin.floor(exchanges, wide))
    name = {"cloud": "Cloud", "datacenter": "Data Center"}[deployment]
    what = f"{name}, {EACH * LINKS:,} events of {LINKS:,} links"
    yield ratio(f"{what}: wall / bare requests of reconcile", spent.wall, bare.wall, LIMIT)
    kept = asked <= LIMIT * len(exchanges)
    limit = f"≤ {LIMIT} x {len(exchanges)}"
    yield Figure(f"{what}: requests", f"{asked}", limit, kept)


def _events(place: Site) -> Path:
    """Some of either side about each link, in no order."""
    told = [
        updated(number, "title", at=each) if each % 2 else _hook(number, each)
        for number in range(1, LINKS + 1)
        for each in range(EACH)
    ]
    Random(1).shuffle(told)
    file = place.folder / "burst.jsonl"
    file.write_text("".join(f"{json.dumps(one)}\n" for one in told))
    return file


def _hook(number: int, each: int) -> dict[str, Any]:
    issue = {"id": str(FIRST_ID + number), "key": f"INC-{number}"}
    return webhook(number, "summary", issue=issue, timestamp=1_795_000_000_000 + each)
