"""Items for the tests, out of what tells them apart: a verdict, two values and a reason."""

from typing import Any

from raidctl.core.model import Field, Pair, Readable, Side, SyncDirection, Value
from raidctl.core.plan.item import Change, Hold, Item, Subject, Undone, Verdict, target_of
from raidctl.core.reasons import Kind, Reason

_REASONS = {Kind.SYNC: Reason.UNFINISHED, Kind.RESOLVE: Reason.RESOLVED, Kind.UNDO: Reason.UNDO}
_SIDES = {Verdict.WRITE_JIRA: Side.JIRA, Verdict.WRITE_IMPACT: Side.IMPACT}


def item(
    subject: Subject,
    field: Field | None,
    impact: Readable,
    jira: Readable,
    verdict: Verdict,
    direction: SyncDirection | None,
    reason: Reason,
    to: Value = None,
    detail: str | None = None,
    **more: Any,
) -> Item:
    """A hold or a change, as the verdict says."""
    if verdict is Verdict.HOLD:
        return Hold(subject, field, Pair(impact, jira), reason, direction, to, detail)
    name = field or Field.TITLE
    target, pair = target_of(name, _SIDES[verdict]), Pair(impact, jira)
    way = direction or SyncDirection.IMPACT_TO_JIRA
    return Change(subject, target, name, way, pair, to, reason, detail=detail, **more)


def change(*given: Any, **more: Any) -> Change:
    """What `item` makes of a verdict that writes."""
    return written(item(*given, **more))


def written(one: Item) -> Change:
    """An item that is a change."""
    assert isinstance(one, Change)
    return one


def meant(
    incident: int,
    issue: str,
    issue_id: int,
    field: Field,
    direction: SyncDirection,
    source: Value,
    old: Value,
    new: Value,
    tables: str,
    kind: Kind = Kind.SYNC,
    undoes: int | None = None,
) -> Change:
    """A change as the journal gives it back, known by its values alone."""
    target = target_of(field, direction.target)
    pair = Pair(source, old) if direction.target is Side.JIRA else Pair(old, source)
    return Change(
        subject=Subject(incident, "", "", issue=issue, issue_id=issue_id),
        target=target,
        field=field,
        direction=direction,
        pair=pair,
        to=new,
        reason=_REASONS[kind],
        tables=tables,
        undoes=None if undoes is None else Undone(undoes, source),
    )
