"""The topics of `raidctl help` say what the code's own tables say, and each command has its own."""

import re
from collections.abc import Mapping

import pytest

from raidctl.cli import reference
from raidctl.core.plan.holds import HOLDS
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ExitCode
from raidctl.present.history.rows import EXIT_WORDS
from raidctl.present.text.untold import WHY_WORDS
from raidctl.present.text.words import OUTCOME_WORDS, REASON_WORDS
from tests.readme.test_readme import TOPICS

ROW = re.compile(r"^\| `?(\w+)`? \| (.+?) \| (.+) \|$", re.MULTILINE)


def rows(text: str) -> list[tuple[str, str]]:
    """What stands in the first two columns of a topic's tables."""
    return [
        (word, shown)
        for word, shown, _ in ROW.findall(text)
        if not shown.startswith(("shown as", "in `history`"))
    ]


def told(words: Mapping[Reason, str] | Mapping[Outcome, str]) -> dict[str, str]:
    return {one.value: text for one, text in words.items()}


def test_the_reasons_are_those_of_the_code_in_its_words() -> None:
    writes, _, holds = TOPICS["reasons"].partition("Reasons of holds")
    assert dict(rows(writes)) | dict(rows(holds)) == told(REASON_WORDS)
    assert [word for word, _ in rows(holds)] == [reason.value for reason in HOLDS]
    assert [word for word, _ in rows(writes + holds)] == list(
        dict.fromkeys(word for word, _ in rows(writes + holds))
    )


def test_the_outcomes_are_those_of_the_code_in_its_words() -> None:
    assert rows(TOPICS["outcomes"]) == list(told(OUTCOME_WORDS).items())
    categories = TOPICS["outcomes"].partition("categories")[2]
    assert re.findall(r"`(\w+)`", categories) == [category.value for category in Category]


def test_why_histories_do_not_tell_is_said_in_the_words_of_the_code() -> None:
    assert dict(rows(TOPICS["baseline"])) == {why.value: said for why, said in WHY_WORDS.items()}


def test_the_exit_codes_are_those_of_the_code_in_its_words() -> None:
    found = [(int(code), shown) for code, shown in rows(TOPICS["exit-codes"]) if code.isdigit()]
    assert found == list(EXIT_WORDS.items())
    assert {code for code, _ in found} == set(ExitCode)


@pytest.mark.parametrize("command", reference.commands())
def test_every_command_has_its_topic_and_every_option_a_word(command: str) -> None:
    page = reference.page(command.split())
    assert page.startswith(f"# raidctl {command}\n")
    assert command.replace(" ", "-") in TOPICS
    options = page.partition("## Options")[2]
    assert re.findall(r"^- `[^`]+`: *$", options, re.MULTILINE) == []
    assert f"raidctl {command}" in options


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_has_a_title_and_lines_that_a_terminal_holds(name: str) -> None:
    title, empty, *lines = TOPICS[name].splitlines()
    assert title.startswith("# ")
    assert empty == ""
    assert [line for line in lines if line.startswith("# ")] == []
    assert [line for line in lines if len(line) > 110 and not line.startswith("|")] == []
