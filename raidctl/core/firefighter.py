"""What FireFighter's own handler makes of JIRA's events: what it takes, and what it lets pass.

Its tables are its own, and by exact spelling, whatever raidctl's are. Source: facts, section 3,
and firefighter-incident 0.0.79, `JiraWebhookUpdateSerializer` and `incident_updated`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from raidctl.core.mapping.tables import FIREFIGHTER, FIREFIGHTER_PRIORITY_FIELD, RAID
from raidctl.core.model import Field, Incident, Value

SWALLOWED_FOR = timedelta(seconds=60)
"""How long after its own push of a value it takes the same one from JIRA for the echo of that."""

UNMITIGATED = ("OPEN", "INVESTIGATING", "MITIGATING")
"""What FireFighter closes no incident in, but for some that Impact does not tell from others."""
_LEAST_WITH_KEY_EVENTS = 3  # priorities 1 to 3 are not closed without them
_CLOSED = "CLOSED"
_FIRST_HOP = "Pending resolution"  # on its own way to "in progress"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of Impact's in words; where it is not `certain` it may be another, or none."""

    words: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A field that it takes from JIRA.

    `image` is what a name of JIRA's stands for, None for one that it does not know; `pushed` are
    the names by which it carries a value of Impact's to JIRA.
    """

    image: Callable[[str], Value]
    pushed: Callable[[Value], frozenset[str]]


def _status_pushed(value: Value) -> frozenset[str]:
    name = FIREFIGHTER.status_to_jira.get(str(value))
    hop = {_FIRST_HOP} if value in ("INVESTIGATING", "MITIGATING") else set()
    return frozenset(hop if name is None else {name, *hop})


def _priority(name: str) -> Value:
    """By number, or by JIRA's own names."""
    number = name.strip()
    if number.isdecimal() and 1 <= int(number) <= 5:
        return int(number)
    return RAID.priority.get(name)


TAKEN: Mapping[Field, Taken] = {
    Field.STATUS: Taken(FIREFIGHTER.status_to_impact.get, _status_pushed),
    Field.PRIORITY: Taken(_priority, lambda value: frozenset({str(value)})),
}
"""Of any other field its handler takes nothing."""


def taken_over(priority_field: str) -> frozenset[Field]:
    """The fields it takes over where JIRA keeps the priority in this one: it knows but its own."""
    own = priority_field == FIREFIGHTER_PRIORITY_FIELD
    return frozenset(TAKEN if own else TAKEN.keys() - {Field.PRIORITY})


def pushes(name: Field, value: Value, told: str) -> bool:
    """Whether it remembers a push of Impact's value so that it swallows this name from JIRA."""
    taken = TAKEN.get(name)
    if taken is None:
        return False
    image = taken.image(told)
    spelt = str(image) if isinstance(image, int) else told
    return _folded(spelt) in map(_folded, taken.pushed(value))


def closes(name: Field, told: str) -> bool:
    """Whether it takes this name for the end of the incident."""
    return name in TAKEN and TAKEN[name].image(told) == _CLOSED


def closing_rule(incident: Incident) -> Rule | None:
    """Why it does not close such an incident, as far as that shows; None where nothing does."""
    if incident.ignored:
        return None
    if incident.status in UNMITIGATED:
        now = str(incident.status).capitalize()
        words = f"FireFighter closes only what is mitigated; the incident is {now} there"
        return Rule(words, certain=True)
    if incident.needs_postmortem:
        words = (
            "FireFighter wants the post-mortem of such an incident first, "
            "or one of its key events is missing"
        )
        return Rule(words, certain=incident.status != "POST_MORTEM")
    if isinstance(incident.priority, int) and incident.priority <= _LEAST_WITH_KEY_EVENTS:
        more = "" if incident.needs_postmortem is False else "; perhaps its post-mortem as well"
        words = (
            "FireFighter wants the key events of such an incident first: "
            f"when it started, was detected, declared and recovered{more}"
        )
        return Rule(words, certain=False)
    return None


def holding(incident: Incident, name: Field, value: Value) -> Incident:
    """The incident as it was when a field had another value."""
    return replace(incident, values={**incident.values, name: value})


def _folded(name: str) -> str:
    return name.strip().lower()
