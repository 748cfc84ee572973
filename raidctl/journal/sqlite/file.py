"""What reading and writing a journal's file have in common."""

import json
import re
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path
from typing import Any

from raidctl.journal.connection import NONE, Parameters
from raidctl.journal.sqlite.errors import explained
from raidctl.journal.sqlite.place import real
from raidctl.journal.sqlite.schema import MIGRATION_SET

_LIST = re.compile(r"IN :(\w+)")
_TAKEN = "SELECT name FROM _sqlite_migrations WHERE migration_set = :name"


class File(ABC):
    """A `Connection` to the journal at `path`."""

    def __init__(self, path: Path) -> None:
        self._name = path
        with self.explained():
            self._path = real(path)
        self._known = frozenset[str]()

    @abstractmethod
    def execute(self, sql: str, parameters: Parameters = NONE) -> list[Any]:
        """The rows that one statement answers; none where there is no journal yet."""

    def knows(self, step: str) -> bool:
        """Whether the journal has taken this step of its schema: none is ever taken back."""
        if step not in self._known:
            taken = self.execute(_TAKEN, {"name": MIGRATION_SET})
            self._known = frozenset(name for (name,) in taken)
        return step in self._known

    def explained(self) -> AbstractContextManager[None]:
        """Tells an error about rows in here as damage to the journal."""
        return explained(self._name)


@lru_cache(maxsize=100)
def spelled(sql: str) -> str:
    """A statement of `journal/sql.py` as SQLite takes it: a list is one parameter, in JSON."""
    return _LIST.sub(r"IN (SELECT value FROM json_each(:\1))", sql)


def bound(parameters: Parameters) -> Parameters:
    """Parameters as `spelled` has them."""
    return {name: _storable(value) for name, value in parameters.items()}


def _storable(value: object) -> object:
    """A list as JSON; in a text half a surrogate pair, which only JSON can hold, as an escape."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode(errors="backslashreplace").decode()
    return json.dumps(value) if isinstance(value, list) else value
