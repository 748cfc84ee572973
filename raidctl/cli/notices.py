"""How whoever wants to hear of runs is told: after each, and by `raidctl notify --test`."""

import os
import platform
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import unkept
from raidctl.bootstrap.notify import named, receiver
from raidctl.cli.approval import approving_command, looking_command, typed_config
from raidctl.cli.quiet import Quiet
from raidctl.cli.terminal import say
from raidctl.config import Config
from raidctl.config.secrets import Secret
from raidctl.core.notices import AGAIN, IN_A_ROW, Kind, Matter, Notice, RunEnd, standing
from raidctl.core.watch.status import WATCHED
from raidctl.core.writes.log import Run
from raidctl.errors import JournalError, RaidctlError
from raidctl.ports.journal import Journal
from raidctl.present.notices.document import notice_document
from raidctl.present.notices.place import Place
from raidctl.present.notices.slack import slack_message
from raidctl.runs import notify
from raidctl.runs.journalled import RunRecord
from raidctl.runs.notify import Receiver, Receivers

SLACK, PING = "notify.slack_url", "notify.ping_url"


@dataclass(slots=True)
class Teller:
    """Tells how a run ended: whoever is named in the configuration, and a `quiet` one itself.

    It raises nothing: what could not be told is said, but by a quiet run. `kept` says that the
    journal has the run's end.
    """

    settings: Config
    quiet: Quiet | None = None
    kept: bool = False

    def after(self, journal: Journal, run: Run, record: RunRecord) -> None:
        """Tell of a run that the journal keeps."""
        self.kept = True
        told, now = receivers(self.settings), utc_now()
        approve = self._approving(run, record)
        look = looking_command() if approve and run.command != "event" else ""
        try:
            end = notify.run_end(journal, run, record, now, approve, look)
            if self.quiet is not None:
                self.quiet.end = end
                self.quiet.unsaid = notify.unsaid_by_now(journal, end, now)
            if run.command == WATCHED:
                notify.remember_output(journal, end, now)
            self._take_over(journal, end, told)
            failures = notify.tell(journal, end, told, now)
        except RaidctlError as error:
            say(f"nobody was told how this run ended: {error}")
        else:
            self._say(failures)

    @contextmanager
    def without_journal(self, run: Run) -> Iterator[None]:
        """Tell of the run where no journal could keep it, once that was so three times in a row.

        Raises what is raised in here.
        """
        try:
            yield
        except JournalError as error:
            if not self.kept:
                self._unkept(run, error)
            raise

    def _approving(self, run: Run, record: RunRecord) -> str:
        """The command that approves its plan; of events, whoever was given them."""
        if record.report is None:
            return ""
        if run.command != "event":
            return approving_command(record.report.plan)
        config = [] if self.settings.file is None else ["--config", str(self.settings.file)]
        return shlex.join(["raidctl", *config, "event", "--approve", record.report.plan])

    def _unkept(self, run: Run, error: JournalError) -> None:
        counted, now = unkept(self.settings), utc_now()
        known = counted.count > 0 and (not counted.told or now - counted.since < AGAIN)
        ended = replace(run, exit_code=error.exit_code, why=str(error))
        causes = notify.causes(ended.exit_code, RunRecord(error=error))
        as_before = counted.told or not run.counts
        failed = counted.count if as_before else counted.one_more(now)
        end = RunEnd(ended, well=False, acted=False, causes=causes, common=True, failed=failed)
        if self.quiet is not None:
            self.quiet.end, self.quiet.unsaid = end, frozenset() if known else standing(end)
        if failed >= IN_A_ROW and not as_before:
            failures = notify.tell_all(end, receivers(self.settings))
            self._say(failures)
            if not failures:
                counted.tell(now)
        elif counted.told and not known:
            counted.tell(now)

    def _take_over(self, journal: Journal, end: RunEnd, told: Receivers) -> None:
        """Let the journal know what was told while it could not be had."""
        counted = unkept(self.settings)
        if counted.told:
            gone = RunRecord(error=JournalError(""))
            causes = notify.causes(JournalError.exit_code, gone)
            matters = [Matter(Kind.FAILING, "", cause) for cause in causes]
            for one in told.news:
                journal.record_told(one.name, matters, (), counted.since)
        counted.clear()

    def _say(self, failures: Sequence[str]) -> None:
        for line in () if self.quiet else failures:
            say(f"{line} (not told; it is tried again after the next run)")


def receivers(settings: Config) -> Receivers:
    """All who are told; what is wrong with one is raised when it is told."""
    all_named = dict(named(settings))
    ping = all_named.pop(PING, None)
    return Receivers(
        tuple(Receiver(key, partial(_send, settings, key, one)) for key, one in all_named.items()),
        None if ping is None else partial(_ping, ping),
    )


def _send(settings: Config, key: str, secret: Secret, run: Run, notices: Sequence[Notice]) -> None:
    place = Place(urlsplit(settings.impact.url).netloc, platform.node(), typed_config())
    body = (
        slack_message(run, notices, place)
        if key == SLACK
        else notice_document(run, notices, place, utc_now())
    )
    receiver(key, secret, os.environ).post(body)


def _ping(secret: Secret) -> None:
    receiver(PING, secret, os.environ).get()


def try_all(settings: Config) -> Mapping[str, str | None]:
    """Send a test to each; why it did not arrive, or None, by its key.

    Not to whoever misses pings: one would say that reconcile runs, though cron may be dead.
    """
    all_of_them = receivers(settings)
    run = Run("test", "notify", utc_now(), os.getpid())
    jobs: dict[str, Callable[[], None]] = {
        one.name: partial(one.send, run, [Notice(Kind.TEST)]) for one in all_of_them.news
    }
    failures = notify.side_by_side(jobs)
    return {key: failures.get(key) for key in jobs}
