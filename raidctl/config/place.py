"""Where the configuration file is."""

from pathlib import Path

from raidctl.config.checks import exists
from raidctl.config.secrets import Environ, trimmed
from raidctl.errors import ConfigError


def find_file(explicit: Path | None, environ: Environ, cwd: Path) -> Path | None:
    """The file in force: `--config`, $RAIDCTL_CONFIG, ./raidctl.toml, the user's own; or none.

    Raises `ConfigError` when one that was asked for does not exist.
    """
    variable = trimmed(environ).get("RAIDCTL_CONFIG")
    for origin, asked in (("--config", explicit), ("$RAIDCTL_CONFIG", variable)):
        if asked:
            file = cwd / asked
            if not exists(file):
                raise ConfigError([f"{origin}: no file {file}; allowed: a configuration file"])
            return file
    here = cwd / "raidctl.toml"
    if exists(here):
        return here
    from platformdirs import user_config_path  # noqa: PLC0415 - needed only where none is here

    try:
        own = user_config_path("raidctl") / "raidctl.toml"
    except RuntimeError:  # a container's user without a home
        return None
    return own if exists(own) else None
