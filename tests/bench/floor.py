"""The floor: the same exchanges by bare requests, the bodies decoded by json, nothing else.

    python -m tests.bench.floor EXCHANGES URLS DEPLOYMENT CONCURRENCY

Each system's exchanges go through a pool of that many threads, both systems at once, as in
`diff`; JIRA's begin with Impact's first answer, for nobody can ask for issues before. What a
run that writes asks afterwards comes afterwards: both sides read again, then the requests of
each issue in their order, issue beside issue, then all issues read back.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

import requests
from requests.auth import AuthBase, HTTPBasicAuth

TOKEN = "bench-token"
USER = "person0@example.test"
_ISSUE = re.compile(r"/rest/api/[23]/issue/([0-9]+)")

Exchange = tuple[str, str, str, str]
"""System, method, target, body."""


class Bearer(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {TOKEN}"
        return request


class Floor:
    """Both systems, asked by bare requests."""

    def __init__(self, urls: dict[str, str], deployment: str, concurrency: int) -> None:
        self._urls = urls
        self._session = requests.Session()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=2 * concurrency)
        self._session.mount("http://", adapter)
        cloud = deployment == "cloud"
        self._auth: dict[str, AuthBase] = {
            "impact": Bearer(),
            "jira": HTTPBasicAuth(USER, TOKEN) if cloud else Bearer(),
        }

    def send(self, exchanges: Iterable[Exchange]) -> None:
        """One after the other."""
        for system, method, target, body in exchanges:
            answer = self._session.request(
                method,
                self._urls[system] + target,
                data=body.encode() or None,
                headers={"Content-Type": "application/json"},
                auth=self._auth[system],
                timeout=30,
            )
            answer.raise_for_status()
            if answer.content:
                json.loads(answer.content)


def issue_of(exchange: Exchange) -> str:
    """The issue that a request is about; none for the others."""
    named = _ISSUE.match(exchange[2])
    return named[1] if named else ""


def stages(exchanges: Sequence[Exchange]) -> Iterator[list[Exchange]]:
    """What may go at once, in the order in which it must go.

    A run that writes asks what it may write when it has planned.
    """
    planned = False
    stage: list[Exchange] = []
    for exchange in exchanges:
        begins = not planned and "/mypermissions" in exchange[2]
        planned = planned or begins
        if stage and (
            begins or (planned and bool(issue_of(stage[-1])) != bool(issue_of(exchange)))
        ):
            yield stage
            stage = []
        stage.append(exchange)
    yield stage


def main(exchanges: Path, floor: Floor, concurrency: int) -> None:
    """Send them all."""
    with ThreadPoolExecutor(concurrency) as impact, ThreadPoolExecutor(concurrency) as jira:
        for stage in stages(json.loads(exchanges.read_text())):
            for future in list(_begun(floor, stage, impact, jira)):
                future.result()


def _begun(
    floor: Floor, stage: Sequence[Exchange], impact: Executor, jira: Executor
) -> Iterator["Future[None]"]:
    if issue_of(stage[0]):
        for _, chain in groupby(sorted(stage, key=issue_of), issue_of):
            yield jira.submit(floor.send, list(chain))
        return
    incidents = [impact.submit(floor.send, [one]) for one in stage if one[0] == "impact"]
    if incidents:
        incidents[0].result()
    yield from incidents
    for one in stage:
        if one[0] == "jira":
            yield jira.submit(floor.send, [one])


if __name__ == "__main__":
    path, urls, deployment, concurrency = sys.argv[1:]
    bare = Floor(json.loads(urls), deployment, int(concurrency))
    main(Path(path), bare, int(concurrency))
