"""The secrets of a configuration, each had once however often it is used, and those that are not.

A command that prints one may ask a person for it, and take its time.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from raidctl.config import Config
from raidctl.config.access import Access
from raidctl.config.secrets import Environ, Secret
from raidctl.core.policy import ImpactWriter
from raidctl.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Had:
    """A configuration whose secrets stand ready in the environment beside it.

    `lacking` tells of each that could not be had why, by its key.
    """

    config: Config
    environ: Environ
    lacking: Mapping[str, str]

    def lacks(self, *secrets: Secret) -> bool:
        """Whether one of these could not be had."""
        return any(secret.key in self.lacking for secret in secrets)


def had(config: Config, environ: Environ) -> Had:
    """All secrets that are used, side by side. Raises nothing."""
    used = list(_used(config))
    with ThreadPoolExecutor(max(len(used), 1), "secrets") as pool:
        told = list(pool.map(partial(_revealed, environ), used))
    values: dict[str, str] = {}
    lacking: dict[str, str] = {}
    for secret, (value, why) in zip(used, told, strict=True):
        if why is None:
            values[_variable(secret)] = value
        else:
            lacking[secret.key] = why
    return Had(_ready(config, values), {**environ, **values}, lacking)


def _revealed(environ: Environ, secret: Secret) -> tuple[str, str | None]:
    try:
        return secret.reveal(environ), None
    except ConfigError as error:
        return "", error.problems[0]


def _used(config: Config) -> Iterator[Secret]:
    impact = config.impact
    writers = {*impact.writes.values(), impact.link}
    if impact.reads == "rest":
        yield impact.token
    if impact.reads == "database" or ImpactWriter.DATABASE in writers:
        yield impact.database_url
    if ImpactWriter.WEBHOOK in writers:
        yield impact.webhook_secret
    yield config.jira.token
    if config.listen.secret.spelling != "nowhere":  # who does not listen names none
        yield config.listen.secret
    yield from config.notify.used
    yield from impact.access.headers.values()
    yield from config.jira.access.headers.values()


def _variable(secret: Secret) -> str:
    return f"{secret.key} as raidctl had it"  # no shell knows such a name


def _ready(config: Config, values: Mapping[str, str]) -> Config:
    def put(secret: Secret) -> Secret:
        variable = _variable(secret)
        return Secret("env", variable, secret.key) if variable in values else secret

    def access(given: Access) -> Access:
        return replace(given, headers={name: put(one) for name, one in given.headers.items()})

    impact, jira = config.impact, config.jira
    names = ("token", "database_url", "webhook_secret")
    secrets: dict[str, Any] = {name: put(getattr(impact, name)) for name in names}
    return replace(
        config,
        impact=replace(impact, **secrets, access=access(impact.access)),
        jira=replace(jira, token=put(jira.token), access=access(jira.access)),
    )
