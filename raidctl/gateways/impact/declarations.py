"""FireFighter's JSON of an incident, read for what it was declared with."""

from typing import Any

from raidctl.core.backfill.declaration import Declaration
from raidctl.gateways.malformed import id_of, object_of, text_of


def declaration_of(row: Any) -> Declaration:
    """One element of the list; raises one of `MALFORMED` for one that does not tell."""
    row = object_of(row)
    category, priority = row["incident_category"], row["priority"]
    return Declaration(
        incident=id_of(row["id"]),
        creator=text_of(row["created_by"]["email"]),
        environment=text_of(row["environment"]["value"]),
        category=text_of(category["name"]),
        group=text_of(category["group"]["name"]),
        priority=text_of(priority["name"]),
        emoji=text_of(priority["emoji"]),
        channel=text_of(row["slack_channel_name"]).removeprefix("#"),
    )
