"""The history in every format: what it tells, and that hostile texts stay texts."""

import csv
import io
import json
import re
import subprocess
import sys
import time
import unicodedata
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from rich.cells import cell_len

from raidctl.core.model import UNREADABLE, Field, Readable, SyncDirection
from raidctl.core.writes.log import Run, Write
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ExitCode
from raidctl.present.format import Format
from raidctl.present.history.render import RUN_COLUMNS, WRITE_COLUMNS, render_history
from raidctl.present.history.rows import (
    EXIT_WORDS,
    NO_RUNS,
    NO_WRITES,
    History,
    Pages,
    end_words,
    exit_words,
    outcome_words,
    took,
)
from raidctl.present.text.words import OUTCOME_WORDS
from tests.present.markup import parsed
from tests.present.strategies import long_texts, readables, steady, texts, urls
from tests.present.test_render import harmful
from tests.schemas import schema, validator

SCHEMA, VALIDATOR = schema("history"), validator("history")
STARTED = datetime(2026, 11, 22, 21, 0, 3, tzinfo=UTC)
CET = timezone(timedelta(hours=1), "CET")
TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
PLAN = "sha256:" + "0123456789abcdef" * 4
FIRST, SECOND = "20261122T210003Z-7f3a", "20261122T220003Z-0b1c"
RUN = Run(
    FIRST,
    "reconcile",
    STARTED,
    77,
    TO_JIRA,
    STARTED + timedelta(seconds=2.1),
    4,
    PLAN,
    ((Outcome.APPLIED, 5), (Outcome.NO_EFFECT, 1)),
    3,
)
DIED = Run(SECOND, "apply", STARTED + timedelta(hours=1), 78)
CAUSE = (
    "Since 20:41 the checkout answers 502 for every card payment in France and Spain. Paypal is "
    "not concerned. Orders are kept and can be replayed. The payment provider {} and we wait."
)
APPLIED = Write(
    1,
    FIRST,
    STARTED,
    12,
    "INC-12",
    10012,
    Field.STATUS,
    TO_JIRA,
    "MITIGATED",
    "In Progress",
    "Resolved",
    "Resolved",
    Outcome.APPLIED,
    None,
    None,
)
REFUSED = replace(
    APPLIED,
    field=Field.DESCRIPTION,
    old=CAUSE.format("denies it"),
    new=CAUSE.format("has confirmed it"),
    read_back=None,
    outcome=Outcome.REFUSED,
    category="permission",
    detail="JIRA says: you may not edit this field",
)
LOST = replace(
    APPLIED,
    run=SECOND,
    field=Field.TITLE,
    old=None,
    new="A title",
    read_back=UNREADABLE,
    outcome=None,
)
STALE = replace(
    APPLIED,
    incident=13,
    issue="INC-13",
    issue_id=10013,
    field=Field.PRIORITY,
    direction=TO_IMPACT,
    old=3,
    new=2,
    read_back=1,
    outcome=Outcome.STALE,
    category="conflict",
)
WRITES = (APPLIED, REFUSED, STALE, LOST)
RUNS, WHOLE = History((DIED, RUN)), History((DIED, RUN), WRITES)

_categories = st.none() | st.sampled_from([category.value for category in Category])
_times = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
_directions = st.sampled_from([TO_JIRA, TO_IMPACT])
_outcomes = st.dictionaries(st.sampled_from(Outcome), st.integers(1, 10**6))
runs = st.builds(
    Run,
    id=texts,
    command=texts,
    started_at=_times,
    pid=st.just(1),
    direction=st.none() | _directions,
    finished_at=st.none() | _times,
    exit_code=st.none() | st.sampled_from([0, 4, 130, 99]),
    plan=st.none() | texts,
    outcomes=_outcomes.map(lambda found: tuple(found.items())),
    held=st.integers(0, 10**6),
)
writes = st.builds(
    Write,
    run=texts,
    at=_times,
    incident=st.integers(0, 10**12),
    issue=texts | long_texts,
    issue_id=st.integers(0, 10**12),
    field=st.sampled_from(Field),
    direction=_directions,
    old=readables | urls,
    new=readables,
    read_back=readables,
    outcome=st.none() | st.sampled_from(Outcome),
    category=_categories,
    detail=st.none() | texts | long_texts,
)
histories = st.builds(
    History,
    runs=st.lists(runs, max_size=3),
    writes=st.none() | st.lists(writes, max_size=3),
)
HOSTILE = replace(
    APPLIED,
    run="=1+1[bold]",
    issue="[red]x[/] \x1b[2J|<b>",
    old="=HYPERLINK(1)\x1b]0;owned\x07",
    new="<script>alert(1)</script> @everyone \u202e|x|\r\n+1",
    outcome=Outcome.FAILED,
    detail="-1 [link=file:///etc/passwd]x[/link] `rm` \x9b31m",
)


