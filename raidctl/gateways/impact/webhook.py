"""Writes an incident's status and priority by telling FireFighter what JIRA would tell it.

FireFighter has an own handler for JIRA's `jira:issue_updated`, with its business rules. It speaks
its own names, whatever JIRA itself uses, and says 200 whether or not it acted. Source: facts,
section 3.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import requests
from requests.auth import AuthBase

from raidctl.core.firefighter import Rule, closing_rule
from raidctl.core.history import Revision
from raidctl.core.mapping.tables import FIREFIGHTER, FIREFIGHTER_PRIORITY_FIELD
from raidctl.core.model import Field, Incident, Link, Readable, Value
from raidctl.core.policy import WEBHOOK_EXPRESSES
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.gateways.http.answers import said
from raidctl.gateways.http.client import Certificate, GuardedAdapter, HttpClient
from raidctl.gateways.http.failures import NOT_SERVED, HttpError, System

JIRA_UPDATE = "/api/v2/firefighter/raid/jira_update"
WEBHOOK_WRITES: Final = {"POST": re.compile(f".*{JIRA_UPDATE}")}
WEBHOOK_SECONDS = 40.0
"""How long to wait for an answer: FireFighter's own web server gives up after 30 seconds."""

_US, _NO_ACCOUNT = "raidctl", ""
NOBODYS = "RAIDCTL-0"  # JIRA's numbers begin with 1


@dataclass(frozen=True, slots=True)
class Row:
    """What FireFighter calls a field that it takes from JIRA's events, and how it spells values."""

    name: str
    id: str
    spelt: Callable[[Readable], str]


def _status(value: Readable) -> str:
    """A close from a name that FireFighter does not know is ignored."""
    return FIREFIGHTER.status_to_jira.get(str(value), str(value))


ROWS: dict[Field, Row] = {  # in the order in which it is told
    Field.STATUS: Row("status", "status", _status),
    Field.PRIORITY: Row("Priority", FIREFIGHTER_PRIORITY_FIELD, lambda value: str(value or "")),
}


class WebhookAdapter(GuardedAdapter):
    """A transport to FireFighter that lets JIRA's events out, and nothing else."""

    def __init__(self, connections: int, certificate: Certificate | None = None) -> None:
        super().__init__((), WEBHOOK_WRITES, connections, certificate)

    def _reads(self, method: str, path: str) -> bool:
        return False


class SignatureAuth(AuthBase):
    """`X-Hub-Signature`: by it FireFighter knows that JIRA's secret signed these very bytes."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:  # noqa: D102 - AuthBase's own
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        digest = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        request.headers["X-Hub-Signature"] = f"sha256={digest}"
        return request


@dataclass(frozen=True, slots=True)
class Handler(System):
    """FireFighter's handler in messages: before it acts, it depends on its JIRA and its Slack.

    A 500 after `killed_after` seconds is that of a web server that gave up on it.
    """

    killed_after: float = 25.0

    def when_unanswered(self, advice: str) -> str:
        """It asks its JIRA for the issue's watchers and messages them, and then acts."""
        return (
            "FireFighter may still act on it: check that FireFighter reaches its JIRA and its "
            "Slack, which it asks first"
        )

    def when_broken(self, response: requests.Response) -> str:
        """By the time it took, and by who answers: 500 is its own, others are a proxy's."""
        if response.elapsed.total_seconds() >= self.killed_after:
            return (
                "FireFighter waited for its JIRA until its web server gave up: check that "
                "FireFighter reaches its JIRA"
            )
        if response.status_code == 500:
            return (
                "FireFighter failed before it acted: its JIRA or its Slack cannot be reached "
                "from it, or two of its tickets carry this key"
            )
        return System.when_broken(self, response)


HANDLER = Handler("Impact", "impact.url", "impact.webhook_secret")


_ADVICE = {  # by the status of a refusal
    401: (
        "impact.webhook_secret is not the secret that FireFighter checks JIRA's events "
        "with (its RAID_JIRA_WEBHOOK_SECRET), or FireFighter has none"
    ),
    403: "something before FireFighter refuses it: let events through to this path",
    **dict.fromkeys((400, 415), "check that this FireFighter is of a version raidctl knows"),
    **dict.fromkeys(
        NOT_SERVED,
        "this is about the address, not the incident: check impact.url, and that "
        "FireFighter runs with ENABLE_RAID",
    ),
}


