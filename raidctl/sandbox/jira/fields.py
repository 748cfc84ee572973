"""Fields of the simulated JIRA between state and JSON: what is written, what is read back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from raidctl.sandbox.jira.state import Change, JiraState, Person, Record, RefusedError
from raidctl.sandbox.jira.workflows import Status

Json = dict[str, Any]


def selected(state: JiraState, asked: Iterable[str]) -> tuple[str, ...]:
    """The visible fields of a `fields` parameter: ids, `*all`, `*navigable`, `-id`."""
    asked = tuple(asked) or ("*all",)
    wanted = {name for name in asked if name[:1] not in "*-"}
    dropped = {name[1:] for name in asked if name[:1] == "-"}
    everything = any(name[:1] == "*" for name in asked) or not wanted
    return tuple(
        name for name in state.field_ids() if (everything or name in wanted) and name not in dropped
    )


def choice_id(state: JiraState, field: str, value: str) -> str:
    """The id of one of a field's choices, the same as long as the choices are."""
    number = state.choices[field].index(value) + 1
    return str(number) if field == "priority" else f"{field[-5:]}{number}".lower()


def user_key(account: str) -> str:
    """What a Data Center's changelog has for a user, beside the name that all else goes by."""
    return f"key-of-{account}"


def parse_fields(state: JiraState, given: Mapping[str, Any], extra: Collection[str] = ()) -> Json:
    """The `fields` of a request as values of the state; `extra` ids are on this screen as well.

    Raises a 400 `RefusedError` that names every field at fault.
    """
    allowed = state.settable().union(extra)
    values: Json = {}
    errors: dict[str, str] = {}
    for field, value in given.items():
        if field not in allowed:
            errors[field] = (
                f"Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."
            )
            continue
        try:
            values[field] = _parse(state, field, value)
        except ValueError as error:
            errors[field] = str(error)
    if errors:
        raise RefusedError(400, errors=errors)
    return values


def _parse(state: JiraState, field: str, value: Any) -> Any:
    if field == "summary":
        return _summary(value)
    if value is None:
        return None
    if field == "description":
        return _description(value)
    if field in {"assignee", "reporter"}:
        return _account(state, field, value)
    if field in state.choices:
        return _choice(state, field, value)
    return value


