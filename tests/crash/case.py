"""One case: kill a run at some point, let others end, and list what is wrong then."""

import json
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from raidctl.core.mapping import Users, project_mapping
from raidctl.core.model import Field
from raidctl.core.outcome import Outcome
from raidctl.core.tables import RAID
from raidctl.sandbox.server import Request
from tests.cli.world import BOT
from tests.crash.launcher import Ended
from tests.crash.points import ANSWERED, COMMITTED
from tests.crash.stage import APPLY, FIELDS, TAILS, Linked, Stage

TABLES = (
    "baselines",
    "guards",
    "quarantines",
    "links",
    "users",
    "writes",
    "hops",
    "transitions",
    "pauses",
)
OPEN = "SELECT incident, field FROM writes WHERE outcome IS NULL ORDER BY 1, 2"
WRITE = re.compile(r"PUT /rest/api/./issue/\d+|POST /rest/api/./issue/\d+/transitions")

_OF_THE_RUN = {"id", "run", "at", "started_at", "finished_at", "pid", "settled_by", "settled_at"}
_OF_THE_RUN |= {"seen_at", "expires_at", "since", "write", "plan"}
_NAMES = {key: str(name) for name, key in FIELDS.items()}


@dataclass(frozen=True, slots=True)
class Played:
    """What a case came to: the points of the last run that was killed and of the one after it.

    `state` is what the kills left, by what a later run can see; `runs` how many there were.
    """

    killed: tuple[str, ...]
    next: tuple[str, ...]
    state: str
    runs: int
    wrong: tuple[str, ...]


def changes_something(point: str) -> bool:
    """Whether the world is another one after this point than it was before."""
    return point.endswith(COMMITTED) or bool(
        point.endswith(ANSWERED) and WRITE.fullmatch(point.removesuffix(ANSWERED))
    )


def play(stage: Stage, kills: Sequence[int]) -> Played:
    """Kill runs one after the other, each at the point of that number; then let them end."""
    stage.reset()
    scenario, wrong = stage.scenario, list[str]()
    killed: tuple[str, ...] = ()
    for kill in kills:
        ended = stage.run(scenario.killed, kill)
        killed = ended.points
        lived = scenario.concurrency > 1 and ended.code == 0  # in fewer points than at other times
        if not lived and (ended.code != -signal.SIGKILL or len(ended.points) != kill):
            wrong.append(f"point {kill}: ended with {ended.code} after {len(ended.points)}")
        wrong += unannounced(stage)
    state = digest(stage)
    traces = []
    for number, arguments in enumerate(scenario.after):
        last = number == len(scenario.after) - 1
        if last:
            wrong += amiss(stage, len(kills))
            before, count, sent = _tables(stage), len(stage.table("runs")), len(stage.sent)
        open_writes = stage.rows(OPEN)
        ended = stage.run(arguments)
        traces.append(ended.points)
        wrong += [f"run {number + 1} after: {one}" for one in _judged(stage, ended, open_writes)]
        if arguments is not APPLY and ended.code != 0:
            wrong.append(f"run {number + 1} after: exit code {ended.code}")
        if last:
            wrong += _busy(stage, ended, stage.sent[sent:])
            if _tables(stage) != before or len(stage.table("runs")) != count + 1:
                wrong.append("the last run wrote more than its own row")
    runs = len(kills) + len(scenario.after)
    return Played(killed, traces[0], state, runs, tuple(wrong))


def unannounced(stage: Stage) -> Iterator[str]:
    """What was written to JIRA without an intent in the journal."""
    rows = stage.rows("SELECT issue_id, field FROM writes WHERE sent")
    hops = stage.rows("SELECT issue_id, status FROM hops JOIN writes ON writes.id = write")
    for link in stage.scenario.links:
        for field, _, new in _history(stage, link):
            if (link.issue, _NAMES.get(field, "status")) not in rows:
                yield f"{field} of {link.number} was written without an intent"
            if field == "status" and (link.issue, new) not in hops:
                yield f"{link.number} was moved to {new} without a word"


def amiss(stage: Stage, kills: int) -> Iterator[str]:
    """Everything that is not as it has to be once a run has ended."""
    for link in stage.scenario.links:
        if stage.jira(link) != link.wanted:
            yield f"JIRA holds {stage.jira(link)} for {link.number}"
        changes = Counter(_history(stage, link))
        if changes != Counter(_due(link)):
            yield f"the history of {link.number} is {dict(changes)}"
        if (taken := _statuses(stage, link)) != list(link.hops):
            yield f"{link.number} went to {taken}"
        if {change.author for change in stage.state.history(link.issue)} - {BOT.account}:
            yield f"somebody else wrote {link.number}"
    if (sent := Counter(_writes(stage.sent))) != (due := Counter(_requests(stage))):
        yield f"requests: {dict(sent - due)} too many, {dict(due - sent)} too few"
    yield from _journal_amiss(stage, kills)


