"""How the journal spells the things it keeps, a row each; and back again.

A row that cannot be read back raises ValueError or TypeError: raidctl did not write it.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from raidctl.core.history import OwnWrite
from raidctl.core.memory import Baseline, BaselineState, Reading, Refusal
from raidctl.core.model import Field, Pair, Readable, Side, SyncDirection
from raidctl.core.notices import Kind as NoticeKind
from raidctl.core.notices import Matter
from raidctl.core.paths import ScreenField, Transition
from raidctl.core.plan.item import Change, Subject, Target, Undone, target_of
from raidctl.core.reasons import Kind, Reason
from raidctl.core.writes.log import Mark, OwnLink, Pause, Run, SeenLink, Skip, Write
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Intended
from raidctl.journal.cells import (
    VALUES,
    Row,
    from_key,
    from_time,
    from_value,
    number,
    text,
    to_direction,
    to_readable,
    to_time,
    to_value,
)

_REASONS = {
    Kind.SYNC: Reason.UNFINISHED,
    Kind.RESOLVE: Reason.RESOLVED,
    Kind.UNDO: Reason.UNDO,
}
_FIELDS = {field.value: field for field in Field}
_STATES = {state.value: state for state in BaselineState}


def from_baseline(incident: int, issue: int, field: Field, baseline: Baseline) -> Row:
    """Where it belongs and what it holds; who recorded it when is left out."""
    return from_key((incident, issue, field)) | {
        "impact": from_value(baseline.impact),
        "jira": from_value(baseline.jira),
        "tables": baseline.tables,
        "state": baseline.state,
        "direction": baseline.direction,
    }


def to_baselines(rows: Sequence[Sequence[Any]]) -> list[tuple[tuple[int, int], Field, Baseline]]:
    """Rows of `sql.BASELINES`: the link (incident id, issue id), the field and its baseline.

    There are five a link, so their values are decoded together: one by one took longer than
    everything else about them.
    """
    values = json.loads(f"[{','.join(value for row in rows for value in row[3:5])}]")
    if len(values) != 2 * len(rows) or not set(map(type, values)) <= VALUES:
        raise ValueError("a baseline holds what is no value of a field")
    pairs = zip(values[::2], values[1::2], strict=True)
    return [
        (
            (row[0], row[1]),
            _FIELDS[row[2]],
            Baseline(
                *pair,
                row[5],
                _STATES[row[6]],
                to_direction(row[7]),
                to_time(row[8]) if row[8] else None,
                to_time(row[9]) if row[9] else None,
            ),
        )
        for row, pair in zip(rows, pairs, strict=True)
    ]


def from_change(change: Change) -> Row:
    """What a write is to do."""
    subject = change.subject
    return {
        "incident": subject.incident,
        "issue": subject.issue or "",
        "issue_id": subject.issue_id,
        "field": change.field,
        "direction": change.direction,
        "source": from_value(change.source),
        "old": from_value(change.old),
        "new": from_value(change.to),
        "tables": change.tables,
        "kind": change.kind,
        "undoes": None if change.undoes is None else change.undoes.write,
        "target": change.target if change.field is None else None,
        "part": change.part or None,
    }


def from_result(result: Result) -> Row:
    """What became of a write."""
    return {
        "outcome": result.outcome,
        "read_back": from_value(result.read_back),
        "category": result.category,
        "detail": result.detail,
    }


def to_own(row: Sequence[Any], value: Readable) -> OwnWrite:
    """A row of `sql.SENT` or `sql.SENT_HOPS`, with the value that was sent."""
    incident, issue, field, direction, _, begun, ended = row
    place = incident, issue, Field(field), SyncDirection(direction).target
    return OwnWrite(*place, value, to_time(begun), None if ended is None else to_time(ended))


def to_intended(row: Sequence[Any], hops: Sequence[str]) -> Intended:
    """A row of `sql.OPEN_WRITES`, with the statuses it was sent to."""
    write, run, at, *change = row
    return Intended(write, run, to_time(at), _to_change(change), tuple(hops))


def _to_change(row: Sequence[Any]) -> Change:
    """What was meant, as far as the journal tells: no titles, no addresses."""
    incident, issue, issue_id, field, direction, *values, tables, kind, undoes, target, part = row
    way, name = SyncDirection(direction), None if field is None else Field(field)
    source, old, new = (to_value(value) for value in values)
    return Change(
        subject=Subject(incident, "", "", issue=issue or None, issue_id=issue_id),
        target=Target(target) if name is None else target_of(name, way.target),
        field=name,
        direction=way,
        pair=Pair(source, old) if way.target is Side.JIRA else Pair(old, source),
        to=new,
        reason=_REASONS[Kind(kind)],
        tables=tables,
        undoes=None if undoes is None else Undone(undoes, source),
        part=part or "",
    )


def to_write(row: Sequence[Any]) -> Write:
    """A row of `sql.WRITES`."""
    number, run, at, incident, issue, issue_id, field, direction, *values = row[:12]
    outcome, category, detail, kind, undoes, sent, target, part = row[12:]
    name = None if field is None else Field(field)
    place = incident, issue, issue_id or 0, name, SyncDirection(direction)
    source, old, new, read_back = (to_readable(value) for value in values)
    ended = None if outcome is None else Outcome(outcome)
    return Write(
        number,
        run,
        to_time(at),
        *place,
        source,
        old,
        new,
        read_back,
        ended,
        category,
        detail,
        kind=Kind(kind),
        undoes=undoes,
        sent=bool(sent),
        target=target or "",
        part=part or "",
    )


def to_reading(row: Sequence[Any]) -> tuple[Field, Reading]:
    """A row of `sql.READINGS`."""
    field, started, closed_since = row
    return Field(field), Reading(to_time(started), to_time(closed_since))


def from_refusal(refusal: Refusal) -> Row:
    """What was sent over what; since when it is refused is left out."""
    edited = refusal.edited_at
    return {
        "impact": from_value(refusal.impact),
        "jira": from_value(refusal.jira),
        "new": from_value(refusal.new),
        "edited_at": None if edited is None else from_time(edited),
        "writer": refusal.writer,
    }


def to_refusal(row: Sequence[Any]) -> Refusal:
    """What of a row of `sql.REFUSALS` follows the field."""
    *values, edited, writer = row
    impact, jira, new = map(to_value, values)
    return Refusal(impact, jira, new, None if edited is None else to_time(edited), writer)


def to_mark(row: Sequence[Any]) -> Mark:
    """A row of `sql.MARKS`."""
    incident, issue, field, reason, since = row
    return Mark(incident, issue, Field(field), Reason(reason), to_time(since))


def to_skip(row: Sequence[Any]) -> Skip:
    """A row of `sql.SKIPS`."""
    incident, issue, field, impact, jira, until, why = row
    end = None if until is None else to_time(until)
    return Skip(
        incident,
        issue,
        Field(field),
        to_value(impact),
        to_value(jira),
        end,
        None if why is None else text(why),
    )


def from_skip(skip: Skip) -> Row:
    """All of it; when it was is left out."""
    return from_key((skip.incident, skip.issue_id, skip.field)) | {
        "impact": from_value(skip.impact),
        "jira": from_value(skip.jira),
        "until": None if skip.until is None else from_time(skip.until),
        "why": skip.why,
    }


def from_run(run: Run) -> Row:
    """All of a run."""
    return {
        "id": run.id,
        "command": run.command,
        "started_at": from_time(run.started_at),
        "pid": run.pid,
        "direction": run.direction,
        "finished_at": None if run.finished_at is None else from_time(run.finished_at),
        "exit_code": run.exit_code,
        "plan": run.plan,
        "outcomes": json.dumps(run.outcomes),
        "held": run.held,
        "why": run.why,
        "counts": int(run.counts),
        "host": run.host,
        "asking_since": None if run.asking_since is None else from_time(run.asking_since),
    }


def to_run(row: Sequence[Any]) -> Run:
    """A row of `sql.LATEST_RUNS`."""
    name, command, started, pid, direction, finished, exit_code, plan, *ended = row
    outcomes, held, why, counts, host, asking = ended
    return Run(
        text(name),
        text(command),
        to_time(started),
        pid,
        to_direction(direction),
        None if finished is None else to_time(finished),
        None if exit_code is None else number(exit_code),
        None if plan is None else text(plan),
        tuple((Outcome(outcome), count) for outcome, count in json.loads(outcomes)),
        held,
        None if why is None else text(why),
        counts != 0,  # NULL in rows of before: those count
        "" if host is None else text(host),
        None if asking is None else to_time(asking),
    )


def from_link(link: SeenLink) -> Row:
    """All of it; when it was seen is left out."""
    return {
        "incident": link.incident,
        "issue_key": link.issue,
        "issue_id": link.issue_id,
        "open": int(link.open),
        "status": link.status,
    }


def to_link(row: Sequence[Any]) -> SeenLink:
    """A link as it was last seen."""
    incident, key, issue, is_open, status = row
    where = None if status is None else text(status)
    return SeenLink(number(incident), text(key), number(issue), bool(is_open), where)


def from_own_link(link: OwnLink) -> Row:
    """All of it; when it was made is left out."""
    return {
        "incident": link.incident,
        "issue_key": link.issue,
        "issue_id": link.issue_id,
        "led_back": int(link.led_back),
    }


def to_own_link(row: Sequence[Any]) -> OwnLink:
    """A row of `sql.OWN_LINKS`."""
    incident, key, issue, led_back = row
    return OwnLink(number(incident), text(key), number(issue), bool(led_back))


def from_pause(pause: Pause) -> Row:
    """All of it."""
    return {"since": from_time(pause.since), "until": from_time(pause.until), "by": pause.by}


def to_pause(row: Sequence[Any]) -> Pause:
    """By the columns since, until, by."""
    since, until, by = row
    return Pause(to_time(since), to_time(until), by)


def from_ways(ways: Sequence[Transition]) -> str:
    """The ways out of one status."""
    return json.dumps(
        [
            (way.id, way.name, way.to, way.category, [(f.id, f.name) for f in way.required])
            for way in ways
        ]
    )


def to_ways(stored: str) -> tuple[Transition, ...]:
    """The ways out of one status."""
    return tuple(
        Transition(number, name, to, category, tuple(ScreenField(*field) for field in required))
        for number, name, to, category, required in json.loads(stored)
    )


def from_matter(matter: Matter) -> Row:
    """What is told of once."""
    return {"kind": matter.kind, "command": matter.command, "what": matter.what}


def to_matter(row: Sequence[Any]) -> tuple[Matter, datetime]:
    """The same, and when it was told."""
    kind, command, what, at = row
    return Matter(NoticeKind(kind), text(command), text(what)), to_time(at)
