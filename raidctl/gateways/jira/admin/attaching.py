"""Files of issues: what is there, and one more, streamed."""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from urllib3.fields import RequestField
from urllib3.filepost import choose_boundary

from raidctl.core.backfill.attachment import Attachment
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.http.bounds import Stream
from raidctl.gateways.http.failures import HttpError
from raidctl.gateways.jira.gateway import Gateway, instead
from raidctl.gateways.jira.transport import nonsense
from raidctl.gateways.malformed import MALFORMED, id_of, list_of, object_of, text_of, whole
from raidctl.ports.jira_admin import Upload

BLOCK = 64 * 1024
ANY_TYPE = "application/octet-stream"
_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(; ?charset=[\w.-]+)?", re.ASCII)


class Attaching(Gateway):
    """The part of `JiraAdmin` that attaches."""

    def attachment_limit(self) -> int:
        """As JIRA tells everybody."""
        told = self._versions.asked(
            "attachment/meta", lambda v: self._http.get(f"/rest/api/{v}/attachment/meta")
        )
        try:
            enabled, limit = object_of(told)["enabled"], whole(told["uploadLimit"])
        except MALFORMED:
            raise nonsense(self._http) from None
        if not enabled:
            seen, advice = "attachments are switched off", "switch them on in JIRA"
            raise self._error("attachment/meta", seen, advice, Category.VALIDATION)
        return limit

    def attachments(self, issue: int) -> list[Attachment]:
        """A JIRA that does not show them is no JIRA without any: then nobody knows."""
        query = {"fields": "attachment"}
        row = self._of_issue(
            "issue", lambda v: self._http.get(f"/rest/api/{v}/issue/{issue}", query)
        )
        try:
            shown = object_of(row["fields"]).get("attachment")
            if shown is not None:
                return [self._attachment(one) for one in list_of(shown)]
        except MALFORMED:
            raise nonsense(self._http) from None
        seen = "JIRA does not show what is attached to it"
        advice = "switch attachments on, and show the field in the project"
        raise self._error(f"issue/{issue}", seen, advice, Category.PERMISSION)

    def attach(self, issue: int, upload: Upload) -> Attachment:
        """As a form with one part, as browsers send it (RFC 7578)."""
        boundary = choose_boundary()
        body = self._form(issue, upload, boundary)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Atlassian-Token": "no-check",  # without which JIRA takes it for a forgery
        }
        try:
            answer = self._of_issue(
                "issue/attachments",
                lambda v: self._http.upload(_path(issue, v), body, headers),
            )
        except HttpError as error:
            if error.status == 413:
                advice = f"{upload.size} bytes are more than it takes: attach a smaller file"
                raise instead(error, advice, Category.VALIDATION) from None
            if error.category is Category.PERMISSION:
                advice = "let the user of jira.token create attachments in the project"
                raise instead(error, advice, Category.PERMISSION) from None
            raise
        try:
            (made,) = list_of(answer)
            return self._attachment(made)
        except MALFORMED:
            seen = "an answer that names no file, so nobody knows whether it was attached"
            raise LostAnswerError(nonsense(self._http, seen)) from None

    def _form(self, issue: int, upload: Upload, boundary: str) -> Stream:
        part = RequestField("file", b"", upload.name)
        kind = upload.content_type if _TYPE.fullmatch(upload.content_type) else ANY_TYPE
        part.make_multipart(content_type=kind)
        head = f"--{boundary}\r\n{part.render_headers()}".encode()
        tail = f"\r\n--{boundary}--\r\n".encode()

        def blocks() -> Iterator[bytes]:
            yield head
            yield from self._read(issue, upload)
            yield tail

        return Stream(blocks, len(head) + upload.size + len(tail))

    def _read(self, issue: int, upload: Upload) -> Iterator[bytes]:
        """The file's bytes; raises before the end of the request, so that it does not act.

        Where there is another number of them, the file was changed since it was looked at.
        """
        upload.stream.seek(0)
        left = upload.size
        for block in iter(partial(upload.stream.read, BLOCK), b""):
            left -= len(block)
            if left < 0:
                break
            yield block
        if left:
            seen = f"the file {upload.name!r} was changed while it was sent"
            path = _path(issue, 2).removeprefix("/rest/api/2/")
            raise self._error(path, seen, "attach it again", Category.VALIDATION)

    def _attachment(self, row: Mapping[str, Any]) -> Attachment:
        """Raises one of `MALFORMED`."""
        return Attachment(
            id=id_of(row["id"]),
            name=text_of(row["filename"]),
            size=whole(row["size"]),
            content_type=str(row.get("mimeType") or ANY_TYPE),
            created=self._fields.time(row["created"]) if row.get("created") else None,
        )

    def _error(self, path: str, seen: str, advice: str, category: Category) -> ServiceError:
        return self._http.failures.error(f"/rest/api/2/{path}", seen, advice, category)


def _path(issue: int, version: int) -> str:
    return f"/rest/api/{version}/issue/{issue}/attachments"
