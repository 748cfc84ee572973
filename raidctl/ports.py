"""What the runs need of the outside, as protocols; `bootstrap` says what stands behind them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from raidctl.core.memory import Edit, Memory
from raidctl.core.model import Field, Incident, Issue
from raidctl.core.report import Unread
from raidctl.core.scope import Scope


class IncidentSource(Protocol):
    """Reads incidents. `requests` counts what Impact was really sent."""

    @property
    def requests(self) -> int:
        """Requests or queries sent so far, repeats included."""
        ...

    @property
    def unread(self) -> Sequence[Unread]:
        """What could not be read; complete once `incidents` is exhausted."""
        ...

    def incidents(self, scope: Scope) -> Iterator[Incident]:
        """Every incident of the scope once, in no order, read as it is asked for.

        Raises `ServiceError` where nothing can be read at all.
        """
        ...

    def accounts(self) -> Mapping[str, str]:
        """FireFighter's own table of users: e-mail (folded) to JIRA account; may be empty."""
        ...

    def edits(self, incidents: Collection[int]) -> Mapping[int, Mapping[Field, Edit]]:
        """The last change of each field by Impact's history; empty where it has none to show."""
        ...


@dataclass(frozen=True, slots=True)
class IssueRef:
    """An issue to read: its key as Impact has it, and its id where something knows it."""

    key: str
    id: int | None = None


class IssueTracker(Protocol):
    """Reads issues. `requests` counts what JIRA was really sent."""

    @property
    def requests(self) -> int:
        """Requests sent so far, repeats included."""
        ...

    @property
    def batch_size(self) -> int:
        """How many issues one request can carry."""
        ...

    def issues(self, refs: Sequence[IssueRef]) -> Sequence[Issue | None]:
        """The issues in the order asked for; None for one that is missing or forbidden.

        A moved issue comes with its new key. Raises `ServiceError` when the batch fails.
        """
        ...

    def account(self, email: str) -> str | None:
        """The account whose e-mail is exactly this; None when there is none, or several."""
        ...

    def myself(self) -> str:
        """The account raidctl writes as."""
        ...

    def edits(self, issues: Collection[int]) -> Mapping[int, Mapping[Field, Edit]]:
        """The last change of each field by JIRA's changelog."""
        ...


class JournalReader(Protocol):
    """What earlier runs left: read, never written, by `diff`."""

    @property
    def has_baselines(self) -> bool:
        """Whether any baseline stands in the journal: without one no direction is known."""
        ...

    def memories(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        """What is remembered of each (incident id, issue id), in the order asked for."""
        ...

    def known_issues(self, incidents: Sequence[int]) -> Mapping[int, IssueRef]:
        """The issue each of these incidents was last linked to."""
        ...

    def last_seen_open(self) -> frozenset[int]:
        """Incidents of which either side was open when last seen."""
        ...

    def accounts(self) -> Mapping[str, str]:
        """JIRA accounts found in earlier runs, by e-mail (folded)."""
        ...
