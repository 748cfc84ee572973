"""What never arrived in Impact, in words: what each format for people says of it."""

from datetime import tzinfo

from raidctl.core.missed import MissedReport, Why
from raidctl.core.plan.item import Hold
from raidctl.core.writes.outcome import DONE
from raidctl.present.report.summary import number
from raidctl.present.text.advice import (
    mending_command,
    missed_command,
    next_commands,
    undoing_command,
)
from raidctl.present.text.missed import to_deliver
from raidctl.present.text.words import local

_BROKEN = frozenset({Why.MOVED, Why.SHARED})


def headline(report: MissedReport, zone: tzinfo | None) -> str:
    """The answer in a sentence; never that all has arrived unless everything was read."""
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


def following(report: MissedReport) -> list[str]:
    """What helps: their delivery, what settles what is held, the mending of links."""
    items = [one.item for one in report.open if isinstance(one.item, Hold)]
    unasked = {one.subject.incident for one in report.open if one.item is None or to_deliver(one)}
    broken = {one.subject.incident for one in report.missed if one.why in _BROKEN}
    deliver = [missed_command(sorted(unasked))] if unasked and report.run is None else []
    mend = [mending_command(sorted(broken))] if broken else []
    done = any(one.result and one.result.outcome in DONE for one in report.missed)
    undo = [undoing_command(report.run)] if done and report.run else []
    return list(dict.fromkeys([*deliver, *next_commands(items), *mend, *undo]))
