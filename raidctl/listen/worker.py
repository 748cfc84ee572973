"""Works the queue off in the background, by taking the lock for a batch and giving it back."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from raidctl.errors import LockedError, RaidctlError
from raidctl.listen.health import Health, Work
from raidctl.ports.events import EventQueue

LOOK_SECONDS = 5.0  # at the latest: what waits for its time tells nobody when it has come
LOCKED_SECONDS = 1.0
REST_SECONDS = 0.25  # between two batches: who waits for the lock tries several times in it
FAILED_SECONDS = 30.0  # before a system that was away is asked again


@dataclass(slots=True)
class Worker:
    """Calls `batch` with the lock held, as long as events are due.

    `batch` answers why it could not settle what it should have, None where it could. Nothing that
    goes wrong in it ends the worker: it is told, and tried again later. So is, once, that a run
    that waits for a person has the lock.
    """

    queue: EventQueue
    lock: Callable[[], AbstractContextManager[None]]
    batch: Callable[[], str | None]
    health: Health
    clock: Callable[[], datetime]
    _awake: Event = field(default_factory=Event)
    _ended: Event = field(default_factory=Event)
    _waits: bool = False  # for a person, and that was told

    def wake(self) -> None:
        """Something has come in."""
        self._awake.set()

    def end(self) -> None:
        """Begin no other batch."""
        self._ended.set()
        self._awake.set()

    def run(self) -> None:
        """Work until the end is asked for."""
        while not self._ended.is_set():
            self._awake.clear()
            seconds = self._turn()
            if seconds is None:
                self._awake.wait(LOOK_SECONDS)
            else:
                self._ended.wait(seconds)

    def _turn(self) -> float | None:
        """Settle what is due; how long to rest then, whatever comes in; None where nothing is."""
        try:
            if not self.queue.due(self.clock(), 1):
                if not self.queue.state().waiting:  # another run may have seen to them
                    self.health.goes_on(Work.SETTLING)
                return None
            with self.lock():
                why = self.batch()
        except LockedError as error:
            if error.asking and not self._waits:
                self.health.tell(f"events wait: {error}")
            self._waits = self._waits or error.asking
            return LOCKED_SECONDS
        except RaidctlError as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 - events that come in must be kept nevertheless
            why = f"a defect of raidctl: {type(error).__name__}; please report it"
        self._waits = False
        if why is None:
            self.health.goes_on(Work.SETTLING)
            return REST_SECONDS
        self.health.stands_still(Work.SETTLING, why)
        return FAILED_SECONDS
