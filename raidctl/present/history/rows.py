"""Earlier runs and writes, as rows: what each format shows of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from raidctl.core.model import plain
from raidctl.core.writes.log import Run, Write
from raidctl.present.text.difference import excerpt
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import ARROWS, OUTCOME_WORDS, shown

NO_RUNS = "The journal holds no runs yet."
NO_WRITES = "The journal holds no such writes."

EXIT_WORDS: Mapping[int, str] = {
    0: "ok",
    1: "defect",
    2: "usage",
    3: "drift",
    4: "incomplete",
    5: "blocked",
    6: "locked",
    7: "unreachable",
    130: "interrupted",
}
"""Every exit code in a word; `help/exit-codes.md` describes the same set."""

RUN_HEADS = ("Run", "Started", "Command", "Took", "Exit", "Outcome")
WRITE_HEADS = (
    *("Time", "Incident", "Issue", "Field", "Direction", "Old", "New", "Outcome", "Run"),
)

UNFINISHED = "did not finish"
UNCOUNTED = "not counted"  # it was of some links, or declined: see `core/watch/ends.py`
DETAIL_LIMIT, FOUND_WIDTH, VALUE_WIDTH = 500, 60, 120
OPEN = "unknown yet: the next run reads first"


def _unknown(_: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Pages:
    """The addresses of an incident by its number and of an issue by its key; None: not known."""

    incident: Callable[[int], str | None] = _unknown
    issue: Callable[[str], str | None] = _unknown


@dataclass(frozen=True, slots=True)
class History:
    """Runs, newest first, and writes, oldest first; `writes` is None where runs alone are asked.

    `pages` are the addresses of an incident and of an issue, as far as they are known.
    """

    runs: Sequence[Run]
    writes: Sequence[Write] | None = None
    pages: Pages = Pages()


def run_cells(run: Run, when: Callable[[datetime], str]) -> list[str]:
    """A run under `RUN_HEADS`, its time as `when` has it."""
    ended = ": ".join(filter(None, (exit_words(run), visible(run.why or ""))))
    return [run.id, when(run.started_at), run.command, took(run), ended, deeds(run)]


def write_cells(write: Write, when: Callable[[datetime], str]) -> list[str]:
    """A write under `WRITE_HEADS`, its time as `when` has it."""
    return [
        when(write.at),
        str(write.incident),
        write.issue,
        write.what,
        ARROWS[write.direction],
        *excerpt(shown(write.old), shown(write.new), VALUE_WIDTH),
        outcome_words(write),
        write.run,
    ]


def took(run: Run) -> str:
    """How long a run took, nothing where it has no end."""
    if run.finished_at is None:
        return ""
    return lasting(max(run.finished_at - run.started_at, timedelta()))


def lasting(time: timedelta) -> str:
    """A length of time: `3.2 s`, `2 min 10 s`, `1 h 5 min`."""
    minutes, seconds = divmod(time.total_seconds(), 60)
    if not minutes:
        return f"{seconds:.1f} s"
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {int(seconds)} s"


def exit_words(run: Run) -> str:
    """How a run ended: its exit code and what that means."""
    if run.finished_at is None:
        return UNFINISHED
    code = "" if run.exit_code is None else str(run.exit_code)
    return f"{code} {EXIT_WORDS.get(run.exit_code or 0, '') if code else 'ended'}".strip()


def end_words(run: Run) -> str:
    """The same, and where that makes it neither a success nor a failure."""
    return ", ".join(filter(None, (exit_words(run), _uncounted(run))))


def _uncounted(run: Run) -> str:
    return "" if run.counts or run.finished_at is None else UNCOUNTED


def deeds(run: Run) -> str:
    """What came of a run: outcomes, held fields, the direction it was told, whether it counts."""
    words = [counted(run)] if run.outcomes else []
    words += [f"{run.held} held"] if run.held else []
    told = "" if run.direction is None else ARROWS[run.direction]
    return "; ".join(filter(None, (", ".join(words), told, _uncounted(run))))


def counted(run: Run) -> str:
    """How many changes had each outcome: `5 applied, 1 no effect`."""
    return ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in run.outcomes)


def outcome_words(write: Write) -> str:
    """What became of a write, why, and what the target holds where that is another value."""
    if write.outcome is None:
        return OPEN
    words = OUTCOME_WORDS[write.outcome]
    words += f" ({visible(write.category)})" if write.category else ""
    words += f": {clip(visible(write.detail), DETAIL_LIMIT)}" if write.detail else ""
    found = plain(write.read_back)
    if found in {None, write.old, write.new}:
        return words
    return f"{words}; read back: {clip(shown(found), FOUND_WIDTH)}"
