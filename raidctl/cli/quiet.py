"""`--quiet`: a run that says only what is new since the run before it, once it has ended."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from raidctl.cli.options import Output
from raidctl.cli.report import print_report, say_why
from raidctl.cli.terminal import show, tell_error
from raidctl.core.notices import Kind, Matter, RunEnd, unsaid_holds
from raidctl.errors import ConfigError, RaidctlError
from raidctl.present.format import Format
from raidctl.present.notices.lines import hold_lines
from raidctl.present.notices.place import Place
from raidctl.runs.writing.session import Ending


@dataclass(slots=True)
class Quiet:
    """What is known of a quiet run's end; filled in while it ends.

    `config` is the file in force. `ending` is None where an error ended it, `unsaid` where its
    journal does not tell what the run before has said.
    """

    output: Output
    config: Path | None
    ending: Ending | None = None
    end: RunEnd | None = None
    unsaid: Collection[Matter] | None = None

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Say at the end what is new, of an error as well. Raises `typer.Exit` for a known one."""
        try:
            yield
        except RaidctlError as error:
            if self.unsaid is None or isinstance(error, ConfigError):  # the latter always
                raise
            self._say(error)
            raise typer.Exit(error.exit_code) from None
        self._say(None)

    def _say(self, error: RaidctlError | None) -> None:
        """Why it ended as it did, then what is newly held."""
        unsaid = self.unsaid or ()
        if any(one.kind in {Kind.SAID, Kind.BLOCKED} for one in unsaid):
            if error is not None:
                tell_error(error)
            elif self.ending is not None:
                say_why(self.ending, config=self.config)
        holds = [] if self.end is None else unsaid_holds(self.end, unsaid)
        in_lines = self.output.form is Format.TABLE and self.output.out is None
        if holds and in_lines:
            show("".join(hold_lines(holds, Place(config=str(self.config or "")))), None)
        elif unsaid and not in_lines and self.ending is not None:
            print_report(self.ending.report, self.output)
