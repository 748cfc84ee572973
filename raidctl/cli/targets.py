"""What is typed at a command line, as the runs understand it: targets, dates, lengths of time."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from urllib.parse import SplitResult, parse_qs, urlsplit

from raidctl.config.checks import without_logins
from raidctl.errors import UsageError

RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{4,}", re.ASCII)
"""How runs are named."""

CLOUD_API, CLOUD_PAGES = "api.atlassian.com", ".atlassian.net"
"""A site of JIRA Cloud that is reached through the first has its pages under the second."""


def named(targets: Iterable[str], sites: Collection[str]) -> tuple[frozenset[int], frozenset[str]]:
    """Incident ids and issue keys out of what was typed or pasted, addresses of `sites` included.

    Raises `UsageError` for what is neither, and for an address of another site.
    """
    incidents, keys = set[int](), set[str]()
    for target in targets:
        name = _name(target.strip(), sites)
        if re.fullmatch(r"\d{1,18}", name, re.ASCII):
            incidents.add(int(name))
        elif re.fullmatch(r"[A-Za-z]\w*-\d+", name, re.ASCII):
            keys.add(name.upper())
        else:
            what = without_logins(target)
            raise UsageError(f"{what!r} is neither an incident id (12) nor an issue key (INC-12)")
    return frozenset(incidents), frozenset(keys)


def _name(target: str, sites: Collection[str]) -> str:
    """What an address of either system is about; any other target as it is."""
    if "://" not in target:
        return target.removeprefix("#")
    try:
        address, ours = urlsplit(target), is_ours(target, sites)
    except ValueError:  # no host, or no port, of any site
        return target
    if not ours:
        known = " and ".join(sites)
        what = without_logins(target)
        raise UsageError(f"{what!r} is another site's: the configuration names {known}")
    selected = parse_qs(address.query).get("selectedIssue")  # on boards and in searches
    return selected[0] if selected else address.path.rstrip("/").rpartition("/")[2]


def is_ours(address: str, sites: Collection[str]) -> bool:
    """Whether an address is of one of these sites; raises `ValueError` for what is none."""
    place, ours = _place(urlsplit(address)), {_place(urlsplit(site)) for site in sites}
    return place in ours or (CLOUD_API in ours and place.endswith(CLOUD_PAGES))


def _place(address: SplitResult) -> str:
    """Host and port, as far as the port is not the usual one."""
    port = address.port if address.port not in {None, 80, 443} else ""
    return f"{address.hostname or ''}{f':{port}' if port else ''}"


def moment(text: str, now: datetime) -> datetime:
    """A date, a date and time (this machine's zone unless it has an offset), or an age.

    Raises `UsageError` for anything else, and for what is still to come.
    """
    try:
        age = span(text)
        at = datetime.fromisoformat(text.strip()).astimezone() if age is None else now - age
    except (ValueError, OverflowError):
        raise UsageError(
            f"--since {text!r} is no date: write 2026-11-01, 2026-11-01T08:00, or an age as 7d"
        ) from None
    if at > now:
        raise UsageError(f"--since {text!r} is still to come: write a time that has been")
    return at


def span(text: str) -> timedelta | None:
    """A length of time such as 30m, 2h, 7d or 1w; None for anything else."""
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    found = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip(), re.ASCII)
    return timedelta(**{units[found[2]]: int(found[1])}) if found else None
