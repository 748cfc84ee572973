"""The configuration as each kind of command needs it."""

import os
from pathlib import Path

from raidctl.config import Config, Purpose, find_file, load
from raidctl.errors import ConfigError


def load_to_read(explicit: Path | None) -> Config:
    """The configuration of a command that reads both systems; raises `ConfigError`."""
    return _loaded(explicit, Purpose.READ)


def load_to_write(explicit: Path | None) -> Config:
    """The configuration of a command that writes both systems; raises `ConfigError`."""
    return _loaded(explicit, Purpose.WRITE)


def load_to_look(explicit: Path | None) -> Config:
    """The configuration of a command that reads neither system; raises `ConfigError`."""
    return _loaded(explicit, Purpose.LOOK)


def _loaded(explicit: Path | None, purpose: Purpose) -> Config:
    """The configuration in force; raises `ConfigError` with everything that is wrong."""
    file = find_file(explicit, os.environ, Path.cwd())
    try:
        return load(file, os.environ, purpose)
    except ConfigError as error:
        if file is not None:
            raise
        hint = "there is no raidctl.toml here or among your own: raidctl init writes one"
        raise ConfigError([*error.problems, hint]) from None
