"""The live statuses by which a preset is chosen: of a type, a project, or a site."""

import json

import pytest
import responses

from raidctl.errors import Category, ServiceError
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter
from raidctl.gateways.jira.transport import JIRA
from raidctl.gateways.jira.workflow import live_statuses
from raidctl.sandbox.jira.workflows import RAID
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import LoopbackServer

URL = "https://jira.example.test"
TOKEN = "t"
OF_INC = f"{URL}/rest/api/2/project/INC/statuses"


def client(url: str = URL) -> HttpClient:
    return HttpClient(JIRA, url, BearerAuth(TOKEN), ReadOnlyAdapter((), 1), 5)


def test_of_the_type_of_all_types_and_of_the_site() -> None:
    state = JiraState(deployment="datacenter", workflow=RAID)
    state.workflows = {("INC", "Bug"): FIREFIGHTER}
    state.add_issue("INC-1", 1)
    raid, stock = ([status.name for status in flow.statuses] for flow in (RAID, FIREFIGHTER))
    with LoopbackServer(jira_answer(state, token=TOKEN)) as server:
        http = client(server.url)
        assert live_statuses(http, "INC", "Incident", cloud=False) == raid
        assert live_statuses(http, "INC", "Bug", cloud=False) == stock
        of_all = live_statuses(http, "INC", "Story", cloud=False)
        assert of_all is not None
        assert set(of_all) == {*raid, *stock}
        assert live_statuses(http, "NONE", "Incident", cloud=False) is None
        sites = live_statuses(http, "", "Incident", cloud=False)
        assert sites is not None
        assert set(sites) == {*raid, *stock}
        assert http.sent == 5


@responses.activate
def test_names_are_those_that_no_language_changes() -> None:
    statuses = [{"id": "1", "name": "Offen", "untranslatedName": "Open"}, {"id": "2", "name": "X"}]
    responses.get(OF_INC, json=[{"id": "7", "name": "Incident", "statuses": statuses}])
    assert live_statuses(client(), "INC", "Incident", cloud=False) == ["Open", "X"]


@responses.activate
def test_a_cloud_that_serves_version_3_alone_is_asked_there() -> None:
    responses.get(OF_INC, status=410)
    responses.get(OF_INC.replace("/2/", "/3/"), json=[])
    assert live_statuses(client(), "INC", "Incident", cloud=True) == []


@pytest.mark.parametrize("answer", [7, [7], [{}], [{"name": "Bug"}], [{"statuses": 7}]], ids=str)
@responses.activate
def test_what_is_no_answer_of_jiras_is_said_to_be_none(answer: object) -> None:
    responses.get(OF_INC, body=json.dumps(answer))
    with pytest.raises(ServiceError) as caught:
        live_statuses(client(), "INC", "Bug", cloud=False)
    assert caught.value.category is Category.VALIDATION


@responses.activate
def test_a_page_that_is_not_jiras_hides_no_project() -> None:
    responses.get(OF_INC, body="<html/>", status=404)
    with pytest.raises(ServiceError):
        live_statuses(client(), "INC", "Bug", cloud=False)
