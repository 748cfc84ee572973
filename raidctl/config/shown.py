"""All that is in force and where it comes from: of a secret, where it is kept and nothing else."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from raidctl.config import Config, Purpose, load
from raidctl.config.keys import KEYS, OPEN_TABLES, SECRETS, SPELLINGS
from raidctl.config.lines import key_lines, line_of
from raidctl.config.read import Problems, Settings, dotted, read_document, read_settings, read_text
from raidctl.config.secrets import Environ, Secret, trimmed
from raidctl.core.setting import Origin, Setting

LineOf = Callable[[tuple[str, ...]], int | None]


def in_force(file: Path | None, environ: Environ) -> list[Setting]:
    """Every key and every row of a table, in the order of the example.

    Raises `ConfigError` with everything that is wrong, but for secrets that cannot be had.
    """
    config = load(file, environ, Purpose.LOOK)
    settings = read_settings(read_document(file), trimmed(environ), Problems(file))
    lines = key_lines(read_text(file)) if file is not None else {}
    return list(_settings(config, settings, environ, lambda path: line_of(path, lines)))


def _settings(
    config: Config, settings: Settings, environ: Environ, line: LineOf
) -> Iterator[Setting]:
    secrets = _secrets(config)
    spelled = {f"{name}_{spelling}": name for name in SECRETS for spelling in SPELLINGS}
    found_out = {"impact.reads": config.impact.reads, "journal.path": str(config.journal_path)}
    for key in KEYS:
        if (name := spelled.get(key)) is None:
            value = settings.values[key] or found_out.get(key, settings.values[key])
            yield _plain(key, value, settings, line)
        elif key.endswith(f"_{SPELLINGS[0]}"):
            table, _, short = name.rpartition(".")
            yield _secret(table, short, secrets[name], environ, line)
    for where in OPEN_TABLES:
        if not where.endswith(".headers"):
            yield from _rows(where, settings.tables[where], line)
    for site, access in (("impact", config.impact.access), ("jira", config.jira.access)):
        for header, secret in access.headers.items():
            yield _secret(f"{site}.headers", header, secret, environ, line)


def _plain(key: str, value: object, settings: Settings, line: LineOf) -> Setting:
    taken, (table, _, name) = settings.origins[key], key.rpartition(".")
    value = list(value) if isinstance(value, tuple) else value
    if taken == Origin.FILE:
        return Setting(table, name, value, Origin.FILE, line(tuple(key.split("."))))
    if taken:
        return Setting(table, name, value, Origin.VARIABLE, variable=taken)
    return Setting(table, name, value, Origin.DEFAULT)


def _rows(where: str, rows: Mapping[str, object], line: LineOf) -> Iterator[Setting]:
    for name, value in rows.items():
        place = line((*where.split("."), name))
        yield Setting(where, dotted("", name), value, Origin.FILE, place)


def _secrets(config: Config) -> Mapping[str, Secret]:
    impact = config.impact
    return {
        "impact.token": impact.token,
        "impact.webhook_secret": impact.webhook_secret,
        "impact.database_url": impact.database_url,
        "jira.token": config.jira.token,
        "listen.secret": config.listen.secret,
        **config.notify.all,
    }


def _secret(table: str, name: str, secret: Secret, environ: Environ, line: LineOf) -> Setting:
    """By its key: the file spells one with how it is kept, the others come from a variable."""
    spelled = secret.key != f"{table}.{name}"
    found = not spelled and secret.spelling != "nowhere"
    return Setting(
        table,
        name,
        None,
        Origin.FILE if spelled else Origin.VARIABLE if found else Origin.DEFAULT,
        line(tuple(secret.key.split("."))) if spelled else None,
        secret.reference if found else None,
        secret.source,
        secret.lacks(environ),
    )
