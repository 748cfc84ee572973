"""What the configuration lets a plan decide and write."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from raidctl.core.model import Field, Incident, Side, SyncDirection, Value


class Choice(StrEnum):
    """Who wins where the baseline cannot tell."""

    HOLD = "hold"
    IMPACT = "impact"
    JIRA = "jira"
    NEWEST = "newest"


class ImpactWriter(StrEnum):
    """What writes a field of an incident."""

    OFF = "off"
    WEBHOOK = "webhook"
    DATABASE = "database"


# What FireFighter's own webhook handler can be told, by its own tables (facts: webhook).
WEBHOOK_EXPRESSES: Mapping[Field, frozenset[Value]] = {
    Field.STATUS: frozenset({"OPEN", "MITIGATING", "MITIGATED", "CLOSED"}),
    Field.PRIORITY: frozenset(range(1, 6)),
}


OF_WEBHOOK = "the webhook"
"""How the words begin of why FireFighter's webhook, which is configured, cannot write something."""


@dataclass(frozen=True, slots=True)
class FieldPolicy:
    """One field's rules."""

    on_conflict: Choice = Choice.HOLD
    on_first_sight: Choice = Choice.HOLD


PRIVATE_FIELDS = frozenset({Field.TITLE, Field.DESCRIPTION})
"""What tells what a private incident is about."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a run.

    `fields` holds the fields that are synced, in the order they are shown. `direction` is
    None for `auto`, `prefer` is whose value wins where the table leaves it open. `echoes` says
    that raidctl's JIRA account is known not to be FireFighter's service account, whose writes
    alone FireFighter ignores; `service_account` is that account, empty where it is not configured;
    `webhook_ignores` is it as well, and stays where a person goes over what that account has done.
    """

    fields: Mapping[Field, FieldPolicy] = field(
        default_factory=lambda: {name: FieldPolicy() for name in Field}
    )
    direction: SyncDirection | None = None
    prefer: Side | None = None
    impact_writers: Mapping[Field, ImpactWriter] = field(default_factory=dict)
    allow_close: bool = False
    private_to_jira: bool = False
    echoes: bool = False
    service_account: str = ""
    webhook_ignores: str = ""
    grace: timedelta = timedelta(seconds=60)
    clock_skew: timedelta = timedelta(seconds=120)

    @property
    def wants_newest(self) -> bool:
        """Whether any field is decided by who wrote last."""
        return any(
            Choice.NEWEST in (rule.on_conflict, rule.on_first_sight)
            for rule in self.fields.values()
        )

    def keeps_private(self, incident: Incident, name: Field) -> bool:
        """Whether what the field says is not for JIRA's readers, as far as Impact tells."""
        return bool(incident.private) and name in PRIVATE_FIELDS and not self.private_to_jira

    def lacks_writer(self, name: Field, value: Value) -> str | None:
        """Why nothing that is configured can give a field of Impact this value; None if it can.

        "" where there is no writer at all.
        """
        match self.impact_writers.get(name, ImpactWriter.OFF):
            case ImpactWriter.OFF:
                return ""
            case ImpactWriter.WEBHOOK if value not in WEBHOOK_EXPRESSES.get(name, ()):
                return f"{OF_WEBHOOK} cannot set {value}"
            case _:
                return None


def held_until_known(policy: Policy) -> Policy:
    """The rules while nothing is known yet of who changed, and nobody is there to say."""
    fields = {
        name: replace(rule, on_first_sight=Choice.HOLD) for name, rule in policy.fields.items()
    }
    return replace(policy, fields=fields, direction=None, prefer=None)
