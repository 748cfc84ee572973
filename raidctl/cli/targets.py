"""What a command line asks for: targets, filters, a direction, as the runs understand them."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from raidctl.config import Config
from raidctl.config.keys import Direction
from raidctl.core.model import Field
from raidctl.core.scope import Scope, selection
from raidctl.errors import UsageError
from raidctl.runs.reading.request import Filters

RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4,}", re.ASCII)
"""How runs are named."""


def filters(
    settings: Config,
    targets: list[str] | None = None,
    field: list[Field] | None = None,
    status: list[str] | None = None,
    priority: list[str] | None = None,
    since: str | None = None,
    everything: bool = False,
    direction: Direction | None = None,
) -> Filters:
    """What was typed, as the runs understand it; the direction chosen, else the configured one.

    Raises `UsageError` for what is no target or no date.
    """
    now = datetime.now(UTC)
    incidents, keys = named(targets or [])
    created = None if since is None else _since(since, now)
    scope = Scope(
        incidents=incidents,
        keys=keys,
        everything=everything,
        closed_since=now - timedelta(days=settings.closed_within_days),
        created_since=None if targets else created,  # a target, whatever its age
    )
    return Filters(
        scope=scope,
        selection=selection(status or [], priority or []),
        fields=tuple(field or ()),
        direction=settings.direction if direction is None else direction.decided,
    )


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


def _since(text: str, now: datetime) -> datetime:
    """A date, a date and time (this machine's zone unless it has an offset), or an age."""
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
