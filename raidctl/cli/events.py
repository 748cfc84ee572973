"""Take events in, and work the queue off: what `event` and `listen` share."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import random

from raidctl.bootstrap.clock import utc_now
from raidctl.bootstrap.events import directory, looking_at, parser, rules, settling
from raidctl.bootstrap.journal import journal, looking
from raidctl.bootstrap.rules import limits, sites
from raidctl.cli.payloads import STANDARD_INPUT, payloads
from raidctl.cli.progress import Meter
from raidctl.cli.session import Stopping, session, session_within
from raidctl.cli.terminal import say
from raidctl.config import Config
from raidctl.config.secrets import Environ
from raidctl.core.events.event import Queued, Seen, State, Told, dead_words, not_kept
from raidctl.core.events.turns import Timing, away
from raidctl.core.plan.plan import Plan
from raidctl.core.report import Report
from raidctl.errors import ExitCode, LockedError, ServiceError, UsageError
from raidctl.ports.events import EventQueue, EventReader
from raidctl.ports.journal import Journal, JournalReader
from raidctl.ports.systems import WritableSystems
from raidctl.runs.events.look import nothing_read
from raidctl.runs.events.places import Directory
from raidctl.runs.events.preview import preview
from raidctl.runs.events.settle import settle
from raidctl.runs.writing.session import Approval, Ending, Session

EVER = datetime(9998, 1, 1, tzinfo=UTC)
"""By then everything is due."""
ALL = 1_000_000  # subjects, and dead events
TOGETHER = 1_000  # events that one transaction keeps
BATCH = 200  # subjects that `listen` settles at once
ROUNDS = 100  # for what comes in while others are settled


@dataclass(slots=True)
class Received:
    """What was given, in its order: names of events, and what is none."""

    given: list[str | Told] = field(default_factory=list)

    @property
    def refused(self) -> list[Told]:
        """What is none."""
        return [one for one in self.given if isinstance(one, Told)]

    @property
    def names(self) -> list[str]:
        """Of the events."""
        return [one for one in self.given if isinstance(one, str)]

    def with_others(self, known: Iterable[Told]) -> tuple[Told, ...]:
        """What is known of each, once, and of others after them."""
        by_name = {one.event.name: one for one in known}
        mine = [
            one if isinstance(one, Told) else by_name.pop(one)
            for one in dict.fromkeys(self.given)
            if isinstance(one, Told) or one in by_name
        ]
        return (*mine, *by_name.values())


def parsed(
    settings: Config, memory: JournalReader, place: Path | None
) -> tuple[Received, Iterator[Seen]]:
    """The events of a place, one after the other; meanwhile what was given is noted.

    Raises `UsageError`, at the end where none of it is an event.
    """
    received, read = Received(), parser(settings, memory)

    def seen() -> Iterator[Seen]:
        for where, payload in () if place is None else payloads(place):
            one = read.any(payload)
            if one.state is State.REFUSED:
                why = f"{where}: {one.why}"
                received.given.append(Told(None, one.event, one.state, why))
            else:
                received.given.append(one.event.name)
                yield one
        if place is not None and len(received.refused) == len(received.given):
            name = STANDARD_INPUT if place == Path("-") else place
            first = received.refused[0].why if received.given else f"{name} is empty"
            raise UsageError(f"there is no event in what was given: {first}")

    return received, seen()


def receive(settings: Config, memory: Journal, place: Path | None) -> Received:
    """Keep what is an event in a file or folder; without one nothing. Raises `UsageError`."""
    received, events = parsed(settings, memory, place)
    some = list[Seen]()
    for seen in events:
        some.append(seen)
        if len(some) >= TOGETHER:
            memory.queue.keep(some, utc_now())
            some.clear()
    memory.queue.keep(some, utc_now())
    _hurry(memory.queue, received.names)
    return received


def _hurry(queue: EventQueue, names: Collection[str]) -> None:
    """Whoever gives an event by hand has it tried now, though it was waiting for its time."""
    now = utc_now()
    early = [one for one in queue.named(names) if one.due_at is not None and one.due_at > now]
    queue.turn([replace(one.turn(State.WAITING, one.why), due_at=now) for one in early])


def looked_up(
    settings: Config, memory: JournalReader, place: Path | None, by: datetime
) -> tuple[Received, list[Told], list[Queued]]:
    """What is given, what is told of it at once, and what is to be looked at, all due by then.

    Nothing is kept. Raises `UsageError`.
    """
    received, seen = parsed(settings, memory, place)
    given = {one.event.name: not_kept(one, utc_now()) for one in seen}
    wanted = [one for one in given.values() if one.state is State.WAITING]
    due = (one for one in memory.queue.due(by, ALL) if one.event.name not in given)
    return received, [one.told for one in given.values()], [*wanted, *due]


def retried(queue: EventQueue, numbers: Collection[int]) -> Received:
    """Let dead events wait again, these or all. Raises `UsageError` for one that is not dead."""
    _all_dead(queue, numbers)
    return Received([one.event.name for one in queue.retry(numbers, utc_now())])


def dead_ones(queue: EventReader, numbers: Collection[int] = ()) -> list[Queued]:
    """Dead events, these or all. Raises `UsageError` for one that is not dead."""
    _all_dead(queue, numbers)
    dead = queue.events([State.DEAD], ALL)
    return [one for one in dead if not numbers or one.id in numbers]


def first_dead(told: Iterable[Told]) -> str | None:
    """That one of these is dead, in words; None where none is."""
    return next((dead_words(one) for one in told if one.state is State.DEAD), None)


def _all_dead(queue: EventReader, numbers: Collection[int]) -> None:
    dead = {one.id for one in queue.events([State.DEAD], ALL)} if numbers else set()
    if others := sorted(set(numbers) - dead):
        raise UsageError(f"no event {others[0]} is dead; raidctl event --dead lists those that are")


def preview_of(
    settings: Config, events: Sequence[Queued], *, unattended: bool
) -> tuple[Plan, Report]:
    """What would become of events; nothing is written. Raises what `looking_at` raises."""
    meter, creations = Meter(), any(one.event.creation for one in events)
    with (
        meter.showing("reading") as advance,
        looking_at(settings, os.environ, meter, creations=creations) as (systems, admin),
    ):
        by = rules(settings, systems, admin, directory(settings), unattended=unattended)
        return preview(systems, events, by, utc_now, advance)


def nothing_done(settings: Config) -> Report:
    """The report of what asked neither system."""
    now = utc_now()
    return nothing_read(sites(settings), now, now, {})


@dataclass(slots=True)
class Work:
    """Works the queue off, as runs of its own.

    `everything`: what waits for its time as well. `unattended` as in `bootstrap.rules.request`.
    """

    settings: Config
    places: Directory
    everything: bool = False
    unattended: bool = True
    most: int = ALL
    _found: Sequence[Queued] = ()

    def off(self, asking: Approval) -> Ending:
        """Settle what is due; it takes the lock.

        Raises what `cli.session.session` raises: of a system out of reach, its events tell.
        """
        if self._idle():
            return Ending(nothing_done(self.settings))
        try:
            with session(self.settings, "event", self._opened) as one:
                return self._settled(one, asking)
        except ServiceError as error:
            with journal(self.settings) as memory:
                self._put_off(memory.queue, error)
            raise

    def off_within(self, memory: Journal, shutdown: Stopping) -> Ending | None:
        """The same for a process that holds the lock and has the journal open.

        None where nothing is due. Raises what `cli.session.session_within` raises.
        """
        if not memory.queue.due(utc_now(), 1):
            return None
        try:
            with session_within(self.settings, "event", memory, shutdown, self._opened) as one:
                return self._settled(one, Approval(limits(self.settings)))
        except ServiceError as error:
            self._put_off(memory.queue, error)
            raise

    def _put_off(self, queue: EventQueue, error: ServiceError) -> None:
        """They wait, for no fault of theirs."""
        timing = Timing(utc_now(), timedelta(0), random)
        queue.turn([away(one, str(error), timing) for one in self._found])

    def afterwards(self, ending: Ending) -> ExitCode:
        """Settle what came in while a run went well: whoever was refused the lock left it to us.

        The lock is free by now: who takes it first sees to it in our place. The worst exit code.
        """
        self.everything, self.unattended = False, True
        codes = [ending.exit_code]
        with suppress(LockedError):
            while codes[-1] is ExitCode.OK and not self._idle() and len(codes) < ROUNDS:
                late = self.off(Approval(limits(self.settings)))
                codes.append(late.exit_code)
                if late.why is not None:
                    say(f"of events that came in meanwhile: {late.why}")
        return codes[-1]

    def _idle(self) -> bool:
        with looking(self.settings) as memory:
            return not memory.queue.due(self._by, 1)

    @property
    def _by(self) -> datetime:
        """When what is tried is due at the latest."""
        return EVER if self.everything else utc_now()

    def _opened(
        self, settings: Config, environ: Environ, memory: Journal, activity: Meter
    ) -> AbstractContextManager[WritableSystems]:
        """Both systems, to make issues in as well where an event asks for that."""
        self._found = memory.queue.due(self._by, self.most)
        creations = any(one.event.creation for one in self._found)
        return settling(settings, environ, memory, activity, creations=creations)

    def _settled(self, one: Session, asking: Approval) -> Ending:
        makers, readable = one.systems.makers, one.systems.readable
        admin = None if makers is None else makers.admin
        by = rules(self.settings, readable, admin, self.places, unattended=self.unattended)
        return settle(one, by, asking, self._found)


def work_of(settings: Config, *, everything: bool = False, unattended: bool = True) -> Work:
    """What works off the queue of this journal."""
    return Work(settings, directory(settings), everything, unattended)
