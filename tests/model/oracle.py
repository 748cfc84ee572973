"""What has to be so after each run, and once people stop: a list of what is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import MappingBook
from raidctl.core.mapping.relation import Relation
from raidctl.core.model import Field, Issue, Readable, Side, Unreadable, Value
from raidctl.core.plan.item import Change, Item, pending
from raidctl.core.reasons import Kind, Reason
from raidctl.core.waiting import PASSING
from raidctl.core.writes.log import Write
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import ServiceError
from raidctl.journal.rows import to_write
from raidctl.journal.sql import WRITES
from tests.model.ends import Pair, pair_left, refused_so, unread
from tests.model.ledger import TOWARDS, By, Hand, Key, Ledger
from tests.model.raid import GUARD_SECONDS, Ran, wrote
from tests.model.site import NUMBERS
from tests.model.world import World

Place = tuple[int, Field]

CHOSEN = (Reason.POLICY, Reason.NEWEST, Reason.PREFER, Reason.DIRECTION)
UNASKED = ("reconcile", "event")
"""The commands in which nobody decides."""
OWN = (By.RAIDCTL, By.SIDE_EFFECT)
DONE = (Outcome.APPLIED, Outcome.NORMALISED)
_WAITING = "SELECT id, subject, why FROM events WHERE state = 'waiting'"
_SETTLED = "SELECT id FROM writes WHERE settled_by = ?"


@dataclass
class Oracle:
    """Watches raidctl.

    `memory` is what it has to remember of each field, None where that is not for certain,
    `undone` what a person has taken back, with what both sides hold since, `released` what one has
    decided at any time.
    """

    world: World
    memory: dict[Place, Pair | None] = field(default_factory=dict)
    undone: dict[Place, Pair] = field(default_factory=dict)
    released: set[tuple[int, Field | None]] = field(default_factory=set)

    @property
    def ledger(self) -> Ledger:
        """Who wrote what."""
        return self.world.ledger

    def restored(self) -> None:
        """The journal is an older one: raidctl need not remember anything, but nor may it guess."""
        self.memory.update(dict.fromkeys(self.memory))
        self.undone.clear()

    def judge(self, ran: Ran) -> list[str]:
        """What is wrong with a run that has just ended, or died."""
        writes = self._writes()
        wrong = [*self.ledger.wrong]
        self.ledger.wrong.clear()
        if ran.error is not None and not isinstance(ran.error, ServiceError):
            wrong += self._foreseen(ran)
        wrong += self._unplanned(ran)
        wrong += self._unnamed(ran)
        wrong += self._untold(ran, writes)
        wrong += self._untrue(ran, writes)
        wrong += self._overruled(ran)
        wrong += self._copied(ran)
        wrong += self._bounced(ran, writes)
        wrong += self._forgotten(ran)
        wrong += self._redone(ran)
        wrong += self._again(ran, writes)
        if ran.ended and not any(unread(item) for item in (*ran.done, *ran.recovered)):
            wrong += [f"left open: {write}" for write in writes if write.outcome is None]
        self._learn(ran)
        self._remember_undone(ran)
        return wrong

    def _foreseen(self, ran: Ran) -> Iterator[str]:
        if ran.command != "undo" and "database or disk is full" not in str(ran.error):
            yield f"{ran.command} ended with {ran.error!r}"

    def _landed(self, ran: Ran) -> Iterator[tuple[Key, Hand, Hand]]:
        """What raidctl has changed in this run: where, what was there before, what came."""
        for key, hands in self.ledger.hands.items():
            for before, hand in pairwise(hands):
                if hand.at > ran.at and hand.by is By.RAIDCTL:
                    yield key, before, hand

    def _unplanned(self, ran: Ran) -> Iterator[str]:
        """Nothing that is held is written, nor anything that the plan does not know."""
        meant = ran.taken if ran.command == "resolve" else wrote(ran.items)
        for (side, number, name), before, hand in self._landed(ran):
            if (number, name) not in meant:
                held = [i.reason.value for i in ran.items if _place(i) == (number, name)]
                what = f"{before.value!r} to {hand.value!r}"
                yield f"{name} of {side} {number} went from {what}, held as {held}"

    def _unnamed(self, ran: Ran) -> Iterator[str]:
        """Of what events do not name nothing is written."""
        for (side, number, name), _, hand in self._landed(ran) if ran.command == "event" else ():
            if (number, name) not in ran.named:
                yield f"no event spoke of {name} of {side} {number}, which is {hand.value!r} now"

    def _untold(self, ran: Ran, writes: Sequence[Write]) -> Iterator[str]:
        """What a person wrote and raidctl replaced stands in the journal, with its reason.

        But for what was written after raidctl last looked: JIRA has no conditional update.
        """
        for key, before, hand in self._landed(ran):
            if before.by is not By.PERSON or before.at > hand.seen:
                continue
            own = [write for write in writes if write.run == ran.run and _key(write) == key]
            if not any(write.old == before.value for write in own):
                yield f"{before.value!r} of {key} is lost: {hand.value!r}"

    def _overruled(self, ran: Ran) -> Iterator[str]:
        """What a person wrote is overwritten only by what came later, or where it is decided so."""
        for (side, number, name), last, hand, change in self._by_table(ran):
            before = self.ledger.said_first((side, number, name), last)
            if before.by is not By.PERSON or last.at > hand.seen or change.overrides:
                continue
            there = Side.IMPACT if side is Side.JIRA else Side.JIRA
            others = self.ledger.since((there, number, name), before.at)
            if not any(one.by not in OWN and one.at < hand.at for one in others):
                yield f"{before} of {name} of {side} {number} was overruled by {change}"

    def _copied(self, ran: Ran) -> Iterator[str]:
        """What a transition of raidctl's, or FireFighter, left in JIRA never goes to Impact."""
        bots = (By.SIDE_EFFECT, *([By.FIREFIGHTER] if self.world.site.service_account else ()))
        for (side, number, name), _, hand, change in self._by_plan(ran):
            there = [one for one in self.ledger.hands[Side.JIRA, number, name] if one.at < hand.at]
            known = self.memory.get((number, name))  # what both agreed on is either's
            agreed = change.reason in CHOSEN and (known is None or known[1] == there[-1].value)
            read = change.pair.jira == there[-1].value  # else it came while the run was writing
            if side is Side.IMPACT and there[-1].by in bots and read and not agreed:
                yield f"{there[-1]} of {name} of {number} was copied to Impact by {change}"

    def _by_table(self, ran: Ran) -> Iterator[tuple[Key, Hand, Hand, Change]]:
        """What has landed in a run because of who changed what, by nobody's decision."""
        if ran.direction is None:
            for landed in self._by_plan(ran):
                if landed[-1].reason not in CHOSEN:
                    yield landed

    def _by_plan(self, ran: Ran) -> Iterator[tuple[Key, Hand, Hand, Change]]:
        """What has landed in a run that nobody was asked in, whoever's value it was to be."""
        if ran.command not in UNASKED:
            return
        meant = {(one.subject.incident, one.field): one for one in pending(ran.items)}
        for key, before, hand in self._landed(ran):
            if (change := meant.get(key[1:])) is not None:
                yield key, before, hand, change

    def _untrue(self, ran: Ran, writes: Sequence[Write]) -> Iterator[str]:
        """What the journal says of a write is what became of it."""
        settled = {row[0] for row in self.world.books.execute(_SETTLED, [ran.run])}
        for write in writes:
            if write.id not in settled:
                continue
            key, found = _key(write), write.read_back
            recovered = write.outcome is Outcome.RECOVERED and write.category is None
            if write.outcome in DONE or recovered:
                if found not in self.ledger.held(key, ran.at):
                    yield f"it never was so: {write}"
            elif write.run == ran.run and write.outcome is not Outcome.STALE:
                last = self.ledger.hands[key][-1]
                if last.at > ran.at and last.by is By.RAIDCTL and not write.landed:
                    yield f"it has landed, and is {last.value!r}: {write}"

    def _bounced(self, ran: Ran, writes: Sequence[Write]) -> Iterator[str]:
        """While the echo of a write can be seen nothing is written back."""
        for write in writes:
            if write.run != ran.run or write.kind is not Kind.SYNC:
                continue
            for older in writes[: writes.index(write)]:
                same = (older.incident, older.field) == (write.incident, write.field)
                turned = older.direction is not write.direction
                if same and turned and older.at + timedelta(seconds=GUARD_SECONDS) > ran.now:
                    yield f"{write} bounces back {older}"

    def _forgotten(self, ran: Ran) -> Iterator[str]:
        """A decision is left to people only where it is not known who changed."""
        for item in ran.items:
            if item.field is None or _place(item) not in self.memory:
                continue
            known = self.memory[_place(item)]
            if known is None:
                continue
            moved = item.pair.impact != known[0], item.pair.jira != known[1]
            why = f"{_place(item)} of {item.pair}, agreed were {known}"
            if item.reason is Reason.UNDECIDED or (
                item.reason is Reason.CONFLICT
                and not all(moved)
                and not self._turned_back(*_place(item))
            ):
                yield f"{item.reason}: {why}"
            # What raidctl left there itself, half way or in an index that lags, it carries on.
            mine = [self.ledger.hands[side, *_place(item)][-1].by is By.RAIDCTL for side in Side]
            if item.reason is Reason.IMPACT_CHANGED and not moved[0] and not mine[1]:
                yield f"Impact has not changed {why}"
            if item.reason is Reason.JIRA_CHANGED and not moved[1] and not mine[0]:
                yield f"JIRA has not changed {why}"

    def _turned_back(self, number: int, name: Field) -> bool:
        """Whether somebody but raidctl has changed a side of a field last, and back.

        Who is FireFighter, or an automation, raidctl need not be told.
        """
        for side in Side:
            *before, last = self.ledger.hands[side, number, name]
            if last.by is not By.RAIDCTL and any(one.value == last.value for one in before):
                return True
        return False

    def _redone(self, ran: Ran) -> Iterator[str]:
        """What a person took back is not written anew, as long as nobody else writes."""
        for (_, number, name), _before, hand in self._landed(ran):
            place = number, name
            others = [one for one in self._hands(place, ran.at) if one.by is not By.RAIDCTL]
            if ran.command in UNASKED and self._undone(place, ran.at) and not others:
                yield f"{name} of {number} was taken back, and is {hand.value!r}"

    def _again(self, ran: Ran, writes: Sequence[Write]) -> Iterator[str]:
        """What was refused twice is not sent a third time; what is forbidden is one issue's own."""
        if ran.command == "resolve":
            self.released |= ran.taken
        for number, write in enumerate(writes):
            place = write.incident, write.field
            if write.run != ran.run or write.kind is not Kind.SYNC or place in self.released:
                continue
            before = [w for w in writes[:number] if (w.incident, w.field) == place][-2:]
            refused = len(before) == 2 and all(refused_so(one, write) for one in before)
            if refused and not self._edited(write, before[-1].at):  # else it may work now
                yield f"it was refused twice, and sent again: {write}"
        for item in ran.done:
            result = item.result
            untried = result is not None and str(result.detail).startswith("not tried")
            if result is not None and untried and result.category == "permission":
                yield f"an issue is forbidden for another one: {item}"

    def _edited(self, write: Write, since: datetime) -> bool:
        """Whether somebody else has changed JIRA's side of its field since then."""
        hands = self.ledger.hands[Side.JIRA, write.incident, write.name]
        return any(one.by is not By.RAIDCTL and one.when >= since for one in hands)

    def _undone(self, place: Place, at: int) -> bool:
        """Whether at that time a field was as a person's undo had left it."""
        then = tuple(self.ledger.held((side, *place), at)[0] for side in Side)
        return self.undone.get(place) == then

    def _remember_undone(self, ran: Ran) -> None:
        for place in list(self.undone):
            changed = self._hands(place, ran.at) or not self._undone(place, ran.at)
            if place in ran.taken or changed:  # changed and back is changed, once a run has seen it
                del self.undone[place]
        for write in self._writes() if ran.command == "undo" else ():
            place = write.incident, write.name
            source = self.ledger.now((write.direction.source, *place))
            arrived = write.run == ran.run and write.outcome is Outcome.APPLIED
            alone = all(hand.by is By.RAIDCTL for hand in self._hands(place, ran.at))
            if arrived and alone and write.source == source:  # else a change of it counts
                self.undone[place] = self._values(place)

    def _hands(self, place: Place, at: int) -> list[Hand]:
        return [hand for side in Side for hand in self.ledger.since((side, *place), at)]

    def _learn(self, ran: Ran) -> None:
        """What raidctl has to remember from now on."""
        places = [(number, name) for number in NUMBERS for name in Field]
        if ran.command == "event" and ran.ended and ran.whole:
            self.memory.update(dict.fromkeys(ran.named))
            return
        if ran.command != "reconcile" or not ran.ended or not ran.whole:
            self.memory.update(dict.fromkeys(places))
            return
        found = {_place(item): item for item in ran.items}
        hidden = {item.subject.incident for item in ran.items if item.field is None}
        done = {_place(item): item for item in ran.done if item.result is not None}
        recovered = {_place(item) for item in ran.recovered}
        for place in places:
            if place in done:
                self.memory[place] = pair_left(done[place], self.memory.get(place))
            elif place in recovered or self._hands(place, ran.at):
                self.memory[place] = None
            elif self._unindexed(place, ran) or self._guarded(place, ran):
                if self.memory.get(place) != self._values(place):
                    self.memory[place] = None
            elif place not in found and place[0] not in hidden and self._compared(place, ran):
                self.memory[place] = self._values(place)

    def _guarded(self, place: Place, ran: Ran) -> bool:
        """Whether raidctl had just written the field, and so learnt nothing more of it."""
        guards = ran.now - timedelta(seconds=GUARD_SECONDS)
        own = [write for write in self._writes() if (write.incident, write.field) == place]
        return any(write.at > guards for write in own)

    def _unindexed(self, place: Place, ran: Ran) -> bool:
        """Whether a search may have shown an issue as it was before."""
        site = self.world.site
        late = ran.now + timedelta(seconds=site.skew - site.index_lag)
        history = self.world.jira.history(10_000 + place[0])
        return any(change.created > late for change in history)

    def _compared(self, place: Place, ran: Ran) -> bool:
        """Whether the field is compared at all: a GAMEDAY has no priority in JIRA."""
        relations = ran.book.of("INC").relations if ran.book is not None else {}
        return relations[place[1]].covers(self._values(place)[0])

    def _values(self, place: Place) -> Pair:
        number, name = place
        return self.ledger.now((Side.IMPACT, number, name)), self.ledger.now(
            (Side.JIRA, number, name)
        )

    def settled(self, last: Ran) -> Iterator[str]:
        """Once people have stopped: nothing is written, and whatever does not agree is held."""
        if not last.ended or not last.whole:
            yield f"the last run ended with {last.error!r}"
            return
        if not quiet(last):
            done = [(_place(item), item.verdict, item.result) for item in last.done if item.result]
            yield f"the last run still wrote: {done}"
        found = {_place(item): item for item in last.items}
        hidden = {item.subject.incident for item in last.items if item.field is None}
        for number in NUMBERS:
            for name in Field if number not in hidden else ():
                yield from self._place(number, name, found.get((number, name)), last.book)

    def waiting(self) -> Iterator[str]:
        """Once all was tried, no event waits any more."""
        for number, subject, why in self.world.books.execute(_WAITING):
            yield f"event {number} of {subject} still waits: {why}"

    def _place(
        self, number: int, name: Field, item: Item | None, book: MappingBook | None
    ) -> Iterator[str]:
        impact, jira = self._values((number, name))
        assert book is not None
        person = self.world.jira.person(str(jira)) if name is Field.COMMANDER else None
        email = None if person is None or person.email_hidden else person.email
        shown = Issue(0, "INC-0", {name: jira}, "", assignee_email=email)
        relation = book.of("INC").of(shown)[name]
        related = Comparison(name, impact, jira, relation).related
        what = f"{name} of {number}: {impact!r} and {jira!r}"
        if item is None:
            if (
                relation.covers(impact)
                and not related
                and not self._agreed_so(number, name, relation)
            ):
                yield f"nobody speaks of {what}"
            return
        if item.reason in PASSING:
            yield f"{what} are still {item.reason}"
        if related and item.reason in (Reason.UNDECIDED, Reason.CONFLICT):
            yield f"{what} agree, and are held as {item.reason}"

    def _agreed_so(self, number: int, name: Field, relation: Relation) -> bool:
        """Whether a write of raidctl's left these values: JIRA keeps one in its own form.

        Or others that only spell them in another way.
        """
        pair = self._values((number, name))
        for write in self._writes():
            same = (write.incident, write.field) == (number, name)
            if same and write.outcome in (*DONE, Outcome.RECOVERED):
                left = (write.source, write.read_back)[:: 1 if _to_jira(write) else -1]
                if all(_same(relation, *one) for one in zip(Side, pair, left, strict=True)):
                    return True
        return False

    def _writes(self) -> list[Write]:
        rows = self.world.books.execute(f"{WRITES} ORDER BY id")
        return [write for write in map(to_write, rows) if write.sent]


def quiet(ran: Ran) -> bool:
    """Whether a run did nothing but try again what its target refuses by its rules for values."""
    results = [item.result for item in ran.done if item.result is not None]
    refused = (Outcome.REFUSED, "validation")
    return ran.ended and all((one.outcome, one.category) == refused for one in results)


def _place(item: Item) -> Any:
    return item.subject.incident, item.field


def _key(write: Write) -> Key:
    return write.direction.target, write.incident, write.name


def _to_jira(write: Write) -> bool:
    return write.direction is TOWARDS[Side.JIRA]


def _same(relation: Relation, side: Side, value: Value, left: Readable) -> bool:
    return not isinstance(left, Unreadable) and relation.same(side, value, left)
