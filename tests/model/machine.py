"""The state machine: people, faults and raidctl in any order, judged after every run."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from raidctl.core.events.turns import TRIES
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.plan.item import Hold
from raidctl.core.policy import Choice, ImpactWriter
from tests.model.faults import COMMITS, JOURNAL, READS, WRITES, Fault, Faults, Trouble
from tests.model.ledger import By
from tests.model.oracle import Oracle, quiet
from tests.model.raid import Raidctl, Ran
from tests.model.site import NUMBERS, Site
from tests.model.world import Edit, Ground, World

SETTLING_RUNS = 5
QUIET_SECONDS = 600
BETWEEN_RUNS = 300
TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
TURNED = {None: TO_JIRA, TO_JIRA: TO_IMPACT, TO_IMPACT: None}
BACK = (*[0] * 5, 0.01, 40, 400)
"""When a person takes an edit back: mostly never, or with raidctl's next request, or later."""
SECONDS = (1, 10, 31, 61, 300, 300, 4_000)
WAITS = st.sampled_from(SECONDS)
TIMES = st.sampled_from((1, 1, 2, 6))

EVENTS = (ImpactWriter.WEBHOOK, ImpactWriter.WEBHOOK, ImpactWriter.DATABASE)

SITES = st.builds(
    Site,
    deployment=st.sampled_from(("cloud", "datacenter")),
    preset=st.sampled_from(("raid", "firefighter")),
    identity=st.sampled_from(("unknown", "another", "the same")),
    skew=st.sampled_from((0, 30, -30, 90)),
    index_lag=st.sampled_from((0, 8, 25)),
    echo_delay=st.sampled_from((0, 4, 25)),
    automation=st.sampled_from((0, 0, 15)),
    grace=st.sampled_from((60, 0, 0)),
    direction=st.sampled_from((None, None, TO_JIRA, TO_IMPACT)),
    choice=st.sampled_from((*Choice,)),
    allow_close=st.booleans(),
    events=st.sampled_from((*EVENTS, *EVENTS, *EVENTS, ImpactWriter.OFF)),
    texts=st.sampled_from((*[ImpactWriter.DATABASE] * 5, ImpactWriter.OFF)),
    fills_resolution=st.sampled_from((True, True, False)),
    archived=st.sampled_from((0, 0, 0, 0, *NUMBERS)),
    off_screen=st.sampled_from((None, None, None, None, Field.TITLE, Field.PRIORITY)),
    detour=st.booleans(),
    assigns=st.sampled_from((False, False, True)),
    halfway=st.booleans(),
)
SIDES, DIGIT = st.sampled_from((*Side,)), st.integers(0, 9)
EDITS = st.builds(
    Edit,
    SIDES,
    st.sampled_from(NUMBERS),
    st.sampled_from((*Field,)),
    DIGIT,
    st.booleans(),
    st.sampled_from(BACK),
)
DEALS = st.lists(DIGIT, max_size=5)
LOST, DOUBLED = 9, (7, 8)
CHOICES = st.tuples(DIGIT, DIGIT)
_AFTER = st.sampled_from((0, 0, 0, 1, 2, 4))
FAULTS = st.lists(
    st.one_of(
        st.builds(Fault, st.just(WRITES), st.sampled_from((*Trouble,)), _AFTER, TIMES),
        st.builds(Fault, st.just(READS), st.sampled_from((*Trouble,)), _AFTER, TIMES),
        st.builds(Fault, st.just(JOURNAL), st.sampled_from(COMMITS), DIGIT),
    ),
    max_size=2,
)


