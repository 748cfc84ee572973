"""Ctrl-C and a kill: how a run that writes ends early."""

from _thread import start_new_thread
from collections.abc import Callable
from threading import Lock

from raidctl.cli.signals import ENDING, on_signals
from raidctl.cli.terminal import end_at_once, say_in_between


class Shutdown:
    """Ctrl-C and a kill: while nothing is written they end the run at once, later politely.

    A second one ends it at once even then: the next run reads what became of the write in hand.
    A signal that is ignored already stays so. What is done at once waits for the run's row alone,
    and not even for that when asked once more.
    """

    def __init__(self, idle: str = "nothing was written") -> None:
        self.wanted = False
        self._deciding = Lock()  # whether a write may be under way is one question with one answer
        self._writing = self._ending = False
        self._idle, self._closing = idle, ""
        self._note: Callable[[str], None] = lambda _: None
        on_signals(self._stop, *ENDING)

    def reason(self) -> str | None:
        """Why a run is to end early; None while it is not."""
        return "it was interrupted" if self.wanted else None

    def noting(self, note: Callable[[str], None]) -> None:
        """Let `note` keep why the run ended, before it ends at once; it is called in a thread."""
        self._note = note

    def writing(self) -> None:
        """From now on a write may be under way."""
        with self._deciding:
            self._writing = True

    def waiting(self, idle: str, closing: str = "") -> None:
        """Nothing is under way any more; `idle` says what there is to know about that.

        `closing` has the lines that sum the run up, should it end now.
        """
        with self._deciding:
            self._writing, self._idle, self._closing = False, idle, closing

    def _stop(self) -> None:
        with self._deciding:
            politely, again = self._writing and not self.wanted, self._ending
            self.wanted, self._ending = True, not politely  # nothing is begun meanwhile
            done = "the next run finds out what was written" if self._writing else self._idle
            closing = "" if self._writing else self._closing
        if politely:
            say_in_between("stopping after the write in hand; once more ends at once")
        elif again:
            end_at_once(f"interrupted; {done}", closing)
        else:
            start_new_thread(self._end, (f"interrupted; {done}", closing))  # one more is heard

    def _end(self, why: str, closing: str) -> None:
        try:
            self._note(why)
        finally:
            end_at_once(why, closing)
