"""A table of many rows: complete as it stands, and with the page's script to filter and sort."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from raidctl.present.html.element import EMPTY, Html, joined, tag, void


@dataclass(frozen=True, slots=True)
class Row:
    """Cells, the first of them the row's heading; `facets` are what it is filtered by."""

    cells: Sequence[Html]
    facets: Mapping[str, str]


def listing(
    caption: str,
    heads: Iterable[str],
    rows: Sequence[Row],
    named: Mapping[str, str],
    kind: str = "",
) -> Html:
    """The table and what filters it; nothing where there are no rows.

    `named` are the facets that can be chosen from, and what each is called; the page's style knows
    the `kind` of its columns.
    """
    if not rows:
        return EMPTY
    columns = [tag("th", words, scope="col") for words in heads]
    return tag(
        "div",
        _form(rows, named),
        tag("p", class_="told", role="status"),
        tag(
            "table",
            tag("caption", caption),
            tag("thead", tag("tr", *columns)),
            tag("tbody", joined(_spelled(rows))),
        ),
        class_=f"rows {kind}".strip(),
    )


def plain(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """A table of words alone; the first cell of each row is its heading."""
    return listing(caption, heads, [Row([th(one), *map(td, rest)], {}) for one, *rest in rows], {})


def th(*parts: str) -> Html:
    """The heading of a row."""
    return tag("th", *parts, scope="row")


def td(
    *parts: str, label: str | None = None, key: str | None = None, **attributes: str | None
) -> Html:
    """A cell: `label` is told where columns have no room for headings, `key` is sorted by."""
    return tag("td", *parts, data_l=label, data_key=key, **attributes)


def _spelled(rows: Iterable[Row]) -> Iterator[Html]:
    for row in rows:
        facets = {f"data_{name}": value for name, value in row.facets.items()}
        yield tag("tr", *row.cells, **facets)
        yield Html("\n")


def _form(rows: Sequence[Row], named: Mapping[str, str]) -> Html:
    """What the script shows: without it nothing here would do anything."""
    words = tag("label", "Find", void("input", type="search", name="words", autocomplete="off"))
    choices = (_choice(name, words, rows) for name, words in named.items())
    return tag("form", words, *choices, tag("button", "Show all", type="reset"), hidden="")


def _choice(name: str, words: str, rows: Sequence[Row]) -> Html:
    """A list of all there are of a facet, most first; nothing where it tells nothing apart."""
    counts = Counter(row.facets[name] for row in rows if name in row.facets)
    if len(counts) < 2:
        return EMPTY
    options = (
        tag("option", f"{value.replace('_', ' ')} ({count})", value=value)
        for value, count in counts.most_common()
    )
    return tag("label", words, tag("select", tag("option", "any", value=""), *options, name=name))
