"""What records tell of the incident and the issue that something is about."""

from collections.abc import Callable
from typing import TypeVar

from raidctl.core.plan.item import Subject
from raidctl.present.text.records import Columns

T = TypeVar("T")


def subject_columns(of: Callable[[T], Subject]) -> Columns[T]:
    """Title, both addresses, and by what it is sorted; null where the incident was not read."""
    return {
        "title": lambda one: of(one).title,
        "incident_url": lambda one: of(one).incident_url,
        "issue_url": lambda one: of(one).issue_url,
        "incident_priority": lambda one: (known := of(one).urgency) and known.priority,
        "incident_status": lambda one: (known := of(one).urgency) and known.status,
        "incident_created_at": lambda one: (known := of(one).urgency) and known.created_at,
    }
