"""`raidctl listen` killed under load: what was answered 202 is settled after the restart, once."""

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count, pairwise
from pathlib import Path

import pytest

from raidctl.core.model import Field
from tests.cli.listener import PAIRS, Running, apart
from tests.cli.process import until
from tests.cli.world import World, world

pytestmark = pytest.mark.slow

KILLS, SENDERS = 12, 3


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


@dataclass
class Load:
    """People who edit issues, each telling of it at once; `taken` are the events answered 202."""

    taken: list[str] = field(default_factory=list)
    lost: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    here: Running | None = None
    _numbers: Iterator[int] = field(default_factory=count)

    def send(self, mine: list[int]) -> None:
        """Edit and tell, one after the other, whether anybody listens or not."""
        while not self.over.is_set():
            number, here = next(self._numbers), self.here
            assert here is not None
            body = here.edit(mine[number % len(mine)], summary=f"Title {number}")
            name = f"delivery-{number}"
            try:
                answer = here.post(body, name=name)
            except (OSError, HTTPException):
                self.lost += 1
                time.sleep(0.01)
                continue
            assert answer == 202
            self.taken.append(name)
            if random.random() < 0.1:
                with suppress(OSError, HTTPException):
                    here.post(body, name=name)  # JIRA sends it again, not having heard


def test_every_event_that_was_taken_is_settled_once(place: World) -> None:
    load = Load()
    senders = [threading.Thread(target=load.send, args=([11 + n, 14 + n],)) for n in range(SENDERS)]
    for kill in range(KILLS):
        with apart(place) as started:
            load.here = started.here
            if not kill:
                for thread in senders:
                    thread.start()
            before = len(load.taken)
            until(lambda before=before: len(load.taken) > before + 5)  # type: ignore[misc]
            time.sleep(random.random())
            os.kill(started.process.pid, signal.SIGKILL)
            started.process.wait()
    with apart(place) as started:
        load.here = started.here
        load.over.set()
        for thread in senders:
            thread.join(30)
        until(started.here.worked_off)
        assert started.stop().code == 0

    rows = place.journalled("SELECT name, state FROM events")
    kept = Counter(name for name, _ in rows)
    assert set(load.taken) <= set(kept)
    assert set(kept.values()) == {1}
    assert {state for _, state in rows} == {"settled"}
    assert len(load.taken) > KILLS * 5
    assert place.sound()
    told = set(load.taken)
    for pair in PAIRS:
        last = place.in_jira(pair.number, Field.TITLE)
        if f"delivery-{last.removeprefix('Title ')}" in told:
            assert place.in_impact(pair.number, Field.TITLE) == last
        written = titles(place, pair.number)
        assert all(one != other for one, other in pairwise(written)), written


def titles(place: World, number: int) -> list[str]:
    """What Impact's history says was written, oldest first."""
    sql = (
        "SELECT title FROM incidents_incidentupdate WHERE incident_id = ? AND title IS NOT NULL"
        " ORDER BY event_ts"
    )
    with closing(sqlite3.connect(place.database)) as connection:
        return [title for (title,) in connection.execute(sql, [number])]
