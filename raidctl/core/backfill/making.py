"""The changes of a backfill: what is created and linked for an incident, and how that begins."""

import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from raidctl.core.backfill.draft import Draft
from raidctl.core.backfill.tickets import Ticket, spelled
from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import (
    NO_VALUES,
    Field,
    Incident,
    Link,
    Pair,
    Readable,
    SyncDirection,
    Unreadable,
    plain,
    values,
)
from raidctl.core.plan.holds import highest, in_words
from raidctl.core.plan.item import (
    CREATE_ISSUE,
    CREATE_LINK,
    ISSUE_STATUS,
    Change,
    Hold,
    Subject,
    link_hold,
)
from raidctl.core.reasons import Reason
from raidctl.core.urgency import urgency_of

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
REMOTE_LINK, PROPERTY_OF, TICKET, KEY = "remote link", "property", "ticket", "key"
"""The parts of a link: what leads from the issue to its incident, twice; what makes it that one's;
and, with the issue's number after it, the key by which FireFighter finds it."""


def subject_alone(incident: Incident) -> Subject:
    """What an item is about of whose issue nothing was read."""
    return Subject(
        incident.id,
        incident.url,
        incident.title,
        incident.private,
        issue=incident.issue_key,
        linked_as=incident.issue_key,
        own_link=incident.own_link,
        urgency=urgency_of(incident),
    )


def held_alone(incident: Incident, holds: Mapping[Reason, str]) -> Hold:
    """An incident that gets no issue, and all that is in the way."""
    reason = highest(holds)
    return link_hold(subject_alone(incident), reason, in_words(holds, reason))


def creation(draft: Draft) -> Change:
    """The change that creates an issue.

    Its pair holds the summary, and `tables` the draft's fingerprint: what is to be sent later must
    be the same.
    """
    issue = draft.issue
    said = [issue.issue_type, f"then {draft.status}" if draft.status else "", *draft.notes]
    return Change(
        subject=subject_alone(draft.incident),
        target=CREATE_ISSUE,
        field=None,
        direction=TO_JIRA,
        pair=Pair(issue.values.get(Field.TITLE), None),
        to=issue.project,
        reason=Reason.UNLINKED,
        tables=draft.fingerprint,
        detail=sys.intern("; ".join(filter(None, said))),  # of many issues it says the same
    )


def ticket(subject: Subject) -> Change:
    """The change that makes an issue its incident's: in FireFighter's tables, or in the journal.

    The issue may be one that is created before it.
    """
    to = subject.issue or "the new issue"
    return Change(
        subject, CREATE_LINK, None, TO_IMPACT, NO_VALUES, to, Reason.UNLINKED, part=TICKET
    )


def remote_link_of(subject: Subject) -> Change:
    """The change that lets an issue lead back to its incident."""
    part = REMOTE_LINK
    return Change(subject, CREATE_LINK, None, TO_JIRA, NO_VALUES, part, Reason.MISSING, part=part)


def property_part(subject: Subject) -> Change:
    """The change that lets an issue say whose it is in its property as well."""
    part = PROPERTY_OF
    return Change(subject, CREATE_LINK, None, TO_JIRA, NO_VALUES, part, Reason.MISSING, part=part)


def relinking(subject: Subject, standing: Collection[Ticket]) -> Change:
    """The change that makes an issue its incident's, whatever has either now."""
    linked = subject.linked_as is not None
    others = [one for one in standing if one.incident not in (None, subject.incident)]
    said = [
        f"instead of {subject.linked_as}" if linked else "",
        *(f"taken from {one}" for one in others),
    ]
    return replace(
        ticket(subject),
        pair=Pair(spelled(standing), None),
        reason=Reason.RESOLVED if linked or others else Reason.UNLINKED,
        detail="; ".join(filter(None, said)) or None,
    )


def rekeying(subject: Subject, ticket: Ticket, key: str) -> Change:
    """The change that gives one of FireFighter's tickets the key that its issue has now.

    The ticket need not be the subject's: another one may have its key.
    """
    pair = Pair[Readable](str(ticket), None)
    said, part = f"FireFighter has {ticket}", f"{KEY} {ticket.issue_id}"
    return Change(
        subject, CREATE_LINK, None, TO_IMPACT, pair, key, Reason.MOVED, detail=said, part=part
    )


def makes_link(target: str, part: str) -> bool:
    """Whether such a write says whose an issue is, or by which key FireFighter finds it."""
    return target == CREATE_LINK and (part == TICKET or part.startswith(KEY))


def adopted(subject: Subject, key: str, number: int) -> Subject:
    """An incident with an issue that it was not linked to when it was read."""
    return replace(subject, issue=key, issue_id=number)


def way_to_status(link: Link, subject: Subject, mapping: ProjectMapping) -> Change | None:
    """The change that takes a new issue to where it belongs; None where it begins there.

    `subject` is what the issue was created for: what that says is held once for both.
    """
    pair = values(link, Field.STATUS)
    if any(isinstance(value, Unreadable) for value in pair):
        return None
    impact, jira = map(plain, pair)
    found = Comparison(Field.STATUS, impact, jira, mapping.relations[Field.STATUS])
    image = found.to_jira
    if found.related or image.problem is not None:
        return None
    issue = link.issue
    return Change(
        subject=replace(adopted(subject, issue.key, issue.id), issue_url=issue.url),
        target=ISSUE_STATUS,
        field=Field.STATUS,
        direction=TO_JIRA,
        pair=found.pair,
        to=image.value,
        reason=Reason.UNFINISHED,
        tables=mapping.fingerprints[Field.STATUS],
        detail="on its way from where new issues begin",
        closes=mapping.closes(Field.STATUS, TO_JIRA, image.value),
    )


def first_baselines(link: Link, mapping: ProjectMapping) -> Iterator[tuple[Field, Baseline]]:
    """What both sides of a new issue agree on; of its status, that it has its way before it."""
    for name in Field:
        pair = values(link, name)
        if any(isinstance(value, Unreadable) for value in pair):
            continue
        impact, jira = map(plain, pair)
        if Comparison(name, impact, jira, mapping.relations[name]).related:
            yield name, mapping.agreed(name, impact, jira)
        elif name is Field.STATUS:
            tables, half_way = mapping.fingerprints[name], BaselineState.UNFINISHED
            yield name, Baseline(impact, jira, tables, half_way, TO_JIRA)
