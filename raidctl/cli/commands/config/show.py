"""`raidctl config show`: what is in force, and where it comes from."""

import os

from raidctl.cli import options, terminal
from raidctl.cli.config import file_in_force
from raidctl.config.shown import in_force
from raidctl.present.settings import settings_json, settings_page


def show(*, form: options.Document = "table", config: options.Configuration = None) -> None:
    """Show every setting in force and where it comes from.

    From a line of the file, from a variable (raidctl's or FireFighter's), or the default. Of a
    secret it shows where it is kept, and whether it is there. Exit code 0; 2: the configuration
    cannot be used.

    \b
    raidctl config show
    raidctl config show -o json | jq '.settings[] | select(.from == "file")'
    """
    file = file_in_force(config)
    name, settings = str(file) if file else None, in_force(file, os.environ)
    if form == "json":
        terminal.show(settings_json(name, settings), None)
    else:
        colour = terminal.capabilities()["colour"]
        terminal.show(settings_page(name, settings, colour=colour), None)
