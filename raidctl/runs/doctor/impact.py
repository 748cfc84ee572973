"""Impact as doctor sees it: its site, its webhook, its database."""

from collections.abc import Iterator

from raidctl.core.doctor.check import Check, CheckId, ok, problem
from raidctl.core.doctor.sites import clock
from raidctl.errors import RaidctlError
from raidctl.runs.doctor.asked import Ways, failed


def of_site(ways: Ways) -> Iterator[Check]:
    """Whether FireFighter answers, takes the token, and a signature; and its clock."""
    if ways.impact is None:
        return
    try:
        site = ways.impact()
        refusal = site.look()
    except RaidctlError as error:
        yield failed(CheckId.IMPACT_REACHABLE, error)
        return
    yield ok(CheckId.IMPACT_REACHABLE, "FireFighter answers")
    if ways.impact_token and refusal is None:
        yield ok(CheckId.IMPACT_TOKEN, "FireFighter takes the token, and shows incidents")
    elif ways.impact_token and refusal is not None:
        what = f"FireFighter refuses the token: {refusal.seen}"
        yield problem(CheckId.IMPACT_TOKEN, what, refusal.mend)
    yield from _of_webhook(ways)
    yield clock(CheckId.IMPACT_CLOCK, "Impact", site.clock_ahead)


def _of_webhook(ways: Ways) -> Iterator[Check]:
    if ways.webhook is None:
        return
    try:
        ways.webhook().knock()
    except RaidctlError as error:
        yield failed(CheckId.IMPACT_WEBHOOK, error)
    else:
        yield ok(CheckId.IMPACT_WEBHOOK, "FireFighter takes raidctl's signature")


def of_database(ways: Ways) -> Iterator[Check]:
    """Whether it can be reached, has FireFighter's tables, and lets us do what is configured."""
    if ways.database is None:
        return
    here = CheckId.IMPACT_DATABASE
    try:
        database = ways.database()
        yield ok(here, f"the database answers: {database.connect()}")
        here = CheckId.IMPACT_SCHEMA
        database.check_tables()
        yield ok(here, "FireFighter's tables are there, as raidctl knows them")
        here = CheckId.IMPACT_GRANTS
        lacking = database.missing_rights()
    except RaidctlError as error:
        yield failed(here, error)
        return
    if lacking:
        what = f"the user of impact.database_url lacks {', '.join(lacking)}"
        yield problem(here, what, "grant it: raidctl reads and writes no more than that")
    else:
        yield ok(here, "its user may do all that is configured")