def table(history: History, width: int = 80, *, colour: bool = False) -> str:
    return render_history(history, Format.TABLE, width=width, colour=colour, zone=CET)


def rows(history: History) -> list[list[str]]:
    return list(csv.reader(io.StringIO(render_history(history, Format.CSV)), strict=True))


# The table


def test_the_table_of_runs_at_80_columns() -> None:
    assert table(RUNS) == (
        "Run                    Started               Command    Exit\n"
        "20261122T220003Z-0b1c  2026-11-22 23:00 CET  apply      did not finish\n"
        "20261122T210003Z-7f3a  2026-11-22 22:00 CET  reconcile  4 incomplete, 2.1 s\n"
        "  5 applied, 1 no effect, 3 held; Impact → JIRA\n"
    )


@pytest.mark.parametrize("form", [Format.TABLE, Format.MARKDOWN, Format.HTML])
def test_a_run_that_is_neither_a_success_nor_a_failure_says_so(form: Format) -> None:
    said = [
        "not counted" in render_history(History((replace(RUN, counts=counts),)), form)
        for counts in (True, False)
    ]
    assert said == [False, True]
    assert end_words(replace(RUN, counts=False)) == "4 incomplete, not counted"
    assert end_words(replace(DIED, counts=False)) == "did not finish"


def test_a_page_leads_to_both_systems_where_their_addresses_are_known() -> None:
    pages = Pages("https://impact/{}".format, "https://jira/{}".format)
    known = parsed(render_history(replace(WHOLE, pages=pages), Format.HTML))
    assert [one.attributes["href"] for one in known.all("a")[:2]] == [
        "https://impact/12",
        "https://jira/INC-12",
    ]
    assert parsed(render_history(WHOLE, Format.HTML)).all("a") == []


def test_a_page_has_all_of_both_values() -> None:
    long = "word " * 400
    write = replace(REFUSED, old=f"{long}one", new=f"{long}two")
    page = parsed(
        render_history(History((), (write, replace(APPLIED, new="x" * 500))), Format.HTML)
    )
    assert [one.text for one in page.all("mark")][:2] == ["one", "two"]
    assert "All that differs" in page.text
    assert "x" * 500 in page.text


def test_a_wide_table_has_the_outcomes_beside_the_runs() -> None:
    assert table(RUNS, 130).splitlines()[0].endswith("  Exit                 Outcome")
    assert table(RUNS, 130).endswith(
        "\n20261122T210003Z-7f3a  2026-11-22 22:00 CET  reconcile  4 incomplete, 2.1 s  "
        "5 applied, 1 no effect, 3 held; Impact → JIRA\n"
    )


def test_the_table_of_writes_at_80_columns() -> None:
    assert table(replace(WHOLE, runs=())) == (
        "Incident 12 · INC-12\n"
        "  2026-11-22 22:00:03 CET  status       Impact → JIRA  In Progress -> Resolved\n"
        "    applied · 20261122T210003Z-7f3a\n"
        "  2026-11-22 22:00:03 CET  description  Impact → JIRA\n"
        "    from  …the checkout answers 502 for every card payment in France and Spain.\n"
        "          Paypal is not concerned. Orders are kept and can be replayed. The\n"
        "          payment provider «denies» it and we wait.\n"
        "    to    …the checkout answers 502 for every card payment in France and Spain.\n"
        "          Paypal is not concerned. Orders are kept and can be replayed. The\n"
        "          payment provider «has confirmed» it and we wait.\n"
        "    refused (permission): JIRA says: you may not edit this field ·\n"
        "    20261122T210003Z-7f3a\n"
        "  2026-11-22 22:00:03 CET  title        Impact → JIRA  (empty) -> A title\n"
        "    unknown yet: the next run reads first · 20261122T220003Z-0b1c\n"
        "Incident 13 · INC-13\n"
        "  2026-11-22 22:00:03 CET  priority     JIRA → Impact  P3 -> P2\n"
        "    stale, skipped (conflict); read back: P1 · 20261122T210003Z-7f3a\n"
    )


