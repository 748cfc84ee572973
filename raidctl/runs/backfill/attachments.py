"""What `backfill attachments` is to make: each file that its incident's issue does not have yet."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from raidctl.core.backfill.attachment import (
    Attachment,
    Content,
    Presence,
    Remembered,
    attaching,
    free_name,
    in_words,
    name_at,
    not_attached,
    presence,
    shown,
)
from raidctl.core.backfill.making import subject_alone
from raidctl.core.model import Field, Link
from raidctl.core.plan.item import Item, Key, Subject, link_hold, pending, subject_of
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.errors import Category, FileError, LinesError, ServiceError
from raidctl.ports.files import FileSource
from raidctl.ports.jira import IssueRef
from raidctl.ports.jira_admin import IssueAdmin, Upload
from raidctl.ports.systems import Systems
from raidctl.prefetch import prefetch
from raidctl.runs.backfill.bulk import Found
from raidctl.runs.backfill.standing import standing
from raidctl.runs.reading.links import FoundLink, IncidentsInScope, LinkReader
from raidctl.runs.reading.request import Progress

_OF_ALL = frozenset({Category.AUTH, Category.NETWORK, Category.RATE_LIMIT})
"""What is wrong with JIRA as a whole, and not with one issue."""

_NAMED = 10  # files in one note
_LONGEST_TYPE = 60
UNLINKED = "the incident has no JIRA issue: raidctl backfill issues {} creates it"
HIDDEN = "its issue is gone, or hidden from the user of jira.token"


@dataclass(frozen=True, slots=True)
class Wish:
    """A file for an incident, which is named by its id or by its issue's key.

    `place` is a path or an address, `line` where it stands in a table, None where it was typed.
    """

    target: int | str
    place: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """All that was asked for; `table` is the file from which it was read, where it was."""

    files: Sequence[Wish]
    table: str = ""


@dataclass(frozen=True, slots=True)
class AttachmentRequest:
    """Which files are meant, and by which rules they are had.

    `most` is how many bytes a file may have, `limit` how many incidents get any, None for all.
    """

    wishes: Wishes
    files: FileSource
    most: int
    policy: Policy
    concurrency: int
    limit: int | None = None


Uploads = dict[Key, Upload]
"""What is ready to be attached, by its change."""


def find(
    systems: Systems,
    admin: IssueAdmin,
    request: AttachmentRequest,
    uploads: Uploads,
    progress: Progress,
) -> Found:
    """Have each file, and see whether it is there; `uploads` holds those that are not.

    Raises `LinesError` for incidents of a table that nobody has, and `ServiceError` when a system
    is out of reach or refuses the credentials.
    """
    items, alike, left = list[Item](), list[str](), request.limit
    with ThreadPoolExecutor(request.concurrency, "attachments") as pool:
        links, unread = _links(systems, request, pool)
        _refuse_unknown(request, unread)
        look = _Looking(admin, request, uploads)
        for seen in prefetch(pool, look.at, links, request.concurrency):
            items += seen.items
            alike += seen.alike
            progress(1)
            left = None if left is None else left - any(pending(seen.items))
            if left is not None and left <= 0:
                break
    return Found(tuple(items), len(links), unread=tuple(unread), notes=tuple(_notes(alike)))


def _links(
    systems: Systems, request: AttachmentRequest, pool: ThreadPoolExecutor
) -> tuple[Sequence[FoundLink], Sequence[Unread]]:
    """The incidents that were named, by their ids, with their issues, and what was not read."""
    targets = {wish.target for wish in request.wishes.files}
    scope = Scope(
        frozenset(one for one in targets if isinstance(one, int)),
        frozenset(one for one in targets if isinstance(one, str)),
    )
    incidents = IncidentsInScope(systems.source, scope)
    reader = LinkReader(systems.tracker, systems.journal, pool, request.concurrency)
    links = [one for batch in reader.links(incidents) for one in batch]
    links += [FoundLink(one, IssueRef(""), None) for one in incidents.unlinked]
    unread = (*systems.source.unread, *reader.unread, *incidents.unread)
    return sorted(links, key=lambda one: one.incident.id), unread


def _refuse_unknown(request: AttachmentRequest, unread: Sequence[Unread]) -> None:
    """Raise for a table that names what nobody has: whoever wrote it meant something else."""
    nobodys = {one.what: one.why for one in unread if one.category == Category.NOT_FOUND}
    named = ((wish.line, _named(wish.target)) for wish in request.wishes.files)
    problems = [
        f"line {line}: {what}: {nobodys[what]}"
        for line, what in named
        if line is not None and what in nobodys
    ]
    if problems:
        raise LinesError(request.wishes.table, problems)


def _named(target: int | str) -> str:
    return f"incident {target}" if isinstance(target, int) else f"issue {target}"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What there is to do at one issue; `alike` are files there that were not compared."""

    items: Sequence[Item]
    alike: Sequence[str] = ()


