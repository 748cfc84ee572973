"""What doctor is to look at, by which ways, and what became of one that fails."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from raidctl.core.doctor.check import Check, CheckId, problem
from raidctl.core.doctor.workflows import Rules
from raidctl.core.model import Field
from raidctl.errors import JournalError, RaidctlError, ServiceError
from raidctl.ports.doctor import ImpactDatabase, ImpactSite, ImpactWebhook, JiraDoor
from raidctl.ports.impact import IncidentSource
from raidctl.ports.journal import JournalReader

T = TypeVar("T")
Types = Mapping[tuple[str, str], Sequence[str]]
"""The statuses that issues can have, by project and issue type."""
Way = Callable[[], T]
"""Opens something; raises `RaidctlError` where it cannot be opened."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways to all that is looked at; None is one that the configuration leaves off or closes.

    `impact_token` and `jira_token` tell whether that system is asked with a token: without, it is
    only seen whether it answers. `source` is what incidents are read through.
    """

    impact: Way[ImpactSite] | None = None
    impact_token: bool = False
    webhook: Way[ImpactWebhook] | None = None
    database: Way[ImpactDatabase] | None = None
    jira: Way[JiraDoor] | None = None
    jira_token: bool = False
    source: Way[IncidentSource] | None = None
    journal: Way[JournalReader] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the configuration says of what is looked at.

    `fields` are those that are synced; `rules` are made of the live statuses, with JIRA's
    name of the priority field, and raise `ConfigError` where these decide for no tables. `recent`
    is how old an incident may be that stands for the others. `known` are the checks that were made
    before, `left_off` the reasons of those that are not to be.
    """

    fields: frozenset[Field]
    rules: Callable[[Types], tuple[Rules, str]]
    now: datetime
    writes_jira: bool = True
    project: str = ""
    issue_type: str = ""
    makes_issues: bool = False
    deployment: str = "auto"
    service_account: str = ""
    concurrency: int = 4
    recent: timedelta = timedelta(days=30)
    known: Sequence[Check] = ()
    left_off: Mapping[CheckId, str] = field(default_factory=dict)


def failed(number: CheckId, error: RaidctlError) -> Check:
    """A check that met this."""
    if isinstance(error, ServiceError):
        return problem(number, f"{error.system} at {error.where}: {error.seen}", error.advice)
    line = " ".join(str(error).split())
    if isinstance(error, JournalError):  # which ends with what to do
        what, _, mend = line.rpartition(": ")
        return problem(number, what or line, mend)
    what, _, mend = line.partition("; ")
    return problem(number, what, mend or "correct the configuration")
