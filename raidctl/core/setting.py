"""One setting in force, and where it comes from."""

from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """What a setting was taken from."""

    FILE = "file"
    VARIABLE = "variable"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of a table and its value, as TOML would have them.

    `line` is where it stands in the file, `variable` what it was taken from. Of a secret there is
    no value: `source` says where it is kept, `lacking` what is missing there, as far as looking
    tells.
    """

    table: str
    name: str
    value: object
    origin: Origin
    line: int | None = None
    variable: str | None = None
    source: str | None = None
    lacking: str | None = None

    @property
    def key(self) -> str:
        """The name with its table."""
        return f"{self.table}.{self.name}"
