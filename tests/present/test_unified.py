"""Long texts line by line: what differs, marked; bounded or whole; hostile text made harmless."""

import time

from hypothesis import example, given
from hypothesis import strategies as st

from raidctl.present.text.page import Screen
from raidctl.present.text.safe import visible
from raidctl.present.text.unified import LINES, unified, worth_it

NAMES = ("Impact", "JIRA")
MORE = "raidctl explain 12 --detailed"


def lines(one: str, other: str, room: int = 60, more: str | None = None) -> list[str]:
    return [line.plain for line in unified(one, other, NAMES, room, more)]


def test_what_differs_stands_line_by_line_with_its_context_and_is_marked() -> None:
    one = "\n".join(["Orders fail.", "Since 10:00", "a", "b", "c", "d", "e", "The end"])
    other = one.replace("10:00", "11:00").replace("The end", "The end\nNot yet")
    assert lines(one, other) == [
        "--- Impact",
        "+++ JIRA",
        "@@ -1,4 +1,4 @@",
        "  Orders fail.",
        "- Since 1«0»:00",
        "+ Since 1«1»:00",
        "  a",
        "  b",
        "@@ -7,2 +7,3 @@",
        "  e",
        "  The end",
        "+ Not yet",
    ]


def test_a_long_difference_is_bounded_and_says_what_shows_all_of_it() -> None:
    one, other = "\n".join(map(str, range(40))), "\n".join(f"{n}!" for n in range(40))
    short, whole = lines(one, other, more=MORE), lines(one, other)

    assert len(short) <= LINES + 3
    assert short[-1] == f"… {len(whole) - len(short) + 1} more lines: {MORE}"
    assert len(whole) == 3 + 80


def test_a_line_that_is_long_is_cut_to_what_differs_unless_all_is_asked_for() -> None:
    one = f"{'word ' * 400}here {'word ' * 400}"
    other = one.replace("here", "there")
    short, whole = lines(one, other, more=MORE), lines(one, other)

    assert all(len(line) < 200 for line in short)
    assert any("«t»here" in line for line in short)
    assert f"+ {other.replace('there', '«t»here')}".rstrip() in {line.rstrip() for line in whole}


def test_line_breaks_alone_are_no_line_that_differs() -> None:
    assert lines("a\r\nb", "a\nb")[-1] == "line by line they are the same"


@given(st.text(), st.text())
@example("", "\U0001f000\ufe0e")  # an emoji as a sign: the selector is part of it
def test_nothing_in_it_moves_a_cursor_and_both_texts_can_be_read_back(one: str, other: str) -> None:
    assert all(visible(line) == line for line in lines(one, other))
    screen = Screen(60, colour=False).printed(unified(one, other, NAMES, 60))
    assert "\x1b" not in screen


def test_texts_made_to_be_slow_are_not() -> None:
    """difflib takes the square of lines that come again and again."""
    begun = time.process_time()
    for count in (199, 499, 16_000):
        one = "\n".join("ab"[n % 2] for n in range(count))
        other = "\n".join("ba"[n % 3 % 2] for n in range(count))
        assert unified(one, other, NAMES, 60)
    assert time.process_time() - begun < 10


def test_what_fits_beside_its_label_needs_no_lines() -> None:
    assert not worth_it("short", "shorter", 60)
    assert not worth_it("a\nb", None, 60)
    assert worth_it("a\nb", "a", 60)
    assert worth_it("x" * 61, "a", 60)
