"""What every report for people says beside its items: the headline, the lists, the counts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from raidctl.core.model import Side
from raidctl.core.plan.item import Change, Hold, Item, Verdict, changes, held, pending
from raidctl.core.reasons import LISTED, Reason
from raidctl.core.report import Report, Unread
from raidctl.core.writes.outcome import Outcome
from raidctl.present.text.safe import visible
from raidctl.present.text.words import ARROWS, REASON_WORDS, SIDE_NAMES, held_words

_LISTED = 100
_WRITES = {Verdict.WRITE_JIRA: "Impact → JIRA", Verdict.WRITE_IMPACT: "JIRA → Impact"}
_MADE = {Verdict.CREATE_ISSUE: "issue", Verdict.CREATE_LINK: "link", Verdict.ATTACH: "attachment"}


def counted_out(item: Item) -> bool:
    """Whether it is listed and has no row."""
    return isinstance(item, Hold) and item.reason in LISTED


def making(report: Report) -> bool:
    """Whether it is of a command that makes what is missing and compares nothing."""
    return report.command.startswith("backfill ")


def made(report: Report) -> str | None:
    """What is to be made beside fields, in words: `12 issues, 1 link`; None for nothing."""
    counted = things(changes(report.items))
    told = [number(counted[verdict], noun) for verdict, noun in _MADE.items() if counted[verdict]]
    return ", ".join(told) or None


def things(made: Iterable[Change]) -> Counter[str]:
    """How much is made beside fields, by verdict; the parts of one link are one link."""
    counted, links = Counter[str](), set[int]()
    for one in made:
        if one.field is None:
            counted[one.verdict] += 1
            if one.verdict == Verdict.CREATE_LINK:
                links.add(one.subject.incident)
    return Counter({**counted, Verdict.CREATE_LINK: len(links)}) if links else counted


@dataclass(frozen=True, slots=True)
class Roll:
    """Incidents with nothing more to say about each: the first of them, and how many more."""

    reason: Reason
    title: str
    items: tuple[Item, ...]
    more: int


def headline(report: Report) -> str:
    """The answer in one sentence; never "in sync" unless everything was read."""
    summary = report.summary
    if told := _outcomes(report) or _of_command(report):
        return told
    if report.drift and not summary.drifted:
        return f"{number(summary.not_visible, 'JIRA issue')} missing or hidden; no other drift."
    if report.drift:
        return f"{summary.drifted} of {number(summary.links, 'link')} drifted."
    if not whole(report):
        return "No drift in what could be read, but not everything could be."
    return f"{number(summary.links, 'link')} in sync." if summary.links else "No links to compare."


def _of_command(report: Report) -> str | None:
    """What a command has to do that compares no links."""
    if report.command == "undo":
        back = sum(1 for _ in pending(report.items))
        return f"{number(back, 'write')} of {number(report.summary.links, 'link')} to take back."
    if making(report):
        return f"{made(report) or 'nothing'} to make.".capitalize()
    return None


def _outcomes(report: Report) -> str | None:
    """What became of the changes, where any was carried out."""
    counted = Counter(one.result.outcome for one in changes(report.items) if one.result)
    if not counted:
        return None
    settled = counted.pop(Outcome.RECOVERED, 0)
    planned = sum(1 for _ in changes(report.items)) - settled
    done = counted.pop(Outcome.APPLIED, 0) + counted.pop(Outcome.NORMALISED, 0)
    words = [f"{done} of {number(planned, 'change')} applied"] if planned else []
    words += [f"{count} {outcome.value.replace('_', ' ')}" for outcome, count in counted.items()]
    left = planned - done - sum(counted.values())
    words += [f"{left} not begun"] if left else []
    words += [f"{number(settled, 'earlier write')} settled"] if settled else []
    return ", ".join(words) + "."


def whole(report: Report) -> bool:
    """Whether everything could be read."""
    return not report.unread and report.summary.unread == 0


def quiet(report: Report, width: int) -> str | None:
    """The whole report where there is nothing to tell but counts in few words, else None."""
    if report.items or report.notes or report.direction or report.prefer or not whole(report):
        return None
    lines = [headline(report), *beside(report)]
    if max(map(len, lines)) > width:
        return None
    return "".join(f"{line}\n" for line in lines)


def rolls(report: Report) -> list[Roll]:
    """The incidents that are listed instead of shown."""
    titles = {
        Reason.NOT_VISIBLE: REASON_WORDS[Reason.NOT_VISIBLE],
        Reason.UNLINKED: "Incidents without a JIRA issue",
    }
    found = []
    for reason, title in titles.items():
        items = (i for i in report.listed if i.reason is reason and counted_out(i))
        if first := tuple(islice(items, _LISTED)):
            more = sum(1 for _ in items)
            found.append(Roll(reason, f"{title} ({len(first) + more})", first, more))
    return found


def unread_words(unread: Unread) -> str:
    """A part that could not be read, and why."""
    system = SIDE_NAMES[unread.system]
    return f"{system}, {visible(unread.what)}: {visible(unread.why)} ({visible(unread.category)})"


def counts(report: Report) -> list[str]:
    """The footer: links, what is to be written, what is held, and what stands beside that."""
    summary = report.summary
    agree = "in sync" if whole(report) else "agree"
    now, left = f"{summary.in_sync} {agree}", f"{summary.drifted} drifted"
    if _outcomes(report):
        calm = summary.in_sync + summary.drifted - report.still_drifted
        now = f"{calm} {agree} now ({summary.in_sync} before)"
        left = f"{report.still_drifted} still drifted"
    links = [
        now,
        left,
        f"{summary.not_visible} not visible",
        f"{summary.unread} not read",
    ]
    writes = [f"{summary.verdicts.get(v, 0)} {words}" for v, words in _WRITES.items()]
    if making(report):
        to_make = f"{'Planned' if _outcomes(report) else 'To make'}: {made(report) or 'nothing'}"
        return [to_make, held_line(report), *beside(report)]
    return [
        number(summary.links, "link")
        + (f": {', '.join(links)}" if report.command != "undo" else ""),
        f"{'Planned' if _outcomes(report) else 'To write'}: {', '.join(writes)}",
        held_line(report),
        *beside(report),
    ]


def held_line(report: Report) -> str:
    """How much is held, and what shows it; of what is made, how much is left out."""
    if making(report):
        left = len({item.subject.incident for item in held(report.items)})
        return f"Left out: {number(left, 'incident')}"
    words = held_words(report.still_held)
    if not words[0].isdigit():
        return f"{words[0].upper()}{words[1:]}"
    return f"{words}, in this undo alone" if report.command == "undo" else f"{words}: raidctl held"


def beside(report: Report) -> list[str]:
    """What is counted though nothing drifted: incidents without a link to compare, and requests."""
    summary, count = report.summary, report.summary.downgraded
    listed = any(item.reason is Reason.UNLINKED for item in report.listed)
    told = f"Incidents without a JIRA issue: {summary.unlinked}"
    few = report.events is not None and not summary.unlinked  # nobody was looked for
    alone = [] if listed or few or making(report) else [told]
    downgraded = [f"Downgraded incidents, which are not compared: {count}"] if count else []
    requests = [f"{summary.requests.get(side, 0)} to {SIDE_NAMES[side]}" for side in Side]
    seconds = (report.finished_at - report.started_at).total_seconds()
    return [*alone, *downgraded, f"Requests: {', '.join(requests)}, in {seconds:.1f} s"]


def notes(report: Report) -> list[str]:
    """What the run was told to decide, if anything, and what else it notes."""
    told = []
    if report.prefer is not None:
        side = SIDE_NAMES[report.prefer]
        told = [f"{side}'s value wins in conflicts and undecided fields, as this run was told."]
    elif report.direction is not None:
        way = ARROWS[report.direction]
        told = [f"Every field that can move goes {way}, as this run was told."]
    return [*told, *report.notes]


def number(count: int, noun: str) -> str:
    """A count with its noun: 1 link, 2 links."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
