"""Only backfill's transport lets out what makes issues; the others stop it before it leaves."""

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO

import pytest
import requests

from raidctl.core.backfill.backlink import RemoteLink
from raidctl.core.backfill.new_issue import NewIssue
from raidctl.core.model import Field
from raidctl.errors import ReadOnlyError
from raidctl.gateways.http.client import GuardedAdapter, ReadOnlyAdapter
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.gateways.jira.transport import JIRA_READS, MakingAdapter, WritingAdapter
from raidctl.ports.jira_admin import Upload
from tests.contract.trackers import Site, admin

Write = Callable[[JiraAdmin], object]
WRITES: dict[str, Write] = {
    "create": lambda jira: jira.create(NewIssue("INC", "Incident", {Field.TITLE: "t"})),
    "link": lambda jira: jira.put_remote_link(10_001, RemoteLink("impact:x:1", "https://x", "x")),
    "property": lambda jira: jira.set_property(10_001, "raidctl.incident", {"a": 1}),
    "attach": lambda jira: jira.attach(10_001, Upload("a", "text/plain", 1, BytesIO(b"a"))),
}
GUARDS = {"readers": ReadOnlyAdapter(JIRA_READS, 4), "writers": WritingAdapter(4)}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("guard", GUARDS)
def test_whoever_does_not_backfill_makes_nothing(jira: Site, guard: str, write: str) -> None:
    gateway = admin(jira.deployment, jira.server.url, adapter=GUARDS[guard])
    with pytest.raises(ReadOnlyError):
        WRITES[write](gateway)
    assert jira.server.requests == []


def test_whoever_does_not_backfill_may_look(jira: Site) -> None:
    gateway = admin(jira.deployment, jira.server.url, adapter=GUARDS["readers"])
    assert gateway.screen("INC", "Incident").fields
    assert gateway.linked(["impact:x:1"]) == {}
    assert len(list(gateway.of_type("INC", "Incident"))) == 2
    assert gateway.backlinks(10_001) == frozenset()
    assert gateway.attachments(10_001) == []
    assert gateway.attachment_limit()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "issue/bulk"),
        ("POST", "issue/10001/comment"),
        ("POST", "issue/INC-1/remotelink"),
        ("POST", "issue/10001/remotelink/1"),
        ("PUT", "issue/10001/properties/"),
        ("PUT", "issue/10001/properties/a/b"),
        ("PUT", "project/INC/properties/a"),
        ("POST", "issue/"),
        ("DELETE", "issue/10001"),
        ("DELETE", "issue/10001/remotelink"),
    ],
)
def test_backfill_sends_what_it_is_made_of_and_nothing_else(method: str, path: str) -> None:
    guard: GuardedAdapter = MakingAdapter(1)
    request = requests.Request(method, f"http://jira/rest/api/2/{path}").prepare()
    with pytest.raises(ReadOnlyError):
        guard.send(request)


def test_what_makes_issues_is_loaded_by_who_makes_them() -> None:
    script = "import sys, raidctl.bootstrap.systems; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    assert "raidctl.bootstrap.jira" in loaded
    assert not {"raidctl.gateways.jira.admin", "jira"} & set(loaded)
