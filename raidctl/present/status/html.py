"""How raidctl does, as a page: in short, then by direction, command and day."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from raidctl.core.watch.status import Point, Status
from raidctl.present.history.rows import exit_words, took
from raidctl.present.html.element import Html, tag
from raidctl.present.html.page import instant, items, section, whole
from raidctl.present.html.table import plain
from raidctl.present.status import rows
from raidctl.present.text.records import in_utc

RUN_HEADS = ("Started", "Command", "Ended", "Took", "Why")
POINT_HEADS = ("From", "Runs", "Failed", "Corrected", "Left drifted")


def render_html(status: Status, most: timedelta) -> str:
    """The whole page; `most` is how old a success may be."""
    return whole(rows.verdict(status, most), "status", *_parts(status))


def _parts(status: Status) -> Iterator[Html]:
    facts = [*rows.facts(status, UTC), *rows.counted(status)]
    told = items(tag("span", tag("strong", name), f": {words}") for name, words in facts)
    yield section("Summary", tag("p", "As it was at ", instant(status.at)), told)
    runs = (
        [in_utc(run.started_at), run.command, exit_words(run), took(run), run.why or ""]
        for run in status.runs
    )
    yield section("The latest runs", plain("The latest runs, newest first", RUN_HEADS, runs))
    since = rows.since(status)
    caption = f"Writes since {since}, UTC"
    yield section("Writes", plain(caption, rows.RATE_HEADS, rows.rates(status)))
    caption = f"Runs since {since}, UTC"
    yield section("Runs", plain(caption, rows.DURATION_HEADS, rows.durations(status)))
    points = [_point(one) for one in reversed(status.points) if one != Point(one.began)]
    each = f"Each {rows.each(status)}"
    yield section(each, plain(f"{each} with a run, the latest first", POINT_HEADS, points))


def _point(one: Point) -> list[str]:
    drifted = "" if one.drifted is None else str(one.drifted)
    return [in_utc(one.began), str(one.runs), str(one.failed), str(one.corrected), drifted]
