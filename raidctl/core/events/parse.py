"""What a payload says: JIRA's webhooks as JIRA sends them, and Impact's updates.

Source: facts, "Webhooks" and FireFighter's webhook; `tests/core/events` has their cases. Whatever
is no event is refused with what is wrong with it, in a line; nothing of it is believed but where to
look.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from raidctl.core.events.event import Event, Seen, State
from raidctl.core.model import Field

UPDATED = "jira:issue_updated"
IMPACT_UPDATED, IMPACT_CREATED = "impact:incident_updated", "impact:incident_created"
FROM_JIRA = "from Jira"
"""What FireFighter writes into the message of an update that it took over from JIRA."""

LARGEST_ID = 2**63 - 1  # in every database that keeps one
LONGEST = 200  # characters of a name or a kind; JIRA's keys and ours are far shorter
_KEY = re.compile(r"[A-Za-z]\w{0,99}-\d{1,18}", re.ASCII)
_CUSTOM = "customfield_"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Read = Callable[[str, Mapping[str, Any]], Seen]


class NoEventError(ValueError):
    """A payload that is no event; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Parser:
    """Reads payloads by what is known of the site.

    `fields` are those that are synced by JIRA's field ids: as long as it is not known which one
    holds the priority, each that may. `service_account` is FireFighter's own JIRA account, "" where
    it is not known.
    """

    fields: Mapping[str, Field]
    service_account: str = ""

    def jira(self, payload: bytes, name: str | None = None) -> Seen:
        """What JIRA sent, by the identifier of its webhook where it has one."""
        return self._seen(payload, name, self._of_jira)

    def impact(self, payload: bytes, name: str | None = None) -> Seen:
        """What Impact sent."""
        return self._seen(payload, name, self._of_impact)

    def any(self, payload: bytes) -> Seen:
        """What either of them sent."""
        return self._seen(payload, None, self._of_either)

    def _seen(self, payload: bytes, name: str | None, read: _Read) -> Seen:
        fit = name and len(name) <= LONGEST and name.isascii() and name.isprintable()
        known = name if name and fit else name_of(payload)
        try:
            return read(known, _object(_loaded(payload), "the payload"))
        except NoEventError as error:
            return Seen(Event(known, ""), State.REFUSED, str(error))

    def _of_either(self, name: str, body: Mapping[str, Any]) -> Seen:
        if "webhookEvent" in body:
            return self._of_jira(name, body)
        if "incident" in body:
            return self._of_impact(name, body)
        raise NoEventError('neither JIRA\'s (no "webhookEvent") nor Impact\'s (no "incident")')

    def _of_jira(self, name: str, body: Mapping[str, Any]) -> Seen:
        kind = body.get("webhookEvent")
        if not isinstance(kind, str) or not kind:
            raise NoEventError('JIRA\'s events have a "webhookEvent"; this one has none')
        if kind != UPDATED:
            told = kind.encode(errors="backslashreplace").decode()  # half a character is no text
            event = Event(name, told[:LONGEST], _time(body.get("timestamp")))
            return Seen(event, State.IGNORED, f"of JIRA's events only {UPDATED} is of use")
        number, key = _issue(body.get("issue"))
        event = Event(
            name,
            kind,
            _time(body.get("timestamp")),
            issue=key,
            issue_id=number,
            fields=frozenset(self._named(body.get("changelog"))),
        )
        if self.service_account and self.service_account in _accounts(body.get("user")):
            return Seen(event, State.SKIPPED, "an echo: FireFighter's service account did it")
        if not event.fields:
            return Seen(event, State.IGNORED, "no field that is synced has changed")
        return Seen(event, State.WAITING)

    def _named(self, changelog: object) -> Iterable[Field]:
        """Our fields that a changelog names, by all its items; none where there is none."""
        if changelog is None:
            return
        items = _object(changelog, '"changelog"').get("items", [])
        if not isinstance(items, list):
            raise NoEventError('"items" of the changelog is no list')
        for item in items:
            yield from self._of_item(_object(item, "an item of the changelog"))

    def _of_item(self, item: Mapping[str, Any]) -> Iterable[Field]:
        """By its id; without one it has the name that is shown, which of a custom field is any."""
        if isinstance(number := item.get("fieldId"), str) and number:
            if (field := self.fields.get(number)) is not None:
                yield field
            return
        shown = item.get("field")
        if isinstance(shown, str) and (field := self.fields.get(shown.lower())) is not None:
            yield field
        elif item.get("fieldtype") != "jira":
            yield from (one for key, one in self.fields.items() if key.startswith(_CUSTOM))

    def _of_impact(self, name: str, body: Mapping[str, Any]) -> Seen:
        incident, created = (
            _id(body.get("incident"), '"incident"', "an incident"),
            body.get("created", False),
        )
        if not isinstance(created, bool):
            raise NoEventError('"created" is neither true nor false')
        if created:
            event = Event(name, IMPACT_CREATED, incident=incident, creation=True)
            return Seen(event, State.WAITING)
        message, fields = body.get("message"), body.get("update_fields")
        if not (message is None or isinstance(message, str)):
            raise NoEventError('"message" is no text')
        if not (fields is None or isinstance(fields, list)):
            raise NoEventError('"update_fields" is no list')
        named = {_attribute(one) for one in fields or () if isinstance(one, str)}
        ours = frozenset(field for field in self.fields.values() if field.value in named)
        event = Event(name, IMPACT_UPDATED, incident=incident, fields=ours)
        if body.get("created_by") is None and FROM_JIRA in (message or ""):
            return Seen(event, State.SKIPPED, "an echo: Impact took it over from JIRA")
        if not fields:
            return Seen(event, State.IGNORED, 'it has no "update_fields": nothing to do')
        if not ours:
            return Seen(event, State.IGNORED, "no field that is synced has changed")
        return Seen(event, State.WAITING)


