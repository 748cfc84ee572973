"""Ask a person about held fields, one after the other, and do at once what is said."""

import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum

from raidctl.bootstrap.clock import utc_now
from raidctl.cli.targets import span
from raidctl.cli.terminal import capabilities, tell
from raidctl.core.model import Field, IncidentStatus, Side
from raidctl.core.plan.item import Hold, Item
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import DONE
from raidctl.errors import UsageError
from raidctl.present.held.page import long_texts, render_apart, render_one
from raidctl.present.text.page import Screen
from raidctl.present.text.words import (
    OUTCOME_WORDS,
    SIDE_NAMES,
    held_words,
    local,
    reason_words,
    shown,
)
from raidctl.runs.writing.choices import Decision, Note, Options, Skipping

_CLOSED = IncidentStatus.CLOSED.name
_SKIP, _DETAIL, _ALL = "skip", "detail", "all"
_Likeness = tuple[object, ...]


def decision(word: str, skipping: Skipping) -> Decision:
    """A side, skip, unskip or release, as the run understands it."""
    if word == _SKIP:
        return skipping
    return Note(word) if word in {*Note} else Side(word)


def skipping(length: str | None, why: str | None, now: datetime) -> Skipping:
    """How a skip is meant; raises `UsageError` for what is no length of time."""
    try:
        until = None if length is None else now + _span(length)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--for {length!r} is no length of time: write 30m, 2h, 7d or 1w"
        ) from None
    said = (why or "").strip().encode(errors="replace").decode()  # arguments need not be UTF-8
    return Skipping(until, said or None)


def _span(length: str) -> timedelta:
    found = span(length)
    if not found:
        raise ValueError(length)
    return found


class _Way(Enum):
    """What may be answered that decides nothing."""

    LATER = "later"
    QUIT = "quit"


_LATER, _QUIT = _Way.LATER.value, _Way.QUIT.value


class Dialogue:
    """A `Decider`: the conversation, on standard error; standard output stays for the report.

    `skipping` is how a skip is meant where the answer does not say.
    """

    def __init__(self, skipping: Skipping) -> None:
        self._screen = Screen(**capabilities(stream=sys.stderr))
        self._skipping = skipping
        self._alike: dict[_Likeness, Decision] = {}
        self._done = Counter[str]()
        self._written = False

    def begins(self, held: Sequence[Item], choices: int, beside: str) -> None:
        """Say how much is held, and what of it is asked about."""
        tell(f"{held_words(held)}: {choices} to decide here{f', {beside}' if beside else ''}")

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Options, Decision]]:
        """What is answered, one field after the other, until there is an end to it.

        What is put off comes once more, after all others.
        """
        queue, put_off = deque(enumerate(choices, start=1)), set[int]()
        while queue:
            number, one = queue.popleft()
            said = self._alike.get(_likeness(one))
            if said is not None and _possible(one, said):
                subject = one.waiting.item.subject
                tell(f"incident {subject.incident} · {subject.issue} · {one.waiting.item.field}")
                yield one, said
                continue
            tell("")
            tell(f"{number} of {len(choices)}")
            others = sum(_likeness(other) == _likeness(one) for _, other in queue)
            answer = self._asked(one, others)
            match answer:
                case _Way.QUIT:
                    return
                case _Way.LATER:
                    queue.extend([] if number in put_off else [(number, one)])
                    put_off.add(number)
                case _:
                    yield one, answer
                    # Whoever stops at the next question has decided those like this one as well.
                    known = self._alike.keys()
                    queue = deque(sorted(queue, key=lambda each: _likeness(each[1]) not in known))

    def told(self, decision: Decision, item: Item) -> None:
        """Say what became of it."""
        match decision:
            case Skipping(until=until):
                words, more = "skipped", "" if until is None else f" until {local(until, None)}"
            case Note.RELEASE:
                words, more = "released", ": the next run decides"
            case Note.UNSKIP:
                words, more = "asked about again", ""
            case _:
                words, more = _ended(item)
                self._written |= item.result is not None and item.result.outcome in DONE
        self._done[words] += 1
        tell(f"  {words}{more}")

    def closing(self, run: str, left: int) -> str:
        """What was done, and where it can be looked up and taken back."""
        undo = f", raidctl undo {run} takes it back" if self._written else ""
        counted = [f"{count} {words}" for words, count in self._done.items()]
        counted += [f"{left} left undecided"] if left else []
        where = f"run {run}: raidctl history {run} tells of it{undo}"
        return f"{where}\n{', '.join(counted) or 'nothing decided'}"

    def closes(self, closing: str) -> None:
        """Say it."""
        for line in ("", *closing.splitlines()):
            tell(line)

    def _asked(self, one: Options, others: int) -> Decision | _Way:
        """What is to become of it; later and quit are no decisions."""
        ways = {**{side.value: _effect(one, side) for side in Side}, **_ways(one)}
        if long_texts(self._screen, one.waiting, one.texts):
            ways[_DETAIL] = "show all that differs"
        more = {_ALL: f"after one of these: the same for {others} more like this"} if others else {}
        page = render_one(self._screen, one.waiting, one.texts, {**ways, **more}, utc_now())
        sys.stderr.write(page)
        impossible = {side.value for side in Side if side not in one.sides}
        possible = [name for name in ways if name not in impossible]
        while True:
            sys.stderr.write("Take which? ")
            sys.stderr.flush()
            line = sys.stdin.buffer.readline()
            if not line:  # the terminal is gone, or Ctrl-D
                tell("")
                return _Way.QUIT
            name, rest = _word(line.decode(errors="replace"), possible)
            if name == _DETAIL and not rest:
                sys.stderr.write(render_apart(self._screen, one.texts))
                continue
            if name in {_LATER, _QUIT} and not rest:
                return _Way(name)
            said = None if name in {None, _LATER, _QUIT, _DETAIL} else self._said(name, rest)
            if said is None:
                tell(f"  type {', '.join(possible)}, or the first letter")
                continue
            if rest[:1] == [_ALL]:
                self._alike[_likeness(one)] = said
            return said

    def _said(self, name: str | None, rest: Sequence[str]) -> Decision | None:
        """A decision, with the end and the reason of a skip; None for what is none."""
        more = rest[1:] if rest[:1] == [_ALL] else rest
        if name == _SKIP and more:
            length = more[0] if span(more[0]) else None
            why = " ".join(more if length is None else more[1:])
            try:
                return skipping(length, why, utc_now())
            except UsageError:
                return None
        return None if more or name is None else decision(name, self._skipping)


