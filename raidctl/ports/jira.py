"""What the runs need of JIRA."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from raidctl.core.history import Revision, Revisions
from raidctl.core.model import Field, Issue, Unreadable, Value
from raidctl.core.paths import Transition


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
    def clock_ahead(self) -> timedelta:
        """How far JIRA's clock is ahead of ours, as far as is known; negative: behind."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the run's report should know, each once."""
        ...

    @property
    def batch_size(self) -> int:
        """How many issues one request can carry."""
        ...

    @property
    def history_size(self) -> int:
        """Of how many issues one request of `revisions` can tell."""
        ...

    def issues(self, refs: Sequence[IssueRef]) -> Sequence[Issue | Unreadable | None]:
        """The issues in the order asked for; None for one that is missing or forbidden.

        `UNREADABLE` is one of which JIRA answers what is no issue. A moved issue comes with its
        new key. Raises `ServiceError` when the batch fails.
        """
        ...

    @property
    def current_size(self) -> int:
        """How many issues one request of `current` can carry."""
        ...

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        """The issues by id as they are this moment, with their types.

        None for one that is missing or forbidden. Raises `ServiceError` where one cannot be read.
        """
        ...

    def traced(self, issues: Sequence[int]) -> Sequence[tuple[Issue, Sequence[Revision]] | None]:
        """`current`, each with what the changelog tells of our fields, oldest first.

        As many requests as `current` takes where that can carry both, else one more each 1,000.
        """
        ...

    def account(self, email: str) -> str | None:
        """The account whose e-mail is exactly this; None when there is none, or several."""
        ...

    def myself(self) -> str:
        """The account raidctl writes as; JIRA is asked once."""
        ...

    def revisions(self, issues: Collection[int]) -> Revisions:
        """The changes of our fields by JIRA's changelog.

        An issue that is missing or forbidden is left out. Raises `ServiceError`.
        """
        ...

    def updated(self, since: datetime) -> Set[int]:
        """The ids of all issues that were changed since then, and of some from before.

        Out of JIRA's index: what was changed within its lag may be missing. Raises `ServiceError`.
        """
        ...


class IssueWriter(Protocol):
    """Writes issues, one request a call. Nothing is repeated that may have acted.

    Each raises `LostAnswerError` where it cannot be known whether the request acted, and
    `ServiceError` where it did not: category `conflict` when somebody else wrote at the same
    time (409), `permission` for 403, `not_found` for 404.
    """

    def missing_permissions(self, project: str) -> Sequence[str]:
        """What the user lacks to write the project's issues; nothing where JIRA does not tell."""
        ...

    def statuses(self, project: str, issue_type: str) -> Sequence[str] | None:
        """The statuses that such issues can have; None where JIRA does not tell."""
        ...

    def set_fields(self, issue: int, values: Mapping[Field, Value]) -> None:
        """Set plain fields (all but the status), in one request.

        Raises `FieldsRefusedError` where JIRA names the fields it does not take; none is set then.
        """
        ...

    def transitions(self, issue: int) -> Sequence[Transition]:
        """The ways out of the issue's status, this moment, for this user."""
        ...

    def transition(self, issue: int, transition: Transition, fields: Mapping[str, object]) -> None:
        """Take a transition and fill in its fields, by JIRA's field ids."""
        ...