class _Looking:
    """Looks at issues and files, for several threads at once."""

    def __init__(self, admin: IssueAdmin, request: AttachmentRequest, uploads: Uploads) -> None:
        self._admin = admin
        self._request = request
        self._uploads = uploads
        self._places: dict[int | str, list[str]] = {}
        for wish in request.wishes.files:
            self._places.setdefault(wish.target, []).append(wish.place)
        self._most = _most(admin, request)

    def at(self, one: FoundLink) -> _Seen:
        """What of the files that one incident is to have is missing at its issue."""
        incident, issue = one.incident, one.issue
        places = dict.fromkeys(
            place
            for target in (incident.id, (incident.issue_key or "").upper())
            for place in self._places.get(target, ())
        )
        if issue is None:
            why = UNLINKED.format(incident.id) if incident.issue_key is None else HIDDEN
            return _none(subject_alone(incident), places, Category.NOT_FOUND, why)
        link = Link(incident, issue)
        subject = subject_of(link)
        if (reason := self._hold(link, one.ref)) is not None:
            return _Seen([link_hold(subject, reason)])
        if isinstance(self._most, ServiceError):
            return _none(subject, places, self._most.category, _told(self._most))
        try:
            there, known = standing(self._admin, issue.id)
        except ServiceError as error:
            if error.category in _OF_ALL:
                raise
            return _none(subject, places, error.category, _told(error))
        files = _Files(subject, there, known, self._request.files, self._most, self._uploads)
        for place in places:
            files.look_at(place)
        return _Seen(files.items, files.alike)

    def _hold(self, link: Link, expected: IssueRef) -> Reason | None:
        """Why nothing is attached, whatever was asked for."""
        if expected.id is not None and expected.id != link.issue.id:
            return Reason.RELINKED
        if link.incident.downgraded:
            return Reason.DOWNGRADED
        private = self._request.policy.keeps_private(link.incident, Field.DESCRIPTION)
        return Reason.PRIVATE if private else None


class _Files:
    """The files for one issue, which `items` tells of as they are looked at."""

    def __init__(
        self,
        subject: Subject,
        there: Sequence[Attachment],
        known: Sequence[Remembered],
        source: FileSource,
        most: int,
        uploads: Uploads,
    ) -> None:
        self.items: list[Item] = []
        self.alike: list[str] = []
        self._subject = subject
        self._there = there
        self._known = known
        self._source = source
        self._most = most
        self._uploads = uploads
        self._names = [one.name for one in there]
        self._planned = set[tuple[str, Content]]()

    def look_at(self, place: str) -> None:
        """Have the file, and make it ready where it is missing."""
        name, where = name_at(place), shown(place)
        try:
            with self._source.had(place, name, self._most) as had:
                found = presence(name, had.content, self._there, self._known)
                if found is Presence.ALIKE:
                    self.alike.append(f"{self._subject.issue} {name}")
                elif found is Presence.MISSING and (name, had.content) not in self._planned:
                    self._planned.add((name, had.content))
                    free = free_name(name, had.content, self._names)
                    self._names.append(free)
                    kind = had.content_type.partition(";")[0].strip()[:_LONGEST_TYPE]
                    said = f"{in_words(had.content.size)} of {kind} from {where}"
                    change = attaching(self._subject, free, had.content, said)
                    stream = had.keep()
                    upload = Upload(free, had.content_type, had.content.size, stream)
                    self._uploads[change.key] = upload
                    self.items.append(change)
        except FileError as error:
            why = f"{where}: {error.seen}; {error.advice}"
            self.items.append(not_attached(self._subject, name, error.category, why))


def _most(admin: IssueAdmin, request: AttachmentRequest) -> int | ServiceError:
    """How many bytes a file may have, by JIRA as well; why it takes none."""
    try:
        return min(request.most, admin.attachment_limit())
    except ServiceError as error:
        if error.category in _OF_ALL:
            raise
        return error


def _none(subject: Subject, places: dict[str, None], category: str, why: str) -> _Seen:
    """None of its files can be attached."""
    return _Seen([not_attached(subject, name_at(place), category, why) for place in places])


def _told(error: ServiceError) -> str:
    return f"{error.seen}; {error.advice}"


def _notes(alike: Sequence[str]) -> Iterator[str]:
    if alike:
        more = f" and {len(alike) - _NAMED} more" if len(alike) > _NAMED else ""
        yield (
            "Taken for there by name and size, since JIRA tells of no hash and raidctl remembers "
            f"none: {', '.join(alike[:_NAMED])}{more}."
        )
