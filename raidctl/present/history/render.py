"""What the journal tells of runs and writes, for people and for programs."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from importlib import resources
from typing import cast

from raidctl.core.model import Readable
from raidctl.core.writes.log import Run, Write
from raidctl.core.writes.outcome import Outcome
from raidctl.present.format import Format
from raidctl.present.history.rows import (
    NO_RUNS,
    NO_WRITES,
    History,
    counted,
    deeds,
    exit_words,
    outcome_words,
    took,
)
from raidctl.present.report.csv import cell
from raidctl.present.report.json import in_utc, plain_value, unsafe_escaped
from raidctl.present.report.markdown import escaped
from raidctl.present.text.difference import excerpt
from raidctl.present.text.words import ARROWS, shown

SCHEMA = "raidctl.history/1"

RUN_COLUMNS = (
    "id",
    "command",
    "started_at",
    "finished_at",
    "exit_code",
    "direction",
    "plan",
    "outcomes",
    "held",
)
WRITE_COLUMNS = (
    "run",
    "at",
    "incident",
    "issue",
    "issue_id",
    "field",
    "direction",
    "old",
    "new",
    "read_back",
    "outcome",
    "category",
    "detail",
)


_RUN_HEADS = ("Run", "Started", "Command", "Took", "Exit", "Outcome")
_WRITE_HEADS = (
    *("Time", "Incident", "Issue", "Field", "Direction", "Old", "New", "Outcome", "Run"),
)
_VALUE_WIDTH = 120


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
    match form:
        case Format.TABLE:
            if empty := _nothing(history):
                return f"{empty}\n"
            from raidctl.present.history.table import render_table

            return render_table(history, width=width, colour=colour, zone=zone)
        case Format.JSON:
            return _json(history)
        case Format.JSONL:
            lines = (json.dumps(record, ensure_ascii=False) for record in _records(history))
            return "".join(f"{unsafe_escaped(line)}\n" for line in lines)
        case Format.CSV:
            return _csv(history)
        case Format.MARKDOWN:
            return "".join(f"{line}\n" for line in _markdown(history))


def schema_text() -> str:
    """The JSON Schema of the history as JSON, as it is shipped."""
    schema = resources.files("raidctl.present").joinpath("history.schema.json")
    return schema.read_text(encoding="utf-8")


def _nothing(history: History) -> str | None:
    """What is said where there is nothing to show."""
    if history.runs or history.writes:
        return None
    return NO_RUNS if history.writes is None else NO_WRITES


def _json(history: History) -> str:
    document = {"schema": SCHEMA, "runs": [_run(run) for run in history.runs]}
    if history.writes is not None:
        document["writes"] = [_write(write) for write in history.writes]
    return unsafe_escaped(json.dumps(document, ensure_ascii=False, indent=2)) + "\n"


def _records(history: History) -> Iterator[dict[str, object]]:
    """Writes, or else runs, as JSON has them."""
    if history.writes is None:
        return map(_run, history.runs)
    return map(_write, history.writes)


def _run(run: Run) -> dict[str, object]:
    outcomes = dict(run.outcomes)
    values = (
        run.id,
        run.command,
        in_utc(run.started_at),
        run.finished_at and in_utc(run.finished_at),
        run.exit_code,
        "auto" if run.direction is None else run.direction.value,
        run.plan,
        {outcome.value: outcomes.get(outcome, 0) for outcome in Outcome},
        run.held,
    )
    return dict(zip(RUN_COLUMNS, values, strict=True))


def _write(write: Write) -> dict[str, object]:
    values = (
        write.run,
        in_utc(write.at),
        write.incident,
        write.issue,
        str(write.issue_id),
        write.field,
        write.direction.value,
        plain_value(write.old),
        plain_value(write.new),
        plain_value(write.read_back),
        write.outcome and write.outcome.value,
        write.category,
        write.detail,
    )
    return dict(zip(WRITE_COLUMNS, values, strict=True))


def _csv(history: History) -> str:
    """A header and a line a record, as JSON has them; of the outcomes those that there were."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(RUN_COLUMNS if history.writes is None else WRITE_COLUMNS)
    if history.writes is None:
        for run in history.runs:
            writer.writerow(_cells(_run(run) | {"outcomes": counted(run)}))
    else:
        writer.writerows(_cells(_write(write)) for write in history.writes)
    return out.getvalue()


def _cells(record: Mapping[str, object]) -> list[str]:
    return [cell(cast("Readable", value)) for value in record.values()]


def _markdown(history: History) -> Iterator[str]:
    if empty := _nothing(history):
        yield empty
        return
    if history.runs:
        yield from _table(_RUN_HEADS, [_run_cells(run) for run in history.runs])
    if history.writes is not None:
        yield from [""] if history.runs else []
        rows = [_write_cells(write) for write in history.writes]
        yield from _table(_WRITE_HEADS, rows) if rows else [NO_WRITES]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (heads, ["---"] * len(heads), *(map(escaped, row) for row in rows)):
        yield f"| {' | '.join(row)} |"


def _run_cells(run: Run) -> list[str]:
    return [run.id, _utc(run.started_at), run.command, took(run), exit_words(run), deeds(run)]


def _write_cells(write: Write) -> list[str]:
    return [
        _utc(write.at),
        str(write.incident),
        write.issue,
        write.what,
        ARROWS[write.direction],
        *excerpt(shown(write.old), shown(write.new), _VALUE_WIDTH),
        outcome_words(write),
        write.run,
    ]


def _utc(instant: datetime) -> str:
    return in_utc(instant).replace("T", " ").replace("Z", " UTC")
