"""JIRA as doctor sees it: whether it answers, takes the token, and what it is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from raidctl.core.doctor.check import Check, CheckId, ok, problem
from raidctl.core.doctor.sites import clock
from raidctl.errors import Category, JournalError, RaidctlError, RedirectedError, ServiceError
from raidctl.ports.doctor import JiraDoor, ServerInfo
from raidctl.ports.journal import JournalReader
from raidctl.runs.doctor.asked import Asked, Ways, failed
from raidctl.runs.doctor.projects import Examination
from raidctl.runs.doctor.sample import Sample, sampled

_REFUSED = frozenset({Category.AUTH, Category.PERMISSION})
_DEPLOYMENTS = {"cloud": "JIRA Cloud", "datacenter": "JIRA Data Center"}


def of_jira(ways: Ways, asked: Asked, journal: JournalReader | None) -> Iterator[Check]:
    """All that is asked of JIRA; what stands behind something that failed is left out."""
    if ways.jira is None:
        return
    try:
        door = ways.jira()
        server = door.server()
    except RaidctlError as error:
        refused = error.category in _REFUSED and not isinstance(error, RedirectedError)
        if refused:
            yield ok(CheckId.JIRA_REACHABLE, "JIRA answers")
        yield failed(CheckId.JIRA_TOKEN if refused else CheckId.JIRA_REACHABLE, error)
        return
    yield ok(CheckId.JIRA_REACHABLE, "JIRA answers")
    yield _deployment(server, asked.deployment)
    if ways.jira_token:
        yield from _known(ways, asked, journal, door, server)
    yield clock(CheckId.JIRA_CLOCK, "JIRA", door.clock_ahead)


def _deployment(server: ServerInfo, configured: str) -> Check:
    here, told = CheckId.JIRA_DEPLOYMENT, _DEPLOYMENTS[server.deployment]
    if configured not in {"auto", server.deployment}:
        what = f'it is {told}, and jira.deployment says "{configured}"'
        return problem(here, what, 'set jira.deployment = "auto", or leave it out')
    return ok(here, f"it is {told}{f' {server.version}' if server.version else ''}")


def _known(
    ways: Ways, asked: Asked, journal: JournalReader | None, door: JiraDoor, server: ServerInfo
) -> Iterator[Check]:
    """All that it tells those whom it knows."""
    site = door.opened(server)
    with ThreadPoolExecutor(1, "doctor-sample") as pool:
        sampling = pool.submit(sampled, site.tracker, journal, ways.source, asked)
        try:
            me = site.examiner.me()
        except ServiceError as error:
            yield failed(CheckId.JIRA_TOKEN, error)
            return
    yield ok(CheckId.JIRA_TOKEN, f"JIRA knows raidctl as {me.name}")
    unread = sampling.exception()
    sample = Sample() if isinstance(unread, RaidctlError) else sampling.result()
    yield from Examination(site, asked, sample, lambda: door.requests).checks(me)
    if isinstance(unread, RaidctlError):
        journal_s = isinstance(unread, JournalError)
        yield failed(CheckId.JOURNAL_FILE if journal_s else CheckId.JIRA_PROJECT, unread)
