"""Transports without a network: raidctl's own guarded ones, before a function that answers."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from raidctl.gateways.impact.webhook import WebhookAdapter
from raidctl.gateways.jira.transport import WritingAdapter
from raidctl.sandbox.server import Reply, Request

Exchange = Callable[[Request], Reply]


class InProcess(HTTPAdapter):
    """Hands requests to `exchange`, in the caller's thread."""

    exchange: Exchange

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        """The answer as requests gives it; raises what `exchange` raises."""
        reply = self.exchange(_request(request))
        response = requests.Response()
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict(reply.headers)
        response._content = reply.encoded()  # there is no other way to fill one in
        response.url, response.request = request.url or "", request
        response.elapsed = timedelta(0)
        return response


class JiraWire(WritingAdapter, InProcess):
    """To JIRA."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(1)
        self.exchange = exchange


class WebhookWire(WebhookAdapter, InProcess):
    """To FireFighter."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(1)
        self.exchange = exchange


def _request(prepared: requests.PreparedRequest) -> Request:
    target = prepared.path_url
    path, _, query = target.partition("?")
    body: Any = prepared.body or b""
    given: Mapping[str, Any] = prepared.headers  # text, or bytes
    fields = {n: v.decode() if isinstance(v, bytes) else v for n, v in given.items()}
    return Request(
        prepared.method or "",
        unquote(path),
        parse_qs(query, keep_blank_values=True),
        CaseInsensitiveDict({"Host": "model", **fields}),
        body.encode() if isinstance(body, str) else body,
        target,
    )
