"""What FireFighter did not act on is not sent again as it is; anything else is."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from raidctl.core.drift import compare
from raidctl.core.history import Revision
from raidctl.core.mapping.tables import RAID, Tables, extended
from raidctl.core.memory import Memory, Refusal
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Change, Hold, Item
from raidctl.core.policy import ImpactWriter, Policy
from raidctl.core.reasons import Reason
from tests.core.strategies import NOW, agreed, link_with, mapping_of, told

WEBHOOK = Policy(impact_writers={Field.STATUS: ImpactWriter.WEBHOOK})
IGNORED = Refusal("MITIGATING", "Resolved", "MITIGATED")


def verdict(
    jira: str = "Resolved",
    refused: Field = Field.STATUS,
    policy: Policy = WEBHOOK,
    tables: Tables = RAID,
) -> Item:
    """On a status that JIRA changed, after FireFighter ignored the event `IGNORED`."""
    mapping = mapping_of(tables)
    link = link_with(Field.STATUS, "MITIGATING", jira)
    known = {Field.STATUS: agreed(mapping, Field.STATUS, "MITIGATING", "In Progress")}
    memory = Memory(known, refusals={refused: IGNORED})
    compared = ComparedLink(link, compare(link, mapping, [Field.STATUS]), memory)
    (item,) = plan_link(compared, mapping, policy, NOW)
    return item


def test_the_very_same_event_is_held() -> None:
    item = verdict()
    assert (item.reason, item.to) == (Reason.REFUSED, "MITIGATED")
    assert isinstance(item, Hold)
    assert item.direction is SyncDirection.JIRA_TO_IMPACT


@pytest.mark.parametrize(
    "item",
    [
        verdict(jira="Done"),  # the same for Impact, but JIRA has moved
        verdict(refused=Field.PRIORITY),
        verdict(policy=replace(WEBHOOK, impact_writers={Field.STATUS: ImpactWriter.DATABASE})),
        verdict(tables=extended(RAID, Tables(status_to_impact={"Resolved": "OPEN"}))),
        verdict(policy=replace(WEBHOOK, direction=SyncDirection.IMPACT_TO_JIRA)),
    ],
    ids=["jira", "field", "writer", "value", "direction"],
)
def test_what_is_not_the_same_event_is_sent(item: Item) -> None:
    assert isinstance(item, Change)


def test_the_reason_is_what_the_writer_cannot_say_before_what_it_ignored() -> None:
    """`read_only` comes first: a webhook that has no words was never asked."""
    unsayable = extended(RAID, Tables(status_to_impact={"Resolved": "POST_MORTEM"}))
    link = link_with(Field.STATUS, "MITIGATING", "Resolved")
    mapping = mapping_of(unsayable)
    known = {Field.STATUS: agreed(mapping, Field.STATUS, "MITIGATING", "In Progress")}
    memory = Memory(known, refusals={Field.STATUS: replace(IGNORED, new="POST_MORTEM")})
    compared = ComparedLink(link, compare(link, mapping, [Field.STATUS]), memory)
    (item,) = plan_link(compared, mapping, WEBHOOK, NOW)

    assert item.reason is Reason.READ_ONLY
    assert "also refused" in str(item.detail)


THEN, LATER = NOW - timedelta(days=2), NOW - timedelta(days=1)
CHANGED, CHANGED_LATER = Revision(Field.STATUS, THEN), Revision(Field.STATUS, LATER)
IN_JIRA, IN_IMPACT = (Side.JIRA, Field.STATUS), (Side.IMPACT, Field.STATUS)


@pytest.mark.parametrize(
    ("edited_at", "edits", "held"),
    [
        (THEN, {IN_JIRA: CHANGED}, True),
        (THEN, {IN_JIRA: CHANGED_LATER}, False),
        (THEN, {}, True),
        (None, {IN_JIRA: CHANGED_LATER}, True),
        (THEN, {IN_JIRA: CHANGED, IN_IMPACT: CHANGED_LATER}, True),
        (THEN, {IN_JIRA: CHANGED, (Side.JIRA, Field.TITLE): CHANGED_LATER}, True),
    ],
    ids=["same", "again", "untold", "untold-then", "impact", "another-field"],
)
def test_it_ends_when_the_field_was_set_in_jira_again_to_the_same_value(
    edited_at: datetime | None, edits: dict[tuple[Side, Field], Revision], held: bool
) -> None:
    mapping = mapping_of(RAID)
    link = link_with(Field.STATUS, "MITIGATING", "Resolved")
    known = {Field.STATUS: agreed(mapping, Field.STATUS, "MITIGATING", "In Progress")}
    refused = {Field.STATUS: replace(IGNORED, edited_at=edited_at)}
    memory = Memory(known, refusals=refused)
    compared = ComparedLink(link, compare(link, mapping, [Field.STATUS]), memory, {}, told(edits))
    (item,) = plan_link(compared, mapping, WEBHOOK, NOW)

    assert isinstance(item, Hold) is held
    assert (item.reason is Reason.REFUSED) is held


def test_what_the_database_refused_may_still_be_sent_to_firefighter() -> None:
    mapping = mapping_of(RAID)
    link = link_with(Field.STATUS, "MITIGATING", "Resolved")
    known = {Field.STATUS: agreed(mapping, Field.STATUS, "MITIGATING", "In Progress")}
    refused = {Field.STATUS: replace(IGNORED, writer="database")}
    compared = ComparedLink(
        link, compare(link, mapping, [Field.STATUS]), Memory(known, refusals=refused)
    )
    (item,) = plan_link(compared, mapping, WEBHOOK, NOW)
    assert isinstance(item, Change)
    by_database = replace(WEBHOOK, impact_writers={Field.STATUS: ImpactWriter.DATABASE})
    (item,) = plan_link(compared, mapping, by_database, NOW)
    assert item.reason is Reason.REFUSED


FIRE = "712020:fire"


@pytest.mark.parametrize(
    ("writer", "account", "held"),
    [
        (ImpactWriter.WEBHOOK, FIRE, True),
        (ImpactWriter.WEBHOOK, "712020:ada", False),
        (ImpactWriter.WEBHOOK, None, False),
        (ImpactWriter.DATABASE, FIRE, False),
    ],
)
def test_what_firefighters_webhook_would_ignore_is_held_before_it_is_sent(
    writer: ImpactWriter, account: str | None, held: bool
) -> None:
    """Of a field that nothing is remembered of, where somebody says that JIRA is right."""
    link = link_with(Field.STATUS, "MITIGATING", "Resolved")
    mapping, edit = mapping_of(), replace(CHANGED, account=account)
    rules = replace(WEBHOOK, impact_writers={Field.STATUS: writer}, prefer=Side.JIRA)
    rules = replace(rules, service_account=FIRE, webhook_ignores=FIRE)
    fields = compare(link, mapping, [Field.STATUS])
    compared = ComparedLink(link, fields, Memory(), history=told({IN_JIRA: edit}))
    (item,) = plan_link(compared, mapping, rules, NOW)
    assert isinstance(item, Hold) is held
    assert (item.reason is Reason.READ_ONLY) is held
    assert ("service account" in (item.detail or "")) is held


@pytest.mark.parametrize(
    ("status", "writer", "told"),
    [
        ("MITIGATING", ImpactWriter.WEBHOOK, True),
        ("MITIGATED", ImpactWriter.WEBHOOK, False),
        ("MITIGATING", ImpactWriter.DATABASE, False),
    ],
)
def test_that_a_close_is_likely_to_be_refused_is_said_before(
    status: str, writer: ImpactWriter, told: bool
) -> None:
    """Not for certain: what was downgraded, or has a reason to be closed, always is."""
    mapping = mapping_of(extended(RAID, Tables(status_to_impact={"Archived": "CLOSED"})))
    rules = Policy(impact_writers={Field.STATUS: writer}, allow_close=True, prefer=Side.JIRA)
    link = link_with(Field.STATUS, status, "Archived")
    compared = ComparedLink(link, compare(link, mapping, [Field.STATUS]), Memory())
    (item,) = plan_link(compared, mapping, rules, NOW)
    assert isinstance(item, Change)
    assert ("mostly refuses to close" in (item.detail or "")) is told
