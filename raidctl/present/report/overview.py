"""A report in numbers: what there is of what, for more of it than a screen shows."""

from collections.abc import Callable, Mapping

from rich.padding import Padding
from rich.text import Text

from raidctl.core.counts import UNKNOWN, Counts, counted
from raidctl.core.report import Report
from raidctl.present.report.around import below
from raidctl.present.text.page import Screen
from raidctl.present.text.words import AGES, shown

_LABEL = 8


def render_overview(report: Report, *, width: int, colour: bool, hyperlinks: bool) -> str:
    """Counts, next steps and totals as text of `width` columns, and no rows."""
    screen = Screen(width, colour=colour, hyperlinks=hyperlinks)
    counts = counted(report.listed, report.finished_at)
    above: list[Padding | Text] = [tallied(counts, screen), Text()] if report.listed else []
    return screen.printed([*above, *below(report, screen)])


def tallied(counts: Counts, screen: Screen) -> Padding:
    """A line or two for each of the counts."""
    rows = [
        ("Reason", _line(counts.reason, lambda name: name.replace("_", " "))),
        ("Field", _line(counts.field, str)),
        ("Priority", _line(counts.priority, _priority)),
        ("Age", _line(counts.age, lambda name: AGES[name])),
    ]
    return screen.labelled(rows, _LABEL, steps=0, style="head")


def _line(counts: Mapping[str, int], worded: Callable[[str], str]) -> Text:
    return Text(", ".join(f"{count} {worded(name)}" for name, count in counts.items()))


def _priority(name: str) -> str:
    return "not known" if name == UNKNOWN else shown(int(name))
