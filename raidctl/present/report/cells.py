"""What the table says of one item, cell by cell: harmless, on one line, as wide as it is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from raidctl.core.model import Field, Pair, SyncDirection
from raidctl.core.plan.item import Change, Hold, Item
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import DONE
from raidctl.present.text.difference import excerpt, near
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import (
    LOCK,
    OUTCOME_WORDS,
    REASON_WORDS,
    SIDE_NAMES,
    SPOKEN,
    field_name,
    reason_words,
    shown,
    shown_sides,
)

_KEY_LIMIT, _TO_LIMIT = 16, 30
_TOLD_LIMIT, _DONE_LIMIT, _BACK_LIMIT = 21, 30, 24
_HELD_LIMIT = 1_000
_WIDEST = 60  # columns that a text is ever shown in
# The arrow tells these already: it points away from the side that changed.
USUAL_REASONS = frozenset({Reason.IMPACT_CHANGED, Reason.JIRA_CHANGED})
_STYLES = {SyncDirection.IMPACT_TO_JIRA: "write", SyncDirection.JIRA_TO_IMPACT: "write_back"}


@dataclass(frozen=True, slots=True)
class Row:
    """One item. `said` are the same verdict in fewer and more words, shortest first."""

    item: Item
    priority: str
    incident: str
    issue: str
    field: str
    values: tuple[str, str]
    said: tuple[str, ...]
    style: str


def row_of(item: Item) -> Row:
    """The cells of an item; two long texts are cut to about where they differ."""
    subject = item.subject
    urgency = subject.urgency
    lock = LOCK if subject.private else ""
    return Row(
        item,
        "–" if urgency is None else clip(shown(urgency.priority), 4),
        str(subject.incident),
        clip(visible(subject.issue or ""), _KEY_LIMIT) + lock,
        field_name(item),
        _values(item),
        tuple(_said(item)),
        _style(item),
    )


def is_text(item: Item) -> bool:
    """Whether its values are texts, of which a part can differ."""
    spoken = item.field is None or item.field in SPOKEN
    return not spoken and all(isinstance(value, str) and value for value in item.pair)


def as_written(item: Item) -> Item:
    """A description that moves, as the other side would hold it: what stays there differs not."""
    taken_back = item.reason is Reason.UNDO  # what is written stands on neither side now
    if item.field is not Field.DESCRIPTION or not isinstance(item.to, str) or taken_back:
        return item
    if item.direction is SyncDirection.IMPACT_TO_JIRA:
        return replace(item, pair=Pair(item.to, item.pair.jira))
    return replace(item, pair=Pair(item.pair.impact, item.to))


def about(item: Item) -> str:
    """What there is to know of a link as a whole, in place of two values."""
    return reason_words(item)


def below(item: Item, *, holds: bool) -> str | None:
    """What stands in full below its row: an answer of its system, what is made beside fields.

    With `holds` also why something is held: in an undo, and of what is made in bulk, nothing else
    tells of it, nor what a person has to say.
    """
    answered = item.result is not None and item.result.detail
    made = isinstance(item, Change) and item.field is None and item.detail
    held = holds and isinstance(item, Hold)
    if held:  # it ends with what a person has to write, which is not cut
        return reason_words(item, _HELD_LIMIT)
    return reason_words(item) if answered or made else None


def room_for(item: Item) -> int:
    """Columns for its verdict, at most: of an undo no other column has the value."""
    if item.reason is Reason.UNDO:
        return _BACK_LIMIT if item.result is None else _DONE_LIMIT
    return _TOLD_LIMIT if item.result is None else _DONE_LIMIT


def _values(item: Item) -> tuple[str, str]:
    if not is_text(item):
        return shown_sides(item)
    pair = as_written(item).pair
    impact, jira = near(str(pair.impact), str(pair.jira), _WIDEST)
    return visible(impact), visible(jira)


def _said(item: Item) -> Iterator[str]:
    """The verdict alone, with its reason in words, with all that is known of it."""
    if isinstance(item, Hold):
        name = f"hold: {item.reason.replace('_', ' ')}"
        yield name
        yield f"{name}, {REASON_WORDS[item.reason]}"
        if item.detail:
            yield f"{name}, {reason_words(item)}"
        return
    if item.result is not None:
        yield f"{item.result.outcome.replace('_', ' ')} {_target(item)}"
        yield f"{OUTCOME_WORDS[item.result.outcome]} {_target(item)}"
        return
    target = _target(item)
    yield target
    if item.reason not in USUAL_REASONS | {Reason.UNDO}:
        yield f"{target} ({item.reason.replace('_', ' ')})"
        yield f"{target} ({REASON_WORDS[item.reason]})"


def _target(change: Change) -> str:
    """Where it goes and, where short, the value: `→ JIRA: Resolved`."""
    to, where = clip(shown(change.to), _TO_LIMIT), f"→ {SIDE_NAMES[change.side]}"
    if change.field is None:
        return f"→ {to}"
    if change.reason is Reason.UNDO:  # the columns have what is to be taken back
        back, _ = excerpt(shown(change.to), shown(change.old), _BACK_LIMIT - len(f"{where}: "))
        return f"{where}: {back}"
    return f"{where}: {to}" if change.field in SPOKEN else where


def _style(item: Item) -> str:
    if isinstance(item, Hold):
        return "hold"
    if item.result is not None:
        return "good" if item.result.outcome in DONE else "warning"
    return _STYLES.get(item.direction, "")