class WebhookWriter:
    """An `IncidentWriter` over FireFighter's webhook, for several threads at once.

    `myself` tells the JIRA account that raidctl writes as: the author where nobody else is known
    to be. FireFighter ignores what its own `service_account` ("" where not known) has done.
    """

    name = "webhook"
    sees_changes = False

    def __init__(self, http: HttpClient, myself: Callable[[], str], service_account: str) -> None:
        self._http = http
        self._myself = myself
        self._service_account = service_account

    @property
    def requests(self) -> int:
        """Events sent so far, repeats included."""
        return self._http.sent

    def missing(self, fields: Collection[Field]) -> Sequence[str]:
        """Nothing: the secret is all it takes, and only an event shows whether that is right."""
        return ()

    def write(
        self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Revision]
    ) -> None:
        """Deliver one event for each author, the status first."""
        self._deliver_all(link, values, {name: self._author(edits.get(name)) for name in values})

    def restore(self, link: Link, values: Mapping[Field, Value]) -> None:
        """Deliver one event. Nobody has changed JIRA, so it has no account, and raidctl's name."""
        self._deliver_all(link, values, dict.fromkeys(values, (_NO_ACCOUNT, _US)))

    def _deliver_all(
        self, link: Link, values: Mapping[Field, Value], authors: Mapping[Field, tuple[str, str]]
    ) -> None:
        for number, event in enumerate(self._events(link, values, authors)):
            try:
                self._deliver(event)
            except ServiceError as error:
                if number and not isinstance(error, LostAnswerError):
                    raise LostAnswerError(error) from None  # it has acted on the one before
                raise

    def explain_refusal(self, link: Link, field: Field, value: Value) -> Rule | None:
        """FireFighter's rule against closing an incident such as the link's."""
        if (field, value) != (Field.STATUS, "CLOSED"):
            return None
        return closing_rule(link.incident)

    def _events(
        self, link: Link, values: Mapping[Field, Value], authors: Mapping[Field, tuple[str, str]]
    ) -> list[dict[str, Any]]:
        """All that is to be delivered; raises before anything is sent."""
        events: dict[str, dict[str, Any]] = {}
        for field in sorted(values, key=[*ROWS, *values].index):
            item = self._item(link.incident, field, values[field])
            account, name = authors[field]
            if account and account == self._service_account:
                raise self._ignored(field)
            event = events.setdefault(account, _event(link, account, name))
            event["changelog"]["items"].append(item)
        return list(events.values())

    def _author(self, edit: Revision | None) -> tuple[str, str]:
        """Account and name; in FireFighter the name is all that is shown to people."""
        if edit is None or edit.account is None:
            return self._myself(), _US
        return edit.account, edit.author or edit.account

    def _item(self, incident: Incident, field: Field, value: Value) -> dict[str, Any]:
        """A change in FireFighter's words, from what the incident has now."""
        if value not in WEBHOOK_EXPRESSES.get(field, ()):
            seen = f"its webhook has no words for the {field} {value}"
            advice = f'let the database write it: [impact.writes] {field} = "database"'
            raise self._http.failures.error(JIRA_UPDATE, seen, advice, Category.VALIDATION)
        row = ROWS[field]
        ends = {
            "fromString": row.spelt(incident.value(field)),
            "toString": row.spelt(value),
        }
        return {"field": row.name, "fieldId": row.id, **ends}

    def _ignored(self, field: Field) -> ServiceError:
        seen = (
            f"the {field} was changed in JIRA by FireFighter's own service account, "
            "and FireFighter ignores what that does"
        )
        advice = (
            "change it there by hand, let somebody else touch it in JIRA, "
            f'or let the database write it: [impact.writes] {field} = "database"'
        )
        return self._http.failures.error(JIRA_UPDATE, seen, advice, Category.REFUSED)

    def knock(self) -> None:
        """Deliver an event with no change in it, of an issue that nobody has.

        FireFighter checks the signature, and has nothing to do (0.0.79: its serializer looks at no
        issue where nothing changed). Raises `ServiceError`.
        """
        self._deliver(_event_of("0", NOBODYS, _NO_ACCOUNT, _US))

    def _deliver(self, event: Mapping[str, Any]) -> None:
        try:
            self._http.post(JIRA_UPDATE, event)
        except HttpError as error:
            if (advice := _ADVICE.get(error.status)) is None:
                raise
            seen = said(error.response)
            raise self._http.failures.error(JIRA_UPDATE, seen, advice, error.category) from None


def _event(link: Link, account: str, name: str) -> dict[str, Any]:
    """An event with no change in it yet; FireFighter finds the incident by the key it knows."""
    return _event_of(str(link.issue.id), link.incident.issue_key, account, name)


def _event_of(number: str, key: str | None, account: str, name: str) -> dict[str, Any]:
    return {
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": number, "key": key, "fields": {}},
        "user": {"accountId": account, "displayName": name},
        "changelog": {"items": []},
    }
