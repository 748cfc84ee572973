"""What every report for people says is to be typed next, or set in the configuration."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from raidctl.core.plan.item import PUT_LINK_BACK, Change, Item, Verdict, pending
from raidctl.core.reasons import DECIDED, Reason
from raidctl.core.report import Report
from raidctl.core.writes.outcome import Outcome
from raidctl.present.report.summary import making
from raidctl.present.text.advice import (
    asking_again_command,
    key_of,
    linking_commands,
    next_commands,
    pairing_command,
    undoing_command,
)
from raidctl.present.text.again import again, narrowed, typed_again

UNDOABLE = frozenset({Outcome.APPLIED, Outcome.NORMALISED})
"""What a run did that can be taken back."""

_STEPS = 7


@dataclass(frozen=True, slots=True)
class Step:
    """What to type next, and words to lead to it."""

    lead: str
    command: str


_READ_IT = Step("to write all of this, once you have read it: the last line, with --approve", "")


def steps(report: Report) -> list[Step]:
    """What to type, or to set in the configuration, next: with what was typed, about the same."""
    asked, closing = report.asked, _again(report)
    items = report.listed if report.run is None else report.items  # what a run wrote was seen
    beyond = [_READ_IT] if report.excess else []
    partly = _partly_shown(report)
    open_items = [
        i
        for i in items
        if not (closing and i.reason is Reason.CLOSING)
        and not (i.reason in DECIDED | {Reason.CLOSING} and i.subject.incident in partly)
        and not (beyond and i.reason in DECIDED)
    ]
    mended = report.command == "backfill links"
    commands = _carrying_out(report)
    lost = {i.subject.incident: key_of(i) for i in items if _puts_link_back(i)}
    if report.run and any(_undoable(i) for i in items if i.subject.incident not in lost):
        what = "back what can be: no issue goes" if making(report) else "it back"
        commands.append(undoing_command(report.run, asked, what))
    commands += linking_commands(open_items, asked) if mended else _deciding(report, open_items)
    commands += _of_the_rest(report)
    left = len(commands) - _STEPS
    where = "" if report.command == "undo" else ": raidctl held tells what settles each"
    more = [Step(f"and {left} more{where}", "")] if left > 0 else []
    lead, line = "to link again what this took back: ", pairing_command(lost, asked, lost)
    linking = [Step(lead, line)] if lost else []
    return [*closing, *beyond, *linking, *map(step, commands[:_STEPS]), *more]


def _deciding(report: Report, items: Sequence[Item]) -> list[str]:
    """What helps with these; of what a person has skipped, how that is ended."""
    left = [item for item in items if (item.subject.incident, item.field) in report.skipped]
    commands = next_commands([item for item in items if item not in left], report.asked)
    skipped = sorted({item.subject.incident for item in left})
    return [*commands, asking_again_command(skipped, report.asked)] if skipped else commands


def _carrying_out(report: Report) -> list[str]:
    """The line that carries out what was only shown; of what raidctl decides, `reconcile` does."""
    shown = report.run is None and report.command not in {"diff", "reconcile"}
    if not shown or report.excess or not any(pending(report.items)):
        return []
    line = typed_again(report.asked)
    return [] if line is None else [line]


def _of_the_rest(report: Report) -> list[str]:
    """What tells what is left beside the links and fields that a run was about."""
    wrote = (
        report.command == "reconcile" and report.run and any(item.result for item in report.items)
    )
    if not wrote or not narrowed(report.asked):
        return []
    everywhere = replace(report.asked, command="", targets=())
    return [f"{again('diff', (), everywhere)}  # what is left beside that"]


def _partly_shown(report: Report) -> set[int]:
    """Incidents of which not all that would be written is shown: to write is not advised then."""
    if report.shown is None or report.run is not None:
        return set()
    seen = {id(item) for item in report.shown}
    return {item.subject.incident for item in pending(report.items) if id(item) not in seen}


def _again(report: Report) -> list[Step]:
    """How to have what a person asked for where it would close: no reconcile does that."""
    closing = any(item.reason is Reason.CLOSING for item in report.items)
    if not closing or report.command not in {"undo", "resolve"}:
        return []
    line = typed_again(report.asked, "--allow-close")
    if line is None:
        return [Step("the same once more, with ", "--allow-close")]
    return [Step("", f"{line}  # closes as well")]


def _undoable(item: Item) -> bool:
    """Whether it was done and can be taken back, as far as that goes: an attachment stays."""
    done = item.result is not None and item.result.outcome in UNDOABLE
    return done and item.verdict != Verdict.ATTACH


def _puts_link_back(item: Item) -> bool:
    """Whether it took a link back: no undo makes that again."""
    done = item.result is not None and item.result.outcome in UNDOABLE
    return done and isinstance(item, Change) and item.target == PUT_LINK_BACK


def step(command: str) -> Step:
    """A command as `text.advice` tells it; a key to set is told as one."""
    if command.startswith("["):
        table, _, row = command.partition("] ")
        return Step(f"set in {table}]: ", row)
    return Step("", command)
