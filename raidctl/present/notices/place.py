"""Where notices come from: what tells one raidctl from another, and how its commands are typed."""

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Impact's host (`site`), the machine that ran (`host`), the configuration it was started with.

    `config` is empty where none was named: whoever types a command finds the same.
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
