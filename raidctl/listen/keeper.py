"""Keeps events as they come in; those that come together share one commit."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from raidctl.core.events.event import Queued, Seen
from raidctl.listen.health import Health, Work
from raidctl.ports.events import EventQueue

MOST = 500  # events that one transaction keeps
PROBE_SECONDS = 5.0  # after which it is tried anew whether any can be kept


class Keeper:
    """Keeps events in the queue. For one event loop; the queue is written in a thread beside it.

    `kept` is called after each commit.
    """

    def __init__(
        self,
        queue: EventQueue,
        clock: Callable[[], datetime],
        health: Health,
        kept: Callable[[], None],
    ) -> None:
        self._queue, self._clock, self._health, self._kept = queue, clock, health, kept
        self._waiting: list[tuple[Seen, asyncio.Future[Queued | None]]] = []
        self._committing: asyncio.Task[None] | None = None
        self._tried = 0.0  # by the loop's own time

    async def keep(self, seen: Seen) -> Queued | None:
        """The event as it is kept, None for one that is known; it is durable then.

        Raises what the queue raises: then nothing of it is kept.
        """
        future: asyncio.Future[Queued | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((seen, future))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        return await future

    async def look_again(self) -> None:
        """Try whether events can be kept again, where the last one could not a while ago."""
        now = asyncio.get_running_loop().time()
        if not self._health.stopped(Work.STORING) or now < self._tried + PROBE_SECONDS:
            return
        self._tried = now
        try:
            await asyncio.to_thread(self._queue.probe)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is why
            self._health.stands_still(Work.STORING, str(error))
        else:
            self._health.goes_on(Work.STORING)

    async def _commit(self) -> None:
        """One transaction after the other, of all that came during the one before."""
        while self._waiting:
            together, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            seen = [one for one, _ in together]
            try:
                kept = await asyncio.to_thread(self._queue.keep, seen, self._clock())
            except Exception as error:  # noqa: BLE001 - each of them is told, whatever it is
                self._tried = asyncio.get_running_loop().time()
                self._health.stands_still(Work.STORING, str(error))
                for _, future in together:
                    if not future.done():
                        future.set_exception(error)
                continue
            self._health.goes_on(Work.STORING)
            for (_, future), one in zip(together, kept, strict=True):
                if not future.done():
                    future.set_result(one)
            self._kept()
        self._committing = None
