"""The simulated JIRA where issues are made, held to what is known of the real one."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from raidctl.sandbox.jira.creating import LONGEST_KEY, LONGEST_PROPERTY
from raidctl.sandbox.jira.state import Person
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

BOT = Person("bot", "The Bot", "bot@example.test")


class Site:
    """A running site, and a client of it that is let in."""

    def __init__(self, state: JiraState, url: str, http: requests.Session) -> None:
        self.state = state
        self._url = url
        self._http = http

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        return self._http.request(method, f"{self._url}/rest/api/2/{path}", timeout=5, **given)

    def created(self, **body: Any) -> requests.Response:
        fields = {"project": {"key": "INC"}, "issuetype": {"name": "Incident"}, "summary": "t"}
        return self.ask("POST", "issue", json={"fields": fields} | body)


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    state = JiraState(deployment=request.param, users=(BOT,))
    state.add_issue("INC-1", 10_001, summary="One")
    with LoopbackServer(jira_answer(state)) as server, requests.Session() as http:
        yield Site(state, server.url, http)


def test_a_remote_link_of_the_same_global_id_becomes_what_was_sent_last(site: Site) -> None:
    path = "issue/INC-1/remotelink"
    about = {"url": "https://x", "title": "x"}
    first = site.ask("POST", path, json={"globalId": "a", "relationship": "r", "object": about})
    again = site.ask("POST", path, json={"globalId": "a", "object": about})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    (link,) = site.ask("GET", path).json()
    assert link["relationship"] is None
    assert site.ask("GET", path, params={"globalId": "a"}).json() == link
    assert site.ask("GET", path, params={"globalId": "b"}).status_code == 404
    assert site.ask("POST", path, json={"object": about}).status_code == 201
    assert site.ask("POST", path, json={"object": about}).status_code == 201
    assert len(site.ask("GET", path).json()) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"object": {"url": "https://x"}},
        {"globalId": "a" * 256, "object": {"url": "https://x", "title": "x"}},
    ],
)
def test_a_remote_link_needs_what_it_shows(site: Site, body: dict[str, Any]) -> None:
    assert site.ask("POST", "issue/INC-1/remotelink", json=body).status_code == 400


@pytest.mark.parametrize(("size", "status"), [(LONGEST_PROPERTY, 201), (LONGEST_PROPERTY + 1, 400)])
def test_a_property_holds_so_much(site: Site, size: int, status: int) -> None:
    path = "issue/10001/properties/raidctl.incident"
    value = "x" * (size - 2)  # in its quotes
    assert site.ask("PUT", path, json=value).status_code == status
    assert site.ask("PUT", path.replace(".", "x" * LONGEST_KEY), json=1).status_code == 400
    assert site.ask("GET", path).status_code == (200 if status == 201 else 404)
    given = [{"key": "raidctl.incident", "value": value}]
    assert site.created(properties=given).status_code == status


def test_a_property_is_set_by_who_may_edit(site: Site) -> None:
    site.state.may_edit = False
    assert site.ask("PUT", "issue/INC-1/properties/a", json=1).status_code == 403


def test_metadata_comes_as_each_deployment_pages_it(site: Site) -> None:
    cloud = site.state.deployment == "cloud"
    types = site.ask("GET", "issue/createmeta/INC/issuetypes").json()
    (kind,) = types["issueTypes" if cloud else "values"]
    assert kind["name"] == "Incident"
    site.state.metadata_cap = 2
    path = f"issue/createmeta/INC/issuetypes/{kind['id']}"
    page = site.ask("GET", path, params={"startAt": 2, "maxResults": 50}).json()
    assert len(page["fields" if cloud else "values"]) == 2
    assert (page["startAt"], page["maxResults"]) == (2, 2)
    assert page["total"] > 4
    assert page.get("isLast") == (None if cloud else False)
    assert site.ask("GET", "issue/createmeta/NONE/issuetypes").status_code == 404
    assert site.ask("GET", "issue/createmeta").status_code == 404


def test_in_an_archived_project_nothing_is_created(site: Site) -> None:
    assert "archived" not in site.ask("GET", "project/INC").json()
    site.state.archived = {"INC"}
    assert site.ask("GET", "project/INC").json()["archived"] is True
    assert "project" in site.created().json()["errors"]
    assert site.ask("GET", "issue/createmeta/INC/issuetypes").json()["total"] == 0


def test_an_upload_that_may_be_a_forgery_is_refused(site: Site) -> None:
    path, files = "issue/INC-1/attachments", {"file": ("a.txt", b"a", "text/plain")}
    sent = {"X-Atlassian-Token": "no-check"}
    assert site.ask("POST", path, files=files).status_code == 403
    assert site.ask("POST", path, files=files, headers=sent).status_code == 200
    assert site.ask("POST", path, data=b"a", headers=sent).status_code == 400
    site.state.upload_limit = 0
    assert site.ask("POST", path, files=files, headers=sent).status_code == 413
