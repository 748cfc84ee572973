"""The projects of the linked issues, and their workflows: what JIRA tells, and what comes of it.

JIRA is asked within a dozen requests, and one for each project and issue type.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest
from typing import NamedTuple

from raidctl.core.doctor import workflows as judge
from raidctl.core.doctor.check import Check, CheckId, named, ok, problem, skipped
from raidctl.core.doctor.sites import (
    CREATE,
    TRANSITION,
    issue_type,
    needed,
    permissions,
    service_account,
)
from raidctl.core.doctor.workflows import Rules, Workflow
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field, IncidentStatus
from raidctl.core.paths import Transition
from raidctl.errors import ConfigError, ServiceError
from raidctl.ports.doctor import JiraSite, Me
from raidctl.runs.doctor.asked import Asked, Types, failed
from raidctl.runs.doctor.sample import Kind, Sample

REQUESTS = 12
"""That JIRA is asked, beside one for each project and issue type."""
MOST_PROJECTS = 3
MOST_KINDS = 8


@dataclass(frozen=True, slots=True)
class Project:
    """What JIRA tells of one project; `missing` is why it does not.

    `creatable` are the types of which issues may be created; None where that is not told.
    """

    key: str
    types: Mapping[str, Sequence[str]] = field(default_factory=dict)
    permissions: Mapping[str, bool] | None = None
    archived: bool = False
    creatable: Collection[str] | None = None
    missing: ServiceError | None = None


class Standing(NamedTuple):
    """An issue that stands in a status, by its folded name."""

    kind: Kind
    status: str
    issue: int


class Examination:
    """Of one site, by a sample of its linked issues; `asked_so_far` counts the requests to it."""

    def __init__(
        self, site: JiraSite, asked: Asked, sample: Sample, asked_so_far: Callable[[], int]
    ) -> None:
        self._site, self._asked, self._sample = site, asked, sample
        self._asked_so_far = asked_so_far
        own = [asked.project] if asked.project else []
        keys = list(dict.fromkeys([*own, *(project for project, _ in sample.kinds)]))
        self._keys, self._others = keys[:MOST_PROJECTS], keys[MOST_PROJECTS:]

    def checks(self, me: Me) -> Iterator[Check]:
        """All that projects and workflows tell."""
        with ThreadPoolExecutor(self._asked.concurrency, "doctor-jira") as pool:
            projects = [told() for told in [self._ask(key, pool) for key in self._keys]]
            yield self._told_of(projects)
            there = [one for one in projects if one.missing is None]
            held = {one.key: one.permissions for one in there}
            yield permissions(held, me.name)
            yield from self._issue_type(there)
            trusted = {one.key for one in there if (one.permissions or {}).get(TRANSITION)}
            types = {(one.key, kind): found for one in there for kind, found in one.types.items()}
            bare = self._workflows(types)
            try:
                rules, priority_field = self._asked.rules(types)
            except ConfigError as error:
                yield failed(CheckId.JIRA_STATUSES, error)
                yield service_account(me.account, self._asked.service_account, ())
                return
            left = REQUESTS - self._asked_so_far()  # a screen is one of those for each type
            screens = pool.map(lambda one: self._takes(one, rules, priority_field), bare)
            found = self._with_ways(bare, self._to_ask(bare, rules)[: max(left, 0)], trusted, pool)
            found = [replace(one, priorities=it) for one, it in zip(found, screens, strict=True)]
        yield from self._judged(found, rules, priority_field)
        echoing = judge.echoes(rules.book.of(self._asked.project).status)
        yield service_account(me.account, self._asked.service_account, echoing)

    def _ask(self, key: str, pool: ThreadPoolExecutor) -> Callable[[], Project]:
        """All questions of a project side by side, and what gives their answers."""
        examiner, asked = self._site.examiner, self._asked
        own = key == asked.project
        makes = asked.makes_issues and own
        names = needed(asked.fields if asked.writes_jira else (), makes_issues=makes)
        types = pool.submit(examiner.workflows, key)
        held = pool.submit(examiner.permissions, key, names)
        archived = pool.submit(examiner.archived, key) if own else None
        creatable = pool.submit(examiner.creatable, key) if makes else None

        def told() -> Project:
            try:
                found = Project(key, types.result(), held.result())
                return replace(
                    found,
                    archived=archived is not None and archived.result(),
                    creatable=None if creatable is None else _told(creatable),
                )
            except ServiceError as error:
                return Project(key, missing=error)

        return told

    def _told_of(self, projects: Sequence[Project]) -> Check:
        here = CheckId.JIRA_PROJECT
        if not projects:
            return skipped(here, "jira.project is not set, and no linked issue is known")
        for one in projects:
            if one.missing is not None:
                return failed(here, one.missing)
            if one.archived:
                mend = "restore it in JIRA, or name another one in jira.project"
                return problem(here, f"the project {one.key} is archived: nothing is written", mend)
        more = f"Not looked at: {named(self._others)}." if self._others else None
        return ok(here, f"JIRA shows the project {named(one.key for one in projects)}", more)

    def _issue_type(self, projects: Sequence[Project]) -> Iterator[Check]:
        asked = self._asked
        for one in projects:
            if one.key != asked.project or not asked.makes_issues or one.archived:
                continue
            if (one.permissions or {}).get(CREATE) is False:
                yield skipped(CheckId.JIRA_ISSUE_TYPE, f"{CheckId.JIRA_PERMISSIONS} comes first")
            else:
                yield issue_type(asked.issue_type, one.key, list(one.types), one.creatable)

    def _workflows(self, types: Types) -> list[Workflow]:
        """Those of the linked issues; of the configured type where none is known."""
        linked = [kind for kind in self._sample.kinds if kind in types][:MOST_KINDS]
        if not linked:
            own = self._asked.project, folded(self._asked.issue_type)
            linked = [kind for kind in types if (kind[0], folded(kind[1])) == own]
        return [
            Workflow(*kind, types[kind], dict(self._sample.learnt.get(kind, {}))) for kind in linked
        ]

    def _with_ways(
        self,
        workflows: Sequence[Workflow],
        to_ask: Sequence[Standing],
        trusted: Collection[str],
        pool: ThreadPoolExecutor,
    ) -> list[Workflow]:
        """What issues tell of the ways out of their status.

        No way at all tells of a permission that is missing, but in `trusted` projects.
        """
        answers = pool.map(self._ways_out, [one.issue for one in to_ask])
        told: dict[Kind, dict[str, Sequence[Transition]]] = {}
        for one, ways in zip(to_ask, answers, strict=True):
            if ways or (ways is not None and one.kind[0] in trusted):
                told.setdefault(one.kind, {})[one.status] = ways
        return [replace(one, ways={**one.ways, **told.get(_kind(one), {})}) for one in workflows]

    def _to_ask(self, workflows: Sequence[Workflow], rules: Rules) -> list[Standing]:
        """An issue in each status of each workflow, one of each in turn.

        First those whose status nobody has told of yet, of them those in one that is written.
        """
        turns = []
        for one in workflows:
            written = set(map(folded, rules.written(one)))
            standing = self._sample.standing(_kind(one))
            in_order = sorted(standing, key=lambda s: (s in one.ways, s not in written))
            turns.append([Standing(_kind(one), status, standing[status]) for status in in_order])
        return [one for one in chain.from_iterable(zip_longest(*turns)) if one is not None]

    def _ways_out(self, issue: int) -> Sequence[Transition] | None:
        """None where it cannot be told: it is gone by now, or hidden."""
        try:
            return tuple(self._site.writer.transitions(issue))
        except ServiceError:
            return None

    def _takes(self, one: Workflow, rules: Rules, priority_field: str) -> Sequence[str] | None:
        """What its priority field takes, by an issue that is likely to be open."""
        issues = self._sample.of(_kind(one))
        try:
            if not issues:
                bare = priority_field == "priority"
                return self._site.examiner.priorities() if bare else None
            closing = folded(rules.status(one).jira_names.get(IncidentStatus.CLOSED.name, ""))
            issue = min(issues, key=lambda issue: folded(str(issue.status)) == closing)
            screen = self._site.examiner.edit_screen(issue.id)
        except ServiceError:
            return None
        if screen is None:
            return None
        return next((it.allowed for it in screen if it.id == priority_field), ())

    def _judged(
        self, found: Sequence[Workflow], rules: Rules, priority_field: str
    ) -> Iterator[Check]:
        fields = self._asked.fields
        written = fields if self._asked.writes_jira else frozenset[Field]()
        if Field.STATUS in written:
            yield judge.statuses(found, rules)
            yield judge.paths(found, rules)
            yield judge.transition_fields(found, rules)
        if Field.PRIORITY in written:
            yield judge.priorities(found, rules, priority_field)
        yield judge.coverage(found, rules, fields)


def _kind(one: Workflow) -> Kind:
    return one.project, one.issue_type


def _told(answer: "Future[Collection[str]]") -> Collection[str] | None:
    """None where JIRA does not tell, as before Data Center 8.4."""
    try:
        return answer.result()
    except ServiceError:
        return None
