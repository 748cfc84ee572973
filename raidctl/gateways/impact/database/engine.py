"""The way into Impact's database, to read alone or to write, and its errors in words.

PostgreSQL; or the SQLite file of the demo and the tests, behind the same two functions.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    ExceptionContext,
    case,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    NoSuchModuleError,
    SQLAlchemyError,
)

from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.gateways.http import trace

CONNECT_SECONDS = "10"
SILENCE = {  # of libpq: a minute without a sign of life is enough
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}
STATEMENT_SECONDS = 60.0
"""How long one statement may take, the locks it waits for included."""
LOCK_SECONDS = 5.0

Advice = Mapping[str, tuple[str, Category]]


def read_only_engine(url: str, schema: str) -> Engine:
    """An engine whose every transaction is read-only; `schema` becomes the search path.

    Raises `ConfigError` for a URL that is none, or one whose driver is not installed.
    """
    engine = _engine(url, "ro")
    if is_file(engine):
        _on_connect(engine, "PRAGMA query_only = ON")
    else:
        _in_each_transaction(engine, schema, {"transaction_read_only": "on"})
    return engine


def writing_engine(url: str, schema: str) -> Engine:
    """An engine to write by; `schema` becomes the search path. Raises as `read_only_engine`.

    A file's transactions lock it from their beginning, so that what they read stays as it is,
    and wait `LOCK_SECONDS` for another's to end.
    """
    engine = _engine(url, "rw")
    if is_file(engine):
        _on_connect(engine, f"PRAGMA busy_timeout = {round(LOCK_SECONDS * 1_000)}")
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _lock)
    else:
        _in_each_transaction(engine, schema, {})
    return engine


def tell(engine: Engine, asking: Callable[[], AbstractContextManager[None]]) -> None:
    """Let `asking` be entered while a connection or the answer to a statement is waited for.

    Each statement that is answered is told to whoever listens.
    """
    under_way: dict[int, tuple[AbstractContextManager[None], float]] = {}

    def connect(dialect: Dialect, _: Any, given: Any, options: Any) -> Any:
        with asking():
            return dialect.connect(*given, **options)

    def before(_: Any, cursor: Any, *__: Any) -> None:
        under_way[id(cursor)] = asking(), time.monotonic()
        under_way[id(cursor)][0].__enter__()

    def over(cursor: Any) -> float:
        one, begun = under_way.pop(id(cursor), (None, 0.0))
        if one is not None:
            one.__exit__(None, None, None)
        return time.monotonic() - begun

    def after(_: Any, cursor: Any, text: str, *__: Any) -> None:
        trace.statement("Impact's database", text, over(cursor))

    def failed(context: ExceptionContext) -> None:
        over(getattr(context.execution_context, "cursor", None))

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", failed)


def is_file(engine: Engine) -> bool:
    """Whether it leads to a SQLite file, and not to PostgreSQL."""
    return engine.dialect.name == "sqlite"


def _engine(url: str, mode: str) -> Engine:
    """The engine, not connected yet; a file has to exist, and is opened in that `mode`."""
    try:
        address = _address(url)
        if address.get_backend_name() == "sqlite":
            file = f"file:{quote(address.database or '')}"
            return create_engine(address.set(database=file, query={"mode": mode, "uri": "true"}))
        patience = {"connect_timeout": CONNECT_SECONDS, **SILENCE, **address.query}
        own = {"prepare_threshold": None} if address.get_driver_name() == "psycopg" else {}
        return create_engine(address.set(query=patience), connect_args=own)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigError(
            ["impact.database_url: not a database URL: postgresql://user:password@host/name"]
        ) from None
    except ModuleNotFoundError:
        raise ConfigError(
            ["impact.database_url: PostgreSQL needs its driver: pip install 'raidctl[postgres]'"]
        ) from None


def _address(url: str) -> URL:
    address = make_url(url)
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    backend = address.get_backend_name()
    if backend != "sqlite" and "@" in f"{address.host}{address.database}":
        raise ConfigError(
            ["impact.database_url: write an @ in the password as %40, a / as %2F, a : as %3A"]
        )
    if backend not in ("postgresql", "sqlite"):
        raise ConfigError([f"impact.database_url: {backend}; allowed: postgresql"])
    return address


def _in_each_transaction(engine: Engine, schema: str, settings: Mapping[str, str]) -> None:
    """Settings of PostgreSQL that end with their transaction, and nothing that outlasts it.

    Behind a pooler such as PgBouncer the next transaction of the connection is FireFighter's own.
    For the same reason nothing is prepared there. Where the site has set no limit to how long a
    statement may take, ours holds.
    """
    wanted: dict[str, Any] = dict(settings)
    if schema:
        quoted = schema.replace('"', '""')
        wanted["search_path"] = f'"{quoted}"'
    limit = func.current_setting("statement_timeout")
    ours = str(round(STATEMENT_SECONDS * 1_000))
    wanted["statement_timeout"] = case((limit == "0", ours), else_=limit)
    statement = select(*(func.set_config(name, value, True) for name, value in wanted.items()))
    at_once = {"stream_results": False, "yield_per": None}  # whatever the connection's are

    @event.listens_for(engine, "begin")
    def configure(connection: Connection) -> None:
        connection.execute(statement, execution_options=at_once).all()


def _on_connect(engine: Engine, *statements: str) -> None:
    """Run statements first thing on every new connection."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.commit()


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    """The driver would begin one at the first write, after what was read before."""
    connection.isolation_level = None


