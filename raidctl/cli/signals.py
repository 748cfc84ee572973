"""Signals, heard in a thread of their own.

Python calls a handler in the main thread, between two instructions. A signal that comes just as
that thread begins to wait for an answer would not be heard before the answer is there.
"""

import os
import signal
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
"""Ctrl-C, a kill, a closed terminal: process 1 of a container gets none that it does not handle."""

_heard: dict[int, Callable[[], None]] = {}


def on_signals(handler: Callable[[], None], *names: str) -> None:
    """Call `handler` when one of these comes, while the main thread goes on, or waits."""
    for number in _not_ignored(*names):
        _heard[number] = handler
        signal.signal(number, _in_its_thread)
    _listen(os.getpid())


def interrupted_by(*names: str) -> None:
    """Take these as Ctrl-C: `KeyboardInterrupt` in the main thread, once it does something."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in _not_ignored(*names):
        signal.signal(number, interrupt)


@contextmanager
def as_before(*names: str) -> Iterator[None]:
    """Afterwards these signals are handled as they were."""
    before = {number: signal.getsignal(number) for number in _not_ignored(*names)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _not_ignored(*names: str) -> Iterator[int]:
    """These signals, but for those that whoever started raidctl has it ignore.

    That is what `nohup` asks for, a shell for a job in the background, a supervisor.
    """
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
        if signal.getsignal(number) is not signal.SIG_IGN:
            yield number


def _in_its_thread(number: int, frame: FrameType | None) -> None:
    """What the main thread does of it: nothing."""


@cache
def _listen(_process: int) -> None:
    """Once in a process; a fork's child has no threads of its parent's."""
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    start_new_thread(_hear, (heard,))


def _hear(heard: int) -> None:
    while True:
        for number in os.read(heard, 64):
            if signal.getsignal(number) is _in_its_thread:
                _heard[number]()
