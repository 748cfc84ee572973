"""What may be sent to JIRA by a run that writes, and what it answers of an issue not to be seen."""

import re
from typing import Final

from raidctl.gateways.http.client import GuardedAdapter

GONE = frozenset({403, 404})  # of one issue: missing or forbidden, JIRA often does not tell which
JIRA_READS = ("/issue/bulkfetch", "/changelog/bulkfetch", "/search", "/search/jql")
JIRA_WRITES: Final = {
    "PUT": re.compile(r".*/rest/api/[23]/issue/[0-9]+"),
    "POST": re.compile(r".*/rest/api/[23]/issue/[0-9]+/transitions"),
}


class WritingAdapter(GuardedAdapter):
    """A transport to JIRA that lets reads out, and the two writes of which raidctl is made."""

    def __init__(self, connections: int) -> None:
        super().__init__(JIRA_READS, JIRA_WRITES, connections)
