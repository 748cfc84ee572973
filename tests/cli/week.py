"""A week of cron runs with faults in it, by a clock of its own, and all that anybody hears of it.

A token expires on day three, JIRA is down for an hour, a field flaps, a disk is full. Whatever
raidctl tells of itself can be asked for in between (`look`).
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tests.cli.clock import Clock, at
from tests.cli.disk import full_disk
from tests.cli.process import Ended
from tests.cli.world import ADA, GRACE, NOW, Pair, World, world
from tests.simulators.hook import Hook, hook
from tests.simulators.server import refuse

QUARTER = timedelta(minutes=15)
PAIRS = (Pair(1), Pair(2), Pair(3), Pair(4))


@dataclass
class Week:
    """Both systems, who is told, and how each run ended, by when it began."""

    world: World
    clock: Clock
    slack: Hook
    url: Hook
    ping: Hook
    calm: timedelta
    look: Callable[["Week"], None]
    ran: list[tuple[datetime, Ended]] = field(default_factory=list)

    def runs(self, until: float, every: timedelta | None = None) -> list[Ended]:
        """Cron's runs up to that day (0.5: the first noon), and how they ended."""
        before, end = len(self.ran), NOW + timedelta(days=until)
        while self.clock.time < end:
            self.run()
            self.clock.time += every or self.calm
        self.clock.time = end
        return [ended for _, ended in self.ran[before:]]

    def run(self) -> Ended:
        """One run as cron starts it."""
        toml = self.world.toml(
            more='[notify]\nslack_url_env = "SLACK"\nurl_env = "URL"\nping_url_env = "PING"\n'
        )
        ended = self.world.run(
            *("reconcile", "--yes", "--quiet"),
            config=toml,
            SLACK=self.slack.address,
            URL=self.url.address,
            PING=self.ping.address,
        )
        self.ran.append((self.clock.time, ended))
        self.look(self)
        return ended

    @property
    def told(self) -> list[str]:
        """The kinds of notices that the URL was sent, in their order."""
        return [one["kind"] for body in self.url.bodies for one in body["notices"]]

    @property
    def said(self) -> list[tuple[int, int]]:
        """Bytes on standard output and error of the runs that said anything."""
        sizes = [(len(one.out.encode()), len(one.err.encode())) for _, one in self.ran]
        return [size for size in sizes if any(size)]


def play(
    folder: Path, calm: timedelta, look: Callable[[Week], None] = lambda _: None
) -> tuple[Week, dict[str, list[Ended]]]:
    """The week, with so much time between runs while all is well, and the runs of each part."""
    with ExitStack() as stack:
        made = stack.enter_context(world(folder, PAIRS))
        slack, url, ping = (stack.enter_context(hook()) for _ in range(3))
        clock = stack.enter_context(at(made, NOW))
        week = Week(made, clock, slack, url, ping, calm, look)
        return week, {name: part(week) for name, part in PARTS.items()}


def _calm(week: Week) -> list[Ended]:
    """Somebody works in Impact, and raidctl takes it to JIRA."""
    first = week.runs(0.5)
    week.world.edit_incident(1, status=40)
    return first + week.runs(1)


def _conflict(week: Week) -> list[Ended]:
    week.world.edit_incident(2, title="What they call it in Impact")
    week.world.state.edit(10_002, GRACE.account, summary="What they call it in JIRA")
    week.clock.time += timedelta(minutes=5)
    return week.runs(2)


def _expired(week: Week) -> list[Ended]:
    """A token that expires as day three begins and is mended at nine."""
    with week.world.fault("jira", refuse(401)):
        return week.runs(2 + 9 / 24, timedelta(hours=1))


def _down(week: Week) -> list[Ended]:
    """JIRA is away from 14:00 to 15:00 on day four."""
    before = week.runs(3 + 14 / 24)
    week.world.jira.stop()
    try:
        down = week.runs(3 + 15 / 24, QUARTER)
    finally:
        week.world.jira.start()
    return before + down + week.runs(4)


def _flapping(week: Week) -> list[Ended]:
    """Whenever raidctl has written a status, something in JIRA puts it back, then one in Impact."""
    ended = []
    for _ in range(3):
        week.world.edit_incident(3, status=40)
        ended.append(week.run())
        week.clock.time += timedelta(minutes=5)
        week.world.state.edit(10_003, ADA.account, status="In Progress")
        week.clock.time += timedelta(minutes=5)
        ended.append(week.run())
    return ended + week.runs(5)


def _full(week: Week) -> list[Ended]:
    """The journal's disk has no room for three hours."""
    before = week.runs(5.5)
    with full_disk():
        full = week.runs(5.5 + 3 / 24, timedelta(minutes=30))
    return before + full + week.runs(7)


PARTS: dict[str, Callable[[Week], list[Ended]]] = {
    "calm": _calm,
    "conflict": _conflict,
    "expired": _expired,
    "mended": lambda week: week.runs(3),
    "down": _down,
    "flapping": _flapping,
    "full": _full,
}
