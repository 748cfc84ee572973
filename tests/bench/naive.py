"""The naive loop: one `jira.issue(key)` a link.

python -m tests.bench.naive JIRA_URL LINKS
"""

import sys

from jira import JIRA

from tests.bench.floor import TOKEN, USER


def main(url: str, links: int) -> None:
    """Read that many issues one by one."""
    client = JIRA(url, basic_auth=(USER, TOKEN), get_server_info=False, max_retries=0)
    for number in range(1, links + 1):
        client.issue(f"INC-{number}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
