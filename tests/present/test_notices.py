"""Notices for Slack and for any URL: data stays data, and within what Slack takes."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.events.event import Event, Queued, State
from raidctl.core.model import Field, Pair
from raidctl.core.notices import Kind, Notice, grouped
from raidctl.core.plan.item import Hold, Subject
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Run
from raidctl.present.notices.document import notice_document
from raidctl.present.notices.lines import hold_lines
from raidctl.present.notices.place import Place
from raidctl.present.notices.slack import BLOCKS, HEADER, TEXT, code, slack_message
from raidctl.present.notices.words import do, headline, what
from tests.present.strategies import long_texts, steady, texts
from tests.schemas import validator

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
RUN = Run("20261123T120000Z-7f3a", "reconcile", NOW, 1, exit_code=0)
SITE = Place("impact.example.com", "cron-1", "/etc/raid ctl.toml")
HERE = Place()


def hold(number: int, reason: Reason = Reason.CONFLICT, key: str | None = None) -> Hold:
    subject = Subject(number, "https://i.test/", "secret title", issue=key or f"INC-{number}")
    return Hold(subject, Field.STATUS, Pair("OPEN", "Closed"), reason)


def event(number: int, issue: str = "INC-1") -> Queued:
    return Queued(
        number, Event(f"e{number}", "jira:issue_updated", issue=issue), State.DEAD, "w", NOW
    )


odd_holds = st.builds(
    hold,
    st.integers(0, 99),
    st.sampled_from([Reason.CONFLICT, Reason.UNMAPPED, Reason.FLAPPING, Reason.MOVED]),
    texts,
)

WELL_AGAIN = "reconcile ended well again, 2 h after it was told that its runs failed"
WELL_AGAIN += " and a safety limit stopped it (2026-11-23 12:00 UTC)"
APPROVES, LOOKS = "raidctl reconcile --approve sha256:1", "raidctl reconcile --dry-run"
USUAL = (
    Notice(Kind.FAILING, "reconcile", why="JIRA at https://j.test: HTTP 401", count=3, since=NOW),
    Notice(Kind.BLOCKED, "reconcile", why="60 links", do=APPROVES, look=LOOKS),
    *grouped([hold(1), hold(2), hold(3, Reason.FLAPPING)]),
    Notice(Kind.DEAD, events=(event(7), event(8)), why="HTTP 500", count=2),
    Notice(
        *(Kind.RECOVERED, "reconcile"),
        since=NOW,
        was=(Kind.FAILING, Kind.BLOCKED),
        at=NOW + timedelta(hours=2, minutes=9),
    ),
    Notice(Kind.TEST),
)


def test_what_is_told_is_told_as_one_would_say_it() -> None:
    assert [what(one) for one in USUAL] == [
        "reconcile failed 3 times in a row, since 2026-11-23 12:00 UTC",
        "a safety limit stops reconcile, nothing was written",
        "status held: both sides changed (2 new): incidents 1 (INC-1), 2 (INC-2)",
        "status held: written to and fro too often; quarantined (1 new): incident 3 (INC-3)",
        "2 events given up after four tries: issue INC-1",
        WELL_AGAIN,
        "this is a test: raidctl's notices arrive here",
    ]
    assert [do(one, HERE) for one in USUAL] == [
        "raidctl doctor",
        "raidctl reconcile --approve sha256:1",
        "raidctl resolve 1 2",
        "raidctl resolve 3",
        "raidctl event --dead",
        "",
        "",
    ]
    assert headline(USUAL[:4]) == (
        "reconcile fails; a safety limit stops reconcile; 1 flapping field; 2 new holds"
    )


def test_slack_gets_a_block_for_each_with_the_command_to_type() -> None:
    message: Any = slack_message(RUN, USUAL[:2], SITE)
    header, first, second, context = message["blocks"]
    assert header["text"]["text"] == "raidctl: reconcile fails; a safety limit stops reconcile"
    assert first["text"]["text"] == (
        "*reconcile failed 3 times in a row, since 2026-11-23 12:00 UTC*\n"
        "`JIRA at https://j.test: HTTP 401`\nNext: `raidctl --config '/etc/raid ctl.toml' doctor`"
    )
    assert f"First look: `{LOOKS}`\nThen, if it is right: `{APPROVES}`" in second["text"]["text"]
    assert RUN.id in context["elements"][0]["text"]
    for said in (SITE.site, SITE.host):
        assert said in context["elements"][0]["text"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "<!channel>",
            "<@U012AB3CD>",
            "<https://evil.test|click>",
            "&lt;!here&gt;",
            "<mailto:a@b>",
        ),
        *("`rm -rf`", "*bold* _it_ ~no~", "@channel @here", ":bomb:", "> quote\n- list", "a & b"),
    ],
)
def test_what_comes_from_outside_says_nothing_to_slack(text: str) -> None:
    """In `code` nothing but entities and < means anything, and there is none left of these."""
    notice = Notice(Kind.FAILING, "reconcile", why=text, count=3)
    message: Any = slack_message(RUN, [notice, *grouped([hold(1, key=text)])], SITE)
    for found in told(message):
        assert quiet(found), found
    assert text != "`rm -rf`" or "'rm -rf'" in json.dumps(message)


def test_a_key_of_the_configuration_is_told_from_a_command() -> None:
    unmapped = [
        hold(1, Reason.CLOSING),
        Hold(hold(2).subject, Field.STATUS, Pair("OPEN", "Odd"), Reason.UNMAPPED),
    ]
    told = json.dumps(slack_message(RUN, [*grouped(unmapped)], HERE))
    assert "Next: `raidctl reconcile 1 --allow-close`" in told
    assert "Next, in the configuration: `[mapping.status_to_" in told
    *_, last = "".join(hold_lines(unmapped, HERE)).splitlines()
    assert last.strip().startswith("in the configuration: [mapping.status_to_")


def test_where_several_differ_none_of_them_is_told_as_all_of_them() -> None:
    people = [
        Hold(hold(n).subject, Field.COMMANDER, Pair(f"{n}@x.test", None), Reason.UNMAPPED)
        for n in (1, 2)
    ]
    (one,) = grouped(people[:1])
    assert do(one, SITE).startswith('[users] "1@x.test"')
    (both,) = grouped(people)
    assert do(both, HERE) == "raidctl held"
    assert do(both, SITE) == "raidctl --config '/etc/raid ctl.toml' held"


def test_no_title_is_sent_anywhere() -> None:
    notices = [*grouped([hold(1)])]
    assert "secret title" not in json.dumps(slack_message(RUN, notices, SITE))
    assert "secret title" not in json.dumps(notice_document(RUN, notices, SITE, NOW))


@steady
@given(st.lists(odd_holds, min_size=1, max_size=12), texts | long_texts, texts)
def test_slack_takes_whatever_is_held(some: list[Hold], why: str, key: str) -> None:
    dead = Notice(Kind.DEAD, events=(event(1, key),), why=why, count=1)
    notices = [Notice(Kind.FAILING, "reconcile", why=why, count=3), *grouped(some), dead]
    message: Any = slack_message(RUN, notices, SITE)
    assert len(message["blocks"]) <= BLOCKS
    assert 0 < len(message["blocks"][0]["text"]["text"]) <= HEADER
    for found in told(message):
        assert 0 < len(found) <= TEXT
        assert quiet(found)
    json.dumps(message).encode()


@steady
@given(st.lists(odd_holds, min_size=1, max_size=5), texts | long_texts)
def test_the_document_is_as_its_schema_says(some: list[Hold], why: str) -> None:
    notices = [Notice(Kind.FAILING, "reconcile", why=why, count=3, since=NOW), *grouped(some)]
    document = notice_document(RUN, [*notices, *USUAL], SITE, NOW)
    validator("notice").validate(json.loads(json.dumps(document)))


def test_code_is_cut_to_its_room_escapes_included() -> None:
    assert len(code("&" * 1_000, 50)) <= 52
    assert code("&" * 3, 50) == "`&amp;&amp;&amp;`"
    assert code("  ") == "–"


def told(message: Mapping[str, Any]) -> Iterator[str]:
    """Every text that Slack reads as markup."""
    yield message["text"]
    for block in message["blocks"]:
        yield from (one["text"] for one in block.get("elements", ()))
        if block["type"] == "section":
            assert block["text"]["verbatim"] is True
            yield block["text"]["text"]


def quiet(text: str) -> bool:
    """Whether Slack finds nothing in it but what raidctl means: bold words, and code."""
    ours = (
        r"\*[\w ,;:()\[\]/.'-]+\*|Next(, in the configuration)?: |First look: |, run |, told by |–"
    )
    rest = re.sub(rf"`[^`\n]+`|{ours}", "", text)
    data = re.sub(r"&(amp|lt|gt);", "", text)
    return not set("<>&") & set(data) and not set("`*_~@:<") & set(rest.replace("raidctl:", ""))
