"""The reference's Markdown as a manual page, in the macros of man(7)."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from markdown_it import MarkdownIt
from markdown_it.token import Token

_SIGNS = {ord("\\"): r"\(rs", ord("-"): r"\-", ord("`"): r"\(ga", ord("'"): r"\(aq"}
_NAME = "find and repair drift between incidents in Impact (FireFighter) and their JIRA issues"


def manual(text: str, version: str) -> str:
    """The page raidctl(1): a section for each title of the text."""
    head = [
        f'.TH RAIDCTL 1 "" "raidctl {version}" "User Commands"',
        *(".ad l", ".nh"),  # nothing torn apart or hyphenated: much of it is there to be copied
        *(".SH NAME", rf"raidctl \- {_NAME}", ".SH SYNOPSIS"),
        r"\fBraidctl\fR \fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]",
    ]
    tokens = iter(MarkdownIt("commonmark").enable("table").parse(text))
    return "\n".join([*head, *_blocks(tokens), ""])


def _blocks(tokens: Iterator[Token]) -> Iterator[str]:
    for token in tokens:
        match token.type:
            case "heading_open":
                yield f"{'.SH' if token.tag == 'h1' else '.SS'} {_inline(next(tokens))}"
            case "paragraph_open" if token.hidden or token.level > 0:
                pass  # of a list: it follows its mark
            case "paragraph_open":
                yield ".PP"
            case "list_item_open":
                yield r".IP \(bu 2"
            case "fence":
                yield from (".PP", ".RS 4", ".EX")
                yield from map(_line, map(_escaped, token.content.splitlines()))
                yield from (".EE", ".RE")
            case "table_open":
                yield from _table(list(takewhile(lambda one: one.type != "table_close", tokens)))
            case "inline":
                yield _line(_inline(token))


def _table(tokens: Sequence[Token]) -> Iterator[str]:
    """Each row under its first cell; what the columns are called where that says anything."""
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_inline(token))
    for first, *rest in rows[1:]:
        yield from (".TP", rf"\fB{first}\fR" if first else "", _line("; ".join(filter(None, rest))))


def _inline(token: Token) -> str:
    """One paragraph's text: code and what is strong in bold, what is stressed in italics."""
    return "".join(map(_spelled, token.children or ()))


def _spelled(token: Token) -> str:
    match token.type:
        case "code_inline":
            return rf"\fB{_escaped(token.content)}\fR"
        case "strong_open":
            return r"\fB"
        case "em_open":
            return r"\fI"
        case "strong_close" | "em_close":
            return r"\fR"
        case "softbreak" | "hardbreak":
            return " "
        case _:
            return _escaped(token.content)


def _escaped(text: str) -> str:
    """Signs that roff takes for its own, or sets as others, are what they are."""
    return text.translate(_SIGNS)


def _line(text: str) -> str:
    """A line of text: one that begins like a request is none."""
    return rf"\&{text}" if text.startswith((".", "'")) else text
