"""Find the issues that incidents have after all: by what leads back from them, and look-alikes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from raidctl.core.backfill.backlink import global_id, incident_of
from raidctl.core.backfill.draft import Draft
from raidctl.core.model import Field
from raidctl.core.scope import Scope
from raidctl.ports.impact import IncidentSource
from raidctl.ports.jira_admin import IssueAdmin, IssueName, Seen, Sought
from raidctl.runs.backfill.request import BackfillRequest

WITHIN = timedelta(minutes=1)  # of its incident FireFighter creates an issue; clocks differ besides


NOTHING: Mapping[int, Sequence[IssueName]] = {}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An incident that is to have an issue: where, under which summary, and by whom."""

    incident: int
    created_at: datetime
    project: str
    summary: str
    reporter: str | None


def wanted_of(draft: Draft) -> Wanted:
    """What is to be looked for before a draft is sent."""
    incident, issue = draft.incident, draft.issue
    summary = str(issue.values.get(Field.TITLE) or "")
    return Wanted(incident.id, incident.created_at, issue.project, summary, issue.reporter)


@dataclass(frozen=True, slots=True)
class Already:
    """What JIRA has for incidents, by their ids.

    `own` are issues that say whose they are; of those incidents in `led_back` a remote link does.
    `alike` are issues that look like one and do not say.
    """

    own: Mapping[int, Sequence[IssueName]] = field(default_factory=dict)
    led_back: frozenset[int] = frozenset()
    alike: Mapping[int, Sequence[Seen]] = field(default_factory=dict)


def made_before(
    admin: IssueAdmin, request: BackfillRequest, wanted: Iterable[Wanted], known: Collection[str]
) -> Mapping[int, Sequence[IssueName]]:
    """The issues that this user has made for such incidents, as their properties tell.

    It reads all that this user has made there since the incidents, but for `known` issues of
    others, so it is asked once a run: an issue of which a run died before it led back, and whose
    journal was lost, is found by this alone.
    """
    site, kind = request.blueprint.site, request.blueprint.issue_type
    numbers, since = set[int](), dict[str, datetime]()
    for one in wanted:
        numbers.add(one.incident)
        since[one.project] = min(one.created_at, since.get(one.project, one.created_at))
    found: dict[int, list[IssueName]] = {}
    for project, first in since.items():
        for seen in admin.made_by_us(project, kind, first - request.skew, known):
            if (number := incident_of(site, seen.incident)) in numbers and number is not None:
                found.setdefault(number, []).append(seen.issue)
    return found


def already_there(
    source: IncidentSource,
    admin: IssueAdmin,
    request: BackfillRequest,
    wanted: Sequence[Wanted],
    ours: Mapping[int, Sequence[IssueName]] = NOTHING,
    *,
    seen_until: datetime | None = None,
) -> Already:
    """What JIRA has, by a few searches for all of them; `ours` is known already.

    Raises `ServiceError`.

    A look-alike has the summary and the reporter, and was created in the minute of the incident;
    one that another incident has is none. What was created by `seen_until` was looked at before.
    """
    site, kind = request.blueprint.site, request.blueprint.issue_type
    names = {global_id(site, one.incident): one.incident for one in wanted}
    linked = admin.linked(list(names)) if names else {}
    own = {names[name]: {issue.id: issue for issue in issues} for name, issues in linked.items()}
    led_back, alike = frozenset(own), dict[int, list[Seen]]()
    for one in wanted:
        for issue in ours.get(one.incident, ()):
            own.setdefault(one.incident, {}).setdefault(issue.id, issue)
    times = {one.incident: _sought(one, request.skew) for one in wanted}
    new = [one for one in wanted if seen_until is None or times[one.incident].until > seen_until]
    for project, some in groupby(sorted(new, key=_project), _project):
        members = list(some)
        sought = [times[one.incident] for one in members]
        for one, found in zip(members, admin.look_alikes(project, kind, sought), strict=True):
            for seen in found:
                if names.get(seen.incident or "") == one.incident:
                    own.setdefault(one.incident, {}).setdefault(seen.issue.id, seen.issue)
                elif seen.incident is None and _by(seen, one, request):
                    alike.setdefault(one.incident, []).append(seen)
    taken = _taken(source, [seen.issue for found in alike.values() for seen in found])
    free = {n: [s for s in found if s.issue.key not in taken] for n, found in alike.items()}
    return Already({n: list(issues.values()) for n, issues in own.items()}, led_back, free)


def _project(one: Wanted) -> str:
    return one.project


def _sought(one: Wanted, skew: timedelta) -> Sought:
    apart = WITHIN + skew
    return Sought(one.summary, one.created_at - apart, one.created_at + apart)


def _by(seen: Seen, one: Wanted, request: BackfillRequest) -> bool:
    """Whether FireFighter would have created it for the incident: by its creator, or as itself."""
    if one.reporter is None:
        return True
    return seen.reporter in {one.reporter, request.policy.service_account}


def _taken(source: IncidentSource, issues: Sequence[IssueName]) -> frozenset[str]:
    """Those of these issues that an incident has; by REST that reads all, so only if there are."""
    if not issues:
        return frozenset()
    scope = Scope(keys=frozenset(issue.key.upper() for issue in issues))
    return frozenset((one.issue_key or "").upper() for one in source.incidents(scope))
