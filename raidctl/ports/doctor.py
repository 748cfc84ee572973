"""What doctor needs of both systems and the journal's place: single questions, nothing written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from raidctl.ports.jira import IssueTracker, IssueWriter


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a system said to a token, and how to mend it."""

    seen: str
    mend: str


class ImpactSite(Protocol):
    """Impact over HTTP."""

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far its clock is ahead of ours; negative: behind; None where no answer tells."""
        ...

    def look(self) -> Refusal | None:
        """See whether FireFighter answers: its refusal of our token, None where it takes that.

        Raises `ServiceError` where it does not answer, or something else does in its place.
        """
        ...


class ImpactWebhook(Protocol):
    """FireFighter's handler of JIRA's events."""

    def knock(self) -> None:
        """Deliver a signed event without a change in it, of an issue that nobody has.

        FireFighter checks the signature and does nothing. Raises `ServiceError`.
        """
        ...


class ImpactDatabase(Protocol):
    """FireFighter's database; each raises `ServiceError`."""

    def connect(self) -> str:
        """See that a connection can be had: what it leads to, and as whom."""
        ...

    def check_tables(self) -> None:
        """See that all tables and columns are there that are read and written."""
        ...

    def missing_rights(self) -> Sequence[str]:
        """What its user lacks to read and write them, each as GRANT spells it."""
        ...


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a JIRA says of itself: `deployment` is cloud or datacenter, `site` the base of pages."""

    deployment: str
    version: str
    site: str


@dataclass(frozen=True, slots=True)
class Me:
    """The user of a token, by account and by name."""

    account: str
    name: str


@dataclass(frozen=True, slots=True)
class EditField:
    """A field that an issue's edit screen has; `allowed` is None where it takes anything."""

    id: str
    name: str
    allowed: tuple[str, ...] | None


class JiraExaminer(Protocol):
    """What JIRA tells of users and projects; each is one request, and raises `ServiceError`."""

    def me(self) -> Me:
        """Whose the token is."""
        ...

    def archived(self, project: str) -> bool:
        """Whether a project is archived; category `not_found` where there is none."""
        ...

    def permissions(self, project: str, names: Sequence[str]) -> Mapping[str, bool] | None:
        """Which of these permissions the user has there; None where JIRA does not tell."""
        ...

    def workflows(self, project: str) -> Mapping[str, Sequence[str]]:
        """The statuses that issues of each type of a project can have."""
        ...

    def creatable(self, project: str) -> Collection[str]:
        """The issue types that the user may create there."""
        ...

    def edit_screen(self, issue: int) -> Sequence[EditField] | None:
        """What can be edited of an issue; None where that is nothing, for a reason JIRA keeps."""
        ...

    def priorities(self) -> Sequence[str]:
        """The names of all priorities of the site."""
        ...


@dataclass(frozen=True, slots=True)
class JiraSite:
    """JIRA, once it is known whether it is a Cloud; through one client."""

    tracker: IssueTracker
    writer: IssueWriter
    examiner: JiraExaminer


class JiraDoor(Protocol):
    """The way to a JIRA of which nothing is known yet. `requests` counts what it was sent."""

    @property
    def requests(self) -> int:
        """Requests sent so far, repeats included."""
        ...

    @property
    def clock_ahead(self) -> timedelta | None:
        """How far its clock is ahead of ours; negative: behind; None where no answer tells."""
        ...

    def server(self) -> ServerInfo:
        """What it says of itself. Raises `ServiceError`."""
        ...

    def opened(self, server: ServerInfo) -> JiraSite:
        """JIRA as it is to be asked."""
        ...
