"""The report as a page: what it says in short, its counts drawn, every item in a table."""

from collections.abc import Iterable, Iterator, Sequence

from raidctl.core.model import SyncDirection
from raidctl.core.plan.item import Hold, Item
from raidctl.core.reasons import Reason
from raidctl.core.report import Report, Unread
from raidctl.core.writes.outcome import DONE
from raidctl.present.html.chart import chart
from raidctl.present.html.element import EMPTY, Html, link, tag, text
from raidctl.present.html.page import block, instant, items, page, section, sections
from raidctl.present.html.table import Row, choice, kind_of, listing, plain, td
from raidctl.present.html.values import link_cells, room_for, value_cells
from raidctl.present.report import events, summary
from raidctl.present.report.cells import is_text
from raidctl.present.report.steps import Step, steps
from raidctl.present.text.words import field_name, reason_words, verdict_words

HEADS = ("Incident", "Priority", "Issue", "Field", "Impact", "JIRA", "Verdict", "Why")
_FACETS = {"field": "Field", "verdict": "Verdict", "reason": "Reason", "outcome": "Outcome"}
_KINDS = {SyncDirection.IMPACT_TO_JIRA: "write", SyncDirection.JIRA_TO_IMPACT: "write-back"}


def html_lines(report: Report) -> Iterator[Html]:
    """The page, line by line."""
    about = ["raidctl", report.command, *([report.run] if report.run else [])]
    headline = summary.headline(report)
    if report.events is not None and events.alone(report):
        headline = f"Events: {events.counts(report.events)}."
    return page(headline, about, _parts(report), f"Plan {report.plan}")


def _parts(report: Report) -> Iterator[Html]:
    yield _summary(report)
    if report.events is not None:
        counted = tag("p", f"{events.counts(report.events)}.")
        told = plain("What became of each", events.HEADS, map(events.cells_of, report.events))
        yield section("Events", counted, told)
    rows = [item for item in report.listed if not unlinked(item)]
    yield section("By field and age", chart(rows, report.finished_at))
    if rows:
        yield from sections("Field by field", _table(rows))
    alone = [roll for roll in summary.rolls(report) if roll.reason is Reason.UNLINKED]
    yield section("Counted alone", *map(_roll, alone))


def _summary(report: Report) -> Html:
    return section(
        "Summary",
        tag("p", "As it was at ", instant(report.finished_at)),
        items(summary.counts(report)),
        unread_block(report.unread),
        block("Note", items(summary.notes(report))),
        next_block(steps(report)),
    )


def unlinked(item: Item) -> bool:
    """Whether it has no row: an incident without an issue is no link, and is not held."""
    return summary.counted_out(item) and item.reason is Reason.UNLINKED


def unread_block(unread: Iterable[Unread]) -> Html:
    """What could not be read, and why; nothing where all was."""
    return block("Not read", items(map(summary.unread_words, unread)), kind="warning")


def next_block(steps: Iterable[Step]) -> Html:
    """What to type next; nothing where there is nothing."""
    return block("Next", items(map(_step, steps), "steps"))


def code(command: str) -> Html:
    """Something to type, which breaks at its blanks alone: a browser would break at hyphens too."""
    words = (
        tag("span", word, class_="word") if "-" in word else text(word)
        for word in command.split(" ")
    )
    return tag("code", Html(" ".join(words))) if command else EMPTY


def _step(step: Step) -> Html:
    return Html(text(step.lead) + code(step.command))


def _table(rows: Sequence[Item]) -> Iterator[Html]:
    room = room_for(sum(map(is_text, rows)))
    caption = "Every field that differs or waits, and what is done about it"
    facets = list(map(_facets, rows))
    choices = [choice(name, words, facets) for name, words in _FACETS.items()]
    told = (_row(item, room) for item in rows)
    return listing(caption, HEADS, told, choices, kind_of("report", len(rows)))


def _facets(item: Item) -> dict[str, str]:
    found = {"field": field_name(item), "verdict": item.verdict, "reason": item.reason.value}
    return found if item.result is None else {**found, "outcome": item.result.outcome.value}


def _row(item: Item, room: int) -> Row:
    return Row(
        [
            *link_cells(item.subject),
            td(field_name(item)),
            *value_cells(item, room),
            td(_verdict(item), class_=_kind(item)),
            td(reason_words(item)),
        ],
        _facets(item),
    )


def _verdict(item: Item) -> str:
    """The verdict; of a hold with the name of its reason, which `raidctl help` knows."""
    words = verdict_words(item)
    if isinstance(item, Hold):
        return words.replace("hold", f"hold: {item.reason.replace('_', ' ')}", 1)
    return words


def _kind(item: Item) -> str:
    if isinstance(item, Hold):
        return "hold"
    if item.result is not None:
        return "good" if item.result.outcome in DONE else "bad"
    return _KINDS.get(item.direction, "write")


def _roll(roll: summary.Roll) -> Html:
    more = [f"and {roll.more} more"] if roll.more else []
    return block(roll.title, items([*map(_listed, roll.items), *more]))


def _listed(item: Item) -> Html:
    subject = item.subject
    said = ": ".join(one for one in (subject.issue, item.detail) if one)
    number = link(str(subject.incident), subject.incident_url)
    return Html(number + text(f" ({said})" if said else ""))
