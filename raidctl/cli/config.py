"""The configuration as each kind of command needs it."""

import os
from functools import partial
from pathlib import Path

from raidctl.cli import log
from raidctl.config import Config, Purpose, load
from raidctl.config.place import find_file
from raidctl.errors import ConfigError, UsageError


def file_in_force(explicit: Path | None) -> Path | None:
    """The configuration file; None where there is none.

    Raises `ConfigError` for one that was asked for and is not there, `UsageError` without a working
    directory.
    """
    try:
        here = Path.cwd()
    except OSError:
        raise UsageError("the working directory is gone: cd to one that is there") from None
    return find_file(explicit, os.environ, here)


def _loaded(explicit: Path | None, purpose: Purpose) -> Config:
    """The configuration in force.

    Raises `ConfigError` with everything that is wrong, and what `file_in_force` raises.
    """
    file = file_in_force(explicit)
    try:
        settings = load(file, os.environ, purpose)
    except ConfigError as error:
        if file is not None:
            raise
        hint = "there is no raidctl.toml here or among your own: raidctl init writes one"
        raise ConfigError([*error.problems, hint]) from None
    log.configured(settings.log)
    return settings


load_to_look = partial(_loaded, purpose=Purpose.LOOK)
"""The configuration of a command that reads neither system."""
load_to_read = partial(_loaded, purpose=Purpose.READ)
"""Of one that reads both."""
load_to_write = partial(_loaded, purpose=Purpose.WRITE)
"""Of one that writes both."""
load_to_check = partial(_loaded, purpose=Purpose.CHECK)
"""Of one that says what is wrong with it."""
