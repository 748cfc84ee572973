"""The way back: how an issue says which incident it was made for.

Twice, since each can be lost: a remote link, which people see and JIRA finds by its global id, and
an entity property, which is set in the very request that creates the issue.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from raidctl.core.model import Incident

PROPERTY: Final = "raidctl.incident"
"""The key of the entity property. Source: DESIGN, "Backfill"."""

LONGEST_PROPERTY = 32_768  # characters of its JSON; Atlassian's limit
LONGEST_TITLE = 255  # of a remote link; JIRA's limit
_GLOBAL_ID = re.compile(r"impact:.+:([0-9]{1,18})")


@dataclass(frozen=True, slots=True)
class RemoteLink:
    """A link from an issue to another system's thing; one `global_id` stands once at an issue."""

    global_id: str
    url: str
    title: str


def global_id(impact: str, incident: int) -> str:
    """What an incident is called in JIRA; `impact` is the base URL of its site.

    It lasts as long as the site's name: scheme and path may change.
    """
    place = urlsplit(impact)
    port = f":{place.port}" if place.port else ""
    return f"impact:{place.hostname or ''}{port}:{incident}"


def incident_of(impact: str, name: object) -> int | None:
    """The incident of this site that a global id names; None for any other's, and for none."""
    named = _GLOBAL_ID.fullmatch(name) if isinstance(name, str) else None
    if named is None or global_id(impact, int(named[1])) != name:
        return None
    return int(named[1])


def remote_link(impact: str, incident: Incident) -> RemoteLink:
    """The link that an incident's issue carries."""
    about = f": {incident.title}" if incident.title else ""
    title = " ".join(f"Incident {incident.id}{about}".split())
    return RemoteLink(global_id(impact, incident.id), incident.url, title[:LONGEST_TITLE])


def property_of(impact: str, incident: int) -> Mapping[str, object]:
    """The value of the entity property."""
    return {"globalId": global_id(impact, incident), "incident": incident}


def named_by(value: object) -> str | None:
    """The global id in the value of an entity property, None where it holds none."""
    name = value.get("globalId") if isinstance(value, dict) else None
    return name if isinstance(name, str) else None
