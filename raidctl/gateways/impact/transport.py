"""What may be sent to FireFighter's webhook, and nothing else."""

import re
from typing import Final

from raidctl.gateways.http.client import GuardedAdapter

WEBHOOK_WRITES: Final = {"POST": re.compile(r".*/api/v2/firefighter/raid/jira_update")}


class WebhookAdapter(GuardedAdapter):
    """A transport to FireFighter that lets JIRA's events out, and nothing else."""

    def __init__(self, connections: int) -> None:
        super().__init__((), WEBHOOK_WRITES, connections)

    def _reads(self, method: str, path: str) -> bool:
        return False
