"""When two texts say the same: normal forms, and the tail FireFighter adds in JIRA."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from raidctl.core.mapping.respelled import as_typed

_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_TRAILING = re.compile(r" +(?=\n|\Z)")
_BLANK_LINES = re.compile(r"\n{2,}")
_ODD_BLANKS = re.compile(r"[^\S ]|  ")  # all but one blank between two words
_WORDS = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ]*[A-Za-z0-9])?")
_VARIATION = "\ufe0f"  # asks for an emoji's colourful form; JIRA's editor drops it
_MARKS = 30  # Unicode's stream-safe format (UAX 15): more are of no language
_LONG_RUN = re.compile(r"[\u0300-\U0010ffff]{16,}")  # 16 may be of two marks each
_JOINER = "\u034f"  # combining grapheme joiner: seen by nobody, and it ends a run


@lru_cache(32)  # a link's few texts are compared again and again, in both directions
def normal(text: str) -> str:
    """The form in which two texts are compared; applying it twice changes nothing.

    Unicode NFC, one kind of line break, no trailing and no repeated blanks, no empty lines
    (JIRA's editors and formats disagree on how many part two paragraphs).
    """
    text = _composed(text)
    if _ODD_BLANKS.search(text) is None:  # one line, as most titles are
        return text.strip()
    text = _LINE_BREAK.sub("\n", text)
    text = _TRAILING.sub("", _BLANKS.sub(" ", text))
    return _BLANK_LINES.sub("\n", text).strip()


def unspelled(text: str) -> str:
    """The normal form of a text whatever JIRA's editor has made of it; twice changes nothing."""
    return normal(as_typed(normal(text).replace(_VARIATION, "")))


def _composed(text: str) -> str:
    """NFC, in a time that grows with the text alone: composing long runs of marks is quadratic."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _LONG_RUN.sub(_stream_safe, text))


def _stream_safe(run: re.Match[str]) -> str:
    """A run of other than Latin letters, with no more marks in a row than a language has."""
    parts, marks = list[str](), 0
    for character in run[0]:
        told = _marks_in(character)
        marks = marks + told if told else 0
        if marks > _MARKS:
            parts.append(_JOINER)
            marks = told
        parts.append(character)
    return "".join(parts)


@lru_cache(1024)
def _marks_in(character: str) -> int:
    """How many marks it is, taken apart: none of a letter, one or two of a mark."""
    if not unicodedata.combining(character):
        return 0
    return len(unicodedata.normalize("NFD", character))


@lru_cache(32)
def one_line(text: str) -> str:
    """The text as a JIRA summary can hold it: each line break becomes a blank."""
    return _LINE_BREAK.sub(" ", text).strip()


def split_tail(text: str, markers: Sequence[str]) -> tuple[str, str]:
    """Body and tail: the tail begins with the first line that begins with a marker.

    Blanks before the marker do not count, in the line or in the marker (facts: FireFighter
    writes ` *Additional Information* `).
    """
    start, _ = _tail(text, markers)
    return text[:start], text[start:]


def tail_marker(text: str, markers: Sequence[str]) -> str | None:
    """The marker, without blanks around it, with which the text's tail begins; None without one."""
    return _tail(text, markers)[1]


def _tail(text: str, markers: Sequence[str]) -> tuple[int, str | None]:
    return _tail_of(text, tuple(markers))


@lru_cache(16)  # one text is split for its body, for its tail, and to compare it
def _tail_of(text: str, markers: tuple[str, ...]) -> tuple[int, str | None]:
    """Where the tail begins, and with which marker, as the configuration has it.

    JIRA's editor may have respelled its line: only lines that have a marker's words are looked at.
    """
    wanted = [marker for marker in _prepared(markers) if marker.words in text]
    start = 0
    for line in text.splitlines(keepends=True) if wanted else ():
        for marker in wanted:
            if marker.words in line and _bare(line).startswith(marker.head):
                return start, marker.configured
        start += len(line)
    return len(text), None


class _Marker(NamedTuple):
    """A marker without blanks around it, the head of a line that is one, its longest words."""

    configured: str
    head: str
    words: str


@cache
def _prepared(markers: tuple[str, ...]) -> tuple[_Marker, ...]:
    stripped = [marker.strip() for marker in markers if marker.strip()]
    return tuple(
        _Marker(one, _bare(one), max(_WORDS.findall(one), key=len, default="")) for one in stripped
    )


def _bare(line: str) -> str:
    return as_typed(line).replace(_VARIATION, "").strip()


def join_tail(body: str, tail: str) -> str:
    """A body with the other text's tail kept under it, an empty line between them."""
    return f"{body.rstrip()}\n\n{tail}" if tail else body


def utf16_length(text: str) -> int:
    """The length as JIRA, a Java program, counts it: UTF-16 units."""
    return len(text) + sum(1 for character in text if character > "\uffff")
