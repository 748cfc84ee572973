"""Transactions that write Impact's database: counted, patient with locks, their errors in words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from raidctl.errors import LostAnswerError
from raidctl.gateways.impact.database.engine import (
    LOCK_SECONDS,
    NOT_TAKEN,
    WRITING,
    Advice,
    explained,
    failure,
    is_file,
)

Clock = Callable[[], datetime]


class Transactions:
    """Over an engine of `writing_engine`, for several threads at once. `sent` counts them.

    Each waits `lock_seconds` for another's lock in PostgreSQL; for a file its engine waits. `clock`
    is for a file: PostgreSQL's own clock tells the times of what is written there.
    """

    def __init__(
        self,
        engine: Engine,
        lock_seconds: float = LOCK_SECONDS,
        clock: Clock = lambda: datetime.now(UTC),
        advice: Advice = WRITING,
    ) -> None:
        self.sent = 0
        self._engine = engine
        self._lock_seconds = lock_seconds
        self._clock = clock
        self._advice = advice
        self._counting = Lock()

    @contextmanager
    def begun(self) -> Iterator[Connection]:
        """One that is not committed. Raises `ServiceError` for whatever the database does."""
        with self._counting:
            self.sent += 1
        try:
            with self._engine.connect() as connection:
                if not is_file(self._engine):
                    patience = round(self._lock_seconds * 1_000)
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {patience}")
                yield connection
        except UnicodeEncodeError as error:
            seen = f"a text that is none: {error.reason}"
            raise failure(self._engine, seen, *NOT_TAKEN) from None
        except SQLAlchemyError as error:
            raise explained(self._engine, error, self._advice) from None

    def commit(self, connection: Connection) -> None:
        """Raises `LostAnswerError` where it cannot be known whether it acted."""
        try:
            connection.commit()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            lost = explained(self._engine, error, self._advice)
            raise LostAnswerError(lost) from None

    def now(self, connection: Connection) -> datetime:
        """This moment, by the clock of what is written."""
        if is_file(self._engine):
            return self._clock().astimezone(UTC)
        now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return now
