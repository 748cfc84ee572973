"""`raidctl doctor`: whether all is there that runs need."""

from raidctl.cli import options
from raidctl.cli.doctor import look
from raidctl.cli.terminal import end_at_once_on_interrupt
from raidctl.errors import ExitCode


def doctor(*, output: options.DoctorOutput, config: options.Configuration = None) -> ExitCode:
    """Look at the configuration, both systems and the journal: what would go wrong.

    Changes nothing, and takes no lock. FireFighter's webhook is given a signed event of an issue
    that nobody has, with no change in it. Exit code 0: no problem, be there warnings; 4: a problem.

    \b
    raidctl doctor
    raidctl doctor -o json | jq '.checks[] | select(.state == "problem")'
    """
    end_at_once_on_interrupt()
    return look(config, output)
