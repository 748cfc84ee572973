"""Exit codes: what each error answers, and which of several answers wins."""

import pytest

from raidctl import errors
from raidctl.errors import PRECEDENCE, ExitCode, RaidctlError

ORDER = (130, 1, 2, 7, 6, 5, 4, 3, 0)
"""The contract: the first of these that applies is the answer."""

ANSWERS = {
    errors.UsageError: 2,
    errors.LinesError: 2,
    errors.FileError: 4,
    errors.ConfigError: 2,
    errors.JournalError: 2,
    errors.ServiceError: 7,
    errors.SpoiltError: 7,
    errors.RedirectedError: 7,
    errors.LostAnswerError: 7,
    errors.FieldsRefusedError: 7,
    errors.LockedError: 6,
    errors.BlockedError: 5,
    errors.ReadOnlyError: 1,
    RaidctlError: 1,
}


def test_the_worst_that_happened_is_the_answer() -> None:
    assert tuple(PRECEDENCE) == ORDER
    assert set(PRECEDENCE) == set(ExitCode)


@pytest.mark.parametrize(
    ("error", "code"), ANSWERS.items(), ids=lambda given: getattr(given, "__name__", str(given))
)
def test_an_error_carries_its_answer(error: type[RaidctlError], code: int) -> None:
    assert error.exit_code == code


def test_every_error_is_in_that_table() -> None:
    def below(kind: type[RaidctlError]) -> set[type[RaidctlError]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    ours = {kind for kind in below(RaidctlError) if kind.__module__ == errors.__name__}
    assert ours == set(ANSWERS)
