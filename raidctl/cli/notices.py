"""How whoever wants to hear of runs is told: after each, and by `raidctl notify --test`."""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.journal import unkept
from raidctl.bootstrap.notify import named, receiver
from raidctl.cli.quiet import Quiet
from raidctl.cli.terminal import say
from raidctl.cli.typed import approving_command, looking_command
from raidctl.config import Config
from raidctl.config.secrets import Secret
from raidctl.core.notices import AGAIN, IN_A_ROW, Kind, Matter, Notice, RunEnd, standing
from raidctl.core.watch.status import WATCHED
from raidctl.core.writes.log import Run
from raidctl.errors import ConfigError, JournalError, RaidctlError
from raidctl.ports.journal import Journal
from raidctl.present.notices.document import notice_document
from raidctl.present.notices.place import Place
from raidctl.present.notices.slack import slack_message
from raidctl.runs import notify
from raidctl.runs.journalled import RunRecord
from raidctl.runs.notify import Receiver, Receivers
from raidctl.runs.untold import Tried, failing, unsaid

SLACK, PING = "notify.slack_url", "notify.ping_url"


@dataclass(slots=True)
class Teller:
    """Tells how a run ended: whoever is named in the configuration, and a `quiet` one itself.

    It raises nothing: what could not be told is said, by a quiet run once a day. `kept` says that
    the journal has the run's end.
    """

    settings: Config
    quiet: Quiet | None = None
    kept: bool = False

    def after(self, journal: Journal, run: Run, record: RunRecord) -> None:
        """Tell of a run that the journal keeps."""
        self.kept = True
        told, now = receivers(self.settings), utc_now()
        approve = self._approving(run, record)
        look = looking_command(self.settings.file) if approve and run.command != "event" else ""
        try:
            end = notify.run_end(journal, run, record, now, approve, look)
            if self.quiet is not None:
                self.quiet.end = end
                self.quiet.unsaid = notify.unsaid_by_now(journal, end, now)
            if run.command == WATCHED:
                notify.remember_output(journal, end, now)
            self._take_over(journal, end, told)
            tried = {**notify.tell(journal, end, told, now), **_lacking(self.settings)}
            self._say(failing(tried) if self.quiet is None else _unsaid(journal, tried, now))
        except RaidctlError as error:
            say(f"nobody was told how this run ended: {error}")

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
            return approving_command(record.report.plan, config=self.settings.file)
        return place_of(self.settings).typed(f"raidctl event --approve {record.report.plan}")

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
            if not (self.quiet and known):
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

    def _say(self, failures: Iterable[str]) -> None:
        for line in failures:
            say(f"{line} (not told; it is tried again after the next run)")


def _unsaid(journal: Journal, tried: Tried, now: datetime) -> Iterable[str]:
    found = unsaid(journal, tried, now)
    found.keep(journal, now)
    return found.lines


def _lacking(settings: Config) -> Tried:
    """The receivers whose address cannot be had: said also while there is nothing to tell them."""
    lacks = {key: (one.key, one.lacks(os.environ)) for key, one in named(settings).items()}
    return {key: f"{name}: {why}" for key, (name, why) in lacks.items() if why is not None}


def receivers(settings: Config) -> Receivers:
    """All who are told; what is wrong with one is raised when it is told."""
    all_named = dict(named(settings))
    ping = all_named.pop(PING, None)
    return Receivers(
        tuple(Receiver(key, partial(_send, settings, key, one)) for key, one in all_named.items()),
        None if ping is None else partial(_ping, ping),
    )


def _send(settings: Config, key: str, secret: Secret, run: Run, notices: Sequence[Notice]) -> None:
    receiver(key, secret, os.environ).post(_body(settings, key, run, notices))


def _body(settings: Config, key: str, run: Run, notices: Sequence[Notice]) -> Mapping[str, object]:
    place = place_of(settings)
    if key == SLACK:
        return slack_message(run, notices, place)
    return notice_document(run, notices, place, utc_now())


def place_of(settings: Config) -> Place:
    """Where this is told from."""
    site, config = urlsplit(settings.impact.url).netloc, settings.file
    return Place(site, platform.node(), "" if config is None else str(config))


def _ping(secret: Secret) -> None:
    receiver(PING, secret, os.environ).get()


def try_all(settings: Config) -> tuple[Tried, list[str]]:
    """Send a test to each whose address is one; what is wrong with those of the others.

    Not to whoever misses pings: one would say that reconcile runs, though cron may be dead.
    """
    run, jobs, wrong = Run("test", "notify", utc_now(), os.getpid()), {}, list[str]()
    for key, secret in named(settings).items():
        try:
            one = receiver(key, secret, os.environ)
        except ConfigError as error:
            wrong += error.problems
        else:
            if key != PING:
                jobs[key] = partial(one.post, _body(settings, key, run, [Notice(Kind.TEST)]))
    failures = notify.side_by_side(jobs)
    return {key: failures.get(key) for key in jobs}, wrong
