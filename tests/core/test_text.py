"""Text: normal forms are fixed points, tails stay byte for byte, lengths are those of JIRA."""

import pytest
from hypothesis import given

from raidctl.core.mapping.normal import join_tail, normal, one_line, split_tail, utf16_length
from raidctl.core.mapping.respelled import as_typed
from tests.core.strategies import BLOCK, MARKERS, long_texts, marker_sets, texts


@given(texts)
def test_normal_is_a_fixed_point(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@given(texts)
def test_one_line_is_one_line_and_a_fixed_point(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line


@given(texts, texts)
def test_normal_does_not_see_line_endings_and_outer_blanks(left: str, right: str) -> None:
    windows = f" \r\n{left}x \t\r\n\r\n\r\n\r\n{right}\u2028 "
    assert normal(windows) == normal(f"{left}x\n\n{right}")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        ("a\u2028b", "a\nb"),
        ("a  \t b", "a b"),
        ("a\xa0b", "a b"),
        ("a \nb", "a\nb"),
        ("a\n \n\t\n\n\nb", "a\nb"),
        ("\n\n a ", "a"),
        ("cafe\u0301", "café"),
        ("\u212b", "å".upper()),
    ],
)
def test_texts_that_say_the_same(left: str, right: str) -> None:
    assert normal(left) == normal(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [("a\nb", "a b"), ("a", "A"), ("ﬁ", "fi"), ("a\u200bb", "ab")],
)
def test_texts_that_do_not(left: str, right: str) -> None:
    assert normal(left) != normal(right)


@given(texts | long_texts, marker_sets)
def test_body_and_tail_are_the_text(text: str, markers: tuple[str, ...]) -> None:
    body, tail = split_tail(text, markers)
    assert body + tail == text


@given(texts, marker_sets)
def test_a_tail_begins_with_a_marker_and_no_line_of_a_body_does(
    text: str, markers: tuple[str, ...]
) -> None:
    wanted = tuple(marker.strip() for marker in markers if marker.strip())
    body, tail = split_tail(text, markers)
    heads = [as_typed(line).replace("\ufe0f", "").lstrip() for line in (tail, *body.splitlines())]
    assert not tail or heads[0].startswith(wanted)
    assert not any(head.startswith(wanted) for head in heads[1:] if wanted)


@given(texts, texts, marker_sets)
def test_joining_keeps_the_tail_byte_for_byte_and_the_body_in_substance(
    source: str, target: str, markers: tuple[str, ...]
) -> None:
    body, _ = split_tail(source, markers)
    _, tail = split_tail(target, markers)
    written = join_tail(body, tail)
    assert split_tail(written, markers)[1] == tail
    assert normal(split_tail(written, markers)[0]) == normal(body)


@pytest.mark.parametrize(
    ("text", "body", "tail"),
    [
        (f"Broken.\n\n{BLOCK}", "Broken.\n\n", BLOCK),
        ("Broken.\n *Additional Information* \nx", "Broken.\n", " *Additional Information* \nx"),
        ("Broken.\r\n\t*Additional Information*", "Broken.\r\n", "\t*Additional Information*"),
        ("see *Additional Information*", "see *Additional Information*", ""),
        (BLOCK, "", BLOCK),
        (f"a\n *Additional Information*\n{BLOCK}", "a\n", f" *Additional Information*\n{BLOCK}"),
        ("", "", ""),
    ],
)
def test_the_tail_begins_with_the_first_line_that_begins_with_a_marker(
    text: str, body: str, tail: str
) -> None:
    assert split_tail(text, MARKERS) == (body, tail)


def test_without_markers_there_is_no_tail() -> None:
    assert split_tail(BLOCK, ()) == (BLOCK, "")
    assert split_tail(BLOCK, ("", " ")) == (BLOCK, "")


def test_a_tail_stands_under_one_empty_line() -> None:
    assert join_tail("a \n\n\n", BLOCK) == f"a\n\n{BLOCK}"
    assert join_tail("a", BLOCK) == f"a\n\n{BLOCK}"


def test_a_text_without_a_tail_is_taken_as_it_is() -> None:
    assert join_tail("a \n", "") == "a \n"


@given(texts)
def test_jira_counts_utf16_units(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
