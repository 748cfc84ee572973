"""The embedded Impact's webhook: what a stock FireFighter makes of JIRA's `jira:issue_updated`.

Source: facts, section 3, and firefighter-incident 0.0.79, `JiraWebhookUpdateSerializer`. Left out
is what acts elsewhere: the look-up of watchers, Slack, the issue of a post-mortem.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from raidctl.gateways.impact.database.tables import (
    environment,
    incident,
    incident_update,
    jira_issue,
    milestone_type,
    priority,
    raid_ticket,
)
from raidctl.sandbox.impact.errors import CrashError, Problem, crashed, errors, refused, unserved
from raidctl.sandbox.impact.updates import MITIGATED, update_incident
from raidctl.sandbox.server import Reply, Request

Json = Mapping[str, Any]

JIRA_UPDATE = "/api/v2/firefighter/raid/jira_update"
EVENT = "jira:issue_updated"
PRIORITY_FIELD = "customfield_11064"
STATUSES = {
    "Incoming": 10,
    "Pending resolution": 10,
    "in progress": 30,
    "Reporter validation": 40,
    "Closed": 60,
}
PRIORITIES = {"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5}
_CLOSED = 60
_WITHOUT_KEY_EVENTS = 4  # priorities from here on are closed without them
_ALLOW = {"Allow": "POST, OPTIONS"}
_CHALLENGE = {"WWW-Authenticate": 'Signature realm="jira-webhook"', **_ALLOW}


def signature(secret: str, body: bytes) -> str:
    """The header `X-Hub-Signature` by which a body is known to come from JIRA."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Webhook:
    """FireFighter's handler over its tables; the settings may be changed while it runs.

    Without a `secret` it refuses everything. `service_account` is FireFighter's own account in
    JIRA, whose changes it ignores. `postmortems` tells whether it wants post-mortems: there are
    none here, so what needs one is never closed.
    """

    engine: Engine
    secret: str = ""
    service_account: str = ""
    postmortems: bool = False
    now: Callable[[], datetime] = _utc_now

    def answer(self, request: Request) -> Reply:
        """200 with no body, whether or not anything changed, or a refusal."""
        refusal = unserved(request) or self._unsigned(request) or _unfit(request)
        if refusal is not None:
            return refused(*refusal, _CHALLENGE if refusal[0] == 401 else _ALLOW)
        try:
            event = json.loads(request.body.decode()) if request.body else {}
        except ValueError as fault:
            return refused(400, "parse_error", f"JSON parse error - {fault}", _ALLOW)
        if problems := _problems(event):
            return errors(400, "validation_error", problems, _ALLOW)
        try:
            self._take(event)
        except CrashError:
            return crashed()
        return Reply(200, headers=_ALLOW)

    def _unsigned(self, request: Request) -> tuple[int, str, str] | None:
        """Why it does not believe that JIRA sent this."""
        header = request.headers.get("x-hub-signature")
        if not header:
            detail = "Authentication credentials were not provided."
            return 401, "not_authenticated", detail
        method, _, digest = header.partition("=")
        expected = signature(self.secret, request.body)
        if not self.secret:
            detail = "Webhook secret not configured."
        elif not digest:
            detail = "Malformed X-Hub-Signature header."
        elif method.lower() != "sha256":
            detail = f"Unsupported X-Hub-Signature method: {method!r}"
        elif not hmac.compare_digest(expected.encode(), f"sha256={digest}".encode()):
            detail = "Invalid webhook signature."
        else:
            return None
        return 401, "authentication_failed", detail

    def _take(self, event: Json) -> None:
        """Item by item, each in a transaction of its own: what follows may still crash."""
        items = event["changelog"].get("items") or []
        if not isinstance(items, list):
            raise CrashError
        number = self._number(event["issue"].get("key")) if items else None
        for item in items:
            if not isinstance(item, dict):
                raise CrashError
            if number is not None:
                self.sync(event, number, item)
            elif field_of(item) == "status" or _is_priority(item):
                _tell_watchers(event["issue"], item)

    def _number(self, key: object) -> int | None:
        """The incident whose ticket has that key by FireFighter's own note: it asks nobody."""
        found = (
            select(raid_ticket.c.incident_id)
            .join(jira_issue, jira_issue.c.id == raid_ticket.c.jiraissue_ptr_id)
            .where(jira_issue.c.key == str(key or ""))
        )
        with self.engine.connect() as connection:
            numbers = connection.execute(found).scalars().all()
        if len(numbers) > 1:
            raise CrashError
        return numbers[0] if numbers else None

    def sync(self, event: Json, number: int, item: Json) -> None:
        """Take one changed field over, unless FireFighter itself changed it in JIRA."""
        field = field_of(item)
        if self.service_account and event["user"].get("accountId") == self.service_account:
            return
        if field == "status":
            _tell_watchers(event["issue"], item)
            with self.engine.begin() as connection:
                self._set_status(connection, number, item)
        elif _is_priority(item):
            _tell_watchers(event["issue"], item)
            with self.engine.begin() as connection:
                self._set_priority(connection, number, item.get("toString"))

    def _set_status(self, connection: Connection, number: int, item: Json) -> None:
        name = item.get("toString") or ""
        status = STATUSES.get(name)
        closes = status == _CLOSED
        if status is None or (closes and (item.get("fromString") or "") not in STATUSES):
            return
        now = connection.execute(_JUDGED.where(incident.c.id == number)).one()
        if now.status != status and (not closes or self._may_close(connection, now)):
            message = f"Status synced from Jira ({name})"
            update_incident(
                connection, number, self.now(), message, "jira_status_sync", status=status
            )

    def _may_close(self, connection: Connection, now: Any) -> bool:
        """FireFighter's `can_be_closed`."""
        if now.closure_reason or now.ignore:
            return True
        if self.postmortems and now.needs_postmortem and now.environment == "PRD":
            return False
        if now.status < MITIGATED:
            return False
        return now.priority >= _WITHOUT_KEY_EVENTS or _has_key_events(connection, now.id)

    def _set_priority(self, connection: Connection, number: int, name: object) -> None:
        value = priority_of(name)
        now = connection.execute(_JUDGED.where(incident.c.id == number)).one()
        if value is None or value == now.priority:
            return
        found = select(priority.c.id).where(priority.c.value == value)
        if (key := connection.scalar(found)) is not None:
            message = f"Priority synced from Jira ({name})"
            update_incident(
                connection, number, self.now(), message, "jira_priority_sync", priority_id=key
            )


