"""What the runs need of the journal: the memory between them.

These docstrings are the contract: `tests/contract/journal` holds every kind of journal to it.
Values and texts come back as they were given, times as the same moments in UTC.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from raidctl.core.history import OwnWrite
from raidctl.core.memory import Baseline, Memory, Reading
from raidctl.core.model import Field
from raidctl.core.notices import Matter
from raidctl.core.paths import Transition
from raidctl.core.plan.item import Change
from raidctl.core.watch.site import NOTHING, Leaving
from raidctl.core.watch.thinned import Gone
from raidctl.core.writes.log import Mark, OwnLink, Pause, Run, SeenLink, Skip, Write
from raidctl.core.writes.settlement import Intended, Settlement
from raidctl.ports.events import EventQueue, EventReader
from raidctl.ports.jira import IssueRef
from raidctl.ports.watch import WatchReader


class JournalReader(Protocol):
    """What earlier runs left: read, never written, by `diff`.

    What others commit meanwhile is seen. Where there is no journal yet nothing is remembered, and
    one of an older raidctl holds none of what it did not know. Raises `JournalError`, in one line
    that names the place, where it is damaged, newer than this raidctl or out of reach.
    """

    @property
    def queue(self) -> EventReader:
        """The events that wait, and what became of others."""
        ...

    @property
    def has_baselines(self) -> bool:
        """Whether any baseline stands in the journal: without one no direction is known."""
        ...

    def memories(self, links: Sequence[tuple[int, int]]) -> Sequence[Memory]:
        """What is remembered of each (incident id, issue id), in the order asked for.

        A guard counts until it expires; it is the incident's, all else is the link's.
        """
        ...

    def known_issues(self, incidents: Sequence[int]) -> Mapping[int, IssueRef]:
        """The issue each of these incidents was last linked to; unknown ones are left out."""
        ...

    def latest_links(self, limit: int) -> Sequence[SeenLink]:
        """So many links as they were last seen, those of the newest incidents first."""
        ...

    def own_links(self) -> Sequence[OwnLink]:
        """The links that raidctl made or found itself, which Impact need not know; in no order."""
        ...

    def own_links_of(self, incidents: Collection[int]) -> Sequence[OwnLink]:
        """Those of these incidents."""
        ...

    def last_seen_open(self) -> frozenset[int]:
        """Incidents of which either side was open when last seen."""
        ...

    def accounts(self) -> Mapping[str, str]:
        """JIRA accounts found in earlier runs, by e-mail (folded)."""
        ...

    def preset(self, asked: str) -> str | None:
        """The mapping preset that was found for this (`core.mapping.presets.asked_about`)."""
        ...

    def claimants(self, issues: Collection[int]) -> Mapping[int, Sequence[int]]:
        """The incidents last seen linked to each of these issues, in the order of their ids."""
        ...

    def paused(self) -> Pause | None:
        """The pause in force by the journal's own clock, if there is one."""
        ...

    def runs(self, limit: int) -> Sequence[Run]:
        """The latest runs, the one that was begun last first."""
        ...

    def runs_of(self, command: str, limit: int) -> Sequence[Run]:
        """The same of one command alone."""
        ...

    def named_runs(self, names: Collection[str]) -> Sequence[Run]:
        """Those of these runs that there are, newest first."""
        ...

    def writes(
        self, *, run: str | None = None, incidents: Collection[int] = (), keys: Collection[str] = ()
    ) -> Sequence[Write]:
        """The writes of one run, or of these incidents and issues, oldest first.

        A key is the issue's at the time of the write, in any case. With a run and a target, the
        run's writes of the target; with neither, none.
        """
        ...

    def readings(self) -> Mapping[Field, Reading]:
        """The latest run that could read all of its scope, for each field that it compared."""
        ...

    def sent(self, incidents: Collection[int]) -> Sequence[OwnWrite]:
        """Every value that raidctl sent to these incidents and their issues, in no order.

        A status that was taken by several hops has one for each; what a target made of a value
        that it took in its own form is one as well.
        """
        ...

    def undoing(self, writes: Collection[int]) -> Sequence[Write]:
        """What took these writes back, and what took that back, oldest first."""
        ...

    def marks(self) -> Sequence[Mark]:
        """All that is kept from being written until a person says otherwise."""
        ...

    def skips(self) -> Sequence[Skip]:
        """The pairs of values that people looked at and left as they are.

        A skip counts until it ends, by the journal's own clock.
        """
        ...

    def told(self, receiver: str) -> Mapping[Matter, datetime]:
        """What a receiver of notices was told and has not changed since, and when."""
        ...

    def learnt(self, project: str, issue_type: str) -> Mapping[str, Sequence[Transition]]:
        """The ways out of each status (by its folded name) as last seen on such issues."""
        ...


class WatchedJournal(JournalReader, Protocol):
    """A journal that also tells how raidctl does."""

    @property
    def watch(self) -> WatchReader:
        """What is counted, what is held, which runs ended well."""
        ...


