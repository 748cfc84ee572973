"""Hypothesis strategies of hostile reports: everything a title, a name or a message can hold."""

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st

from raidctl.core.model import UNREADABLE, Field, Pair, Readable, Side, SyncDirection
from raidctl.core.plan.item import (
    INCIDENT,
    ISSUE_FIELD,
    ISSUE_STATUS,
    Change,
    Hold,
    Subject,
)
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread, summarised
from raidctl.errors import Category

steady = settings(max_examples=50)
"""For whole reports: fewer examples, each of them big, and no clock on a busy machine."""

_PIECES = [
    # controls and escape sequences: colour, title, hyperlink, clear screen, C1 forms of them
    *("\x1b[31m", "\x1b]0;owned\x07", "\x1b]8;;http://evil\x1b\\", "\x1bc", "\x1b[2J", "\x9b31m"),
    *("\x00", "\x07", "\x08", "\t", "\r", "\n", "\r\n", "\v", "\f", "\x1c", "\x7f", "\x85", "\x9d"),
    # what nobody sees: bidi, zero width, separators, tags, ignorables, noncharacters, surrogates
    *("\u202e", "\u2066", "\u2069", "\u200f", "\u061c", "\u200b", "\u200d", "\ufeff", "\xad"),
    *("\u2028", "\u2029", "\U000e0041", "\u3164", "\u034f", "\ufe0f", "\ufffe", "\ue000"),
    *("\U0001ffff", "\ud83d", "\udea8", "\u2800", "\xa0", "\u3000"),
    # what people really write
    *("é", "e\u0301", "ñ", "日本語", "🚒", "👩‍🚒", "❤️", "👍🏽", "🇫🇷", "1️⃣", "שלום", "مرحبا", "…"),
    *("e" + "\u0301" * 20, "👩" + "\u200d👩" * 12),
    # rich, Markdown, HTML, mentions, links
    *("[bold red]", "[/]", "[/bold]", "[link=http://evil]x[/link]", ":smile:", "[@click=x]"),
    *("|", "\\", "\\|", "`", "``", "*", "_", "~~", "#", "# ", "> ", "- ", "1. ", "![x](http://e)"),
    *("<b>", "<!--", "</td>", "&amp;", "&#10;", "<http://evil>", "@everyone", "#1", "$x$", "\\x1b"),
    *("http://evil.example/", "www.evil.example", "a@b.example", "[x]: http://evil"),
    # formulas
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\t=1",
        " =1",
        "'",
        '"',
        ",",
        ";",
    ),
    *("a", "b c", "word ", "in progress", "x" * 90, "\n\n\n"),
]
texts = st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=8).map("".join)
long_texts = st.builds(
    lambda piece, times, rest: piece * times + rest,
    st.sampled_from(["word ", "🚒", "日", "e\u0301", "\n", "\x1b[31m", "\u202e", "x"]),
    st.sampled_from([60, 200, 700]),
    texts,
)
values: st.SearchStrategy[str | int | None] = (
    st.none() | texts | long_texts | st.integers(min_value=-(10**18), max_value=10**18)
)
readables: st.SearchStrategy[Readable] = values | st.just(UNREADABLE)
urls = st.one_of(
    texts,
    st.sampled_from(["https://impact.example.com/incident/12/", "https://h/?a&copy;=1&amp;b", ""]),
    st.builds("https://impact.example.com/{}".format, texts),
    st.builds("https://{}/x".format, texts),
)
directions = st.sampled_from(
    [None, SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT],
)
_ids = st.integers(min_value=0, max_value=10**12)

subjects = st.builds(
    Subject,
    incident=_ids,
    incident_url=urls,
    title=texts | long_texts,
    private=st.sampled_from([None, False, True]),
    issue=st.none() | st.sampled_from(["INC-1", "INC-2"]) | texts,
    issue_id=st.none() | _ids,
    issue_url=st.none() | urls,
)
pairs = st.builds(Pair, readables, readables)
_details = st.none() | texts | long_texts
holds = st.builds(
    Hold,
    subject=subjects,
    field=st.none() | st.sampled_from(Field),
    pair=pairs,
    direction=directions,
    reason=st.sampled_from(Reason),
    to=values,
    detail=_details,
)
changes = st.builds(
    Change,
    subject=subjects,
    target=st.sampled_from([ISSUE_FIELD, ISSUE_STATUS, INCIDENT]),
    field=st.none() | st.sampled_from(Field),
    direction=st.sampled_from([SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT]),
    pair=pairs,
    to=values,
    reason=st.sampled_from(Reason),
    detail=_details,
)
items = holds | changes
unreads = st.builds(
    Unread,
    system=st.sampled_from(Side),
    what=texts,
    why=texts | long_texts,
    category=st.sampled_from([category.value for category in Category]),
)
_instants = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - Hypothesis wants bounds without a zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A report of any shape: what belongs together by the plan's rules may contradict itself."""
    found = tuple(draw(st.lists(items, max_size=4)))
    unread = tuple(draw(st.lists(unreads, max_size=2)))
    lost = draw(st.integers(0, 50)) if unread else 0
    requests = {side: draw(st.integers(0, 999)) for side in Side}
    links = len(found) + lost + draw(st.integers(0, 999))
    return Report(
        command=draw(st.sampled_from(["diff", "reconcile", "apply", "undo"])),
        run=draw(st.none() | texts),
        direction=draw(directions),
        started_at=draw(_instants),
        finished_at=draw(_instants),
        plan=f"sha256:{draw(st.integers(0, 2**256 - 1)):064x}",
        summary=summarised(found, links, lost, requests),
        items=found,
        unread=unread,
        notes=tuple(draw(st.lists(texts, max_size=2))),
    )
