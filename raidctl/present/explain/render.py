"""One link explained on one screen: drifted fields a block each, those in sync a line each."""

from collections.abc import Iterator
from datetime import tzinfo
from enum import IntEnum

from rich.padding import Padding
from rich.text import Text

from raidctl.core.explanation import Explanation, FieldExplanation, Standing
from raidctl.core.memory import guard_key
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Change
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import DONE
from raidctl.present.explain.words import (
    count_words,
    names_of,
    next_step,
    path_words,
    rule_words,
    table_lines,
    time_left,
)
from raidctl.present.text import page
from raidctl.present.text.difference import excerpts
from raidctl.present.text.safe import clip, visible, width_of
from raidctl.present.text.unified import TEXTS, unified, worth_it
from raidctl.present.text.words import (
    ARROWS,
    NAME_LIMIT,
    OUTCOME_WORDS,
    SIDE_NAMES,
    aged,
    last_change,
    local,
    reason_words,
    shown,
    skip_words,
    verdict_words,
)

_LABEL = 9  # "reconcile", the longest
_LINES = 2  # a longer value is cut to the part that differs
_TABLES = {Field.TITLE: "text", Field.DESCRIPTION: "text", Field.COMMANDER: "user"}


class Detail(IntEnum):
    """How much is told: of drifted fields; of all, long texts line by line; and those in full."""

    DRIFT, FIELDS, ALL = range(3)


def render_explanation(
    told: Explanation,
    *,
    width: int,
    colour: bool,
    hyperlinks: bool,
    detail: Detail = Detail.DRIFT,
    zone: tzinfo | None = None,
) -> str:
    """The explanation as text of `width` columns.

    `zone` is for times, None is this machine's.
    """
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks, zone=zone)
    return page.with_signs(screen.printed(_Page(told, screen, detail).parts()), screen)


