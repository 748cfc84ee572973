"""One case: kill a run at some point, let others end, and list what is wrong then."""

import json
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from raidctl.core.mapping.book import project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.mapping.tables import RAID
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import ExitCode
from raidctl.sandbox.impact.webhook import JIRA_UPDATE
from raidctl.sandbox.server import Request
from tests.crash import due
from tests.crash.launcher import Ended
from tests.crash.links import IMPACT, JIRA, Linked
from tests.crash.points import ANSWERED, COMMITTED
from tests.crash.scenarios import APPLY, UNDO
from tests.crash.stage import TAILS, Stage

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
    "refusals",
    "releases",
    "skips",
)
OPEN = "SELECT incident, field FROM writes WHERE outcome IS NULL ORDER BY 1, 2"
WRITE = re.compile(
    rf"PUT /rest/api/./issue/\d+|POST (?:/rest/api/./issue/\d+/transitions|{JIRA_UPDATE})"
)

_OF_THE_RUN = {"id", "run", "at", "started_at", "finished_at", "pid", "settled_by", "settled_at"}
_OF_THE_RUN |= {"seen_at", "expires_at", "since", "write", "plan"}


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
    """Kill runs one after the other, each at the point of that number; then let them end.

    The second to be killed is the first of those that would otherwise have ended.
    """
    stage.reset()
    scenario, wrong = stage.scenario, list[str]()
    killed: tuple[str, ...] = ()
    for number, kill in enumerate(kills):
        ended = stage.run(scenario.after[0] if number else scenario.killed, kill)
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
            before, count, sent = _everything(stage), len(stage.table("runs")), len(stage.sent)
        open_writes = stage.rows(OPEN)
        ended = stage.run(arguments)
        traces.append(ended.points)
        wrong += [f"run {number + 1} after: {one}" for one in _judged(stage, ended, open_writes)]
        nothing = arguments is UNDO and _had_nothing_to_undo(ended)
        if arguments is not APPLY and ended.code != 0 and not nothing:
            wrong.append(f"run {number + 1} after: exit code {ended.code}")
        if last:
            wrong += _busy(stage, ended, stage.sent[sent:])
            if _everything(stage) != before or len(stage.table("runs")) != count + 1:
                wrong.append("the last run wrote more than its own row")
    runs = len(kills) + len(scenario.after)
    return Played(killed, traces[0], state, runs, tuple(wrong))


def unannounced(stage: Stage) -> Iterator[str]:
    """What was written to either side without an intent in the journal."""
    announced = {
        (incident, field, SyncDirection(direction).target)
        for incident, field, direction in stage.rows(
            f"SELECT incident, field, direction FROM writes WHERE sent AND id > {stage.earlier}"
        )
    }
    hops = stage.rows(
        "SELECT incident, status FROM hops JOIN writes ON writes.id = write"
        f" WHERE writes.id > {stage.earlier}"
    )
    for link in stage.scenario.links:
        for side in Side:
            for name, value in (one for e in stage.history(side, link) for one in e.values):
                if name in set(Field) and (link.number, name, side) not in announced:
                    yield f"{side}: {name} of {link.number} was written without an intent"
                if (side, name) == (JIRA, "status") and (link.number, value) not in hops:
                    yield f"{link.number} was moved to {value} without a word"


def amiss(stage: Stage, kills: int) -> Iterator[str]:
    """Everything that is not as it has to be once a run has ended."""
    for link in stage.scenario.links:
        for side in Side:
            if stage.held(side, link) != link.due[side]:
                yield f"{side} holds {stage.held(side, link)} for {link.number}"
            found, wanted = stage.history(side, link), due.entries(side, link)
            yield from _unequal(f"history of {link.number} in {side}", found, wanted)
        if (taken := _statuses(stage, link)) != list(link.hops):
            yield f"{link.number} went to {taken}"
    sent, requests = due.writes(stage.sent), due.requests(stage.scenario.links)
    yield from _unequal("requests", sent, requests)
    yield from _journal_amiss(stage, kills)


def _unequal(what: str, found: Iterable[object], wanted: Iterable[object]) -> Iterator[str]:
    more, less = Counter(found), Counter(wanted)
    if more != less:
        yield f"{what}: {dict(more - less)} too many, {dict(less - more)} too few"


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
    links = stage.scenario.links
    held = [[link.number, *(stage.held(side, link) for side in Side)] for link in links]
    return json.dumps([held, _tables(stage, *_OF_THE_RUN), _tables(stage, *_OF_THE_RUN, of="runs")])


_AS_SEEN = {"links": ("status", "seen_at"), "baselines": ("seen_at",)}
"""What is noted by the run after: where an issue stands now, since when a pair is not in sync."""


def _everything(stage: Stage) -> object:
    """What no run may change that finds nothing to do."""
    tables: dict[str, Any] = dict(_tables(stage))
    for table, columns in _AS_SEEN.items():
        tables |= _tables(stage, *columns, of=table)
    return [
        tables,
        *(
            (stage.held(side, link), stage.history(side, link))
            for link in stage.scenario.links
            for side in Side
        ),
    ]


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
    if stage.rows(OPEN):
        yield f"left open: {stage.rows(OPEN)}"
    if _had_nothing_to_undo(ended):
        return
    if ended.code not in (0, 4) or bool(ended.err) != (ended.code == 4):
        yield f"exit code {ended.code}, said {ended.err!r}"
        return
    items = ended.report["items"]
    recovered = sorted((i["incident"], i["field"]) for i in items if i["outcome"] == "recovered")
    if recovered != open_writes:
        yield f"recovered {recovered} of {open_writes}"
    if odd := _held(items) - _undone(stage):
        yield f"holds {odd}"
    outcomes = {item["outcome"] for item in items if item["verdict"] != "hold"}
    applied = ended.report["command"] == "apply"
    if odd := outcomes - {"applied", "normalised", "recovered"} - ({"stale"} if applied else set()):
        yield f"outcomes {odd}: {[i for i in items if i['outcome'] in odd]}"
    if applied and (ended.code == 4) != ("stale" in outcomes):
        yield f"exit code {ended.code} with {outcomes}"


def _had_nothing_to_undo(ended: Ended) -> bool:
    return ended.code == ExitCode.USAGE and "is taken back already" in ended.err


def _held(items: Sequence[Any]) -> set[tuple[Any, ...]]:
    return {(i["incident"], i["field"], i["reason"]) for i in items if i["verdict"] == "hold"}


def _undone(stage: Stage) -> set[tuple[Any, ...]]:
    """What is held once a run was taken back."""
    return {(link.number, name, "undone") for link in stage.scenario.links for name in link.undone}


def _busy(stage: Stage, ended: Ended, sent: Sequence[Request]) -> Iterator[str]:
    items = ended.report["items"] if ended.code == 0 else []
    if len(items) != len(_undone(stage)) or _held(items) != _undone(stage):
        yield f"the last run found something: {items}"
    if written := list(due.writes(sent)):
        yield f"the last run wrote: {written}"


def _statuses(stage: Stage, link: Linked) -> list[Any]:
    entries = stage.history(JIRA, link)
    return [value for e in entries for name, value in e.values if name == "status"]


def _baselines(stage: Stage) -> Iterator[tuple[Any, ...]]:
    mapping = project_mapping(RAID, TAILS, Users())
    for link in stage.scenario.links:
        for name in Field:
            due = [link.due[side][name] for side in (IMPACT, JIRA)]
            pair, mark = map(json.dumps, due), mapping.agreed(name, *due).tables
            state = "undone" if name in link.undone else "agreed"
            yield link.number, link.issue, str(name), *pair, mark, state
