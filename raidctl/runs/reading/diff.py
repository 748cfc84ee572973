"""The `diff` run: a survey told as a plan and a report, and nothing written anywhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Item, changes
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, summarised
from raidctl.core.scope import Selection
from raidctl.core.waiting import by_field, skip_of
from raidctl.ports.systems import Systems
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Survey, survey
from raidctl.runs.reading.writers import with_obstacles

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}
NEAR = timedelta(seconds=30)
"""How far clocks may be apart without a word: less than the grace that a change is given."""


def diff(
    command: str,
    systems: Systems,
    request: ReadRequest,
    sites: tuple[str, str],
    clock: Callable[[], datetime],
    progress: Progress,
) -> tuple[Plan, Report]:
    """Where the systems disagree and which way each difference should be settled.

    `command` is who asks; `sites` are the two systems' base URLs: a plan is good for these alone.
    """
    found = survey(systems, request, progress)
    report = replace(report_of(found, systems, request, sites, clock()), command=command)
    return plan_of(found, sites, request.policy), with_obstacles(report, systems)


def report_of(
    found: Survey,
    systems: Systems,
    request: ReadRequest,
    sites: tuple[str, str],
    finished_at: datetime,
) -> Report:
    """A survey as a report."""
    return Report(
        command="diff",
        run=None,
        direction=request.policy.direction,
        prefer=request.policy.prefer,
        started_at=request.now,
        finished_at=finished_at,
        plan=plan_of(found, sites, request.policy).hash,
        summary=summarised(
            found.items, found.links, found.unread_links, systems.requests, found.downgraded
        ),
        items=found.items,
        unread=found.unread,
        notes=(*_notes(request, found), *of_systems(systems)),
        whole=request.whole,
        skipped=_skipped(found.items, systems),
    )


def _skipped(items: Sequence[Item], systems: Systems) -> frozenset[tuple[int, Field | None]]:
    """Of which items a person has said to leave these very values as they are."""
    left = by_field(systems.journal.skips())
    kept = (item for item in items if left and skip_of(item, left) is not None)
    return frozenset((item.subject.incident, item.field) for item in kept)


def of_systems(systems: Systems) -> list[str]:
    """What the systems themselves have shown: clocks that differ, and what else came up."""
    told = [
        f"{_NAMES[side]}'s clock is {_span(abs(ahead))} {'ahead of' if ahead > NEAR else 'behind'} "
        "this host's, and its times are understood by that: let both follow a time server."
        for side, ahead in systems.clocks_ahead.items()
        if abs(ahead) > NEAR
    ]
    return [*told, *systems.tracker.notes]


def _span(time: timedelta) -> str:
    minutes, seconds = divmod(round(time.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{seconds} s")
    return " ".join(part for part in parts if part)


def plan_of(found: Survey, sites: tuple[str, str], policy: Policy) -> Plan:
    """What was decided about all that was found."""
    tables, decided = tuple(found.book.fingerprints), (policy.direction, policy.prefer)
    return Plan(found.items, tables, sites, found.in_scope, *decided)


def _notes(request: ReadRequest, found: Survey) -> list[str]:
    """What a reader of the report should know beside its items."""
    notes = []
    reasons = [item.reason for item in found.items]
    if Reason.UNDECIDED in reasons and not found.had_baselines:
        notes.append(
            "The journal holds no baselines yet, so it cannot be known which side changed: raidctl "
            "baseline --from-history finds out what it can (raidctl help first-day); the rest a "
            "person, --prefer or [policy] has to decide."
        )
    partly = not (request.thorough or request.scope.everything or found.had_baselines)
    if partly and any(changes(found.items)):
        notes.append(
            "Other incidents that claim the same issue were looked for in the journal only, which "
            "knows none yet: raidctl baseline --all makes them known."
        )
    if request.selection != Selection() and not (found.links or found.items):
        notes.append("No link has a status or a priority of the names asked for.")
    hidden = reasons.count(Reason.NOT_VISIBLE)
    if found.links and hidden == found.links and not request.scope.named:
        notes.append(
            "None of the issues is visible to this JIRA user: check jira.token and its permissions."
        )
    return notes