class Machine(RuleBasedStateMachine):
    """One example: a site, and what happens there until people stop.

    `seen` counts what has happened in all of them. With `threads` some raidctls write two links at
    once: what happens then is not the same each time.
    """

    ground: ClassVar[Ground]
    seen: ClassVar[Counter[str]] = Counter()
    found: ClassVar[list[str]] = []
    threads: ClassVar[bool] = False
    world: World | None = None

    @initialize(site=SITES, known=st.booleans(), wide=DIGIT)
    def begin(self, site: Site, known: bool, wide: int) -> None:
        """A site in sync, that raidctl has seen before or not."""
        self.seen["examples"] += 1
        if self.threads and wide >= 8:
            site = replace(site, concurrency=2)
        self.faults = Faults()
        self.world = World(self.ground, site, self.faults)
        self.raidctl, self.oracle = Raidctl(self.world), Oracle(self.world)
        if known:
            self._run(self.raidctl.reconcile)

    @rule(edits=st.lists(EDITS, min_size=1, max_size=3))
    def people_write(self, edits: Sequence[Edit]) -> None:
        """On either side, and perhaps on both."""
        assert self.world is not None
        for edit in edits:
            self.world.edit(edit)

    @rule(edit=EDITS)
    def somebody_writes(self, edit: Edit) -> None:
        """One edit."""
        assert self.world is not None
        self.world.edit(edit)

    @rule(number=st.sampled_from(NUMBERS), name=st.sampled_from((*Field,)), choices=CHOICES)
    def both_sides_write(self, number: int, name: Field, choices: tuple[int, int]) -> None:
        """The same field."""
        assert self.world is not None
        for side, choice in zip(Side, choices, strict=True):
            self.world.edit(Edit(side, number, name, choice, told=False))

    @rule(side=SIDES, choice=DIGIT, told=st.booleans())
    def somebody_answers(self, side: Side, choice: int, told: bool) -> None:
        """Just after raidctl, in the field that it has written last."""
        assert self.world is not None
        if (last := self.world.ledger.last(By.RAIDCTL)) is not None:
            _, number, name = last
            self.world.edit(Edit(side, number, name, choice, told))

    @rule(seconds=WAITS)
    def time_passes(self, seconds: int) -> None:
        """And events arrive late."""
        assert self.world is not None
        self.world.pass_by(seconds)

    @rule(turned=st.sampled_from((False, False, True)))
    def reconcile(self, turned: bool) -> None:
        """A run in which nothing goes wrong; `turned`: with the other direction."""
        self._run(lambda: self.raidctl.reconcile(self._direction(turned)))

    @rule(edits=st.lists(EDITS, max_size=3), seconds=WAITS, faults=FAULTS, late=EDITS)
    def reconcile_in_trouble(
        self, edits: Sequence[Edit], seconds: int, faults: Sequence[Fault], late: Edit
    ) -> None:
        """A run that has something to do, and is spoilt, killed, or outrun by a person."""
        self.people_write(edits)
        self.time_passes(seconds)
        self._arm(faults, late)
        self._run(lambda: self.raidctl.reconcile(self._direction(False)))

    @rule(deals=DEALS)
    def events_arrive(self, deals: Sequence[int]) -> None:
        """In no order; some are lost, some come twice, some only later."""
        given = self._dealt(deals)
        self._run(lambda: self.raidctl.event(given))

    @rule(edits=st.lists(EDITS, max_size=2), deals=DEALS, faults=FAULTS, late=EDITS)
    def events_arrive_in_trouble(
        self, edits: Sequence[Edit], deals: Sequence[int], faults: Sequence[Fault], late: Edit
    ) -> None:
        """Just after what they tell of; what is made of them is spoilt, killed, or outrun."""
        self.people_write(edits)
        given = self._dealt(deals)
        self._arm(faults, late)
        self._run(lambda: self.raidctl.event(given))

    @rule(undo=st.booleans(), which=DIGIT, decision=DIGIT, faults=FAULTS, edit=EDITS)
    def somebody_decides(
        self, undo: bool, which: int, decision: int, faults: Sequence[Fault], edit: Edit
    ) -> None:
        """Take back what one of the last runs has written, or decide one field that is held."""
        self._arm(faults, edit)
        runs = self.raidctl.wrote[-4:]
        if undo and runs:
            self._run(lambda: self.raidctl.undo(runs[which % len(runs)]))
        else:
            self._run(lambda: self.raidctl.resolve(which, decision))

    @rule(number=st.sampled_from(NUMBERS), hidden=st.sampled_from((True, False, False)))
    def hide(self, number: int, hidden: bool) -> None:
        """Take an issue out of raidctl's sight, or show it again."""
        assert self.world is not None
        self.world.jira.forbid(10_000 + number, forbidden=hidden)

    @rule(older=st.sampled_from((False, False, True)))
    def journal(self, older: bool) -> None:
        """Put a copy of the journal aside, or go on with the one that was."""
        assert self.world is not None
        if not older:
            self.world.copy_journal()
        elif self.world.restore_journal():
            self.oracle.restored()

    def _dealt(self, deals: Sequence[int]) -> list[bytes]:
        """What of the mail is given to raidctl now."""
        assert self.world is not None
        mail, given = self.world.mail, list[bytes]()
        for deal in deals:
            if not mail:
                break
            payload = mail.pop(deal % len(mail))
            if deal != LOST:
                given.append(payload)
            if deal in DOUBLED:
                mail.append(payload)
        self.seen["events given"] += len(given)
        return given

    def teardown(self) -> None:
        """People stop, nothing goes wrong any more, and all becomes quiet."""
        if self.world is None:
            return
        try:
            if sys.exception() is None:
                self._settle(self.world)
        finally:
            self.world.close()

    def _settle(self, world: World) -> None:
        for number in NUMBERS:
            world.jira.forbid(10_000 + number, forbidden=False)
        world.pass_by(QUIET_SECONDS)
        for runs in range(1, SETTLING_RUNS + 1):
            ran = self._run(lambda: self.raidctl.reconcile(world.site.direction))
            world.pass_by(BETWEEN_RUNS)
            if quiet(ran):
                self.seen[f"settled in {runs}"] += 1
                break
        for _ in range(TRIES):
            self._run(lambda: self.raidctl.event([], everything=True))
            world.pass_by(QUIET_SECONDS)
        last = self._run(lambda: self.raidctl.reconcile(world.site.direction))
        self._nothing(self.oracle.settled(last))
        self._nothing(self.oracle.waiting())

    def _direction(self, turned: bool) -> SyncDirection | None:
        assert self.world is not None
        return TURNED[self.world.site.direction] if turned else self.world.site.direction

    def _arm(self, faults: Sequence[Fault], edit: Edit) -> None:
        world = self.world
        assert world is not None
        self.faults.arm(faults, lambda: world.edit(edit))

    def _run(self, command: Callable[[], Ran]) -> Ran:
        ran = command()
        self.faults.disarm()
        self._count(ran)
        self._nothing(self.oracle.judge(ran))
        return ran

    def _nothing(self, wrong: Iterable[str]) -> None:
        found = list(wrong)
        self.found.extend(found)
        assert not found, "\n".join(found)

    def _count(self, ran: Ran) -> None:
        for (point, trouble), times in self.faults.struck.items():
            self.seen[f"fault: {point}, {trouble}"] += times
        self.faults.struck.clear()
        end = "killed" if ran.killed else "failed" if ran.error is not None else "ended"
        self.seen[f"run: {ran.command} {end}"] += 1
        for item in ran.items if ran.command != "event" else ():
            if isinstance(item, Hold):
                self.seen[f"held: {item.reason}"] += 1
        for item in (*ran.done, *ran.recovered):
            if item.result is not None:
                self.seen[f"outcome: {item.result.outcome}"] += 1
