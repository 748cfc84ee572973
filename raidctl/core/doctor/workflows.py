"""Whether the mapping tables fit the live workflows and priorities of the linked issues."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from raidctl.core.doctor.check import Check, CheckId, named, ok, problem, skipped, warning
from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.named import PriorityRelation, StatusRelation
from raidctl.core.mapping.tables import PRESETS, folded
from raidctl.core.model import Field, IncidentStatus
from raidctl.core.paths import (
    Goal,
    ScreenField,
    Transition,
    goal_of,
    leads_to,
    toml_key,
    unfilled,
)

NO_LINKS = "no linked issue is known yet, and only these tell"


@dataclass(frozen=True, slots=True)
class Workflow:
    """What is known of the issues of one type in a project.

    `statuses` are those they can have, `ways` those out of a status by its folded name as far as
    they are known, `priorities` what their priority field takes: None where nothing tells, an
    empty list where it is on no screen.
    """

    project: str
    issue_type: str
    statuses: Sequence[str]
    ways: Mapping[str, Sequence[Transition]] = field(default_factory=dict)
    priorities: Sequence[str] | None = None

    @property
    def name(self) -> str:
        """What it is called in a sentence."""
        return f"{self.project} ({self.issue_type})"

    def has(self, status: str) -> bool:
        """Whether its issues can have a status."""
        return folded(status) in map(folded, self.statuses)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration says of statuses: which are written, and how they are come by.

    `fields` are the configured transition fields by folded status; `closing` tells that issues may
    be closed without being asked; `note` how the tables were come by, where that is of interest.
    """

    book: MappingBook
    fields: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    closing: bool = False
    note: str | None = None

    def status(self, workflow: Workflow) -> StatusRelation:
        """The status tables in force for a workflow's issues."""
        return self.book.of(workflow.project).status

    def written(self, workflow: Workflow) -> list[str]:
        """The statuses that are written to such issues."""
        return list(dict.fromkeys(self.status(workflow).jira_names.values()))

    def priority(self, workflow: Workflow) -> PriorityRelation:
        """The priority table in force for a workflow's issues."""
        found = self.book.of(workflow.project).relations[Field.PRIORITY]
        if not isinstance(found, PriorityRelation):
            raise TypeError("priorities are related by a table")
        return found

    def kept_open(self, goal: Goal) -> bool:
        """Whether this goal closes an issue, and runs do not close any by themselves."""
        return not self.closing and folded(goal.status) == folded(goal.closing or "")


def statuses(workflows: Sequence[Workflow], rules: Rules) -> Check:
    """Whether the issues can have every status that is written to them."""
    here = CheckId.JIRA_STATUSES
    if not workflows:
        return skipped(here, NO_LINKS)
    lacking = {
        one.name: [status for status in rules.written(one) if not one.has(status)]
        for one in workflows
    }
    everywhere = [s for s in _all(lacking) if all(not one.has(s) for one in workflows)]
    live = "; ".join(f"{one.name} has {named(one.statuses, 12)}" for one in workflows[:3])
    live = f"{live}\n{rules.note}" if rules.note else live
    mend = "correct [mapping.status_to_jira], or [mapping.project.KEY.status_to_jira] for one"
    if everywhere:
        what = f"no linked issue can have the status {named(everywhere)}, which raidctl writes"
        return problem(here, what, f"{mend} project{_better(workflows)}", live)
    if some := [name for name, names in lacking.items() if names]:
        first = some[0]
        what = f"issues of {first} cannot have the status {named(lacking[first])}"
        return warning(here, what, f"{mend} project", live)
    what = f"{_told(workflows)} can have every status that raidctl writes"
    return ok(here, what, rules.note)


def _better(workflows: Sequence[Workflow]) -> str:
    """The preset of which a workflow has all that is written, where there is one."""
    for name, tables in PRESETS.items():
        written = list(tables.status_to_jira.values())
        if written and all(one.has(status) for one in workflows for status in written):
            return f'; mapping.preset = "{name}" fits these workflows'
    return ""


def coverage(workflows: Sequence[Workflow], rules: Rules, fields: Iterable[Field]) -> Check:
    """Whether the tables know every status and priority that the issues can have."""
    here = CheckId.JIRA_COVERAGE
    if not workflows:
        return skipped(here, NO_LINKS)
    synced = set(fields)
    unknown = {
        "status": _uncovered(workflows, lambda one: one.statuses, _statuses_of(rules)),
        "priority": _uncovered(workflows, lambda one: one.priorities or (), _priorities_of(rules)),
    }
    told = [
        f"the {name} {named(names)}"
        for name, names in unknown.items()
        if names and Field(name) in synced
    ]
    if not told:
        return ok(here, f"the tables know all that {_told(workflows)} can have")
    what = f"no table knows {' and '.join(told)}"
    mend = "give them a row in [mapping.status_to_impact] or [mapping.priority], if they are used"
    return warning(here, what, mend, "Issues that have them are held as unmapped.")


def _statuses_of(rules: Rules) -> Callable[[Workflow], Iterable[str]]:
    return lambda one: rules.status(one).impact_names


def _priorities_of(rules: Rules) -> Callable[[Workflow], Iterable[str]]:
    return lambda one: rules.priority(one).impact_values


