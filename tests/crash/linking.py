"""Links that are mended: each issue is one incident's, and says so, and no other is touched."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.core.writes.log import OwnLink
from raidctl.journal import Journal
from tests.cli.world import ADA
from tests.crash.making import SITE, Making, Yard
from tests.crash.systems import BEFORE

Ticket = tuple[int, str, int | None]
"""The id and the key of an issue, and the incident whose it is."""


@dataclass(frozen=True, slots=True)
class Linking(Making):
    """Incidents, of which each has the issue 10,000 above it, and the tickets of some.

    `moved` are issues that have another key than their ticket, `leading` those whose property says
    whose they are, `pairs` a CSV. `own` and `owned` are what the journal links before and after;
    the issues in `led`, and no others, then lead back.
    """

    numbers: tuple[int, ...] = ()
    begun: tuple[Ticket, ...] = ()
    due: tuple[Ticket, ...] = ()
    moved: tuple[tuple[int, str], ...] = ()
    leading: tuple[tuple[int, int], ...] = ()
    pairs: tuple[str, ...] = ()
    own: tuple[tuple[int, int], ...] = ()
    owned: tuple[tuple[int, int], ...] = ()
    led: tuple[tuple[int, int], ...] = ()

    def arguments(self, folder: Path) -> Sequence[str]:
        """By what both sides say, or by a CSV."""
        if not self.pairs:
            return ("backfill", "links")
        file = folder / "pairs.csv"
        file.write_text("\n".join(["incident,key", *self.pairs, ""]))
        return ("backfill", "links", "--from-csv", str(file))

    def incidents(self) -> Iterable[dict[str, Any]]:
        """Some of them with tickets."""
        tickets = {number: (key, issue) for issue, key, number in self.begun}
        for number in self.numbers:
            key, issue = tickets.get(number, (None, None))
            yield {"id": number, "status": 30, "jira_key": key, "jira_id": issue}

    def seed(self, place: Yard) -> None:
        """An issue for each; the journal knows what it is to know."""
        state = place.state
        for number in self.numbers:
            values: dict[str, Any] = {"summary": f"Incident {number}", "status": "In Progress"}
            values |= {"reporter": ADA.account, "created": BEFORE}
            state.add_issue(f"INC-{number}", 10_000 + number, **values)
        for issue, key in self.moved:
            state.move(issue, key)
        for issue, number in self.leading:
            name = global_id(SITE, number)
            state.properties[issue] = {PROPERTY: {"globalId": name, "incident": number}}
        if self.own:
            with closing(Journal(place.journal)) as journal:
                links = [OwnLink(n, state.issue(i).key, i) for n, i in self.own]
                journal.record_own_links(links, BEFORE)

    def there(self, place: Yard) -> object:
        """What every issue says."""
        return [
            [issue, place.links(issue), place.state.properties.get(issue)]
            for issue in place.state.ids()
        ]

    def amiss(self, place: Yard) -> Iterator[str]:
        """What is not linked as it is due, or does not lead back, or not once."""
        if place.tickets() != list(self.due):
            yield f"tickets: {place.tickets()}"
        own = place.rows("SELECT incident, issue_id FROM own_links ORDER BY 1")
        if own != list(self.owned):
            yield f"the journal's links: {own}"
        led = {issue: number for number, issue in self.led}
        for issue in place.state.ids():
            names = [global_id(SITE, led[issue])] if issue in led else []
            if place.links(issue) != names:
                yield f"issue {issue} leads back to {place.links(issue)}"
            named = place.named(led[issue]) if issue in led else [issue]
            if named != [issue]:
                yield f"{named} say that they are incident {led[issue]}'s"


_NEW = (10_003, "INC-3", 3)
LINKINGS = (
    Linking(
        "links, Cloud, tables: one moved, one found",
        "cloud",
        "database",
        (2, 3),
        begun=((10_002, "INC-2", 2),),
        due=((10_002, "PAY-9", 2), _NEW),
        moved=((10_002, "PAY-9"),),
        leading=((10_003, 3),),
        owned=((3, 10_003),),
        led=((3, 10_003),),
    ),
    Linking(
        "links of a CSV, Data Center, tables: one new, one taken over",
        "datacenter",
        "database",
        (3, 4, 5),
        begun=((10_004, "INC-4", 4), (10_005, "INC-5", 5)),
        due=(_NEW, (10_004, "INC-4", None), (10_005, "INC-5", 4)),
        pairs=("3,INC-3", "4,INC-5"),
        owned=((3, 10_003), (4, 10_005)),
        led=((3, 10_003), (4, 10_005)),
    ),
    Linking(
        "links of a CSV, Cloud, tables: two change hands",
        "cloud",
        "database",
        (6, 7),
        begun=((10_006, "INC-6", 6), (10_007, "INC-7", 7)),
        due=((10_006, "INC-6", 7), (10_007, "INC-7", 6)),
        pairs=("6,INC-7", "7,INC-6"),
        owned=((6, 10_007), (7, 10_006)),
        led=((6, 10_007), (7, 10_006)),
    ),
    Linking(
        "links of a CSV, Cloud, the journal alone: one taken over",
        "cloud",
        "off",
        (4, 5),
        pairs=("4,INC-5",),
        own=((5, 10_005),),
        owned=((4, 10_005),),
        led=((4, 10_005),),
    ),
)