def test_the_writes_of_one_run_do_not_repeat_its_name() -> None:
    text = table(History((RUN,), (APPLIED, STALE)))
    assert text.count(FIRST) == 1
    assert text.endswith(
        "3 held; Impact → JIRA\n\nIncident 12 · INC-12\n"
        "  2026-11-22 22:00:03 CET  status       Impact → JIRA  In Progress -> Resolved\n"
        "    applied\n"
        "Incident 13 · INC-13\n"
        "  2026-11-22 22:00:03 CET  priority     JIRA → Impact  P3 -> P2\n"
        "    stale, skipped (conflict); read back: P1\n"
    )


def test_values_that_do_not_fit_beside_the_rest_stand_below_it() -> None:
    for new, beside in (("x" * 10, True), ("x" * 11, False)):
        text = table(History((), (replace(APPLIED, new=new),)))
        assert (f"Impact → JIRA  In Progress -> {new}\n" in text) is beside
        assert (f"    from  In Progress\n    to    {new}\n" in text) is not beside


def test_a_word_longer_than_the_line_is_shown_whole() -> None:
    text = table(History((), (replace(APPLIED, new="x" * 150),)), 80)
    assert text.count("x") == 150


def test_of_long_texts_the_part_that_differs_is_shown() -> None:
    long = "word " * 400
    text = table(History((), (replace(REFUSED, old=f"{long}one", new=f"{long}two"),)))
    assert "word «one»\n" in text
    assert "word «two»\n" in text
    assert len(text.splitlines()) < 12


@pytest.mark.parametrize("form", [Format.TABLE, Format.MARKDOWN])
def test_what_is_not_there_is_told_in_one_line(form: Format) -> None:
    assert render_history(History(()), form) == f"{NO_RUNS}\n"
    assert render_history(History((), ()), form) == f"{NO_WRITES}\n"
    assert render_history(History((RUN,), ()), form).endswith(f"\n\n{NO_WRITES}\n")


def test_colour_is_there_where_it_is_wanted_alone() -> None:
    colours = table(WHOLE, colour=True)
    assert "\x1b[32mapplied" in colours
    assert "\x1b[31mrefused" in colours
    assert "\x1b" not in table(WHOLE)
    assert re.sub("\x1b\\[[0-9;]*m| +(?=\x1b\\[0m\n)", "", colours) == table(WHOLE)


@steady
@given(history=histories, width=st.sampled_from([0, 40, 60, 80, 130]) | st.integers(0, 300))
@example(history=History((), (HOSTILE,)), width=80)
def test_no_line_is_wider_than_the_terminal(history: History, width: int) -> None:
    text = table(history, width)
    assert max(map(cell_len, text.split("\n"))) <= max(width, 40)


def test_what_looks_like_markup_is_shown_as_it_is() -> None:
    text = table(History((), (HOSTILE,)), 300)
    assert r"[red]x[/] \x1b[2J|<b>" in text
    assert "[link=file:///etc/passwd]x[/link]" in text
    assert r"=HYPERLINK(1)\x1b]0;owned\x07 -> <script>alert(1)</script>" in text


def test_times_are_this_machines_unless_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Kolkata")
        time.tzset()
        text = render_history(History((RUN,)), Format.TABLE)
    time.tzset()
    assert "2026-11-23 02:30 IST" in text


# Words


def test_every_exit_code_has_a_word_of_its_own() -> None:
    assert set(EXIT_WORDS) == set(ExitCode)
    assert len(set(EXIT_WORDS.values())) == len(ExitCode)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (59.4, "59.4 s"), (61, "1 min 1 s"), (7262, "2 h 1 min"), (-5, "0.0 s")],
)
def test_how_long_a_run_took(seconds: float, words: str) -> None:
    assert took(replace(RUN, finished_at=STARTED + timedelta(seconds=seconds))) == words


@pytest.mark.parametrize(
    ("code", "words"), [(0, "0 ok"), (130, "130 interrupted"), (99, "99"), (None, "ended")]
)
def test_how_a_run_ended(code: int | None, words: str) -> None:
    assert exit_words(replace(RUN, exit_code=code)) == words


@pytest.mark.parametrize("form", Format)
def test_why_a_run_ended_is_told_harmlessly(form: Format) -> None:
    why = "JIRA at https://jira: HTTP 401 \x1b[31m(no); mend jira.token"
    text = render_history(History((replace(RUN, exit_code=7, why=why),)), form)

    assert "mend jira.token" in " ".join(text.split()).replace("jira&#46;", "jira.")
    assert "\x1b" not in text


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_in_words(outcome: Outcome) -> None:
    write = replace(APPLIED, outcome=outcome, category="conflict", detail="a\nb")
    assert outcome_words(write) == f"{OUTCOME_WORDS[outcome]} (conflict): a⏎b"


