"""Creations: what `backfill issues` costs against the bare requests it consists of."""

from collections.abc import Iterator, Sequence

from tests.bench.floor import Exchange, issue_of
from tests.bench.measure import Figure, ratio, run
from tests.bench.sites import Deployment, site

LINKS, LATENCY_MS, LIMIT = 3, 50, 1.2
TIMES = 20  # as many, for what each more takes of memory
BYTES = 1_000  # each: its items packed, before and after, and what it is counted by
OWN = 3  # requests of an incident: it is created, leads back, and is read
HANDFUL = 60  # a run: its screen, its searches, a reading of what it has linked


def creating(issues: int) -> Iterator[Figure]:
    """Creations a second, requests a creation, and memory."""
    for deployment in ("cloud", "datacenter"):
        yield from _creations(deployment, issues)
    yield from _memory(issues)


def _creations(deployment: Deployment, issues: int) -> Iterator[Figure]:
    with (
        site(LINKS, LATENCY_MS, deployment, issues) as ours,
        site(LINKS, LATENCY_MS, deployment, issues) as twin,
    ):
        ours.exchanges()
        spent = run(ours.raidctl("backfill", "issues", "--yes", "-o", "json", reads="database"))
        exchanges = ours.exchanges()
        bare = run(twin.floor(in_stages(exchanges)))
    name = {"cloud": "Cloud", "datacenter": "Data Center"}[deployment]
    what = f"{name}, {issues:,} creations"
    told = ratio(f"{what}: wall / bare requests", spent.wall, bare.wall, LIMIT)
    yield Figure(
        told.what, f"{told.value}, {issues / spent.wall:.0f} a second", told.limit, told.kept
    )
    hops = sum("/transitions" in target for _, _, target, _ in exchanges)
    ended = 0 if deployment == "cloud" else hops // 2  # where each hop led, read back
    own = len(exchanges) - hops - ended
    limit = OWN * issues + HANDFUL
    yield Figure(f"{what}: requests but hops", f"{own:,}", f"≤ {limit:,}", own <= limit)


def in_stages(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """What is asked before, all creations, then each issue's own, and the rest.

    Issues get their ids as they come: on the twin none may be asked for before all are there.
    """
    creations = [one for one in exchanges if one[1] == "POST" and one[2].endswith("/issue")]
    own = [one for one in exchanges if issue_of(one)]
    begun = exchanges.index(creations[0])
    before = [one for one in exchanges[:begun] if one not in own]
    after = [one for one in exchanges[begun:] if one not in own and one not in creations]
    return [*before, *creations, *own, *after]


def _memory(issues: int) -> Iterator[Figure]:
    """What one more incident takes: planned, and made."""
    for what in ("planned", "made"):
        peaks = [_peak(many, made=what == "made") for many in (issues, TIMES * issues)]
        grown, more = peaks[1] - peaks[0], (TIMES - 1) * issues
        limit = BYTES * more / 1024**2
        told = f"{grown:.0f} MB ({peaks[0]:.0f} → {peaks[1]:.0f})"
        name = f"memory, {TIMES * issues:,} creations {what} - {issues:,}"
        yield Figure(name, told, f"≤ {limit:.0f} MB", grown <= limit)


def _peak(issues: int, *, made: bool) -> float:
    """Megabytes at most, where no answer takes time."""
    with site(LINKS, 0, "cloud", issues) as running:
        how = "--yes" if made else "--dry-run"
        command = running.raidctl("backfill", "issues", how, "-o", "json", reads="database")
        return run(command, 0 if made else 3).megabytes
