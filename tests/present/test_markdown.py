"""The Markdown: data stays data, the table stays a table."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from raidctl.core.model import Field
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.present.report.markdown import COLUMNS
from raidctl.present.report.render import render
from raidctl.present.report.summary import counted_out
from raidctl.present.text.markdown import escaped
from raidctl.present.text.safe import safe_url, visible
from tests.present.believable import ITEMS, NOTE, TO_JIRA, UNREAD, item, report, subject
from tests.present.strategies import reports, steady, texts

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
INVISIBLE = "\u200b"


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def addresses(report: Report) -> set[str | None]:
    subjects = [found.subject for found in report.items]
    urls = [s.incident_url for s in subjects] + [s.issue_url for s in subjects]
    return {safe_url(url) for url in urls}


@steady
@given(text=texts)
def test_escaped_text_is_nothing_but_text(text: str) -> None:
    # a line of data never stands alone: something of ours is always before it
    found = list(tokens(f"x {escaped(text)}"))
    assert {token.type for token in found} <= {
        "paragraph_open", "paragraph_close", "inline", "text", "text_special"
    }  # fmt: skip
    shown = "".join(token.content for token in found if token.type.startswith("text"))
    assert shown.replace(INVISIBLE, "").strip() == f"x {visible(text).strip()}".strip()


@steady
@given(report=reports())
def test_every_row_has_every_column_and_only_our_links(report: Report) -> None:
    text = render(report, "markdown")
    rows = [i for i in report.items if not counted_out(i)]
    lines = [line for line in text.split("\n") if line.startswith("|")]
    assert len(lines) == (len(rows) + 2 if rows else 0)
    assert {line.count("|") for line in lines} <= {len(COLUMNS) + 1}
    found = list(tokens(text))
    assert sum(token.type == "td_open" for token in found) == len(rows) * len(COLUMNS)
    assert {token.attrs["href"] for token in found if token.type == "link_open"} <= {
        PARSER.normalizeLink(url) for url in addresses(report) if url
    }
    kinds = {token.type for token in found}
    assert not kinds & {"html_inline", "html_block", "image", "em_open", "heading_open", "fence"}
    assert sum(token.type == "bullet_list_open" for token in found) == 1


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a|b", "a&#124;b"),
        (
            "**a** _b_ `c` ~~d~~",
            "&#42;&#42;a&#42;&#42; &#95;b&#95; &#96;c&#96; &#126;&#126;d&#126;&#126;",
        ),
        ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
        ("ask @team or ada@example.com", "ask &#64;&#8203;team or ada&#64;example.com"),
        ("see #12 and C# ", "see &#35;&#8203;12 and C&#35;"),
        ("https://x www.x", "https:&#8203;//x www.&#8203;x"),
        ("a\nb\x1b", "a⏎b&#92;x1b"),
    ],
)
def test_escapes(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


def test_a_report() -> None:
    found = (
        *ITEMS[3:5],
        item(subject(9, "a|b"), Field.TITLE, ("x" * 300, ""), Reason.UNDONE, TO_JIRA, to=""),
        *ITEMS[-2:],
    )
    text = render(report(found, (UNREAD,), (NOTE,)), "markdown")
    assert re.sub(r"\(https://[^)]*\)", "(…)", text) == (
        "**2 of 190 links drifted.**\n"
        "\n"
        "| Incident | Issue | Field | Impact | JIRA | Verdict | Why |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
        "| [12](…) 🔒 Checkout answers 502 for card payments in France and Spain | [INC-12](…) "
        "| status | MITIGATED | In Progress | Impact → JIRA: Resolved | the run's direction "
        "decides: overrides the change made in JIRA by Grace Hopper at 2026-11-22 20:58 UTC |\n"
        "| [12](…) 🔒 | [INC-12](…) | commander | ada&#64;example.com | (empty) "
        "| Impact → JIRA: 557058:f58131cb-b67d-43c7-b30… | decided by &#91;policy&#93; |\n"
        f"| [9](…) a&#124;b | [INC-9](…) | title | {'x' * 119}… | (empty) | hold (Impact → JIRA) "
        "| a person took this write back |\n"
        "\n"
        "- 190 links: 88 agree, 2 drifted, 0 not visible, 100 not read\n"
        "- To write: 2 Impact → JIRA, 0 JIRA → Impact\n"
        "- 1 held (1 field): raidctl held\n"
        "- Requests: 1 to Impact, 4 to JIRA, in 2.1 s\n"
        "- Incidents without a JIRA issue (2): [128](…), [129](…)\n"
        "- Next: `raidctl reconcile 12`\n"
        "- Next: `raidctl resolve 9`\n"
        "- Next: `raidctl backfill issues 128 129`\n"
        "- Not read: JIRA, 100 issues, INC-200 to INC-299: JIRA at "
        "https:&#8203;//jira.example.com: 503 Service Unavailable, four times; "
        "try again later (network)\n"
        "- Note: The journal holds no baselines yet, so it cannot be known which side changed: "
        "only a person, --prefer or &#91;policy&#93; can decide.\n"
    )
