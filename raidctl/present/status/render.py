"""How raidctl does, for people and for programs."""

from collections.abc import Iterator, Mapping
from datetime import timedelta, tzinfo

from raidctl.core.watch.status import Status
from raidctl.core.watch.tally import Counted
from raidctl.present.format import Format
from raidctl.present.history.render import RUN_COLUMNS
from raidctl.present.status import rows
from raidctl.present.text.markdown import code, escaped, table
from raidctl.present.text.records import Columns, record, to_csv, to_json, to_json_lines

COLUMNS: Columns[tuple[str, str, str, int]] = {
    "direction": lambda one: one[0],
    "field": lambda one: one[1],
    "outcome": lambda one: one[2],
    "count": lambda one: one[3],
}
_MARKS = 60


def render_status(
    status: Status,
    form: Format,
    most: timedelta,
    *,
    width: int = 80,
    colour: bool = False,
    zone: tzinfo | None = None,
) -> str:
    """The status in a format; `most` is how old a success may be.

    CSV and JSON lines hold the writes by direction, field and outcome.
    """
    match form:
        case Format.JSON:
            return to_json(_document(status, most))
        case Format.JSONL:
            return to_json_lines(COLUMNS, _rates(status))
        case Format.CSV:
            return to_csv(COLUMNS, _rates(status))
        case Format.MARKDOWN:
            return "".join(f"{line}\n" for line in _markdown(status, zone))
        case Format.HTML:
            from raidctl.present.status.html import render_html

            return render_html(status, most)
        case Format.TABLE | Format.DETAIL:
            from raidctl.present.status.page import render_page

            return render_page(status, width=width, colour=colour, zone=zone)


def _rates(status: Status) -> list[tuple[str, str, str, int]]:
    return [
        (one.direction, one.field, outcome, count)
        for one in status.rates
        for outcome, count in one.outcomes.items()
    ]


def _document(status: Status, most: timedelta) -> Mapping[str, object]:
    """`raidctl.status/1`; see the schema beside this."""
    oldest, queue, paused = status.oldest, status.queue, status.paused
    runs = [record(RUN_COLUMNS, run) for run in status.runs]
    return {
        "schema": "raidctl.status/1",
        "at": status.at,
        "since": status.since,
        "check": {"ok": status.trouble(most) is None, "why": rows.verdict(status, most)},
        "last_run": next(iter(runs), None),
        "runs": runs,
        "last_success_at": status.succeeded_at,
        "failures_in_a_row": status.failures,
        "looked_at": status.looked_at,
        "links": status.standing(Counted.LINKS),
        "drift": status.standing(Counted.DRIFT),
        "held": {
            "count": len(status.held),
            "oldest_at": None if oldest is None else oldest.since,
            "reasons": status.reasons,
        },
        "queue": {"waiting": queue.waiting, "dead": queue.dead, "oldest_at": queue.oldest_at},
        "rates": [record(COLUMNS, one) for one in _rates(status)],
        "durations": [
            {
                "command": one.command,
                "runs": one.runs,
                "failed": one.failed,
                "mean_seconds": round(one.mean, 3),
                "longest_seconds": round(one.longest, 3),
            }
            for one in status.durations
        ],
        "errors": [
            {"system": system, "category": category, "count": count}
            for (system, category), count in status.counts(Counted.ERRORS).items()
        ],
        "requests": {system: n for (system,), n in status.counts(Counted.REQUESTS).items()},
        "chart": {
            "each": rows.each(status),
            "points": [
                {
                    "began": point.began,
                    "runs": point.runs,
                    "failed": point.failed,
                    "corrected": point.corrected,
                    "drifted": point.drifted,
                }
                for point in status.points
            ],
        },
        "paused": None
        if paused is None
        else {"since": paused.since, "until": paused.until, "by": paused.by},
    }


def _markdown(status: Status, zone: tzinfo | None) -> Iterator[str]:
    facts = [*rows.facts(status, zone, rows.then(zone)), *rows.counted(status)]
    yield from (f"- {name}: {escaped(words)}" for name, words in facts)
    for heads, found in (
        (rows.RATE_HEADS, list(rows.rates(status))),
        (rows.DURATION_HEADS, list(rows.durations(status))),
    ):
        if found:
            yield ""
            yield from table(heads, (map(escaped, row) for row in found))
    yield ""
    for bars in rows.chart(status, _MARKS):
        yield f"- {code(bars.marks)} {bars.name}: {bars.words}"
