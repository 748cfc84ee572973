"""What doctor looks at by the configuration: which ways there are, and why there are not others."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial

from requests import PreparedRequest
from requests.auth import AuthBase

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.http import waiting
from raidctl.bootstrap.impact import database, incident_source, rest_client, webhook_writer
from raidctl.bootstrap.jira import client, credentials, issues
from raidctl.bootstrap.journal import looking
from raidctl.bootstrap.preset import Live, found_tables, known_tables, note_of, note_of_memory
from raidctl.bootstrap.rules import configured_book, transition_fields
from raidctl.bootstrap.secrets import Had, had
from raidctl.config import Config, Examined
from raidctl.config.secrets import Environ
from raidctl.core.doctor.check import Check, CheckId, ok, problem
from raidctl.core.doctor.workflows import Rules
from raidctl.core.mapping.presets import SiteTables
from raidctl.core.model import Field, SyncDirection
from raidctl.core.policy import ImpactWriter
from raidctl.errors import ConfigError, JournalError, ServiceError
from raidctl.gateways.http.client import BearerAuth, ReadOnlyAdapter
from raidctl.gateways.http.pace import Activity, Waiting
from raidctl.gateways.jira.door import server_info
from raidctl.gateways.jira.examining import Examining
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.transport import JIRA_READS
from raidctl.gateways.jira.workflow import live_statuses
from raidctl.journal import unwritable
from raidctl.ports.doctor import ImpactSite, JiraSite, ServerInfo
from raidctl.runs.doctor.asked import Asked, Types, Ways

_REACHING = frozenset({"url", "certificate", "certificate_key", "headers"})
"""The keys of a site of which one at fault lets nothing be asked of it."""
_FILE_FIRST = f"{CheckId.CONFIG_FILE} comes first"
_SITES = (("impact", CheckId.IMPACT_REACHABLE), ("jira", CheckId.JIRA_REACHABLE))
_SECRETS_FIRST = f"{CheckId.CONFIG_SECRETS} comes first"


@contextmanager
def examining(
    found: Examined, environ: Environ, activity: Activity
) -> Iterator[tuple[Ways, Asked]]:
    """The ways to all that doctor looks at, and what it is to look at. Raises nothing.

    Nothing is asked yet of either system.
    """
    known = [_of_file(found)]
    if found.config is None:
        yield Ways(), Asked(frozenset(), _undecided, utc_now(), known=known)
        return
    secrets = had(found.config, environ)
    known += [_of_secrets(secrets), *_of_journal(found)]
    with ExitStack() as stack:
        opening = _Opening(secrets, found.blamed, stack, waiting(found.config, activity))
        asked = _asked(found.config, known, opening.left_off(), opening.site_statuses)
        yield opening.ways(), asked


def _undecided(_: Types) -> tuple[Rules, str]:
    raise ConfigError(["there is no configuration to tell it"])


def _of_file(found: Examined) -> Check:
    here = CheckId.CONFIG_FILE
    if faults := [line for line in found.problems if line not in found.lacking]:
        first, *more = faults
        mend = "correct it, or begin with one that raidctl init writes"
        return problem(here, first, mend, "\n".join(more) or None)
    file = found.config.file if found.config is not None else None
    return ok(here, f"{file} is understood" if file else "the environment's variables say it all")


def _of_secrets(secrets: Had) -> Check:
    here = CheckId.CONFIG_SECRETS
    if not secrets.lacking:
        return ok(here, "every secret that is used can be had")
    first, *more = secrets.lacking.values()
    mend = "see that it is where the configuration says, for the user who runs raidctl"
    return problem(here, first, mend, "\n".join(more) or None)


def _of_journal(found: Examined) -> Iterator[Check]:
    """What is known of its place before it is opened."""
    here = CheckId.JOURNAL_FILE
    if found.config is None or "journal.path" in found.blamed:
        return
    path = found.config.journal_path
    if (bar := unwritable(path)) is not None:
        why, _, mend = bar.partition(": ")
        yield problem(here, f"the journal {path} cannot be written: {why}", mend)
    elif not path.exists():
        yield ok(here, f"there is no journal yet: the first run that writes makes {path}")


def _asked(
    config: Config, known: Sequence[Check], left_off: Mapping[CheckId, str], of_site: Live
) -> Asked:
    jira = config.jira
    return Asked(
        fields=frozenset(config.fields),
        writes_jira=_writes_jira(config),
        rules=partial(_rules, config, of_site),
        now=utc_now(),
        project=jira.project,
        issue_type=jira.issue_type,
        makes_issues=_makes_issues(config),
        deployment=jira.deployment,
        service_account=config.impact.service_account,
        concurrency=config.concurrency,
        recent=timedelta(days=config.closed_within_days),
        known=known,
        left_off=left_off,
    )


def _writes_jira(config: Config) -> bool:
    return config.direction is not SyncDirection.JIRA_TO_IMPACT


def _makes_issues(config: Config) -> bool:
    """Whether anything says that backfill is used: it has no switch."""
    ours = config.backfill
    given = ours.reporter or ours.labels or ours.projects or ours.fields
    return bool(given) or config.impact.link is ImpactWriter.DATABASE


def _rules(config: Config, of_site: Live, types: Types) -> tuple[Rules, str]:
    """By the preset that a run would take, and what it is called where the live statuses tell."""
    decides = len(config.mappings) > 1
    known = _known(config) if decides else config.mappings[0]
    live = _live(config, of_site, types) if decides else None
    tables = known or found_tables(config, lambda: live)
    note = note_of(config, tables) if decides else None
    if note and known and live is not None:
        note = note_of_memory(config, tables, live) or note
    rules = Rules(
        configured_book(config, tables),
        transition_fields(config),
        closing=config.safety.allow_close,
        note=note,
    )
    return rules, tables.priority_field


def _known(config: Config) -> SiteTables | None:
    try:
        with looking(config) as journal:
            return known_tables(config, journal)
    except JournalError:  # a check of its own
        return None


def _live(config: Config, of_site: Live, types: Types) -> Sequence[str] | None:
    """As `gateways.jira.workflow.live_statuses` tells a run."""
    project, kind = config.jira.project, config.jira.issue_type
    if not project:
        return of_site()
    mine = {one: found for one, found in types.items() if one[0] == project}
    if not mine:
        return None
    return mine.get((project, kind), [name for found in mine.values() for name in found])


def _unwritten(config: Config) -> Iterator[tuple[CheckId, bool, str]]:
    """What is for a field that is not written to JIRA."""
    of_status = (CheckId.JIRA_STATUSES, CheckId.JIRA_PATHS, CheckId.JIRA_TRANSITION_FIELDS)
    for name, numbers in (
        (Field.STATUS, of_status),
        (Field.PRIORITY, (CheckId.JIRA_PRIORITIES,)),
    ):
        for number in numbers:
            yield number, name not in config.fields, f"policy.fields.{name}.sync is false"
            yield number, not _writes_jira(config), "policy.direction lets nothing go to JIRA"


class _Opening:
    """Opens what the configuration uses, as far as secrets and `blamed` keys let it."""

    def __init__(
        self, secrets: Had, blamed: frozenset[str], stack: ExitStack, wait: Waiting
    ) -> None:
        self._secrets, self._blamed = secrets, blamed
        self._config, self._environ = secrets.config, secrets.environ
        self._stack, self._wait = stack, wait
        self._door: _Door | None = None
        impact = self._config.impact
        writers = {*impact.writes.values(), impact.link}
        self._rest = impact.reads == "rest"
        self._webhook = ImpactWriter.WEBHOOK in writers
        self._database = impact.reads == "database" or ImpactWriter.DATABASE in writers
        self._impact_token = self._rest and not secrets.lacks(impact.token)
        self._jira_token = not secrets.lacks(self._config.jira.token)

    def ways(self) -> Ways:
        """Those there are."""
        given = self._config, self._environ
        impact, lacks = self._config.impact, self._secrets.lacks
        site = self._open("impact") and (self._rest or self._webhook)
        has_database = self._database and not lacks(impact.database_url)
        read = site and self._impact_token if self._rest else has_database
        signs = site and self._webhook and not lacks(impact.webhook_secret)
        return Ways(
            impact=self._site if site else None,
            impact_token=self._impact_token,
            webhook=partial(webhook_writer, *given, str, self._wait) if signs else None,
            database=partial(database, *given, self._stack, self._wait) if has_database else None,
            jira=self._jira if self._open("jira") else None,
            jira_token=self._jira_token,
            source=partial(incident_source, *given, self._stack, self._wait) if read else None,
            journal=None
            if "journal.path" in self._blamed
            else lambda: self._stack.enter_context(looking(self._config)),
        )

    def site_statuses(self) -> Sequence[str] | None:
        """Of all of JIRA, once it was asked anything; None where it does not tell."""
        return None if self._door is None else self._door.statuses()

    def left_off(self) -> dict[CheckId, str]:
        """Why there are not others: of several reasons of one, the last."""
        impact, lacks = self._config.impact, self._secrets.lacks
        reasons = [
            *((number, not self._open(site), self._closed(site)) for site, number in _SITES),
            (CheckId.IMPACT_TOKEN, lacks(impact.token), _SECRETS_FIRST),
            (CheckId.IMPACT_WEBHOOK, lacks(impact.webhook_secret), _SECRETS_FIRST),
            (CheckId.IMPACT_DATABASE, lacks(impact.database_url), _SECRETS_FIRST),
            (CheckId.JIRA_TOKEN, lacks(self._config.jira.token), _SECRETS_FIRST),
            (CheckId.IMPACT_REACHABLE, not (self._rest or self._webhook), "its site is not used"),
            (CheckId.IMPACT_TOKEN, not self._rest, "Impact's database is read, not its REST API"),
            (CheckId.IMPACT_WEBHOOK, not self._webhook, "[impact.writes] uses no webhook"),
            (CheckId.IMPACT_DATABASE, not self._database, "its database is not used"),
            (CheckId.JIRA_ISSUE_TYPE, not _makes_issues(self._config), "backfill is not set up"),
            *_unwritten(self._config),
        ]
        return {number: why for number, applies, why in reasons if applies}

    def _open(self, site: str) -> bool:
        access = getattr(self._config, site).access
        return not self._faulty(site) and not self._secrets.lacks(*access.headers.values())

    def _closed(self, site: str) -> str:
        return _FILE_FIRST if self._faulty(site) else _SECRETS_FIRST

    def _faulty(self, site: str) -> bool:
        """Whether a key is at fault without which the site cannot be asked."""
        return any(
            key.split(".")[0] == site and key.split(".")[1] in _REACHING for key in self._blamed
        )

    def _site(self) -> ImpactSite:
        from raidctl.gateways.impact.site import RestSite

        token = self._config.impact.token
        auth = BearerAuth(token.reveal(self._environ)) if self._impact_token else _Nobody()
        return RestSite(rest_client(self._config, self._environ, auth, self._wait))

    def _jira(self) -> "_Door":
        settings = self._config.jira
        auth = credentials(settings, self._environ) if self._jira_token else _Nobody()
        self._door = _Door(self._config, self._environ, auth, self._wait)
        return self._door


class _Nobody(AuthBase):
    """No credentials, not even those of a .netrc."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class _Door:
    """A `JiraDoor`: everything goes through one client that lets reads out, and nothing else."""

    def __init__(self, config: Config, environ: Environ, auth: AuthBase, wait: Waiting) -> None:
        certificate = config.jira.access.certificate
        adapter = ReadOnlyAdapter(JIRA_READS, config.concurrency, certificate)
        self._config, self._cloud = config, False
        self._http = client(config, environ, auth, adapter, wait)

    @property
    def requests(self) -> int:
        return self._http.sent

    @property
    def clock_ahead(self) -> timedelta | None:
        clock = self._http.clock
        return clock.ahead if clock.known else None

    def server(self) -> ServerInfo:
        return server_info(self._http)

    def statuses(self) -> Sequence[str] | None:
        """Of the whole site; None where they are not told."""
        try:
            return live_statuses(self._http, "", "", cloud=self._cloud)
        except ServiceError:
            return None

    def opened(self, server: ServerInfo) -> JiraSite:
        self._cloud = server.deployment == "cloud"
        fields = Fields(self._config.mappings[0].priority_field, self._http.clock)
        fields.wanted = fields.wanted_now  # on the type of an issue its workflow depends
        tracker, writer = issues(self._config, self._http, fields, server.deployment, server.site)
        return JiraSite(tracker, writer, Examining(self._http, server.deployment, fields))
