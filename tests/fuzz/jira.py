"""Mutants of both JIRAs' answers."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from raidctl.core.history import History
from raidctl.core.model import Field, Incident, Issue, Link, Side
from raidctl.errors import ServiceError
from raidctl.gateways.jira.transport import JIRA
from raidctl.gateways.jira.workflow import live_statuses
from raidctl.ports.jira import IssueRef
from raidctl.sandbox.server import Answer, Reply, Request
from tests.contract.sources import ADA, DAY, SITE
from tests.contract.trackers import Deployment, Kind, gateways, site
from tests.fuzz.base import (
    FakeHttp,
    Input,
    planned,
)
from tests.fuzz.mutate import mutant, mutant_bytes


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

        http: Any = FakeHttp(JIRA, answer)
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


class JiraStatuses(Input):
    """A project's statuses: some text each, or an error that is known."""

    answer = (
        {"id": "1", "name": "Bug", "statuses": [{"id": "3", "name": "Open"}]},
        {
            "id": "2",
            "name": "Incident",
            "statuses": [{"id": "4", "name": "Zu", "untranslatedName": "Closed"}],
        },
    )

    def play(self, random: Random) -> None:
        """One mutant; by type, and of the project."""
        spoilt = mutant(random, list(self.answer))
        for kind in ("Incident", "Story"):
            http: Any = FakeHttp(JIRA, lambda *_: spoilt)
            with suppress(ServiceError):
                found = live_statuses(http, "INC", kind, cloud=True)
                assert found is not None
                assert all(isinstance(name, str) for name in found)
