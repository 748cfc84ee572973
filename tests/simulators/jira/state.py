"""The simulated JIRA with what the demo lacks: permissions, races, an index that lags behind."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from raidctl.sandbox.jira import state
from raidctl.sandbox.jira.calls import Call
from raidctl.sandbox.jira.state import Person, Record, RefusedError
from raidctl.sandbox.jira.workflows import Transition, Workflow

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
class JiraState(state.JiraState):
    """`me` is the account of the token under test.

    `plain_fields` take any JSON, `off_screen` are the fields that cannot be set, `hidden` those
    that the token does not see, `unassignable` the accounts that no issue can be assigned to,
    `tells_permissions` whether `mypermissions` is served, `translates_targets` whether the targets
    of transitions are named in the token owner's language alone, `workflows` exceptions from
    `workflow` by project and issue type. A change reaches searches `index_lag` seconds late.
    `search_cap` is the largest page of the classic search. `mails` counts the edits that JIRA
    may tell people of. `after_write` is told of each issue that an edit or a transition has
    written, before the answer leaves: automation acts then.

    Issues cannot be created in `archived` projects; the screen for creations lacks `off_creation`,
    and wants those in `demanded` filled in, which then hold a default where it names one.
    Metadata of creations comes `metadata_cap` a page. A file may have `upload_limit` bytes, None
    where files are switched off; `links_issues`: issue linking is switched on.
    """

    me: str = "bot"
    workflows: Mapping[tuple[str, str], Workflow] = field(default_factory=dict)
    field_names: dict[str, str] = field(default_factory=dict)
    plain_fields: tuple[str, ...] = FIREFIGHTER_FIELDS
    off_screen: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    browse_users: bool = True
    may_edit: bool = True
    may_transition: bool = True
    may_assign: bool = True
    may_administer: bool = True
    tells_permissions: bool = True
    unassignable: set[str] = field(default_factory=set)
    translates_targets: bool = False
    after_write: "Callable[[JiraState, int], None] | None" = None
    index_lag: float = 0.0
    search_cap: int = 1000
    mails: int = 0
    comments: list[tuple[int, str, str]] = field(default_factory=list)
    archived: set[str] = field(default_factory=set)
    off_creation: set[str] = field(default_factory=set)
    demanded: dict[str, Any] = field(default_factory=dict)
    may_create: bool = True
    may_link: bool = True
    may_attach: bool = True
    links_issues: bool = True
    metadata_cap: int = 50
    upload_limit: int | None = 10 * 1024**2

    def __post_init__(self) -> None:
        super().__post_init__()
        self._past: dict[int, list[tuple[datetime, Record | None]]] = {}
        self._races: dict[int, tuple[str, Mapping[str, Any]]] = {}
        self.creators: dict[int, str] = {}
        self.properties: dict[int, dict[str, Any]] = {}
        self.remote_links: dict[int, dict[int, dict[str, Any]]] = {}
        self.files: dict[int, list[File]] = {}
        self._hung = 20_000  # the last id of a link or a file

    def create(self, project: str, issue_type: str, values: Mapping[str, Any]) -> Record:
        """A new issue with the next id and key, which the index does not know yet."""
        with self.lock:
            numbers = [int(key[len(project) + 1 :]) for key in self._project_keys(project)]
            key = f"{project}-{max(numbers, default=0) + 1}"
            issue_id = max(self._records, default=10_000) + 1
            self.add_issue(key, issue_id, issue_type=issue_type, **values)
            self._past[issue_id] = [(self.now(), None)]
            return self._records[issue_id]

    def delete(self, issue_id: int) -> None:
        """Remove the issue; the index shows it as long as its lag lasts."""
        with self.lock:
            old = self._records.pop(issue_id)
            self._remember(old)
            self._keys = {key: owner for key, owner in self._keys.items() if owner != issue_id}

    def race(self, issue_id: int, author: str, **values: Any) -> None:
        """Let the next request that writes to the issue lose against this edit: 409."""
        with self.lock:
            self._races[issue_id] = (author, values)

    def next_id(self) -> int:
        """An id for what hangs on an issue."""
        with self.lock:
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

    def ids(self) -> list[int]:
        """The ids that the index may know, in ascending order."""
        return sorted(self._records.keys() | self._past.keys())

    def indexed(self, issue_id: int) -> Record | None:
        """The issue as the search index has it, unless the token may not see it."""
        if issue_id in self._forbidden:
            return None
        horizon = self.now() - timedelta(seconds=self.index_lag)
        for replaced_at, record in self._past.get(issue_id, ()):
            if replaced_at > horizon:
                return record
        return self._records.get(issue_id)

    def workflow_for(self, project: str, issue_type: str) -> Workflow:
        """The workflow of a project's issues of one type."""
        return self.workflows.get((project, issue_type), self.workflow)

    def workflows_in(self, project: str) -> dict[str, Workflow]:
        """The workflow of each issue type that a project has."""
        more = {kind: flow for (home, kind), flow in self.workflows.items() if home == project}
        return super().workflows_in(project) | more

    def transitions(self, record: Record) -> tuple[Transition, ...]:
        """What the token may do with the issue's status now; nothing without permission."""
        return super().transitions(record) if self.may_transition else ()

    def field_ids(self) -> tuple[str, ...]:
        """The fields that the token sees, in the order in which they are answered."""
        known = dict.fromkeys((*super().field_ids(), *self.plain_fields))
        return tuple(name for name in known if name not in self.hidden)

    def field_name(self, field: str) -> str:
        """The display name of a field."""
        return self.field_names.get(field) or super().field_name(field)

    def settable(self) -> set[str]:
        """The fields that an edit may set."""
        barred = self.off_screen | self.hidden | (set() if self.may_assign else {"assignee"})
        return (super().settable() | {*self.plain_fields}) - barred

    def accepts(self, field: str, person: Person) -> bool:
        """Whether a field of people takes this one."""
        barred = field == "assignee" and person.account in self.unassignable
        return super().accepts(field, person) and not barred

    def write(self, issue_id: int, author: str, values: Mapping[str, Any]) -> None:
        """Edit; raises a `RefusedError`: 403 without permission, 409 when a race is lost."""
        if not self.may_edit:
            raise RefusedError(403, "You do not have permission to edit issues in this project.")
        self._contend(issue_id)
        super().write(issue_id, author, values)

    def transition(
        self, issue_id: int, author: str, transition_id: str, values: Mapping[str, Any]
    ) -> None:
        """Take a transition that exists now, with its screen's fields; raises `RefusedError`."""
        self._contend(issue_id)
        super().transition(issue_id, author, transition_id, values)

    def _contend(self, issue_id: int) -> None:
        if (winner := self._races.pop(issue_id, None)) is not None:
            author, values = winner
            self.edit(issue_id, author, **values)
            raise RefusedError(409, "The issue was changed by another request at the same time.")

    def _project_keys(self, project: str) -> list[str]:
        return [key for key in (*self._keys, *self._old_keys) if key.startswith(f"{project}-")]

    def _replace(
        self, old: Record, new: Record, author: str, items: tuple[tuple[str, Any, Any], ...]
    ) -> None:
        if items:
            self._remember(old)
        super()._replace(old, new, author, items)

    def _remember(self, old: Record) -> None:
        horizon = self.now() - timedelta(seconds=self.index_lag)
        recent = [past for past in self._past.get(old.id, ()) if past[0] > horizon]
        self._past[old.id] = [*recent, (self.now(), old)]


def site(call: Call) -> JiraState:
    """The state of a call to the simulator."""
    assert isinstance(call.state, JiraState)
    return call.state
