"""A failed request, told as what became of a change."""

from raidctl.core.model import Field
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.errors import Category, FieldsRefusedError, LostAnswerError, ServiceError

_REFUSALS = frozenset({Category.VALIDATION, Category.PERMISSION, Category.REFUSED})


def failure_of(error: ServiceError, name: Field | None = None) -> Result:
    """A failed request as what became of a change; of one field, where JIRA named it."""
    outcome = Outcome.REFUSED if error.category in _REFUSALS else Outcome.FAILED
    if isinstance(error, FieldsRefusedError) and name is not None and name in error.fields:
        return Result(outcome, None, error.category, f"{error.system} says: {error.fields[name]}")
    return Result(outcome, None, error.category, f"{error.seen}; {error.advice}")


def may_be_repeated(error: ServiceError) -> bool:
    """Once reading has told that nothing happened: an answer was lost, another write won."""
    return isinstance(error, LostAnswerError) or error.category is Category.CONFLICT
