"""Read both sides of planned changes again: what is no longer what the plan saw is stale."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from raidctl.breaker import WriteBreaker
from raidctl.core.mapping.book import MappingBook
from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Incident, Issue, Link, Side
from raidctl.core.plan.item import Change
from raidctl.core.policy import PRIVATE_FIELDS
from raidctl.core.reasons import Kind
from raidctl.core.writes.judge import judged
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems
from raidctl.runs.reading.targets import GONE, INCIDENT_GONE, issues_now
from raidctl.runs.writing.stages import LinkWrites

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


def recheck(
    systems: Systems,
    links: Sequence[LinkWrites],
    incidents: Mapping[int, Incident | ServiceError],
    book: MappingBook,
    breaker: WriteBreaker,
) -> list[LinkWrites]:
    """The links as they are now; what of them is stale, gone, or cannot be read is settled."""
    known = [(link.incident, link.issue) for link in links if link.issue is not None]
    issues = issues_now(systems.tracker, [issue for _, issue in known])
    for error in {
        id(one): one for one in issues.values() if isinstance(one, ServiceError)
    }.values():
        breaker.failed(error)
    memories = dict(zip(known, systems.journal.memories(known), strict=True))
    return [
        _rechecked(
            link,
            incidents.get(link.incident),
            issues.get(link.issue or 0),
            memories.get((link.incident, link.issue or 0), Memory()),
            book,
        )
        for link in links
    ]


def _rechecked(
    link: LinkWrites,
    incident: Incident | ServiceError | None,
    issue: Issue | ServiceError | None,
    memory: Memory,
    book: MappingBook,
) -> LinkWrites:
    if incident is None:
        return link.stale(Category.NOT_FOUND, INCIDENT_GONE)
    if isinstance(incident, ServiceError):
        return _unread(link, incident)
    if isinstance(issue, ServiceError):
        return _unread(link, issue)
    if issue is None and link.issue is not None:
        return link.stale(Category.NOT_FOUND, GONE)
    if (other := _another(link.changes[0], incident)) is not None:
        return link.stale(Category.CONFLICT, other)
    link = replace(link, incident_now=incident, issue_now=issue)
    ended = (
        _ended(change, Link(incident, issue), book, memory)
        for change in link.open
        if issue is not None and change.field is not None
    )
    return replace(link, settled=(*link.settled, *(one for one in ended if one is not None)))


def _another(change: Change, now: Incident) -> str | None:
    """Why the link is not the one that was planned with; None where it is."""
    if now.issue_key != change.subject.linked_as:
        return f"Impact links the incident to {now.issue_key} now"
    if now.downgraded and change.kind is not Kind.UNDO:
        return "the incident was downgraded since the plan was made"
    return None


def _unread(link: LinkWrites, error: ServiceError) -> LinkWrites:
    return link.failing(link.open, error.category, f"{error.seen}; {error.advice}")


def _ended(change: Change, link: Link, book: MappingBook, memory: Memory) -> Settlement | None:
    """The end of a change that is not to be sent; None for one that goes on."""
    mapping, name = book.of(link.issue.project), change.name
    if mapping.fingerprints[name] != change.tables:
        return _stale(
            change, f"the issue moved to {link.issue.key}, where other tables are in force"
        )
    if (old := outdated(change, {Side.IMPACT: link.incident, Side.JIRA: link.issue})) is not None:
        return Settlement(change, old)
    if (kept := _kept_by(memory, change)) is not None:
        return _stale(change, kept)
    private = link.incident.private and not change.subject.private
    if private and change.side is Side.JIRA and name in PRIVATE_FIELDS:
        return _stale(change, "the incident became private since the plan was made")
    relation = mapping.relations[name]
    if not relation.same(change.side, change.to, change.old):
        return None
    result, baseline = judged(change, relation, (), None, change.old, lambda: False)
    return Settlement(change, replace(result, detail="it holds this value already"), None, baseline)


def outdated(change: Change, now: Mapping[Side, Incident | Issue]) -> Result | None:
    """That sides do not hold what the plan saw there; None where they do."""
    sides = (side for side, one in now.items() if change.pair.of(side) != one.value(change.name))
    changed = [_NAMES[side] for side in sides]
    if not changed:
        return None
    why = f"{' and '.join(changed)} changed it since the plan was made"
    return Result(Outcome.STALE, None, Category.CONFLICT, why)


def _stale(change: Change, why: str) -> Settlement:
    return Settlement(change, Result(Outcome.STALE, None, Category.CONFLICT, why))


def _kept_by(memory: Memory, change: Change) -> str | None:
    """What has happened since a plan was saved that no value tells; a person goes over that."""
    if change.kind is not Kind.SYNC:
        return None
    if change.field in memory.flapping:
        return "it is in quarantine since the plan was made"
    left = memory.baselines.get(change.name)
    if left is None or left.state is not BaselineState.UNDONE:
        return None
    same = (left.impact, left.jira) == change.leaving(change.old)
    return "a person took it back since the plan was made" if same else None
