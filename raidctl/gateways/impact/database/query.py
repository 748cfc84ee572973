"""Rows out of FireFighter's database, past those of which its driver can make nothing.

A time of "infinity", or bytes that are no text, fail the whole batch that a driver fetches. Which
row it was is found by asking for halves.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, Select
from sqlalchemy.exc import SQLAlchemyError

from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact.database.engine import READING, explained, failure, of_one_value
from raidctl.gateways.malformed import MALFORMED

ROWS_AT_ONCE = 1_000
KEYS_AT_ONCE = 1_000


class Fetched(NamedTuple):
    """A row, or None and the key of one that cannot be read."""

    row: Any
    key: Any = None


class _SpoiltError(Exception):
    """A value among those asked for cannot be read; `error` is how to say so."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(str(error))
        self.error = error


class Queries:
    """Reads by one engine. `sent` counts the queries."""

    def __init__(self, engine: Engine) -> None:
        self.sent = 0
        self._engine = engine

    def streamed(self, statement: Select[Any], key: ColumnElement[Any]) -> Iterator[Fetched]:
        """Every row as it comes. `key` is the statement's column that tells rows apart.

        Raises `ServiceError`.
        """
        seen = set[Any]()
        try:
            for row in self._streamed(statement.add_columns(key.label("the_key"))):
                seen.add(row.the_key)
                yield Fetched(row)
        except _SpoiltError:
            keys = dict.fromkeys(self._keys(statement, key))
            yield from self.of_keys(statement, key, [one for one in keys if one not in seen])

    def in_order(self, statement: Select[Any]) -> Iterator[Any]:
        """Every row as it comes, up to one that cannot be read. Raises `ServiceError`."""
        try:
            yield from self._streamed(statement)
        except _SpoiltError:
            raise self.malformed() from None

    def of_keys(
        self, statement: Select[Any], key: ColumnElement[Any], keys: Sequence[Any]
    ) -> Iterator[Fetched]:
        """The rows of these keys. Raises `ServiceError`."""
        for start in range(0, len(keys), KEYS_AT_ONCE):
            yield from self._halved(statement, key, keys[start : start + KEYS_AT_ONCE])

    def malformed(self) -> ServiceError:
        """What there is to say of a row that cannot be read."""
        seen = "a row with a value that cannot be read"
        advice = "look at the incident in FireFighter; the others were read"
        return failure(self._engine, seen, advice, Category.VALIDATION)

    def _streamed(self, statement: Select[Any]) -> Iterator[Any]:
        with self._reading() as connection:
            options = connection.execution_options(yield_per=ROWS_AT_ONCE)
            with options.execute(statement) as rows:
                yield from rows

    def _halved(
        self, statement: Select[Any], key: ColumnElement[Any], keys: Sequence[Any]
    ) -> Iterator[Fetched]:
        try:
            with self._reading() as connection:
                rows = connection.execute(statement.where(key.in_(keys))).all()
        except _SpoiltError:
            if len(keys) == 1:
                yield Fetched(None, keys[0])
                return
            middle = len(keys) // 2
            yield from self._halved(statement, key, keys[:middle])
            yield from self._halved(statement, key, keys[middle:])
        else:
            yield from map(Fetched, rows)

    def _keys(self, statement: Select[Any], key: ColumnElement[Any]) -> Sequence[Any]:
        try:
            with self._reading() as connection:
                return connection.scalars(statement.with_only_columns(key)).all()
        except _SpoiltError as spoilt:
            raise spoilt.error from None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """One connection for one query; the database's errors in words, without its URL."""
        self.sent += 1
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            told = explained(self._engine, error, READING)
            raise (_SpoiltError(told) if of_one_value(error) else told) from None
        except MALFORMED:  # of a column's type
            raise _SpoiltError(self.malformed()) from None
