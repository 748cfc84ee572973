"""By which rules a run goes: policy, scope and request, made here once for every command.

What `diff` shows, `reconcile --dry-run` plans, `reconcile` writes, `held` lists, `resolve` decides
and `explain` tells rests on the same request, so that none of them says of a link what another
denies.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from raidctl.bootstrap.clock import utc_now
from raidctl.config import Config
from raidctl.core.mapping.book import MappingBook, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.presets import SiteTables
from raidctl.core.mapping.tables import folded
from raidctl.core.model import Field, IncidentStatus, Side, SyncDirection
from raidctl.core.plan.authorship import Accounts
from raidctl.core.plan.safety import Limits
from raidctl.core.policy import Policy, held_until_known
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueTracker
from raidctl.ports.systems import Systems, WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.request import Filters, ReadRequest

IMPACT_PRIORITIES = (1, 2, 3, 4, 5, 20)  # P1 to P5 and GAMEDAY (facts: firefighter)


def request(
    config: Config, filters: Filters, systems: Systems, *, unattended: bool = False
) -> ReadRequest:
    """What a run is to find out about what was asked for.

    Once something drifted, other incidents that claim its issue are looked for in all of Impact
    where that is one query, by the database, and for named targets by REST as well. That reads
    FireFighter's whole list (1.1 ms an incident), for no filter finds a key; but few targets are
    named, fewer have drifted, and what is written of them must be theirs alone. So what only
    shows a plan pays the same. Any other run by REST asks the journal about incidents out of scope.

    `unattended`: nobody is there to see the plan, and nobody said yes to it. Raises `ServiceError`.
    """
    scope = replace(filters.scope, watched=systems.journal.last_seen_open())
    rules = policy(config, systems.tracker, filters.direction, filters.fields, filters.prefer)
    if unattended and not systems.journal.has_baselines:
        rules = held_until_known(rules)
    return ReadRequest(
        scope=scope,
        selection=filters.selection,
        policy=rules,
        book=partial(book, config, systems.tables),
        exceptions=config.users,
        concurrency=config.concurrency,
        now=utc_now(),
        thorough=scope.named or config.impact.reads == "database",
        names=_names(systems.tables),
        narrowed=bool(filters.fields),
    )


def _names(site: SiteTables) -> frozenset[str]:
    """The statuses and priorities that Impact has or that any table knows, folded."""
    ours = [*(status.name for status in IncidentStatus), *map(str, IMPACT_PRIORITIES)]
    rows = [
        name
        for tables in (site.common, *site.projects.values())
        for name in (*tables.status_to_jira.values(), *tables.status_to_impact, *tables.priority)
    ]
    return frozenset(map(folded, [*ours, *rows]))


def policy(
    config: Config,
    tracker: IssueTracker,
    direction: SyncDirection | None,
    only: Collection[Field] = (),
    prefer: Side | None = None,
) -> Policy:
    """The rules of a run: the configuration's, narrowed to some fields, with who decides.

    Asks JIRA who we are where the echo rule needs to know; a JIRA that does not tell leaves it
    unknown, and then nothing is held as an echo (DESIGN: "known not to be").
    """
    fields = {name: rule for name, rule in config.fields.items() if not only or name in only}
    service = config.impact.service_account
    echoes = bool(service) and Field.STATUS in fields and _is_another(tracker, service)
    return Policy(
        fields=fields,
        direction=direction,
        prefer=prefer,
        impact_writers=config.impact.writes,
        allow_close=config.safety.allow_close,
        private_to_jira=config.private_to_jira,
        echoes=echoes,
        service_account=service,
        webhook_ignores=service,
        grace=timedelta(seconds=config.safety.grace_seconds),
        clock_skew=timedelta(seconds=config.safety.clock_skew_seconds),
    )


def _is_another(tracker: IssueTracker, account: str) -> bool:
    """Whether JIRA tells that we are not this account."""
    try:
        return tracker.myself() != account
    except ServiceError as error:
        if error.category in (Category.NOT_FOUND, Category.PERMISSION):
            return False
        raise


def context(
    config: Config, systems: WritableSystems, run: str, stopping: Callable[[], str | None]
) -> RunContext:
    """How a run carries out its plan, by tables that know nobody: users do not matter there.

    A pause stops it as well, even in the middle.
    """
    return RunContext(
        run=run,
        book=configured_book(config, systems.tables),
        transition_fields=transition_fields(config),
        concurrency=config.concurrency,
        clock=utc_now,
        stopping=lambda: stopping() or ("raidctl was paused" if systems.journal.paused() else None),
        accounts=accounts(config),
    )


def accounts(config: Config) -> Accounts:
    """Who writes as whom, and how far clocks may differ."""
    skew = timedelta(seconds=config.safety.clock_skew_seconds)
    return Accounts(config.impact.service_account, skew)


def book(config: Config, site: SiteTables, users: Users) -> MappingBook:
    """The mapping in force, once it is known who is who."""
    tail = config.description_tail
    return MappingBook(
        project_mapping(site.common, tail, users),
        {
            project: project_mapping(tables, tail, users)
            for project, tables in site.projects.items()
        },
    )


def configured_book(config: Config, site: SiteTables) -> MappingBook:
    """The mapping by the configured users alone: what does not ask who is who."""
    return book(config, site, Users(config.users))


def transition_fields(config: Config) -> Mapping[str, Mapping[str, object]]:
    """What transitions fill in, by folded JIRA status."""
    return {folded(status): values for status, values in config.jira.transition_fields.items()}


def limits(config: Config) -> Limits:
    """How much a run may change before a person has to say yes."""
    return Limits(config.safety.max_changes, config.safety.max_change_percent)


def sites(config: Config) -> tuple[str, str]:
    """The base URLs a plan is good for."""
    return config.impact.url, config.jira.url
