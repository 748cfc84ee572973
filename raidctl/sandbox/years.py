"""Years in the life of an incident and its issue: agreed, edited on both sides, and left to drift.

Most of it stands in both histories. Of some incidents these have gaps, as real ones do: an import
without a changelog, an UPDATE by hand, edits too close to each other to tell which came first.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from raidctl.core.mapping.tables import RAID
from raidctl.core.model import Field, Side, Value
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.story import FORMER, PEOPLE, Tale, tales

OLDEST_DAYS, YOUNGEST_DAYS = 1_100, 40
FIRST_OLD, OLD_ONES = 101, 360
SYNC = timedelta(seconds=3)  # what FireFighter's own push or webhook takes
SEED = 12
_MIDDLE_OF_LIFE = ("INVESTIGATING", "MITIGATING", "MITIGATED", "POST_MORTEM")

Values = Mapping[Field, Value]


@dataclass(frozen=True, slots=True)
class Step:
    """One edit of one field, in its side's own spelling.

    `by` is a person's place in `PEOPLE`, None for FireFighter's sync. `told`: it stands in the
    side's history.
    """

    at: datetime
    side: Side
    field: Field
    value: Value
    by: int | None = 0
    told: bool = True


@dataclass(frozen=True, slots=True)
class Life:
    """An incident from its declaration on; `tale` is what the two sides agreed on then."""

    number: int
    tale: Tale
    created: datetime
    steps: tuple[Step, ...] = ()

    def now(self, side: Side, start: Values) -> dict[Field, Value]:
        """What a side holds after all steps."""
        steps = (one for one in self.steps if one.side is side)
        return {**start, **{one.field: one.value for one in steps}}


def lives(now: datetime) -> Iterator[Life]:
    """The told incidents, and some hundreds that were drifting for years, in the order of ids."""
    random = Random(SEED)  # noqa: S311 - the same world each time
    for number, tale in enumerate(tales(), start=1):
        yield _told_before(number, tale, now)
    for number in range(FIRST_OLD, FIRST_OLD + OLD_ONES):
        yield _Writer(random, number, now).life()


def _told_before(number: int, tale: Tale, now: datetime) -> Life:
    """A tale whose edits were made weeks ago, one after the other."""
    created = now - timedelta(days=21 + 14 * (70 - number))
    begun = _begun(tale, created)
    impact = [
        Step(created + timedelta(days=5, hours=n), Side.IMPACT, name, value, n % len(PEOPLE))
        for n, (name, value) in enumerate(tale.impact.items())
    ]
    at = now if tale.just_now else created + timedelta(days=9)
    jira = [
        Step(at, Side.JIRA, name, value, (n + 1) % len(PEOPLE))
        for n, (name, value) in enumerate(tale.jira.items())
    ]
    steps = (*begun, *impact, *jira)
    return Life(number, replace(tale, impact={}, jira={}), created, steps)


def _begun(tale: Tale, created: datetime) -> list[Step]:
    """What leads from OPEN to the status that a tale begins with: JIRA's issue is made in it."""
    if tale.status == "OPEN":
        return []
    return [Step(created + timedelta(minutes=4), Side.IMPACT, Field.STATUS, tale.status)]


_PLACES = ("France", "Spain", "Italy", "Germany", "the mobile app", "the B2B shop", "the warehouse")
_TROUBLES = (
    "Checkout fails for some cards in {}",
    "Prices are stale in {}",
    "Search misses new products in {}",
    "Parcels are tracked late in {}",
    "Nightly export of {} is incomplete",
    "Cache of {} serves old stock levels",
    "Alerts of {} reach nobody",
)


