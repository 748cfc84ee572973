"""JQL, in which every text from outside is a quoted one."""

import re
from datetime import datetime

_SPECIAL = re.compile(r'[\\"]|[\x00-\x1f\x7f]')
_MARGIN_MINUTES = 5  # what passes before JIRA takes a request, and its minutes are whole ones


def quoted(text: str) -> str:
    """A text as JQL takes it: nothing in it ends it."""
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def _escaped(match: re.Match[str]) -> str:
    found = match[0]
    return f"\\{found}" if found in '\\"' else f"\\u{ord(found):04x}"


def updated_since(since: datetime, now: datetime) -> str:
    """A condition that all meets that was changed since then, and a little from before."""
    return f'updated >= "-{max(_minutes(since, now), 0) + _MARGIN_MINUTES}m"'


def created_within(since: datetime, until: datetime, now: datetime) -> str:
    """A condition that what was created in this time meets, and a little beside it.

    In minutes before JIRA's own now, since a time of day would be of its user's zone (facts).
    """
    earliest = _minutes(since, now) + _MARGIN_MINUTES
    latest = _minutes(until, now) - _MARGIN_MINUTES
    after = f'created >= "-{max(earliest, _MARGIN_MINUTES)}m"'
    return f'({after} AND created <= "-{latest}m")' if latest > 0 else f"({after})"


def _minutes(then: datetime, now: datetime) -> int:
    return int((now - then).total_seconds() // 60)
