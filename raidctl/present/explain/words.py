"""What `explain` says of the things on its page: counts, rows of tables, the rule, the way."""

from collections.abc import Iterator
from datetime import datetime
from math import ceil

from raidctl.core.asked import NOTHING, Asked
from raidctl.core.drift import Comparison
from raidctl.core.explanation import (
    Explanation,
    FieldExplanation,
    Path,
    Standing,
    counterparts,
    tails,
)
from raidctl.core.mapping.relation import Origin
from raidctl.core.memory import BaselineState
from raidctl.core.model import Field, Side
from raidctl.core.paths import DeadEnd, Transition
from raidctl.core.plan.item import Item, changes
from raidctl.core.reasons import Reason
from raidctl.present.report.summary import number
from raidctl.present.text.advice import settling_words
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.unified import TEXTS
from raidctl.present.text.words import NAME_LIMIT, SIDE_NAMES, held_words, shown

_WHY_LIMIT = 400
_ORIGINS = {
    Origin.STATUS_TO_JIRA: "status_to_jira",
    Origin.STATUS_TO_IMPACT: "status_to_impact",
    Origin.PRIORITY: "priority",
    Origin.USERS: "configured under [users]",
    Origin.FIREFIGHTER: "FireFighter's table of JIRA users",
    Origin.SHOWN: "JIRA shows the e-mail on this issue",
    Origin.FOUND: "found by e-mail in JIRA",
}
_SINCE = {
    BaselineState.AGREED: "since both agreed",
    BaselineState.UNFINISHED: "since a write of raidctl stopped half way",
    BaselineState.UNDONE: "since a person took raidctl's write back",
}
_ONE = {
    Reason.IMPACT_CHANGED: "; only Impact's change means another value on the other side",
    Reason.JIRA_CHANGED: "; only JIRA's change means another value on the other side",
}


def time_left(ends: datetime, now: datetime) -> str:
    """How long until then, in whole seconds."""
    return f"{max(ceil((ends - now).total_seconds()), 0):,} s"


def count_words(told: Explanation) -> str:
    """How many fields are to be written, held, in sync; and what is held, as everywhere."""
    held = list(told.holds)
    words = held_words(held)
    if all(one.standing is Standing.ALONE for one in told.fields):
        alone = "There is nothing to compare: this is what Impact has"
        return f"{alone}; {words}." if held else f"{alone}."
    writes = len(list(changes(told.items)))
    calm = sum(1 for one in told.fields if one.standing is Standing.IN_SYNC)
    counted = {"to be written": writes, "in sync": calm}
    parts = [f"{count} {what}" for what, count in counted.items() if count]
    parts += [words] if held else []
    return f"{number(len(told.fields), 'field')}: {', '.join(parts)}."


def table_lines(field: Field, found: Comparison) -> Iterator[str]:
    """What each value is on the other side, and by which row; of texts, whether they agree."""
    if field in TEXTS:
        yield f"the texts {'agree' if found.related else 'differ'} after normalisation"
        for side, marker in tails(found).items():
            yield f"{SIDE_NAMES[side]} keeps its tail, from '{clip(visible(marker), 40)}'"
        return
    rows = counterparts(found)
    for row in rows:
        value, image = (clip(shown(v), NAME_LIMIT) for v in (row.value, row.image.value))
        if row.image.problem is not None or row.origin is None:
            yield visible(row.image.detail) or f"{value}: not found"
        else:
            yield f"{value} → {image} ({_ORIGINS[row.origin]})"
    if not rows:
        yield "empty on both sides"


def rule_words(one: FieldExplanation, found: Comparison) -> str:
    """What the three-way table saw."""
    changed = one.changed
    if one.baseline is None:
        known = "and the two agree" if found.related else "so it is not known which side changed"
        return f"no baseline, {known}"
    since = _SINCE[one.baseline.state]
    if not changed:
        words = f"neither side changed {since}"
        return words if one.same_tables else f"{words}, but the tables did"
    if len(changed) == 1:
        words = (
            f"{names_of(changed)} changed {since}, {names_of(frozenset(Side) - changed)} did not"
        )
        return f"{words}, and the two agree still" if one.item is None else words
    words = f"both sides changed {since}"
    return f"{words}, and agree" if one.item is None else words + _ONE.get(one.item.reason, "")


def names_of(sides: frozenset[Side]) -> str:
    """One side, both, or none."""
    return " and ".join(SIDE_NAMES[side] for side in Side if side in sides)


def path_words(path: Path) -> str:
    """The hops from here, or why there are none."""
    if isinstance(path.found, DeadEnd):
        return f"none: {clip(visible(path.found.why), _WHY_LIMIT)}"
    hops = " → ".join([visible(path.start), *map(_hop, path.found.hops)])
    if not path.found.hops:
        return f"none needed: JIRA is in {visible(path.start)} now"
    if path.found.certain:
        return hops
    return f"{hops} → …; only these first hops towards {visible(path.goal)} are known"


def _hop(way: Transition) -> str:
    told = [f"'{visible(way.name)}'"]
    if way.required:  # a route takes no transition of which a required field is not configured
        told.append(f"needs {', '.join(visible(need.name) for need in way.required)}: configured")
    return f"{visible(way.to)} ({', '.join(told)})"


def next_step(item: Item | None, asked: Asked = NOTHING) -> str | None:
    """The command, or the key of the configuration, that settles it."""
    if item is None:
        return None
    words = settling_words(item, asked)
    return None if words.startswith("raidctl explain") else words  # which is what is read here
