"""The report for a merge request or a ticket: a GitHub-flavoured table and what to do next."""

from collections.abc import Iterator

from raidctl.core.plan.item import Item
from raidctl.core.report import Report
from raidctl.present.report import summary
from raidctl.present.report.steps import steps
from raidctl.present.text.difference import excerpt
from raidctl.present.text.markdown import code, escaped, link, table
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import field_name, reason_words, shown_sides, verdict_words

COLUMNS = ("Incident", "Issue", "Field", "Impact", "JIRA", "Verdict", "Why")

_VALUE_WIDTH, _TITLE_WIDTH = 120, 60


def markdown_lines(report: Report) -> Iterator[str]:
    """Headline, table and lists; nothing of the data is taken for Markdown, HTML or a mention."""
    yield f"**{summary.headline(report)}**"
    rows = [item for item in report.listed if not summary.counted_out(item)]
    if rows:
        titled = {item.subject.incident: item for item in reversed(rows)}
        yield ""
        yield from table(COLUMNS, (_cells(i, titled[i.subject.incident] is i) for i in rows))
    yield ""
    yield from (f"- {line}" for line in summary.counts(report))
    for roll in summary.rolls(report):
        more = f" and {roll.more} more" if roll.more else ""
        yield f"- {roll.title}: {', '.join(map(_listed, roll.items))}{more}"
    yield from (f"- Next: {step.lead}{code(step.command)}" for step in steps(report))
    yield from (f"- Not read: {escaped(summary.unread_words(part))}" for part in report.unread)
    yield from (f"- Note: {escaped(note)}" for note in summary.notes(report))


def _cells(item: Item, titled: bool) -> list[str]:
    """One item; the first of an incident tells its title."""
    subject = item.subject
    incident = [link(str(subject.incident), subject.incident_url), "🔒" * bool(subject.private)]
    title = escaped(clip(visible(subject.title), _TITLE_WIDTH)) if titled else ""
    return [
        " ".join(part for part in (*incident, title) if part),
        link(subject.issue or "", subject.issue_url),
        field_name(item),
        *map(escaped, excerpt(*shown_sides(item), _VALUE_WIDTH)),
        escaped(verdict_words(item)),
        escaped(reason_words(item)),
    ]


def _listed(item: Item) -> str:
    subject = item.subject
    said = [text for text in (subject.issue, item.detail) if text]
    number = link(str(subject.incident), subject.incident_url)
    return f"{number} ({escaped(': '.join(said))})" if said else number
