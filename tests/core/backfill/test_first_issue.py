"""What FireFighter's own creation makes of an incident; against its own code in integration."""

from dataclasses import replace
from typing import Any

import pytest

from raidctl.core.backfill.declaration import CustomFields, Declaration
from raidctl.core.backfill.first_issue import first_issue

DECLARED = Declaration(
    incident=12,
    creator="ada@example.test",
    environment="STG",
    category="Payment",
    group="Payment Operations",
    priority="P2",
    emoji="⛈️",
)
SELLER = CustomFields(
    team="Checkout", seller="4711", zendesk="Z1", zoho="Q2", key_account=True, golden_list=True
)


def extra(custom: CustomFields | None, **more: Any) -> dict[str, Any]:
    made = first_issue("T", "D", replace(DECLARED, custom=custom), **more)
    return dict(made.extra)


def test_the_least_is_a_platform_and_an_environment() -> None:
    made = first_issue("Title", "What we know", DECLARED)
    assert (made.summary, made.description) == ("Title", "What we know")
    assert made.extra == {
        "customfield_10201": {"value": "All"},
        "customfield_11049": [{"value": "STG"}],
    }


def test_a_channel_is_told_below_the_description() -> None:
    declared = replace(DECLARED, channel="20261130-12-payment")
    assert first_issue("T", "What we know", declared).description == (
        "What we know\n\n🧯 This incident has been created for a critical incident.\n"
        "📦 Incident category: Payment\n⛈️ Priority: P2\n"
    )


def test_a_seller_and_a_team_are_told_at_the_end() -> None:
    declared = replace(DECLARED, custom=SELLER)
    made = first_issue("T", "D", declared, toolbox_url="https://box.example.test")
    assert made.description == (
        "D\n *Additional Information* \n"
        "Seller link to TOOLBOX: https://box.example.test?seller_id=4711\n"
        "Suggested team to be routed: *Checkout*"
    )
    assert made.extra["customfield_10908"] == "4711"
    assert made.extra["customfield_10895"] == "Z1"
    assert made.extra["customfield_10896"] == "Q2"
    assert made.extra["labels"] == ["goldenList", "keyAccount"]


def test_without_a_toolbox_no_link_leads_nowhere() -> None:
    made = first_issue("T", "D", replace(DECLARED, custom=CustomFields(seller="4711")))
    assert made.description == "D"
    assert made.extra["customfield_10908"] == "4711"


@pytest.mark.parametrize("team", ["", "SBI"])
def test_no_team_is_not_told(team: str) -> None:
    made = first_issue("T", "D", replace(DECLARED, custom=CustomFields(team=team)))
    assert made.description == "D"


@pytest.mark.parametrize(("label", "sent"), [("High", {"value": "High"}), ("N/A", None)])
def test_a_business_impact_is_sent_where_there_is_one(label: str, sent: object) -> None:
    assert extra(CustomFields(business_impact=label)).get("customfield_10936") == sent


def test_the_form_knows_more_environments_and_a_platform() -> None:
    sent = extra(
        CustomFields(environments=("PRD", "STG"), platforms=("platform-FR", "platform-DE"))
    )
    assert sent["customfield_11049"] == [{"value": "PRD"}, {"value": "STG"}]
    assert sent["customfield_10201"] == {"value": "FR"}


def test_the_sites_own_labels_and_category_field() -> None:
    sent = extra(
        CustomFields(key_account=True), labels=("backfilled", "keyAccount"), category_field="cf_1"
    )
    assert sent["labels"] == ["backfilled", "keyAccount"]
    assert sent["cf_1"] == {"value": "Payment"}
