"""Whether Impact's database is there, is FireFighter's, and lets us do what is configured."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Engine, Select, Table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql import visitors

from raidctl.gateways.impact.database.engine import READING, explained, is_file
from raidctl.gateways.impact.database.grants import Uses, check_tables, missing_rights, unwritable
from raidctl.gateways.impact.database.rows import SELECT


class DatabaseExamination:
    """An `ImpactDatabase` over an engine of `read_only_engine`; it tries nothing out.

    `reads` are all that is asked of it, `writes` what writing it takes; either may be nothing.
    """

    def __init__(self, engine: Engine, reads: Sequence[Select[Any]], writes: Uses) -> None:
        self._engine = engine
        self._reads, self._writes = list(_uses_of(reads)), writes

    def connect(self) -> str:
        """Its kind, and its user."""
        with self._connection() as connection:
            if is_file(self._engine):
                connection.execute(text("SELECT 1 FROM sqlite_master LIMIT 1"))
                return "the SQLite file"
            version, user = connection.execute(
                text("SELECT current_setting('server_version'), current_user")
            ).one()
        url = self._engine.url
        return f"PostgreSQL {version} at {url.host or 'its socket'}/{url.database}, as {user}"

    def check_tables(self) -> None:
        """Tables, columns, and that a new row needs no more than we know."""
        with self._connection() as connection:
            check_tables(connection, [*self._reads, *self._writes])

    def missing_rights(self) -> Sequence[str]:
        """To read, and to write where anything is to be written."""
        with self._connection() as connection:
            if is_file(self._engine):
                return unwritable(self._engine) if self._writes else []
            rights = missing_rights(connection, [*self._reads, *self._writes])
        writing = [one for one in rights if not one.startswith("write access")]
        return rights if self._writes else writing

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise explained(self._engine, error, READING) from None


def _uses_of(statements: Iterable[Select[Any]]) -> Iterator[tuple[str, Table, tuple[str, ...]]]:
    """What may be selected for these statements to be answered: no list that anybody forgets."""
    found: dict[Table, dict[str, None]] = {}
    for statement in statements:
        for element in visitors.iterate(statement):
            for column in getattr(element, "base_columns", ()):
                if isinstance(column, Column) and isinstance(column.table, Table):
                    found.setdefault(column.table, {})[column.name] = None
    return ((SELECT, table, tuple(columns)) for table, columns in found.items())
