"""What the tests of doctor share: a world in which all is in order, and what to break in it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from raidctl.core.model import Field
from raidctl.core.writes.log import Run, SeenLink
from raidctl.journal import Journal
from raidctl.sandbox.server import Reply, Request
from tests.cli.process import Ended, discreet
from tests.cli.world import NOW, Pair, Sort, World, world
from tests.schemas import validator

PAIRS = (
    Pair(1, impact={Field.STATUS: "OPEN"}, jira={Field.STATUS: "Open"}),
    Pair(2),
    Pair(3, impact={Field.STATUS: "MITIGATED"}, jira={Field.STATUS: "Resolved"}),
    Pair(4, impact={Field.STATUS: "POST_MORTEM"}, jira={Field.STATUS: "Closed"}),
)
"""A link in each status that is written."""

SERVICE = 'service_account = "712020:firefighter"'
CLOSED = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'

Quirk = Callable[[Request, Reply], Reply]


@dataclass
class Ward:
    """A healthy world, and what is odd about its answers."""

    site: World
    quirks: list[Quirk] = field(default_factory=list)

    def toml(self, *, impact: str = "", jira: str = "", more: str = "") -> str:
        """The configuration with which all is in order, with more lines for its tables."""
        return self.site.toml(impact=f"{SERVICE}\n{impact}", jira=jira, more=f"{CLOSED}\n{more}")

    def doctor(self, *arguments: str, config: str | None = None, **environ: str) -> Ended:
        """`raidctl doctor`, as JSON where nothing else is asked for."""
        arguments = arguments or ("-o", "json")
        text = self.toml() if config is None else config
        return self.site.run("doctor", *arguments, config=text, **environ)


@contextmanager
def healthy(folder: Path, sort: Sort = "cloud", pairs: tuple[Pair, ...] = PAIRS) -> Iterator[Ward]:
    """Links in sync, a journal that knows them, and a run that ended well an hour ago."""
    quirks: list[Quirk] = []

    def odd(request: Request, reply: Reply) -> Reply:
        for quirk in quirks:
            reply = quirk(request, reply)
        return reply

    with world(folder, pairs, sort=sort, quirk=odd) as site:
        remember(site, pairs)
        yield Ward(site, quirks)


def remember(site: World, pairs: tuple[Pair, ...], ago: timedelta = timedelta(hours=1)) -> None:
    """What a reconcile that had nothing to do would have left."""
    at = NOW - ago
    run = Run("20261122T210000Z-7f3a", "reconcile", at, 1, finished_at=at, exit_code=0)
    with closing(Journal(site.journal)) as journal:
        journal.begin(run)
        journal.end(run)
        links = [
            SeenLink(
                pair.number,
                pair.key,
                10_000 + pair.number,
                True,
                str(site.in_jira(pair.number, Field.STATUS)),
            )
            for pair in pairs
            if pair.linked
        ]
        journal.record_links(links, NOW)


def checks(ended: Ended) -> dict[str, dict[str, Any]]:
    """The checks by id, as the schema has them; no secret is told."""
    validator("doctor").validate(ended.report)
    discreet(ended)
    return {check["id"]: check for check in ended.report["checks"]}


def told(ended: Ended) -> Mapping[str, str]:
    """The state of what is neither in order nor skipped, by id."""
    found = {number: check["state"] for number, check in checks(ended).items()}
    return {number: state for number, state in found.items() if state not in {"ok", "skipped"}}
