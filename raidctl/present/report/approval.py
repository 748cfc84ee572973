"""What is asked before anything is written: how much, of what kind, and what to look at twice."""

from collections import Counter
from collections.abc import Iterator, Sequence

from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Change, Item, Verdict, pending
from raidctl.core.plan.safety import changed_links
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.present.report.summary import number, things
from raidctl.present.text.safe import clip, visible
from raidctl.present.text.words import SIDE_NAMES

_MADE: dict[str, str] = {
    Verdict.CREATE_ISSUE: "JIRA issue",
    Verdict.CREATE_LINK: "link",
    Verdict.ATTACH: "attachment",
}
_LISTED = 20
_WIDTH = 240  # the terminal breaks it between words


def question(report: Report) -> list[str]:
    """In lines: counts by side and kind, then closings and overridden edits one by one."""
    items = report.items
    return [
        *_counts(items),
        *_listed("Closes", [item for item in pending(items) if item.closes]),
        *_listed("Overrides a newer edit", [item for item in pending(items) if item.overrides]),
    ]


def _counts(items: Sequence[Item]) -> Iterator[str]:
    back = things(item for item in pending(items) if item.reason is Reason.UNDO)
    new = things(item for item in pending(items) if item.reason is not Reason.UNDO)
    for verdict, count in back.items():
        yield f"This puts {number(count, _MADE.get(verdict, verdict))} back."
    for verdict, count in new.items():
        yield f"This makes {number(count, _MADE.get(verdict, verdict))}."
    fields = [item for item in pending(items) if item.field is not None]
    if not fields and (back or new):
        return
    yield f"This changes {number(len(fields), 'field')} of {number(changed_links(fields), 'link')}:"
    for side in Side:
        kinds = Counter(item.field for item in fields if item.side is side)
        if kinds:
            counted = ", ".join(f"{kinds[field]} {field}" for field in Field if kinds[field])
            yield f"  in {SIDE_NAMES[side]}: {counted}"


def _listed(title: str, items: Sequence[Change]) -> Iterator[str]:
    for item in items[:_LISTED]:
        subject = item.subject
        what = f"incident {subject.incident} · {subject.issue} · {item.field}"
        more = f": {item.detail.removeprefix('overrides ')}" if item.detail else ""
        yield clip(visible(f"{title}: {what}{more}"), _WIDTH)
    if len(items) > _LISTED:
        yield f"{title}: and {len(items) - _LISTED} more"
