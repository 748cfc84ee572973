"""Every key of the configuration: its check, its default, FireFighter's variable for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from raidctl.config.checks import (
    Check,
    above_zero,
    address,
    flag,
    labels,
    markers,
    path,
    project_key,
    reference,
    rotation,
    text,
    textfile,
    whole,
    with_scheme,
    word,
)
from raidctl.config.secrets import Spelling
from raidctl.core.mapping.presets import AUTO
from raidctl.core.mapping.tables import PRESETS
from raidctl.core.model import Field, SyncDirection
from raidctl.core.policy import WEBHOOK_EXPRESSES, Choice, ImpactWriter

MANY = 1_000_000_000
MEBIBYTE = 1024**2
DAY_SECONDS = 86_400
YEAR_SECONDS = 31_536_000
CENTURY_DAYS = 36_500  # more would leave the calendar

SPELLINGS: tuple[Spelling, ...] = ("env", "file", "command")
SECRETS: Mapping[str, tuple[str, ...]] = {
    "impact.token": ("IMPACT_TOKEN",),
    "impact.webhook_secret": ("RAID_JIRA_WEBHOOK_SECRET",),
    "impact.database_url": ("IMPACT_DATABASE_URL",),
    "jira.token": ("JIRA_TOKEN", "RAID_JIRA_API_PASSWORD"),
    "listen.secret": ("RAIDCTL_LISTEN_SECRET",),
    "notify.slack_url": ("RAIDCTL_NOTIFY_SLACK_URL",),
    "notify.url": ("RAIDCTL_NOTIFY_URL",),
    "notify.ping_url": ("RAIDCTL_NOTIFY_PING_URL",),
}
"""The secrets, and the variables that are looked at where the file names none."""


class Direction(StrEnum):
    """Who decides, as `policy.direction` and `--direction` spell it."""

    AUTO = "auto"
    IMPACT_TO_JIRA = "impact-to-jira"
    JIRA_TO_IMPACT = "jira-to-impact"

    @property
    def decided(self) -> SyncDirection | None:
        """The direction as the plan knows it; None for `auto`."""
        if self is Direction.AUTO:
            return None
        return SyncDirection(self.value.replace("-", "_"))


@dataclass(frozen=True, slots=True)
class Key:
    """One key with one value; an empty text counts as not given where the default is text.

    `variable` is read where the file gives nothing, its text completed by `complete`. Where the
    file names the secret `beside` it, an empty text is an answer.
    """

    check: Check
    default: object = ""
    variable: str = ""
    complete: Callable[[str], str] = str
    beside: str = ""


def _writers(field: Field) -> Key:
    able = [w for w in ImpactWriter if w is not ImpactWriter.WEBHOOK or field in WEBHOOK_EXPRESSES]
    return Key(word(*able), ImpactWriter.OFF.value)


KEYS: Mapping[str, Key] = {
    "impact.url": Key(address, variable="BASE_URL"),
    "impact.reads": Key(word("rest", "database")),
    "impact.service_account": Key(text, variable="RAID_DEFAULT_JIRA_QRAFT_USER_ID"),
    "impact.schema": Key(text, variable="POSTGRES_SCHEMA"),
    **{f"impact.writes.{field}": _writers(field) for field in Field},
    "impact.writes.link": Key(
        word(ImpactWriter.OFF, ImpactWriter.DATABASE), ImpactWriter.OFF.value
    ),
    "jira.url": Key(address, variable="RAID_JIRA_API_URL", complete=with_scheme),
    **{
        f"{site}.{key}": Key(check, default)
        for site in ("impact", "jira")
        for key, check, default in (
            ("certificate", path, ""),
            ("certificate_key", path, ""),
            ("allow_http", flag, False),
        )
    },
    "jira.notify": Key(flag, True),
    "jira.deployment": Key(word("auto", "cloud", "datacenter"), "auto"),
    "jira.user": Key(text, variable="RAID_JIRA_API_USER", beside="jira.token"),
    "jira.project": Key(project_key, variable="RAID_JIRA_PROJECT_KEY"),
    "jira.issue_type": Key(text, "Incident"),
    "jira.priority_field": Key(text),
    "jira.incident_category_field": Key(text, variable="RAID_JIRA_INCIDENT_CATEGORY_FIELD"),
    "jira.toolbox_url": Key(address, variable="RAID_TOOLBOX_URL", complete=with_scheme),
    **{
        f"{secret}_{spelling}": Key(path if spelling == "file" else reference)
        for secret in SECRETS
        for spelling in SPELLINGS
    },
    "mapping.preset": Key(word(AUTO, *PRESETS), AUTO),
    "mapping.description_tail": Key(
        markers, ("🧯 This incident has been created", "*Additional Information*")
    ),
    "policy.direction": Key(word(*Direction), Direction.AUTO.value),
    "policy.on_conflict": Key(word(*Choice), Choice.HOLD.value),
    "policy.private_to_jira": Key(flag, False),
    "policy.on_first_sight": Key(word(*Choice), Choice.HOLD.value),
    **{
        f"policy.fields.{field}.{rule}": Key(word(*Choice))
        for field in Field
        for rule in ("on_conflict", "on_first_sight")
    },
    **{f"policy.fields.{field}.sync": Key(flag, True) for field in Field},
    "scope.closed_within_days": Key(whole(CENTURY_DAYS), 30),
    "safety.max_changes": Key(whole(MANY), 50),
    "safety.max_change_percent": Key(whole(100), 20),
    "safety.allow_close": Key(flag, False),
    "safety.grace_seconds": Key(whole(YEAR_SECONDS), 60),
    "safety.clock_skew_seconds": Key(whole(YEAR_SECONDS), 120),
    "backfill.reporter": Key(text),
    "backfill.labels": Key(labels, ()),
    "backfill.attachment_max_mb": Key(whole(2_000, least=1), 50),
    "listen.host": Key(text, "127.0.0.1"),
    "listen.port": Key(whole(65_535), 8420),
    "listen.max_bytes": Key(whole(64 * MEBIBYTE, least=1024), MEBIBYTE),
    "loop_guard.seconds": Key(whole(YEAR_SECONDS), 30),
    "journal.path": Key(path),
    "metrics.file": Key(textfile),
    "metrics.push_url": Key(address),
    "log.file": Key(path),
    "log.format": Key(word("text", "json"), "text"),
    "log.rotate": Key(rotation),
    "log.keep": Key(whole(10_000, least=1), 7),
    "http.timeout_seconds": Key(above_zero(3600), 20.0),
    "http.run_seconds": Key(above_zero(DAY_SECONDS), 3600.0),
    "http.concurrency": Key(whole(32, least=1), 4),
    "http.share": Key(above_zero(1), 0.5),
}

OPEN_TABLES = (
    "backfill.fields",
    "backfill.projects",
    "impact.headers",
    "jira.headers",
    "jira.transition_fields",
    "mapping.status_to_jira",
    "mapping.status_to_impact",
    "mapping.priority",
    "mapping.project",
    "users",
)
"""The tables whose keys are names of the site."""


def _above(dotted: str) -> list[str]:
    parts = dotted.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]


SECTIONS = frozenset(above for dotted in (*KEYS, *OPEN_TABLES) for above in _above(dotted))
"""The tables that hold keys."""
