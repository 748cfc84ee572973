"""Files of issues: which of them are there already, and what they are called there."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote, urlsplit

from raidctl.core.backfill.backlink import LONGEST_PROPERTY
from raidctl.core.model import NO_VALUES, SyncDirection
from raidctl.core.plan.item import ATTACH, Change, Subject
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome, Result

PROPERTY: Final = "raidctl.attachments"
"""The key of the entity property that tells what the files hold which raidctl has attached."""

TO_JIRA = SyncDirection.IMPACT_TO_JIRA
LONGEST_NAME = 200  # bytes, so that any file system takes it, and a mark besides
NAMELESS = "file"

_UNFIT = re.compile(r'[<>:"|?*]')
# Letters that nobody sees, though no category says so.
_BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
_PART = re.compile(r"sha256:([0-9a-f]{64}) ([0-9]{1,18}) .*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an issue; `size` in bytes."""

    id: int
    name: str
    size: int
    content_type: str
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds, whatever it is called: so many bytes, and their SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a file holds that raidctl has attached, by the name that it was given, and its id."""

    id: int
    name: str
    content: Content


class Presence(Enum):
    """Whether a file is at its issue: surely, by name and size alone, or not."""

    THERE = auto()
    ALIKE = auto()
    MISSING = auto()


def presence(
    name: str, content: Content, there: Iterable[Attachment], known: Iterable[Remembered]
) -> Presence:
    """Whether a file is among those of an issue, by what is remembered of these.

    JIRA tells of no hash. Of one that nothing is remembered of, name and size are all there is:
    then it counts as there, since nothing may be attached twice.
    """
    names, told = {name, marked(name, content)}, {one.id: one for one in known}
    found = Presence.MISSING
    for one in there:
        own = told.get(one.id)
        if one.size != content.size:
            continue
        if own is None and one.name in names:
            found = Presence.ALIKE
        elif own is not None and own.content == content and own.name in names:
            return Presence.THERE
    return found


def remembered(value: object) -> tuple[Remembered, ...]:
    """What the value of the property tells; what is none of ours in it is left out."""
    rows = value.get("files") if isinstance(value, dict) else None
    return tuple(filter(None, map(_row, rows if isinstance(rows, list) else ())))


def _row(row: object) -> Remembered | None:
    match row:
        case {"id": str(number), "name": str(name), "size": int(size), "sha256": str(sha256)}:
            known = re.fullmatch("[0-9]{1,18}", number, re.ASCII)
            return Remembered(int(number), name, Content(size, sha256)) if known else None
    return None


def property_of(known: Sequence[Remembered]) -> Mapping[str, object]:
    """The value of the property, the newest last; where JIRA's limit is met, the oldest go."""
    rows: list[Mapping[str, object]] = []
    room = LONGEST_PROPERTY - len(json.dumps({"files": []}))
    for one in reversed(known):
        content = {"size": one.content.size, "sha256": one.content.sha256}
        row = {"id": str(one.id), "name": one.name, **content}
        room -= len(json.dumps(row)) + 2
        if room < 0:
            break
        rows.insert(0, row)
    return {"files": rows}


def name_at(place: str) -> str:
    """What a file is called by the path or the address that it is had from, made safe."""
    if "://" not in place:
        return safe_name(place)
    try:
        path = unquote(urlsplit(place).path, errors="replace").rstrip("/\\")
    except ValueError:
        return NAMELESS
    return safe_name(path)


def safe_name(text: str) -> str:
    """A name that is one everywhere: no path, nothing unseen, no device's, not too long."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", text))[-1]
    plain = "".join("_" if _unseen(character) else character for character in last)
    name = _UNFIT.sub("_", plain).strip().rstrip(". ")
    name = f"_{name}" if _DEVICE.match(name) else name
    return _shortened(name, LONGEST_NAME) or NAMELESS


def _unseen(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in {"Zl", "Zp"} or bool(_BLANK.match(character))


def _shortened(name: str, most: int) -> str:
    """At most so many bytes of a name, its ending kept where that is short."""
    if len(name.encode()) <= most:
        return name
    stem, dot, ending = name.rpartition(".")
    kept = f"{dot}{ending}" if stem and len(ending.encode()) <= 20 else ""
    room = most - len(kept.encode())
    return name.encode()[:room].decode(errors="ignore").rstrip(". ") + kept


def marked(name: str, content: Content) -> str:
    """The name for a file where another one of that name stands: the same in every run."""
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    return f"{stem}-{content.sha256[:8]}{dot}{ending}"


def free_name(name: str, content: Content, taken: Collection[str]) -> str:
    """The name under which a file is attached beside those of these names."""
    folded = {one.casefold() for one in taken}
    return marked(name, content) if name.casefold() in folded else name


def attaching(subject: Subject, name: str, content: Content, said: str) -> Change:
    """The change that attaches a file; what it holds is a part of what is approved."""
    change = Change(subject, ATTACH, None, TO_JIRA, NO_VALUES, name, Reason.MISSING, detail=said)
    return replace(change, part=f"sha256:{content.sha256} {content.size} {name}")


def not_attached(subject: Subject, name: str, category: str, why: str) -> Change:
    """A file that cannot be attached as it is."""
    result = Result(Outcome.FAILED, None, category, why)
    return Change(subject, ATTACH, None, TO_JIRA, NO_VALUES, name, Reason.MISSING, result=result)


def content_of(change: Change) -> Content | None:
    """What the file of a change holds; None where that is not told: raidctl did not write it."""
    found = _PART.fullmatch(change.part)
    return None if found is None else Content(int(found[2]), found[1])


def shown(place: str) -> str:
    """A path or an address as it may be shown: without what may be a secret in it."""
    if "://" not in place:
        return place
    try:
        parts = urlsplit(place)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that cannot be understood"
    return f"{parts.scheme}://{host}{port}{parts.path}"


def in_words(size: int) -> str:
    """So many bytes, in the unit in which they are few."""
    for unit, length in (("GB", 1024**3), ("MB", 1024**2), ("kB", 1024)):
        if size >= length:
            return f"{size / length:.1f} {unit}"
    return f"{size} bytes"
