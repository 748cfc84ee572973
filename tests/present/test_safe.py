"""What comes from outside is visible and harmless, and what people write stays."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.present.text.safe import cells, clip, safe_url, units, visible, width_of
from tests.present.strategies import long_texts, texts, urls

HARMFUL = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
any_text = texts | st.text(st.characters(), max_size=20)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b31m", r"\x9b31m"),
        ("a\x00b\x7fc\x85d", r"a\x00b\x7fc\x85d"),
        ("two\nlines\r\nthree\rx", r"two⏎lines⏎three\rx"),
        ("a\tb", r"a\tb"),
        ("abc\u202exe.exe", r"abc\u202exe.exe"),
        ("\u2066\u2069\u200e\u200f\u061c", r"\u2066\u2069\u200e\u200f\u061c"),
        ("zero\u200bwidth\ufeff\xad\u2060", r"zero\u200bwidth\ufeff\xad\u2060"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\ud83d", r"\ud83d"),
        ("\U000e0041\ufffe\U0010ffff\ue000", r"\U000e0041\ufffe\U0010ffff\ue000"),
        ("\u3164\u034f\ufe0f", r"\u3164\u034f\ufe0f"),
        ("a\u200db", r"a\u200db"),
    ],
)
def test_what_is_unsafe_becomes_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    ["é e\u0301 ñ ß", "日本語 שלום مرحبا", "🚒 👩‍🚒 ❤️ 👍🏽 🇫🇷 1️⃣ ⚠️", "[bold]x[/] \\ | `", "\xa0x"],
)
def test_what_people_write_stays(text: str) -> None:
    assert visible(text) == text


@given(any_text)
def test_visible_text_has_nothing_unseen_but_joined_emoji(text: str) -> None:
    shown = visible(text)
    without = re.sub("(?<=[^ -~])\u200d(?=[^ -~])", "", shown)
    assert not {c for c in without if unicodedata.category(c) in HARMFUL}
    assert visible(shown) == shown
    shown.encode()


@given(any_text | long_texts, st.integers(min_value=1, max_value=60))
def test_clip_keeps_to_the_width_and_says_so(text: str, width: int) -> None:
    cut = clip(text, width)
    assert width_of(cut) <= width
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


@given(any_text)
def test_units_are_the_text(text: str) -> None:
    assert "".join(units(text)) == text


def test_units_keep_emoji_and_accents_whole() -> None:
    assert units("e\u0301👩‍🚒x") == ["e\u0301", "👩‍🚒", "x"]


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://impact.example.com/incident/12/", "https://impact.example.com/incident/12/"),
        ("HTTP://Impact:8080/a?b=1&c=%20#d", "http://impact:8080/a?b=1&c=%20#d"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://h/a b)(|<>\"'\\`[]", "https://h/a%20b%29%28%7C%3C%3E%22'%5C%60%5B%5D"),
        ("https://h/\x1b]8;;\n\u202eé", "https://h/%1B%5D8;;%0A%E2%80%AE%C3%A9"),
        ("https://h/100%", "https://h/100%25"),
        ("https://h/\ud83d", "https://h/%ED%A0%BD"),
    ],
)
def test_a_link_is_plain_ascii(url: str, safe: str) -> None:
    assert safe_url(url) == safe


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "//h/x",
        "https://user:secret@h/",
        "https://h\n/x",
        "https://h\u202e/x",
        " https://h/",
        "https://h/" + "x" * 3000,
    ],
)
def test_what_is_no_plain_web_address_is_no_link(url: str | None) -> None:
    assert safe_url(url) is None


@given(urls)
def test_no_link_can_break_out(url: str) -> None:
    address = safe_url(url)
    assert address is None or re.fullmatch(
        r"https?://[!#$%&'*+,\-./\w:;=?@~\[\]]+", address, re.ASCII
    )


@given(text=texts | st.text("aé…→⏎\u2026\u2010\n\x00 «»\ufe0f\u0301"))
def test_a_simple_text_is_as_wide_as_its_units(text: str) -> None:
    assert width_of(text) == sum(map(cells, units(text)))
    assert "".join(units(text)) == text
