"""A link that only the journal has: FireFighter knows nothing of its issue, and answers nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from raidctl.core.drift import compare
from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.memory import Memory
from raidctl.core.model import Field, Link
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Item
from raidctl.core.policy import ImpactWriter, Policy
from raidctl.core.reasons import Reason
from raidctl.present.text.advice import settling_command
from tests.runs.fakes import incident, issue

MAPPING = project_mapping(RAID, (), Users())
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def planned(impact: str, jira: str, agreed: tuple[str, str], *, own: bool, writer: str) -> Item:
    """The verdict on a status, of which one side has changed."""
    one = replace(incident(1, status=impact), own_link=own)
    link = Link(one, issue(1, status=jira))
    memory = Memory({Field.STATUS: MAPPING.agreed(Field.STATUS, *agreed)})
    compared = ComparedLink(link, compare(link, MAPPING, [Field.STATUS]), memory)
    policy = Policy(
        impact_writers={Field.STATUS: ImpactWriter(writer)}, echoes=True, grace=timedelta(0)
    )
    (item,) = plan_link(compared, MAPPING, policy, NOW)
    return item


@pytest.mark.parametrize(
    ("own", "writer", "reason"),
    [
        (True, "webhook", Reason.READ_ONLY),
        (True, "database", Reason.JIRA_CHANGED),
        (False, "webhook", Reason.JIRA_CHANGED),
    ],
)
def test_firefighters_webhook_acts_on_nothing_that_it_does_not_know(
    own: bool, writer: str, reason: Reason
) -> None:
    agreed = ("MITIGATING", "In Progress")
    item = planned("MITIGATING", "Resolved", agreed, own=own, writer=writer)
    assert item.reason is reason
    if reason is Reason.READ_ONLY:
        assert settling_command(item).startswith('[impact.writes] link = "database"')


@pytest.mark.parametrize(("own", "reason"), [(False, Reason.ECHO), (True, Reason.IMPACT_CHANGED)])
def test_what_it_does_not_know_comes_back_as_nothing_else(own: bool, reason: Reason) -> None:
    agreed = ("MITIGATED", "Resolved")
    item = planned("INVESTIGATING", "Resolved", agreed, own=own, writer="off")
    assert item.reason is reason