_JUDGED = (
    select(
        incident.c.id,
        incident.c.status,
        incident.c.closure_reason,
        incident.c.ignore,
        priority.c.value.label("priority"),
        priority.c.needs_postmortem,
        environment.c.value.label("environment"),
    )
    .join(priority, priority.c.id == incident.c.priority_id)
    .join(environment, environment.c.id == incident.c.environment_id)
)


def _has_key_events(connection: Connection, number: int) -> bool:
    reached = select(incident_update.c.event_type).where(
        incident_update.c.incident_id == number, incident_update.c.event_type.is_not(None)
    )
    required = select(milestone_type.c.event_type).where(milestone_type.c.required)
    return (
        connection.execute(required.where(milestone_type.c.event_type.not_in(reached))).first()
        is None
    )


def _unfit(request: Request) -> tuple[int, str, str] | None:
    """Why it does not even look at the body."""
    if request.method != "POST":
        return 405, "method_not_allowed", f'Method "{request.method}" not allowed.'
    kind = request.headers.get("content-type", "")
    if request.body and kind.partition(";")[0].strip().lower() != "application/json":
        return 415, "unsupported_media_type", f'Unsupported media type "{kind}" in request.'
    return None


def _problems(event: object) -> list[Problem]:
    """What makes a body no event."""
    if event is None:
        return [("null", "No data provided", "non_field_errors")]
    if not isinstance(event, dict):
        detail = f"Invalid data. Expected a dictionary, but got {type(event).__name__}."
        return [("invalid", detail, "non_field_errors")]
    fields = ("issue", "changelog", "user", "webhookEvent")
    return [(*fault, name) for name in fields if (fault := _fault(event, name)) is not None]


def _fault(event: Json, name: str) -> tuple[str, str] | None:
    if name not in event:
        return "required", "This field is required."
    match name, event[name]:
        case _, None:
            return "null", "This field may not be null."
        case "webhookEvent", value if value != EVENT:
            return "invalid_choice", f'"{value}" is not a valid choice.'
        case (("issue" | "changelog" | "user"), value) if not isinstance(value, dict):
            kind = type(value).__name__
            return "not_a_dict", f'Expected a dictionary of items but got type "{kind}".'
    return None


def field_of(item: Json) -> str:
    """The name of the changed field, in lower case."""
    name = item.get("field") or ""
    if not isinstance(name, str):
        raise CrashError
    return name.lower()


def _is_priority(item: Json) -> bool:
    """By the id of the field alone, or by its name where no id is given."""
    return bool(str(item.get("fieldId") or field_of(item)).lower() == PRIORITY_FIELD)


def priority_of(name: object) -> int | None:
    """The priority of JIRA's name for it, or of its number."""
    text = str(name)
    if text.strip().isdecimal() and 1 <= int(text) <= 5:
        return int(text)
    return PRIORITIES.get(text)


def _tell_watchers(issue: Json, item: Json) -> None:
    """FireFighter cannot do without the issue's number and key, and the field's name, here."""
    try:
        number = int(issue["id"])
    except (KeyError, TypeError, ValueError):
        raise CrashError from None
    if not (number and issue.get("key") and item.get("field")):
        raise CrashError