def _uncovered(
    workflows: Sequence[Workflow],
    live: Callable[[Workflow], Iterable[str]],
    known: Callable[[Workflow], Iterable[str]],
) -> list[str]:
    return [name for one in workflows for name in live(one) if folded(name) not in set(known(one))]


def paths(workflows: Sequence[Workflow], rules: Rules) -> Check:
    """Whether every status that is written can be reached from every other one."""
    here = CheckId.JIRA_PATHS
    known = [one for one in workflows if one.ways]
    if not known:
        return skipped(here, "no linked issue has told a way out of its status yet")
    pairs = [(one, start, goal) for one in known for start, goal in _pairs(one, rules)]
    told = [(*pair, leads_to(pair[1], pair[2], pair[0].ways)) for pair in pairs]
    barred = [(one, start, goal) for one, start, goal, leads in told if leads is False]
    mend = (
        "add a transition in JIRA's workflow, or correct [mapping.status_to_jira]; until then such "
        "a write is refused"
    )
    for one, _, goal in barred:
        ends = [leads for it, _, other, leads in told if (it, other) == (one, goal)]
        if not any(leads is not False for leads in ends) and not rules.kept_open(goal):
            what = f"in {one.name} nothing leads to {named([goal.status])}"
            return problem(here, what, mend, _ways_of(one))
    if barred:
        first = barred[0][0]
        cut = [f"{start} → {goal.status}" for one, start, goal in barred if one is first]
        passing = "No issue is closed, or passes through another status that is done, on its way."
        return warning(here, f"in {first.name} there is no way {named(cut)}", mend, passing)
    unknown = sum(leads is None for *_, leads in told)
    more = f"Of {len(told)} ways {unknown} are not known yet." if unknown else None
    return ok(here, f"no status is out of reach, as far as {_told(known)} have told", more)


def transition_fields(workflows: Sequence[Workflow], rules: Rules) -> Check:
    """Whether the fields are configured that transitions between these statuses require."""
    here = CheckId.JIRA_TRANSITION_FIELDS
    known = [one for one in workflows if one.ways]
    if not known:
        return skipped(here, "no linked issue has told a way out of its status yet")
    found = [
        (rules.kept_open(goal), one, hop, missing)
        for one in known
        for start, goal in _pairs(one, rules)
        for hop, missing in unfilled(start, goal, one.ways)
    ]
    if found:
        closing, one, hop, missing = min(found, key=lambda lack: lack[0])
        lack = f"[jira.transition_fields.{toml_key(hop.to)}] does not give it"
        what = f"in {one.name} the transition '{hop.name}' to '{hop.to}' requires {_ids(missing)}"
        where = f"[jira.transition_fields.{toml_key(hop.to)}]"
        mend = f'fill it in: {where} {missing[0].id} = {{ name = "…" }}'
        if closing:
            return warning(here, f"{what}, and {lack}: --allow-close will need it", mend)
        return problem(here, f"{what}, and {lack}", mend)
    if unused := [s for s in rules.fields if not any(one.has(s) for one in workflows)]:
        what = f"[jira.transition_fields] names {named(unused)}, a status that no workflow has"
        return warning(here, what, "correct its name")
    return ok(here, "no known transition requires a field that is not configured")


def priorities(workflows: Sequence[Workflow], rules: Rules, field_name: str) -> Check:
    """Whether the priority field takes every priority that is written; `field_name` is JIRA's."""
    here = CheckId.JIRA_PRIORITIES
    told = [(one, one.priorities) for one in workflows if one.priorities is not None]
    if not told:
        return skipped(here, f"nothing tells what the field {field_name} takes: {NO_LINKS}")
    for one, takes in told:
        if not takes:
            what = f"the field {field_name} is not on the edit screen of {one.name}"
            mend = "add it to the screen in JIRA, or correct jira.priority_field"
            return problem(here, what, mend)
        names = set(map(folded, takes))
        written = rules.priority(one).written.values()
        if unfit := [name for name in written if folded(name) not in names]:
            what = f"the field {field_name} of {one.name} takes no {named(unfit)}"
            mend = "correct [mapping.priority], or jira.priority_field"
            return problem(here, what, mend, f"It takes {named(takes, 12)}.")
    return ok(here, f"the field {field_name} takes every priority that raidctl writes")


def _pairs(workflow: Workflow, rules: Rules) -> Iterator[tuple[str, Goal]]:
    """From every status that is written to every other one, of those that the issues can have."""
    relation = rules.status(workflow)
    there = [status for status in rules.written(workflow) if workflow.has(status)]
    for start, end in permutations(there, 2):
        yield start, goal_of(relation, end, rules.fields)


def _ways_of(workflow: Workflow) -> str:
    seen = sorted({way.to for ways in workflow.ways.values() for way in ways})
    return f"The transitions that are known lead to {named(seen, 12)}."


def _ids(fields: Sequence[ScreenField]) -> str:
    return ", ".join(f"{one.name} ({one.id})" for one in fields)


def _all(lacking: Mapping[str, Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(status for names in lacking.values() for status in names))


def _told(workflows: Sequence[Workflow]) -> str:
    names = [one.name for one in workflows]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"the issues of {', '.join(names[:3])}{more}"


def echoes(relation: StatusRelation) -> list[str]:
    """The incident statuses that FireFighter would answer with another one."""
    return [status.name for status in IncidentStatus if relation.echo(status.name) is not None]