@pytest.mark.parametrize("found", [None, UNREADABLE, "In Progress", "Resolved"])
def test_what_was_read_back_is_told_where_it_is_neither_old_nor_new(found: Readable) -> None:
    write = replace(APPLIED, outcome=Outcome.FAILED)
    assert outcome_words(replace(write, read_back=found)) == "failed"
    assert outcome_words(replace(write, read_back="Open")) == "failed; read back: Open"


# JSON


def test_the_schema_is_one_and_its_closed_sets_are_those_of_the_code() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    run, write = (SCHEMA["$defs"][name] for name in ("run", "write"))
    outcomes = [outcome.value for outcome in Outcome]
    assert list(run["properties"]["outcomes"]["properties"]) == outcomes
    assert write["properties"]["outcome"]["enum"] == [*outcomes, None]
    assert write["properties"]["field"]["enum"] == [field.value for field in Field]
    categories = [category.value for category in Category]
    assert write["properties"]["category"]["enum"] == [*categories, None]
    assert run["required"] == list(run["properties"]) == list(RUN_COLUMNS)
    assert write["required"] == list(write["properties"]) == list(WRITE_COLUMNS)
    known = [field.name for field in fields(Write)]
    assert [name for name in known if name in WRITE_COLUMNS] == list(WRITE_COLUMNS)


def test_the_document_is_as_the_design_shows_it() -> None:
    document = json.loads(render_history(History((DIED, RUN), (REFUSED, LOST)), Format.JSON))
    none = dict.fromkeys((outcome.value for outcome in Outcome), 0)
    assert document == {
        "schema": "raidctl.history/1",
        "runs": [
            {
                "id": SECOND,
                "command": "apply",
                "started_at": "2026-11-22T22:00:03Z",
                "finished_at": None,
                "exit_code": None,
                "direction": "auto",
                "plan": None,
                "outcomes": none,
                "held": 0,
                "why": None,
                "counts": True,
            },
            {
                "id": FIRST,
                "command": "reconcile",
                "started_at": "2026-11-22T21:00:03Z",
                "finished_at": "2026-11-22T21:00:05Z",
                "exit_code": 4,
                "direction": "impact_to_jira",
                "plan": PLAN,
                "outcomes": {**none, "applied": 5, "no_effect": 1},
                "held": 3,
                "why": None,
                "counts": True,
            },
        ],
        "writes": [
            {
                "run": FIRST,
                "at": "2026-11-22T21:00:03Z",
                "incident": 12,
                "issue": "INC-12",
                "issue_id": "10012",
                "field": "description",
                "direction": "impact_to_jira",
                "old": REFUSED.old,
                "new": REFUSED.new,
                "read_back": None,
                "outcome": "refused",
                "category": "permission",
                "detail": "JIRA says: you may not edit this field",
            },
            {
                "run": SECOND,
                "at": "2026-11-22T21:00:03Z",
                "incident": 12,
                "issue": "INC-12",
                "issue_id": "10012",
                "field": "title",
                "direction": "impact_to_jira",
                "old": None,
                "new": "A title",
                "read_back": None,
                "outcome": None,
                "category": None,
                "detail": None,
            },
        ],
    }


def test_without_a_run_or_a_target_there_is_no_key_for_writes() -> None:
    assert list(json.loads(render_history(RUNS, Format.JSON))) == ["schema", "runs"]
    assert json.loads(render_history(History((), ()), Format.JSON))["writes"] == []


@steady
@given(history=histories)
def test_any_history_is_valid_and_carries_the_exact_values(history: History) -> None:
    document = json.loads(render_history(history, Format.JSON))
    VALIDATOR.validate(document)
    for written, found in zip(document.get("writes", []), history.writes or [], strict=True):
        for name in ("run", "issue", "old", "new", "read_back", "detail"):
            value = getattr(found, name)
            # two halves of a surrogate pair become one character
            exact = json.loads(json.dumps(None if value is UNREADABLE else value))
            assert written[name] == exact
    lines = render_history(history, Format.JSONL).splitlines()
    assert [json.loads(line) for line in lines] == document.get("writes", document["runs"])


@pytest.mark.parametrize("record", ["runs", "writes"])
def test_the_schema_misses_what_is_missing_and_takes_nothing_more(record: str) -> None:
    document = json.loads(render_history(WHOLE, Format.JSON))
    assert VALIDATOR.is_valid(document)
    for name, value in list(document[record][0].items()):
        del document[record][0][name]
        assert not VALIDATOR.is_valid(document), name
        document[record][0][name] = value
        assert VALIDATOR.is_valid(document)
    document[record][0]["more"] = 1
    assert not VALIDATOR.is_valid(document)


