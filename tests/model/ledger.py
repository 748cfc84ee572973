"""Who wrote what when, as the world saw it: what the oracle holds raidctl's journal against."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile
from threading import RLock
from typing import Any

from raidctl.core.model import Field, Side, SyncDirection, Value
from tests.model.site import TAIL

Key = tuple[Side, int, Field]

TOWARDS = {Side.JIRA: SyncDirection.IMPACT_TO_JIRA, Side.IMPACT: SyncDirection.JIRA_TO_IMPACT}


class By(StrEnum):
    """Who writes."""

    START = "the beginning"
    PERSON = "a person"
    RAIDCTL = "raidctl"
    FIREFIGHTER = "FireFighter"
    AUTOMATION = "an automation"
    SIDE_EFFECT = "a transition of raidctl's"


@dataclass(frozen=True, slots=True)
class Hand:
    """A value that somebody left in a field; `at` orders all of them, `when` is everybody's time.

    `seen` is as far as raidctl knew that side of the incident then.
    """

    at: int
    when: datetime
    value: Value
    by: By
    seen: int


class Ledger:
    """The history of every field of both sides, and what raidctl did wrong while it wrote.

    `journal` is the file, read beside raidctl; `wrong` gathers what may not be.
    """

    def __init__(self, journal: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
        self.hands: dict[Key, list[Hand]] = defaultdict(list)
        self.wrong: list[str] = []
        self.sent = 0
        self._journal, self._clock = journal, clock
        self._lock = RLock()  # a snapshot of one thread would be that of the other
        self._at = 0
        self._seen: dict[tuple[Side, int], int] = {}
        self._unknown: set[tuple[Side, int]] = set()
        self._hops: Counter[int] = Counter()

    def restored(self, journal: sqlite3.Connection) -> None:
        """The journal is an older one: its numbers are given out anew."""
        self._journal = journal
        self._hops.clear()

    @property
    def at(self) -> int:
        """The number of what comes next."""
        return self._at

    def look(self, side: Side, number: int, values: Mapping[Field, Value], by: By) -> None:
        """Note what somebody has just changed there."""
        for name, value in values.items():
            hands = self.hands[side, number, name]
            if not hands or hands[-1].value != value:
                self._at += 1
                seen = self._seen.get((side, number), 0)
                hands.append(Hand(self._at, self._clock(), value, by, seen))

    def now(self, key: Key) -> Value:
        """What a field holds."""
        return self.hands[key][-1].value

    def last(self, by: By) -> Key | None:
        """Where somebody has written last."""
        own = [
            (hand.at, key) for key, hands in self.hands.items() for hand in hands if hand.by is by
        ]
        return max(own)[1] if own else None

    def since(self, key: Key, at: int) -> list[Hand]:
        """What was left there after that."""
        return [hand for hand in self.hands[key] if hand.at > at]

    def said_first(self, key: Key, last: Hand) -> Hand:
        """Who has said what stands there: without the tail, or with it, a text says the same.

        Impact's history tells of no commander that was taken away (facts: a NULL says nothing).
        """
        untold = (key[0], key[2]) == (Side.IMPACT, Field.COMMANDER)
        before = [
            hand
            for hand in self.hands[key]
            if hand.at <= last.at and not (untold and hand.value is None and hand is not last)
        ]
        same = takewhile(lambda hand: _body(hand.value) == _body(last.value), reversed(before))
        return list(same)[-1]

    def held(self, key: Key, at: int) -> list[Value]:
        """All that a field has held from then on."""
        before = [hand for hand in self.hands[key] if hand.at <= at]
        return [hand.value for hand in (*before[-1:], *self.since(key, at))]

    def read(self, side: Side, numbers: Collection[int]) -> None:
        """Raidctl has read these as they are."""
        for number in numbers:
            self._seen[side, number] = self._at
            self._unknown.discard((side, number))

    def lost(self, side: Side, number: int) -> None:
        """Raidctl does not know whether its write acted."""
        self._unknown.add((side, number))

    def sending(self, side: Side, number: int) -> None:
        """Raidctl is about to send a write."""
        self.sent += 1
        if (side, number) in self._unknown:
            self.wrong.append(f"{side} {number} was written again before it was read")

    def acting(self, side: Side, number: int, values: Mapping[Field, Value]) -> None:
        """These values are about to be written: the journal has to know each of them."""
        for name, value in values.items():
            row = self._open(side, number, name)
            if row is None:
                self.wrong.append(f"{name} of {side} {number} was written without an intent")
            elif json.loads(row[1]) != value:
                self.wrong.append(f"{name} of {side} {number}: {value!r}, meant was {row[1]}")

    def hopping(self, number: int, transition: str) -> None:
        """A transition is about to be taken: each has its own line in the journal."""
        row = self._open(Side.JIRA, number, Field.STATUS)
        if row is None:
            self.wrong.append(f"issue {number} was moved without an intent")
            return
        self._hops[row[0]] += 1
        hops = self._rows("SELECT transition FROM hops WHERE write = ? ORDER BY number", row[0])
        if len(hops) < self._hops[row[0]] or hops[-1][0] != transition:
            self.wrong.append(f"issue {number} was moved by {transition}, announced were {hops}")

    def _open(self, side: Side, number: int, name: Field) -> tuple[int, str] | None:
        rows = self._rows(
            "SELECT id, new FROM writes WHERE outcome IS NULL AND sent"
            " AND (incident, field, direction) = (?, ?, ?) ORDER BY id DESC",
            number,
            name,
            TOWARDS[side],
        )
        return rows[0] if rows else None

    def _rows(self, sql: str, *parameters: object) -> list[Any]:
        with self._lock:
            return self._journal.execute(sql, parameters).fetchall()


def _body(value: Value) -> Value:
    return value.removesuffix(TAIL) if isinstance(value, str) else value
