"""Answers in order, some ahead of the consumer, and never more than asked for."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raidctl.prefetch import prefetch


class Counted:
    """Numbers from 0 on; `drawn` is how many were taken."""

    def __init__(self, end: int = 1000) -> None:
        self.drawn = 0
        self._end = end

    def __iter__(self) -> Iterator[int]:
        for number in range(self._end):
            self.drawn += 1
            yield number


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as running:
        yield running


@pytest.mark.parametrize("width", [1, 2, 4, 9])
def test_answers_come_in_the_order_of_the_inputs(pool: ThreadPoolExecutor, width: int) -> None:
    assert list(prefetch(pool, lambda n: n * n, range(50), width)) == [n * n for n in range(50)]


@settings(max_examples=25)
@given(numbers=st.lists(st.integers(), max_size=20), width=st.integers(1, 8))
def test_ahead_is_a_map(numbers: list[int], width: int) -> None:
    with ThreadPoolExecutor(3) as threads:
        assert list(prefetch(threads, str, numbers, width)) == [str(n) for n in numbers]


def test_a_late_first_answer_holds_back_the_others(pool: ThreadPoolExecutor) -> None:
    second_done = threading.Event()

    def answer(number: int) -> int:
        if number == 0:
            assert second_done.wait(5)
        elif number == 1:
            second_done.set()
        return number

    assert list(prefetch(pool, answer, range(4), 2)) == [0, 1, 2, 3]


def test_nothing_is_drawn_before_the_first_answer_is_asked_for(pool: ThreadPoolExecutor) -> None:
    inputs = Counted()
    answers = prefetch(pool, str, inputs, 3)
    assert inputs.drawn == 0
    next(answers)
    assert inputs.drawn == 3


@pytest.mark.parametrize("width", [1, 3])
def test_inputs_are_drawn_only_as_answers_are_taken(pool: ThreadPoolExecutor, width: int) -> None:
    inputs = Counted()
    for taken, _ in enumerate(prefetch(pool, str, inputs, width), 1):
        assert inputs.drawn <= taken + width - 1
        if taken == 20:
            break


def test_as_many_as_the_width_are_under_way(pool: ThreadPoolExecutor) -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(number: int) -> int:
        together.wait()  # breaks unless three are under way at once
        return number

    assert list(prefetch(pool, meet, range(6), 3)) == list(range(6))


def test_inputs_may_end_by_the_answers_seen(pool: ThreadPoolExecutor) -> None:
    seen: list[int] = []

    def inputs() -> Iterator[int]:
        number = 0
        while 5 not in seen:
            yield number
            number += 1

    for answer in prefetch(pool, lambda n: n, inputs(), 2):
        seen.append(answer)  # noqa: PERF402 - the inputs look at it in between
    assert seen == [0, 1, 2, 3, 4, 5, 6]


def test_an_exception_is_raised_at_its_turn(pool: ThreadPoolExecutor) -> None:
    def answer(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    answers = prefetch(pool, answer, range(10), 4)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(answers)
    assert list(answers) == []


def test_an_abandoned_generator_cancels_what_has_not_begun() -> None:
    started: list[int] = []
    go_on = threading.Event()

    def answer(number: int) -> int:
        started.append(number)
        if number == 1:
            go_on.wait(5)
        return number

    with ThreadPoolExecutor(1) as one:
        answers = prefetch(one, answer, range(100), 5)
        assert next(answers) == 0
        answers.close()  # type: ignore[attr-defined]  # it is a generator
        go_on.set()
    assert set(started) <= {0, 1}


def test_an_exception_cancels_what_has_not_begun() -> None:
    started: list[int] = []
    go_on = threading.Event()

    def answer(number: int) -> int:
        started.append(number)
        if number == 0:
            raise ValueError("zero")
        go_on.wait(5)
        return number

    with ThreadPoolExecutor(1) as one:
        with pytest.raises(ValueError, match="zero"):
            next(prefetch(one, answer, range(100), 5))
        go_on.set()
    assert set(started) <= {0, 1}


def test_inputs_that_fail_cancel_what_has_not_begun() -> None:
    started: list[int] = []
    go_on = threading.Event()

    def inputs() -> Iterator[int]:
        yield from range(2)
        raise ValueError("no more")

    with ThreadPoolExecutor(1) as one:
        one.submit(go_on.wait, 5)
        with pytest.raises(ValueError, match="no more"):
            next(prefetch(one, started.append, inputs(), 4))
        go_on.set()
    assert started == []


def test_no_inputs_no_answers(pool: ThreadPoolExecutor) -> None:
    assert list(prefetch(pool, str, [], 4)) == []
