"""What never arrived in Impact, in words: what each format for people says of it."""

from datetime import tzinfo

from raidctl.core.asked import NOTHING, Asked
from raidctl.core.missed import MissedReport, Why
from raidctl.core.plan.item import Hold
from raidctl.core.writes.outcome import DONE
from raidctl.present.report.summary import number
from raidctl.present.text.advice import (
    mending_command,
    missed_command,
    next_commands,
    pairing_command,
    undoing_command,
)
from raidctl.present.text.missed import to_deliver
from raidctl.present.text.words import local


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
    edited = f"{report.looked_at:,} of {number(report.links, 'linked issue')} edited there"
    rest = "what FireFighter or raidctl wrote, and other fields, are no changes to miss"
    return f"Nothing missed {of} ({edited}; {rest})."


def following(report: MissedReport, asked: Asked = NOTHING) -> list[str]:
    """What helps: their delivery, what settles what is held, the mending of links.

    `asked` is what was typed to have the report.
    """
    items = [one.item for one in report.open if isinstance(one.item, Hold)]
    unasked = {one.subject.incident for one in report.open if one.item is None or to_deliver(one)}
    moved = {one.subject.incident for one in report.missed if one.why is Why.MOVED}
    shared = {one.subject.incident for one in report.missed if one.why is Why.SHARED}
    deliver = [missed_command(sorted(unasked), asked)] if unasked and report.run is None else []
    mend = [mending_command(sorted(moved), asked)] if moved else []
    mend += [pairing_command(sorted(shared), asked)] if shared else []
    done = any(one.result and one.result.outcome in DONE for one in report.missed)
    undo = [undoing_command(report.run, asked)] if done and report.run else []
    return list(dict.fromkeys([*deliver, *next_commands(items, asked), *mend, *undo]))
