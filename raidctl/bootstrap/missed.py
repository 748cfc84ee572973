"""By which rules it is told which changes were missed."""

from datetime import datetime

from raidctl.bootstrap.rules import accounts, sites
from raidctl.config import Config
from raidctl.core.firefighter import taken_over
from raidctl.core.missed import Window
from raidctl.ports.systems import Systems
from raidctl.runs.reading.missed import MissedRequest
from raidctl.runs.reading.request import ReadRequest


def missed_since(
    config: Config, systems: Systems, wanted: ReadRequest, since: datetime
) -> MissedRequest:
    """Which changes may have been missed: not those that are within their time of grace."""
    until, taken = wanted.now - wanted.policy.grace, taken_over(systems.tables.priority_field)
    return MissedRequest(wanted, Window(since, until, accounts(config), taken), sites(config))
