"""Which linked issues stand for all: the newest, of every status that the journal knows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice, zip_longest

from raidctl.core.mapping.tables import folded
from raidctl.core.model import Issue
from raidctl.core.paths import Transition
from raidctl.core.scope import Scope
from raidctl.core.writes.log import SeenLink
from raidctl.errors import RaidctlError
from raidctl.ports.impact import IncidentSource
from raidctl.ports.jira import IssueRef, IssueTracker
from raidctl.ports.journal import JournalReader
from raidctl.runs.doctor.asked import Asked, Way

LINKS = 2_000
"""The latest links of the journal, of which the issues are chosen."""
INCIDENTS = 200
"""How many incidents are read where the journal knows no link."""

Kind = tuple[str, str]
"""A project and an issue type."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Linked issues as they are now, and the ways out of statuses that earlier runs learnt."""

    issues: Sequence[Issue] = ()
    learnt: Mapping[Kind, Mapping[str, Sequence[Transition]]] = field(default_factory=dict)

    @property
    def kinds(self) -> list[Kind]:
        """Their projects and types, the most frequent first."""
        return [kind for kind, _ in Counter(map(kind_of, self.issues)).most_common()]

    def of(self, kind: Kind) -> list[Issue]:
        """The issues of one kind."""
        return [issue for issue in self.issues if kind_of(issue) == kind]

    def standing(self, kind: Kind) -> dict[str, int]:
        """An issue, by its id, in each status (folded) that one of them stands in."""
        return {folded(str(issue.status)): issue.id for issue in reversed(self.of(kind))}


def kind_of(issue: Issue) -> Kind:
    """The project and the type of an issue."""
    return issue.project, issue.issue_type or ""


def sampled(
    tracker: IssueTracker,
    journal: JournalReader | None,
    source: Way[IncidentSource] | None,
    asked: Asked,
) -> Sample:
    """As many linked issues as one request carries. Raises `ServiceError` of JIRA."""
    links = journal.latest_links(LINKS) if journal is not None else ()
    refs = [IssueRef(link.issue, link.issue_id) for link in _in_turn(links)]
    if not refs and source is not None:
        refs = list(_of_impact(source, asked.now - asked.recent))
    found = tracker.issues(refs[: tracker.batch_size]) if refs else ()
    issues = [one for one in found if isinstance(one, Issue)]
    sample = Sample(issues)
    if journal is None:
        return sample
    return Sample(issues, {kind: journal.learnt(*kind) for kind in sample.kinds})


def _in_turn(links: Sequence[SeenLink]) -> Iterator[SeenLink]:
    """Of each project and status one, then the next of each."""
    together: dict[tuple[str, str | None], list[SeenLink]] = {}
    for link in links:
        together.setdefault((link.issue.rpartition("-")[0], link.status), []).append(link)
    turns = zip_longest(*together.values())
    return (link for link in chain.from_iterable(turns) if link is not None)


def _of_impact(source: Way[IncidentSource], since: datetime) -> Iterator[IssueRef]:
    """The issues of recent incidents, else of open ones; nothing where Impact cannot be read.

    Its own checks tell that.
    """
    for scope in (Scope(created_since=since), Scope()):
        try:
            incidents = list(islice(source().incidents(scope), INCIDENTS))
        except RaidctlError:
            return
        linked = [one for one in reversed(incidents) if one.issue_key is not None]
        yield from (IssueRef(str(one.issue_key), one.issue_id) for one in linked)
        if linked:
            return
