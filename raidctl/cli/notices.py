"""How whoever wants to hear of runs is told: after each, and by `raidctl notify --test`."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import urlsplit

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.notify import named, receiver
from raidctl.cli.approval import approving_command
from raidctl.config import Config
from raidctl.config.secrets import Secret
from raidctl.core.notices import Kind, Notice
from raidctl.core.writes.log import Run
from raidctl.errors import RaidctlError
from raidctl.ports.journal import Journal
from raidctl.present.notices.document import notice_document
from raidctl.present.notices.slack import slack_message
from raidctl.runs.journalled import RunRecord
from raidctl.runs.notify import Receiver, Receivers, remember_output, run_end, side_by_side, tell

SLACK, PING = "notify.slack_url", "notify.ping_url"


def receivers(settings: Config) -> Receivers:
    """All who are told; what is wrong with one is raised when it is told."""
    all_named = dict(named(settings))
    ping = all_named.pop(PING, None)
    return Receivers(
        tuple(Receiver(key, partial(_send, settings, key, one)) for key, one in all_named.items()),
        None if ping is None else partial(_ping, ping),
    )


def _send(settings: Config, key: str, secret: Secret, run: Run, notices: Sequence[Notice]) -> None:
    site = urlsplit(settings.impact.url).netloc
    body = (
        slack_message(run, notices, site)
        if key == SLACK
        else notice_document(run, notices, site, utc_now())
    )
    receiver(key, secret, os.environ).post(body)


def _ping(secret: Secret) -> None:
    receiver(PING, secret, os.environ).get()


def after_run(
    settings: Config, say: Callable[[str], None], journal: Journal, run: Run, record: RunRecord
) -> None:
    """Tell how a run ended, and `say` what could not be told. Raises nothing."""
    approve = approving_command(record.report.plan) if record.report else ""
    now = utc_now()
    try:
        end = run_end(journal, run, record, now, approve)
        for line in tell(journal, end, receivers(settings), now):
            say(f"{line}; it is told after the next run")
        remember_output(journal, end, now)
    except RaidctlError as error:
        say(f"nobody was told how this run ended: {error}")


def try_all(settings: Config) -> Mapping[str, str | None]:
    """Send a test to each; why it did not arrive, or None, by its key."""
    all_of_them = receivers(settings)
    run = Run("test", "notify", utc_now(), os.getpid())
    jobs: dict[str, Callable[[], None]] = {
        one.name: partial(one.send, run, [Notice(Kind.TEST)]) for one in all_of_them.news
    }
    if all_of_them.ping is not None:
        jobs[PING] = all_of_them.ping
    failures = side_by_side(jobs)
    return {key: failures.get(key) for key in jobs}
