"""Doctor's checks, made and shown: for the command of that name, and for whoever ends with it."""

import os
from pathlib import Path

from raidctl.bootstrap.doctor import examining
from raidctl.cli import log
from raidctl.cli.options import DoctorOutput
from raidctl.cli.progress import Meter
from raidctl.cli.terminal import capabilities, say, show
from raidctl.config import Examined, Purpose, examined
from raidctl.config.place import find_file
from raidctl.core.doctor.check import Check, State
from raidctl.errors import ConfigError, ExitCode
from raidctl.present.doctor.render import render_doctor
from raidctl.present.text.records import only
from raidctl.runs.doctor.examine import examine


def look(explicit: Path | None, output: DoctorOutput) -> ExitCode:
    """Make all checks of the configuration in force, and show them; 4 where one is a problem."""
    meter = Meter()
    with (
        meter.showing("looking"),
        examining(_found(explicit), os.environ, meter) as (ways, asked),
    ):
        checks = examine(ways, asked)
    text = render_doctor(checks, output.form, **capabilities(output.out))
    show(only(text, output.picked()), output.out)
    problems = [check for check in checks if check.state is State.PROBLEM]
    if problems:
        say(_counted(problems))
        return ExitCode.INCOMPLETE
    return ExitCode.OK


def _found(explicit: Path | None) -> Examined:
    try:
        file = find_file(explicit, os.environ, Path.cwd())
    except OSError:
        return Examined(None, ("the working directory is gone: cd to one that is there",))
    except ConfigError as error:
        return Examined(None, error.problems)
    found = examined(file, os.environ, Purpose.CHECK)
    if found.config is not None:
        log.configured(found.config.log)
    return found


def _counted(problems: list[Check]) -> str:
    first = problems[0]
    if len(problems) == 1:
        return f"a problem: {first.id}: {first.what}"
    return f"{len(problems)} problems, the first of them {first.id}: {first.what}"