class _Page:
    """All parts of the page, from the top."""

    def __init__(self, told: Explanation, screen: page.Screen, detail: Detail) -> None:
        self.detail = detail
        self.told, self.screen, self.zone = told, screen, screen.zone
        self.room = screen.beside(_LABEL)
        full = {Standing.DRIFTED, Standing.IN_SYNC} if detail else {Standing.DRIFTED}
        self.blocks = [one for one in told.fields if one.standing in full]
        self.lines = [one for one in told.fields if one.standing not in full]

    def parts(self) -> Iterator[Text | Padding]:
        """Which link, what holds or stops it, the drifted fields, the others, what is unknown."""
        yield self.screen.heading(self.told.subject)
        yield from self._above()
        for one in self.blocks:
            block = self.screen.labelled(self._block(one), _LABEL)
            yield from (Text(), self._title(one), block)
        if self.lines:
            label = max(len(one.field) for one in self.lines)
            room = self.screen.beside(label)
            rows = [(one.field.value, self._line(one, room)) for one in self.lines]
            yield from (Text(), self.screen.labelled(rows, label))
        if self.told.unread:
            rows = [
                (SIDE_NAMES[part.system], Text(f"{visible(part.what)}: {visible(part.why)}"))
                for part in self.told.unread
            ]
            yield from (Text(), Text("Not read", "warning"), self.screen.labelled(rows, _LABEL))

    def _above(self) -> Iterator[Text]:
        told = self.told
        if told.pause is not None:
            by, until = clip(visible(told.pause.by), NAME_LIMIT), local(told.pause.until, self.zone)
            words = f"Paused by {by} until {until}: no run writes; raidctl resume ends that."
            yield Text(words, "warning")
        if told.held is not None:
            yield Text(f"The link is held as a whole: {reason_words(told.held)}.", "hold")
            if told.held.field is None and (step := next_step(told.held, self.told.asked)):
                yield Text(f"Next: {step}")
        if told.moved is not None:
            yield Text(f"Moved: {reason_words(told.moved)}.", "hold")
        yield Text(count_words(told))
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
        style = "write" if isinstance(one.item, Change) else "hold"
        return line.append(verdict_words(one.item), style)

    def _block(self, one: FieldExplanation) -> Iterator[tuple[str, Text]]:
        for side, value in zip(Side, self._values(one), strict=True):
            yield SIDE_NAMES[side], Text("\n").join([value, self._past(one, side)])
        if self.detail and (lines := self._lines_apart(one)):
            yield "differs", Text("\n").join(lines)
        if one.found is not None:
            yield (
                _TABLES.get(one.field, "table"),
                Text("\n".join(table_lines(one.field, one.found))),
            )
            yield "rule", Text(rule_words(one, one.found))
        if stands := self._stands(one):
            yield "baseline", Text(stands)
        yield "reconcile", Text(self._will(one))
        if one.path is not None:
            yield "path", Text(path_words(one.path))
        if one.writes:
            yield "wrote", Text("\n".join(map(self._wrote, one.writes)))
        if one.skip is not None:
            yield "skipped", Text(visible(skip_words(one.skip, self.zone)), "hold")
        if guards := self._guards(one):
            yield "guards", Text("\n".join(guards), "hold")
        if step := next_step(one.item, self.told.asked):
            yield "next", Text(step)

    def _values(self, one: FieldExplanation) -> list[Text]:
        """Both values; of two texts that differ, the part where they do."""
        room = page.holding(_LINES, self.room)
        if one.field in TEXTS and one.item is not None:
            return page.both(one.as_written, room)
        return [Text(clip(shown(value), room)) for value in one.as_written]

    def _lines_apart(self, one: FieldExplanation) -> list[Text]:
        """A long text line by line, as far as the two differ."""
        impact, jira = one.as_written
        if one.item is None or one.field not in TEXTS or not worth_it(impact, jira, self.room):
            return []
        more = f"raidctl explain {self.told.subject.incident} --field {one.field} --detailed"
        names = SIDE_NAMES[Side.IMPACT], SIDE_NAMES[Side.JIRA]
        return unified(
            str(impact), str(jira), names, self.room, None if self.detail is Detail.ALL else more
        )

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
        if (edit := one.edits.get(side)) is not None:
            said.append(last_change(edit, lambda at: aged(at, self.told.now, self.zone)))
        elif side in self.told.histories:
            said.append("no change in its history")
        else:
            said.append("last change not known")
        return Text("; ".join(said))

    def _will(self, one: FieldExplanation) -> str:
        """What reconcile does with the field."""
        item = one.item
        if item is None:
            return "does nothing: in sync"
        if not isinstance(item, Change):
            return f"holds it: {reason_words(item)}"
        value = clip(shown(item.to), NAME_LIMIT)
        if one.field in TEXTS:
            value = f"{SIDE_NAMES[item.direction.source]}'s {one.field}"
        words = f"writes {value} to {SIDE_NAMES[item.direction.target]}: {reason_words(item)}"
        return words if self.told.pause is None else f"nothing while paused; then {words}"

    def _wrote(self, write: Write) -> str:
        value = clip(shown(write.new), self.room // 2)
        outcome = OUTCOME_WORDS[write.outcome] if write.outcome else "outcome not known yet"
        at = aged(write.at, self.told.now, self.zone)
        way, run = ARROWS[write.direction], visible(write.run)
        words = f"{at} {way}: {value}, {outcome} (run {run})"
        if write.outcome in DONE or not write.detail:
            return words
        return f"{words}: {clip(visible(write.detail), 2 * self.room)}"

    def _line(self, one: FieldExplanation, room: int) -> Text:
        match one.standing:
            case Standing.ALONE:
                return Text(clip(shown(one.pair.impact), room))
            case Standing.NOT_SYNCED:
                return Text(f"not synced: [policy.fields.{one.field}] sync = false")
            case Standing.OUT_OF_SCOPE:
                return Text(f"not compared: no table has {clip(shown(one.pair.impact), 30)}")
        both = "" if one.field in TEXTS else f" = {clip(shown(one.pair.jira), 40)}"
        words = f"; in sync, {self._since_baseline(one)}"
        value = clip(shown(one.pair.impact), max(20, room - width_of(both + words)))
        line = Text(value + both).append(words, "good")
        return Text("\n").join([line, *(Text(guard, "hold") for guard in self._guards(one))])

    def _stands(self, one: FieldExplanation) -> str:
        """Since when the baseline stands, and when its pair was last seen, where it is known."""
        if (baseline := one.baseline) is None or baseline.at is None:
            return ""
        words = f"stands since {aged(baseline.at, self.told.now, self.zone)}"
        if baseline.seen_at is None or baseline.seen_at == baseline.at:
            return words
        seen = aged(baseline.seen_at, self.told.now, self.zone)
        if baseline.seen_at < baseline.at:  # adopted, long after both had parted
            return f"{words}; by both histories they agreed until {seen}"
        return f"{words}, last seen so {seen}"

    def _since_baseline(self, one: FieldExplanation) -> str:
        if one.baseline is None:
            return "no baseline yet"
        if names := names_of(one.changed):
            return f"{names} changed since the baseline"
        at = one.baseline.at
        return "as at the baseline" + ("" if at is None else f" of {local(at, self.zone)}")

    def _guards(self, one: FieldExplanation) -> list[str]:
        """The loop guards that cover the field, each by its key, and a quarantine."""
        incident = self.told.subject.incident
        words = [
            f"cooling: {ARROWS[direction]} is left alone for {time_left(ends, self.told.now)} "
            f"more, by the loop guard {guard_key(incident, direction)}"
            for direction, ends in sorted(one.guards.items())
        ]
        return words + (["quarantined: written to and fro too often"] if one.quarantined else [])