def _word(line: str, possible: Sequence[str]) -> tuple[str | None, list[str]]:
    """The one way that the first word of an answer begins, if there is one, and the other words."""
    first, *rest = line.split() or [""]
    found = [name for name in possible if first and name.startswith(first.lower())]
    return (found[0] if len(found) == 1 else None), rest


def _likeness(one: Options) -> _Likeness:
    """What makes two fields one kind of decision: the field, the reason, who changed it last."""
    item, edits = one.waiting.item, one.waiting.edits
    who = (edit.author if (edit := edits.get(side)) else None for side in Side)
    return item.field, item.reason, *who


def _possible(one: Options, said: Decision) -> bool:
    """Whether what was decided of another can be done here as well."""
    match said:
        case Side():
            return said in one.sides
        case Note.RELEASE:
            return one.release
        case Note.UNSKIP:
            return one.waiting.skipped
        case Skipping():
            return True


def _effect(one: Options, side: Side) -> str:
    """What taking a side's value would do."""
    item = one.taking.get(side)
    if item is None:
        return "nothing to do: the other side agrees with it already"
    if isinstance(item, Hold):
        return f"not possible: {reason_words(item)}"
    target = SIDE_NAMES[item.direction.target]
    more = f"; {item.detail}" if item.detail else ""
    if side is Side.JIRA and item.field is Field.STATUS and item.pair.impact == _CLOSED:
        more = f"; this reopens the incident{more}"
    return f"writes {_clipped(shown(item.to))} to {target}{more}"


def _ways(one: Options) -> Mapping[str, str]:
    """What can be done beside taking a value."""
    ways = {
        _SKIP: "leave it; not asked again while both sides stay as they are",
        _LATER: "ask once more after the others",
    }
    if one.waiting.skipped:
        ways[Note.UNSKIP.value] = "ask about it again from now on"
    if one.release:
        undone = one.waiting.item.reason is Reason.UNDONE
        ways[Note.RELEASE.value] = "let the next run " + (
            "write it again" if undone else "decide anew"
        )
    return {**ways, _QUIT: "stop here"}


def _ended(item: Item) -> tuple[str, str]:
    if item.result is None:
        return "not written", ""
    detail = item.result.detail
    return OUTCOME_WORDS[item.result.outcome], f": {detail}" if detail else ""


def _clipped(text: str, limit: int = 50) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
