"""The first day: what `baseline --from-history` costs against the bare requests it consists of."""

from collections.abc import Iterator

from tests.bench.measure import Figure, ratio, run, typical
from tests.bench.sites import Deployment, site

LATENCIES_MS, LIMIT, RUNS = (50, 150), 1.2, 3  # the quicker JIRA is, the more our own work counts
MEGABYTES = 20  # that nine thousand more links may take: a line of the answer each, and no text


def adopting(links: int) -> Iterator[Figure]:
    """Time and memory of a run in which every link has drifted, and both histories tell how."""
    for deployment in ("cloud", "datacenter"):
        for latency in LATENCIES_MS:
            yield from _replayed(deployment, links, latency)
    peaks = []
    for many in (links // 10, links):
        with site(many, 0) as running:
            running.past()
            peaks.append(run(running.adopt("journal.db")).megabytes)
    grown = peaks[1] - peaks[0]
    what = f"memory, {links:,} links replayed - {links // 10:,}"
    told = f"{grown:.0f} MB ({peaks[0]:.0f} → {peaks[1]:.0f})"
    yield Figure(what, told, f"≤ {MEGABYTES} MB", grown <= MEGABYTES)


def _replayed(deployment: Deployment, links: int, latency: int) -> Iterator[Figure]:
    with site(links, latency, deployment) as running:
        running.past()
        running.exchanges()
        run(running.adopt("first.db"))
        exchanges = running.exchanges()
        floor = running.floor(exchanges)
        pairs = [(run(running.adopt(f"{n}.db")), run(floor)) for n in range(RUNS)]
        ours, bare = (typical(costs) for costs in zip(*pairs, strict=True))
    name = {"cloud": "Cloud", "datacenter": "Data Center"}[deployment]
    what = f"{name}, {links:,} links replayed at {latency} ms"
    yield ratio(f"{what}: wall / bare requests", ours.wall, bare.wall, LIMIT)
    yield Figure(f"{what}: JIRA requests", f"{len(exchanges):,}")
