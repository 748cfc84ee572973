"""Remote links and entity properties: put once, read back, and told of whom they are."""

from collections.abc import Callable

import pytest

from raidctl.core.backfill.backlink import (
    LONGEST_PROPERTY,
    PROPERTY,
    RemoteLink,
    global_id,
    property_of,
)
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.sandbox.server import Reply
from tests.contract.trackers import Site
from tests.simulators.server import DROP_AFTER, Fault

IMPACT = "https://impact.example.com"
LINK = RemoteLink(global_id(IMPACT, 12), f"{IMPACT}/incident/12/", 'Incident 12: "Orders" & <b>')


def test_a_link_is_put_and_read_back(jira: Site) -> None:
    jira.admin.put_remote_link(10_001, LINK)
    assert jira.admin.remote_links(10_001) == [LINK]
    assert jira.admin.remote_links(10_002) == []


def test_a_link_of_the_same_id_is_replaced_whole(plain: Site) -> None:
    """JIRA empties whatever is left out: so all of it is sent every time."""
    plain.admin.put_remote_link(10_001, LINK)
    again = RemoteLink(LINK.global_id, f"{IMPACT}/moved/", "Renamed")
    plain.admin.put_remote_link(10_001, again)
    (after,) = plain.state.remote_links[10_001].values()
    assert plain.admin.remote_links(10_001) == [again]
    assert (after["application"], after["relationship"]) == ({"name": "Impact"}, "incident")


def test_links_of_others_are_read_as_far_as_they_have_a_name(plain: Site) -> None:
    plain.state.remote_links[10_001] = {
        1: {"globalId": None, "object": {"url": "https://wiki", "title": "Wiki"}},
        2: {"globalId": "confluence:7", "object": None},
    }
    assert plain.admin.remote_links(10_001) == [RemoteLink("confluence:7", "", "")]


@pytest.mark.parametrize("switch", ["may_link", "links_issues"])
def test_a_link_that_is_forbidden_says_what_to_do(jira: Site, switch: str) -> None:
    setattr(jira.state, switch, False)
    with pytest.raises(ServiceError, match="switch issue linking on in JIRA") as caught:
        jira.admin.put_remote_link(10_001, LINK)
    assert caught.value.category is Category.PERMISSION


GONE: list[Callable[[Site], object]] = [
    lambda jira: jira.admin.put_remote_link(404, LINK),
    lambda jira: jira.admin.remote_links(404),
    lambda jira: jira.admin.set_property(404, PROPERTY, {}),
]


@pytest.mark.parametrize("ask", GONE)
def test_an_issue_that_is_gone_is_said_so(jira: Site, ask: Callable[[Site], object]) -> None:
    with pytest.raises(ServiceError, match="gone, or hidden") as caught:
        ask(jira)
    assert caught.value.category is Category.NOT_FOUND


def test_a_lost_answer_to_a_link_is_not_asked_again(plain: Site) -> None:
    faults = iter([DROP_AFTER])
    plain.server.faults = lambda _: next(faults, None)
    with pytest.raises(LostAnswerError):
        plain.admin.put_remote_link(10_001, LINK)
    assert plain.asked("POST") == ["issue/10001/remotelink"]
    assert plain.admin.remote_links(10_001) == [LINK]


def test_a_property_is_set_and_read_back(jira: Site) -> None:
    assert jira.admin.read_property(10_001, PROPERTY) is None
    jira.admin.set_property(10_001, PROPERTY, property_of(IMPACT, 12))
    assert jira.admin.read_property(10_001, PROPERTY) == property_of(IMPACT, 12)
    jira.admin.set_property(10_001, PROPERTY, property_of(IMPACT, 13))
    assert jira.admin.read_property(10_001, PROPERTY) == property_of(IMPACT, 13)
    assert jira.admin.read_property(10_001, "raidctl/other? key") is None


def test_a_property_that_jira_would_not_take_is_not_sent(plain: Site) -> None:
    around = len('{"a": ""}')
    plain.admin.set_property(10_001, "big", {"a": "x" * (LONGEST_PROPERTY - around)})
    with pytest.raises(ServiceError, match="32768 at most") as caught:
        plain.admin.set_property(10_001, "big", {"a": "x" * (LONGEST_PROPERTY - around + 1)})
    assert caught.value.category is Category.VALIDATION
    assert len(plain.asked("PUT")) == 1


def test_an_issue_leads_back_by_link_and_by_property(jira: Site) -> None:
    assert jira.admin.backlinks(10_001) == frozenset()
    jira.admin.set_property(10_001, PROPERTY, property_of(IMPACT, 13))
    assert jira.admin.backlinks(10_001) == {global_id(IMPACT, 13)}
    jira.admin.put_remote_link(10_001, LINK)
    assert jira.admin.backlinks(10_001) == {global_id(IMPACT, 13), LINK.global_id}


@pytest.mark.parametrize("told", [None, {}, [None], [{"globalId": "x", "object": 3}], "text"])
def test_an_answer_that_is_none_is_said_so(plain: Site, told: object) -> None:
    plain.server.faults = lambda _: Fault(acts=False, reply=Reply(200, told))
    with pytest.raises(ServiceError):
        plain.admin.remote_links(10_001)
    with pytest.raises(ServiceError):
        plain.admin.read_property(10_001, PROPERTY)
