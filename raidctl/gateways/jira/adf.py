"""Atlassian's document format, which API v3 gives and takes instead of text."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

Node = Mapping[str, Any]

_BULLETS = {"bulletList": "*", "orderedList": "#"}
_FRAMES = {"codeBlock": ("{code}\n", "\n{code}"), "blockquote": ("{quote}", "{quote}")}
_TITLED = frozenset({"expand", "nestedExpand"})
_WRAPPERS = {
    "strong": ("*", "*"),
    "em": ("_", "_"),
    "strike": ("-", "-"),
    "underline": ("+", "+"),
    "code": ("{{", "}}"),
}
_INLINE = frozenset(
    {"text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date", "placeholder"}
)


def adf_text(document: Node) -> str:
    """The text of a document, none of it lost; unknown nodes show the text they hold."""
    return _blocks(_children(document), "")


def adf_document(text: str) -> Node:
    """A document that says the text as it stands: empty lines part paragraphs, others break."""
    lines = groupby(text.splitlines(), lambda line: bool(line.strip()))
    paragraphs = [_paragraph(block) for filled, block in lines if filled]
    return {"type": "doc", "version": 1, "content": paragraphs}


def adf_over(old: Node, text: str) -> Node:
    """The text as a document in which the last blocks of `old` stay as they are, where it ends so.

    So a link, an image or a panel of the tail that FireFighter and people left is carried whole.
    """
    kept: list[Node] = []
    rest = text
    for block in reversed(_children(old)):
        below = _blocks([block, *kept], "")
        if text != below and not text.endswith(f"\n\n{below}"):
            break
        kept.insert(0, block)
        rest = text[: len(text) - len(below)]
    return {"type": "doc", "version": 1, "content": [*_children(adf_document(rest)), *kept]}


def formatted(document: Node) -> tuple[tuple[int, int], ...]:
    """Where, in its text, blocks stand that hold more than their text, from and to."""
    spans, start = [], 0
    for block in _children(document):
        if shown := _block(block, ""):
            if not _plain(block):
                spans.append((start, start + len(shown)))
            start += len(shown) + 2  # the empty line after it
    return tuple(spans)


def _plain(block: Node) -> bool:
    """Whether its text says it all."""
    return block.get("type") == "paragraph" and all(
        child.get("type") in ("text", "hardBreak", "emoji") and not child.get("marks")
        for child in _children(block)
    )


def _paragraph(lines: Iterable[str]) -> Node:
    content: list[Node] = []
    for line in lines:
        content += [{"type": "hardBreak"}, {"type": "text", "text": line}]
    return {"type": "paragraph", "content": content[1:]}


def _blocks(nodes: Iterable[Node], bullets: str) -> str:
    shown = [_block(node, bullets) for node in nodes]
    return ("\n" if bullets else "\n\n").join(text for text in shown if text)


def _block(node: Node, bullets: str) -> str:
    kind, children = str(node.get("type")), _children(node)
    if kind in _BULLETS:
        deeper = bullets + _BULLETS[kind]
        return "\n".join(_item(item, deeper) for item in children)
    if kind == "rule":
        return "----"
    inline = not children or any(child.get("type") in _INLINE for child in children)
    text = _inline(node) if inline else _blocks(children, bullets)
    if kind == "heading":
        return f"h{(node.get('attrs') or {}).get('level', 1)}. {text}"
    before, after = _FRAMES.get(kind, ("", ""))
    if kind in _TITLED and (title := (node.get("attrs") or {}).get("title")):
        before = f"{title}\n\n"
    return f"{before}{text}{after}"


def _item(item: Node, bullets: str) -> str:
    """An item with its bullet; a list within it stands below, one level deeper."""
    text = _blocks(_children(item), bullets)
    nested = [child.get("type") in _BULLETS for child in _children(item)]
    return text if nested and nested[0] else f"{bullets} {text}"


def _inline(node: Node) -> str:
    attrs = node.get("attrs") or {}
    match node.get("type"):
        case "text":
            return _marked(str(node.get("text", "")), node.get("marks") or ())
        case "hardBreak":
            return "\n"
        case "date":
            return _day(attrs.get("timestamp"))
        case "mention" if not attrs.get("text"):
            return f"[~accountid:{attrs.get('id')}]"  # as version 2 spells it
        case _:
            own = attrs.get("text") or attrs.get("shortName") or attrs.get("url") or ""
            return str(own) + "".join(_inline(child) for child in _children(node))


def _day(timestamp: object) -> str:
    """A day as ISO 8601 has it, of milliseconds since 1970; what are none as they stand."""
    try:
        return datetime.fromtimestamp(int(str(timestamp)) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return str(timestamp)


def _marked(text: str, marks: Iterable[Node]) -> str:
    for mark in marks:
        href = (mark.get("attrs") or {}).get("href")
        before, after = _WRAPPERS.get(str(mark.get("type")), ("", ""))
        text = f"[{text}|{href}]" if href and href != text else f"{before}{text}{after}"
    return text


def _children(node: Node) -> list[Node]:
    return list(node.get("content") or ())
