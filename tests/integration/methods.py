"""Writes incidents by FireFighter's own methods; FireFighter's Python runs this file.

Standard input holds a JSON list of incidents with what is to change. What FireFighter would tell
Slack and JIRA is left out, for neither is there; the handler that notes the first mitigation stays.
"""

import json
import sys
from importlib import import_module
from typing import Any

KEPT = "firefighter.jira_app.signals.postmortem_created"


def silence(signal: Any) -> None:
    """Take away every receiver but the one of `KEPT`."""
    kept = []
    for entry in signal.receivers:
        receiver = entry[1]()
        if receiver is not None and receiver.__module__ == KEPT:
            kept.append(entry)
    signal.receivers = kept
    signal.sender_receivers_cache.clear()


def write(wanted: dict[str, Any], models: Any) -> None:
    """As the update form does, then the form of roles."""
    incident = models.Incident.objects.get(pk=wanted["incident"])
    given = ("title", "description", "status")
    values: dict[str, Any] = {name: wanted[name] for name in given if name in wanted}
    if "priority" in wanted:
        values["priority_id"] = models.Priority.objects.get(value=wanted["priority"]).id
    if values:
        incident.create_incident_update(message=wanted["message"], created_by=None, **values)
    if "commander" in wanted:
        user = models.User.objects.get(email=wanted["commander"])
        incident.update_roles(None, {"commander": user})


def main() -> None:
    """All of them, one after the other."""
    import_module("django").setup()
    signals = import_module("firefighter.incidents.signals")
    for signal in (
        import_module("django.db.models.signals").post_save,
        signals.incident_updated,
        signals.incident_closed,
    ):
        silence(signal)
    reminders = import_module("firefighter.slack.tasks.reminder_postmortem")
    for name in ("publish_fixed_next_actions", "publish_postmortem_reminder"):
        setattr(reminders, name, lambda *_, **__: None)
    models = import_module("firefighter.incidents.models")
    for wanted in json.load(sys.stdin):
        write(wanted, models)


if __name__ == "__main__":
    main()
