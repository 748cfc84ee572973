"""Drift by field and age: bars that are drawn, with their numbers beside them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from raidctl.core.counts import by_field_and_age
from raidctl.core.plan.item import Item
from raidctl.present.html.element import EMPTY, Html, joined, tag
from raidctl.present.text.words import AGES


def chart(found: Iterable[Item], now: datetime) -> Html:
    """A row a field, longest bar the most; nothing where there is nothing to count."""
    counts = by_field_and_age(found, now)
    ages = [age for age in AGES if any(age in row for row in counts.values())]
    if not ages:
        return EMPTY
    most = max(sum(row.values()) for row in counts.values())
    heads = [
        tag("th", "Field", scope="col"),
        tag("td"),  # of the bars, which say what the numbers say
        *(tag("th", _swatch(age), AGES[age], scope="col", class_="number") for age in ages),
        tag("th", "all", scope="col", class_="number"),
    ]
    return tag(
        "table",
        tag("caption", "What is listed below, by field and by the age of its incident"),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *(_row(field, row, ages, most) for field, row in counts.items())),
        class_="chart",
    )


def _row(field: str, row: Mapping[str, int], ages: Iterable[str], most: int) -> Html:
    numbers = (tag("td", str(row.get(age, 0)), class_="number") for age in ages)
    return tag(
        "tr",
        tag("th", field, scope="row"),
        tag("td", bar([(_kind(age), n) for age, n in row.items()], most), class_="bar"),
        *numbers,
        tag("td", str(sum(row.values())), class_="number total"),
    )


def bar(shares: Iterable[tuple[str, int]], most: int) -> Html:
    """One bar as long as its share of the longest, of parts with a class and a length each."""
    parts, start = [], 0
    for kind, count in shares:
        parts.append(_rect(kind, start, count))
        start += count
    return _drawing(joined(parts), f"0 0 {max(most, 1)} 1", preserveAspectRatio="none")


def _swatch(age: str) -> Html:
    return _drawing(_rect(_kind(age), 0, 1), "0 0 1 1", class_="swatch")


def _drawing(inner: Html, box: str, **attributes: str) -> Html:
    return tag("svg", inner, viewBox=box, aria_hidden="true", focusable="false", **attributes)


def _rect(kind: str, start: int, width: int) -> Html:
    return tag("rect", x=str(start), y="0", width=str(width), height="1", class_=kind)


def _kind(age: str) -> str:
    return f"age-{[*AGES].index(age) + 1}"
