"""What JIRA does to texts: wiki markup that changes once, and the document format of v3."""

import re
from typing import Any

_DASH_BULLET = re.compile(r"^-(?= )", re.MULTILINE)
_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)


def normalised(text: str) -> str:
    """Wiki markup after one pass through the server; a second pass changes nothing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _DASH_BULLET.sub("*", _TRAILING_BLANKS.sub("", text)).rstrip("\n")


def to_document(text: str) -> dict[str, Any]:
    """Normalised wiki text as an Atlassian document: paragraphs and bullet lists."""
    blocks = [_block(block.split("\n")) for block in text.split("\n\n")]
    return {"type": "doc", "version": 1, "content": blocks}


def _block(lines: list[str]) -> dict[str, Any]:
    if all(line.startswith("* ") for line in lines):
        items = [{"type": "listItem", "content": [_paragraph([line[2:]])]} for line in lines]
        return {"type": "bulletList", "content": items}
    return _paragraph(lines)


def _paragraph(lines: list[str]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for number, line in enumerate(lines):
        if number:
            content.append({"type": "hardBreak"})
        if line:
            content.append({"type": "text", "text": line})
    return {"type": "paragraph", "content": content}


def from_document(node: dict[str, Any]) -> str:
    """The wiki text of an Atlassian document; marks and unknown nodes leave only their text."""
    parts = [from_document(child) for child in node.get("content", ())]
    match node.get("type"):
        case "text":
            return str(node.get("text", ""))
        case "hardBreak":
            return "\n"
        case "bulletList":
            return "\n".join(f"* {part}" for part in parts)
        case "doc":
            return "\n\n".join(parts)
        case _:
            return "".join(parts)
