"""Every format, hostile reports: never raises, never emits what a terminal obeys."""

import re
import subprocess
import sys
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.model import Pair, plain
from raidctl.core.report import Report
from raidctl.present.format import Format
from raidctl.present.report.render import render
from tests.present.believable import ITEMS, UNREAD, report
from tests.present.strategies import reports, steady

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
widths = st.sampled_from([0, 1, 40, 60, 79, 80, 110, 200]) | st.integers(0, 300)
_STYLING = re.compile("\x1b\\[[0-9;]*m|\x1b]8;;[!-~]*\x1b\\\\")
_JOINED_EMOJI = re.compile("(?<=[^ -~])\u200d(?=[^ -~])")


def harmful(text: str) -> set[str]:
    """What a terminal might obey or a reader not see, line ends aside."""
    plain = _JOINED_EMOJI.sub("", text).replace("\n", "")
    return {character for character in plain if unicodedata.category(character) in HARMFUL}


@steady
@given(report=reports(), width=widths)
def test_no_format_raises_or_emits_a_control_character(report: Report, width: int) -> None:
    for form in Format:
        text = render(report, form, width=width)
        assert not harmful(text), form
        assert text == "" or text.endswith("\n")
        text.encode()


@steady
@given(report=reports(), width=widths)
def test_styles_are_the_only_escape_sequences_and_change_no_word(
    report: Report, width: int
) -> None:
    plain = render(report, "table", width=width)
    styled = render(report, "table", width=width, colour=True, hyperlinks=True)
    bare = [line.rstrip(" ") for line in _STYLING.sub("", styled).split("\n")]
    assert bare == plain.split("\n")


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize(
    "environ", [{}, {"NO_COLOR": "1", "COLUMNS": "40"}, {"FORCE_COLOR": "1", "TERM": "dumb"}]
)
def test_the_same_report_is_the_same_text_wherever_it_is_made(
    environ: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = render(report(), "table", width=100, colour=colour, hyperlinks=colour)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert render(report(), "table", width=100, colour=colour, hyperlinks=colour) == before


@pytest.mark.parametrize("form", Format)
def test_markup_in_a_title_is_shown_as_it_is_written(form: str) -> None:
    title = "[bold red]boom[/] :fire: [link=http://evil]x[/link]"
    hostile = tuple(
        replace(i, pair=Pair(title, plain(i.pair.jira)), to=None, detail=None) for i in ITEMS[:1]
    )
    text = render(report(hostile), form, width=300)
    shown = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), text)
    assert title in shown.replace("http:\u200b//", "http://")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="pdf"):
        render(report(), "pdf")


@pytest.mark.parametrize("form", ["table", "markdown", "html"])
def test_a_run_that_could_not_read_everything_never_says_in_sync(form: str) -> None:
    for items in ((), ITEMS, ITEMS[-2:]):
        assert "in sync" in render(report(items), form)
        assert "in sync" not in render(report(items, unread=(UNREAD,)), form)


def test_formats_for_programs_do_without_rich() -> None:
    program = (
        "import sys; import tests.present.believable as b\n"
        "from raidctl.present.report.render import render\n"
        "for form in ('json', 'jsonl', 'csv', 'markdown', 'html'): render(b.report(), form)\n"
        "sys.exit('rich' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
