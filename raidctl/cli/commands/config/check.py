"""`raidctl config check`: everything that is wrong with the configuration."""

from raidctl.cli import options
from raidctl.cli.config import file_in_force, load_to_check
from raidctl.cli.terminal import show
from raidctl.errors import ConfigError
from raidctl.present.settings import problems_json


def check(*, form: options.Document = "table", config: options.Configuration = None) -> None:
    """Check the configuration, and name everything that is wrong with it.

    As for a run that writes: keys, values, tables, and whether every secret that is needed is
    there, and every address of [notify]. Nothing is sent anywhere: raidctl doctor asks the systems.
    Exit code 0: it can be used; 2: it cannot.

    \b
    raidctl config check
    raidctl config check -o json | jq -r '.problems[]'
    """
    file = file_in_force(config)
    name = str(file) if file else None
    try:
        load_to_check(config)
    except ConfigError as error:
        if form == "json":
            show(problems_json(name, error.problems), None)
        raise
    found = f"{name or 'The environment'} can be used: nothing is wrong with it.\n"
    show(problems_json(name, []) if form == "json" else found, None)
