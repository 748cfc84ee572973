"""What is typed at a command line, as the runs understand it: targets, dates, lengths of time."""

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from raidctl.errors import UsageError

RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4,}", re.ASCII)
"""How runs are named."""


def named(targets: list[str]) -> tuple[frozenset[int], frozenset[str]]:
    """Incident ids and issue keys out of what was typed or pasted, addresses included."""
    incidents, keys = set[int](), set[str]()
    for target in targets:
        name = _name(target.strip())
        if re.fullmatch(r"\d{1,18}", name, re.ASCII):
            incidents.add(int(name))
        elif re.fullmatch(r"[A-Za-z]\w*-\d+", name, re.ASCII):
            keys.add(name.upper())
        else:
            raise UsageError(f"{target!r} is neither an incident id (12) nor an issue key (INC-12)")
    return frozenset(incidents), frozenset(keys)


def _name(target: str) -> str:
    """What an address of either system is about; any other target as it is."""
    if "://" not in target:
        return target.removeprefix("#")
    try:
        address = urlsplit(target)
    except ValueError:
        return target
    selected = parse_qs(address.query).get("selectedIssue")  # on boards and in searches
    return selected[0] if selected else address.path.rstrip("/").rpartition("/")[2]


def moment(text: str, now: datetime) -> datetime:
    """A date, a date and time (this machine's zone unless it has an offset), or an age.

    Raises `UsageError` for anything else.
    """
    try:
        if (age := span(text)) is not None:
            return now - age
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        raise UsageError(
            f"--since {text!r} is no date: write 2026-11-01, 2026-11-01T08:00, or an age as 7d"
        ) from None


def span(text: str) -> timedelta | None:
    """A length of time such as 30m, 2h, 7d or 1w; None for anything else."""
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    found = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip(), re.ASCII)
    return timedelta(**{units[found[2]]: int(found[1])}) if found else None