def _attribute(name: str) -> str:
    """A field of FireFighter's incident by a name of Django's: `_status`, `priority_id`."""
    return name.removeprefix("_").removesuffix("_id")


def name_of(payload: bytes) -> str:
    """What tells a payload from others that has no identifier."""
    return hashlib.sha256(payload.strip()).hexdigest()


def is_object(payload: bytes) -> bool:
    """Whether it is an object of JSON, whatever it says."""
    try:
        return isinstance(_loaded(payload), dict)
    except NoEventError:
        return False


def _loaded(payload: bytes) -> object:
    try:
        loaded: object = json.loads(payload)
    except RecursionError:
        raise NoEventError("nests deeper than any event") from None
    except json.JSONDecodeError as error:
        raise NoEventError(f"not JSON: {_fault(error)}") from None
    except UnicodeDecodeError:
        raise NoEventError("not JSON: no UTF-8 text") from None
    except ValueError:  # Python reads no number of more than some thousand digits
        raise NoEventError("not JSON that anybody sends: a number is longer than any") from None
    if isinstance(loaded, list):
        raise NoEventError("the payload is a list: give its events one by one")
    return loaded


def _fault(error: json.JSONDecodeError) -> str:
    """Where it goes wrong: what the decoder has to say of it means nothing to whoever sent it."""
    if not error.doc.strip():
        return "it is empty"
    if error.pos >= len(error.doc.rstrip()):
        return "it ends before it is complete"
    line = f"line {error.lineno}, " if "\n" in error.doc.strip() else ""
    return f"it goes wrong at {line}character {error.colno}"


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise NoEventError(f"{what} is no object")
    return value


def _issue(issue: object) -> tuple[int | None, str | None]:
    """Its id, which never changes, and its key, as far as each is one."""
    if issue is None:
        raise NoEventError(f'{UPDATED} names an "issue"; this one names none')
    told = _object(issue, '"issue"')
    key = told.get("key")
    known = key.upper() if isinstance(key, str) and _KEY.fullmatch(key) else None
    try:
        return _id(told.get("id"), '"id"', "an issue"), known
    except NoEventError:
        if known is None:
            raise
        return None, known


def _id(value: object, what: str, of: str) -> int:
    """As a number or as the digits of one."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value):
        value = int(value)
    if type(value) is not int or not 0 < value <= LARGEST_ID:
        raise NoEventError(f"{what} is not the number of {of}")
    return value


def _accounts(user: object) -> set[str]:
    """What identifies a user, on Cloud and on Data Center."""
    if not isinstance(user, dict):
        return set()
    told = (user.get(key) for key in ("accountId", "name", "key"))
    return {one for one in told if isinstance(one, str)}


def _time(milliseconds: object) -> datetime | None:
    """None where it is none that every zone can tell."""
    if type(milliseconds) is not int or not 0 < milliseconds < 250_000_000_000_000:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)
