"""How a site is reached: by which certificate and headers, in clear or not, with whose secrets."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from raidctl.config.checks import ExposedError, UnfitError, holds_login, listed, reference
from raidctl.config.keys import SECRETS, SPELLINGS
from raidctl.config.read import Problems, Settings, dotted
from raidctl.config.secrets import Environ, Secret

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_OURS = frozenset(
    {
        *("accept", "accept-encoding", "authorization", "connection", "content-encoding"),
        *("content-length", "content-type", "expect", "host", "transfer-encoding"),
        *("x-hub-signature", "upgrade"),
    }
)
_SECRET_VARIABLES = (  # of the database, and of FireFighter's own environment (facts, 6)
    *("POSTGRES_PASSWORD", "PGPASSWORD", "SECRET_KEY", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"),
    *("OIDC_RP_CLIENT_SECRET", "REDIS_PASSWORD"),
)


@dataclass(frozen=True, slots=True)
class Access:
    """What a gate before a site asks for: `certificate` is a PEM file, and its key's."""

    headers: Mapping[str, Secret] = field(default_factory=dict)
    certificate: str | tuple[str, str] | None = None

    def revealed(self, environ: Environ) -> dict[str, str]:
        """The headers themselves. Raises `ConfigError`."""
        return {name: secret.reveal(environ) for name, secret in self.headers.items()}


def access(
    site: str, settings: Settings, problems: Problems, path: Callable[[str], Path]
) -> Access:
    """The access to a site ("impact" or "jira"); `path` is a path as the file means it."""
    names = {key: settings.text(f"{site}.{key}") for key in ("certificate", "certificate_key")}
    files = {key: str(path(name)) for key, name in names.items() if name}
    for key, file in files.items():
        if lack := Secret("file", file).lacks({}):
            problems.add(f"{site}.{key}", lack)
    if "certificate_key" in files and "certificate" not in files:
        problems.add(f"{site}.certificate_key", f"without {site}.certificate it is the key of none")
    certificate = files.get("certificate")
    key_file = files.get("certificate_key")
    both = (certificate, key_file) if certificate and key_file else certificate
    return Access(_headers(f"{site}.headers", settings, problems, path), both)


def _headers(
    where: str, settings: Settings, problems: Problems, path: Callable[[str], Path]
) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    withheld = secret_variables(settings)
    for row, value in settings.tables[where].items():
        key = dotted(where, row)
        name, _, spelling = row.rpartition("_")
        given = next((one for one in SPELLINGS if one == spelling), None)
        if given is None or not _TOKEN.fullmatch(name):
            ways = listed(f"NAME_{one}" for one in SPELLINGS)
            problems.unfit(key, ExposedError(f"{ways}, NAME being a header's"))
            continue
        if name.lower() in _OURS:
            problems.add(key, "raidctl sends this header itself; allowed: any other")
            continue
        if name.lower() in map(str.lower, found):
            problems.add(key, "the header is given twice; allowed: once")
            continue
        text = problems.fit(key, value, reference, "")
        if given != "command" and holds_login(text):
            problems.unfit(key, ExposedError("a name"))
            continue
        text = str(path(text)) if given == "file" and text else text
        found[name] = Secret(given, text, key, withheld - {text})
    return found


def secret_variables(settings: Settings) -> frozenset[str]:
    """The variables that hold a secret, of raidctl's or of FireFighter's."""
    named = {settings.text(f"{name}_env") for name in SECRETS}
    tables = (settings.tables[f"{site}.headers"] for site in ("impact", "jira"))
    named |= {str(value) for rows in tables for key, value in rows.items() if key.endswith("_env")}
    usual = {variable for variables in SECRETS.values() for variable in variables}
    return frozenset({*named, *usual, *_SECRET_VARIABLES} - {""})


def check_clear_text(site: str, settings: Settings, problems: Problems) -> None:
    """Note a site to which a secret would go over the network in clear."""
    url = settings.text(f"{site}.url")
    if is_clear_text(url) and not settings.take(f"{site}.allow_http", bool):
        found = "http:// would send the token in clear over the network"
        problems.unfit(f"{site}.url", UnfitError(found, f"https://, or {site}.allow_http = true"))


def is_clear_text(url: str) -> bool:
    """Whether what is sent there can be read on the network."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
