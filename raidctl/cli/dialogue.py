"""Ask a person about held fields, one after the other, and do at once what is said."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from raidctl.cli.shutdown import Shutdown
from raidctl.cli.terminal import capabilities, tell
from raidctl.core.model import Field, IncidentStatus, Side
from raidctl.core.plan.item import Change
from raidctl.core.reasons import Reason
from raidctl.errors import BlockedError, RaidctlError
from raidctl.present.held.page import render_one
from raidctl.present.text.words import OUTCOME_WORDS, SIDE_NAMES, reason_words, shown

if TYPE_CHECKING:
    from raidctl.core.plan.item import Item
    from raidctl.ports.systems import WritableSystems
    from raidctl.runs.context import RunContext
    from raidctl.runs.writing.resolve import Options

_CLOSED = IncidentStatus.CLOSED.name
_QUIT, _SKIP, _RELEASE = "quit", "skip", "release"


class Dialogue:
    """The conversation, on standard error; standard output stays for the report.

    `ended` is what ended it early, if anything did.
    """

    def __init__(
        self, systems: "WritableSystems", context: "RunContext", shutdown: Shutdown
    ) -> None:
        self.ended: RaidctlError | None = None
        self._systems = systems
        self._context = context
        self._shutdown = shutdown
        self._able = capabilities()

    def about(self, open_: "Sequence[Options]") -> "tuple[Item, ...]":
        """Every field with what became of it; those not reached are as they were."""
        items: list[Item] = []
        for number, one in enumerate(open_, start=1):
            tell("")
            tell(f"{number} of {len(open_)}")
            said = self._asked(one)
            if said == _QUIT:
                break
            items.append(self._done(one, said))
            if self._shutdown.wanted or self.ended is not None:
                break
            self._shutdown.waiting("what was decided so far is done")
        left = len(open_) - len(items)
        if left:
            tell(f"{left} left undecided")
        return (*items, *(one.waiting.item for one in open_[len(items) :]))

    def _asked(self, one: "Options") -> str:
        """What is to become of it: a side, skip, release or quit."""
        choices = {**{side.value: _effect(one, side) for side in Side}, **_ways(one)}
        page = render_one(
            one.waiting,
            choices,
            self._context.clock(),
            width=self._able.width,
            colour=self._able.colour,
            hyperlinks=self._able.hyperlinks,
        )
        sys.stderr.write(page)
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

    def _done(self, one: "Options", said: str) -> "Item":
        from raidctl.runs.writing import resolve

        item = one.waiting.item
        if said == _SKIP:
            resolve.skip(self._systems, self._context, item)
            tell("  skipped")
            return item
        if said == _RELEASE:
            resolve.release(self._systems, self._context, item)
            tell("  released: the next run decides")
            return item
        self._shutdown.writing()
        wanted = one.taking[Side(said)]
        try:
            done, self.ended = resolve.take(self._systems, self._context, wanted)
        except RaidctlError as error:
            done, self.ended = wanted, error
        if done.result is None and self.ended is None and not self._shutdown.wanted:
            why = self._context.stopping() or "the run was to end"
            self.ended = BlockedError(f"nothing more is written: {why}; raidctl resume ends that")
        tell(f"  {_ended(done)}")
        return done


def _effect(one: "Options", side: Side) -> str:
    """What taking a side's value would do."""
    item = one.taking.get(side)
    if item is None:
        return "nothing to do: the other side agrees with it already"
    if not isinstance(item, Change):
        return f"not possible: {reason_words(item)}"
    target = SIDE_NAMES[item.direction.target]
    more = f"; {item.detail}" if item.detail else ""
    if side is Side.JIRA and item.field is Field.STATUS and item.pair.impact == _CLOSED:
        more = f"; this reopens the incident{more}"
    return f"writes {_clipped(shown(item.to))} to {target}{more}"


def _ways(one: "Options") -> dict[str, str]:
    """What can be done beside taking a value."""
    ways = {_SKIP: "leave it; not asked again while both sides stay as they are"}
    if one.release:
        undone = one.waiting.item.reason is Reason.UNDONE
        ways[_RELEASE] = "let the next run " + ("write it again" if undone else "decide anew")
    return {**ways, _QUIT: "stop here"}


def _ended(item: "Item") -> str:
    if item.result is None:
        return "not written"
    words = OUTCOME_WORDS[item.result.outcome]
    return f"{words}: {item.result.detail}" if item.result.detail else words


def _clipped(text: str, limit: int = 50) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
