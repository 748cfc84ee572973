"""How a status is told: to people in 80 columns without colour, to programs by its schema."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from jsonschema import Draft202012Validator

from raidctl.core.events.event import QueueState
from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.core.watch.site import Held, HoldKey
from raidctl.core.watch.status import Status
from raidctl.core.watch.tally import Counted, Period
from raidctl.core.writes.log import Pause
from raidctl.present.format import Format
from raidctl.present.status.render import COLUMNS, render_status
from raidctl.present.status.rows import BARS, chart, verdict
from raidctl.present.text.safe import unseen, width_of
from tests.core.test_watch import HOUR, NOW, run, status, tallied
from tests.schemas import schema, validator

DAY = timedelta(days=1)
HOSTILE = "=1+1 [bold red]x[/] \x1b]0;owned\x07 <b>|@everyone \u202e\r\nnext"
WHY = f"JIRA at https://jira.example.com: {HOSTILE}; try again"
WAY = "impact_to_jira/status"


def full(by: Period = Period.DAY, days: int = 28) -> Status:
    """One with everything in it."""
    periods = [
        tally
        for n in range(days)
        for name in [by.of(NOW - n * (DAY if by is Period.DAY else HOUR))]
        for tally in (
            tallied(Counted.RUNS, "reconcile/0", name, 90, 3.2),
            tallied(Counted.RUNS, "backfill issues/7", name, 1, 90.0),
            tallied(Counted.LINKS, "drifted", name, 90, n % 9),
            tallied(Counted.WRITES, f"{WAY}/applied", name, 2 * n),
            tallied(Counted.WRITES, "impact_to_jira/create_issue/refused", name),
            tallied(Counted.ERRORS, "jira/network", name, 2),
            tallied(Counted.ERRORS, "raidctl/internal", name, 1),
            tallied(Counted.REQUESTS, "jira", name, 12_345),
        )
    ]
    ever = [
        tallied(Counted.LINKS, "in_sync", amount=178),
        tallied(Counted.LINKS, "drifted", amount=2),
        tallied(Counted.DRIFT, "status", amount=2),
        tallied(Counted.STREAK, "reconcile", count=2),
        replace(tallied(Counted.LOOKED, "x", amount=(NOW - HOUR).timestamp()), labels=()),
    ]
    watched = (replace(run(0.2, 7), why=WHY), run(0.5, 4), run(1))
    return status(
        *watched,
        runs=(replace(run(0.1, None), command=HOSTILE), *watched),
        since=by.began(by.of(NOW - (days - 1) * (DAY if by is Period.DAY else HOUR))),
        by=by,
        held=[Held(HoldKey(12, Field.STATUS, Reason.CONFLICT), NOW - 11 * DAY)],
        queue=QueueState(3, 2, NOW - HOUR),
        ever=ever,
        periods=sorted(periods, key=lambda one: one.since),
        paused=Pause(NOW - HOUR, NOW + HOUR, HOSTILE),
    )


def told(one: Status, form: Format = Format.TABLE, **how: int) -> str:
    return render_status(one, form, DAY, zone=UTC, **how)  # type: ignore[arg-type]


# For people


def test_the_page_tells_what_matters_first() -> None:
    page = told(full())
    lines = page.splitlines()
    assert lines[0].startswith("Paused")
    for words in (
        "Success    59 min ago (reconcile, 2026-11-23 11:31 UTC)",
        "Failures   2 in a row; the last: JIRA at https://jira.example.com",
        "178 in sync, 2 drifted, 0 unlinked, 0 not visible, 0 downgraded (1 h",
        "Held       1 (1 conflict); the oldest found 11 d ago: incident 12, status",
        "Events     3 waiting, the oldest 1 h ago; 2 dead",
        "Errors     JIRA: 56 network; raidctl: 28 internal",
        "Requests   345,660 to JIRA",
        "Writes since 2026-10-27",
        "Impact → JIRA  status        756 of 756, 100 %  756 applied",
        "Impact → JIRA  create_issue  0 of 28, 0 %       28 refused",
        "reconcile        2520             3.2 s on average       3.2 s at most",
        "Each day since 2026-10-27, in UTC",
        "Next: raidctl doctor, raidctl event --dead, raidctl held",
    ):
        assert words in page, words


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("by", [Period.DAY, Period.HOUR])
def test_it_fits_needs_no_colour_and_obeys_nobody(width: int, by: Period) -> None:
    page = told(full(by, 90), width=width)
    assert max(map(width_of, page.splitlines())) <= width
    assert [c for c in page.replace("\n", "") if unseen(c)] == []
    assert "[bold red]x[/]" in page.replace("\n", " ") or width == 40


def test_a_journal_without_runs_is_told_as_that() -> None:
    page = told(status())
    assert "Last run   none yet" in page
    assert "Held       not known: no run has looked at all links yet" in page
    assert "Each" not in page


def test_the_chart_shows_what_was_least_and_most_and_when_nothing_ran() -> None:
    quiet = status(
        periods=[
            *(tallied(Counted.RUNS, "reconcile/0", f"2026-11-23T{h}") for h in ("09", "10", "12")),
            *(
                tallied(Counted.LINKS, "drifted", f"2026-11-23T{h}", 1, amount)
                for h, amount in (("09", 0), ("10", 1), ("12", 100))
            ),
        ]
    )
    drifted, corrected, failed = chart(quiet, 60)
    assert drifted.marks == f"{BARS[0]}{BARS[1]}·{BARS[-1]}", "anything is more than nothing"
    assert drifted.words == "at most 100, now 100"
    assert corrected.marks == failed.marks == "▁▁·▁"
    assert (corrected.words, failed.words) == ("0 in all", "0 runs")


def test_the_most_is_the_most_of_a_day_and_not_what_its_last_run_left() -> None:
    day = replace(tallied(Counted.LINKS, "drifted", "2026-11-23T10", 9, 28), most=30.0)
    ran = tallied(Counted.RUNS, "reconcile/4", "2026-11-23T10")
    drifted, _, failed = chart(status(periods=[day, ran]), 60)
    assert (drifted.words, failed.words) == ("at most 30, now 28", "1 run")


def test_why_several_runs_in_a_row_ended_is_told_once() -> None:
    away = [replace(run(n, 7), why="JIRA is away") for n in (0.1, 0.2, 0.3)]
    other = replace(run(0.4, 4), why="1 of 2 changes not done")
    page = told(status(runs=[*away, other, away[0]]))
    assert page.count("JIRA is away") == 2


def test_what_has_no_room_shares_a_mark_and_nothing_is_left_out() -> None:
    drifted, corrected, _ = chart(full(Period.DAY, 400), 60)
    assert len(drifted.marks) == 58
    assert corrected.words == f"{sum(2 * n for n in range(400)):,} in all"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (status(run(0.5)), "ok: reconcile last ended well 29 min ago"),
        (
            status(run(0.5), held=[Held(HoldKey(1, None, Reason.MOVED), NOW)]),
            "ok: reconcile last ended well 29 min ago; 1 held",
        ),
        (status(), "failing: reconcile has not run over all links yet"),
        (status(run(0.5, 7)), "failing: reconcile has not ended well yet"),
        (status(run(5)), "failing: reconcile last ended well 4 h ago, longer than 1 h"),
    ],
)
def test_the_verdict_is_one_line(found: Status, words: str) -> None:
    assert verdict(found, HOUR) == words


def test_the_verdict_tells_why_the_last_failed_and_is_one_line_all_the_same() -> None:
    why = (replace(run(n, 7), why=WHY) for n in (0.1, 0.2, 0.3))
    line = verdict(status(*why, run(1)), HOUR)
    assert line.startswith("failing: 3 runs of reconcile in a row failed; the last: JIRA at")
    assert [c for c in line if unseen(c)] == []


def test_the_last_that_failed_is_told_and_not_one_that_only_had_to_wait() -> None:
    waited = replace(run(0.05, 6), why="another run is writing")
    why = (replace(run(n, 7), why="JIRA is away") for n in (0.1, 0.2, 0.3))
    assert verdict(status(waited, *why, run(1)), HOUR).endswith("; the last: JIRA is away")
    assert verdict(status(waited, run(5)), HOUR).endswith("; the last: another run is writing")


def test_never_100_percent_while_one_was_not_done() -> None:
    periods = [
        tallied(Counted.WRITES, f"{WAY}/applied", "2026-11-23T09", 9_999),
        tallied(Counted.WRITES, f"{WAY}/failed", "2026-11-23T09", 1),
    ]
    assert "9999 of 10000, 99 %" in told(status(run(0.5), periods=periods))


# For programs


def test_the_schema_is_one_and_holds() -> None:
    Draft202012Validator.check_schema(schema("status"))
    for one in (full(), status(), full(Period.HOUR, 90)):
        validator("status").validate(json.loads(told(one, Format.JSON)))


def test_the_document_is_as_the_design_has_it() -> None:
    document = json.loads(told(full(), Format.JSON))
    assert document["schema"] == "raidctl.status/1"
    assert (document["last_run"]["exit_code"], document["runs"][1]["why"]) == (None, WHY)
    assert document["last_success_at"] == "2026-11-23T11:31:00Z"
    assert document["failures_in_a_row"] == 2
    assert document["held"] == {
        "count": 1,
        "oldest_at": "2026-11-12T12:30:00Z",
        "reasons": {"conflict": 1},
    }
    assert (document["queue"]["waiting"], document["queue"]["dead"]) == (3, 2)
    rate = {"direction": "impact_to_jira", "field": "status", "outcome": "applied", "count": 756}
    assert rate in document["rates"]
    assert document["paused"]["by"] == HOSTILE
    assert document["check"]["ok"] is True


def test_the_schema_misses_what_is_missing_and_takes_nothing_more() -> None:
    document = json.loads(told(full(), Format.JSON))
    for name, value in list(document.items()):
        del document[name]
        assert not validator("status").is_valid(document), name
        document[name] = value
    assert not validator("status").is_valid({**document, "more": 1})


def test_csv_and_json_lines_hold_the_rates() -> None:
    rows = list(csv.reader(io.StringIO(told(full(), Format.CSV))))
    assert rows[0] == list(COLUMNS)
    assert ["impact_to_jira", "status", "applied", "756"] in rows
    lines = [json.loads(line) for line in told(full(), Format.JSONL).splitlines()]
    assert lines == json.loads(told(full(), Format.JSON))["rates"]


def test_a_page_tells_the_same_and_obeys_nobody() -> None:
    text = told(full(), Format.HTML)
    for words in (
        "<h1>paused until 2026-11-23T13:30:00Z by =1+1",
        ">756 of 756, 100 %</td>",
        "<strong>Held</strong>: 1",
    ):
        assert words in text, words
    assert "<b>" not in text
    assert text.count("<table") == 4
    assert "reconcile has not run over all links yet" in told(status(), Format.HTML)


@pytest.mark.parametrize("form", [Format.HTML, Format.MARKDOWN])
def test_what_is_kept_tells_when_and_not_how_long_ago(form: Format) -> None:
    """A page that is sent, or a text that is pasted into a ticket, is read later."""
    for found in (full(), status(run(0.5)), status(run(5))):
        assert " ago" not in told(found, form)
    page = told(full(), form)
    for words in ("(2026-11-23 11:30 UTC)", "the oldest found 2026-11-12 12:30 UTC"):
        assert words in page


def test_the_headline_of_a_page_is_as_true_tomorrow() -> None:
    page = told(status(run(0.5)), Format.HTML)
    assert "<h1>ok: reconcile last ended well 2026-11-23 12:01 UTC</h1>" in page


def test_markdown_keeps_data_data() -> None:
    text = told(full(), Format.MARKDOWN)
    assert "| Impact → JIRA | status | 756 of 756, 100 % | 756 applied |" in text
    assert "<b>" not in text
    assert "@everyone" not in text
