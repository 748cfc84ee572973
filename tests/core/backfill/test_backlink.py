"""What leads from an issue back to its incident."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.backfill.backlink import (
    LONGEST_TITLE,
    global_id,
    incident_of,
    named_by,
    property_of,
    remote_link,
)
from raidctl.core.model import Field, Incident

SITE = "https://impact.example.com"


@pytest.mark.parametrize(
    ("impact", "name"),
    [
        (SITE, "impact:impact.example.com:12"),
        ("http://Impact.example.com/ff/", "impact:impact.example.com:12"),
        ("http://127.0.0.1:8000", "impact:127.0.0.1:8000:12"),
        ("https://user:secret@impact.example.com", "impact:impact.example.com:12"),
    ],
)
def test_an_incident_is_named_by_its_site_and_number(impact: str, name: str) -> None:
    """Neither scheme nor path nor credentials are in it."""
    assert global_id(impact, 12) == name
    assert incident_of(impact, name) == 12


@pytest.mark.parametrize(
    "name",
    [
        "impact:other.example.com:12",
        "impact:impact.example.com:8000:12",
        "impact:impact.example.com:012",
        "impact:impact.example.com:12 ",
        "impact:impact.example.com:",
        "impact:impact.example.com:１２",
        "confluence:impact.example.com:12",
        "",
        None,
        12,
    ],
)
def test_what_names_no_incident_of_the_site_is_nobodys(name: object) -> None:
    assert incident_of(SITE, name) is None


@given(st.integers(1, 10**18 - 1))
def test_the_property_names_the_incident_as_the_link_does(incident: int) -> None:
    assert incident_of(SITE, named_by(property_of(SITE, incident))) == incident


@pytest.mark.parametrize("value", [None, [], "impact:x:1", {}, {"globalId": 1}, {"globalId": None}])
def test_a_property_that_somebody_else_set_names_nobody(value: object) -> None:
    assert named_by(value) is None


def test_the_links_title_is_one_line_that_jira_takes() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    title = "Orders\r\nnot exported " * 20
    incident = Incident(12, {Field.TITLE: title}, None, at, f"{SITE}/incident/12/")
    link = remote_link(SITE, incident)
    assert link.title.startswith("Incident 12: Orders not exported Orders")
    assert len(link.title) == LONGEST_TITLE
    assert (link.global_id, link.url) == ("impact:impact.example.com:12", incident.url)
