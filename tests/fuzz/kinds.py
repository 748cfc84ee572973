"""Every kind of input: what is recorded of it, and what must hold of each of its mutants."""

import json
import re
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

from requests import Response
from sqlalchemy import create_engine

from raidctl.core.drift import compare
from raidctl.core.history import History, Revisions
from raidctl.core.mapping.people import Users
from raidctl.core.memory import Memory
from raidctl.core.model import Field, Incident, Issue, Link, Side
from raidctl.core.plan.again import PlanOfNow, unheard_of
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.file import NoPlanError, SavedPlan, _saved, _seal, from_text, to_text
from raidctl.core.plan.item import Item
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter, Policy
from raidctl.core.report import Report, summarised
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Pause, Skip
from raidctl.errors import JournalError, ServiceError
from raidctl.gateways.http.clock import ServerClock
from raidctl.gateways.http.failures import Failures
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.rest import IMPACT, RestIncidents
from raidctl.gateways.jira.transport import JIRA
from raidctl.journal import Journal, ReadOnlyJournal
from raidctl.ports.jira import IssueRef
from raidctl.present.format import Format
from raidctl.present.history.render import render_history
from raidctl.present.history.rows import History as Told
from raidctl.present.report.render import render
from raidctl.sandbox.impact.server import impact_answer
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.impact_rows import update_row
from tests.contract.journal.values import intent
from tests.contract.sources import ADA, DAY, GRACE, SITE, new, sqlite_file
from tests.contract.trackers import Deployment, Kind, gateways, site
from tests.core.strategies import NOW
from tests.fuzz.mutate import ODD, mutant, mutant_bytes
from tests.runs.fakes import book
from tests.runs.past import remembered

BOOK = book(Users({ADA: "acc-ada", GRACE: "acc-grace"}))
IDS = (10_101, 10_102, 10_103, 10_104, 10_105)
POLICY = Policy(
    fields={name: FieldPolicy(Choice.JIRA, Choice.IMPACT) for name in Field},
    impact_writers=dict.fromkeys(Field, ImpactWriter.DATABASE),
)


class Input(ABC):
    """One kind of input; made once, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def play(self, random: Random) -> None:
        """One mutant; raises for what must not be."""


class _Http:
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


class ImpactRest(Input):
    """FireFighter's list of incidents over REST."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        engine = create_engine(incidents_file(folder / "impact.db"))
        request = Request("GET", "/api/v2/firefighter/incidents/", {}, {}, b"", "")
        headers = {"authorization": "Bearer t", "host": "impact.example.test"}
        reply = impact_answer(engine, {"t": ["GET"]})(replace(request, headers=headers))
        engine.dispose()
        self.rows = json.loads(reply.encoded())
        self.before = self._read(self.rows)
        assert self.before.keys() == set(IDS)

    def play(self, random: Random) -> None:
        at = random.randrange(len(self.rows))
        if random.random() < 0.05:
            with suppress(ServiceError):
                planned(linked(self._read(mutant_bytes(random, json.dumps(self.rows).encode()))))
            return
        rows = [mutant(random, row) if n == at else row for n, row in enumerate(self.rows)]
        found = self._read(rows)
        same_beside(found, self.before, self.rows[at]["id"])
        planned(linked({n: one for n, one in found.items() if one != self.before.get(n)}))

    def _read(self, rows: Any) -> Mapping[int, Incident]:
        source = RestIncidents(_Http(IMPACT, lambda *_: rows), 1)  # type: ignore[arg-type]
        scope = Scope(incidents=frozenset(IDS))
        return {one.id: one for one in source.incidents(scope)}


def incidents_file(path: Path) -> str:
    """A file that is FireFighter's database, with a few incidents."""
    rows = [
        new(n, commander=ADA if n % 2 else GRACE, description="As it was", jira_key=f"INC-{n}")
        for n in IDS
    ]
    rows = [replace(row, jira_id=10_000 + row.id) for row in rows]
    return sqlite_file(path, rows)


def linked(incidents: Mapping[int, Incident]) -> Iterable[Link]:
    """Each with an issue that says something else in every field."""
    for one in incidents.values():
        values = dict(zip(Field, ("Else", "Something else", "Low", "Done", "acc-eve"), strict=True))
        yield Link(one, Issue(7, one.issue_key or "INC-7", values, f"{SITE}/browse/INC-7"))


