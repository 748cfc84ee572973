"""What the runs need of the outside, as protocols; `bootstrap` says what stands behind them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from raidctl.core.memory import Baseline, Edit, Memory
from raidctl.core.model import Field, Incident, Issue, Link, Value
from raidctl.core.paths import Transition
from raidctl.core.report import Unread
from raidctl.core.scope import Scope
from raidctl.core.writes.log import (
    Attempt,
    Intent,
    Mark,
    OpenWrite,
    Pause,
    Run,
    SeenLink,
    Settled,
    Skip,
    Write,
)


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

    def current(self, incidents: Collection[int]) -> Mapping[int, Incident]:
        """Those of these incidents that there are as they are this moment, by id.

        For several threads at once. Raises `ServiceError` where one of them cannot be read.
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

    @property
    def current_size(self) -> int:
        """How many issues one request of `current` can carry."""
        ...

    def current(self, issues: Sequence[int]) -> Sequence[Issue | None]:
        """The issues by id as they are this moment, with their types; None as in `issues`."""
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

    def take(self, issue: int, transition: Transition, fields: Mapping[str, object]) -> None:
        """Take a transition and fill in its fields, by JIRA's field ids."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of Impact's in words; where it is not `certain` it may be another, or none."""

    words: str
    certain: bool


class IncidentWriter(Protocol):
    """Writes incidents. What became of a write is told by reading alone, afterwards.

    `name` is what it is configured as. `sees_changes` says that it compares each value with the
    one it is to replace, under a lock, and writes nothing where it differs: no need to read again
    just before.
    """

    name: str
    sees_changes: bool

    @property
    def requests(self) -> int:
        """Requests or transactions sent so far, repeats included."""
        ...

    def missing(self, fields: Collection[Field]) -> Sequence[str]:
        """What the user lacks to write these fields, each in words; nothing where it is all there.

        Raises `ServiceError` where Impact is not what this writer knows how to write.
        """
        ...

    def write(self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Edit]) -> None:
        """Give the incident these values in place of those that `link` holds.

        All or none, where it `sees_changes`. `edits` tells who changed the same fields in JIRA
        last. Raises `LostAnswerError` where it cannot be known whether it acted, and
        `ServiceError` where it did not: category `conflict` when somebody else has changed or
        locked the incident, `validation` for a value that Impact does not take, `refused` where it
        is known to ignore the change, `permission`; as `FieldsRefusedError` where only some of the
        fields are at fault: none is written then.
        """
        ...

    def restore(self, link: Link, values: Mapping[Field, Value]) -> None:
        """As `write`, with values that stood there before a sync and that a person wants back.

        A commander of None was nobody.
        """
        ...

    def why_kept(self, link: Link, field: Field, value: Value) -> Rule | None:
        """By what Impact kept the value that `link` holds; None where nothing is known of it."""
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

    def claimants(self, issues: Collection[int]) -> Mapping[int, Sequence[int]]:
        """The incidents last seen linked to each of these issues."""
        ...

    def paused(self) -> Pause | None:
        """The pause in force, if there is one."""
        ...

    def runs(self, limit: int) -> Sequence[Run]:
        """The latest runs, newest first."""
        ...

    def named_runs(self, names: Collection[str]) -> Sequence[Run]:
        """Those of these runs that there are, newest first."""
        ...

    def writes(
        self, *, run: str | None = None, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> Sequence[Write]:
        """The writes of one run, or of these incidents and issues, oldest first."""
        ...

    def undoing(self, writes: Collection[int]) -> Sequence[Write]:
        """What took these writes back, and what took that back, oldest first."""
        ...

    def marks(self) -> Sequence[Mark]:
        """All that is kept from being written until a person says otherwise."""
        ...

    def skips(self) -> Sequence[Skip]:
        """The pairs of values that people looked at and left as they are."""
        ...

    def learnt(self, project: str, issue_type: str) -> Mapping[str, Sequence[Transition]]:
        """The ways out of each status (by its folded name) as last seen on such issues."""
        ...


class Journal(JournalReader, Protocol):
    """The journal open for writing. Every call is one transaction, committed when it returns.

    Raises `JournalError` where it cannot be written. It may be used by several threads.
    """

    def begin(self, run: Run) -> None:
        """Record that a run has begun."""
        ...

    def end(self, run: Run) -> None:
        """Record how a run ended."""
        ...

    def record_baselines(
        self, stored: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store baselines of (incident id, issue id, field), each in place of an older one."""
        ...

    def record_links(self, links: Sequence[SeenLink], at: datetime) -> None:
        """Remember links; one that is known as it is writes nothing."""
        ...

    def forget_links(self, incidents: Collection[int], keys: Collection[str]) -> None:
        """Take the links of these incidents and issue keys, in any case, for unknown."""
        ...

    def record_accounts(self, accounts: Mapping[str, str], at: datetime) -> None:
        """Remember JIRA accounts by (folded) e-mail; one that is known writes nothing."""
        ...

    def forget_accounts(self, accounts: Iterable[str]) -> None:
        """Forget what e-mails these accounts were found for."""
        ...

    def intend(self, intents: Sequence[Intent], run: str, at: datetime) -> Sequence[int]:
        """Record writes that are about to be sent, and guard against their echo; their ids."""
        ...

    def hop(self, write: int, transition: Transition, at: datetime) -> None:
        """Record that a transition of a status write is about to be sent."""
        ...

    def settle(
        self, settled: Sequence[Settled], attempts: Sequence[Attempt], run: str, at: datetime
    ) -> None:
        """Record what became of writes and the baselines they leave; quarantine what flaps."""
        ...

    def release(self, incident: int, issue: int, field: Field, at: datetime) -> bool:
        """Let the next run decide on a field as if nobody had; whether anything stood in its way.

        A write that was taken back is then one that stopped half way.
        """
        ...

    def skip(self, skip: Skip, at: datetime) -> None:
        """Remember that a person left a field as it is; in place of an earlier pair of values."""
        ...

    def open_writes(self) -> Sequence[OpenWrite]:
        """Intents that were never settled."""
        ...

    def learn(
        self, project: str, issue_type: str, status: str, ways: Sequence[Transition], at: datetime
    ) -> None:
        """Remember the ways out of a status; one that is known as it is writes nothing."""
        ...

    def pause(self, pause: Pause) -> None:
        """Stop all writing until then, in place of an earlier pause."""
        ...

    def resume(self) -> bool:
        """End the pause; whether there was one."""
        ...
