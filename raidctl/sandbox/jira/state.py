"""The state of the simulated JIRA: issues, people and history."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from threading import RLock
from typing import Any, Literal

from raidctl.sandbox.jira.belongings import Belongings
from raidctl.sandbox.jira.workflows import RAID, Transition, Workflow

NOT_VISIBLE = "Issue does not exist or you do not have permission to see it."
NAMES = {
    "summary": "Summary",
    "description": "Description",
    "status": "Status",
    "priority": "Priority",
    "resolution": "Resolution",
    "assignee": "Assignee",
    "reporter": "Reporter",
    "issuetype": "Issue Type",
    "project": "Project",
    "created": "Created",
    "updated": "Updated",
    "labels": "Labels",
    "customfield_11064": "Priority",
}
_DASH_BULLET = re.compile(r"^-(?= )", re.MULTILINE)
_TRAILING_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)
SETTABLE = {"summary", "description", "priority", "assignee", "reporter"}


class RefusedError(Exception):
    """JIRA's no: an HTTP status, messages about the request, messages by field."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None):
        super().__init__(status, messages, errors)
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})


@dataclass(frozen=True, slots=True)
class Person:
    """A user; `account` is the account id on Cloud and the user name on Data Center."""

    account: str
    name: str
    email: str
    email_hidden: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """An issue at one moment; choices, statuses and people are held by name, empty is `None`."""

    id: int
    key: str
    issue_type: str
    created: datetime
    updated: datetime
    values: Mapping[str, Any]

    @property
    def project(self) -> str:
        """The key of its project."""
        return self.key.rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an issue's history; an item is a field, its old value and its new one."""

    id: int
    issue_id: int
    author: str
    created: datetime
    items: tuple[tuple[str, Any, Any], ...]


