"""What both histories told, for people and for programs."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo

from raidctl.core.adoption import Adoption, Decided, Outlook, Place, Undecided
from raidctl.core.model import Field
from raidctl.core.plan.item import Verdict
from raidctl.present.format import Format
from raidctl.present.report.summary import number
from raidctl.present.text.markdown import escaped, table
from raidctl.present.text.records import Columns, record, to_csv, to_json, to_json_lines
from raidctl.present.text.safe import visible
from raidctl.present.text.untold import WHY_WORDS, untold_words
from raidctl.present.text.words import ARROWS, REASON_WORDS, local

_BESIDE = 22  # columns before the words of a field
_HEADS = ("Incident", "Issue", "Field", "Agreed until", "Then", "Why")
COLUMNS: Columns[Decided | Undecided] = {
    "incident": lambda one: one.place.incident,
    "issue": lambda one: one.place.issue,
    "issue_id": lambda one: str(one.place.issue_id),
    "field": lambda one: one.place.field,
    "decided": lambda one: isinstance(one, Decided),
    "agreed_until": lambda one: one.until if isinstance(one, Decided) else None,
    "verdict": lambda one: None if (then := _outlook(one)) is None else then.verdict,
    "direction": lambda one: None if (then := _outlook(one)) is None else then.direction,
    "reason": lambda one: (
        one.untold.why
        if isinstance(one, Undecided)
        else None
        if one.outlook is None
        else one.outlook.reason
    ),
    "side": lambda one: one.untold.side if isinstance(one, Undecided) else None,
    "at": lambda one: one.untold.at if isinstance(one, Undecided) else None,
}


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a run found; `run` is None where nothing is kept of it."""

    found: Adoption
    run: str | None
    started_at: datetime
    finished_at: datetime

    @property
    def fields(self) -> list[Decided | Undecided]:
        """All fields, in the order of their incidents."""
        found: list[Decided | Undecided] = [*self.found.decided, *self.found.undecided]
        places = {name: place for place, name in enumerate(Field)}
        return sorted(found, key=lambda one: (one.place.incident, places[one.place.field]))


def render_adopted(
    adopted: Adopted, form: Format, *, width: int = 80, zone: tzinfo | None = None
) -> str:
    """It in a format; what people read has `width` columns, its times are in `zone`, or local."""
    match form:
        case Format.TABLE | Format.DETAIL:
            each = adopted.fields if form is Format.DETAIL else []
            return "".join(f"{_broken(line, width)}\n" for line in _lines(adopted, each, zone))
        case Format.JSON:
            return to_json(_document(adopted))
        case Format.JSONL:
            return to_json_lines(COLUMNS, adopted.fields)
        case Format.CSV:
            return to_csv(COLUMNS, adopted.fields)
        case Format.MARKDOWN:
            rows = (map(escaped, _row(one, zone)) for one in adopted.fields)
            return "".join(f"{line}\n" for line in table(_HEADS, rows))
        case Format.HTML:
            from raidctl.present.html.page import items, whole
            from raidctl.present.html.table import plain

            fields = plain("Fields", _HEADS, (_row(one, zone) for one in adopted.fields))
            told = items(_lines(adopted, [], zone))
            decided = number(len(adopted.found.decided), "field")
            return whole(f"{decided} decided by both histories.", "baseline", told, fields)


def _document(adopted: Adopted) -> dict[str, object]:
    found = adopted.found
    return {
        "schema": "raidctl.adoption/1",
        "run": adopted.run,
        "started_at": adopted.started_at,
        "finished_at": adopted.finished_at,
        "summary": {
            "links": found.links,
            "in_sync": found.in_sync,
            "not_visible": found.not_visible,
            "unread": found.unread_links,
            "remembered": found.remembered,
            "decided": len(found.decided),
            "undecided": len(found.undecided),
            "requests": found.requests,
        },
        "decided": [
            {
                "field": name,
                "verdict": None if then is None else then.verdict,
                "direction": None if then is None else then.direction,
                "reason": None if then is None else then.reason,
                "count": count,
            }
            for name, then, count in found.outlooks
        ],
        "undecided": [
            {"field": name, "reason": untold.why, "count": count}
            for name, untold, count in found.reasons
        ],
        "items": [record(COLUMNS, one) for one in adopted.fields],
        "unread": [asdict(part) for part in found.unread],
    }


def _lines(
    adopted: Adopted, each: Sequence[Decided | Undecided], zone: tzinfo | None
) -> Iterator[str]:
    """How many fields are alike, first what is decided; below, `each` of them."""
    found = adopted.found
    yield f"Decided by both histories: {number(len(found.decided), 'field')}."
    for name, then, count in found.outlooks:
        yield f"{count:>7,}  {name:<12} {': '.join(_then(then))}"
    yield from (f"         {_one(one, zone)}" for one in each if isinstance(one, Decided))
    yield f"Not decided: {number(len(found.undecided), 'field')}."
    for name, untold, count in found.reasons:
        yield f"{count:>7,}  {name:<12} {WHY_WORDS[untold.why]}"
    yield from (f"         {_one(one, zone)}" for one in each if isinstance(one, Undecided))


def _broken(line: str, width: int) -> str:
    """Between words, each further piece below the words of a field."""
    return textwrap.fill(
        line, max(width, 40), subsequent_indent=" " * _BESIDE, break_on_hyphens=False
    )


def _one(one: Decided | Undecided, zone: tzinfo | None) -> str:
    incident, issue, name, until, then, why = _row(one, zone)
    words = f"agreed until {until}; {then}: {why}" if until else why
    return f"#{incident} {visible(issue)} {name}: {words}"


def _row(one: Decided | Undecided, zone: tzinfo | None) -> list[str]:
    place: Place = one.place
    named = [str(place.incident), place.issue, place.field.value]
    if isinstance(one, Undecided):
        return [*named, "", "", untold_words(one.untold, zone)]
    return [*named, local(one.until, zone), *_then(one.outlook)]


def _then(outlook: Outlook | None) -> tuple[str, str]:
    """What the next run does with a field, and why."""
    if outlook is None:
        return "nothing", "it agrees by that"
    arrow = "" if outlook.direction is None else ARROWS[outlook.direction]
    held = f"hold ({arrow})" if arrow else "hold"
    return held if outlook.verdict == Verdict.HOLD else arrow, REASON_WORDS[outlook.reason]


def _outlook(one: Decided | Undecided) -> Outlook | None:
    return one.outlook if isinstance(one, Decided) else None
