"""Read both sides of planned changes again: what is no longer what the plan saw is stale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from raidctl.breaker import WriteBreaker
from raidctl.core.history import History, Revision
from raidctl.core.memory import BaselineState, Memory
from raidctl.core.model import Incident, Issue, Link, Side
from raidctl.core.plan.item import INCIDENT, Change
from raidctl.core.plan.since import touched
from raidctl.core.policy import PRIVATE_FIELDS
from raidctl.core.reasons import Kind
from raidctl.core.writes.judge import judged
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import Systems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.history import our_account, sent_to
from raidctl.runs.reading.targets import GONE, INCIDENT_GONE, traced_now
from raidctl.runs.writing.stages import LinkWrites

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}
Traced = tuple[Issue, Sequence[Revision]] | ServiceError | None


@dataclass(frozen=True, slots=True)
class _Now:
    """Both sides of a link as they are this moment, and what is told of them."""

    incident: Incident | ServiceError | None
    issue: Traced
    memory: Memory
    history: History


def recheck(
    systems: Systems,
    links: Sequence[LinkWrites],
    incidents: Mapping[int, Incident | ServiceError],
    context: RunContext,
    breaker: WriteBreaker,
) -> list[LinkWrites]:
    """The links as they are now; what of them is stale, gone, or cannot be read is settled."""
    known = [(link.incident, link.issue) for link in links if link.issue is not None]
    issues = traced_now(systems.tracker, [issue for _, issue in known])
    for error in {
        id(one): one for one in issues.values() if isinstance(one, ServiceError)
    }.values():
        breaker.failed(error)
    memories = dict(zip(known, systems.journal.memories(known), strict=True))
    try:
        histories = _histories(systems, links, issues)
    except ServiceError as error:
        breaker.failed(error)
        return [_unread(link, error) for link in links]
    return [
        _rechecked(
            link,
            _Now(
                incidents.get(link.incident),
                issues.get(link.issue or 0),
                memories.get((link.incident, link.issue or 0), Memory()),
                histories[link.incident, link.issue],
            ),
            context,
        )
        for link in links
    ]


def _histories(
    systems: Systems, links: Sequence[LinkWrites], issues: Mapping[int, Traced]
) -> Mapping[tuple[int, int | None], History]:
    """What both sides tell of each link: JIRA's came with its issue. Raises `ServiceError`."""
    written = [link.incident for link in links if link.open_for(INCIDENT)]
    impact = systems.source.revisions(written) if written else {}
    own = sent_to(systems.journal, [link.incident for link in links])
    jira = {number: one[1] for number, one in issues.items() if isinstance(one, tuple)}
    account = our_account(systems.tracker) if any(jira.values()) else None
    return {
        (link.incident, link.issue): History(
            {
                Side.IMPACT: impact.get(link.incident, ()),
                Side.JIRA: jira.get(link.issue or 0, ()),
            },
            own.get((link.incident, link.issue or 0), ()),
            account,
        )
        for link in links
    }


def _rechecked(link: LinkWrites, now: _Now, context: RunContext) -> LinkWrites:
    incident, found = now.incident, now.issue
    if incident is None:
        return link.stale(Category.NOT_FOUND, INCIDENT_GONE)
    if isinstance(incident, ServiceError):
        return _unread(link, incident)
    if isinstance(found, ServiceError):
        return _unread(link, found)
    if found is None and link.issue is not None:
        return link.stale(Category.NOT_FOUND, GONE)
    if (other := _another(link.changes[0], incident)) is not None:
        return link.stale(Category.CONFLICT, other)
    issue = None if found is None else found[0]
    link = replace(link, incident_now=incident, issue_now=issue, history=now.history)
    ended = (
        _ended(change, Link(incident, issue), now, context)
        for change in link.open
        if issue is not None and change.field is not None
    )
    return replace(link, settled=(*link.settled, *(one for one in ended if one is not None)))


def _another(change: Change, now: Incident) -> str | None:
    """Why the link is not the one that was planned with; None where it is.

    The journal's own link follows an issue that moves: the key of then is not the one of now.
    """
    own = now.own_link and change.subject.own_link and now.issue_id == change.subject.issue_id
    if not own and now.issue_key != change.subject.linked_as:
        return f"Impact links the incident to {now.issue_key or 'no issue'} now"
    if now.downgraded and change.kind is not Kind.UNDO:
        return "the incident was downgraded since the plan was made"
    return None


def _unread(link: LinkWrites, error: ServiceError) -> LinkWrites:
    return link.failing(link.open, error.category, f"{error.seen}; {error.advice}")


def _ended(change: Change, link: Link, now: _Now, context: RunContext) -> Settlement | None:
    """The end of a change that is not to be sent; None for one that goes on."""
    mapping, name = context.book.of(link.issue.project), change.name
    if mapping.fingerprints[name] != change.tables:
        return _stale(
            change, f"the issue moved to {link.issue.key}, where other tables are in force"
        )
    if (old := outdated(change, {Side.IMPACT: link.incident, Side.JIRA: link.issue})) is not None:
        return Settlement(change, old)
    private = link.incident.private and not change.subject.private
    if private and change.side is Side.JIRA and name in PRIVATE_FIELDS:
        return _stale(change, "the incident became private since the plan was made")
    relation = mapping.relations[name]
    why = _kept_by(now.memory, change)
    why = why or touched(change, now.history, relation, context.accounts)
    if why is not None:
        return _stale(change, why)
    if not relation.same(change.side, change.to, change.old):
        return None
    result, baseline = judged(change, relation, (), None, change.old, lambda: None)
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
    """What the journal knows of since a plan was saved; a person goes over that."""
    if change.kind is not Kind.SYNC:
        return None
    if change.field in memory.flapping:
        return "it is in quarantine since the plan was made"
    left = memory.baselines.get(change.name)
    if left is None or left.state is not BaselineState.UNDONE:
        return None
    same = (left.impact, left.jira) == change.leaving(change.old)
    return "a person took it back since the plan was made" if same else None