def _lock(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def explained(engine: Engine, error: SQLAlchemyError, advice: Advice) -> ServiceError:
    """A database's error in one line, without its URL; `advice` is `READING` or `WRITING`."""
    said = str(error.orig if isinstance(error, DBAPIError) else error)
    seen = (said.strip().splitlines() or [type(error).__name__])[0]
    code = error_code(error)
    return failure(engine, seen, *(advice.get(code) or advice.get(code[:2]) or _OTHERWISE))


def failure(engine: Engine, seen: str, advice: str, category: Category) -> ServiceError:
    """A `ServiceError` of this database, told without its URL."""
    url = engine.url
    seen = seen.replace(str(url.password), "…") if url.password else seen
    where = f"{url.get_backend_name()} {url.host or ''}/{url.database}".replace(" /", " ")
    return ServiceError("Impact's database", where, seen, advice, category)


def of_one_value(error: SQLAlchemyError) -> bool:
    """Whether the driver stumbled over a value that the database itself had no trouble with."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) is None
    return isinstance(error, DataError) and getattr(cause, "sqlstate", None) is None


def error_code(error: SQLAlchemyError) -> str:
    """PostgreSQL's code of an error, or of what comes nearest to it.

    A refused log-in has none; libpq tells that it came to passwords. Nor has a value that the
    driver does not even send.
    """
    cause = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(cause, "sqlstate", None)
    libpq = getattr(cause, "pgconn", None)
    if code is None and isinstance(cause, sqlite3.Error):
        code = _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & _PRIMARY)
    elif getattr(libpq, "needs_password", False) or getattr(libpq, "used_password", False):
        code = code or _LOGIN
    elif isinstance(error, DataError):
        code = code or _DATA
    return code or ""


_LOGIN, _STATEMENT = "login", "statement"
_LOCKED, READ_ONLY, _DATA, _INTEGRITY = "55P03", "25006", "22", "23"
_PRIMARY = 0xFF  # the rest of SQLite's codes tells details
_SQLITE = {  # it has one code for everything that may be wrong with a statement
    sqlite3.SQLITE_ERROR: _STATEMENT,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CONSTRAINT: _INTEGRITY,
}
NO_TABLE = ("check impact.schema, and that this is FireFighter's database", Category.VALIDATION)
OTHER_VERSION = ("check that this FireFighter is of a version raidctl knows", Category.VALIDATION)
READING: Advice = {  # PostgreSQL's codes, or their classes: its documentation, appendix A
    _LOGIN: ("check user, password and name in impact.database_url", Category.AUTH),
    "28P01": ("check user and password in impact.database_url", Category.AUTH),
    "28000": ("check user and password in impact.database_url", Category.AUTH),
    "42501": ("grant its user SELECT on FireFighter's tables", Category.PERMISSION),
    _STATEMENT: ("check that this is FireFighter's database", Category.VALIDATION),
    "42P01": NO_TABLE,
    "42703": OTHER_VERSION,
    "3F000": ("check impact.schema", Category.VALIDATION),
    "57014": ("the query took too long: try --since, or another time", Category.NETWORK),
}
_HELD = ("the incident's row is locked by somebody else: try again later", Category.CONFLICT)
NOT_TAKEN = ("Impact does not take this value", Category.VALIDATION)
WRITING: Advice = {
    **READING,
    "42501": (
        "grant its user this right; to remove a commander takes DELETE on incidents_incidentrole",
        Category.PERMISSION,
    ),
    "57014": ("the statement took too long: try again later", Category.NETWORK),
    _LOCKED: _HELD,
    "40P01": _HELD,  # a deadlock, which ended with us
    "40001": _HELD,  # two transactions that cannot be put in an order
    READ_ONLY: ("impact.database_url leads to one that cannot be written", Category.PERMISSION),
    _DATA: NOT_TAKEN,
    _INTEGRITY: NOT_TAKEN,
    "P0": NOT_TAKEN,  # a trigger of the site's own
}
_OTHERWISE = ("check impact.database_url and that the database is up", Category.NETWORK)
