"""What the journal tells of runs and writes, for people and for programs."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from raidctl.core.model import plain
from raidctl.core.writes.log import Run, Write
from raidctl.core.writes.outcome import Outcome
from raidctl.present.format import Format
from raidctl.present.history.rows import (
    NO_RUNS,
    NO_WRITES,
    RUN_HEADS,
    WRITE_HEADS,
    History,
    counted,
    run_cells,
    write_cells,
)
from raidctl.present.text.markdown import escaped, table
from raidctl.present.text.records import Columns, in_utc, record, to_csv, to_json, to_json_lines

RUN_COLUMNS: Columns[Run] = {
    "id": lambda run: run.id,
    "command": lambda run: run.command,
    "started_at": lambda run: run.started_at,
    "finished_at": lambda run: run.finished_at,
    "exit_code": lambda run: run.exit_code,
    "direction": lambda run: run.direction or "auto",
    "plan": lambda run: run.plan,
    "outcomes": lambda run: {**dict.fromkeys(Outcome, 0), **dict(run.outcomes)},
    "held": lambda run: run.held,
    "why": lambda run: run.why,
    "counts": lambda run: run.counts,
}
WRITE_COLUMNS: Columns[Write] = {
    "run": lambda write: write.run,
    "at": lambda write: write.at,
    "incident": lambda write: write.incident,
    "issue": lambda write: write.issue,
    "issue_id": lambda write: str(write.issue_id),
    "field": lambda write: write.field,
    "direction": lambda write: write.direction,
    "old": lambda write: plain(write.old),
    "new": lambda write: plain(write.new),
    "read_back": lambda write: plain(write.read_back),
    "outcome": lambda write: write.outcome,
    "category": lambda write: write.category,
    "detail": lambda write: write.detail,
}
CSV_RUN_COLUMNS = {**RUN_COLUMNS, "outcomes": counted}  # of the outcomes those that there were


def render_history(
    history: History,
    form: Format,
    *,
    width: int = 80,
    colour: bool = False,
    zone: tzinfo | None = None,
) -> str:
    """The history in a format; width (in columns), colour and zone (None: ours) are the table's.

    CSV and JSON lines hold the writes where there are any to ask for, else the runs.
    """
    runs, writes = history.runs, history.writes
    match form:
        case Format.TABLE | Format.DETAIL if runs or writes:
            from raidctl.present.history.table import render_table

            return render_table(history, width=width, colour=colour, zone=zone)
        case Format.JSON:
            document = {
                "schema": "raidctl.history/1",
                "runs": [record(RUN_COLUMNS, run) for run in runs],
            }
            if writes is not None:
                document["writes"] = [record(WRITE_COLUMNS, write) for write in writes]
            return to_json(document)
        case Format.JSONL:
            of_runs = to_json_lines(RUN_COLUMNS, runs)
            return of_runs if writes is None else to_json_lines(WRITE_COLUMNS, writes)
        case Format.CSV:
            of_runs = to_csv(CSV_RUN_COLUMNS, runs)
            return of_runs if writes is None else to_csv(WRITE_COLUMNS, writes)
        case (
            Format.MARKDOWN | Format.TABLE | Format.DETAIL
        ):  # one line where there is nothing to tell
            return "".join(f"{line}\n" for line in _markdown(history))
        case Format.HTML:
            from raidctl.present.history.html import render_html

            return render_html(history)


def _markdown(history: History) -> Iterator[str]:
    runs, writes = history.runs, history.writes
    if runs:
        yield from table(RUN_HEADS, (map(escaped, run_cells(run, _utc)) for run in runs))
    if runs and writes is not None:
        yield ""
    if writes:
        yield from table(WRITE_HEADS, (map(escaped, write_cells(write, _utc)) for write in writes))
    elif writes is not None:
        yield NO_WRITES
    elif not runs:
        yield NO_RUNS


def _utc(instant: datetime) -> str:
    return in_utc(instant).replace("T", " ").replace("Z", " UTC")
