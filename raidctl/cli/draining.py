"""Ctrl-C and a kill of a process that goes on until it is told to end."""

from collections.abc import Callable
from functools import partial

from raidctl.cli.shutdown import Shutdown
from raidctl.cli.signals import on_signals
from raidctl.cli.terminal import end_at_once, say_in_between
from raidctl.errors import ExitCode


class Draining(Shutdown):
    """Ends after the write in hand, whatever it is doing; a second signal ends it at once.

    `code` is what the process answers then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.code = ExitCode.OK
        self._end_work: Callable[[], None] = lambda: None
        on_signals(partial(self._asked, ExitCode.INTERRUPTED), "SIGINT")
        on_signals(partial(self._asked, ExitCode.OK), "SIGTERM", "SIGHUP")

    def ends(self, work: Callable[[], None]) -> None:
        """Let this be called when the end is asked for, or now where it has been."""
        with self._deciding:
            self._end_work = work
        if self.wanted:
            work()

    def _asked(self, code: ExitCode) -> None:
        with self._deciding:
            again, self.wanted = self.wanted, True
            end = self._end_work
        if again:
            end_at_once("interrupted; what was answered 202 is in the journal")
        self.code = code
        say_in_between("ending after the write in hand; once more ends at once")
        end()