def _journal_amiss(stage: Stage, kills: int) -> Iterator[str]:
    if stage.rows(OPEN):
        yield f"open writes: {stage.rows(OPEN)}"
    outcomes = {row[0] for row in stage.rows("SELECT outcome FROM writes")}
    if outcomes - set(Outcome):
        yield f"outcomes: {outcomes}"
    found = stage.rows(
        "SELECT incident, issue_id, field, impact, jira, tables, state FROM baselines"
    )
    if wrong := set(found) ^ set(_baselines(stage)):
        yield f"baselines: {sorted(wrong)}"
    links = stage.rows("SELECT incident, issue_key, issue_id, open FROM links ORDER BY 1")
    if links != [(one.number, f"INC-{one.number}", one.issue, 1) for one in stage.scenario.links]:
        yield f"links: {links}"
    if stage.rows("SELECT 1 FROM quarantines"):
        yield "a field is quarantined"
    if len(stage.rows("SELECT 1 FROM runs WHERE finished_at IS NULL")) > kills:
        yield "a run that ended has no end"


def digest(stage: Stage) -> str:
    """What a later run can see of what came before it; names and times of runs are left out."""
    held = [(link.number, stage.jira(link)) for link in stage.scenario.links]
    return json.dumps([held, _tables(stage, *_OF_THE_RUN), _tables(stage, *_OF_THE_RUN, of="runs")])


def _tables(stage: Stage, *without: str, of: str = "") -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    if not stage.journal.exists():
        return found
    with closing(sqlite3.connect(stage.journal)) as connection:
        connection.row_factory = sqlite3.Row
        there = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master")}
        for table in [of] if of else TABLES:
            if table in there:
                found[table] = [
                    {key: row[key] for key in row.keys() if key not in without}  # noqa: SIM118 - a Row's iteration gives values
                    for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")
                ]
    return found


def _judged(stage: Stage, ended: Ended, open_writes: Sequence[Any]) -> Iterator[str]:
    """What is wrong with how a run ended that nobody killed."""
    if ended.code not in (0, 4) or ended.err:
        yield f"exit code {ended.code}, said {ended.err!r}"
        return
    items = ended.report["items"]
    recovered = sorted((i["incident"], i["field"]) for i in items if i["outcome"] == "recovered")
    if recovered != open_writes:
        yield f"recovered {recovered} of {open_writes}"
    if stage.rows(OPEN):
        yield f"left open: {stage.rows(OPEN)}"
    outcomes = {item["outcome"] for item in items}
    applied = ended.report["command"] == "apply"
    if odd := outcomes - {"applied", "normalised", "recovered"} - ({"stale"} if applied else set()):
        yield f"outcomes {odd}: {[i for i in items if i['outcome'] in odd]}"
    if applied and (ended.code == 4) != ("stale" in outcomes):
        yield f"exit code {ended.code} with {outcomes}"


def _busy(stage: Stage, ended: Ended, sent: Sequence[Request]) -> Iterator[str]:
    if ended.code == 0 and ended.report["items"]:
        yield f"the last run found something: {ended.report['items']}"
    if written := list(_writes(sent)):
        yield f"the last run wrote: {written}"


def _history(stage: Stage, link: Linked) -> Iterator[tuple[str, Any, Any]]:
    for change in stage.state.history(link.issue):
        yield from change.items


def _statuses(stage: Stage, link: Linked) -> list[str]:
    return [new for field, _, new in _history(stage, link) if field == "status"]


def _due(link: Linked) -> Iterator[tuple[str, Any, Any]]:
    """Every change that JIRA's history is to have of a link, once."""
    at = link.agreed[1][Field.STATUS]
    for name, wanted in link.wanted.items():
        if name is not Field.STATUS and wanted != link.agreed[1][name]:
            yield FIELDS[name], link.agreed[1][name], wanted
    for hop in link.hops:
        yield "status", at, hop
        at = hop
    if "Resolved" in link.hops:
        yield "resolution", None, "Done"  # JIRA's own


def _requests(stage: Stage) -> Iterator[str]:
    """Every request that is to write, once."""
    for link in stage.scenario.links:
        plain = {name for name, value in link.wanted.items() if value != link.agreed[1][name]}
        if plain - {Field.STATUS}:
            yield f"PUT issue/{link.issue}"
        yield from (f"POST issue/{link.issue}/transitions {hop}" for hop in link.hops)


_WAYS = {"11": "In Progress", "31": "Resolved"}


def _writes(requests: Sequence[Request]) -> Iterator[str]:
    for request in requests:
        if WRITE.fullmatch(f"{request.method} {request.path}"):
            path = request.path.split("/", 4)[4]
            body: Any = request.json
            hop = f" {_WAYS[body['transition']['id']]}" if request.method == "POST" else ""
            yield f"{request.method} {path}{hop}"
        elif request.method != "GET" and not request.path.endswith(("/bulkfetch", "/search")):
            yield f"{request.method} {request.path}"


def _baselines(stage: Stage) -> Iterator[tuple[Any, ...]]:
    marks = project_mapping(RAID, TAILS, Users()).fingerprints
    for link in stage.scenario.links:
        for name, mark in marks.items():
            impact, jira = json.dumps(link.impact[name]), json.dumps(link.wanted[name])
            yield link.number, link.issue, str(name), impact, jira, mark, "agreed"
