"""What hangs on the issues of the simulated JIRA: remote links, entity properties, files."""

import re
from email import message_from_bytes
from email.message import Message
from typing import Any

from raidctl.sandbox.jira.belongings import File
from raidctl.sandbox.jira.calls import Call, Handler
from raidctl.sandbox.jira.creating import checked_property
from raidctl.sandbox.jira.fields import Json
from raidctl.sandbox.jira.state import JiraState, RefusedError
from raidctl.sandbox.server import Reply

_FILENAME = re.compile(r'; filename="([^"]*)"')
_MOST_LINKS = 2_000
_LONGEST_GLOBAL_ID = 255
_LINK_PARTS = ("globalId", "application", "relationship", "object")


def _links(call: Call) -> Reply:
    state, issue = _linking(call)
    shapes = [{"id": number, **link} for number, link in state.remote_links.get(issue, {}).items()]
    if (asked := call.parameters().get("globalId")) is None:
        return Reply(200, shapes)
    for shape in shapes:
        if shape.get("globalId") == asked:
            return Reply(200, shape)
    raise RefusedError(404, f"No remote issue link could be found for globalId '{asked}'.")


def _put_link(call: Call) -> Reply:
    """A link with the global id of another is that one: what is left out of it becomes null."""
    state, issue = _linking(call)
    if not state.may_link:
        raise RefusedError(403, "You do not have permission to link issues in this project.")
    given = {part: call.body().get(part) for part in _LINK_PARTS}
    about = given["object"] if isinstance(given["object"], dict) else {}
    if missing := [name for name in ("url", "title") if not about.get(name)]:
        raise RefusedError(400, errors={name: f"'{name}' is required." for name in missing})
    if len(str(given["globalId"] or "")) > _LONGEST_GLOBAL_ID:
        raise RefusedError(400, errors={"globalId": "'globalId' is too long."})
    links = state.remote_links.setdefault(issue, {})
    same = (number for number, link in links.items() if link["globalId"] == given["globalId"])
    number = next(same, None) if given["globalId"] else None
    known, number = number is not None, number or state.next_id()
    if len(links) >= _MOST_LINKS and not known:
        raise RefusedError(400, f"An issue has {_MOST_LINKS} remote links at most.")
    links[number] = given
    where = f"{call.base}/rest/api/2/issue/{issue}/remotelink/{number}"
    return Reply(200 if known else 201, {"id": number, "self": where})


def _linking(call: Call) -> tuple[JiraState, int]:
    """The state and the number of the issue; raises where issue linking is switched off."""
    issue = call.state.require(call.name).id
    if not call.state.links_issues:
        raise RefusedError(403, "Issue linking is currently disabled.")
    return call.state, issue


def _property(call: Call) -> Reply:
    issue = call.state.require(call.name).id
    held = call.state.properties.get(issue, {})
    if call.inner not in held:
        raise RefusedError(404, f"The property with key '{call.inner}' does not exist.")
    return Reply(200, {"key": call.inner, "value": held[call.inner]})


def _set_property(call: Call) -> Reply:
    state, issue = call.state, call.state.require(call.name).id
    if not state.may_edit:
        raise RefusedError(403, "You do not have permission to edit issues in this project.")
    try:
        value = call.request.json
    except ValueError:
        raise RefusedError(400, "The property value is no JSON.") from None
    checked_property(call.inner, value)
    held = state.properties.setdefault(issue, {})
    known = call.inner in held
    held[call.inner] = value
    return Reply(200 if known else 201)


def attached(call: Call, issue: int) -> list[Json]:
    """The files of an issue, as its field shows them."""
    return [_file(call, file) for file in call.state.files.get(issue, ())]


def _file(call: Call, file: File) -> Json:
    return {
        "self": f"{call.base}/rest/api/2/attachment/{file.id}",
        "id": str(file.id),
        "filename": file.name,
        "author": call.shapes.person(call.state.person(file.author)),
        "created": call.shapes.time(file.created),
        "size": len(file.content),
        "mimeType": file.content_type,
        "content": f"{call.base}/secure/attachment/{file.id}",
    }


def _content(call: Call) -> Reply:
    """A file as it is, for whoever follows its address."""
    for files in call.state.files.values():
        for file in files:
            if str(file.id) == call.name:
                return Reply(200, file.content, file.content_type)
    raise RefusedError(404, f"The attachment with id '{call.name}' does not exist")


def _limit(call: Call) -> Reply:
    limit = call.state.upload_limit
    return Reply(200, {"enabled": limit is not None, "uploadLimit": limit or 0})


def _attach(call: Call) -> Reply:
    state, issue = call.state, call.state.require(call.name).id
    if call.request.headers.get("x-atlassian-token") != "no-check":
        return Reply(403, "XSRF check failed", "text/html")
    if state.upload_limit is None or not state.may_attach:
        raise RefusedError(403, "You do not have permission to create attachments for this issue.")
    parts = [part for part in _parts(call) if _name(part)]
    if not parts:
        raise RefusedError(400, "There is no file in the request.")
    made = [_made(state, call.account, part) for part in parts]
    if any(len(file.content) > state.upload_limit for file in made):
        raise RefusedError(413, f"The file exceeds its maximum size of {state.upload_limit} bytes.")
    state.files.setdefault(issue, []).extend(made)
    return Reply(200, [_file(call, file) for file in made])


def _parts(call: Call) -> list["Message[str, str]"]:
    kind = call.request.headers.get("content-type", "")
    head = f"Content-Type: {kind}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    payload: Any = message_from_bytes(head + call.request.body).get_payload()
    return payload if isinstance(payload, list) else []


def _name(part: "Message[str, str]") -> str:
    """The name of a file, empty where a part is none: UTF-8 as it stands (RFC 7578)."""
    raw = dict(part.raw_items()).get("Content-Disposition", "")
    found = _FILENAME.search(str(raw))
    return found[1].encode("utf-8", "surrogateescape").decode() if found else ""


def _made(state: JiraState, author: str, part: "Message[str, str]") -> File:
    content = part.get_payload(decode=True)
    body = content if isinstance(content, bytes) else b""
    return File(state.next_id(), _name(part), part.get_content_type(), body, author, state.now())


HANGING_ROUTES: dict[str, Handler] = {
    "GET issue/*/remotelink": _links,
    "POST issue/*/remotelink": _put_link,
    "GET issue/*/properties/*": _property,
    "PUT issue/*/properties/*": _set_property,
    "GET attachment/meta": _limit,
    "GET /secure/attachment/*": _content,
    "POST issue/*/attachments": _attach,
}