class ImpactDatabase(Input):
    """Rows of FireFighter's database."""

    TABLES: ClassVar = {
        "incidents_incident": ("title", "description", "status", "priority_id", "created_at"),
        "incidents_incidentupdate": ("title", "status", "created_at", "message", "created_by_id"),
        "jira_app_jiraissue": ("key",),
        "raid_jiraticket": ("jiraissue_ptr_id",),
        "incidents_user": ("email", "name"),
        "incidents_priority": ("value",),
        "jira_app_jirauser": ("id",),
    }
    COLUMNS = (*((t, c) for t, columns in TABLES.items() for c in columns),)
    COLUMNS += (("incidents_incident", "updated_at"), ("incidents_incident", "private"))
    OWN: ClassVar = {  # whose a row is
        "incidents_incident": "SELECT ?",
        "jira_app_jiraissue": "SELECT id - 10000 FROM jira_app_jiraissue WHERE rowid = ?",
        "raid_jiraticket": "SELECT incident_id FROM raid_jiraticket WHERE rowid = ?",
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        url = incidents_file(folder / "impact.db")
        self.raw = sqlite3.connect(folder / "impact.db", isolation_level=None)
        for pragma in (
            "synchronous = OFF",
            "journal_mode = MEMORY",
            "ignore_check_constraints = 1",
        ):
            self.raw.execute(f"PRAGMA {pragma}")
        for number in IDS:
            row = {
                name: value.isoformat(" ") if isinstance(value, datetime) else value
                for name, value in update_row(number, DAY, title="New", id=f"{number:032x}").items()
            }
            names = ", ".join(row)
            marks = ", ".join(f":{name}" for name in row)
            self.raw.execute(
                f"INSERT INTO incidents_incidentupdate ({names}) VALUES ({marks})", row
            )
        self.engine = read_only_engine(url, "")
        self.told: Revisions = {}
        self.before = self._read()
        assert self.before.keys() == set(IDS)

    def play(self, random: Random) -> None:
        table, column = random.choice(self.COLUMNS)
        numbers = [n for (n,) in self.raw.execute(f"SELECT rowid FROM {table}")]
        row, value = random.choice(numbers), random.choice([*ODD, b"\xff\xfe", b"x"])
        if isinstance(value, list | dict) or (isinstance(value, str) and "\ud800" in value):
            value = json.dumps(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            value = str(value)
        (old,) = self.raw.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", [row]).fetchone()
        change = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
        if isinstance(value, bytes) and random.random() < 0.5:
            change = f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE rowid = ?"
        try:
            self.raw.execute(change, [value, row])
        except sqlite3.IntegrityError:
            return
        try:
            found = self._read()
            if table in self.OWN:
                spoilt = self.raw.execute(self.OWN[table], [row]).fetchone()[0]
                same_beside(found, self.before, spoilt)
            elif table == "incidents_incidentupdate":
                same_beside(found, self.before, 0)
            planned(linked({n: one for n, one in found.items() if one != self.before.get(n)}))
        finally:
            self.raw.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [old, row])

    def _read(self) -> Mapping[int, Incident]:
        source = DatabaseIncidents(self.engine, SITE)
        source.accounts()
        revisions = source.revisions(IDS)
        found = {one.id: one for one in source.incidents(Scope(everything=True))}
        if self.told and self.told != revisions:
            told = {number: History({Side.IMPACT: told}) for number, told in revisions.items()}
            planned(linked(found), told)
        self.told = self.told or revisions
        return found


class _Jira(Input):
    """A JIRA's issues, changelogs and users."""

    deployment: Deployment

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.recorded: dict[str, Any] = {}

        def records(request: Request, answer: Answer) -> Reply:
            reply = answer(request)
            key = request.path + ("!" if b"changelog" in request.body else "")
            self.recorded[key] = json.loads(reply.encoded())
            return reply

        self.refs = [IssueRef(f"INC-{n}", 10_000 + n) for n in range(1, 6)]
        numbers = [ref.id or 0 for ref in self.refs]
        with site(Kind(self.deployment, records)) as jira:
            for ref in self.refs:
                values: Any = {
                    "summary": f"Issue {ref.key}",
                    "priority": "Low",
                    "assignee": "acc-ada",
                }
                jira.state.add_issue(ref.key, ref.id or 0, **values, description="A text")
                jira.state.edit(ref.id or 0, "acc-eve", summary=f"Issue {ref.key}, edited")
            jira.tracker.issues(self.refs)
            jira.tracker.revisions(numbers)
        self.answers = {path: body for path, body in self.recorded.items() if self._rows(body)}
        assert len(self.answers) == 2
        self.before: Mapping[Any, Any] = {}
        self.before = self._read(self.answers)
        assert self.before.keys() == {ref.key for ref in self.refs} | set(numbers)

    def _rows(self, body: Any) -> str:
        names = ("issues", "issueChangeLogs")
        return next((name for name in names if isinstance(body, dict) and name in body), "")

    def play(self, random: Random) -> None:
        path = random.choice(sorted(self.answers))
        body = self.answers[path]
        name = self._rows(body)
        if random.random() < 0.05:
            spoilt: Any = mutant_bytes(random, json.dumps(body).encode())
            if random.random() < 0.5:
                spoilt = mutant(random, body)
            with suppress(ServiceError):
                self._read({**self.answers, path: spoilt})
            return
        at = random.randrange(len(body[name]))
        rows = [mutant(random, row) if n == at else row for n, row in enumerate(body[name])]
        found = self._read({**self.answers, path: {**body, name: rows}})
        changes = path.endswith("!") or name == "issueChangeLogs"
        number = int(body[name][at].get("id") or body[name][at]["issueId"])
        gone = {number} if changes else {f"INC-{number - 10_000}"}
        for key, one in self.before.items():
            if key not in gone:
                assert found.get(key) == one, f"{key} is {found.get(key)}, it was {one}"

    def _read(self, answers: Mapping[str, Any]) -> Mapping[Any, Any]:
        def answer(path: str, asked: Mapping[str, Any]) -> Any:
            if "user/search" in path:
                return []
            return self._asked(path, asked, answers)

        http: Any = _Http(JIRA, answer)
        tracker, _ = gateways(self.deployment, http, SITE)
        issues = tracker.issues(self.refs)
        read = [issue for issue in issues if isinstance(issue, Issue)]
        told = tracker.revisions([ref.id or 0 for ref in self.refs])
        values: Any = dict(zip(Field, ("Else", "Text", 3, "MITIGATED", ADA), strict=True))
        incident = Incident(7, values, "INC-1", DAY, SITE)
        for issue in read:
            same = (issue.key, issue), (issue.id, told.get(issue.id))
            if all(self.before.get(key) == value for key, value in same):
                continue
            planned([Link(incident, issue)], {7: History({Side.JIRA: told.get(issue.id, ())})})
        keys = (ref.key for ref in self.refs)
        return {**dict(zip(keys, issues, strict=True)), **told}

    def _asked(self, path: str, asked: Mapping[str, Any], answers: Mapping[str, Any]) -> Any:
        """The rows of an answer that stand where those stood that are asked for."""
        place = path + ("!" if "changelog" in json.dumps(asked) else "")
        body, was = answers[place], self.answers[place]
        name = self._rows(was)
        rows = body.get(name) if isinstance(body, dict) else None
        if not isinstance(rows, list) or len(rows) != len(was[name]):
            return body
        wanted = set(asked.get("issueIdsOrKeys") or re.findall(r"[A-Z]+-\d+|\b\d+\b", asked["jql"]))
        rows = [
            row
            for row, before in zip(rows, was[name], strict=True)
            if wanted & {before.get("key"), str(before.get("id") or before.get("issueId"))}
        ]
        start = asked.get("startAt", 0)
        return {**body, name: rows[start:], **({"total": len(rows)} if "total" in was else {})}


class JiraCloud(_Jira):
    """JIRA Cloud's bulk answers."""

    deployment = "cloud"


class JiraDataCenter(_Jira):
    """JIRA Data Center's searches."""

    deployment = "datacenter"


class Plans(Input):
    """Saved plans, half of them sealed anew."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        engine = read_only_engine(incidents_file(folder / "impact.db"), "")
        incidents = {one.id: one for one in DatabaseIncidents(engine, SITE).incidents(Scope())}
        engine.dispose()
        self.links = list(linked(incidents))
        self.items: list[Item] = []
        self.seen: dict[int, ComparedLink] = {}
        for link in self.links:
            mapping = BOOK.of(link.issue.project)
            seen = ComparedLink(link, compare(link, mapping, tuple(Field)), Memory())
            self.seen[link.incident.id] = seen
            self.items += plan_link(seen, mapping, POLICY, NOW)
        plan = Plan(tuple(self.items), tuple(BOOK.fingerprints), (SITE, SITE), 5)
        self.text = to_text(SavedPlan(plan, "1", datetime(2026, 11, 24, tzinfo=UTC)))
        assert len(plan.changes) > 10
        assert unheard_of(from_text(self.text).plan, POLICY, BOOK) is None

    def play(self, random: Random) -> None:
        if random.random() < 0.1:
            text = mutant_bytes(random, self.text.encode()).decode(errors="surrogateescape")
        else:
            document = mutant(random, json.loads(self.text))
            if random.random() < 0.7 and isinstance(document, dict):
                self._seal(document)
            text = json.dumps(document)
        try:
            saved = from_text(text)
        except NoPlanError:
            return
        unheard_of(saved.plan, POLICY, BOOK)
        now = PlanOfNow.of(self.items, self.seen)
        shown([now.still(change, saved.made_at) for change in saved.plan.changes if change.field])

    def _seal(self, document: dict[str, Any]) -> None:
        """As anybody can, who knows how."""
        document.pop("seal", None)
        with suppress(Exception):
            document["plan"] = _saved(document).plan.hash
        document["seal"] = _seal(document)


class _Journal(Input):
    """A journal that runs have left."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.path = folder / "journal.db"
        with remembered(folder) as past:
            past.at.impact(1, title="Another title")
            past.undo(past.reconcile())
            journal = past.at.journal
            journal.intend([intent()], "run-1", NOW)
            journal.pause(Pause(NOW, NOW, "ada"))
            journal.skip(Skip(1, 10_001, Field.TITLE, "a", "b"), NOW)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        self.content = self.path.read_bytes()
        assert self.ask() == [None, None]

    def ask(self) -> list[JournalError | None]:
        """What is wrong with it, by whatever can be asked, of a reader and of a writer."""
        return [self._asked(made) for made in (ReadOnlyJournal, Journal)]

    def _asked(self, made: Any) -> JournalError | None:
        try:
            with closing(made(self.path, lambda: NOW)) as journal:
                self._questions(journal)
        except JournalError as error:
            return error
        return None

    def _questions(self, journal: Any) -> None:
        links = [(number, 10_000 + number) for number in range(1, 9)]
        _ = journal.has_baselines
        for memory in journal.memories(links):
            repr(memory)
        for ref in journal.known_issues(list(range(1, 9))).values():
            assert type(ref.key) is str
            assert type(ref.id) is int
        journal.claimants([10_001, 10_002])
        sorted(journal.last_seen_open())
        for email, account in journal.accounts().items():
            assert (type(email), type(account)) == (str, str)
        journal.paused()
        runs = journal.runs(50)
        journal.named_runs([run.id for run in runs])
        journal.running()
        writes = journal.writes(incidents=range(1, 9), keys=["INC-1"])
        for run in runs:
            journal.writes(run=run.id)
        history = Told(runs, writes)
        render_history(history, Format.JSON)
        journal.undoing([write.id for write in writes])
        journal.marks()
        journal.skips()
        journal.open_writes()
        journal.learnt("INC", "Incident")


class JournalRows(_Journal):
    """Values in a journal's tables that raidctl did not write."""

    def play(self, random: Random) -> None:
        self.path.write_bytes(self.content)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            tables = [
                name
                for (name,) in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
                )
                if connection.execute(f"SELECT 1 FROM {name}").fetchone()
            ]
            table = random.choice(tables)
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            rows = [n for (n,) in connection.execute(f"SELECT rowid FROM {table}")]
            value = random.choice([*ODD, b"\xff", b"x"])
            if isinstance(value, list | dict | float) or (
                isinstance(value, int) and not -(2**63) <= value < 2**63
            ):
                value = json.dumps(value)
            if isinstance(value, str) and "\ud800" in value:
                value = json.dumps(value)
            if random.random() < 0.3 and isinstance(value, str):
                value = json.dumps(value)
            with suppress(sqlite3.IntegrityError):
                connection.execute(
                    f"UPDATE {table} SET {random.choice(columns)} = ? WHERE rowid = ?",
                    [value, random.choice(rows)],
                )
        self.ask()


class JournalBytes(_Journal):
    """A journal's file as a bad disk leaves it."""

    def play(self, random: Random) -> None:
        for beside in self.folder.glob("journal.db-*"):
            beside.unlink()
        self.path.write_bytes(mutant_bytes(random, self.content))
        self.ask()


KINDS: dict[str, type[Input]] = {
    "impact-rest": ImpactRest,
    "impact-database": ImpactDatabase,
    "jira-cloud": JiraCloud,
    "jira-datacenter": JiraDataCenter,
    "plans": Plans,
    "journal-rows": JournalRows,
    "journal-bytes": JournalBytes,
}
