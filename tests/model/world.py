"""Both systems with everybody in them but raidctl: people, FireFighter, JIRA's own webhooks."""

import heapq
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import RLock
from typing import Any

import requests

from raidctl.core.mapping.tables import FIREFIGHTER, FIREFIGHTER_PRIORITY_FIELD, PRESETS
from raidctl.core.model import Field, Side, Value
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.impact.webhook import JIRA_UPDATE
from raidctl.journal import Journal
from raidctl.sandbox.impact.webhook import STATUSES
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.model.faults import FORBIDDEN, Faults, Point
from tests.model.impact import START, ImpactFile, agreed
from tests.model.ledger import By, Ledger
from tests.model.site import (
    ADA,
    GRACE,
    IN_IMPACT,
    NUMBERS,
    PEOPLE,
    ROBOT,
    SERVICE,
    TAIL,
    Site,
    in_jira,
)
from tests.payloads import updated, webhook
from tests.simulators.echo import Echo, Event, delivery
from tests.simulators.impact.webhook import Webhook
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState

SECRET = "webhook-secret"
TOKEN = "token"
FIRST_HOP = "Pending resolution"
PUSH_SECONDS = 40  # until a worker gets to it, where FireFighter is slow
TICK = 0.02  # seconds a request takes
_WRITE = re.compile(r"/rest/api/2/issue/(\d+)(/transitions)?")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person does: side, incident, field, which value of the pool, and what is told.

    `told` says whether the other side's events come through: JIRA's to FireFighter, or
    FireFighter's own push to JIRA. `back` is after how many seconds they put back what was there
    before, 0 for never.
    """

    side: Side
    number: int
    name: Field
    choice: int
    told: bool
    back: float = 0


class Ground:
    """What all examples of a process share: the files, put back for each of them."""

    def __init__(self, folder: Path) -> None:
        self.impact = ImpactFile(folder)
        self.journal = folder / "journal.db"
        self._empty = folder / "empty.db"
        Journal(self._empty).close()

    def reset(self) -> None:
        """As if nothing had ever been."""
        self.impact.reset()
        for file in self.journal.parent.glob("journal.db*"):
            file.unlink(missing_ok=True)
        shutil.copyfile(self._empty, self.journal)


class World:
    """A site and what goes on there; time passes only when somebody lets it.

    `mail` are the events of people's edits, and of FireFighter's own, that nobody has given to
    raidctl yet.
    """

    def __init__(self, ground: Ground, site: Site, faults: Faults) -> None:
        ground.reset()
        self.site, self.impact, self.faults = site, ground.impact, faults
        self.journal = ground.journal
        self.books = self._open()
        self.ledger = Ledger(self.books, self.clock)
        self.mail: list[bytes] = []
        self._seconds = 0.0
        self._lock = RLock()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self.webhook = Webhook(self.impact.writer, SECRET, SERVICE.account, now=self.clock)
        self.jira = self._jira()
        self._echo = Echo(self._told)
        self.jira.after_write = self._echo
        self._answer = jira_answer(self.jira, token=TOKEN)
        for number in NUMBERS:
            self.look(Side.IMPACT, number, By.START)
            self.look(Side.JIRA, number, By.START)

    def _jira(self) -> JiraState:
        site, tables = self.site, PRESETS[self.site.preset]
        state = JiraState(
            deployment=site.deployment,
            users=PEOPLE,
            me=site.me.account,
            workflow=site.workflow,
            index_lag=site.index_lag,
            now=lambda: self.clock() + timedelta(seconds=site.skew),
        )
        if site.off_screen is not None:
            state.off_screen.add(site.jira_fields[site.off_screen])
        accounts = {ADA.email: ADA.account, GRACE.email: GRACE.account}
        for number, impact in agreed().items():
            values: dict[str, Any] = {
                "summary": impact[Field.TITLE],
                "description": f"{impact[Field.DESCRIPTION]}{TAIL if number == 1 else ''}",
                site.jira_fields[Field.PRIORITY]: tables.priority_written[_number(impact)],
                "status": tables.status_to_jira[str(impact[Field.STATUS])],
                "assignee": accounts[str(impact[Field.COMMANDER])],
            }
            created = START - timedelta(days=4)
            state.add_issue(f"INC-{number}", 10_000 + number, created=created, **values)
        return state

    # The journal

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.journal, isolation_level=None, check_same_thread=False)

    def close(self) -> None:
        """Let go of the journal."""
        self.books.close()

    def copy_journal(self) -> None:
        """Put it aside, as it is now."""
        self._copy.unlink(missing_ok=True)
        self.books.execute("VACUUM INTO ?", [str(self._copy)])

    def restore_journal(self) -> bool:
        """Go on with the copy, if there is one; nobody else forgets anything."""
        if not self._copy.exists():
            return False
        self.books.close()
        for rest in ("", "-wal", "-shm"):
            self.journal.with_name(f"{self.journal.name}{rest}").unlink(missing_ok=True)
        shutil.copyfile(self._copy, self.journal)
        self.books = self._open()
        self.ledger.restored(self.books)
        return True

    @property
    def _copy(self) -> Path:
        return self.journal.with_name(f"{self.journal.name}.copy")

    # Time

    def clock(self) -> datetime:
        """Everybody's time; JIRA's clock is wrong by the skew."""
        return START + timedelta(seconds=self._seconds)

    def waiting(self) -> Waiting:
        """How raidctl waits here."""
        return Waiting(self.pass_by, lambda low, _: low, self.clock, lambda: self._seconds)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and what is due happen when it is."""
        with self._lock:
            end = self._seconds + seconds
            while self._due and self._due[0][0] <= end:
                due, _, act = heapq.heappop(self._due)
                self._seconds = max(self._seconds, due)
                act()
            self._seconds = max(self._seconds, end)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._seconds + seconds, next(self._numbers), act))

    # What is there

    def values(self, side: Side, number: int) -> dict[Field, Value]:
        """What a side holds, as raidctl reads it."""
        if side is Side.IMPACT:
            return self.impact.values(number)
        held = self.jira.issue(10_000 + number).values
        values = {name: held.get(key) for name, key in self.site.jira_fields.items()}
        return values | {name: values[name] or "" for name in (Field.TITLE, Field.DESCRIPTION)}

    def look(self, side: Side, number: int, by: By) -> None:
        """Note what somebody has changed."""
        self.ledger.look(side, number, self.values(side, number), by)

    # People, and FireFighter's answer to them

    def edit(self, edit: Edit) -> None:
        """Somebody writes, and may think better of it."""
        pool = IN_IMPACT if edit.side is Side.IMPACT else in_jira(self.site.preset)
        before = self.values(edit.side, edit.number)[edit.name]
        self._put(edit, pool.value(edit.name, edit.choice))
        if edit.back:
            self._later(edit.back, lambda: self._put(edit, before))

    def _put(self, edit: Edit, value: Value) -> None:
        """Nothing happens where the value is there already."""
        number, name = edit.number, edit.name
        if edit.side is Side.IMPACT:
            if value != self.values(Side.IMPACT, number)[name]:
                self.impact.edit(number, name, value, self.clock())
                self.look(Side.IMPACT, number, By.PERSON)
                self._post(updated(number, name))
                if edit.told and self.site.halfway:
                    self._later(PUSH_SECONDS, lambda: self._push(number, name, value))
                elif edit.told:
                    self._push(number, name, value)
            return
        self.jira.edit(10_000 + number, ADA.account, **{self.site.jira_fields[name]: value})
        self.look(Side.JIRA, number, By.PERSON)
        self._webhook(number, name, ADA)
        if edit.told:
            self._echo(self.jira, 10_000 + number)

    def _push(self, number: int, name: Field, value: Value) -> None:
        """FireFighter carries a change to JIRA, where it finds the names that it knows."""
        if name is Field.STATUS:
            pushed = FIREFIGHTER.status_to_jira[str(value)]
        elif name is Field.PRIORITY and value in FIREFIGHTER.priority_written:
            pushed = str(value)
        else:
            return
        self.webhook.pushes.note(number, name.value, pushed)
        if self.site.preset == "firefighter":
            if self.site.halfway and name is Field.STATUS:
                pushed = FIRST_HOP
            changed = {self.site.jira_fields[name]: pushed}
            self.jira.edit(10_000 + number, SERVICE.account, **changed)
            self.look(Side.JIRA, number, By.FIREFIGHTER)
            self._webhook(number, name, SERVICE)

    def _webhook(self, number: int, name: Field, author: Person) -> None:
        """What JIRA says of a change; each is another one, by its time."""
        at = 1000 * self.jira.now().timestamp()
        user = {"accountId": author.account}
        self._post(webhook(number, self.site.jira_fields[name], user=user, timestamp=round(at)))

    def _post(self, body: object) -> None:
        self.mail.append(json.dumps(body).encode())

    def _told(self, event: Event) -> None:
        """JIRA tells FireFighter of a change, now or later."""

        def deliver() -> None:
            self.webhook.answer(delivery(event, SECRET))
            self.look(Side.IMPACT, int(event["issue"]["id"]) - 10_000, By.FIREFIGHTER)

        if self.site.echo_delay:
            self._later(self.site.echo_delay, deliver)
        else:
            deliver()

    def _automate(self, number: int, before: Mapping[Field, Value]) -> None:
        """An automation takes back what raidctl has made of the priority."""
        old = before[Field.PRIORITY]
        if not self.site.automation or self.values(Side.JIRA, number)[Field.PRIORITY] == old:
            return

        def act() -> None:
            changed = {self.site.jira_fields[Field.PRIORITY]: old}
            self.jira.edit(10_000 + number, ROBOT.account, **changed)
            self.look(Side.JIRA, number, By.AUTOMATION)

        self._later(self.site.automation, act)

    # What raidctl's requests come to

    def to_jira(self, request: Request) -> Reply:
        """JIRA's answer to raidctl, as far as it gets through."""
        self.faults.alive()
        self.pass_by(TICK)
        write = _WRITE.fullmatch(request.path)
        if write is None or request.method == "GET":
            reply = self.faults.exchange(Point.JIRA_READ, request, self._answer)
            if reply.status == 200:
                self.ledger.read(Side.JIRA, _issues(request, write))
            return reply
        number = int(write[1]) - 10_000

        def act(asked: Request) -> Reply:
            with self._lock:
                before = self.values(Side.JIRA, number)
                if number == self.site.archived:
                    return FORBIDDEN
                body: Any = asked.json
                if write[2]:
                    self.ledger.hopping(number, body["transition"]["id"])
                else:
                    self.ledger.acting(Side.JIRA, number, self._plain(body["fields"]))
                reply = self._answer(asked)
                self.look(Side.JIRA, number, By.RAIDCTL)
                if write[2] and reply.status == 204 and self.site.assigns:
                    me = self.site.me.account
                    self.jira.edit(10_000 + number, me, assignee=me)
                    self.look(Side.JIRA, number, By.SIDE_EFFECT)
                self._automate(number, before)
                return reply

        return self._send(Side.JIRA, number, Point.JIRA_WRITE, request, act)

    def to_firefighter(self, request: Request) -> Reply:
        """FireFighter's answer to an event that raidctl sends in JIRA's place."""
        assert request.path == JIRA_UPDATE
        self.faults.alive()
        self.pass_by(TICK)
        event: Any = request.json
        number = int(event["issue"]["id"]) - 10_000

        def act(asked: Request) -> Reply:
            with self._lock:
                self.ledger.acting(Side.IMPACT, number, dict(_meant(event)))
                reply = self.webhook.answer(asked)
                self.look(Side.IMPACT, number, By.RAIDCTL)
                return reply

        return self._send(Side.IMPACT, number, Point.WEBHOOK, request, act)

    def _send(
        self,
        side: Side,
        number: int,
        point: Point,
        request: Request,
        act: Callable[[Request], Reply],
    ) -> Reply:
        """A write on its way: what is lost has to be read before the next one."""
        self.ledger.sending(side, number)
        try:
            reply = self.faults.exchange(point, request, act)
        except requests.ConnectionError as error:
            if "NewConnection" not in repr(error):
                self.ledger.lost(side, number)
            raise
        if reply.status >= 500:
            self.ledger.lost(side, number)
        return reply

    def _plain(self, fields: Mapping[str, Any]) -> dict[Field, Value]:
        """The fields of a request to JIRA as the journal spells them."""
        names = {key: name for name, key in self.site.jira_fields.items()}
        return {
            names[key]: next(iter(value.values())) if isinstance(value, dict) else value
            for key, value in fields.items()
        }


def _issues(request: Request, single: re.Match[str] | None) -> list[int]:
    """The incidents whose issues an answer shows as they are: by id, not by search."""
    if request.path.endswith("/issue/bulkfetch"):
        names = json.loads(request.body)["issueIdsOrKeys"]
        return [int(name.rpartition("-")[2]) % 10_000 for name in names]
    return [int(single[1]) - 10_000] if single is not None and not single[2] else []


def _meant(event: Any) -> Iterator[tuple[Field, Value]]:
    """What an event is to make of the incident."""
    names = {10: "OPEN", 30: "MITIGATING", 40: "MITIGATED", 60: "CLOSED"}
    for item in event["changelog"]["items"]:
        if item["fieldId"] == FIREFIGHTER_PRIORITY_FIELD:
            yield Field.PRIORITY, int(item["toString"])
        else:
            yield Field.STATUS, names[STATUSES[item["toString"]]]


def _number(values: Mapping[Field, Value]) -> int:
    return int(values[Field.PRIORITY] or 0)
