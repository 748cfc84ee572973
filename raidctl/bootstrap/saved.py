"""By which rules a saved plan is looked at again, and those that it was made by."""

from raidctl.bootstrap.rules import configured_book, request
from raidctl.config import Config
from raidctl.core.mapping.presets import SiteTables
from raidctl.core.plan.again import unheard_of
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Policy
from raidctl.core.scope import Scope
from raidctl.ports.systems import Systems
from raidctl.runs.reading.request import Filters, ReadRequest


def request_again(config: Config, plan: Plan, systems: Systems) -> ReadRequest:
    """What a run is to find out again of the links of a saved plan. Raises `ServiceError`."""
    scope = Scope(incidents=frozenset(change.subject.incident for change in plan.changes))
    return request(config, Filters(scope, direction=plan.direction, prefer=plan.prefer), systems)


def no_plan_says(config: Config, site: SiteTables, plan: Plan) -> str | None:
    """What a saved plan says that none would by this configuration; None where there is nothing."""
    rules = Policy(fields=config.fields, allow_close=config.safety.allow_close)
    return unheard_of(plan, rules, configured_book(config, site))


def planned_by(config: Config, plan: Plan) -> SiteTables | None:
    """The tables that a saved plan was made by, of those that may be in force; None for others."""
    made_by = sorted(plan.tables)
    return next(
        (
            site
            for site in config.mappings
            if sorted(configured_book(config, site).fingerprints) == made_by
        ),
        None,
    )