class Journal(WatchedJournal, Protocol):
    """The journal open for writing, made or brought up to date where that is needed.

    Every call is one transaction: committed and durable when it returns, or nothing of it is
    kept. One that has nothing to write begins none. Another writer is waited for, for seconds;
    `JournalError` where it cannot be written. Several threads, processes and hosts may use it.
    """

    def together(self) -> AbstractContextManager[None]:
        """All that this thread records in here is one transaction, as if it were one call."""
        ...

    @property
    def queue(self) -> EventQueue:
        """The queue of events, open for writing."""
        ...

    def begin(self, run: Run) -> None:
        """Record that a run has begun; `JournalError` for one that did before."""
        ...

    def end(self, run: Run, leaving: Leaving = NOTHING) -> None:
        """Record how a run ended, and count it and what it leaves; once, however often told.

        LookupError for one that never began. Now and then what is old is thinned: of runs that
        wrote nothing (of those older than two days one an hour stays, of each kind and end, older
        than 30 days one a day, older than 400 one a month), of what was decided on and never sent,
        of what was counted by hours and days.
        """
        ...

    def asking(self, run: str, since: datetime | None) -> None:
        """Record since when a run waits for a person's answer; None: it does not any more."""
        ...

    def refuse(self, run: Run, leaving: Leaving = NOTHING) -> None:
        """Record a run that was over before it began, as `begin` and `end` would."""
        ...

    def prune(self, at: datetime) -> Gone:
        """Let go of what nothing needs any more by then, as `end` does, and of its room."""
        ...

    def forget_quiet(self, run: str) -> None:
        """Let go of the row of a run that ended well, unless it wrote something."""
        ...

    def record_baselines(
        self, stored: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store baselines of (incident id, issue id, field), each in place of an older one.

        One that stands there already just so is left alone, unless `record_drift` has kept when it
        was last seen: it agrees again. Its time is the start of the run, `at` for an unknown one.
        """
        ...

    def adopt_baselines(
        self, agreed: Iterable[tuple[int, int, Field, Baseline]], run: str, at: datetime
    ) -> None:
        """Store pairs that agreed once, each with its `seen_at`, where no baseline stands.

        Those that stand are left alone. Their time is that of `record_baselines`.
        """
        ...

    def record_drift(self, seen: Iterable[tuple[int, Field, datetime | None]]) -> None:
        """Keep when the pairs of these incidents' fields were last seen: they are not any more.

        Each with when the latest whole reading that covers it began, None for none: the later of
        that and the baseline's own time. One that is kept already stays as it is.
        """
        ...

    def record_reading(self, fields: Iterable[Field], reading: Reading) -> None:
        """Note that a run could read all of its scope: it has seen all that still agrees."""
        ...

    def record_links(self, links: Sequence[SeenLink], at: datetime) -> None:
        """Remember links; one that is known as it is writes nothing.

        An issue that is known by its key keeps its id: where the key leads to another issue now,
        the link stays as it was, for the plan to find it relinked.
        """
        ...

    def forget_links(self, incidents: Collection[int], keys: Collection[str]) -> None:
        """Take the links of these incidents and issue keys, in any case, for unknown."""
        ...

    def made(self, write: int, link: OwnLink, at: datetime) -> None:
        """Keep which issue an open write has made: a kill after this loses nothing.

        The write is that issue's from now on; the link is one of `own_links`.
        """
        ...

    def record_own_links(self, links: Sequence[OwnLink], at: datetime) -> None:
        """Keep links that Impact need not know, each in place of an earlier one of its incident."""
        ...

    def rename_own_links(self, links: Sequence[OwnLink]) -> None:
        """Give own links, as far as they lead to these very issues, the keys these have now."""
        ...

    def forget_own_links(self, incidents: Collection[int]) -> None:
        """Forget the own links of these incidents: Impact knows them, or they are wrong."""
        ...

    def record_accounts(self, accounts: Mapping[str, str], at: datetime) -> None:
        """Remember JIRA accounts by (folded) e-mail; one that is known writes nothing."""
        ...

    def forget_accounts(self, accounts: Iterable[str]) -> None:
        """Forget what e-mails these accounts were found for."""
        ...

    def record_preset(self, asked: str, preset: str, at: datetime) -> None:
        """Remember which mapping preset was found; one that is known writes nothing."""
        ...

    def intend(self, changes: Sequence[Change], run: str, at: datetime) -> Sequence[int]:
        """Record writes that are about to be sent, and guard against their echo; their ids.

        Ids rise. The guards begin at `at`; those that have expired by then go.
        """
        ...

    def hop(self, write: int, transition: Transition, at: datetime) -> None:
        """Record that a write is about to be sent a hop further, after those before."""
        ...

    def settle(self, ends: Sequence[Settlement], run: str, at: datetime) -> None:
        """Record what became of changes, the baselines they leave, and what that means for later.

        Each is counted with it, and a field that was written is held no more.
        `core/writes/marks.py` says what it means. A write is settled once: LookupError for one
        that is not open.
        """
        ...

    def release(self, incident: int, issue: int, field: Field, at: datetime) -> bool:
        """Let the next run decide on a field as if nobody had; whether anything stood in its way.

        A write that was taken back is then one that stopped half way.
        """
        ...

    def skip(self, skip: Skip, at: datetime) -> None:
        """Remember that a person left a field as it is; in place of an earlier pair of values."""
        ...

    def unskip(self, incident: int, issue: int, field: Field) -> bool:
        """Forget that a person left a field as it is; whether one had, ended or not."""
        ...

    def running(self) -> Run | None:
        """The newest run that has not ended, which holds the lock if any run does."""
        ...

    def open_writes(self) -> Sequence[Intended]:
        """Intents that were never settled, oldest first, with their hops in order."""
        ...

    def standing(self, project: str) -> Mapping[str, Sequence[int]]:
        """The issues last seen in each status (by its folded name), by a key of the project."""
        ...

    def learn(
        self, project: str, issue_type: str, status: str, ways: Sequence[Transition], at: datetime
    ) -> None:
        """Remember the ways out of a status; one that is known as it is writes nothing."""
        ...

    def record_told(
        self, receiver: str, fresh: Collection[Matter], over: Collection[Matter], at: datetime
    ) -> None:
        """Keep what a receiver of notices was told at that time, and forget what is over."""
        ...

    def pause(self, pause: Pause) -> None:
        """Stop all writing until then, in place of an earlier pause."""
        ...

    def resume(self) -> bool:
        """End the pause; whether there was one in force."""
        ...
