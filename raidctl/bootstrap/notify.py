"""Who is told of a run, by the configuration: what sends, by the setting that names it."""

from collections.abc import Mapping

from raidctl.config import Config
from raidctl.config.access import is_clear_text
from raidctl.config.secrets import Environ, Secret
from raidctl.errors import ConfigError
from raidctl.gateways.notify.receiver import Receiver

NAMES = {
    "notify.slack_url": "Slack",
    "notify.url": "the receiver of notices",
    "notify.ping_url": "the receiver of pings",
}
"""What receivers are called in messages."""


def named(config: Config) -> Mapping[str, Secret]:
    """The receivers that are used: their addresses by their keys."""
    return {key: one for key, one in config.notify.all.items() if one.spelling != "nowhere"}


def receiver(key: str, secret: Secret, environ: Environ) -> Receiver:
    """One of them, ready to be told. Raises `ConfigError`, without its address."""
    address = secret.reveal(environ)
    found = Receiver(NAMES[key], key, address)
    if is_clear_text(address):
        raise ConfigError(
            [f"{key}: http:// would send it in clear over the network; allowed: https://"]
        )
    return found
