"""What backfill needs of JIRA: issues made, led back from, found again, and given files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from raidctl.core.backfill.attachment import Attachment
from raidctl.core.backfill.backlink import RemoteLink
from raidctl.core.backfill.new_issue import CreationScreen, NewIssue


@dataclass(frozen=True, slots=True)
class IssueName:
    """An issue by its number, which never changes, and its key of now."""

    id: int
    key: str


@dataclass(frozen=True, slots=True)
class Sought:
    """An issue that somebody may have made for an incident: by its summary, and when.

    Both times are by our clock, and belong to it. JIRA's search knows minutes alone; what it finds
    beside them is left out.
    """

    summary: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """An issue as a search shows it; `created` is by our clock.

    `incident` is the global id in its property, None where there is none; `reporter` an account.
    """

    issue: IssueName
    summary: str
    reporter: str | None
    created: datetime
    incident: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to attach: `size` bytes of `stream`, from its beginning; it can be sought."""

    name: str
    content_type: str
    size: int
    stream: BinaryIO


class IssueAdmin(Protocol):
    """Makes issues and what hangs on them, for several threads at once.

    Writes are never repeated where they may have acted: `LostAnswerError` says that nobody knows,
    `ServiceError` that it did not act (category `permission` for 403, `not_found` for 404,
    `validation` for 400), each with one line for the user.
    """

    def screen(self, project: str, issue_type: str) -> CreationScreen:
        """What such an issue's creation takes and demands.

        Raises `ServiceError` where the project is not there or archived, has no such type, or the
        token's user may not create or link issues in it.
        """
        ...

    def spelled(self, issue: NewIssue) -> Mapping[str, object]:
        """Its fields as they are sent, by JIRA's id, for `CreationScreen.objections`; no request.

        Empty ones, project and type are not among them.
        """
        ...

    def create(self, issue: NewIssue) -> IssueName:
        """Create the issue, with its properties, in one request.

        Raises `FieldsRefusedError` where JIRA names the fields it does not take; there is none
        then.
        """
        ...

    def put_remote_link(self, issue: int, link: RemoteLink) -> None:
        """Add the link; one of the same global id is replaced whole."""
        ...

    def remote_links(self, issue: int) -> Sequence[RemoteLink]:
        """The links of an issue that have a global id."""
        ...

    def read_property(self, issue: int, key: str) -> object:
        """The value of an entity property; None where there is none."""
        ...

    def set_property(self, issue: int, key: str, value: Mapping[str, object]) -> None:
        """Set an entity property, whatever it was. Raises `ServiceError` for one of over 32 kB."""
        ...

    def backlinks(self, issue: int) -> frozenset[str]:
        """The global ids that an issue carries, in its property and in its remote links."""
        ...

    def linked(self, global_ids: Sequence[str]) -> Mapping[str, Sequence[IssueName]]:
        """The issues that carry a remote link of one of these ids, hundreds a request.

        By search: an issue made a moment ago may be missing yet. Those that the token may not see
        are.
        """
        ...

    def look_alikes(
        self, project: str, issue_type: str, sought: Sequence[Sought]
    ) -> Sequence[Sequence[Seen]]:
        """Of each the issues of such a type with that summary, made in that time, oldest first.

        By search, as `linked`; a request carries many.
        """
        ...

    def made_by_us(
        self, project: str, issue_type: str, since: datetime, known: Collection[str]
    ) -> Iterator[Seen]:
        """The issues of a type that this very user has created since then, and whose they say.

        By search, page by page. Those whose keys are `known` are left out: where a search does not
        show whose an issue is (Data Center), each of the others is asked by itself.
        """
        ...

    def of_type(self, project: str, issue_type: str) -> Iterator[Seen]:
        """All issues of a type, page by page; `incident` is None where a page cannot carry it."""
        ...

    def attachment_limit(self) -> int:
        """How many bytes a file may have. Raises `ServiceError` where JIRA takes no files."""
        ...

    def attachments(self, issue: int) -> Sequence[Attachment]:
        """The files of an issue."""
        ...

    def attach(self, issue: int, upload: Upload) -> Attachment:
        """Upload a file, streamed.

        Raises `ServiceError` for one that JIRA finds too large, or that was not `size` bytes long.
        """
        ...
