"""Read both sides of planned changes again: what is no longer what the plan saw is stale."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from raidctl.breaker import WriteBreaker
from raidctl.core.mapping.book import MappingBook
from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Incident, Link, values
from raidctl.core.writes.judge import judged
from raidctl.core.writes.log import Intent, Kind
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.writing.changes import Change, Job
from raidctl.runs.writing.read_back import GONE, INCIDENT_GONE


def recheck(
    systems: WritableSystems,
    jobs: Sequence[Job],
    incidents: Mapping[int, Incident],
    book: MappingBook,
    breaker: WriteBreaker,
) -> None:
    """Give each job its link as it is now; skip what is stale, gone, or cannot be read."""
    try:
        issues = systems.tracker.current([job.issue for job in jobs])
    except ServiceError as error:
        for job in jobs:
            breaker.failed(job.project, error)
            job.skip(Outcome.FAILED, error.category, f"{error.seen}; {error.advice}")
        return
    memories = systems.journal.memories([(job.incident, job.issue) for job in jobs])
    for job, issue, memory in zip(jobs, issues, memories, strict=True):
        incident = incidents.get(job.incident)
        if incident is None:
            job.skip(Outcome.STALE, Category.NOT_FOUND, INCIDENT_GONE)
        elif issue is None:
            job.skip(Outcome.STALE, Category.NOT_FOUND, GONE)
        else:
            job.link = Link(incident, issue)
            for change in job.changes:
                _check(change, job.link, book, memory)


def _check(change: Change, link: Link, book: MappingBook, memory: Memory) -> None:
    item = change.item
    if change.result is not None:
        return
    if link.incident.issue_key != item.subject.linked_as:
        why = f"Impact links the incident to {link.incident.issue_key} now"
        change.skip(Outcome.STALE, Category.CONFLICT, why)
        return
    intent = change.intent
    if book.of(link.issue.project).fingerprints[intent.field] != change.tables:
        why = f"the issue moved to {link.issue.key}, where other tables are in force"
        change.skip(Outcome.STALE, Category.CONFLICT, why)
        return
    impact, jira = values(link, intent.field)
    changed = [
        name
        for name, planned, now in (("Impact", item.impact, impact), ("JIRA", item.jira, jira))
        if planned != now
    ]
    if changed:
        why = f"{' and '.join(changed)} changed it since the plan was made"
        change.skip(Outcome.STALE, Category.CONFLICT, why)
    elif (kept := _kept_by(memory, intent)) is not None:
        change.skip(Outcome.STALE, Category.CONFLICT, kept)
    elif change.relation.same(intent.direction.target, intent.new, intent.old):
        result, change.baseline = judged(
            intent, change.relation, (), None, intent.old, lambda: False
        )
        change.result = replace(result, detail="it holds this value already")


def _kept_by(memory: Memory, intent: Intent) -> str | None:
    """What has happened since a plan was saved that no value tells; a person goes over that."""
    if intent.kind is not Kind.SYNC:
        return None
    if intent.field in memory.flapping:
        return "it is in quarantine since the plan was made"
    left = memory.baselines.get(intent.field)
    if left is None or left.state is not BaselineState.UNDONE:
        return None
    same = (left.impact, left.jira) == intent.pair(intent.old)
    return "a person took it back since the plan was made" if same else None
