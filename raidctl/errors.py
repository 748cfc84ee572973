"""What can go wrong, as values: each error carries its facts, only `cli` words and exits."""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """The process's answer; of several that apply the first of these wins."""

    INTERRUPTED = 130
    DEFECT = 1
    USAGE = 2
    UNREACHABLE = 7
    LOCKED = 6
    BLOCKED = 5
    INCOMPLETE = 4
    DRIFT = 3
    OK = 0


PRECEDENCE = tuple(ExitCode)


class Category(StrEnum):
    """The closed set of error categories that reports and the journal use."""

    NETWORK = "network"
    AUTH = "auth"
    PERMISSION = "permission"
    VALIDATION = "validation"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    RATE_LIMIT = "rate_limit"
    REFUSED = "refused"
    INTERNAL = "internal"


class RaidctlError(Exception):
    """Base of every error raidctl foresees: one line for the user and its own exit code."""

    exit_code = ExitCode.DEFECT
    category = Category.INTERNAL


class UsageError(RaidctlError):
    """The command line asks for something that does not exist or does not fit together."""

    exit_code = ExitCode.USAGE
    category = Category.VALIDATION


class LinesError(UsageError):
    """A file of lines is refused as a whole; `problems` names each line that is at fault."""

    def __init__(self, file: str, problems: Sequence[str]) -> None:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{file} is refused whole, nothing was made: {first}{more}")
        self.file = file
        self.problems = tuple(problems)


class ConfigError(RaidctlError):
    """Everything that is wrong with the configuration, at once.

    `problems` holds one line each: file, key, what is wrong, what is allowed.
    """

    exit_code = ExitCode.USAGE
    category = Category.VALIDATION

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class JournalError(RaidctlError):
    """The journal cannot be used as it is: newer, corrupt, unreadable."""

    exit_code = ExitCode.USAGE
    category = Category.VALIDATION


class ServiceError(RaidctlError):
    """A system could not be reached, refused us, or answered what cannot be understood.

    `system` is "Impact" or "JIRA", `where` a URL or database without secrets, `seen` what
    happened, `advice` what to do about it.
    """

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, system: str, where: str, seen: str, advice: str, category: Category) -> None:
        super().__init__(f"{system} at {where}: {seen}; {advice}")
        self.system = system
        self.where = where
        self.seen = seen
        self.advice = advice
        self.category = category

    @property
    def answered(self) -> bool:
        """Whether it is an answer that may be so for the sake of one thing that was asked for."""
        return self.category not in _OF_ALL


_OF_ALL = frozenset({Category.AUTH, Category.PERMISSION, Category.NETWORK, Category.RATE_LIMIT})


class SpoiltError(ServiceError):
    """An answer that one thing may have spoilt of those that were asked for together."""

    answered = True

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.system, error.where, error.seen, error.advice, error.category)


class RedirectedError(SpoiltError):
    """An answer that leads elsewhere: to a login page, or to what stops this one request."""


class LostAnswerError(ServiceError):
    """A write was sent and its answer did not come: only reading tells whether it acted.

    `wait` is how many seconds the system asks to be left alone, None where it does not say.
    """

    def __init__(self, error: ServiceError, wait: float | None = None) -> None:
        super().__init__(error.system, error.where, error.seen, error.advice, error.category)
        self.wait = wait


class FieldsRefusedError(ServiceError):
    """A system refused a write and named the fields at fault; `fields` has its message for each.

    Keys are the names of our fields, of others JIRA's ids.
    """

    def __init__(self, error: ServiceError, fields: Mapping[str, str]) -> None:
        super().__init__(error.system, error.where, error.seen, error.advice, error.category)
        self.fields = dict(fields)


class FileError(RaidctlError):
    """A file that cannot be had: `seen` is what happened, `advice` what to do about it."""

    exit_code = ExitCode.INCOMPLETE

    def __init__(self, seen: str, advice: str, category: Category) -> None:
        super().__init__(f"{seen}; {advice}")
        self.seen = seen
        self.advice = advice
        self.category = category


class LockedError(RaidctlError):
    """Another run holds the lock.

    `brief`: it is about to give it back; `asking`: it waits for a person's answer.
    """

    exit_code = ExitCode.LOCKED
    category = Category.CONFLICT

    def __init__(self, message: str, *, brief: bool = False, asking: bool = False) -> None:
        super().__init__(message)
        self.brief, self.asking = brief, asking


class BlockedError(RaidctlError):
    """A safety limit or a pause stands in the way; nothing was written."""

    exit_code = ExitCode.BLOCKED
    category = Category.REFUSED


class ReadOnlyError(RaidctlError):
    """A command that only reads was about to write: a defect, stopped before it left."""
