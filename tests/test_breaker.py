"""A part that failed, and a system that is down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.breaker import Breaker, WriteBreaker
from raidctl.core.model import Side
from raidctl.errors import Category, RedirectedError, ServiceError

WHOLE = {Category.AUTH, Category.PERMISSION}


def error(category: Category = Category.NETWORK, seen: str = "HTTP 500") -> ServiceError:
    return ServiceError("JIRA", "https://jira.example.test", seen, "look there", category)


def breaker(patience: int = 3) -> Breaker:
    return Breaker(Side.JIRA, patience)


def test_a_failed_part_is_remembered_and_the_rest_goes_on() -> None:
    parts = breaker()
    parts.read()
    parts.failed("issues 1 to 100", error(Category.RATE_LIMIT))
    parts.read()
    parts.close()
    (unread,) = parts.unread
    assert (unread.system, unread.what, unread.category) == (
        Side.JIRA,
        "issues 1 to 100",
        Category.RATE_LIMIT,
    )
    assert unread.why == str(error())
    assert not parts.broken


@pytest.mark.parametrize("category", sorted(WHOLE))
def test_refused_credentials_concern_the_whole(category: Category) -> None:
    parts = breaker()
    parts.read()
    refused = error(category)
    with pytest.raises(ServiceError) as caught:
        parts.failed("a part", refused)
    assert caught.value is refused


@pytest.mark.parametrize("category", sorted(set(Category) - WHOLE))
def test_no_other_failure_concerns_the_whole_at_once(category: Category) -> None:
    parts = breaker()
    parts.failed("a part", error(category))
    parts.read()
    parts.close()
    assert len(parts.unread) == 1


@pytest.mark.parametrize("patience", [1, 2, 4])
def test_where_nothing_was_read_the_first_failure_is_told(patience: int) -> None:
    parts = breaker(patience)
    first = error(seen="the first")
    for number in range(patience - 1):
        parts.failed(str(number), error() if number else first)
    with pytest.raises(ServiceError) as caught:
        parts.failed("the last straw", error() if patience > 1 else first)
    assert caught.value is first


def test_where_something_was_read_the_rest_is_asked_on_until_it_breaks() -> None:
    parts = breaker(2)
    parts.read()
    for number in range(3):
        parts.failed(str(number), error())
        assert not parts.broken
    parts.failed("3", error())
    assert parts.broken
    assert [unread.what for unread in parts.unread] == ["0", "1", "2", "3"]


def test_a_read_part_mends_the_row() -> None:
    parts = breaker(1)
    parts.read()
    parts.failed("0", error())
    parts.read()
    parts.failed("1", error())
    assert not parts.broken
    parts.failed("2", error())
    assert parts.broken


def test_a_skipped_part_is_unread_too() -> None:
    parts = breaker()
    parts.read()
    parts.skipped("issues 101 to 200")
    (unread,) = parts.unread
    assert unread.what == "issues 101 to 200"
    assert "not asked for" in unread.why
    parts.close()


def test_closing_raises_where_nothing_was_read() -> None:
    parts = breaker()
    first = error(seen="the first")
    parts.failed("a part", first)
    parts.failed("another", error())
    with pytest.raises(ServiceError) as caught:
        parts.close()
    assert caught.value is first


def test_nothing_asked_is_nothing_failed() -> None:
    parts = breaker()
    parts.close()
    assert parts.unread == ()


@given(st.lists(st.booleans(), max_size=30), st.integers(1, 5))
def test_every_failed_part_is_told_or_raised(parts: list[bool], patience: int) -> None:
    counted = breaker(patience)
    failed: list[str] = []
    try:
        for number, read in enumerate(parts):
            if read:
                counted.read()
            else:
                failed.append(str(number))
                counted.failed(str(number), error())
        counted.close()
    except ServiceError:
        assert not any(parts[: int(failed[-1]) + 1])
    else:
        assert [unread.what for unread in counted.unread] == failed
        assert any(parts) or not failed


def test_an_answer_that_refuses_ends_a_row_of_outages() -> None:
    writes = WriteBreaker(2)
    for answered in (Category.VALIDATION, Category.CONFLICT, Category.NOT_FOUND):
        writes.failed(error())
        writes.failed(error(answered))
    assert not writes.fatal
    writes.failed(error())
    writes.failed(error())
    assert writes.fatal


def test_a_redirect_is_one_requests_own_until_others_follow() -> None:
    writes = WriteBreaker(2)
    login = RedirectedError(error(Category.AUTH, "redirected"))
    writes.failed(login)
    assert not writes.fatal
    writes.failed(login)
    assert writes.fatal is login
    others = WriteBreaker(2)
    others.failed(error(Category.AUTH, "HTTP 401"))
    assert others.stopped is not None


def test_one_redirected_part_does_not_concern_the_whole() -> None:
    parts = breaker()
    parts.read()
    parts.failed("a part", RedirectedError(error(Category.AUTH, "redirected")))
    assert len(parts.unread) == 1
