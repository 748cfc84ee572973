"""Makes issues by FireFighter's own creation form; FireFighter's Python runs this file.

Standard input holds a JSON list of incidents, each with the impacts that its declarer chose. What
FireFighter would tell Slack is left out, for it is not there; JIRA is.
"""

import json
import sys
from importlib import import_module
from typing import Any

CATEGORY_FIELD = "customfield_12369"


def create(wanted: dict[str, Any], models: Any) -> None:
    """As the form does once the incident is there, with what the form kept of it."""
    form = import_module("firefighter.incidents.forms.unified_incident").UnifiedIncidentForm
    incident = models.Incident.objects.get(pk=wanted["incident"])
    levels = import_module("firefighter.incidents.models.impact").ImpactLevel.objects
    chosen = {
        f"set_impact_type_{kind}": levels.get(impact_type__value=kind, value=level)
        for kind, level in wanted["impacts"].items()
    }
    filled = form.__new__(form)
    filled._jira_extra_fields = incident.custom_fields
    filled._create_jira_ticket(incident, incident.created_by, chosen)


def main() -> None:
    """All of them, one after the other."""
    import_module("django").setup()
    settings = import_module("django.conf").settings
    settings.RAID_JIRA_INCIDENT_CATEGORY_FIELD = CATEGORY_FIELD
    channel = import_module("firefighter.slack.models.incident_channel").IncidentChannel
    for name in ("add_bookmark", "send_message_and_save"):
        setattr(channel, name, lambda *_, **__: None)
    channel.link = "https://slack.example.test/channel"
    models = import_module("firefighter.incidents.models")
    for wanted in json.load(sys.stdin):
        create(wanted, models)


if __name__ == "__main__":
    main()
