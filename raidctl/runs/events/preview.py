"""What events would come to: looked at, and nothing written anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from raidctl.core.events.event import Queued
from raidctl.core.events.turns import Stop, Timing
from raidctl.core.plan.plan import Plan
from raidctl.core.report import Report
from raidctl.ports.systems import Systems
from raidctl.runs.events.fate import Fate
from raidctl.runs.events.look import Asked, Rules, look, making
from raidctl.runs.events.witness import by_incident
from raidctl.runs.reading.request import Progress
from raidctl.runs.reading.writers import with_obstacles

_DRY = Stop("to be written: this was a dry run")


def preview(
    systems: Systems,
    events: Sequence[Queued],
    rules: Rules,
    clock: Callable[[], datetime],
    progress: Progress,
) -> tuple[Plan, Report]:
    """What would be done, and what would become of each event. Raises `ServiceError`."""
    now, named = clock(), [one.event for one in events]
    places = rules.directory.places(systems, named, now)
    asked = Asked(named, places, making(systems, named, rules, now))
    looked = look(systems, asked, rules, clock, progress)
    report = with_obstacles(looked.report, systems)
    timing = Timing(now, rules.passing, rules.random)
    fate = Fate(places, looked, by_incident(report.items), timing, _DRY)
    told = tuple(one.turned(fate.of(one)).told for one in events)
    return looked.plan, replace(report, events=told)
