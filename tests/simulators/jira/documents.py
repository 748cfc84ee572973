"""Version 3 of the interface: version 2 with descriptions in the document format."""

import json
import re
from dataclasses import replace
from typing import Any

from raidctl.sandbox.server import Reply, Request

_LINK = re.compile(r"((?<!\\)\[[^\[\]|]+\|[^\[\]|]+\])")


def as_version_2(request: Request) -> Request:
    """The request of version 2 that means the same; text where a document belongs is refused."""
    request = replace(request, path=request.path.replace("/api/3/", "/api/2/", 1))
    multipart = request.headers.get("content-type", "").startswith("multipart/")
    body: Any = request.json if request.body and not multipart else None
    fields = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(fields, dict) or (given := fields.get("description")) is None:
        return request
    documented = isinstance(given, dict) and given.get("type") == "doc"
    fields["description"] = from_document(given) if documented else ["no document"]
    return replace(request, body=json.dumps(body).encode())


def as_version_3(reply: Reply) -> Reply:
    """The answer with every issue's description as a document."""
    if reply.status != 200 or reply.body is None:
        return reply
    body = json.loads(reply.encoded())
    issues = body.get("issues", [body]) if isinstance(body, dict) else []
    for issue in issues:
        fields = issue.get("fields")
        if isinstance(fields, dict) and isinstance(text := fields.get("description"), str):
            fields["description"] = to_document(text)
    return replace(reply, body=body)


def to_document(text: str) -> dict[str, Any]:
    """Normalised wiki text as an Atlassian document: paragraphs, bullet lists, links."""
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
        content += [_inline(part) for part in _LINK.split(line) if part]
    return {"type": "paragraph", "content": content}


def _inline(part: str) -> dict[str, Any]:
    if _LINK.fullmatch(part):
        shown, href = part[1:-1].split("|")
        marks = [{"type": "link", "attrs": {"href": href}}]
        return {"type": "text", "text": shown, "marks": marks}
    return {"type": "text", "text": part.replace("\\[", "[")}


def from_document(node: dict[str, Any]) -> str:
    """The wiki text of an Atlassian document; unknown nodes leave only their text.

    What is no link but looks like one is escaped, as JIRA's own conversion does.
    """
    parts = [from_document(child) for child in node.get("content", ())]
    match node.get("type"):
        case "text":
            text = str(node.get("text", ""))
            hrefs = [mark["attrs"]["href"] for mark in node.get("marks", ())]
            return f"[{text}|{hrefs[0]}]" if hrefs else text.replace("[", "\\[")
        case "hardBreak":
            return "\n"
        case "bulletList":
            return "\n".join(f"* {part}" for part in parts)
        case "doc":
            return "\n\n".join(parts)
        case _:
            return "".join(parts)
