"""What every kind of input is made of, and what raidctl makes of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from requests import Response

from raidctl.core.arrivals import audited
from raidctl.core.drift import compare
from raidctl.core.history import UNKNOWN_TIME, History
from raidctl.core.mapping.people import Users
from raidctl.core.memory import LONG_AGO, Memory
from raidctl.core.missed import Window
from raidctl.core.model import Field, Incident, Issue, Link, Side
from raidctl.core.plan.authorship import Accounts
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Item
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter, Policy
from raidctl.core.report import Report, summarised
from raidctl.gateways.http.clock import ServerClock
from raidctl.gateways.http.failures import Failures
from raidctl.present.format import Format
from raidctl.present.report.render import render
from tests.contract.sources import ADA, GRACE, SITE, new, sqlite_file
from tests.core.strategies import NOW
from tests.runs.fakes import book

BOOK = book(Users({ADA: "acc-ada", GRACE: "acc-grace"}))
IDS = (10_101, 10_102, 10_103, 10_104, 10_105)
POLICY = Policy(
    fields={name: FieldPolicy(Choice.JIRA, Choice.IMPACT) for name in Field},
    impact_writers=dict.fromkeys(Field, ImpactWriter.DATABASE),
)

WINDOW = Window(LONG_AGO, UNKNOWN_TIME, Accounts("acc-ada", timedelta(seconds=120)))


class Input(ABC):
    """One kind of input; made once, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def play(self, random: Random) -> None:
        """One mutant; raises for what must not be."""


class FakeHttp:
    """Answers in place of `HttpClient`, of values or of bytes."""

    def __init__(self, system: Any, answer: Any) -> None:
        self.base_url, self.sent, self.clock = SITE, 0, ServerClock()
        self.failures = Failures(system, SITE, 5.0)
        self._answer = answer

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._told(path, params or {})

    def post_read(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._told(path, body)

    def _told(self, path: str, asked: Mapping[str, Any]) -> Any:
        told = self._answer(path, asked)
        if isinstance(told, bytes):
            response = Response()
            response.status_code, response._content = 200, told
            return self.failures.json_of(path, response)
        return told


def planned(links: Iterable[Link], told: Mapping[int, History] | None = None) -> None:
    """All that a run makes of links: verdicts, and every format of its report."""
    items: list[Item] = []
    for link in links:
        compared = compare(link, BOOK.of(link.issue.project), tuple(Field))
        history = (told or {}).get(link.incident.id, History())
        seen = ComparedLink(link, compared, Memory(), history=history)
        items += plan_link(seen, BOOK.of(link.issue.project), POLICY, NOW)
        for audit in audited(seen, WINDOW):
            assert len(audit.missed) + audit.untold <= audit.changes
    shown(items)


def shown(items: Sequence[Item]) -> None:
    """A report of these items, in every format."""
    zeros = dict.fromkeys(Side, 0)
    counted = summarised(items, len(items), 0, zeros)
    report = Report("diff", None, None, NOW, NOW, "sha256:0", counted, tuple(items))
    for form in (Format.JSON, Format.CSV, Format.MARKDOWN):
        render(report, form)


def same_beside(found: Mapping[int, Any], before: Mapping[int, Any], spoilt: int) -> None:
    """Every row beside the mutant is read as before."""
    for number, one in before.items():
        if number != spoilt:
            assert found.get(number) == one, f"{number} is {found.get(number)}, it was {one}"


def incidents_file(path: Path) -> str:
    """A file that is FireFighter's database, with a few incidents."""
    rows = [
        new(
            n,
            commander=ADA if n % 2 else GRACE,
            description="As it was",
            jira_key=f"INC-{n}",
            custom_fields={"suggested_team_routing": "Checkout", "platforms": ["platform-FR"]},
        )
        for n in IDS
    ]
    rows = [replace(row, jira_id=10_000 + row.id) for row in rows]
    return sqlite_file(path, rows)


def linked(incidents: Mapping[int, Incident]) -> Iterable[Link]:
    """Each with an issue that says something else in every field."""
    for one in incidents.values():
        values = dict(zip(Field, ("Else", "Something else", "Low", "Done", "acc-eve"), strict=True))
        yield Link(one, Issue(7, one.issue_key or "INC-7", values, f"{SITE}/browse/INC-7"))
