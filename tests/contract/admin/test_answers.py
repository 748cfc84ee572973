"""Whatever JIRA answers where issues are made: it is understood, or one clear line says so."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raidctl.core.backfill.backlink import PROPERTY
from raidctl.errors import ServiceError
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.ports.jira_admin import Sought
from raidctl.sandbox.server import Reply
from tests.contract.trackers import NOW, PLAIN, WRITTEN, Site, site
from tests.simulators.server import Fault

MINUTE = timedelta(minutes=1)
SOUGHT = Sought("x", NOW - MINUTE, NOW + MINUTE)
ROW = {
    "id": "10001",
    "key": "INC-1",
    "fields": {
        "summary": "x",
        "created": "2026-11-22T21:00:00.000+0000",
        "reporter": {"accountId": "a", "name": "a"},
        "attachment": [
            {"id": "1", "filename": "a", "size": 1, "mimeType": "a/b", "created": "2026-11-22"}
        ],
    },
    "properties": {PROPERTY: {"globalId": "impact:x:1", "incident": 1}},
}
FIELD = {
    "fieldId": "priority",
    "name": "Priority",
    "required": True,
    "allowedValues": [{"id": "1"}],
}
TYPES = [{"id": "10001", "name": "Incident"}]
METADATA = {"issueTypes": TYPES, "fields": [FIELD], "values": TYPES, "total": 1, "isLast": True}
LINK = {"globalId": "impact:x:1", "object": {"url": "https://x", "title": "x"}}

ASKED: dict[str, tuple[object, Callable[[JiraAdmin], object]]] = {
    "screen": (METADATA, lambda jira: jira.screen("INC", "Incident")),
    "search": (
        {"issues": [ROW], "total": 1, "nextPageToken": None},
        lambda jira: (
            jira.look_alikes("INC", "Incident", [SOUGHT]),
            list(jira.of_type("INC", "x")),
        ),
    ),
    "links": ([LINK], lambda jira: jira.remote_links(10_001)),
    "property": ({"key": PROPERTY, "value": LINK}, lambda jira: jira.backlinks(10_001)),
    "limit": ({"enabled": True, "uploadLimit": 10}, lambda jira: jira.attachment_limit()),
    "files": (ROW, lambda jira: jira.attachments(10_001)),
}
ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 0, 10**30, 1.5, "", "x", "\ud800", [], [[]], {}, {"id": {}}]
)


def places(value: object, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in an answer."""
    yield here
    match value:
        case dict():
            for key, inner in value.items():
                yield from places(inner, (*here, key))
        case list():
            for index, inner in enumerate(value):
                yield from places(inner, (*here, index))


def mutant(answer: object, place: tuple[Any, ...], odd: object) -> object:
    """The answer with another thing in one place."""
    if not place:
        return odd
    changed: Any = copy.deepcopy(answer)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = odd
    return changed


@pytest.fixture(params=PLAIN, scope="module")
def jira(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(WRITTEN[request.param]) as running:
        running.add(1)
        yield running


@pytest.mark.parametrize("name", ASKED)
@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_is_a_defect(jira: Site, name: str, data: st.DataObject) -> None:
    answer, ask = ASKED[name]
    odd = data.draw(ODD)
    place = data.draw(st.sampled_from(list(places(answer))))
    told = Fault(acts=False, reply=Reply(200, _sent(mutant(answer, place, odd))))
    jira.server.faults = lambda _: told
    with suppress(ServiceError):  # which is one line, and never a defect
        ask(jira.admin)


def _sent(answer: object) -> bytes:
    """As bytes, which say what no UTF-8 can."""
    return json.dumps(answer).encode()
