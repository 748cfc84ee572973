"""The checks of doctor for the terminal: what needs somebody stands last, above the prompt."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from raidctl.core.doctor.check import Check, CheckId, State
from raidctl.present.text import page
from raidctl.present.text.safe import visible

_HEADINGS = {
    State.SKIPPED: "Not looked at",
    State.OK: "In order",
    State.WARNING: "Warnings",
    State.PROBLEM: "Problems",
}
_STYLES = {State.SKIPPED: "dim", State.OK: "good", State.WARNING: "hold", State.PROBLEM: "warning"}
_MARKS = {State.SKIPPED: "–", State.OK: "✓", State.WARNING: "!", State.PROBLEM: "✗"}


_COUNTED = {  # one, several
    State.PROBLEM: ("problem", "problems"),
    State.WARNING: ("warning", "warnings"),
    State.OK: ("in order", "in order"),
    State.SKIPPED: ("not looked at", "not looked at"),
}


def render_page(checks: Sequence[Check], *, width: int, colour: bool, hyperlinks: bool) -> str:
    """The checks by how they ended, as text of `width` columns."""
    screen = page.Screen(width, colour=colour, hyperlinks=hyperlinks)
    return screen.printed(_parts(screen, checks))


def _parts(screen: page.Screen, checks: Sequence[Check]) -> Iterator[RenderableType]:
    label = max(len(check.id) for check in checks) + 2
    for state, heading in _HEADINGS.items():
        together = [check for check in checks if check.state is state]
        if together:
            yield Text(heading, "head")
            yield from (_block(screen, check, label) for check in together)
            yield Text()
    yield Text(f"{counted(checks)}.", "head")
    yield from _next(checks)


def _block(screen: page.Screen, check: Check, label: int) -> Padding:
    """What was seen beside the check's name, what more there is and how to mend it below."""
    told = [Text(visible(check.what), _STYLES[check.state] if _urgent(check) else "")]
    told += [Text(visible(line), "dim") for line in (check.detail or "").splitlines()]
    told += [Text(f"→ {visible(check.mend)}")] if check.mend else []
    name = f"{_MARKS[check.state]} {check.id}"
    return screen.labelled([(name, Text("\n").join(told))], label, style=_STYLES[check.state])


def _urgent(check: Check) -> bool:
    return check.state in {State.WARNING, State.PROBLEM}


def counted(checks: Sequence[Check]) -> str:
    """How many ended in each way."""
    counts = {state: sum(one.state is state for one in checks) for state in _COUNTED}
    return ", ".join(f"{n} {_COUNTED[state][n != 1]}" for state, n in counts.items() if n)


def _next(checks: Sequence[Check]) -> Iterator[Text]:
    states = {check.id: check.state for check in checks}
    if State.PROBLEM in states.values():
        yield Text("Next: mend the problems from the first on, then raidctl doctor again")
    elif states.get(CheckId.JOURNAL_BASELINES) is State.WARNING:
        yield Text("Next: raidctl help first-day")
    else:
        yield Text("Next: raidctl diff")