def normalised(text: str) -> str:
    """Wiki markup after one pass through the server; a second pass changes nothing."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _DASH_BULLET.sub("*", _TRAILING_BLANKS.sub("", text)).rstrip("\n")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True)
class JiraState(Belongings):
    """A JIRA site; every attribute without a leading underscore may be changed while it runs.

    `choices` are the legal values of the fields that have some. Hold `lock` to see several things
    at one moment.
    """

    deployment: Literal["cloud", "datacenter"] = "cloud"
    users: tuple[Person, ...] = ()
    workflow: Workflow = RAID
    choices: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {
            "priority": ("Highest", "High", "Medium", "Low", "Lowest"),
            "resolution": ("Done", "Won't Do", "Duplicate"),
            "customfield_11064": ("1", "2", "3", "4", "5", "-"),
        }
    )
    time_zone: tzinfo = UTC
    normalise: Callable[[str], str] = normalised
    now: Callable[[], datetime] = _utc_now
    projects: dict[str, str] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._records: dict[int, Record] = {}
        self._keys: dict[str, int] = {}
        self._old_keys: dict[str, int] = {}
        self._forbidden: set[int] = set()
        self._history: dict[int, list[Change]] = {}
        self._types: dict[str, int] = {}
        self._changes = 10_000
        self._people = {person.account: person for person in self.users}
        self.people_edition = 0

    # What tests and the demo do, as people would

    def add_user(self, person: Person) -> None:
        """Add a user, or replace the one with the same account."""
        with self.lock:
            self._people[person.account] = person
            self.people_edition += 1

    def add_issue(
        self,
        key: str,
        issue_id: int,
        *,
        issue_type: str = "Incident",
        created: datetime | None = None,
        updated: datetime | None = None,
        **values: Any,
    ) -> None:
        """Seed an issue; `values` by field id, as in `edit`."""
        with self.lock:
            created = created or self.now()
            flow = self.workflow_for(key.rpartition("-")[0], issue_type)
            values = {"summary": "", "status": flow.statuses[0].name} | values
            flow.status(values["status"])
            values = {name: self._clean(name, value) for name, value in values.items()}
            record = Record(issue_id, key, issue_type, created, updated or created, values)
            self.projects.setdefault(record.project, record.project)
            self._records[issue_id] = record
            self._keys[key] = issue_id

    def create(self, project: str, issue_type: str, values: Mapping[str, Any]) -> Record:
        """A new issue with the next id and key."""
        with self.lock:
            keys = [key for key in (*self._keys, *self._old_keys) if key.startswith(f"{project}-")]
            last = max((int(key[len(project) + 1 :]) for key in keys), default=0)
            issue_id = max(self._records, default=10_000) + 1
            self.add_issue(f"{project}-{last + 1}", issue_id, issue_type=issue_type, **values)
            return self._records[issue_id]

    def edit(self, issue_id: int, author: str, **values: Any) -> None:
        """Set fields by id, choices, status and people by name; one entry in the history.

        The status may be any of the workflow's: people find their way. What is there already
        is no change. A text comes back as the server's markup parser leaves it.
        """
        with self.lock:
            old = self._records[issue_id]
            if "status" in values:
                values = self._resolution(old, values) | values
            clean = {name: self._clean(name, value) for name, value in values.items()}
            changed = {name: v for name, v in clean.items() if old.values.get(name) != v}
            items = tuple((name, old.values.get(name), v) for name, v in changed.items())
            self._replace(old, replace(old, values={**old.values, **changed}), author, items)

    def move(self, issue_id: int, key: str, author: str = "") -> None:
        """Give the issue a new key, in another project or not; the old one goes on leading to it.

        Unless another issue carries that key: a live issue's key wins.
        """
        with self.lock:
            old = self._records[issue_id]
            if self._keys.get(old.key) == issue_id:
                del self._keys[old.key]
            self._old_keys[old.key] = issue_id
            self._keys[key] = issue_id
            new = replace(old, key=key)
            self.projects.setdefault(new.project, new.project)
            items = (("project", old.project, new.project), ("issuekey", old.key, key))
            self._replace(old, new, author, items)

    def forbid(self, issue_id: int, *, forbidden: bool = True) -> None:
        """Take the issue out of the token's sight, or show it again."""
        with self.lock:
            (self._forbidden.add if forbidden else self._forbidden.discard)(issue_id)

    # What is there

    def issue(self, issue_id: int) -> Record:
        """The issue as it is now, whoever may see it; raises `KeyError`."""
        return self._records[issue_id]

    def history(self, issue_id: int) -> list[Change]:
        """The issue's changes, oldest first."""
        return list(self._history.get(issue_id, ()))

    def person(self, account: str | None) -> Person | None:
        """The user with that account, if there is one."""
        return self._people.get(account) if account else None

    def people(self) -> list[Person]:
        """All users, in the order they came."""
        return list(self._people.values())

    def visible(self, name: str) -> Record | None:
        """The issue of an id, a key or a former key, unless the token may not see it."""
        key = name.upper()
        issue_id = int(name) if name.isdecimal() else self._keys.get(key, self._old_keys.get(key))
        if issue_id is None or issue_id in self._forbidden:
            return None
        return self._records.get(issue_id)

    def ids(self) -> list[int]:
        """The ids that a search may know, in ascending order."""
        return sorted(self._records)

    def indexed(self, issue_id: int) -> Record | None:
        """The issue as a search has it, unless the token may not see it."""
        return self.visible(str(issue_id))

    def require(self, name: str) -> Record:
        """The visible issue; raises a 404 `RefusedError`, the same for missing and forbidden."""
        if (record := self.visible(name)) is None:
            raise RefusedError(404, NOT_VISIBLE)
        return record

    def workflow_for(self, project: str, issue_type: str) -> Workflow:
        """The workflow of a project's issues of one type."""
        return self.workflow

    def workflows_in(self, project: str) -> dict[str, Workflow]:
        """The workflow of each issue type that a project has."""
        kinds = [
            record.issue_type for record in self._records.values() if record.project == project
        ]
        return {kind: self.workflow_for(project, kind) for kind in kinds or ["Incident"]}

    def type_id(self, kind: str) -> str:
        """The id of an issue type: the same as long as the site runs."""
        return str(self._types.setdefault(kind, 10_001 + len(self._types)))

    def type_named(self, number: str) -> str | None:
        """The issue type of an id that `type_id` has given."""
        return next((kind for kind, known in self._types.items() if str(known) == number), None)

    def workflow_of(self, record: Record) -> Workflow:
        """The workflow of the issue's project and type."""
        return self.workflow_for(record.project, record.issue_type)

    def transitions(self, record: Record) -> tuple[Transition, ...]:
        """What can be done with the issue's status now."""
        return self.workflow_of(record).leaving(record.values["status"])

    def field_ids(self) -> tuple[str, ...]:
        """The fields that the token sees, in the order in which they are answered."""
        return tuple(dict.fromkeys((*NAMES, *self.choices, *self.plain_fields)))

    def field_name(self, field: str) -> str:
        """The display name of a field."""
        return NAMES.get(field, field)

    def settable(self) -> set[str]:
        """The fields that an edit may set."""
        options = {name for name in self.choices if name.startswith("customfield_")}
        return SETTABLE | options | {*self.plain_fields}

    def accepts(self, field: str, person: Person) -> bool:
        """Whether a field of people takes this one."""
        return person.active

    # What the token does

    def write(self, issue_id: int, author: str, values: Mapping[str, Any]) -> None:
        """Edit, as far as the token may."""
        self.edit(issue_id, author, **values)

    def transition(
        self, issue_id: int, author: str, transition_id: str, values: Mapping[str, Any]
    ) -> None:
        """Take a transition that exists now, with its screen's fields; raises `RefusedError`."""
        ways = self.transitions(self._records[issue_id])
        way = next((way for way in ways if way.id == transition_id), None)
        if way is None:
            raise RefusedError(400, f"Transition id '{transition_id}' is not valid for this issue.")
        defaults = {item.id: item.default for item in way.screen if item.default}
        values = defaults | dict(values)
        needed = [item for item in way.screen if item.required and not values.get(item.id)]
        if needed:
            raise RefusedError(
                400, errors={item.id: f"{item.name} is required." for item in needed}
            )
        self.edit(issue_id, author, **values, status=way.target)

    def _resolution(self, old: Record, values: Mapping[str, Any]) -> dict[str, Any]:
        if self.workflow_of(old).status(values["status"]).category != "done":
            return {"resolution": None}
        return {"resolution": old.values.get("resolution") or self.choices["resolution"][0]}

    def _clean(self, name: str, value: Any) -> Any:
        match name, value:
            case "description", str():
                return self.normalise(value) or None
            case "summary", str():
                return value.strip()
            case _:
                return value

    def _replace(
        self, old: Record, new: Record, author: str, items: tuple[tuple[str, Any, Any], ...]
    ) -> None:
        if not items:
            return
        self._records[old.id] = replace(new, updated=self.now())
        self._changes += 1
        change = Change(self._changes, old.id, author, self.now(), items)
        self._history.setdefault(old.id, []).append(change)
