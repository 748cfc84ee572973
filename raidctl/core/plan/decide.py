"""The verdicts of one link: who changed, then the table, then the holds; a change or a hold each.

`changed` compares with the baseline, `table` says which side moves, `holds` lists everything that
may stand in the way. A field in sync has no item.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from raidctl.core.drift import Unseen
from raidctl.core.firefighter import UNMITIGATED
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.model import Field, Link, Pair, Side, SyncDirection, Unreadable
from raidctl.core.plan.case import TO_IMPACT, Case, ComparedLink, Move
from raidctl.core.plan.changed import untouched
from raidctl.core.plan.holds import highest, holds_of, in_words
from raidctl.core.plan.item import Change, Hold, Item, link_hold, subject_of, target_of
from raidctl.core.plan.table import moved, newest
from raidctl.core.policy import ImpactWriter, Policy
from raidctl.core.reasons import Reason

DriftedFields = frozenset[Field | None]
"""The fields of a link that have a verdict, None for what is of the link as a whole."""


def plan_link(
    compared: ComparedLink, mapping: ProjectMapping, policy: Policy, now: datetime
) -> list[Item]:
    """The verdicts of one link; a field in sync has none.

    A link that is held as a whole has an item even when all its fields are in sync, but for one
    that was downgraded: so it is meant to be. One that moved has an item beside those.
    """
    items: list[Item] = [
        _unseen(compared, one) if isinstance(one, Unseen) else _item(*one)
        for one in _moves(compared, mapping, policy, now)
    ]
    return [*items, *_of_the_link(compared, alone=not items)]


def drifted(
    compared: ComparedLink, mapping: ProjectMapping, policy: Policy, now: datetime
) -> DriftedFields:
    """What `plan_link` has verdicts of, at once: what may stand in their way is a long list."""
    moves = _moves(compared, mapping, policy, now)
    fields = [one.field if isinstance(one, Unseen) else one[0].field for one in moves]
    return frozenset((*fields, *(one.field for one in _of_the_link(compared, alone=not fields))))


def _moves(
    compared: ComparedLink, mapping: ProjectMapping, policy: Policy, now: datetime
) -> Iterator[tuple[Case, Move] | Unseen]:
    """What is not in sync: the fields that move or are left open, and those that nobody sees."""
    for found in compared.fields:
        if isinstance(found, Unseen):
            yield found
            continue
        baseline = compared.memory.baselines.get(found.field)
        if baseline is None and found.related:
            continue  # the table's first row, and nearly every field of a first run
        if baseline is not None and untouched(found, baseline, mapping):
            continue  # its fifth row, and nearly every field of every later run
        case = Case(compared, found, mapping, policy, now)
        move = moved(case)
        if move is not None:
            yield case, move


def _of_the_link(compared: ComparedLink, *, alone: bool) -> Iterator[Hold]:
    """The items of the link as a whole, where its fields have none or beside them."""
    if alone and compared.holds.keys() - {Reason.DOWNGRADED}:
        reason = highest(compared.holds)
        yield link_hold(subject_of(compared.link), reason, in_words(compared.holds, reason))
    if (moved_to := _moved(compared.link)) is not None:
        yield link_hold(subject_of(compared.link), Reason.MOVED, moved_to)


def _moved(link: Link) -> str | None:
    """That the issue has another key than the one Impact knows (facts: looked up by key alone)."""
    known, now = link.incident.issue_key, link.issue.key
    if known is None or link.incident.own_link or known.upper() == now.upper():
        return None
    return f"Impact knows it as {known}, JIRA as {now}: FireFighter drops what JIRA tells of it"


def _item(case: Case, move: Move) -> Item:
    holds = holds_of(case, move)
    image = None if move.direction is None else case.image(move.direction)
    to = None if image is None or image.problem is Reason.UNMAPPED else image.value
    subject, field = subject_of(case.compared.link), case.field
    pair = case.found.pair
    if holds or move.direction is None:
        reason = highest(holds)
        detail = _detail(case, move, holds, reason)
        return Hold(subject, field, pair, reason, move.direction, to, detail)
    edited = case.last(move.direction.target)
    return Change(
        subject=subject,
        target=target_of(field, move.direction.target),
        field=field,
        direction=move.direction,
        pair=pair,
        to=to,
        reason=move.reason,
        tables=case.mapping.fingerprints[field],
        detail=_detail(case, move, holds, move.reason),
        overrides=_overrides(case, move, move.direction),
        closes=case.closes(move.direction, to),
        edited_at=None if edited is None else edited.at,
    )


def _detail(case: Case, move: Move, holds: Mapping[Reason, str], reason: Reason) -> str | None:
    said = [in_words(holds, reason)]
    if move.direction is not None and _overrides(case, move, move.direction):
        change = _overridden(case, move.direction.target)
        said.insert(1, f"it would override {change}" if holds else f"overrides {change}")
    said += [] if holds else [_unlikely(case, move)]
    return "; ".join(part for part in said if part) or None


def _unlikely(case: Case, move: Move) -> str | None:
    """What FireFighter's webhook refuses but for some incidents, which Impact does not tell."""
    webhook = case.policy.impact_writers.get(case.field) is ImpactWriter.WEBHOOK
    if move.direction is not TO_IMPACT or not webhook or case.found.impact not in UNMITIGATED:
        return None
    closes = case.closes(TO_IMPACT, case.image(TO_IMPACT).value)
    return "FireFighter mostly refuses to close what is not mitigated" if closes else None


def _overrides(case: Case, move: Move, direction: SyncDirection) -> bool:
    """Whether a move goes over a newer edit: by the baseline, else by the histories."""
    if move.overrides or move.reason is Reason.NEWEST:
        return move.overrides
    latest = newest(case) if case.baseline is None else None
    return latest is not None and latest is not direction


def _overridden(case: Case, side: Side) -> str:
    edit = case.last(side)
    name = "JIRA" if side is Side.JIRA else "Impact"
    if edit is None:
        return f"the change made in {name}"
    author = f" by {edit.author}" if edit.author else ""
    return f"the change made in {name}{author} {edit.when}"


def _unseen(compared: ComparedLink, found: Unseen) -> Hold:
    side = "Impact" if isinstance(found.impact, Unreadable) else "JIRA"
    why = f"the token may not see this field in {side}, or it holds what raidctl cannot read"
    holds = {Reason.UNREADABLE: why}
    holds |= compared.holds
    reason = highest(holds)
    pair = Pair(found.impact, found.jira)
    subject = subject_of(compared.link)
    return Hold(subject, found.field, pair, reason, detail=in_words(holds, reason))
