"""The floor: the same exchanges by bare requests, the bodies decoded by json, nothing else.

    python -m tests.bench.floor EXCHANGES URLS CONCURRENCY

Each system's exchanges go through a pool of that many threads, both systems at once, as in
`diff`; JIRA's begin with Impact's first answer, for nobody can ask for issues before.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests
from requests.auth import AuthBase, HTTPBasicAuth

TOKEN = "bench-token"
USER = "person0@example.test"


class Bearer(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        return request


def main(exchanges: Path, urls: dict[str, str], concurrency: int) -> None:
    """Send them all."""
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=2 * concurrency))
    auth: dict[str, AuthBase] = {"impact": Bearer(), "jira": HTTPBasicAuth(USER, TOKEN)}

    def send(exchange: tuple[str, str, str, str]) -> None:
        system, method, target, body = exchange
        answer = session.request(
            method,
            urls[system] + target,
            data=body or None,
            headers={"Content-Type": "application/json"},
            auth=auth[system],
            timeout=30,
        )
        json.loads(answer.content)

    sent = json.loads(exchanges.read_text())
    with ThreadPoolExecutor(concurrency) as impact, ThreadPoolExecutor(concurrency) as jira:
        incidents = [impact.submit(send, exchange) for exchange in sent if exchange[0] == "impact"]
        if incidents:
            incidents[0].result()
        issues = [jira.submit(send, exchange) for exchange in sent if exchange[0] == "jira"]
        for future in (*incidents, *issues):
            future.result()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]))
