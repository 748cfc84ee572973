"""What hangs on the issues of the simulated JIRA, and what the site allows of creating more."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FIREFIGHTER_FIELDS = (
    "labels",
    "customfield_10201",
    "customfield_10895",
    "customfield_10896",
    "customfield_10908",
    "customfield_10936",
    "customfield_11049",
    "customfield_12369",
)
"""What FireFighter fills in when it creates an issue, beside the fields that raidctl compares."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is attached to an issue."""

    id: int
    name: str
    content_type: str
    content: bytes
    author: str
    created: datetime


@dataclass(kw_only=True)
class Belongings:
    """Creators, entity properties, remote links and files of issues, by the issues' ids.

    `plain_fields` take any JSON. Issues cannot be created in `archived` projects; the screen for
    creations lacks `off_creation`, and wants those in `demanded` filled in, which then hold a
    default where it names one. Metadata of creations comes `metadata_cap` a page. A file may have
    `upload_limit` bytes, None where files are switched off; `links_issues`: issue linking is
    switched on.
    """

    plain_fields: tuple[str, ...] = FIREFIGHTER_FIELDS
    archived: set[str] = field(default_factory=set)
    off_creation: set[str] = field(default_factory=set)
    demanded: dict[str, Any] = field(default_factory=dict)
    may_create: bool = True
    may_edit: bool = True
    may_link: bool = True
    may_attach: bool = True
    links_issues: bool = True
    metadata_cap: int = 50
    upload_limit: int | None = 10 * 1024**2

    def __post_init__(self) -> None:
        self.creators: dict[int, str] = {}
        self.properties: dict[int, dict[str, Any]] = {}
        self.remote_links: dict[int, dict[int, dict[str, Any]]] = {}
        self.files: dict[int, list[File]] = {}
        self._hung = 20_000  # the last id of a link or a file

    def next_id(self) -> int:
        """An id for what hangs on an issue."""
        self._hung += 1
        return self._hung

    def linked_by(self, global_ids: Iterable[str]) -> set[int]:
        """The issues with a remote link of one of these ids."""
        wanted = frozenset(global_ids)
        return {
            issue
            for issue, links in self.remote_links.items()
            if any(link.get("globalId") in wanted for link in links.values())
        }
