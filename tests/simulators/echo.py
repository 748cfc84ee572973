"""What JIRA's own webhook tells FireFighter of every write: the echo of raidctl's own ones."""

import json
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from raidctl.sandbox.impact.webhook import EVENT, JIRA_UPDATE, signature
from raidctl.sandbox.jira.fields import Shapes
from raidctl.sandbox.jira.state import Change, JiraState
from raidctl.sandbox.server import Answer, Reply, Request

Event = Mapping[str, Any]


class Echo:
    """Hands `sink` the event of each change; to be a `JiraState`'s `after_write`.

    A write that changed nothing makes no event. What people do to the state directly is told
    when it is called for that issue.
    """

    def __init__(self, sink: Callable[[Event], object]) -> None:
        self._sink = sink
        self._told: dict[int, int] = {}
        self._lock = Lock()

    def __call__(self, state: JiraState, issue: int) -> None:
        """Tell of the issue's last change, unless it was told of before."""
        with self._lock:
            history = state.history(issue)
            if not history or self._told.get(issue) == history[-1].id:
                return
            self._told[issue] = history[-1].id
        self._sink(event_of(state, history[-1]))


def event_of(state: JiraState, change: Change) -> dict[str, Any]:
    """What JIRA sends of a change: names in its own spelling, the author as it shows people."""
    shapes = Shapes(state, "http://jira")
    shape = shapes.change(change)
    return {
        "webhookEvent": EVENT,
        "issue": {"id": str(change.issue_id), "key": state.issue(change.issue_id).key},
        "user": shape["author"] or {"accountId": change.author, "displayName": change.author},
        "changelog": {"id": shape["id"], "items": shape["items"]},
    }


def delivery(event: Event, secret: str, url: str = "http://impact") -> Request:
    """The signed request that an event arrives as."""
    body = json.dumps(event).encode()
    fields = {
        "Host": urlsplit(url).netloc,
        "Content-Type": "application/json",
        "X-Hub-Signature": signature(secret, body),
    }
    return Request("POST", JIRA_UPDATE, {}, CaseInsensitiveDict(fields), body, JIRA_UPDATE)


def into(impact: Answer, secret: str) -> Callable[[Event], Reply]:
    """A sink that is an embedded Impact, without a network in between."""
    return lambda event: impact(delivery(event, secret))
