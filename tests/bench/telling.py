"""The table of a long report against its JSON: what is for reading costs no more than twice."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from timeit import repeat

from raidctl.core.report import Report
from raidctl.present.report.render import render
from tests.bench.measure import Figure, ratio
from tests.present.believable import ITEMS, report, subject

ROWS, RUNS = 2_000, 7
_LONGEST = 1_000  # characters: a description of 40,000 would make the JSON the slower one


def telling() -> Iterator[Figure]:
    """Both in this process, after a first time that loads what they need."""
    about = long_report()
    table, json = (_seconds(partial(render, about, form)) for form in ("table", "json"))
    yield ratio(f"table of {ROWS:,} rows, wall / its JSON", table, json, 2.0)


def long_report() -> Report:
    """Fields of every kind, each of an incident of its own."""
    kinds = [i for i in ITEMS if i.field is not None and len(str(i.pair.impact)) < _LONGEST]
    numbers = range(1_000, 1_000 + ROWS)
    return report(tuple(replace(kinds[n % len(kinds)], subject=subject(n)) for n in numbers))


def _seconds(make: partial[str]) -> float:
    make()
    return min(repeat(make, number=1, repeat=RUNS))
