"""Incidents and keys in a table, by which a person says which issue is whose: read strictly."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from raidctl.core.backfill.table import Wrong, quoted

HEADER = ("incident", "key")
_INCIDENT = re.compile(r"[1-9][0-9]{0,17}")
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}-[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Named:
    """A line of the table: whose the issue of this key is; keys are in capitals."""

    line: int
    incident: int
    key: str


def pairs_of(
    rows: Sequence[tuple[int, Sequence[str]]],
) -> tuple[Sequence[Named], Sequence[Wrong]]:
    """The pairs of a table of `HEADER`, and all that is wrong with it: then none of them counts."""
    read = [_pair(line, *cells) for line, cells in rows]
    found = [one for one in read if isinstance(one, Named)]
    wrong = [*(one for one in read if isinstance(one, Wrong)), *_repeated(found)]
    return found, sorted(wrong, key=lambda one: one.line)


def _pair(line: int, incident: str, key: str) -> Named | Wrong:
    if not _INCIDENT.fullmatch(incident):
        return Wrong(line, f"{quoted(incident)} is no incident's number")
    if not _KEY.fullmatch(key):
        return Wrong(line, f"{quoted(key)} is no issue's key (INC-12)")
    return Named(line, int(incident), key.upper())


def _repeated(pairs: Sequence[Named]) -> Iterator[Wrong]:
    """What stands there twice, and what contradicts an earlier line."""
    incidents, keys = dict[int, Named](), dict[str, Named]()
    for one in pairs:
        same, other = incidents.setdefault(one.incident, one), keys.setdefault(one.key, one)
        if same is not one and same.key == one.key:
            yield Wrong(one.line, f"{one.incident},{one.key} stands in line {same.line} already")
        elif same is not one:
            yield Wrong(one.line, f"incident {one.incident} has {same.key} in line {same.line}")
        elif other is not one:
            yield Wrong(one.line, f"{one.key} is incident {other.incident}'s in line {other.line}")
