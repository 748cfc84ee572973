"""What an incident was declared with: that of which FireFighter makes its issue beside our fields.

Source: `UnifiedIncidentForm` of firefighter-incident 0.0.79.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomFields:
    """What FireFighter's form asks for and keeps for JIRA alone; a form left it empty or had none.

    `team` is whom the declarer would route it to, and `project` that team's JIRA project by
    FireFighter's own table. `seller`, `zendesk` and `zoho` are ids. `environments` and `platforms`
    are as FireFighter has them, such as "PRD" and "platform-FR". `business_impact` is a label,
    "Highest" to "Lowest" or "N/A".
    """

    team: str = ""
    project: str = ""
    seller: str = ""
    zendesk: str = ""
    zoho: str = ""
    key_account: bool = False
    golden_list: bool = False
    environments: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    business_impact: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One incident's; `creator` is an e-mail, `environment` such as "PRD".

    `priority` and `emoji` are how FireFighter shows its priority: "P1", "🌪️". `channel` is the
    name of its Slack channel, empty where it has none. `custom` is None where they are not shown
    (REST).
    """

    incident: int
    creator: str
    environment: str
    category: str
    group: str
    priority: str
    emoji: str
    channel: str = ""
    custom: CustomFields | None = None
