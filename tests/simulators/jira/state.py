"""The simulated JIRA with what the demo lacks: permissions, races, an index that lags behind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from raidctl.sandbox.jira import state
from raidctl.sandbox.jira.calls import Call
from raidctl.sandbox.jira.state import Person, Record, RefusedError
from raidctl.sandbox.jira.workflows import Transition, Workflow


@dataclass(kw_only=True)
class JiraState(state.JiraState):
    """`me` is the account of the token under test.

    `off_screen` are the fields that cannot be set, `hidden` those
    that the token does not see, `unassignable` the accounts that no issue can be assigned to,
    `tells_permissions` whether `mypermissions` is served, `translates_targets` whether the targets
    of transitions are named in the token owner's language alone, `workflows` exceptions from
    `workflow` by project and issue type. A change reaches searches `index_lag` seconds late.
    `search_cap` is the largest page of the classic search. `mails` counts the edits that JIRA
    may tell people of. `after_write` is told of each issue that an edit or a transition has
    written, before the answer leaves: automation acts then.
    """

    me: str = "bot"
    workflows: Mapping[tuple[str, str], Workflow] = field(default_factory=dict)
    field_names: dict[str, str] = field(default_factory=dict)
    off_screen: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    browse_users: bool = True
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

    def __post_init__(self) -> None:
        super().__post_init__()
        self._past: dict[int, list[tuple[datetime, Record | None]]] = {}
        self._races: dict[int, tuple[str, Mapping[str, Any]]] = {}

    def create(self, project: str, issue_type: str, values: Mapping[str, Any]) -> Record:
        """A new issue, which the index does not know yet."""
        with self.lock:
            made = super().create(project, issue_type, values)
            self._past[made.id] = [(self.now(), None)]
            return made

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
        return tuple(name for name in super().field_ids() if name not in self.hidden)

    def field_name(self, field: str) -> str:
        """The display name of a field."""
        return self.field_names.get(field) or super().field_name(field)

    def settable(self) -> set[str]:
        """The fields that an edit may set."""
        barred = self.off_screen | self.hidden | (set() if self.may_assign else {"assignee"})
        return super().settable() - barred

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
