"""Notices as JSON for any URL: `raidctl.notice/1` (notice.schema.json)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from raidctl.core.notices import Notice
from raidctl.core.plan.item import Hold
from raidctl.core.writes.log import Run
from raidctl.present.notices.place import Place
from raidctl.present.notices.words import do, first_look, headline, what, why

SCHEMA = "raidctl.notice/1"


def notice_document(
    run: Run, notices: Sequence[Notice], place: Place, now: datetime
) -> Mapping[str, object]:
    """The document; it holds no title of an incident, which may be private."""
    return {
        "schema": SCHEMA,
        "at": _time(now),
        "site": place.site,
        "host": place.host,
        "run": run.id,
        "command": run.command,
        "exit_code": run.exit_code,
        "text": headline(notices),
        "notices": [_row(one, place) for one in notices],
    }


def _row(notice: Notice, place: Place) -> Mapping[str, object]:
    first = notice.holds[0] if notice.holds else None
    return {
        "kind": notice.kind,
        "text": what(notice),
        "why": why(notice) or None,
        "look": first_look(notice) or None,
        "do": do(notice, place) or None,
        "count": notice.count,
        "since": None if notice.since is None else _time(notice.since),
        "field": first.field if first else None,
        "reason": first.reason if first else None,
        "holds": [_hold(one) for one in notice.holds],
        "events": [event.id for event in notice.events],
    }


def _hold(hold: Hold) -> Mapping[str, object]:
    subject = hold.subject
    return {
        "incident": subject.incident,
        "incident_url": subject.incident_url,
        "issue": subject.issue,
        "issue_url": subject.issue_url,
    }


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
