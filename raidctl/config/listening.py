"""What `raidctl listen` is told by the configuration."""

from dataclasses import dataclass

from raidctl.config.secrets import Secret


@dataclass(frozen=True, slots=True)
class ListenConfig:
    """Where `raidctl listen` takes events (port 0: any free one), and what signs them.

    A body of at most `max_bytes` is read.
    """

    host: str
    port: int
    max_bytes: int
    secret: Secret
