"""Impact's histories beside its incidents: one query for all, and by id what it does not tell."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest

from raidctl.core.history import Revision, Told
from raidctl.core.model import Field
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.runs.reading.updates import Updates
from tests.core.strategies import NOW
from tests.runs.fakes import FakeSource, error, of_fields

EVERYTHING = Scope(everything=True)


def titled(number: int) -> Sequence[Revision]:
    return [Revision(Field.TITLE, NOW, new=f"Title {number}")]


@dataclass(slots=True)
class Source(FakeSource):
    """Its stream leaves out `left_out`, and ends with `breaks` before that incident."""

    left_out: frozenset[int] = frozenset()
    breaks: tuple[int, ServiceError] | None = None
    streams: list[Scope] = field(default_factory=list)

    def all_revisions(self, scope: Scope) -> Iterator[tuple[int, Told]]:
        self.streams.append(scope)
        for number, told in sorted(self.history.items()):
            if self.breaks is not None and number >= self.breaks[0]:
                raise self.breaks[1]
            if number not in self.left_out:
                yield number, partial(of_fields, told)


def titles(*incidents: int) -> Mapping[int, Collection[Field]]:
    return {number: {Field.TITLE} for number in incidents}


HISTORY = {number: titled(number) for number in (1, 2, 3, 5, 7)}


def test_incidents_by_rising_id_cost_one_query() -> None:
    source = Source([], history=HISTORY)
    updates = Updates(source, EVERYTHING)
    assert updates.of(titles(1, 3)) == ({1: titled(1), 3: titled(3)}, {})
    assert updates.of(titles(5)) == ({5: titled(5)}, {})
    assert source.streams == [EVERYTHING]
    assert source.histories == []


def test_what_the_stream_tells_of_other_fields_is_left_out() -> None:
    both = [*titled(1), Revision(Field.STATUS, NOW, new="OPEN")]
    told, _ = Updates(Source([], history={1: both}), EVERYTHING).of({1: {Field.STATUS}})
    assert told == {1: both[1:]}


def test_nothing_is_asked_for_nothing() -> None:
    source = Source([], history=HISTORY)
    assert Updates(source, EVERYTHING).of({}) == ({}, {})
    assert (source.streams, source.histories) == ([], [])


def test_what_the_stream_has_passed_or_leaves_out_is_asked_for_by_id() -> None:
    source = Source([], history=HISTORY, left_out=frozenset({5}))
    updates = Updates(source, EVERYTHING)
    updates.of(titles(3))
    told, failures = updates.of(titles(7, 2, 5, 6))
    assert told == {7: titled(7), 2: titled(2), 5: titled(5)}
    assert (failures, source.histories) == ({}, [[2, 5, 6]])


def test_after_what_cannot_be_read_all_are_asked_for_by_id() -> None:
    source = Source([], history=HISTORY, breaks=(3, error(Category.VALIDATION, "Impact")))
    updates = Updates(source, EVERYTHING)
    assert set(updates.of(titles(1, 2, 3))[0]) == {1, 2, 3}
    assert set(updates.of(titles(5))[0]) == {5}
    assert source.histories == [[3], [5]]


def test_an_impact_that_is_gone_ends_the_run() -> None:
    source = Source([], history=HISTORY, breaks=(3, error(Category.NETWORK, "Impact")))
    with pytest.raises(ServiceError):
        Updates(source, EVERYTHING).of(titles(3))


def test_what_is_not_told_by_id_either_is_a_failure() -> None:
    source = Source([], history={}, history_fails=error(Category.VALIDATION, "Impact"))
    told, failures = Updates(source, EVERYTHING).of(titles(1, 2))
    assert (told, set(failures)) == ({}, {1, 2})
