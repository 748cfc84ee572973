"""The excerpts of two long texts: short, true, and never equal when the texts are not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from raidctl.present.text.difference import excerpt, excerpts, near
from raidctl.present.text.safe import visible, width_of
from tests.present.strategies import long_texts, texts

some = texts | long_texts
widths = st.integers(min_value=0, max_value=80)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts that share much: a common beginning and end around two middles."""
    head, tail = draw(some), draw(some)
    return head + draw(texts) + tail, head + draw(texts) + tail


@pytest.mark.parametrize(
    ("left", "right", "shown"),
    [
        ("short", "shirt", ("short", "shirt")),
        (
            "word " * 20 + "old",
            "word " * 20 + "new",
            ("…word word word old", "…word word word new"),
        ),
        (
            "old" + " word" * 20,
            "new" + " word" * 20,
            ("old word word word …", "new word word word …"),
        ),
        (
            "word " * 20 + "old" + " word" * 20,
            "word " * 20 + "new" + " word" * 20,
            ("…word old word word…", "…word new word word…"),
        ),
        ("x" * 40, "", ("x" * 19 + "…", "")),
        ("日本" * 20 + "語", "日本" * 20 + "話", ("…日本日本日本日本語", "…日本日本日本日本話")),
    ],
)
def test_the_part_that_differs_is_shown(left: str, right: str, shown: tuple[str, str]) -> None:
    assert excerpt(left, right, 20) == shown


def test_the_differing_span_is_marked() -> None:
    for part, middle in zip(
        excerpts("word " * 20 + "old" + " word" * 20, "word " * 20 + "older" + " word" * 20, 30),
        ("", "er"),
        strict=True,
    ):
        assert part.text[part.start : part.end] == middle


def test_a_letter_is_not_parted_from_its_accent() -> None:
    left, right = excerpts("caf" + "e\u0301" + "x" * 40, "caf" + "e" + "x" * 40, 20)
    assert left.text[left.start : left.end] == "e\u0301"
    assert right.text[right.start : right.end] == "e"


@given(edited() | st.tuples(some, some), widths)
def test_excerpts_of_different_texts_differ(pair: tuple[str, str], width: int) -> None:
    left, right = map(visible, pair)
    assume(left != right)
    one, other = excerpt(left, right, width)
    assert one != other
    assert max(width_of(one), width_of(other)) <= max(width, 12)


@given(edited(), widths)
def test_an_excerpt_is_a_piece_of_its_text(pair: tuple[str, str], width: int) -> None:
    for text, part in zip(pair, excerpts(*pair, width), strict=True):
        assert 0 <= part.start <= part.end <= len(part.text)
        bare = part.text
        if bare not in text:
            bare = bare.removeprefix("…") if bare.removeprefix("…") in text else bare[:-1]
        assert bare in text or bare.removeprefix("…") in text


@given(some, widths)
def test_equal_texts_have_equal_excerpts(text: str, width: int) -> None:
    one, other = excerpt(text, text, width)
    assert one == other


@given(pair=edited(), width=st.integers(min_value=12, max_value=30))
def test_what_is_near_shows_what_the_whole_shows(pair: tuple[str, str], width: int) -> None:
    left, right = (text.translate({0xFE0F: "x", 0x200D: "y"}) for text in pair)
    one, other = (text.encode("ascii", "replace").decode() for text in (left * 3, right * 3))
    assert excerpts(*near(one, other, width), width) == excerpts(one, other, width)


def test_two_long_texts_are_cut_to_what_is_near_their_difference() -> None:
    one, other = near("a" * 90_000 + "x" + "b" * 90_000, "a" * 90_000 + "yz" + "b" * 90_000, 40)
    assert len(one) + 1 == len(other) < 1_000
    assert excerpt(one, other, 20) == ("…aaaaaaaaxbbbbbbbbb…", "…aaaaaaaayzbbbbbbbb…")
