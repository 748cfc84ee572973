"""Corrections: what a `reconcile` that writes costs against the bare requests it consists of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.floor import Exchange, stages
from tests.bench.measure import Figure, ratio, run
from tests.bench.sites import CONCURRENCY, Deployment, Site, site

ISSUES = 100
LINKS = 150  # two in three have a status from which one hop leads on
LATENCY_MS = 50
LIMIT = 1.2
HANDFUL = 3  # a run: permissions, and what the workflow leaves open
PLAIN = ("title", "description", "priority", "commander")
WITH_STATUS = (*PLAIN, "status")


@dataclass(frozen=True, slots=True)
class Mix:
    """What drifted, and how many issues are written at once.

    Plain fields alone are one PUT an issue on Cloud, and four at once would be 80 a second:
    raidctl's own limit of 50, which is JIRA Cloud's, would decide, and not what is measured here.
    """

    what: str
    deployment: Deployment
    fields: Sequence[str]
    concurrency: int = CONCURRENCY

    @property
    def promised(self) -> int:
        """JIRA requests for the corrections: read again, all fields in one, two a hop, read back.

        Cloud reads a hundred issues at once, and their changelogs beside them the first time.
        """
        read = 3 if self.deployment == "cloud" else 2 * ISSUES
        return read + ISSUES * (3 if "status" in self.fields else 1)


MIXES = (
    Mix("Cloud, plain fields, 2 at once", "cloud", PLAIN, 2),
    Mix("Cloud, plain fields and a hop", "cloud", WITH_STATUS),
    Mix("Data Center, plain fields", "datacenter", PLAIN),
    Mix("Data Center, plain fields and a hop", "datacenter", WITH_STATUS),
)


def writing() -> Iterator[Figure]:
    """Corrections a second, and requests a correction."""
    for mix in MIXES:
        # A site of the same content takes the floor's writes: it has not seen them yet.
        with (
            site(LINKS, LATENCY_MS, mix.deployment) as ours,
            site(LINKS, LATENCY_MS, mix.deployment) as twin,
        ):
            yield from _corrections(mix, ours, twin)


def _corrections(mix: Mix, ours: Site, twin: Site) -> Iterator[Figure]:
    """One run each, as cron starts it: it is hundreds of exchanges already."""
    run(ours.raidctl("baseline", concurrency=mix.concurrency))
    ours.exchanges()
    ours.drift(ISSUES, *mix.fields)
    reconcile = ours.raidctl("reconcile", "--yes", "-o", "json", concurrency=mix.concurrency)
    spent = run(reconcile).wall
    exchanges = ours.exchanges()
    bare = run(twin.floor(exchanges, mix.concurrency)).wall
    told = ratio(f"{mix.what}: wall / bare requests", spent, bare, LIMIT)
    yield Figure(told.what, f"{told.value}, {ISSUES / spent:.0f} issues/s", told.limit, told.kept)
    yield _requests(mix, exchanges)
    yield _histories(mix, exchanges)


def _histories(mix: Mix, exchanges: Sequence[Exchange]) -> Figure:
    """Those for changelogs alone: for the plan, and on Cloud with a batch that is read again.

    On Data Center an issue that is read again brings its own along.
    """
    alone = [one for one in exchanges if one[0] == "jira" and one[1] == "POST"]
    asked = sum("changelog" in target + body for _, _, target, body in alone)
    limit = 2 if mix.deployment == "cloud" else 1
    what = f"{mix.what}: requests for histories"
    return Figure(what, f"{asked} for {ISSUES} issues", f"≤ {limit}", asked <= limit)


def _requests(mix: Mix, exchanges: Sequence[Exchange]) -> Figure:
    """Those of JIRA from the plan on."""
    _, *writing = stages(exchanges)
    asked = sum(1 for stage in writing for exchange in stage if exchange[0] == "jira")
    kept = mix.promised <= asked <= mix.promised + HANDFUL
    limit = f"{mix.promised} + ≤ {HANDFUL}"
    return Figure(f"{mix.what}: JIRA requests", f"{asked} for {ISSUES} issues", limit, kept)
