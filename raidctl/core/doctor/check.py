"""What doctor finds: one check an id, of a closed set, and which of them stand behind others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check ended. Only a problem needs somebody; what is skipped was not looked at."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class CheckId(StrEnum):
    """What is checked, in the order in which it is told."""

    CONFIG_FILE = "config.file"
    CONFIG_SECRETS = "config.secrets"
    IMPACT_REACHABLE = "impact.reachable"
    IMPACT_TOKEN = "impact.token"  # noqa: S105 - the name of a check
    IMPACT_DATABASE = "impact.database"
    IMPACT_SCHEMA = "impact.schema"
    IMPACT_GRANTS = "impact.grants"
    IMPACT_WEBHOOK = "impact.webhook"
    IMPACT_CLOCK = "impact.clock"
    JIRA_REACHABLE = "jira.reachable"
    JIRA_TOKEN = "jira.token"  # noqa: S105 - the name of a check
    JIRA_DEPLOYMENT = "jira.deployment"
    JIRA_PROJECT = "jira.project"
    JIRA_PERMISSIONS = "jira.permissions"
    JIRA_ISSUE_TYPE = "jira.issue_type"
    JIRA_STATUSES = "jira.statuses"
    JIRA_COVERAGE = "jira.coverage"
    JIRA_PATHS = "jira.paths"
    JIRA_TRANSITION_FIELDS = "jira.transition_fields"
    JIRA_PRIORITIES = "jira.priorities"
    JIRA_CLOCK = "jira.clock"
    SERVICE_ACCOUNT = "service_account"
    JOURNAL_FILE = "journal.file"
    JOURNAL_BASELINES = "journal.baselines"
    CRON_AGE = "cron.age"


BEHIND: Mapping[CheckId, CheckId] = {
    CheckId.CONFIG_SECRETS: CheckId.CONFIG_FILE,
    CheckId.IMPACT_REACHABLE: CheckId.CONFIG_FILE,
    CheckId.IMPACT_TOKEN: CheckId.IMPACT_REACHABLE,
    CheckId.IMPACT_DATABASE: CheckId.CONFIG_FILE,
    CheckId.IMPACT_SCHEMA: CheckId.IMPACT_DATABASE,
    CheckId.IMPACT_GRANTS: CheckId.IMPACT_SCHEMA,
    CheckId.IMPACT_WEBHOOK: CheckId.IMPACT_REACHABLE,
    CheckId.IMPACT_CLOCK: CheckId.IMPACT_REACHABLE,
    CheckId.JIRA_REACHABLE: CheckId.CONFIG_FILE,
    CheckId.JIRA_TOKEN: CheckId.JIRA_REACHABLE,
    CheckId.JIRA_DEPLOYMENT: CheckId.JIRA_REACHABLE,
    CheckId.JIRA_PROJECT: CheckId.JIRA_TOKEN,
    CheckId.JIRA_PERMISSIONS: CheckId.JIRA_PROJECT,
    CheckId.JIRA_ISSUE_TYPE: CheckId.JIRA_PROJECT,
    CheckId.JIRA_STATUSES: CheckId.JIRA_PROJECT,
    CheckId.JIRA_COVERAGE: CheckId.JIRA_STATUSES,
    CheckId.JIRA_PATHS: CheckId.JIRA_STATUSES,
    CheckId.JIRA_TRANSITION_FIELDS: CheckId.JIRA_STATUSES,
    CheckId.JIRA_PRIORITIES: CheckId.JIRA_STATUSES,
    CheckId.JIRA_CLOCK: CheckId.JIRA_REACHABLE,
    CheckId.SERVICE_ACCOUNT: CheckId.JIRA_TOKEN,
    CheckId.JOURNAL_FILE: CheckId.CONFIG_FILE,
    CheckId.JOURNAL_BASELINES: CheckId.JOURNAL_FILE,
    CheckId.CRON_AGE: CheckId.JOURNAL_FILE,
}
"""What cannot be looked at unless another check came out well enough."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was seen, in one sentence each: `what`, more of it in `detail`, how to `mend` it."""

    id: CheckId
    state: State
    what: str
    detail: str | None = None
    mend: str | None = None


def ok(number: CheckId, what: str, detail: str | None = None) -> Check:
    """All is as it should be."""
    return Check(number, State.OK, what, detail)


def warning(number: CheckId, what: str, mend: str, detail: str | None = None) -> Check:
    """It works, and not as well as it might."""
    return Check(number, State.WARNING, what, detail, mend)


def problem(number: CheckId, what: str, mend: str, detail: str | None = None) -> Check:
    """A run would fail at it."""
    return Check(number, State.PROBLEM, what, detail, mend)


def skipped(number: CheckId, why: str) -> Check:
    """It was not looked at."""
    return Check(number, State.SKIPPED, why)


def whole(found: Iterable[Check], left_off: Mapping[CheckId, str]) -> tuple[Check, ...]:
    """A check for every id, in order: what was not looked at is skipped, and says why.

    `left_off` are the reasons of those that the configuration has no use for. The others stand
    behind what has a problem, or was skipped itself.
    """
    known = {check.id: check for check in found}
    for number in CheckId:
        if number not in known:
            known[number] = skipped(number, left_off.get(number) or _first(number, known))
    return tuple(known[number] for number in CheckId)


def _first(number: CheckId, known: Mapping[CheckId, Check]) -> str:
    before = BEHIND.get(number)
    while before is not None and known[before].state in {State.OK, State.WARNING}:
        before = BEHIND.get(before)
    if before is None:
        return "nothing could be found out about it"
    if known[before].state is State.SKIPPED:
        return known[before].what
    return f"{before} comes first"


def named(names: Iterable[str], most: int = 8) -> str:
    """Names in a sentence, in quotes; of many the first ones, and how many more there are."""
    told = list(dict.fromkeys(names))
    shown = [f'"{name}"' for name in told[:most]]
    if len(told) > most:
        return f"{', '.join(shown)} and {len(told) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
