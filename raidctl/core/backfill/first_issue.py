"""What FireFighter's own creation makes of an incident: the first content of its issue.

Source: `_create_jira_ticket` of `UnifiedIncidentForm`, `prepare_jira_fields` and `create_issue` of
`RaidJiraClient`, firefighter-incident 0.0.79. Its priority, reporter and project are chosen by the
caller; of labels it sends an empty one where there are none, which is left out here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from raidctl.core.backfill.declaration import CustomFields, Declaration

ZENDESK, ZOHO, SELLER = "customfield_10895", "customfield_10896", "customfield_10908"
ENVIRONMENTS, PLATFORM = "customfield_11049", "customfield_10201"
BUSINESS_IMPACT = "customfield_10936"
_NO_TEAM = "SBI"
_NO_IMPACT = "N/A"
_PLATFORM = "platform-"
_EVERYWHERE = "All"

Spelled = str | Mapping[str, str] | Sequence[str] | Sequence[Mapping[str, str]]
"""A value of a field as JIRA's REST API takes it."""


@dataclass(frozen=True, slots=True)
class FirstIssue:
    """`extra` are further fields of JIRA's by id: labels, and those that are FireFighter's own."""

    summary: str
    description: str
    extra: Mapping[str, Spelled] = field(default_factory=dict)


def first_issue(
    title: str,
    description: str,
    declared: Declaration,
    *,
    toolbox_url: str = "",
    category_field: str = "",
    labels: Sequence[str] = (),
) -> FirstIssue:
    """The issue of an incident with this title and description.

    `toolbox_url` is where a seller is looked up and `category_field` the id of the category's
    field; empty: there is none. `labels` are the site's own.
    """
    custom = declared.custom or CustomFields()
    extra: dict[str, Spelled] = {
        ZOHO: custom.zoho,
        ZENDESK: custom.zendesk,
        SELLER: custom.seller,
        ENVIRONMENTS: [_option(one) for one in custom.environments or (declared.environment,)],
        PLATFORM: _option(_platform(custom)),
        "labels": _labels(custom, labels),
    }
    if (business := business_impact_of(custom)) is not None:
        extra[BUSINESS_IMPACT] = _option(business)
    if category_field:
        extra[category_field] = _option(declared.category)
    whole = description + _announcement(declared) + _additional(custom, toolbox_url)
    return FirstIssue(title, whole, {name: value for name, value in extra.items() if value})


def business_impact_of(custom: CustomFields) -> str | None:
    """The business impact that the issue has; None for none at all."""
    return None if custom.business_impact in ("", _NO_IMPACT) else custom.business_impact


def _option(value: str) -> Mapping[str, str]:
    return {"value": value}


def _platform(custom: CustomFields) -> str:
    return custom.platforms[0].replace(_PLATFORM, "") if custom.platforms else _EVERYWHERE


def _labels(custom: CustomFields, labels: Sequence[str]) -> Sequence[str]:
    """Each once."""
    golden = ("goldenList",) if custom.golden_list else ()
    key_account = ("keyAccount",) if custom.key_account else ()
    return list(dict.fromkeys((*labels, *golden, *key_account)))


def _announcement(declared: Declaration) -> str:
    """Of an incident that has a Slack channel."""
    if not declared.channel:
        return ""
    return (
        "\n\n🧯 This incident has been created for a critical incident.\n"
        f"📦 Incident category: {declared.category}\n"
        f"{declared.emoji} Priority: {declared.priority}\n"
    )


def _additional(custom: CustomFields, toolbox_url: str) -> str:
    lines = []
    if custom.seller and toolbox_url:
        lines.append(f"Seller link to TOOLBOX: {toolbox_url}?seller_id={custom.seller}")
    if custom.team not in ("", _NO_TEAM):
        lines.append(f"Suggested team to be routed: *{custom.team}*")
    return "\n *Additional Information* \n" + "\n".join(lines) if lines else ""
