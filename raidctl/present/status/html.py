"""How raidctl does, as a page: in short, then by direction, command and day."""

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta

from raidctl.core.watch.status import Point, Status
from raidctl.core.watch.tally import Period
from raidctl.present.history.rows import end_words, took
from raidctl.present.html.chart import bar
from raidctl.present.html.element import EMPTY, Html, tag
from raidctl.present.html.page import instant, items, section, whole
from raidctl.present.html.table import plain
from raidctl.present.status import rows
from raidctl.present.text.words import local

RUN_HEADS = ("Started", "Command", "Ended", "Took", "Why")
POINT_HEADS = ("From", "Left drifted", "Corrected", "Failed", "Runs")
_KINDS = ("drifted", "corrected", "failed")


def render_html(status: Status, most: timedelta) -> str:
    """The whole page; `most` is how old a success may be."""
    return whole(rows.verdict(status, most, rows.then(UTC)), "status", *_parts(status))


def _parts(status: Status) -> Iterator[Html]:
    facts = [*rows.facts(status, UTC, rows.then(UTC)), *rows.counted(status)]
    told = items(tag("span", tag("strong", name), f": {words}") for name, words in facts)
    yield section("Summary", tag("p", "As it was at ", instant(status.at)), told)
    yield section(f"Each {rows.each(status)}", _chart(status))
    runs = (
        [instant(run.started_at), run.command, end_words(run), took(run), run.why or ""]
        for run in status.runs
    )
    yield section("The latest runs", plain("The latest runs, newest first", RUN_HEADS, runs))
    since = rows.since(status)
    caption = f"Writes since {since}, UTC"
    yield section("Writes", plain(caption, rows.RATE_HEADS, rows.rates(status)))
    caption = f"Runs since {since}, UTC"
    yield section("Runs", plain(caption, rows.DURATION_HEADS, rows.durations(status)))


def _chart(status: Status) -> Html:
    """What the terminal draws, with its numbers; nothing where nothing has run."""
    points = [one for one in reversed(status.points) if one != Point(one.began)]
    if not points:
        return EMPTY
    heads = (tag("th", words, scope="col") for words in POINT_HEADS)
    most = [max(_measured(one)[kind] or 0 for one in points) for kind in _KINDS]
    return tag(
        "table",
        tag("caption", f"Each {rows.each(status)} with a run, in UTC, the latest first"),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *(_point(one, status.by, most) for one in points)),
        class_="points",
    )


def _point(one: Point, by: Period, most: Sequence[int]) -> Html:
    """One day or hour: each number with a bar below it, as long as its share of the most."""
    began = local(one.began, UTC) if by is Period.HOUR else f"{one.began:%Y-%m-%d}"
    told = zip(_measured(one).items(), most, strict=True)
    cells = (_cell(kind, count, longest) for (kind, count), longest in told)
    return tag("tr", tag("th", began, scope="row"), *cells, tag("td", str(one.runs)))


def _cell(kind: str, count: int | None, most: int) -> Html:
    return tag("td") if count is None else tag("td", str(count), bar([(kind, count)], most))


def _measured(one: Point) -> dict[str, int | None]:
    return dict(zip(_KINDS, (one.drifted, one.corrected, one.failed), strict=True))
