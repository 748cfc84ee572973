"""The projects of the linked issues, and their workflows: what JIRA tells, and what comes of it.

JIRA is asked within a dozen requests, and one for each project and issue type.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, zip_longest

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
from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.ports.doctor import JiraSite, Me
from raidctl.runs.doctor.asked import Asked, failed
from raidctl.runs.doctor.sample import Kind, Sample

REQUESTS = 12
"""That JIRA is asked, beside one for each project and issue type."""
MOST_PROJECTS = 3
MOST_KINDS = 8
_OF_ONE = frozenset({Category.NOT_FOUND, Category.PERMISSION})


@dataclass(frozen=True, slots=True)
class Project:
    """What JIRA tells of one project; `missing` is why it shows none of that key."""

    key: str
    types: Mapping[str, Sequence[str]] = field(default_factory=dict)
    permissions: Mapping[str, bool] | None = None
    archived: bool = False
    creatable: Sequence[str] = ()
    missing: ServiceError | None = None


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
        """All that projects and workflows tell. Raises `ServiceError`."""
        with ThreadPoolExecutor(self._asked.concurrency, "doctor-jira") as pool:
            projects = list(pool.map(self._project, self._keys))
            yield self._told_of(projects)
            there = [one for one in projects if one.missing is None]
            held = {one.key: one.permissions for one in there}
            yield permissions(held, me.name)
            yield from self._issue_type(there)
            trusted = {one.key for one in there if (one.permissions or {}).get(TRANSITION)}
            bare = self._workflows(there)
            try:
                rules, priority_field = self._asked.rules(bare)
            except ConfigError as error:
                yield failed(CheckId.JIRA_STATUSES, error)
                yield service_account(me.account, self._asked.service_account, ())
                return
            found = self._with_ways(bare, rules, trusted, pool)
            found = list(pool.map(lambda one: self._with_screen(one, rules, priority_field), found))
        yield from self._judged(found, rules, priority_field)
        echoing = judge.echoes(rules.book.of(self._asked.project).status)
        yield service_account(me.account, self._asked.service_account, echoing)

    def _project(self, key: str) -> Project:
        """Raises `ServiceError` for what is not about this project alone."""
        examiner, asked = self._site.examiner, self._asked
        own = key == asked.project
        makes = asked.makes_issues and own
        names = needed(asked.fields if asked.writes_jira else (), makes_issues=makes)
        try:
            told = Project(
                key,
                examiner.workflows(key),
                examiner.permissions(key, names),
                archived=own and examiner.archived(key),
            )
            if makes and not told.archived:
                told = replace(told, creatable=tuple(examiner.creatable(key)))
        except ServiceError as error:
            if error.category not in _OF_ONE:
                raise
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

    def _workflows(self, projects: Sequence[Project]) -> list[Workflow]:
        """Those of the linked issues; of the configured type where none is known."""
        types = {
            (one.key, kind): statuses for one in projects for kind, statuses in one.types.items()
        }
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
        rules: Rules,
        trusted: Collection[str],
        pool: ThreadPoolExecutor,
    ) -> list[Workflow]:
        """What issues tell of the ways out of their status, as far as requests are left for it.

        No way at all tells of a permission that is missing, but in `trusted` projects.
        """
        left = REQUESTS - self._asked_so_far()  # the screens are those a project and type
        turns = zip_longest(*(self._to_ask(one, rules) for one in workflows))
        asked = [one for one in chain.from_iterable(turns) if one is not None][: max(left, 0)]
        answers = pool.map(self._ways_out, [issue for _, _, issue in asked])
        told: dict[Kind, dict[str, Sequence[Transition]]] = {}
        for (kind, status, _), ways in zip(asked, answers, strict=True):
            if ways or (ways is not None and kind[0] in trusted):
                told.setdefault(kind, {})[status] = ways
        return [
            replace(one, ways={**one.ways, **told.get((one.project, one.issue_type), {})})
            for one in workflows
        ]

    def _to_ask(self, one: Workflow, rules: Rules) -> Iterable[tuple[Kind, str, int]]:
        """An issue in each status: first those that nobody has told of, of which we write most."""
        kind, written = (one.project, one.issue_type), set(map(folded, rules.written(one)))
        standing = self._sample.standing(kind)
        in_order = sorted(standing, key=lambda s: (s in one.ways, s not in written))
        return [(kind, status, standing[status]) for status in in_order]

    def _ways_out(self, issue: int) -> Sequence[Transition] | None:
        """None where it cannot be told: it is gone by now, or hidden."""
        try:
            return tuple(self._site.writer.transitions(issue))
        except ServiceError:
            return None

    def _with_screen(self, one: Workflow, rules: Rules, priority_field: str) -> Workflow:
        """What its priority field takes, by an issue that is likely to be open."""
        closing = folded(rules.status(one).jira_names.get(IncidentStatus.CLOSED.name, ""))
        issues = self._sample.of((one.project, one.issue_type))
        if not issues:
            takes = self._site.examiner.priorities() if priority_field == "priority" else None
            return replace(one, priorities=takes)
        issue = min(issues, key=lambda issue: folded(str(issue.status)) == closing)
        try:
            screen = self._site.examiner.edit_screen(issue.id)
        except ServiceError:
            screen = None
        if screen is None:
            return one
        allowed = next((it.allowed for it in screen if it.id == priority_field), ())
        return replace(one, priorities=allowed)

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
