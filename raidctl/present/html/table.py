"""A table of many rows: complete as it stands, and with the page's script to filter and sort."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from raidctl.present.html.element import EMPTY, Html, around, joined, tag, text, void
from raidctl.present.text.safe import visible

MANY = 1_000
"""With more rows a browser is slow to lay all of them out at once."""
_LONG = re.compile(r"\S{17,}")  # longer than the words of any language that columns are made for
_PLACE = re.compile(r"(\S{6,20}?[_./@:,-]|\S{20})(?=\S)")  # to break it, at a sign if there is one


@dataclass(frozen=True, slots=True)
class Row:
    """Cells, the first of them the row's heading; `facets` are what it is filtered by."""

    cells: Sequence[Html]
    facets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """A facet that can be chosen from: its name in a row, what it is called, how many of what."""

    name: str
    words: str
    counts: Counter[str]


def kind_of(name: str, count: int) -> str:
    """How the style is to lay out so many rows about links, in the columns of that name."""
    return f"linked {name} many" if count > MANY else f"linked {name}"


def choice(name: str, words: str, facets: Iterable[Mapping[str, str]]) -> Choice:
    """The choice between all there are of one of the facets of rows."""
    return Choice(name, words, Counter(one[name] for one in facets if name in one))


def listing(
    caption: str,
    heads: Iterable[str],
    rows: Iterable[Row],
    choices: Iterable[Choice] = (),
    kind: str = "",
) -> Iterator[Html]:
    """The table and what filters it, in pieces; the style knows the `kind` of its columns."""
    columns = (tag("th", words, scope="col") for words in heads)
    body = around("tbody", map(_spelled, rows))
    above = [tag("caption", caption), tag("thead", tag("tr", *columns))]
    told = [_form(choices), tag("p", class_="told", role="status")]
    table = around("table", chain(above, body))
    return around("div", chain(told, table), class_=f"rows {kind}".strip())


def plain(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """A table of words or elements; the first cell of each row is its heading.

    Nothing without rows.
    """
    told = [Row(_cells(heads, map(breakable, row)), {}) for row in rows]
    return joined(listing(caption, heads, told, kind="plain")) if told else EMPTY


def breakable(words: str) -> Html:
    """Words in a column, of which those that are too long for any may be broken."""
    if isinstance(words, Html):
        return words
    pieces = _LONG.sub(_broken, visible(words)).split("\n")
    return Html(void("wbr").join(map(text, pieces)))


def _broken(long: re.Match[str]) -> str:
    return _PLACE.sub(r"\1\n", long[0])


def _cells(heads: Sequence[str], cells: Iterable[Html]) -> list[Html]:
    first, *rest = cells
    return [th(first), *(td(one, label=head) for head, one in zip(heads[1:], rest, strict=True))]


def th(*parts: str) -> Html:
    """The heading of a row."""
    return tag("th", *parts, scope="row")


def td(*parts: str, label: str | None = None, **attributes: str | None) -> Html:
    """A cell: `label` is told where columns have no room for headings."""
    return tag("td", *parts, data_l=label, **attributes)


def _spelled(row: Row) -> Html:
    return tag("tr", *row.cells, **{f"data_{name}": value for name, value in row.facets.items()})


def _form(choices: Iterable[Choice]) -> Html:
    """What the script shows: without it nothing here would do anything."""
    words = tag("label", "Find", void("input", type="search", name="words", autocomplete="off"))
    reset = tag("button", "Show all", type="reset")
    return tag("form", words, *map(_choice, choices), reset, hidden="")


def _choice(choice: Choice) -> Html:
    """A list of all there are of a facet, most first; nothing where it tells nothing apart."""
    if len(choice.counts) < 2:
        return EMPTY
    options = (
        tag("option", f"{value.replace('_', ' ')} ({count})", value=value)
        for value, count in choice.counts.most_common()
    )
    every = tag("option", "any", value="")
    return tag("label", choice.words, tag("select", every, *options, name=choice.name))
