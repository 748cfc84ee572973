"""The report for a merge request or a ticket: a GitHub-flavoured table and what to do next."""

import html
import re
from collections.abc import Iterator, Sequence

from raidctl.core.plan.item import Item
from raidctl.core.report import Report
from raidctl.present.report import summary
from raidctl.present.text.difference import excerpt
from raidctl.present.text.safe import clip, safe_url, visible
from raidctl.present.text.words import reason_words, shown_sides, verdict_words

COLUMNS = ("Incident", "Issue", "Field", "Impact", "JIRA", "Verdict", "Why")

_VALUE_WIDTH, _TITLE_WIDTH = 120, 60
# GitHub turns @name into a mention and #1 into a reference after entities are decoded, where they
# begin a word: an invisible space, as an entity, is what it cannot see through.
_MENTION = re.compile(r"(?<![^\W_])([@#])(?=\w)")
_AUTOLINK = re.compile(r"(?i)\b(?:https?|ftp|mailto|xmpp):|\bwww\.")
_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "\\`*_[]<>&#!~@|$"}
_MARK = "\x00"  # stands for the invisible space until everything else is escaped


def render_markdown(report: Report) -> str:
    """Headline, table and lists; nothing of the data is taken for Markdown, HTML or a mention."""
    return "".join(f"{line}\n" for line in _lines(report))


def escaped(text: str) -> str:
    """One line of data as Markdown that shows it as it is."""
    plain = _MENTION.sub(rf"\1{_MARK}", visible(text).strip())
    plain = _AUTOLINK.sub(lambda match: f"{match[0]}{_MARK}", plain)
    return plain.translate(_ENTITIES).replace(_MARK, "&#8203;")


def _lines(report: Report) -> Iterator[str]:
    yield f"**{summary.headline(report)}**"
    rows = [item for item in report.items if item.reason not in summary.COUNTED_OUT]
    if rows:
        yield from ("", _joined(COLUMNS), _joined(["---"] * len(COLUMNS)))
        titled = {item.subject.incident: item for item in reversed(rows)}
        yield from (_joined(_cells(item, titled[item.subject.incident] is item)) for item in rows)
    yield ""
    yield from (f"- {line}" for line in summary.counts(report))
    for roll in summary.rolls(report):
        more = f" and {roll.more} more" if roll.more else ""
        yield f"- {roll.title}: {', '.join(map(_listed, roll.items))}{more}"
    yield from (f"- Next: {step.lead}{_code(step.command)}" for step in summary.steps(report))
    yield from (f"- Not read: {escaped(summary.unread_words(part))}" for part in report.unread)
    told = summary.direction_words(report)
    notes = [*([told] if told else []), *report.notes]
    yield from (f"- Note: {escaped(note)}" for note in notes)


def _joined(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(item: Item, titled: bool) -> list[str]:
    """One item; the first of an incident tells its title."""
    subject = item.subject
    impact, jira = excerpt(*shown_sides(item), _VALUE_WIDTH)
    incident = [_link(str(subject.incident), subject.incident_url), "🔒" * bool(subject.private)]
    title = escaped(clip(visible(subject.title), _TITLE_WIDTH)) if titled else ""
    return [
        " ".join(part for part in (*incident, title) if part),
        _link(subject.issue or "", subject.issue_url),
        "link" if item.field is None else item.field.value,
        escaped(impact),
        escaped(jira),
        escaped(verdict_words(item)),
        escaped(reason_words(item)),
    ]


def _listed(item: Item) -> str:
    subject = item.subject
    said = [text for text in (subject.issue, item.detail) if text]
    number = _link(str(subject.incident), subject.incident_url)
    return f"{number} ({escaped(': '.join(said))})" if said else number


def _link(text: str, url: str | None) -> str:
    address, label = safe_url(url), escaped(text)
    return f"[{label}]({html.escape(address)})" if address and label else label


def _code(text: str) -> str:
    return escaped(text) if "`" in text or not text else f"`{text}`"
