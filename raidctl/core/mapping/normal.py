"""When two texts say the same: normal forms, and the tail FireFighter adds in JIRA."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_TRAILING = re.compile(r" +(?=\n|\Z)")
_BLANK_LINES = re.compile(r"\n{2,}")


def normal(text: str) -> str:
    """The form in which two texts are compared; applying it twice changes nothing.

    Unicode NFC, one kind of line break, no trailing and no repeated blanks, no empty lines
    (JIRA's editors and formats disagree on how many part two paragraphs).
    """
    text = _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", text))
    text = _TRAILING.sub("", _BLANKS.sub(" ", text))
    return _BLANK_LINES.sub("\n", text).strip()


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
    """Where the tail begins, and with which marker."""
    wanted = _stripped(tuple(markers))
    if any(map(text.__contains__, wanted)):
        start = 0
        for line in text.splitlines(keepends=True):
            head = line.lstrip()
            if head.startswith(wanted):
                return start, next(marker for marker in wanted if head.startswith(marker))
            start += len(line)
    return len(text), None


@cache
def _stripped(markers: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(stripped for marker in markers if (stripped := marker.strip()))


def join_tail(body: str, tail: str) -> str:
    """A body with the other text's tail kept under it, an empty line between them."""
    return f"{body.rstrip()}\n\n{tail}" if tail else body


def utf16_length(text: str) -> int:
    """The length as JIRA, a Java program, counts it: UTF-16 units."""
    return len(text) + sum(1 for character in text if character > "\uffff")
