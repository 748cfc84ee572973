"""What never arrived in Impact, for people and for programs."""

import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import tzinfo
from itertools import groupby

from raidctl.core.missed import Missed, MissedReport, Why
from raidctl.core.model import plain
from raidctl.core.plan.item import Hold
from raidctl.core.writes.outcome import DONE
from raidctl.present.format import Format
from raidctl.present.report.summary import number, step
from raidctl.present.text.advice import (
    mending_command,
    missed_command,
    next_commands,
    undoing_command,
)
from raidctl.present.text.difference import excerpt
from raidctl.present.text.markdown import escaped, table
from raidctl.present.text.missed import WHY_WORDS, said_words, to_deliver, why_words
from raidctl.present.text.records import Columns, record, to_csv, to_json, to_json_lines
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import NAME_LIMIT, UNTOLD, local, shown

_VALUE_WIDTH, _BESIDE, _TITLE = 60, 22, 60
_BROKEN = frozenset({Why.MOVED, Why.SHARED})
_HEADS = ("Incident", "Issue", "Field", "When", "Who", "From", "To", "Why", "Then")
COLUMNS: Columns[Missed] = {
    "incident": lambda one: one.subject.incident,
    "issue": lambda one: one.subject.issue,
    "issue_id": lambda one: str(one.subject.issue_id),
    "field": lambda one: one.field,
    "at": lambda one: one.revision.at,
    "author": lambda one: one.revision.author,
    "from": lambda one: plain(one.revision.old),
    "to": lambda one: plain(one.revision.new),
    "why": lambda one: one.why,
    "detail": lambda one: one.detail,
    "overtaken": lambda one: one.overtaken,
    "verdict": lambda one: one.item and one.item.verdict,
    "reason": lambda one: one.item and one.item.reason,
    "outcome": lambda one: one.result and one.result.outcome,
    "category": lambda one: one.result and one.result.category,
    "said": said_words,
}


def render_missed(
    report: MissedReport, form: Format, *, width: int = 80, zone: tzinfo | None = None
) -> str:
    """It in a format; what people read has `width` columns, its times are in `zone`, or local."""
    match form:
        case Format.TABLE | Format.DETAIL:
            return "".join(f"{_broken(line, width)}\n" for line in _lines(report, zone))
        case Format.JSON:
            return to_json(_document(report))
        case Format.JSONL:
            return to_json_lines(COLUMNS, report.missed)
        case Format.CSV:
            return to_csv(COLUMNS, report.missed)
        case Format.MARKDOWN:
            rows = (map(escaped, _row(one, zone)) for one in report.missed)
            return "".join(f"{line}\n" for line in table(_HEADS, rows))
        case Format.HTML:
            from raidctl.present.html.page import items, section, whole
            from raidctl.present.html.table import plain as plain_table

            shown = plain_table("Missed", _HEADS, (_row(one, zone) for one in report.missed))
            notes = section("Notes", items(report.notes))
            return whole(_headline(report, zone), "missed", shown, notes)


def _document(report: MissedReport) -> dict[str, object]:
    return {
        "schema": "raidctl.missed/1",
        "run": report.run,
        "since": report.since,
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "summary": {
            "links": report.links,
            "changed": report.looked_at,
            "not_visible": report.hidden,
            "changes": report.changes,
            "missed": len(report.missed),
            "overtaken": len(report.missed) - len(report.open),
            "untold": report.untold,
            "requests": report.requests,
        },
        "changes": [record(COLUMNS, one) for one in report.missed],
        "unread": [asdict(part) for part in report.unread],
        "notes": list(report.notes),
    }


def _lines(report: MissedReport, zone: tzinfo | None) -> Iterator[str]:
    yield _headline(report, zone)
    for why, count in Counter(one.why for one in report.missed).most_common():
        yield f"{count:>7,}  {WHY_WORDS[why]}"
    for _, some in groupby(report.missed, lambda one: one.subject.incident):
        members = list(some)
        subject = members[0].subject
        title = clip(visible(subject.title), _TITLE)
        yield ""
        yield f"#{subject.incident} {visible(subject.issue or '')} · {title}"
        for one in members:
            yield from _change(one, zone)
    if report.notes:
        yield ""
        yield from report.notes
    if commands := _next(report):
        yield ""
        yield "Next:"
        yield from (f"  {one.lead}{one.command}" for one in map(step, commands))


def _headline(report: MissedReport, zone: tzinfo | None) -> str:
    """Never that all has arrived unless everything was read."""
    since = local(report.since, zone)
    of = f"of {number(report.changes, 'change')} made in JIRA since {since}"
    if report.missed:
        done = sum(bool(one.result and one.result.outcome in DONE) for one in report.missed)
        ready = sum(map(to_deliver, report.missed))
        planned = any(one.item for one in report.open)
        now = f"; {ready} to be delivered" if planned else ""
        now = f"; {done} delivered now" if report.run else now
        return f"{len(report.missed)} {of} never arrived in Impact{now}."
    if report.unread:
        return f"None is known to be missed {of}, but not everything could be read."
    links = f"{number(report.looked_at, 'link')} changed there, of {report.links:,}"
    return f"Nothing missed {of} ({links})."


def _change(one: Missed, zone: tzinfo | None) -> Iterator[str]:
    revision = one.revision
    by = f", by {clip(visible(revision.author), NAME_LIMIT)}" if revision.author else ""
    old, new = _ends(one)
    yield f"  {local(revision.at, zone):<{_BESIDE - 3}} {one.field}: {old} → {new}{by}"
    yield f"{' ' * _BESIDE}{why_words(one)}"
    if said := said_words(one):
        yield f"{' ' * _BESIDE}{said}"


def _ends(one: Missed) -> tuple[str, str]:
    """Both values, of texts the part where they differ."""
    return excerpt(shown(one.revision.old), shown(one.revision.new), _VALUE_WIDTH)


def _row(one: Missed, zone: tzinfo | None) -> list[str]:
    return [
        str(one.subject.incident),
        one.subject.issue or "",
        one.field,
        local(one.revision.at, zone),
        one.revision.author or UNTOLD,
        *_ends(one),
        why_words(one),
        said_words(one) or "",
    ]


def _next(report: MissedReport) -> list[str]:
    """What helps: their delivery, what settles what is held, the mending of links."""
    items = [one.item for one in report.open if isinstance(one.item, Hold)]
    unasked = {one.subject.incident for one in report.open if one.item is None or to_deliver(one)}
    broken = {one.subject.incident for one in report.missed if one.why in _BROKEN}
    deliver = [missed_command(sorted(unasked))] if unasked and report.run is None else []
    mend = [mending_command(sorted(broken))] if broken else []
    done = any(one.result and one.result.outcome in DONE for one in report.missed)
    undo = [undoing_command(report.run)] if done and report.run else []
    return list(dict.fromkeys([*deliver, *next_commands(items), *mend, *undo]))


def _broken(line: str, width: int) -> str:
    """Between words, each further piece below the words of a change."""
    if not line:
        return line
    indent = " " * _BESIDE if line.startswith(" ") else ""
    return textwrap.fill(line, max(width, 40), subsequent_indent=indent, break_on_hyphens=False)
