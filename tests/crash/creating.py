"""Creations: exactly one issue for each incident, and all that belongs to it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raidctl.core.model import IncidentStatus
from tests.crash.making import Making, Yard
from tests.crash.systems import BEFORE

BELONGS = {1: ("OPEN", "Open"), 2: ("MITIGATED", "Resolved")}
"""The status of each incident, and where its issue belongs."""


@dataclass(frozen=True, slots=True)
class Creation(Making):
    """Incidents without issues, before a journal that knows nothing."""

    def arguments(self, folder: Path) -> Sequence[str]:
        """Of all of them."""
        return ("backfill", "issues")

    def incidents(self) -> Iterable[dict[str, Any]]:
        """In the status of each."""
        for number, (status, _) in BELONGS.items():
            yield {"id": number, "status": IncidentStatus[status].value}

    def seed(self, place: Yard) -> None:
        """An issue that is none of theirs."""
        place.state.add_issue("INC-100", 10_100, summary="Another", created=BEFORE)

    def there(self, place: Yard) -> object:
        """The issues of each incident, their statuses and remote links."""
        state = place.state
        return len(state.ids()), [
            [
                number,
                [[state.issue(n).values["status"], place.links(n)] for n in place.named(number)],
            ]
            for number in BELONGS
        ]

    def amiss(self, place: Yard) -> Iterator[str]:
        """What is not one whole issue for each."""
        for number, (_, status) in BELONGS.items():
            issues = place.named(number)
            if len(issues) != 1:
                yield f"incident {number} has {len(issues)} issues"
                continue
            found = place.state.issue(issues[0])
            if found.values["status"] != status:
                yield f"{found.key} is {found.values['status']}"
            if len(place.links(found.id)) != 1:
                yield f"{found.key} has {len(place.links(found.id))} remote links"
            ticket = (found.id, found.key, number)
            if self.link == "database" and ticket not in place.tickets():
                yield f"FireFighter does not know {found.key}"
        if len(place.state.ids()) != len(BELONGS) + 1:
            yield f"there are {len(place.state.ids())} issues"
        if len(place.rows("SELECT 1 FROM own_links")) != len(BELONGS):
            yield "the journal does not have every link"


CREATIONS = (
    Creation("creation, Cloud", "cloud", "off"),
    Creation("creation, Data Center, tables", "datacenter", "database"),
)
