"""The configuration: a TOML file and the environment become one frozen `Config`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Literal, cast

from raidctl.config.access import Access, access, check_clear_text, secret_variables
from raidctl.config.keys import KEYS, SECRETS, SPELLINGS, Direction
from raidctl.config.listening import ListenConfig
from raidctl.config.log import LogConfig, log_config
from raidctl.config.metrics import MetricsConfig, metrics
from raidctl.config.notifying import RECEIVERS, NotifyConfig
from raidctl.config.read import Problems, Settings, read_document, read_settings
from raidctl.config.secrets import Environ, Secret, trimmed
from raidctl.config.tables import (
    creation_fields,
    mapping_tables,
    projects,
    transition_fields,
    users,
)
from raidctl.core.mapping.presets import SiteTables
from raidctl.core.model import Field, SyncDirection
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter
from raidctl.errors import ConfigError

Reads = Literal["rest", "database"]
Deployment = Literal["auto", "cloud", "datacenter"]

# What FireFighter's own settings take for false (python-decouple's `cast=bool`).
_FALSE = frozenset({"false", "f", "0", "no", "n", "off"})
_SWITCHES = ("ENABLE_JIRA", "ENABLE_RAID")


@dataclass(frozen=True, slots=True)
class ImpactConfig:
    """How to reach Impact, and what writes each of its fields, and which issue is an incident's."""

    url: str
    token: Secret
    reads: Reads
    service_account: str
    webhook_secret: Secret
    database_url: Secret
    schema: str
    access: Access
    writes: Mapping[Field, ImpactWriter]
    link: ImpactWriter


@dataclass(frozen=True, slots=True)
class JiraConfig:
    """How to reach JIRA, and what is particular to this site.

    `transition_fields`: per JIRA status, the fields a transition to it fills in. `notify`: JIRA may
    send mails about what raidctl edits.
    """

    url: str
    deployment: Deployment
    user: str
    token: Secret
    project: str
    issue_type: str
    incident_category_field: str
    toolbox_url: str
    notify: bool
    access: Access
    transition_fields: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class SafetyConfig:
    """Limits of a run (0: no limit, no wait); the percentage is of all links in scope."""

    max_changes: int
    max_change_percent: int
    allow_close: bool
    grace_seconds: int
    clock_skew_seconds: int


