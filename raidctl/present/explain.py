"""One link explained on one screen: drifted fields a block each, those in sync a line each."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

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
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.paths import DeadEnd, Transition
from raidctl.core.plan.item import Change, Item, changes
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import DONE
from raidctl.present.text.difference import excerpts
from raidctl.present.text.page import NARROWEST, heading, printed
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.words import (
    ARROWS,
    OUTCOME_WORDS,
    SIDE_NAMES,
    age,
    next_command,
    reason_words,
    shown,
    verdict_words,
)

_INDENT, _GAP = 2, 2
_LABEL = 9  # "reconcile", the longest
_LINES = 2  # a longer value is cut to the part that differs
_NAME_LIMIT, _WHY_LIMIT = 60, 400
_TEXTS = frozenset({Field.TITLE, Field.DESCRIPTION})
_TABLES = {Field.TITLE: "text", Field.DESCRIPTION: "text", Field.COMMANDER: "user"}

_STYLES = {
    "head": "bold",
    "label": "dim",
    "differs": "bold underline",
    "good": "green",
    "hold": "yellow",
    "warning": "red",
    "write": "cyan",
}
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


def render_explanation(
    told: Explanation,
    *,
    width: int,
    colour: bool,
    hyperlinks: bool,
    detailed: bool = False,
    zone: tzinfo | None = None,
) -> str:
    """The explanation as text of at most `width` columns (of 40, where there are fewer).

    `detailed` shows fields in sync as fully as drifted ones; `zone` is for times, None is this
    machine's. Without colour and hyperlinks there is no escape sequence in it.
    """
    width = max(width, NARROWEST)
    return printed(
        _Page(told, width, detailed, zone, hyperlinks).parts(),
        width=width,
        colour=colour,
        hyperlinks=hyperlinks,
        theme=Theme({name: style if colour else "none" for name, style in _STYLES.items()}),
    )


class _Page:
    """All parts of the page, from the top."""

    def __init__(
        self,
        told: Explanation,
        width: int,
        detailed: bool,
        zone: tzinfo | None,
        hyperlinks: bool,
    ) -> None:
        self.told, self.width, self.zone, self.hyperlinks = told, width, zone, hyperlinks
        self.room = width - _INDENT - _LABEL - _GAP
        full = {Standing.DRIFTED, Standing.IN_SYNC} if detailed else {Standing.DRIFTED}
        self.blocks = [one for one in told.fields if one.standing in full]
        self.lines = [one for one in told.fields if one.standing not in full]

    def parts(self) -> Iterator[Text | Padding]:
        """Which link, what holds or stops it, the drifted fields, the others, what is unknown."""
        yield heading(self.told.subject, self.width, "head", hyperlinks=self.hyperlinks)
        yield from self._above()
        for one in self.blocks:
            yield Text()
            yield self._title(one)
            yield self._grid(list(self._block(one)), _LABEL)
        if self.lines:
            yield Text()
            yield self._rest()
        below = [
            (SIDE_NAMES[part.system], Text(f"{visible(part.what)}: {visible(part.why)}"))
            for part in self.told.unread
        ]
        if below:
            yield Text()
            yield Text("Not read", "warning")
            yield self._grid(below, _LABEL)

    def _above(self) -> Iterator[Text]:
        told = self.told
        if told.pause is not None:
            by, until = clip(visible(told.pause.by), _NAME_LIMIT), self._time(told.pause.until)
            words = f"Paused by {by} until {until}: no run writes; raidctl resume ends that."
            yield Text(words, "warning")
        if told.held is not None:
            yield Text(f"The link is held as a whole: {reason_words(told.held)}.", "hold")
            if told.held.field is None and (step := _next(told.held)):
                yield Text(f"Next: {step}")
        yield Text(_counts(told))
        if told.direction is not None:
            yield Text(f"[policy] direction: what can move goes {ARROWS[told.direction]}.")
        if told.unattended_holds:
            yield Text("The journal holds no baselines: a reconcile nobody attends holds it all.")
        if told.unsettled:
            yield Text("A write is unsettled: the next run first reads what became of it.")

    def _title(self, one: FieldExplanation) -> Text:
        line = Text().append(one.field.value, "head").append(" · ")
        if one.item is None:
            return line.append("in sync", "good")
        return line.append(
            verdict_words(one.item), "write" if isinstance(one.item, Change) else "hold"
        )

    def _grid(self, rows: Sequence[tuple[str, Text]], label: int) -> Padding:
        grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
        grid.add_column(width=label)
        grid.add_column(width=self.width - _INDENT - label - _GAP, overflow="fold")
        for name, text in rows:
            grid.add_row(Text(name, "label"), text)
        return Padding(grid, (0, 0, 0, _INDENT))

    def _block(self, one: FieldExplanation) -> Iterator[tuple[str, Text]]:
        for side, value in zip(Side, self._values(one), strict=True):
            yield SIDE_NAMES[side], Text("\n").join([value, self._past(one, side)])
        if one.found is not None:
            yield _TABLES.get(one.field, "table"), Text("\n".join(_table(one.field, one.found)))
            yield "rule", Text(_rule(one, one.found))
        yield "reconcile", Text(self._will(one))
        if one.path is not None:
            yield "path", Text(_path(one.path))
        if one.writes:
            yield "wrote", Text("\n".join(map(self._wrote, one.writes)))
        if guards := _guards(one):
            yield "guards", Text("\n".join(guards), "hold")
        if step := _next(one.item):
            yield "next", Text(step)

    def _values(self, one: FieldExplanation) -> list[Text]:
        """Both values; of two texts that differ, the part where they do."""
        room = _LINES * self.room - self.room // 3  # what breaking at words loses
        values = one.as_written
        texts = all(isinstance(value, str) and value for value in values)
        if one.field not in _TEXTS or one.item is None or not texts:
            return [Text(clip(shown(value), room)) for value in values]
        parts = excerpts(shown(values[0]), shown(values[1]), room)
        marked = [Text(part.text) for part in parts]
        for text, part in zip(marked, parts, strict=True):
            if (part.start, part.end) != (0, len(part.text)):  # all of it is no emphasis
                text.stylize("differs", part.start, part.end)
        return marked

    def _past(self, one: FieldExplanation, side: Side) -> Text:
        """What the side held when both last agreed, and its last change."""
        said = []
        if one.baseline is None:
            said.append("no baseline")
        elif side in one.changed:
            then, now = shown(one.baseline.of(side)), shown(one.pair.of(side))
            said.append(f"baseline {excerpts(then, now, self.room - len('baseline ;'))[0].text}")
        elif one.found is not None:
            said.append("as at the baseline")
        edit = one.edits.get(side)
        if edit is not None:
            by = f" by {clip(visible(edit.author), _NAME_LIMIT)}" if edit.author else ""
            said.append(f"changed {self._time(edit.at, aged=True)}{by}")
        else:
            known = side in self.told.histories
            said.append("no change in its history" if known else "last change not known")
        return Text("; ".join(said))

    def _will(self, one: FieldExplanation) -> str:
        """What reconcile does with the field."""
        item = one.item
        if item is None:
            return "does nothing: in sync"
        if not isinstance(item, Change):
            return f"holds it: {reason_words(item)}"
        value = clip(shown(item.to), _NAME_LIMIT)
        if one.field in _TEXTS:
            value = f"{SIDE_NAMES[item.direction.source]}'s {one.field}"
        words = f"writes {value} to {SIDE_NAMES[item.direction.target]}: {reason_words(item)}"
        return words if self.told.pause is None else f"nothing while paused; then {words}"

    def _wrote(self, write: Write) -> str:
        value = clip(shown(write.new), self.room // 2)
        outcome = OUTCOME_WORDS[write.outcome] if write.outcome else "outcome not known yet"
        words = f"{self._time(write.at, aged=True)} {ARROWS[write.direction]}: {value}, {outcome}"
        words += f" (run {visible(write.run)})"
        if write.outcome in DONE or not write.detail:
            return words
        return f"{words}: {clip(visible(write.detail), 2 * self.room)}"

    def _time(self, at: datetime, *, aged: bool = False) -> str:
        """In the zone of who reads it; with its age, where it has one."""
        words = f"{at.astimezone(self.zone):%Y-%m-%d %H:%M %Z}"
        return f"{words} ({age((self.told.now - at).total_seconds())})" if aged else words

    def _rest(self) -> Padding:
        label = max(len(one.field) for one in self.lines)
        room = self.width - _INDENT - label - _GAP
        return self._grid([(one.field.value, self._line(one, room)) for one in self.lines], label)

    def _line(self, one: FieldExplanation, room: int) -> Text:
        match one.standing:
            case Standing.ALONE:
                return Text(clip(shown(one.pair.impact), room))
            case Standing.NOT_SYNCED:
                return Text(f"not synced: [policy.fields.{one.field}] sync = false")
            case Standing.OUT_OF_SCOPE:
                return Text(f"not compared: no table has {clip(shown(one.pair.impact), 30)}")
        both = "" if one.field in _TEXTS else f" = {clip(shown(one.pair.jira), 40)}"
        words = f"; in sync, {_since_baseline(one)}"
        value = clip(shown(one.pair.impact), max(20, room - width_of(both + words)))
        line = Text(value + both).append(words, "good")
        return Text("\n").join([line, *(Text(guard, "hold") for guard in _guards(one))])


def _counts(told: Explanation) -> str:
    """How many fields are to be written, held, in sync."""
    if all(one.standing is Standing.ALONE for one in told.fields):
        return "There is nothing to compare: this is what Impact has."
    writes = len(list(changes(told.items)))
    calm = sum(1 for one in told.fields if one.standing is Standing.IN_SYNC)
    counted = {"to be written": writes, "held": len(told.items) - writes, "in sync": calm}
    fields = "1 field" if len(told.fields) == 1 else f"{len(told.fields)} fields"
    return f"{fields}: {', '.join(f'{n} {words}' for words, n in counted.items() if n)}."


def _since_baseline(one: FieldExplanation) -> str:
    if one.baseline is None:
        return "no baseline yet"
    names = _names(one.changed)
    return f"{names} changed since the baseline" if names else "as at the baseline"


def _table(field: Field, found: Comparison) -> Iterator[str]:
    """What each value is on the other side, and by which row; of texts, whether they agree."""
    if field in _TEXTS:
        yield f"the texts {'agree' if found.related else 'differ'} after normalisation"
        for side, marker in tails(found).items():
            yield f"{SIDE_NAMES[side]} keeps its tail, from '{clip(visible(marker), 40)}'"
        return
    rows = counterparts(found)
    for row in rows:
        value, image = (clip(shown(v), _NAME_LIMIT) for v in (row.value, row.image.value))
        if row.image.problem is not None or row.origin is None:
            yield visible(row.image.detail) or f"{value}: not found"
        else:
            yield f"{value} → {image} ({_ORIGINS[row.origin]})"
    if not rows:
        yield "empty on both sides"


def _rule(one: FieldExplanation, found: Comparison) -> str:
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
        words = f"{_names(changed)} changed {since}, {_names(frozenset(Side) - changed)} did not"
        return f"{words}, and the two agree still" if one.item is None else words
    words = f"both sides changed {since}"
    return f"{words}, and agree" if one.item is None else words + _ONE.get(one.item.reason, "")


def _names(sides: frozenset[Side]) -> str:
    return " and ".join(SIDE_NAMES[side] for side in Side if side in sides)


def _path(path: Path) -> str:
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


def _guards(one: FieldExplanation) -> list[str]:
    words = [
        f"cooling: {ARROWS[direction]} is left alone while the loop guard lasts"
        for direction in SyncDirection
        if direction in one.cooling
    ]
    return words + (["quarantined: written to and fro too often"] if one.quarantined else [])


def _next(item: Item | None) -> str | None:
    """The command, or the key of the configuration, that settles a hold."""
    if item is None:
        return None
    command = next_command(item) or ""
    if command.startswith("["):
        return f"in the configuration: {command}"
    return f"{command}  # or jira-to-impact" if "--direction" in command else command or None
