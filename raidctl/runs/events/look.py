"""Read what events tell of, on both sides, and plan it: fields of links, and missing issues."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from raidctl.core.events.event import Event
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Item
from raidctl.core.plan.plan import Plan
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread, summarised
from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.halves import by_halves
from raidctl.ports.systems import Systems
from raidctl.runs.backfill.bulk import Found, Job
from raidctl.runs.events.places import Directory, Places
from raidctl.runs.events.witness import Sight, Witness, searches
from raidctl.runs.reading.diff import report_of
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Observer, Survey, survey

Wanted = Mapping[int, frozenset[Field]]
"""Fields that events name, by incident."""


@dataclass(frozen=True, slots=True)
class Rules:
    """By which rules events are settled.

    `request` asks about fields of incidents; `creations` makes the issues of others, and raises
    `ConfigError` where none can be made. `passing` is how long a change is left alone, `random` a
    number from 0 to 1 by chance.
    """

    request: Callable[[Wanted], ReadRequest]
    creations: Callable[[frozenset[int]], Job]
    sites: tuple[str, str]
    directory: Directory
    passing: timedelta
    random: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Making:
    """What makes the issues that events ask for, None where nothing is to be made.

    FireFighter itself may yet make the one of a `young` incident: until then it is left alone.
    `unread` is why an incident could not be looked at, `problem` why no issue can be made as
    raidctl is configured.
    """

    job: Job | None = None
    young: Mapping[int, datetime] = field(default_factory=dict)
    unread: Mapping[int, str] = field(default_factory=dict)
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Events, whose they are, and what makes the issues that they ask for."""

    events: Collection[Event]
    places: Places
    making: Making = field(default_factory=Making)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found: a plan and its report, and the links that were read for it, by incident.

    `missing` are incidents that Impact does not have, `accounts` those of people whom JIRA knows,
    by e-mail (folded). `ahead` is how far JIRA's clock is where it was searched, whose index lags.
    """

    plan: Plan
    report: Report
    making: Making
    survey: Survey | None
    seen: Mapping[int, Sight]
    missing: frozenset[int]
    accounts: Mapping[str, str]
    ahead: timedelta | None


def making(systems: Systems, events: Iterable[Event], rules: Rules, now: datetime) -> Making:
    """What is to be made for these events. Raises `ServiceError`."""
    wanted = sorted({one.incident for one in events if one.creation and one.incident is not None})
    born, unread = dict[int, datetime](), dict[int, str]()
    for part, told in by_halves(systems.source.current, wanted):
        if not isinstance(told, ServiceError):
            born |= {number: one.created_at for number, one in told.items()}
        elif told.answered:  # one of them is at fault, and the others are not
            unread |= dict.fromkeys(part, str(told))
        else:
            raise told
    young = {one: at + rules.passing for one, at in born.items() if now - at < rules.passing}
    ripe = frozenset(wanted) - young.keys() - unread.keys()
    try:
        return Making(rules.creations(ripe) if ripe else None, young, unread)
    except ConfigError as error:
        return Making(None, young, unread, error.problems[0])


def look(
    systems: Systems,
    asked: Asked,
    rules: Rules,
    clock: Callable[[], datetime],
    progress: Progress,
    *observers: Observer,
) -> Looked:
    """Read and plan; what is to be made may turn out not to be possible. Raises `ServiceError`."""
    started, witness, made = clock(), Witness(), asked.making
    found, new = None, Found((), 0)
    report = nothing_read(rules.sites, started, started, {})
    if wanted := _wanted(asked):
        request = rules.request(wanted)
        found = survey(systems, request, progress, *observers, witness)
        report = report_of(found, systems, request, rules.sites, clock())
    try:
        if made.job is not None:
            new = made.job.find(systems, progress)
    except ConfigError as error:
        made = replace(made, job=None, problem=error.problems[0])
    except ServiceError as error:
        if not error.answered:
            raise
        unread = {one.incident: str(error) for one in asked.events if one.incident}
        made = replace(made, job=None, unread={**unread, **made.unread})
    report = _with(report, new)
    numbers = {*wanted, *(one.incident for one in asked.events if one.incident)}
    named = {f"incident {number}": number for number in numbers}
    missing = [one for one in report.unread if _is_missing(one, named)]
    plan = _plan(report.items, found, new, rules.sites)
    report = replace(
        report,
        command="event",
        finished_at=clock(),
        plan=plan.hash,
        summary=replace(report.summary, requests=systems.requests),
        unread=tuple(one for one in report.unread if one not in missing),
    )
    gone = frozenset(named[one.what] for one in missing)
    tracker = systems.tracker
    ahead = tracker.clock_ahead if searches(tracker) else None
    return Looked(plan, report, made, found, witness.links, gone, new.accounts, ahead)


def _wanted(asked: Asked) -> Wanted:
    wanted: dict[int, frozenset[Field]] = defaultdict(frozenset)
    for event in asked.events:
        for incident in asked.places.get(event.name, ()) if event.fields else ():
            wanted[incident] |= event.fields
    return wanted


def _is_missing(unread: Unread, named: Collection[str]) -> bool:
    return unread.category == Category.NOT_FOUND and unread.what in named


def nothing_read(
    sites: tuple[str, str], started: datetime, ended: datetime, requests: Mapping[Side, int]
) -> Report:
    """The report of a run that compares no links."""
    summary, plan = summarised((), 0, 0, requests), Plan((), (), sites, 0)
    return Report("event", None, None, started, ended, plan.hash, summary, ())


def _plan(items: Sequence[Item], found: Survey | None, new: Found, sites: tuple[str, str]) -> Plan:
    """One plan of fields and of what is to be made."""
    tables = () if found is None else tuple(found.book.fingerprints)
    links = new.in_scope + (0 if found is None else found.in_scope)
    return Plan(items, (*tables, *new.tables), sites, links)


def _with(report: Report, new: Found) -> Report:
    """The report with what is to be made; an incident that gets an issue does not lack one."""
    made = {item.subject.incident for item in new.items}
    compared = [
        item
        for item in report.items
        if not (item.reason is Reason.UNLINKED and item.subject.incident in made)
    ]
    items = (*compared, *new.items)
    hidden = sum(item.reason is Reason.NOT_VISIBLE for item in new.items)
    told = report.summary
    summary = summarised(
        items,
        told.links + hidden,
        told.unread,
        told.requests,
        told.downgraded + new.downgraded,
        agreeing=made - {item.subject.incident for item in compared},
    )
    return replace(
        report,
        items=items,
        summary=summary,
        unread=(*report.unread, *new.unread),
        notes=(*report.notes, *new.notes),
    )