# CSV and Markdown


def test_the_csv_of_runs_and_of_writes() -> None:
    assert rows(RUNS) == [
        list(RUN_COLUMNS),
        [SECOND, "apply", "2026-11-22T22:00:03Z", "", "", "auto", "", "", "0", "", "yes"],
        [
            *(FIRST, "reconcile", "2026-11-22T21:00:03Z", "2026-11-22T21:00:05Z", "4"),
            *("impact_to_jira", PLAN, "5 applied, 1 no effect", "3", "", "yes"),
        ],
    ]
    assert rows(History((RUN,), (STALE, LOST))) == [
        list(WRITE_COLUMNS),
        [
            *(FIRST, "2026-11-22T21:00:03Z", "13", "INC-13", "10013", "priority"),
            *("jira_to_impact", "3", "2", "1", "stale", "conflict", ""),
        ],
        [
            *(SECOND, "2026-11-22T21:00:03Z", "12", "INC-12", "10012", "title"),
            *("impact_to_jira", "", "A title", "", "", "", ""),
        ],
    ]
    assert rows(History((), ())) == [list(WRITE_COLUMNS)]


@steady
@given(history=histories)
@example(history=History((), (HOSTILE,)))
def test_every_record_is_a_line_and_no_cell_is_a_formula(history: History) -> None:
    text = render_history(history, Format.CSV)
    records = history.runs if history.writes is None else history.writes
    assert len(text.splitlines()) == len(rows(history)) == len(records) + 1
    for row in rows(history)[1:]:
        for text in row:
            first = unicodedata.normalize("NFKC", text.strip()[:1])
            assert first not in {"=", "+", "-", "@", "−"} or re.fullmatch(r"-\d+", text)


def test_the_markdown() -> None:
    history = History((RUN,), (APPLIED, replace(STALE, detail="a|b @team")))
    assert render_history(history, Format.MARKDOWN) == (
        "| Run | Started | Command | Took | Exit | Outcome |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| 20261122T210003Z-7f3a | 2026-11-22 21:00:03 UTC | reconcile | 2.1 s | 4 incomplete "
        "| 5 applied, 1 no effect, 3 held; Impact → JIRA |\n"
        "\n"
        "| Time | Incident | Issue | Field | Direction | Old | New | Outcome | Run |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| 2026-11-22 21:00:03 UTC | 12 | INC-12 | status | Impact → JIRA | In Progress "
        "| Resolved | applied | 20261122T210003Z-7f3a |\n"
        "| 2026-11-22 21:00:03 UTC | 13 | INC-13 | priority | JIRA → Impact | P3 | P2 "
        "| stale, skipped (conflict): a&#124;b &#64;&#8203;team; read back: P1 "
        "| 20261122T210003Z-7f3a |\n"
    )


@steady
@given(history=histories)
@example(history=History((), (HOSTILE,)))
def test_markdown_of_any_history_is_tables_of_text(history: History) -> None:
    parsed = (
        MarkdownIt("commonmark")
        .enable(["table", "strikethrough"])
        .parse(render_history(history, Format.MARKDOWN))
    )
    found = [inner for token in parsed for inner in (token, *(token.children or ()))]
    kinds = {token.type for token in found}
    tables = {"table_open", "thead_open", "tbody_open", "tr_open", "th_open", "td_open"}
    closed = {kind.replace("_open", "_close") for kind in tables}
    plain = {"inline", "text", "text_special", "paragraph_open", "paragraph_close"}
    assert kinds <= {*tables, *closed, *plain}
    cells = 6 * len(history.runs) + 9 * len(history.writes or ())
    assert sum(token.type == "td_open" for token in found) == cells


# Every format


@steady
@given(history=histories)
@example(history=History((), (HOSTILE,)))
def test_no_format_emits_what_a_terminal_obeys(history: History) -> None:
    for form in Format:
        text = render_history(history, form)
        assert not harmful(text), form
        assert text == "" or text.endswith("\n")
        text.encode()


@pytest.mark.parametrize("form", [form for form in Format if form is not Format.TABLE])
def test_rich_is_loaded_for_the_table_alone(form: Format) -> None:
    script = (
        "import sys\nfrom raidctl.present.format import Format\n"
        "from raidctl.present.history.render import render_history\n"
        "from raidctl.present.history.rows import History\n"
        f"render_history(History((), None), Format({form.value!r}))\n"
        "render_history(History(()), Format.TABLE)\n"
        "print('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "False\n"
