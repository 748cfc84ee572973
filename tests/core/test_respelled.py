"""What JIRA's editor respells in a text that nobody changed: no drift, and nothing that travels."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.drift import Comparison
from raidctl.core.mapping.normal import normal, split_tail, tail_marker, unspelled
from raidctl.core.mapping.respelled import as_typed
from raidctl.core.mapping.texts import DescriptionRelation, TitleRelation
from raidctl.core.model import Field, Side
from tests.core.strategies import BLOCK, MARKERS, texts

RELATION = DescriptionRelation(MARKERS)
RESPELLED = [
    ("see https://a.test/x?y=1", "see [https://a.test/x?y=1|https://a.test/x?y=1|smart-link]"),
    ("see https://a.test/x", "see [https://a.test/x|https://a.test/x|smart-card]"),
    ("see https://a.test/x", "see [https://a.test/x|https://a.test/x]"),
    ("the [runbook|https://a.test]", "the [runbook|https://a.test|smart-link]"),
    ("it is black", "{color:#172b4d}it is {color}black"),
    ("it is red", "it is {color:red}red{color}"),
    ("[FR] orders_of {x} *now*", r"\[FR\] orders\_of \{x\} \*now\*"),
    ("🧯 put out", ":fire_extinguisher: put out"),
    ("down 🔥 (✅)", "down :fire: (:white_check_mark:)"),
    ("down ⚠️ again", "down :warning: again"),
    (
        "all of https://a.test 🔥",
        r"{color:#172b4d}all of [https://a.test|https://a.test|smart-link] :fire:{color}",
    ),
    ("{color:red}x{color}", r"\{color:red\}x\{color\}"),
]
AS_THEY_ARE = [
    "redis:key:12 at 10:20:30",
    "one :sun: day, :no_such_emoji:",
    r"\\server\share \\[",
    "[runbook|https://a.test]",
    "a | b | smart-link",
    r"{code:python}re.match(r'\[x\]'){code}",
    r"{noformat}\[x\] {color:red}{noformat}",
    r"{code}\[never closed",
]


@pytest.mark.parametrize(("typed", "saved"), RESPELLED)
def test_what_was_respelled_alone_agrees_and_travels_as_it_was_typed(
    typed: str, saved: str
) -> None:
    found = Comparison(Field.DESCRIPTION, typed, saved, RELATION)
    assert normal(typed) != normal(saved)
    assert (found.jira_is_image, found.impact_is_image) == (True, True)
    travels = RELATION.to_impact(f"{saved}\nAnd more.", typed).value
    assert unspelled(str(travels)) == unspelled(f"{typed}\nAnd more.")
    assert as_typed(str(travels)) == travels


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_what_people_write_travels_as_it_is(text: str) -> None:
    assert RELATION.to_impact(text, "").value == text


def test_code_ends_where_it_ends() -> None:
    assert as_typed(r"\[a\]{code}\[b\]{code}\[c\]") == r"[a]{code}\[b\]{code}[c]"
    assert as_typed(r"{code}{noformat}\[a\]{code}\[b\]") == r"{code}{noformat}\[a\]{code}[b]"


def test_a_summary_is_no_wiki_text() -> None:
    assert TitleRelation().to_impact(r"\[FR\] :fire:").value == r"\[FR\] :fire:"
    assert not TitleRelation().same(Side.JIRA, "[FR]", r"\[FR\]")


@pytest.mark.parametrize(
    "block",
    [
        f":fire_extinguisher:{BLOCK[1:]}",
        f"{{color:#172b4d}}{BLOCK}{{color}}",
        f"{{color:#172b4d}}:fire_extinguisher:{BLOCK[1:]}{{color}}",
        BLOCK.replace("🧯", "🧯\ufe0f"),
        r" \*Additional Information\* " + "\nseller: x",
    ],
)
def test_a_block_whose_head_was_respelled_stays_in_jira(block: str) -> None:
    """Once the whole block was written to Impact."""
    saved = f"It is broken.\n\n{block}"
    assert split_tail(saved, MARKERS) == ("It is broken.\n\n", block)
    assert tail_marker(saved, MARKERS) in MARKERS
    travels = RELATION.to_impact(saved.replace("broken", "mended"), "It is broken.").value
    assert str(travels).strip() == "It is mended."
    assert RELATION.to_jira("It is mended.", saved).value == f"It is mended.\n\n{block}"
    assert RELATION.same(Side.JIRA, "It is broken.", saved)


def test_what_is_nothing_but_respelling_is_empty() -> None:
    assert RELATION.empty("{color:#172b4d} {color}\n")
    assert not RELATION.empty("{color:#172b4d}x{color}")


_SHREDS = [
    *("\\", "[", "]", "{", "}", "{color", ":red}", "{color}", "|", "smart-link", "https://a"),
    *(":", "fire", ":fire:", "{code}", "{noformat}", "\n", " ", "\u0301", "\ufe0f", "e"),
]
shreds = st.lists(st.sampled_from(_SHREDS), max_size=30).map("".join) | texts


@given(shreds)
def test_to_take_it_back_twice_changes_nothing(text: str) -> None:
    assert as_typed(as_typed(text)) == as_typed(text)
    assert unspelled(unspelled(text)) == unspelled(text)


@given(shreds, shreds)
def test_what_agreed_without_it_agrees_with_it(left: str, right: str) -> None:
    if normal(left) == normal(right):
        assert unspelled(left) == unspelled(right)


HOSTILE = [
    *("\u0301" * 128_000, "a\u0301\u0316" * 64_000, "\u0344" * 64_000),
    "a" + "\u0316\u0301" * 64_000,
    *("{color" * 50_000, "\\[" * 64_000, "[a|" * 64_000, ":a" * 64_000, "{code}" * 30_000),
    "{c" * 30_000 + "{color}" + "olor}" * 30_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:8]))
def test_no_text_takes_long(text: str) -> None:
    """Composing 128,000 combining marks took over a minute, with the lock held."""
    began = process_time()
    assert RELATION.same(Side.JIRA, f"{text}x", text) is False
    assert normal(normal(text)) == normal(text)
    assert process_time() - began < 5
