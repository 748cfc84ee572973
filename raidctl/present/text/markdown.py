"""GitHub-flavoured Markdown in which data stays data and a table a table."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from raidctl.present.text.safe import safe_url, visible

# GitHub turns @name into a mention and #1 into a reference after entities are decoded, where they
# begin a word: an invisible space, as an entity, is what it cannot see through.
_MENTION = re.compile(r"(?<![^\W_])([@#])(?=\w)")
_AUTOLINK = re.compile(r"(?i)\b(?:https?|ftp|mailto|xmpp):|\bwww\.")
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "\\`*_[]<>&#!~@|$"}
_MARK = "\x00"  # stands for the invisible space until everything else is escaped


def escaped(text: str) -> str:
    """One line of data as Markdown that shows it as it is."""
    plain = _MENTION.sub(rf"\1{_MARK}", visible(text).strip())
    plain = _AUTOLINK.sub(lambda match: f"{match[0]}{_MARK}", plain)
    return plain.translate(_ENTITIES).replace(_MARK, "&#8203;")


def link(text: str, url: str | None) -> str:
    """Data that leads to an address, where that is fit for a link."""
    address, label = safe_url(url), escaped(text)
    return f"[{label}]({html.escape(address)})" if address and label else label


def code(text: str) -> str:
    """Something to type."""
    return escaped(text) if "`" in text or not text else f"`{text}`"


def table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table; what stands in `rows` is Markdown already."""
    for row in (heads, ["---"] * len(heads), *rows):
        yield f"| {' | '.join(row)} |"
