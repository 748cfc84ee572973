"""What never arrived in Impact, as a page: how much and why, and each change in a table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC

from raidctl.core.asked import NOTHING, Asked
from raidctl.core.missed import Missed, MissedReport
from raidctl.core.writes.outcome import DONE
from raidctl.present.html.element import Html, tag
from raidctl.present.html.page import block, instant, items, page, section, sections
from raidctl.present.html.table import Row, choice, kind_of, listing, td
from raidctl.present.html.values import link_cells, room_for, short_cells, text_cells
from raidctl.present.missed.rows import following, headline
from raidctl.present.report.html import next_block, unread_block
from raidctl.present.report.steps import step
from raidctl.present.text.missed import WHY_WORDS, said_words, to_deliver, why_words
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import NAME_LIMIT, SPOKEN, shown

HEADS = ("Incident", "Priority", "Issue", "Field", "From", "To", "Changed", "Why")
_FACETS = {"field": "Field", "why": "Why"}
_ENDS = ("From", "To")


def html_lines(report: MissedReport, asked: Asked = NOTHING) -> Iterator[Html]:
    """The page, line by line."""
    about = ["raidctl", "missed", *([report.run] if report.run else [])]
    return page(headline(report, UTC), about, _parts(report, asked))


def _parts(report: MissedReport, asked: Asked) -> Iterator[Html]:
    counted = Counter(one.why for one in report.missed).most_common()
    yield section(
        "Summary",
        tag("p", "As it was at ", instant(report.finished_at)),
        items(f"{count}: {WHY_WORDS[why]}" for why, count in counted),
        unread_block(report.unread),
        block("Note", items(report.notes)),
        next_block(list(map(step, following(report, asked)))),
    )
    if report.missed:
        yield from sections("Change by change", _table(report.missed))


def _table(missed: Sequence[Missed]) -> Iterator[Html]:
    """What becomes of each has a column where anybody has asked for that."""
    said = any(map(said_words, missed))
    room = room_for(sum(map(_is_text, missed)))
    facets = list(map(_facets, missed))
    choices = [choice(name, words, facets) for name, words in _FACETS.items()]
    rows = (
        Row([*_cells(one, room), *([_then(one)] if said else [])], _facets(one)) for one in missed
    )
    heads = [*HEADS, "Then"] if said else HEADS
    kind = kind_of("missed asked" if said else "missed", len(missed))
    return listing("Every change that never arrived in Impact", heads, rows, choices, kind)


def _facets(one: Missed) -> dict[str, str]:
    return {"field": one.field.value, "why": one.why.value}


def _cells(one: Missed, room: int) -> list[Html]:
    edit = one.revision
    by = f"by {clip(visible(edit.author), NAME_LIMIT)}" if edit.author else ""
    return [
        *link_cells(one.subject),
        td(one.field.value),
        *_values(one, room),
        td(instant(edit.at), tag("div", by, class_="none"), label="Changed"),
        td(why_words(one), label="Why"),
    ]


def _then(one: Missed) -> Html:
    return td(said_words(one) or "", label="Then", class_=_kind(one))


def _values(one: Missed, room: int) -> list[Html]:
    """What the field held before the change in JIRA, and after it."""
    old, new = one.revision.old, one.revision.new
    if _is_text(one):
        return text_cells(
            _ENDS, (str(old), str(new)), f"raidctl explain {one.subject.incident}", room
        )
    return short_cells(_ENDS, (shown(old), shown(new)))


def _is_text(one: Missed) -> bool:
    both = (one.revision.old, one.revision.new)
    return one.field not in SPOKEN and all(isinstance(value, str) and value for value in both)


def _kind(one: Missed) -> str | None:
    if one.result is not None:
        return "good" if one.result.outcome in DONE else "bad"
    return "write-back" if to_deliver(one) else "hold"