@dataclass(frozen=True, slots=True)
class BackfillConfig:
    """What issues are made of beside their incidents, and where they go.

    `reporter` is an account, empty for none. `projects` are keys by the folded name of an issue
    type, a group of categories (a component) or a category. `fields` are more values by JIRA's
    field id, as its REST interface takes them. A file of at most `attachment_max_mb` times 1024 by
    1024 bytes is attached.
    """

    reporter: str
    labels: tuple[str, ...]
    projects: Mapping[str, str]
    fields: Mapping[str, object]
    attachment_max_mb: int


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a user can set, checked.

    `mappings` are the tables that may be in force: one, or one for each preset that the live
    workflow decides between. `users` holds JIRA accounts by folded e-mail, `fields` only what is
    synced, `direction` None for `auto`.
    """

    file: Path | None
    impact: ImpactConfig
    jira: JiraConfig
    mappings: tuple[SiteTables, ...]
    description_tail: tuple[str, ...]
    users: Mapping[str, str]
    direction: SyncDirection | None
    fields: Mapping[Field, FieldPolicy]
    private_to_jira: bool
    closed_within_days: int
    safety: SafetyConfig
    backfill: BackfillConfig
    listen: ListenConfig
    notify: NotifyConfig
    loop_guard_seconds: int
    journal_path: Path
    metrics: MetricsConfig
    log: LogConfig
    timeout_seconds: float
    run_seconds: float
    concurrency: int
    share: float


class Purpose(IntEnum):
    """What a configuration is loaded for: each needs the secrets of those before it."""

    LOOK = 0
    READ = 1
    WRITE = 2
    CHECK = 3
    """Whatever anything would miss: a run goes on without those that it would tell."""


def load(file: Path | None, environ: Environ, purpose: Purpose = Purpose.WRITE) -> Config:
    """The configuration out of a file and the environment; the file wins.

    The secrets that the purpose needs are looked for, not read. Raises `ConfigError` with
    every problem there is.
    """
    found = examined(file, environ, purpose)
    if found.config is None or found.problems:
        raise ConfigError(list(found.problems))
    return found.config


@dataclass(frozen=True, slots=True)
class Examined:
    """A configuration, be it half there: what is at fault holds its default.

    `config` is None where nothing of it can be read. `problems` are a line each, `lacking` those of
    them that are about secrets which cannot be had, and `blamed` the keys at fault.
    """

    config: Config | None
    problems: tuple[str, ...] = ()
    lacking: frozenset[str] = frozenset()
    blamed: frozenset[str] = frozenset()


def examined(file: Path | None, environ: Environ, purpose: Purpose = Purpose.WRITE) -> Examined:
    """What there is of the configuration, and all that is wrong with it. Raises nothing."""
    environ, problems = trimmed(environ), Problems(file)
    try:
        _stop_if_switched_off(environ)
        settings = read_settings(read_document(file), environ, problems)
    except ConfigError as error:
        return Examined(None, error.problems)
    config = _config(_Sources(file, environ, settings, problems, purpose))
    return Examined(
        config, (*problems.lines,), frozenset(problems.lacking), frozenset(problems.blamed)
    )


@dataclass(frozen=True, slots=True)
class _Sources:
    """What a `Config` is made of."""

    file: Path | None
    environ: Environ
    settings: Settings
    problems: Problems
    purpose: Purpose

    def path(self, text: str) -> Path:
        """A path as the file means it: relative to the file."""
        base = self.file.parent if self.file else Path()
        return base / Path(text).expanduser()


def _stop_if_switched_off(environ: Environ) -> None:
    off = [name for name in _SWITCHES if environ.get(name, "").strip().lower() in _FALSE]
    if off:
        raise ConfigError(
            [f"environment: {name}: the integration is switched off by it" for name in off]
        )


def _config(sources: _Sources) -> Config:
    settings, problems = sources.settings, sources.problems
    for key in ("impact.url", "jira.url"):
        if not settings.text(key) and key not in problems.blamed:
            problems.add(key, f"missing; set it, or the variable {KEYS[key].variable}")
    impact = _impact(sources)
    _check_newest(impact.reads, settings, problems)
    return Config(
        file=sources.file,
        impact=impact,
        jira=_jira(sources),
        mappings=mapping_tables(settings, problems),
        description_tail=settings.take("mapping.description_tail", tuple),
        users=users(settings, problems),
        direction=Direction(settings.text("policy.direction")).decided,
        fields=_fields(settings),
        private_to_jira=settings.take("policy.private_to_jira", bool),
        closed_within_days=settings.take("scope.closed_within_days", int),
        safety=SafetyConfig(**settings.section("safety", SafetyConfig)),
        backfill=BackfillConfig(
            reporter=settings.text("backfill.reporter"),
            labels=settings.take("backfill.labels", tuple),
            projects=projects(settings, problems),
            fields=creation_fields(settings, problems),
            attachment_max_mb=settings.take("backfill.attachment_max_mb", int),
        ),
        listen=ListenConfig(
            **settings.section("listen", ListenConfig), secret=_secret("listen.secret", sources)
        ),
        notify=NotifyConfig(*(_notify(f"notify.{name}", sources) for name in RECEIVERS)),
        loop_guard_seconds=settings.take("loop_guard.seconds", int),
        journal_path=_journal_path(sources),
        metrics=metrics(settings, sources.path),
        log=log_config(settings, sources.path),
        timeout_seconds=settings.take("http.timeout_seconds", float),
        run_seconds=settings.take("http.run_seconds", float),
        concurrency=settings.take("http.concurrency", int),
        share=settings.take("http.share", float),
    )


def _impact(sources: _Sources) -> ImpactConfig:
    settings = sources.settings
    secrets = {name: _secret(f"impact.{name}", sources) for name in _WAYS.values()}
    writes = {name: ImpactWriter(settings.text(f"impact.writes.{name}")) for name in Field}
    link = ImpactWriter(settings.text("impact.writes.link"))
    reads = _reads(sources, secrets["token"], secrets["database_url"])
    undecided = reads == "rest" and not settings.text("impact.reads")
    needed: dict[str, str] = {reads: _BOTH_WAYS if undecided else f'impact.reads = "{reads}"'}
    if sources.purpose >= Purpose.WRITE:
        for name, writer in [*writes.items(), ("link", link)]:
            needed.setdefault(writer, f'impact.writes.{name} = "{writer}"')
    for way, name in _WAYS.items():
        if way in needed:
            _need(f"impact.{name}", secrets[name], sources, needed[way])
    if "rest" in needed or "webhook" in needed:
        _check_clear_text("impact", sources)
    given = settings.section("impact", ImpactConfig) | secrets
    return ImpactConfig(
        **given
        | {"reads": reads, "writes": writes, "link": link, "access": _access("impact", sources)}
    )


def _check_clear_text(site: str, sources: _Sources) -> None:
    if sources.purpose is not Purpose.LOOK:
        check_clear_text(site, sources.settings, sources.problems)


def _access(site: str, sources: _Sources) -> Access:
    found = access(site, sources.settings, sources.problems, sources.path)
    for secret in found.headers.values():
        _need(secret.key, secret, sources, "every request to it")
    return found


def _reads(sources: _Sources, token: Secret, database_url: Secret) -> Reads:
    """As configured; else whatever there is a secret for, POSTGRES_HOST saying enough."""
    chosen = sources.settings.text("impact.reads")
    if chosen:
        return cast("Reads", chosen)  # its check knows the words

    if token.key != "impact.token":  # spelled out in the file
        return "rest"

    def ready(secret: Secret) -> bool:
        return secret.spelling == "postgres" or secret.lacks(sources.environ) is None

    return "database" if ready(database_url) and not ready(token) else "rest"


def _jira(sources: _Sources) -> JiraConfig:
    settings = sources.settings
    token = _secret("jira.token", sources)
    _need("jira.token", token, sources, "every command")
    _check_clear_text("jira", sources)
    return JiraConfig(
        **settings.section("jira", JiraConfig),
        token=token,
        access=_access("jira", sources),
        transition_fields=transition_fields(settings, sources.problems),
    )


def _secret(name: str, sources: _Sources) -> Secret:
    """The secret as the file spells it, else by the first variable that is set."""
    settings = sources.settings
    given = [each for each in SPELLINGS if settings.text(f"{name}_{each}")]
    if len(given) > 1:
        both = " and ".join(f"{name}_{each}" for each in given)
        sources.problems.add(name, f"{both} are given; allowed: one of them")
    if given:
        key, spelling = f"{name}_{given[0]}", given[0]
        reference = settings.text(key)
        if spelling == "file":
            reference = str(sources.path(reference))
        return Secret(spelling, reference, key, secret_variables(settings) - {*SECRETS[name]})
    for variable in SECRETS[name]:
        if sources.environ.get(variable):
            return Secret("env", variable, name)
    if name == "impact.database_url" and sources.environ.get("POSTGRES_HOST"):
        return Secret("postgres", "POSTGRES_HOST", name)
    ways = ", ".join(f"{name}_{spelling}" for spelling in SPELLINGS)
    return Secret("nowhere", f"set the variable {SECRETS[name][0]}, or one of {ways}", name)


def _notify(name: str, sources: _Sources) -> Secret:
    """The address of a receiver of notices, which nobody need have."""
    secret = _secret(name, sources)
    if sources.purpose is Purpose.CHECK and secret.spelling != "nowhere":
        _need(name, secret, sources, "telling of runs (to tell nobody, leave it out)")
    return secret


_WAYS = {"rest": "token", "database": "database_url", "webhook": "webhook_secret"}
"""The secret that each way to read or write Impact goes by."""
_BOTH_WAYS = "reading by REST (to read the database, set IMPACT_DATABASE_URL or POSTGRES_HOST)"


def _need(name: str, secret: Secret, sources: _Sources, what: str) -> None:
    """Note a secret that `what` cannot do without."""
    if sources.purpose is Purpose.LOOK or sources.problems.blames(name):
        return
    if lack := secret.lacks(sources.environ):
        sources.problems.lack(secret.key, f"{lack}; needed for {what}")


def _check_newest(reads: Reads, settings: Settings, problems: Problems) -> None:
    if reads == "database":
        return
    allowed = ", ".join(choice for choice in Choice if choice is not Choice.NEWEST)
    for key, value in settings.values.items():
        if key.startswith("policy.") and value == Choice.NEWEST:
            why = 'only impact.reads = "database" tells when Impact changed'
            problems.add(key, f"'newest', and {why}; allowed: {allowed}")


def _fields(settings: Settings) -> Mapping[Field, FieldPolicy]:
    def choice(name: Field, rule: str) -> Choice:
        own = settings.text(f"policy.fields.{name}.{rule}")
        return Choice(own or settings.text(f"policy.{rule}"))

    return {
        name: FieldPolicy(choice(name, "on_conflict"), choice(name, "on_first_sight"))
        for name in Field
        if settings.take(f"policy.fields.{name}.sync", bool)
    }


def _journal_path(sources: _Sources) -> Path:
    if text := sources.settings.text("journal.path"):
        return sources.path(text)
    from platformdirs import user_state_path  # noqa: PLC0415 - needed only where none is named

    try:
        return user_state_path("raidctl") / "journal.db"
    except RuntimeError:
        why = "missing, and this user has no home directory to keep one in; set it, or HOME"
        sources.problems.add("journal.path", why)
        return Path()
