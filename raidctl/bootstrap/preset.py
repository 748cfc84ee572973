"""Which mapping preset is in force: the configured one, or the one whose names JIRA has."""

from collections.abc import Callable, Iterable, Sequence

from raidctl.bootstrap.clock import utc_now
from raidctl.config import Config
from raidctl.core.mapping.presets import NONE, SiteTables, asked_about
from raidctl.errors import ConfigError
from raidctl.gateways.http.answers import one_line
from raidctl.ports.journal import Journal, JournalReader

_MOST_SHOWN = 20  # statuses of a workflow in one message

Live = Callable[[], Sequence[str] | None]
"""The statuses of the workflow; None where JIRA does not show the project."""


def known_tables(config: Config, journal: JournalReader) -> SiteTables | None:
    """The tables in force as far as configuration and journal tell; else JIRA has to be asked."""
    if len(config.mappings) == 1:
        return config.mappings[0]
    preset = journal.preset(_asked(config))
    return next((one for one in config.mappings if one.preset == preset), None)


def found_tables(config: Config, live: Live) -> SiteTables:
    """Those whose statuses the workflow has. Raises `ConfigError` where not one alone has them."""
    project = config.jira.project
    where = f"the workflow of {project}" if project else "JIRA"
    choices = {one.preset: one for one in config.mappings}
    statuses = live()
    if statuses is None and not project:
        why = "jira.project is not set, and JIRA tells no statuses of the site"
        raise _undecided(config, f"{why}: set jira.project, or", choices)
    if statuses is None:
        why = f"JIRA shows no project {project} to the user of jira.token"
        raise _undecided(config, f"{why}: correct jira.project, or", choices)
    lacking = {name: one.lacks(project, statuses) for name, one in choices.items()}
    fitting = [name for name, lacks in lacking.items() if not lacks]
    if len(fitting) == 1:
        return choices[fitting[0]]
    written = {frozenset(one.of(project).status_to_jira.items()) for one in choices.values()}
    if fitting and len(written) == 1:
        why = "[mapping.status_to_jira] names every status itself, so no workflow tells the preset:"
        raise _undecided(config, why, choices)
    if fitting:
        both = " and of ".join(fitting)
        mend = "" if project else " set jira.project, whose workflow tells, or"
        raise _undecided(config, f"{where} has the statuses of {both}:{mend}", fitting)
    said = ", ".join(f"{name} needs {_listed(lacks)}" for name, lacks in lacking.items())
    there = f"; {project} has {_some(statuses)}" if project else ""
    rows = "name the live ones in [mapping.status_to_jira], or"
    why = f"no preset fits, for {where} lacks statuses: {said}{there}; {rows}"
    raise _undecided(config, why, choices)


def remember(config: Config, tables: SiteTables, journal: Journal) -> None:
    """Keep which preset was found, for as long as it is asked about the same."""
    if len(config.mappings) > 1:
        journal.record_preset(_asked(config), tables.preset, utc_now())


def note_of(config: Config, tables: SiteTables) -> str:
    """Which preset was found, for whoever reads the report."""
    where = f"the workflow of {config.jira.project}" if config.jira.project else "JIRA"
    name = tables.preset
    return f"The tables are those of the preset {name}, whose statuses {where} has."


def note_of_memory(config: Config, tables: SiteTables, live: Sequence[str]) -> str | None:
    """That the preset that is remembered has statuses the workflow has no longer; None if not."""
    lacking = tables.lacks(config.jira.project, live)
    if not lacking:
        return None
    return (
        f"The preset {tables.preset} is remembered from when JIRA had {_listed(lacking)}: it stays "
        "until mapping.preset is set, or a row of [mapping] says what that is called now."
    )


def _undecided(config: Config, why: str, choices: Iterable[str]) -> ConfigError:
    place = config.file or "no configuration file"
    names = f"{', '.join(choices)} or {NONE} (the rows of your own alone)"
    return ConfigError([f"{place}: mapping.preset: {why} set it to {names}"])


def _some(names: Sequence[str]) -> str:
    """Names of JIRA's, of very many the first."""
    shown = _listed([one_line(name) for name in names[:_MOST_SHOWN]])
    more = len(names) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _listed(names: Sequence[str]) -> str:
    return " and ".join(f'"{name}"' for name in names)


def _asked(config: Config) -> str:
    return asked_about(
        config.jira.url, config.jira.project, config.jira.issue_type, config.mappings
    )