def _summary(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("You must specify a summary of the issue.")
    if "\n" in value or "\r" in value:
        raise ValueError("The summary is invalid because it contains newline characters.")
    if len(value) > 255:
        raise ValueError("Summary must be less than 255 characters.")
    return value


def _description(value: Any) -> str:
    match value:
        case str() if len(value) <= 32_767:
            return value
        case str():
            raise ValueError(
                "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
            )
        case _:
            raise ValueError("Operation value must be a string")


def _account(state: JiraState, field: str, value: Any) -> str | None:
    named = value if isinstance(value, dict) else {}
    keys = ("accountId", "id") if state.deployment == "cloud" else ("name",)
    account = next((named[key] for key in keys if key in named), None)
    if account in {None, "-1"}:  # the project's default assignee: nobody here
        return None
    if (person := state.person(account)) is None:
        raise ValueError(f"User '{account}' does not exist.")
    if not state.accepts(field, person):
        raise ValueError(f"User '{account}' cannot be assigned issues.")
    return person.account


def _choice(state: JiraState, field: str, value: Any) -> str:
    named = value if isinstance(value, dict) else {}
    for choice in state.choices[field]:
        if named.get(_choice_key(field)) == choice or (
            str(named.get("id")) == choice_id(state, field, choice)
        ):
            return choice
    raise ValueError(f"{state.field_name(field)} '{value}' is not valid")


def _choice_key(field: str) -> str:
    return "value" if field.startswith("customfield_") else "name"


@dataclass(frozen=True, slots=True)
class Shapes:
    """The JSON of one site under one base URL."""

    state: JiraState
    base: str

    def issue(self, record: Record, fields: Iterable[str]) -> Json:
        """An issue with the given fields, all of which exist."""
        return {
            "id": str(record.id),
            "self": self._link("issue", record.id),
            "key": record.key,
            "fields": {field: self._field(record, field) for field in fields},
        }

    def _field(self, record: Record, field: str) -> Any:
        match field:
            case "issuetype":
                number = self.state.type_id(record.issue_type)
                return {"id": number, "name": record.issue_type, "subtask": False}
            case "project":
                return self.project(record.project)
            case "created" | "updated":
                return self.time(getattr(record, field))
            case "labels":
                return record.values.get(field) or []
            case _:
                return self._value(record, field, record.values.get(field))

    def _value(self, record: Record, field: str, value: Any) -> Any:
        if value is None:
            return None
        if field in self.state.choices:
            return self.choice(field, value)
        match field:
            case "status":
                return self.status(self.state.workflow_of(record).status(value))
            case "assignee" | "reporter":
                return self.person(self.state.person(value))
            case _:
                return value

    def _link(self, *parts: object) -> str:
        return "/".join((self.base, "rest/api/2", *map(str, parts)))

    def time(self, moment: datetime) -> str:
        """A time as JIRA writes it, in the time zone of the token's owner."""
        local = moment.astimezone(self.state.time_zone)
        return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"

    def choice(self, field: str, value: str) -> Json:
        """A priority or resolution by name, or an option by value, with its id."""
        number = choice_id(self.state, field, value)
        link = "customFieldOption" if field.startswith("customfield_") else field
        return {"self": self._link(link, number), "id": number, _choice_key(field): value}

    def status(self, status: Status) -> Json:
        """A status with its category."""
        shape = {
            "self": self._link("status", status.id),
            "id": status.id,
            "name": status.name,
            "statusCategory": {"key": status.category},
        }
        return shape | ({"untranslatedName": status.untranslated} if status.untranslated else {})

    def project(self, key: str) -> Json:
        """A project; its id follows from the order in which projects came."""
        number = 10_000 + list(self.state.projects).index(key)
        return {
            "self": self._link("project", number),
            "id": str(number),
            "key": key,
            "name": self.state.projects[key],
        }

    def person(self, person: Person | None) -> Json | None:
        """A user as this kind of JIRA shows one: an account or a name, the e-mail unless hidden."""
        if person is None:
            return None
        cloud = self.state.deployment == "cloud"
        ident = "accountId" if cloud else "name"
        shape: Json = {
            "self": f"{self._link('user')}?{ident if cloud else 'username'}={person.account}",
            ident: person.account,
            "displayName": person.name,
            "active": person.active,
        }
        shape |= {"accountType": "atlassian"} if cloud else {"key": user_key(person.account)}
        return shape if person.email_hidden else shape | {"emailAddress": person.email}

    def change(self, change: Change) -> Json:
        """A history entry, with its time in milliseconds, as the bulk fetch has it."""
        return {
            "id": str(change.id),
            "author": self.person(self.state.person(change.author)),
            "created": int(change.created.timestamp() * 1000),
            "items": [self._item(change.issue_id, *item) for item in change.items],
        }

    def _item(self, issue_id: int, field: str, old: Any, new: Any) -> Json:
        name = "Key" if field == "issuekey" else self.state.field_name(field)
        before, after = self._ends(issue_id, field, old), self._ends(issue_id, field, new)
        return {
            "field": name if field.startswith("customfield_") or field == "issuekey" else field,
            "fieldtype": "custom" if field.startswith("customfield_") else "jira",
            "fieldId": field,
            "from": before[0],
            "fromString": before[1],
            "to": after[0],
            "toString": after[1],
        }

    def _ends(self, issue_id: int, field: str, value: Any) -> tuple[str | None, str | None]:
        if value is None:
            return None, None
        if field in self.state.choices:
            return choice_id(self.state, field, value), value
        match field:
            case "status":
                flow = self.state.workflow_of(self.state.issue(issue_id))
                return flow.status(value).id, value
            case "assignee" | "reporter":
                person = self.state.person(value)
                cloud = self.state.deployment == "cloud"
                return value if cloud else user_key(value), person.name if person else value
            case _:
                return None, str(value)
