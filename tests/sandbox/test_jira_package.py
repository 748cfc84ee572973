"""What raidctl makes in JIRA, seen by the client that everybody knows: the `jira` package.

A witness that shares no code with raidctl's own gateway, nor any of its assumptions.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from jira import JIRA

from raidctl.core.backfill.backlink import PROPERTY, property_of, remote_link
from raidctl.core.backfill.new_issue import NewIssue
from raidctl.core.model import Field
from raidctl.ports.jira_admin import Upload
from tests.contract.trackers import ADA, BOT, KINDS, TOKEN, Site, site
from tests.runs.fakes import incident

IMPACT = "https://impact.example.com"
CONTENT = bytes(range(256)) * 300


@pytest.fixture(params=["cloud", "datacenter"])
def jira(request: pytest.FixtureRequest) -> Iterator[Site]:
    with site(KINDS[request.param]) as made:
        made.add(1)
        yield made


def witness(jira: Site) -> JIRA:
    """Asks a site once who it is; repeats nothing."""
    given: dict[str, Any] = {"basic_auth": (BOT.email, TOKEN)}
    if jira.deployment == "datacenter":
        given = {"token_auth": TOKEN}
    return JIRA(jira.server.url, max_retries=0, timeout=5, **given)


def test_the_issue_is_there_and_says_whose_it_is(jira: Site) -> None:
    values = {
        Field.TITLE: "Cannot pay",
        Field.DESCRIPTION: "h1. *What*",
        Field.COMMANDER: ADA.account,
    }
    made = jira.admin.create(
        NewIssue(
            "INC",
            "Incident",
            values,
            labels=("backfill",),
            properties={PROPERTY: property_of(IMPACT, 12)},
        )
    )
    client = witness(jira)
    found: Any = client.issue(made.key)
    assert (found.id, found.fields.summary) == (str(made.id), "Cannot pay")
    assert (found.fields.description, found.fields.labels) == ("h1. *What*", ["backfill"])
    assert found.fields.assignee.displayName == ADA.name
    told = client.issue_property(found, PROPERTY).value
    assert (told.incident, told.globalId) == (12, "impact:impact.example.com:12")
    assert client._is_cloud is (jira.deployment == "cloud")


def test_the_remote_link_leads_back(jira: Site) -> None:
    link = remote_link(IMPACT, incident(12, title="Cannot pay"))
    jira.admin.put_remote_link(10_001, link)
    jira.admin.put_remote_link(10_001, link)
    (found,) = witness(jira).remote_links("INC-1")
    assert (found.globalId, found.object.url) == (link.global_id, link.url)
    assert found.object.title == "Incident 12: Cannot pay"
    assert found.relationship == "incident"


def test_the_attachment_is_what_it_was(jira: Site) -> None:
    jira.admin.attach(10_001, Upload("é 🧯 log.bin", "text/plain", len(CONTENT), BytesIO(CONTENT)))
    issue: Any = witness(jira).issue("INC-1", fields="attachment")
    (found,) = issue.fields.attachment
    assert (found.filename, found.size, found.mimeType) == (
        *("é 🧯 log.bin", len(CONTENT)),
        "text/plain",
    )
    assert found.get() == CONTENT


def test_raidctl_sees_what_the_witness_has_made(jira: Site) -> None:
    client = witness(jira)
    client.add_attachment("INC-1", BytesIO(CONTENT), "shot.png")
    (seen,) = jira.admin.attachments(10_001)
    assert (seen.name, seen.size) == ("shot.png", len(CONTENT))
