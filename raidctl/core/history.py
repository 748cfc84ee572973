"""Who changed what when, by the systems' own histories."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Edit:
    """The last change of a field by its own system's history.

    `author` is a name to show, `account` what identifies the author; None where not told.
    """

    at: datetime
    author: str | None = None
    account: str | None = None
