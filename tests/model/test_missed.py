"""A day of the world in which FireFighter loses every third webhook: `missed` names exactly those.

What arrived is told by watching Impact while it goes on, never by a history.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest

from raidctl.core.drift import Comparison
from raidctl.core.mapping.people import Users
from raidctl.core.missed import MissedReport, Window
from raidctl.core.model import Field, Side, Value
from raidctl.core.plan.authorship import NOBODY, Accounts
from raidctl.core.writes.outcome import DONE
from raidctl.journal.records import Records
from raidctl.runs.reading.missed import MissedRequest, missed
from raidctl.runs.writing.delivery import deliver
from raidctl.runs.writing.session import Ending, Session
from tests.model.faults import Faults
from tests.model.impact import START
from tests.model.raid import GUARD_SECONDS, SITES, Raidctl, Ran, _JournalFile, _noting
from tests.model.site import ADA, GRACE, NUMBERS, Site
from tests.model.world import Edit, Ground, World

STEPS = 60
USERS = Users({}, {ADA.email: ADA.account}, {GRACE.email: GRACE.account})
FIELDS = [name for name in Field if name is not Field.COMMANDER]  # of whom no update says: nobody
Change = tuple[int, Field, Value]
"""An incident, a field, and the value that it got in JIRA."""


class Auditor(Raidctl):
    """`raidctl missed`, and with `--deliver`."""

    def _asked(self, ran: Ran) -> MissedRequest:
        site = self.world.site
        window = Window(
            START - timedelta(days=1),
            self.world.clock(),
            Accounts(site.service_account, NOBODY.skew),
        )
        return MissedRequest(self._question(ran, None), window, SITES)

    def missed(self) -> MissedReport:
        """What it lists now."""
        journal = Records(_JournalFile(self.world), self.world.clock, GUARD_SECONDS)
        ran = Ran("missed", "", self.world.ledger.at, self.world.clock())
        systems = self._desk(journal).readable
        try:
            return missed(systems, self._asked(ran), self.world.clock, lambda _: None)
        finally:
            journal.close()

    def deliver(self) -> MissedReport:
        """What became of it."""
        told: list[MissedReport] = []

        def act(ran: Ran, session: Session) -> Ending:
            ending, found = deliver(session, self._asked(ran), _noting(ran))
            told.append(found)
            return ending

        ran = self._run("missed", act)
        assert ran.ended, ran.error
        return told[0]


@dataclass
class Day:
    """What people do in one example, and what of it never reached Impact."""

    world: World
    random: Random
    never: list[Change] = field(default_factory=list)
    waiting: dict[tuple[int, Field], Value] = field(default_factory=dict)
    sent: int = 0

    def __post_init__(self) -> None:
        self.relations = self.world.site.book(USERS).common.relations

    def passes(self) -> None:
        """People edit both sides, mostly JIRA."""
        for _ in range(STEPS):
            side = self.random.choice([Side.JIRA, Side.JIRA, Side.JIRA, Side.IMPACT])
            number, name = self.random.choice(NUMBERS), self.random.choice(FIELDS)
            self.sent += side is Side.JIRA
            told = side is Side.IMPACT or self.sent % 3 != 0
            before = self.world.values(Side.JIRA, number)
            self.world.edit(Edit(side, number, name, self.random.randrange(10), told))
            self._changed(number, before, by_person=side is Side.JIRA)
            for _ in range(3):
                self.world.pass_by(self.random.choice([5, 60, 400]))
                self._watch()
        self.never += [(*place, value) for place, value in self.waiting.items()]

    def _changed(self, number: int, before: Mapping[Field, Value], *, by_person: bool) -> None:
        """What a change of a field has not reached by the next one, it never will."""
        for name, value in self.world.values(Side.JIRA, number).items():
            if self.relations[name].same(Side.JIRA, value, before[name]):
                continue
            place = number, name
            if place in self.waiting:
                self.never.append((*place, self.waiting.pop(place)))
            if by_person:
                self.waiting[place] = value
        self._watch()

    def _watch(self) -> None:
        """What Impact holds now has arrived."""
        for place, value in list(self.waiting.items()):
            if self.related(*place, value):
                del self.waiting[place]

    def related(self, number: int, name: Field, value: Value) -> bool:
        """Whether Impact holds it now."""
        impact = self.world.values(Side.IMPACT, number)[name]
        return Comparison(name, impact, value, self.relations[name]).related

    def asked(self) -> list[Change]:
        """What never arrived, of the fields that are compared at all."""
        return sorted(
            (
                (number, name, value or None)
                for number, name, value in self.never
                if self.relations[name].covers(self.world.values(Side.IMPACT, number)[name])
            ),
            key=repr,
        )


SITES_OF_DAYS = (
    Site(preset="firefighter", identity="another", grace=0),
    Site(preset="firefighter", identity="another", grace=0, deployment="datacenter", echo_delay=4),
    Site(preset="raid", identity="another", grace=0, skew=30),
)


@pytest.mark.parametrize("site", SITES_OF_DAYS, ids=["cloud", "datacenter", "raid, skewed"])
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_exactly_what_never_arrived_is_named_and_what_can_be_is_delivered(
    ground: Ground, site: Site, seed: int
) -> None:
    world = World(ground, site, Faults())
    try:
        raidctl = Auditor(world)
        raidctl.reconcile()
        day = Day(world, Random(seed))
        day.passes()
        found = raidctl.missed()
        told = [(*one.place, one.revision.new or None) for one in found.missed]
        assert sorted(told, key=repr) == day.asked()
        assert len(told) > 10
        assert (found.unread, found.untold) == ([], 0)

        delivered = raidctl.deliver()
        done = [one for one in delivered.missed if one.result and one.result.outcome in DONE]
        assert done
        for one in done:
            last = world.values(Side.JIRA, one.subject.incident)[one.field]
            assert day.related(one.subject.incident, one.field, last)
        again = raidctl.deliver()
        assert not any(one.result and one.result.outcome in DONE for one in again.missed)
        left = {(one.place, one.revision) for one in again.missed}
        assert not left & {(one.place, one.revision) for one in done}
    finally:
        world.close()
