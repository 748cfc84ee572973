"""Issues that no incident knows: found by what leads back from them, or listed as they are seen."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from raidctl.core.backfill.backlink import global_id
from raidctl.core.model import Side
from raidctl.core.report import Unread
from raidctl.errors import ServiceError
from raidctl.ports.jira_admin import IssueAdmin, IssueName, Seen
from raidctl.runs.backfill.leads import Leads, leads_of
from raidctl.runs.backfill.request import BackfillRequest


@dataclass(frozen=True, slots=True)
class Orphan:
    """An issue that may be an incident's, and what it says; `seen` where it was listed."""

    issue: IssueName
    leads: Leads
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Orphans:
    """What was found, and what could not be read."""

    found: Sequence[Orphan]
    unread: Sequence[Unread]


def orphans(
    admin: IssueAdmin,
    request: BackfillRequest,
    pool: ThreadPoolExecutor,
    alone: Collection[int],
    known: Mapping[str, Collection[int]],
    issues: Collection[int],
) -> Orphans:
    """The issues that lead back to incidents that are `alone`, and those that nobody knows.

    `known` are the keys that incidents have, in capitals, and `issues` the ids. Where single
    incidents were asked for, issues of others are not looked for. Raises `ServiceError`.
    """
    site = request.blueprint.site
    names = [global_id(site, number) for number in sorted(alone)]
    linked = admin.linked(names) if names else {}
    found: dict[int, tuple[IssueName, Seen | None]] = {
        issue.id: (issue, None) for some in linked.values() for issue in some
    }
    for seen in () if request.scope.named else _of_type(admin, request):
        if seen.issue.id not in issues and seen.issue.key.upper() not in known:
            found[seen.issue.id] = seen.issue, seen
    orphaned, unread = list[Orphan](), list[Unread]()

    def asked(one: tuple[IssueName, Seen | None]) -> Orphan | Unread:
        try:
            return Orphan(one[0], leads_of(admin, one[0].id), one[1])
        except ServiceError as error:
            if not error.answered:
                raise
            why = f"{error.seen}; {error.advice}"
            return Unread(Side.JIRA, f"issue {one[0].key}", why, error.category)

    for told in pool.map(asked, found.values()):
        match told:
            case Orphan():
                orphaned.append(told)
            case _:
                unread.append(told)
    return Orphans(orphaned, unread)


def _of_type(admin: IssueAdmin, request: BackfillRequest) -> Iterator[Seen]:
    """All issues of the type, in every project where raidctl creates some."""
    blueprint = request.blueprint
    for project in dict.fromkeys(filter(None, (blueprint.project, *blueprint.projects.values()))):
        yield from admin.of_type(project, blueprint.issue_type)
