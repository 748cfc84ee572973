"""Ask a person about held fields, one after the other, and do at once what is said."""

import sys
from collections.abc import Iterator, Sequence

from raidctl.bootstrap.clock import utc_now
from raidctl.cli.terminal import capabilities, tell
from raidctl.core.model import Field, IncidentStatus, Side
from raidctl.core.plan.item import Hold, Item
from raidctl.core.reasons import Reason
from raidctl.present.held.page import render_one
from raidctl.present.text.words import OUTCOME_WORDS, SIDE_NAMES, reason_words, shown
from raidctl.runs.writing.resolve import Decision, Note, Options

_CLOSED = IncidentStatus.CLOSED.name
_QUIT = "quit"


def decision(word: str) -> Decision:
    """A side, skip or release, as the run understands it."""
    return Note(word) if word in {*Note} else Side(word)


class Dialogue:
    """A `Decider`: the conversation, on standard error; standard output stays for the report."""

    def __init__(self) -> None:
        self._able = capabilities(stream=sys.stderr)

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Options, Decision]]:
        """What is answered, one field after the other, until there is an end to it."""
        for number, one in enumerate(choices, start=1):
            tell("")
            tell(f"{number} of {len(choices)}")
            said = self._asked(one)
            if said == _QUIT:
                return
            yield one, decision(said)

    def told(self, decision: Decision, item: Item) -> None:
        """Say what became of it."""
        match decision:
            case Note.SKIP:
                tell("  skipped")
            case Note.RELEASE:
                tell("  released: the next run decides")
            case _:
                tell(f"  {_ended(item)}")

    def left(self, number: int) -> None:
        """Say how many were not reached."""
        tell(f"{number} left undecided")

    def _asked(self, one: Options) -> str:
        """What is to become of it: a side, skip, release or quit."""
        choices = {**{side.value: _effect(one, side) for side in Side}, **_ways(one)}
        sys.stderr.write(render_one(one.waiting, choices, utc_now(), **self._able))
        impossible = {side.value for side in Side if side not in one.sides}
        possible = [name for name in choices if name not in impossible]
        while True:
            sys.stderr.write("Take which? ")
            sys.stderr.flush()
            line = sys.stdin.buffer.readline()
            answer = line.strip().decode(errors="replace").lower()
            if not line:  # the terminal is gone, or Ctrl-D
                tell("")
                return _QUIT
            found = [name for name in possible if answer and name.startswith(answer)]
            if len(found) == 1:
                return found[0]
            tell(f"  type {', '.join(possible)}, or the first letter")


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


def _ways(one: Options) -> dict[str, str]:
    """What can be done beside taking a value."""
    ways = {Note.SKIP.value: "leave it; not asked again while both sides stay as they are"}
    if one.release:
        undone = one.waiting.item.reason is Reason.UNDONE
        ways[Note.RELEASE.value] = "let the next run " + (
            "write it again" if undone else "decide anew"
        )
    return {**ways, _QUIT: "stop here"}


def _ended(item: Item) -> str:
    if item.result is None:
        return "not written"
    words = OUTCOME_WORDS[item.result.outcome]
    return f"{words}: {item.result.detail}" if item.result.detail else words


def _clipped(text: str, limit: int = 50) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