class _Writer:
    """Writes one life: what both sides hold now, and when the last step was."""

    def __init__(self, random: Random, number: int, now: datetime) -> None:
        self._random = random
        self._number = number
        self._end = now - timedelta(days=1)
        age = timedelta(days=random.randint(YOUNGEST_DAYS, OLDEST_DAYS), minutes=number)
        self._at = self._created = now - age
        place = _PLACES[number % len(_PLACES)]
        title = random.choice(_TROUBLES).format(place)
        self._tale = Tale(
            f"{title} (#{number})",
            status="OPEN",
            priority=random.randint(1, 5),
            commander=self._person().email,
            description=f"{title}.\nSeen {random.randint(2, 90)} times since it began.",
        )
        self._steps: list[Step] = []
        self._impact: dict[Field, Value] = {
            Field.TITLE: self._tale.title,
            Field.DESCRIPTION: self._tale.description,
            Field.PRIORITY: self._tale.priority,
            Field.STATUS: "OPEN",
            Field.COMMANDER: self._tale.commander,
        }

    def life(self) -> Life:
        """All of it: what FireFighter kept in agreement, then what it did not."""
        for status in _MIDDLE_OF_LIFE[: self._random.randint(0, len(_MIDDLE_OF_LIFE))]:
            self._synced(Field.STATUS, status)
        chance = self._random.random()
        if chance < 0.3:
            self._synced(Field.PRIORITY, self._other_priority())
        elif chance < 0.5:
            self._synced_back(self._other_priority())
        self._later(most=self._end - self._at - timedelta(days=20))
        _DRIFTS[self._number % len(_DRIFTS)](self)
        return Life(self._number, self._tale, self._created, tuple(self._steps))

    # What drifts

    def quiet(self) -> None:
        """Nothing."""

    def impact_status(self) -> None:
        """An event that never arrived in JIRA."""
        status = "OPEN" if self._impact[Field.STATUS] != "OPEN" else "MITIGATING"
        self._edit(Side.IMPACT, Field.STATUS, status)

    def jira_status(self) -> None:
        """A webhook that never arrived in Impact."""
        status = self._impact[Field.STATUS]
        self._edit(Side.JIRA, Field.STATUS, "Open" if status == "MITIGATED" else "Resolved")

    def impact_priority(self) -> None:
        self._edit(Side.IMPACT, Field.PRIORITY, self._other_priority())

    def jira_priority(self) -> None:
        self._edit(Side.JIRA, Field.PRIORITY, RAID.priority_written[self._other_priority()])

    def impact_title(self) -> None:
        """FireFighter never tells JIRA of a title."""
        self._edit(Side.IMPACT, Field.TITLE, f"{self._tale.title}, since the release")

    def jira_title(self) -> None:
        self._edit(Side.JIRA, Field.TITLE, f"{self._tale.title} - customers affected")

    def impact_description(self) -> None:
        self._edit(Side.IMPACT, Field.DESCRIPTION, f"{self._tale.description}\nCause: a timeout.")

    def jira_description(self) -> None:
        self._edit(Side.JIRA, Field.DESCRIPTION, f"{self._tale.description}\nVendor is informed.")

    def impact_commander(self) -> None:
        others = [one.email for one in PEOPLE if one.email != self._tale.commander]
        self._edit(Side.IMPACT, Field.COMMANDER, self._random.choice(others))

    def jira_assignee(self) -> None:
        others = [one.account for one in PEOPLE if one.email != self._tale.commander]
        self._edit(Side.JIRA, Field.COMMANDER, self._random.choice(others))

    def several(self) -> None:
        """Two fields, each in a direction of its own."""
        self.jira_priority()
        self.impact_title()

    def there_and_back(self) -> None:
        """JIRA's title is changed and taken back, then Impact's is changed."""
        self.jira_title()
        self._later()
        self._edit(Side.JIRA, Field.TITLE, self._tale.title)
        self._later()
        self.impact_title()

    def conflict(self) -> None:
        """Both sides, days apart."""
        self.impact_title()
        self._later()
        self.jira_title()

    # What the histories do not tell, or not surely

    def no_changelog(self) -> None:
        """An import changed JIRA's priority past its changelog."""
        value = RAID.priority_written[self._other_priority()]
        self._edit(Side.JIRA, Field.PRIORITY, value, told=False)

    def by_hand(self) -> None:
        """Somebody changed Impact's title by SQL."""
        self._edit(Side.IMPACT, Field.TITLE, f"{self._tale.title} [corrected]", told=False)

    def too_close(self) -> None:
        """Both sides within half a minute: which was first depends on the clocks."""
        self.impact_title()
        self._at += timedelta(seconds=30)
        self.jira_title()

    def one_instant(self) -> None:
        """Impact notes two titles at one instant."""
        self._edit(Side.IMPACT, Field.TITLE, f"{self._tale.title}?")
        self._edit(Side.IMPACT, Field.TITLE, f"{self._tale.title}!")

    def unknown_status(self) -> None:
        """JIRA went through a status that no table knows, and Impact on by itself."""
        self._edit(Side.JIRA, Field.STATUS, "Code Review")
        self._later()
        self.jira_status()

    def unknown_person(self) -> None:
        """Somebody without a JIRA account commanded it for a while."""
        self._edit(Side.IMPACT, Field.COMMANDER, FORMER)
        self._later()
        self.impact_commander()

    # How it is written

    def _synced(self, name: Field, value: Value) -> None:
        """An edit in Impact, and FireFighter's push of it."""
        self._later(most=timedelta(days=2))
        self._edit(Side.IMPACT, name, value)
        self._at += SYNC
        image = (
            RAID.status_to_jira[str(value)]
            if name is Field.STATUS
            else RAID.priority_written[int(str(value))]
        )
        self._edit(Side.JIRA, name, image, by=None)

    def _synced_back(self, priority: int) -> None:
        """An edit in JIRA, and FireFighter's webhook."""
        self._later(most=timedelta(days=2))
        self._edit(Side.JIRA, Field.PRIORITY, RAID.priority_written[priority])
        self._at += SYNC
        self._edit(Side.IMPACT, Field.PRIORITY, priority, by=None)

    def _edit(
        self, side: Side, name: Field, value: Value, by: int | None = -1, *, told: bool = True
    ) -> None:
        who = self._random.randrange(len(PEOPLE)) if by == -1 else by
        self._steps.append(Step(self._at, side, name, value, who, told))
        if side is Side.IMPACT:
            self._impact[name] = value

    def _later(self, most: timedelta = timedelta(days=3)) -> None:
        self._at += timedelta(hours=1) + most * self._random.random()

    def _other_priority(self) -> int:
        return self._random.choice([n for n in range(1, 6) if n != self._impact[Field.PRIORITY]])

    def _person(self) -> Person:
        return self._random.choice(PEOPLE)


_DRIFTS: tuple[Callable[[_Writer], None], ...] = (
    *(_Writer.quiet,) * 6,
    *(_Writer.impact_status, _Writer.jira_status) * 3,
    *(_Writer.impact_priority, _Writer.jira_priority) * 2,
    *(_Writer.impact_title, _Writer.jira_title) * 2,
    *(_Writer.impact_description, _Writer.jira_description, _Writer.impact_commander),
    *(_Writer.jira_assignee, _Writer.several, _Writer.there_and_back, _Writer.conflict),
    *(_Writer.no_changelog, _Writer.by_hand, _Writer.too_close, _Writer.one_instant),
    *(_Writer.unknown_status, _Writer.unknown_person),
)
