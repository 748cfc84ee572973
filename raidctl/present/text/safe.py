"""Text from outside, made visible and harmless: for a terminal, a file, a link."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import quote

# One emoji as people type it: bases (with skin tone and variation selector) joined by U+200D.
# Only here are the joiner and the selectors harmless; a longer chain is nobody's emoji.
_BASE = (
    r"[©®‼⁉™ℹ\u2190-\u21ff\u2300-\u27bf⤴⤵\u2b00-\u2bff〰〽㊗㊙\U0001f000-\U0001faff]"
    r"[\U0001f3fb-\U0001f3ff]?[\ufe0e\ufe0f]?"
)
_EMOJI = rf"{_BASE}(?:\u200d{_BASE}){{0,7}}|[0-9#*]\ufe0f\u20e3"
_EMOJI_OR_ODD = re.compile(rf"{_EMOJI}|\r\n|[^ -~]")
_ACCENTS = r"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{0,8}"
_UNIT = re.compile(rf"{_EMOJI}|.{_ACCENTS}", re.DOTALL)
_WORD = re.compile(rf"(?:{_EMOJI}|(?:(?!{_EMOJI})\w{_ACCENTS})+|.{_ACCENTS})\s*", re.DOTALL)
# Texts of these alone, as nearly all are, have units of one character and one column.
_SIMPLE = re.compile("[\u0000-\u02ff\u2010-\u2027→⏎]*")

_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Seen by nobody, though their category says otherwise: the rest of Unicode's
# Default_Ignorable_Code_Point (DerivedCoreProperties.txt), and the noncharacters.
_UNSEEN = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    r"\ufdd0-\ufdef\U000e0000-\U000e0fff]"
)
_NAMED = {"\t": r"\t", "\r": r"\r"}

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?P<port>:\d{1,5})?(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL | re.ASCII,
)
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URL_LIMIT = 2_000  # terminals give up on longer hyperlinks (OSC 8 in VTE: 2,083 bytes)


def visible(text: str) -> str:
    r"""The text on one line, with nothing in it that a terminal obeys or a reader cannot see.

    A line break becomes `⏎`. Controls (C0, C1, DEL), format characters (bidi controls, zero
    width, tags), line and paragraph separators, lone surrogates, private and ignorable
    characters become escapes such as `\x1b` and `\u202e`. Accents and emoji stay. Applied
    twice it changes nothing more; the result can always be encoded as UTF-8.
    """
    if text.isascii() and text.isprintable():  # as nearly always
        return text
    return _EMOJI_OR_ODD.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    found = match[0]
    if found in {"\n", "\r\n"}:
        return "⏎"
    return escape(found) if len(found) == 1 and unseen(found) else found


@lru_cache(maxsize=4096)
def unseen(character: str) -> bool:
    """Whether one character must not be shown as it is."""
    return (
        unicodedata.category(character) in _UNSEEN_CATEGORIES
        or _UNSEEN.match(character) is not None
        or ord(character) & 0xFFFE == 0xFFFE
    )


def escape(character: str) -> str:
    r"""One character as people know it from source code: `\t`, `\x1b`, `\u202e`, `\U000e0001`."""
    number = ord(character)
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return _NAMED.get(character, f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")


def units(text: str) -> list[str]:
    """The text in the pieces that must not be cut apart: emoji, letters with their accents."""
    return list(text) if _SIMPLE.fullmatch(text) else _UNIT.findall(text)


def words(text: str) -> list[str]:
    """The text in words and signs, each with the blanks behind it."""
    return _WORD.findall(text)


def cells(unit: str) -> int:
    """Columns of a terminal that one of `units` takes: 1 or 2."""
    wide = unicodedata.east_asian_width(unit[0]) in {"W", "F"} or "\ufe0f" in unit
    return 2 if wide else 1


def width_of(text: str) -> int:
    """Columns of a terminal that a whole text takes."""
    return len(text) if _SIMPLE.fullmatch(text) else sum(map(cells, units(text)))


def clip(text: str, width: int) -> str:
    """At most `width` columns of a text, `…` for what is cut off."""
    if width_of(text) <= width:
        return text
    return "".join(_filling(units(text), width - 1)) + "…"


def _filling(pieces: list[str], width: int) -> Iterator[str]:
    for piece in pieces:
        width -= cells(piece)
        if width < 0:
            return
        yield piece


def safe_url(url: str | None) -> str | None:
    """The address fit for a terminal's hyperlink or a Markdown link, or None where it is not.

    Only http and https, no user name or password, a plain host; whatever is odd in the rest
    is percent-encoded.
    """
    parts = _URL.fullmatch(url or "")
    if parts is None:
        return None
    rest = quote(
        _LONE_PERCENT.sub("%25", parts["rest"] or ""),
        safe="/?#%:@!$&'*+,;=~",
        errors="surrogatepass",
    )
    plain = f"{parts['scheme'].lower()}://{parts['host'].lower()}{parts['port'] or ''}{rest}"
    return plain if len(plain) <= _URL_LIMIT else None
