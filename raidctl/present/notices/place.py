"""Where notices come from: what tells one raidctl from another, and how its commands are typed."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Impact's host (`site`), the machine that ran (`host`), the configuration it ran with.

    `config` is empty where there was no file. It is named wherever it came from: whoever types a
    command has another shell, with another folder and another $RAIDCTL_CONFIG.
    """

    site: str = ""
    host: str = ""
    config: str = ""

    def typed(self, command: str) -> str:
        """A command of raidctl as it has to be typed here; a key to set stays as it is."""
        name, space, rest = command.partition(" ")
        if name != "raidctl" or not self.config:
            return command
        return f"raidctl --config {shlex.quote(self.config)}{space}{rest}"
