"""Who is told of what runs find, by the configuration."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from raidctl.config.secrets import Secret

RECEIVERS = ("slack_url", "url", "ping_url")
"""The receivers that there can be, as `[notify]` names them."""


@dataclass(frozen=True, slots=True)
class NotifyConfig:
    """Where notices go: addresses that are secrets; one that is kept nowhere is not used.

    `slack_url` is a Slack incoming webhook, `url` takes JSON, `ping_url` is called when a
    reconcile ended well.
    """

    slack_url: Secret
    url: Secret
    ping_url: Secret

    @property
    def all(self) -> Mapping[str, Secret]:
        """All of them by their keys."""
        return {f"notify.{name}": getattr(self, name) for name in RECEIVERS}

    @property
    def used(self) -> Iterator[Secret]:
        """Those that somebody is told at."""
        return (secret for secret in self.all.values() if secret.spelling != "nowhere")
