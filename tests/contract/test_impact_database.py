"""Impact's own database: nothing can be written through it, and each failure is one line."""

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, create_engine, delete, event, insert, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable

from raidctl.core.history import UNKNOWN_TIME, Revision
from raidctl.core.model import UNREADABLE, Field, Incident
from raidctl.core.scope import Scope
from raidctl.errors import Category, ConfigError, ServiceError
from raidctl.gateways.impact.database import engine, tables
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.gateways.impact.database.query import ROWS_AT_ONCE
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from tests.contract.impact_rows import update_row
from tests.contract.postgres import PASSWORD, Cluster, postgres  # noqa: F401 - a fixture
from tests.contract.sources import (
    ADA,
    DAY,
    EDSGER,
    GRACE,
    SITE,
    asked,
    days,
    fill,
    new,
    postgres_database,
    sqlite_file,
)

INCIDENTS = [new(1, commander=ADA), new(2, private=True), new(3, status=60)]
MANY = 3 * ROWS_AT_ONCE + 7
CROWD = [new(n, description="x" * 100) for n in range(1, MANY + 1)]


@dataclass(frozen=True, slots=True)
class Database:
    """A filled database, the engine the gateway reads it by, and the gateway."""

    url: str
    engine: Engine
    source: DatabaseIncidents

    @property
    def is_file(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path:
        return Path(make_url(self.url).database or "")

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A connection of FireFighter itself."""
        engine = create_engine(self.url)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def reading(url: str, schema: str = "") -> Iterator[Database]:
    engine = read_only_engine(url, schema)
    try:
        yield Database(url, engine, DatabaseIncidents(engine, SITE))
    finally:
        engine.dispose()


@contextmanager
def filled(
    kind: str, request: pytest.FixtureRequest, folder: Path, incidents: Any = INCIDENTS
) -> Iterator[Database]:
    if kind == "postgres":
        cluster: Cluster = request.getfixturevalue("postgres")
        url = postgres_database(cluster, incidents)
    else:
        url = sqlite_file(folder / "impact.db", incidents)
    with reading(url) as found:
        yield found


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Incidents 1 to 3, only read."""
    with filled(request.param, request, tmp_path_factory.mktemp("shared")) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Incidents 1 to 3 of the test's own."""
    if request.param == "postgres":
        yield request.getfixturevalue("own_postgres")
    else:
        with filled("sqlite", request, tmp_path) as found:
            yield found


@pytest.fixture
def own_postgres(
    template: str,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> Iterator[Database]:
    with reading(postgres.url(postgres.new_database(template))) as found:
        yield found


@pytest.fixture(scope="module")
def shared_postgres(
    template: str,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> Iterator[Database]:
    """Incidents 1 to 3, only read."""
    with reading(postgres.url(postgres.new_database(template))) as found:
        yield found


@pytest.fixture(scope="module")
def template(postgres: Cluster) -> str:  # noqa: F811 - the fixture
    """A database with incidents 1 to 3 to copy; nobody stays connected to it."""
    return make_url(postgres_database(postgres, INCIDENTS)).database or ""


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def many(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """Incidents 1 to `MANY`, only read."""
    if request.param == "postgres":
        yield request.getfixturevalue("many_postgres")
    else:
        with filled("sqlite", request, tmp_path_factory.mktemp("many"), CROWD) as found:
            yield found


@pytest.fixture(scope="module")
def many_postgres(postgres: Cluster) -> Iterator[Database]:  # noqa: F811 - the fixture
    with reading(postgres_database(postgres, CROWD)) as found:
        yield found


def ids(source: DatabaseIncidents, scope: Scope | None = None) -> list[int]:
    return sorted(incident.id for incident in source.incidents(scope or Scope()))


def failure(source: DatabaseIncidents, *secrets: str) -> ServiceError:
    """The error that a read ends in, worded for the user."""
    with pytest.raises(ServiceError) as caught:
        list(source.incidents(Scope()))
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert line.startswith(f"Impact's database at {caught.value.where}: {caught.value.seen}; ")
    assert caught.value.seen.strip()
    assert caught.value.advice.strip()
    assert "psycopg" not in line
    assert "SELECT incidents" not in line
    for secret in (*secrets, PASSWORD):
        assert secret not in line
    chain = caught.value.__cause__, caught.value.__context__
    assert caught.value.__suppress_context__ or chain == (None, None)
    return caught.value


# Nothing can be written

USER = UUID(int=7)
WRITES: dict[str, Any] = {
    "insert": insert(tables.incident_membership).values(incident_id=1, user_id=USER),
    "update": update(tables.incident).values(title="Changed"),
    "delete": delete(tables.incident_role),
    "create": text("CREATE TABLE mine (id int)"),
    "create as": text("CREATE TABLE mine AS SELECT * FROM incidents_incident"),
    "create index": text("CREATE INDEX mine ON incidents_incident (title)"),
    "create view": text("CREATE VIEW mine AS SELECT 1"),
    "alter": text("ALTER TABLE incidents_incident ADD COLUMN mine int"),
    "drop": DropTable(tables.incident_membership),
}
POSTGRES_WRITES = [
    "TRUNCATE incidents_incidentrole",
    "SELECT nextval(pg_get_serial_sequence('incidents_incidentrole', 'id'))",
    "SELECT * FROM incidents_incident FOR UPDATE",
    "WITH gone AS (DELETE FROM incidents_incidentrole RETURNING id) SELECT * FROM gone",
    "CREATE ROLE mine",
    "GRANT SELECT ON incidents_incident TO public",
    "COMMENT ON TABLE incidents_incident IS 'mine'",
    "SELECT lo_create(0)",
    "COPY incidents_incidentrole FROM STDIN",
]


def contents(database: Database) -> list[Any]:
    with database.writing() as connection:
        return [
            connection.execute(select(table)).all()
            for table in (tables.incident, tables.incident_role, tables.incident_membership)
        ]


@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written(shared: Database, name: str) -> None:
    before = contents(shared)
    with shared.engine.connect() as connection:
        refused = pytest.raises(DBAPIError, match=r"read-only|readonly")
        with refused:
            connection.execute(WRITES[name])
            connection.commit()
    assert contents(shared) == before


@pytest.mark.parametrize("statement", POSTGRES_WRITES)
def test_nothing_is_written_to_postgres(shared_postgres: Database, statement: str) -> None:
    with shared_postgres.engine.connect() as connection:
        with pytest.raises(DBAPIError) as caught:
            connection.exec_driver_sql(statement)
        assert getattr(caught.value.orig, "sqlstate", None) == "25006"  # read_only_sql_transaction


def test_no_later_transaction_can_write_either(own: Database) -> None:
    """Also once a transaction failed, ended, or came out of the pool again."""
    for _ in range(3):
        assert ids(own.source, Scope(everything=True)) == [1, 2, 3]
        with own.engine.connect() as connection:
            for end in (connection.rollback, connection.commit):
                connection.execute(select(tables.incident.c.id)).all()
                end()
                with pytest.raises(DBAPIError, match=r"read-only|readonly"):
                    connection.execute(update(tables.incident).values(title="Changed"))
                connection.rollback()


def test_a_file_stays_as_it_is_and_alone(tmp_path: Path) -> None:
    url = sqlite_file(tmp_path / "impact.db", INCIDENTS)
    path = tmp_path / "impact.db"
    before = sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns
    with reading(url) as database:
        assert ids(database.source) == [1, 2]
        database.source.accounts()
        database.source.revisions([1, 2, 3])
        with database.engine.connect() as connection, pytest.raises(DBAPIError):
            connection.execute(update(tables.incident).values(title="Changed"))
        assert list(tmp_path.iterdir()) == [path]
    assert (sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_not_written_even_with_the_pragma_lifted(tmp_path: Path) -> None:
    with (
        reading(sqlite_file(tmp_path / "impact.db", INCIDENTS)) as database,
        database.engine.connect() as connection,
    ):
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        with pytest.raises(DBAPIError, match="readonly"):
            connection.execute(update(tables.incident).values(title="Changed"))


def test_beside_a_file_nothing_is_written_either(tmp_path: Path) -> None:
    with (
        reading(sqlite_file(tmp_path / "impact.db", INCIDENTS)) as database,
        database.engine.connect() as connection,
        pytest.raises(DBAPIError, match="readonly"),
    ):
        connection.exec_driver_sql("CREATE TEMP TABLE mine AS SELECT * FROM incidents_user")


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with reading(f"sqlite:///{path}") as database:
        error = failure(database.source)
    assert "none.db" in error.where
    assert "impact.database_url" in error.advice
    assert not path.exists()


# Addresses


@pytest.mark.parametrize(
    "name", ["impact.db", "a b.db", "100%.db", "a#b.db", "é支.db", "a%20b.db", "a?b=c&d.db"]
)
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    sqlite_file(tmp_path / "plain.db", INCIDENTS)
    (tmp_path / "plain.db").rename(tmp_path / name)
    url = URL.create("sqlite", database=str(tmp_path / name)).render_as_string()
    if make_url(url).database != str(tmp_path / name):
        pytest.skip("this SQLAlchemy cannot write such a name in a URL")
    with reading(url) as database:
        assert ids(database.source) == [1, 2]


def test_a_relative_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sqlite_file(tmp_path / "impact.db", INCIDENTS)
    monkeypatch.chdir(tmp_path)
    with reading("sqlite:///impact.db") as database:
        assert ids(database.source) == [1, 2]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_has_three_spellings(shared_postgres: Database, scheme: str) -> None:
    rest = shared_postgres.url.partition("://")[2]
    with reading(f"{scheme}://{rest}") as database:
        assert ids(database.source) == [1, 2]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "s3cret",
        "s3cret@127.0.0.1/ff",
        "postgresql://me:s3@s3cret@127.0.0.1/ff",
        "://me:s3cret@127.0.0.1/ff",
        "https://me:s3cret@127.0.0.1/ff",
        "postgresql+none://me:s3cret@127.0.0.1/ff",
        "oracle://me:s3cret@127.0.0.1/ff",
        "mysql://me:s3cret@127.0.0.1/ff",
        "postgresql://me:s3cret@127.0.0.1:port/ff",
        "postgresql://me:s3cret@[::1/ff",
    ],
)
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_only_engine(url, "")
    (problem,) = caught.value.problems
    assert problem.startswith("impact.database_url: ")
    assert "s3cret" not in problem
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_another_database_is_not_told_to_be_postgres() -> None:
    with pytest.raises(ConfigError) as caught:
        read_only_engine("mysql://me:s3cret@127.0.0.1/ff", "")
    assert "pip install" not in str(caught.value)


# Schemas

SCHEMAS = ["ff", "Impact", 'Weird "Schema; é', "100% a,b"]


@pytest.fixture(scope="module")
def schemas(postgres: Cluster) -> str:  # noqa: F811 - the fixture
    """The address of a database with tables in every one of `SCHEMAS`, and none outside."""
    name = postgres.new_database()
    url = postgres.url(name)
    for number, schema in enumerate(SCHEMAS, start=1):
        quoted = '"' + schema.replace('"', '""') + '"'
        postgres.execute(f"CREATE SCHEMA {quoted}", database=name)
        within = create_engine(url)
        event.listen(within, "connect", _path(quoted))
        fill(within, [new(number)])
        within.dispose()
    return url


def _path(quoted: str) -> Callable[[Any, Any], None]:
    def configure(connection: Any, _: object) -> None:
        connection.execute(f"SET search_path TO {quoted}")
        connection.commit()

    return configure


@pytest.mark.parametrize("schema", SCHEMAS)
def test_tables_are_found_in_their_schema(schemas: str, schema: str) -> None:
    with reading(schemas, schema) as database:
        assert ids(database.source) == [SCHEMAS.index(schema) + 1]
        assert ids(database.source) == [SCHEMAS.index(schema) + 1]
        with (
            database.engine.connect() as connection,
            pytest.raises(DBAPIError, match="read-only"),
        ):
            connection.execute(update(tables.incident).values(title="Changed"))


@pytest.mark.parametrize("engine_of", [read_only_engine, writing_engine])
def test_nothing_of_ours_outlasts_a_transaction(
    schemas: str, engine_of: Callable[[str, str], Engine]
) -> None:
    """Behind a pooler the next transaction of the connection is FireFighter's own."""
    engine = engine_of(schemas, "ff")
    with engine.connect() as connection:
        for _ in range(10):  # psycopg prepares what comes five times
            assert connection.scalars(select(tables.incident.c.id).limit(1)).all()
        prepared = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").all()
    with closing(engine.raw_connection()) as bare, closing(bare.cursor()) as cursor:
        cursor.execute("SELECT name FROM pg_settings WHERE source = 'session'")
        left = cursor.fetchall()
    engine.dispose()
    assert (left, prepared) == ([], [])


@pytest.mark.parametrize("schema", ["", "nowhere", "public", "impact"])
def test_tables_that_are_not_in_the_schema_are_missed_in_words(schemas: str, schema: str) -> None:
    with reading(schemas, schema) as database:
        error = failure(database.source)
    assert "incidents_incident" in error.seen
    assert "impact.schema" in error.advice
    assert error.category is Category.VALIDATION


def test_the_users_own_search_path_holds_without_a_schema(
    schemas: str,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> None:
    name = make_url(schemas).database
    postgres.execute(
        f"CREATE ROLE pathed LOGIN PASSWORD '{PASSWORD}' SUPERUSER",
        f"ALTER ROLE pathed IN DATABASE {name} SET search_path TO ff",
    )
    with reading(postgres.url(name or "", "pathed")) as database:
        assert ids(database.source) == [1]


# Streaming


def test_rows_are_fetched_as_they_are_wanted(many: Database) -> None:
    cursors: list[Any] = []
    texts: list[bytes] = []

    def note(connection: Any, cursor: Any, statement: str, *_: object) -> None:
        if "set_config" not in statement:
            cursors.append(cursor)

    def counted(value: bytes) -> str:
        texts.append(value)
        return value.decode()

    if many.is_file:
        event.listen(many.engine, "connect", lambda raw, _: setattr(raw, "text_factory", counted))
    event.listen(many.engine, "before_cursor_execute", note)
    stream = many.source.incidents(Scope(everything=True))
    next(stream)
    (cursor,) = cursors
    if many.is_file:
        titles = [value for value in texts if value.startswith(b"Incident ")]
        assert 0 < len(titles) <= ROWS_AT_ONCE
    else:
        assert cursor.name  # the server's cursor: a client's holds every row
        assert 0 < cursor.rownumber <= ROWS_AT_ONCE
    assert sum(1 for _ in stream) == MANY - 1
    event.remove(many.engine, "before_cursor_execute", note)


def test_one_scope_is_one_query(shared: Database) -> None:
    statements: list[str] = []

    def note(*given: Any) -> None:
        asked(statements, given[2])

    event.listen(shared.engine, "before_cursor_execute", note)
    for scope in (Scope(), Scope(closed_since=DAY), Scope(everything=True)):
        statements.clear()
        before = shared.source.requests
        list(shared.source.incidents(scope))
        assert len(statements) == 1
        assert shared.source.requests == before + 1
    event.remove(shared.engine, "before_cursor_execute", note)


def test_one_who_stops_early_leaves_the_connection_to_the_next(many: Database) -> None:
    for _ in range(3):
        stream = many.source.incidents(Scope(everything=True))
        assert len(list(islice(stream, 5))) == 5
        stream.close()  # type: ignore[attr-defined]  # a generator, as every source is
    assert len(many.source.accounts()) == 3


# Failures


def test_a_wrong_password(shared_postgres: Database) -> None:
    url = make_url(shared_postgres.url).set(password="wr0ng")
    with reading(url.render_as_string(hide_password=False)) as database:
        error = failure(database.source, "wr0ng")
    assert "127.0.0.1" in error.where
    assert "password authentication failed" in error.seen
    assert "impact.database_url" in error.advice
    assert error.category is Category.AUTH


def test_no_password(shared_postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    url = shared_postgres.url.replace(f":{PASSWORD}@", "@")
    with reading(url) as database:
        error = failure(database.source)
    assert "password" in error.seen
    assert error.category is Category.AUTH


def test_no_such_database(shared_postgres: Database) -> None:
    url = make_url(shared_postgres.url).set(database="nowhere")
    with reading(url.render_as_string(hide_password=False)) as database:
        error = failure(database.source)
    assert error.where == "postgresql 127.0.0.1/nowhere"
    assert "does not exist" in error.seen
    assert "impact.database_url" in error.advice


def test_a_closed_port(shared_postgres: Database) -> None:
    url = make_url(shared_postgres.url).set(port=1)
    with reading(url.render_as_string(hide_password=False)) as database:
        error = failure(database.source)
    assert "refused" in error.seen
    assert "database is up" in error.advice
    assert error.category is Category.NETWORK


@pytest.mark.parametrize("asked", ["", "?connect_timeout=3"])
def test_a_connection_is_not_waited_for_for_ever(asked: str) -> None:
    """libpq waits without end for a host that accepts and says nothing."""
    with reading(f"postgresql://me:s3cret@127.0.0.1:1/ff{asked}") as database:
        given: dict[str, Any] = {}

        def look(_dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
            given.update(options)

        event.listen(database.engine, "do_connect", look)
        failure(database.source, "s3cret")
    if asked:
        assert int(given["connect_timeout"]) == 3
    else:
        assert 1 <= int(given["connect_timeout"]) <= 60


def test_a_missing_table(own: Database) -> None:
    with own.writing() as connection:
        connection.execute(text("ALTER TABLE raid_jiraticket RENAME TO elsewhere"))
    error = failure(own.source)
    assert "raid_jiraticket" in error.seen
    assert error.category is Category.VALIDATION


def test_a_missing_column(own: Database) -> None:
    with own.writing() as connection:
        connection.execute(text("ALTER TABLE incidents_incident DROP COLUMN private"))
    error = failure(own.source)
    assert "private" in error.seen
    assert error.category is Category.VALIDATION


def test_no_permission_to_select(
    own_postgres: Database,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> None:
    name = make_url(own_postgres.url).database or ""
    postgres.execute(f"CREATE ROLE nosy LOGIN PASSWORD '{PASSWORD}'")
    with reading(postgres.url(name, "nosy")) as database:
        error = failure(database.source)
        assert "permission denied" in error.seen
        assert "SELECT" in error.advice
        assert error.category is Category.PERMISSION
        granted = "GRANT SELECT ON ALL TABLES IN SCHEMA public TO nosy"
        postgres.execute(granted, database=name)
        assert ids(database.source) == [1, 2]


def test_a_statement_that_takes_too_long(
    own_postgres: Database,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> None:
    name = make_url(own_postgres.url).database or ""
    postgres.execute(
        f"CREATE ROLE hasty LOGIN PASSWORD '{PASSWORD}' SUPERUSER",
        "ALTER ROLE hasty SET statement_timeout = '50ms'",
    )
    with own_postgres.writing() as connection:
        connection.execute(text("LOCK TABLE incidents_incident IN ACCESS EXCLUSIVE MODE"))
        with reading(postgres.url(name, "hasty")) as database:
            error = failure(database.source)
    assert "timeout" in error.seen
    assert "too long" in error.advice
    assert error.category is Category.NETWORK


def test_a_lock_that_somebody_keeps_is_not_waited_for_for_ever(
    own_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "STATEMENT_SECONDS", 0.2)
    with own_postgres.writing() as connection:
        connection.execute(text("LOCK TABLE incidents_incident IN ACCESS EXCLUSIVE MODE"))
        with reading(own_postgres.url) as database:
            error = failure(database.source)
    assert "too long" in error.advice
    assert error.category is Category.NETWORK


def test_a_connection_lost_amid_the_rows(
    many_postgres: Database,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> None:
    stream = many_postgres.source.incidents(Scope())
    next(stream)
    name = many_postgres.engine.url.database
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
    postgres.execute(f"{end}'{name}'")
    with pytest.raises(ServiceError) as caught:
        list(stream)
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.category is Category.NETWORK
    assert len(ids(many_postgres.source)) == MANY


@contextmanager
def relayed(port: int) -> Iterator[tuple[int, Callable[[], None]]]:
    """A port that leads to another, and what cuts every connection through it."""
    listener = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)

    def serve() -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                ends.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut() -> None:
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], cut
    finally:
        cut()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        for end in (*ends, listener):
            end.close()


def test_a_line_cut_amid_the_rows_is_no_refused_password(
    many_postgres: Database,
    postgres: Cluster,  # noqa: F811 - the fixture
) -> None:
    with relayed(postgres.port) as (port, cut):
        url = make_url(many_postgres.url).set(port=port)
        with reading(url.render_as_string(hide_password=False)) as database:
            stream = database.source.incidents(Scope())
            next(stream)
            cut()
            with pytest.raises(ServiceError) as caught:
                list(stream)
    assert caught.value.category is Category.NETWORK
    assert "password" not in caught.value.advice
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("This is no database, and long enough to tell. " * 100)
    with reading(f"sqlite:///{path}") as database:
        error = failure(database.source)
    assert "text.db" in error.where
    assert "not a database" in error.seen


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with reading(f"sqlite:///{tmp_path}") as database:
        failure(database.source)


def test_a_file_that_another_has_locked(tmp_path: Path) -> None:
    url = sqlite_file(tmp_path / "impact.db", INCIDENTS)
    holder = sqlite3.connect(tmp_path / "impact.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with reading(url) as database:
        event.listen(database.engine, "connect", _impatient)
        error = failure(database.source)
    holder.close()
    assert "locked" in error.seen


def _impatient(connection: Any, _: object) -> None:
    connection.execute("PRAGMA busy_timeout = 20")


@pytest.mark.parametrize("ask", ["accounts", "revisions"])
def test_people_and_histories_fail_in_words_too(own: Database, ask: str) -> None:
    with own.writing() as connection:
        for table in ("jira_app_jirauser", "incidents_incidentupdate"):
            connection.execute(text(f"ALTER TABLE {table} RENAME TO other_{table}"))
    with pytest.raises(ServiceError) as caught:
        own.source.accounts() if ask == "accounts" else own.source.revisions([1])
    assert len(str(caught.value).splitlines()) == 1


# Values


def test_private_is_told(shared: Database) -> None:
    found = shared.source.incidents(Scope(everything=True))
    assert {incident.id: incident.private for incident in found} == {1: False, 2: True, 3: False}


def test_times_of_a_file_are_utc(tmp_path: Path) -> None:
    lima = DAY.astimezone(timezone(timedelta(hours=-5)))
    url = sqlite_file(tmp_path / "impact.db", [new(1, created_at=lima)])
    raw = sqlite3.connect(tmp_path / "impact.db")
    (stored,) = raw.execute("SELECT created_at FROM incidents_incident").fetchone()
    raw.close()
    assert stored.startswith(f"{DAY:%Y-%m-%d %H:%M:%S}")
    with reading(url) as database:
        (found,) = database.source.incidents(Scope())
    assert found.created_at == DAY
    assert found.created_at.utcoffset() == timedelta(0)


def test_an_unknown_status_is_its_number(own: Database) -> None:
    with own.writing() as connection:
        if own.is_file:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            name = "incidents_incident__status_valid"
            connection.execute(text(f"ALTER TABLE incidents_incident DROP CONSTRAINT {name}"))
        connection.execute(
            update(tables.incident).where(tables.incident.c.id == 1).values(status=35)
        )
    found = {incident.id: incident for incident in own.source.incidents(Scope())}
    assert found[1].status == "35"


def test_an_incident_is_read_as_firefighter_left_it(own: Database) -> None:
    with own.writing() as connection:
        connection.execute(
            update(tables.incident).values(title="Changed", updated_at=DAY + days(2))
        )
    found: dict[int, Incident] = {i.id: i for i in own.source.incidents(Scope())}
    assert {incident.title for incident in found.values()} == {"Changed"}
    assert {incident.updated_at for incident in found.values()} == {DAY + days(2)}


# Histories


def person(connection: Any, email: str) -> UUID:
    number: UUID = connection.scalar(select(tables.user.c.id).where(tables.user.c.email == email))
    return number


def history(connection: Any, *rows: tuple[int, datetime, dict[str, Any]]) -> None:
    """Updates of incidents, stored in this order."""
    for number, (incident, at, values) in enumerate(rows):
        times = {"event_ts": DAY, "created_at": at, "updated_at": DAY}
        row = {"id": UUID(int=100 - number), "incident_id": incident, **times, **values}
        connection.execute(insert(tables.incident_update), row)


def test_the_changes_are_told_oldest_first_whatever_their_place(own: Database) -> None:
    with own.writing() as connection:
        ada, edsger = person(connection, ADA), person(connection, EDSGER)
        grace, known = (
            person(connection, GRACE),
            select(tables.priority.c.id, tables.priority.c.value),
        )
        priority, value = connection.execute(known).first() or (None, None)
        history(
            connection,
            (1, DAY + days(3), {"title": "New", "created_by_id": ada}),
            (1, DAY + days(1), {"title": "Old", "status": 20, "created_by_id": edsger}),
            (1, DAY + days(2), {"priority_id": priority, "message": "from Jira"}),
            (1, DAY + days(9), {"message": "Nothing but words", "created_by_id": edsger}),
            (1, DAY + days(8), {"event_type": "recovered", "created_by_id": edsger}),
            (2, DAY + days(4), {"commander_id": ada, "created_by_id": grace}),
            (2, DAY + days(5), {"description": "", "created_by_id": ada}),
        )
    told = own.source.revisions([1, 2, 3])
    by_edsger, by_ada = ("Edsger", EDSGER), ("Ada Lovelace", ADA)
    assert told[1] == [
        Revision(Field.TITLE, DAY + days(1), *by_edsger, new="Old"),
        Revision(Field.STATUS, DAY + days(1), *by_edsger, new="INVESTIGATING"),
        Revision(Field.PRIORITY, DAY + days(2), new=value, synced=True),
        Revision(Field.TITLE, DAY + days(3), *by_ada, new="New"),
    ]
    assert told[2] == [
        Revision(Field.COMMANDER, DAY + days(4), None, GRACE, new=ADA),  # who has no name
        Revision(Field.DESCRIPTION, DAY + days(5), *by_ada, new=""),
    ]
    assert not told.get(3)


def test_all_changes_come_in_one_query_by_rising_id(own: Database) -> None:
    with own.writing() as connection:
        history(
            connection,
            (3, DAY, {"title": "C"}),
            (1, DAY + days(3), {"title": "B"}),
            (1, DAY + days(1), {"title": "A"}),
            (1, DAY + days(2), {"event_type": "recovered"}),
        )
    before = own.source.requests
    stream = own.source.all_revisions(Scope(everything=True))
    told = {number: (tell(list(Field)), tell([Field.TITLE])) for number, tell in stream}
    assert own.source.requests == before + 1
    assert list(told) == [1, 2, 3]
    assert {number: every for number, (every, _) in told.items()} == {
        2: [],
        **own.source.revisions([1, 3]),
    }
    assert [one.new for one in told[1][0]] == ["A", "B"]
    assert all(titles == every for every, titles in told.values())
    assert list(own.source.all_revisions(Scope(incidents=frozenset({1})))) == []


def test_all_changes_are_fetched_as_they_are_wanted(many: Database) -> None:
    with many.writing() as connection:
        for n in range(1, MANY + 1):
            row = update_row(n, DAY, id=UUID(int=n), title=f"Title {n}")
            connection.execute(insert(tables.incident_update), row)
    cursors: list[Any] = []
    texts: list[bytes] = []

    def counted(value: bytes) -> str:
        texts.append(value)
        return value.decode()

    many.engine.dispose()
    if many.is_file:
        event.listen(many.engine, "connect", lambda raw, _: setattr(raw, "text_factory", counted))
    event.listen(many.engine, "before_cursor_execute", lambda *given: cursors.append(given[1]))
    stream = many.source.all_revisions(Scope(everything=True))
    assert next(stream)[0] == 1
    if many.is_file:
        assert (
            0 < sum(value.startswith(b"Title ") for value in texts) <= ROWS_AT_ONCE + 1
        )  # and whose the next is
    else:
        assert cursors[-1].name  # the server's cursor: a client's holds every row
    assert len(list(stream)) == MANY - 1
    with many.writing() as connection:
        connection.execute(delete(tables.incident_update))


def test_incidents_come_by_rising_id_as_their_changes_do(many: Database) -> None:
    found = [one.id for one in many.source.incidents(Scope(everything=True))]
    assert found == [number for number, _ in many.source.all_revisions(Scope(everything=True))]
    assert found == sorted(found)


def test_all_changes_end_before_an_incident_of_which_one_cannot_be_read(own: Database) -> None:
    with own.writing() as connection:
        for number in (1, 2, 2, 3):
            row = update_row(number, DAY, id=uuid4(), title="Another")
            connection.execute(insert(tables.incident_update), row)
    spoil(
        own,
        "UPDATE incidents_incidentupdate SET created_at = 'infinity' WHERE id = "
        "(SELECT id FROM incidents_incidentupdate WHERE incident_id = 2 LIMIT 1)",
    )
    told: list[int] = []
    with pytest.raises(ServiceError) as caught:
        told.extend(number for number, _ in own.source.all_revisions(Scope(everything=True)))
    assert caught.value.answered
    assert 2 not in told


def test_changes_of_others_are_left_out(own: Database) -> None:
    with own.writing() as connection:
        history(connection, (1, DAY, {"title": "A"}), (2, DAY, {"title": "B"}))
    assert set(own.source.revisions([2])) == {2}


def test_changes_of_many_incidents(many: Database) -> None:
    with many.writing() as connection:
        history(connection, (MANY, DAY, {"title": "A"}), (1, DAY, {"title": "B"}))
    assert {n for n, told in many.source.revisions(range(1, MANY + 1)).items() if told} == {1, MANY}
    with many.writing() as connection:
        connection.execute(delete(tables.incident_update))


# Rows of which nothing can be made


def spoil(own: Database, *statements: str) -> None:
    with own.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


SPOILT_ROWS = {
    "sqlite": [
        "UPDATE incidents_incident SET created_at = 'infinity' WHERE id = 2",
        "UPDATE incidents_incident SET created_at = 7 WHERE id = 2",
        "UPDATE incidents_incident SET updated_at = '2026-99-99 00:00:00.000000' WHERE id = 2",
        "UPDATE incidents_incident SET title = CAST(x'ff' AS TEXT) WHERE id = 2",
    ],
    "postgresql": [
        "UPDATE incidents_incident SET created_at = 'infinity' WHERE id = 2",
        "UPDATE incidents_incident SET created_at = '-infinity' WHERE id = 2",
        "UPDATE incidents_incident SET updated_at = '12000-01-01 00:00:00+00' WHERE id = 2",
        "UPDATE incidents_incident SET created_at = '0044-03-15 00:00:00+00 BC' WHERE id = 2",
        "UPDATE incidents_incident SET created_at = '9999-12-31 23:59:59+00' WHERE id = 2",
    ],
}


@pytest.mark.parametrize("which", range(5))
def test_a_row_that_cannot_be_read_spoils_no_other(own: Database, which: int) -> None:
    statements = SPOILT_ROWS[own.engine.dialect.name]
    spoil(own, statements[which % len(statements)])

    assert ids(own.source, Scope(everything=True)) == [1, 3]
    (unread,) = own.source.unread
    assert (unread.what, unread.category) == ("incident 2", Category.VALIDATION)
    assert len(unread.why.splitlines()) == 1
    with pytest.raises(ServiceError, match="a value that cannot be read"):
        own.source.current({1, 2})
    assert own.source.current({1, 3}).keys() == {1, 3}


def test_of_many_rows_one_is_found_by_few_queries(tmp_path: Path) -> None:
    url = sqlite_file(tmp_path / "impact.db", CROWD)
    with reading(url) as database:
        spoil(database, "UPDATE incidents_incident SET created_at = 'infinity' WHERE id = 1500")
        found = ids(database.source, Scope(everything=True))
    assert found == [number for number in range(1, MANY + 1) if number != 1_500]
    assert [unread.what for unread in database.source.unread] == ["incident 1500"]
    assert database.source.requests <= 30


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE incidents_incident SET title = x'41' WHERE id = 1", Field.TITLE),
        ("UPDATE incidents_incident SET description = x'41' WHERE id = 1", Field.DESCRIPTION),
        ("UPDATE incidents_user SET email = x'41'", Field.COMMANDER),
    ],
)
def test_a_field_of_another_type_is_unreadable(
    tmp_path: Path, statement: str, field: Field
) -> None:
    """SQLite keeps whatever it is given."""
    with reading(sqlite_file(tmp_path / "impact.db", INCIDENTS[:1])) as database:
        with database.writing() as connection:
            connection.execute(text("DELETE FROM incidents_user WHERE email <> :one"), {"one": ADA})
            connection.execute(text(statement))
        (found,) = database.source.incidents(Scope())
        database.source.accounts()
        assert database.source.unread == ()
    assert [name for name in Field if found.value(name) is UNREADABLE] == [field]


def test_an_update_that_cannot_be_read_may_be_any_change_of_its_incident_alone(
    own: Database,
) -> None:
    with own.writing() as connection:
        for number in (1, 2):
            row = update_row(number, DAY, id=UUID(int=number), title="Another")
            connection.execute(insert(tables.incident_update), row)
    time = "'infinity'"
    spoil(own, f"UPDATE incidents_incidentupdate SET created_at = {time} WHERE incident_id = 2")

    told = own.source.revisions([1, 2])

    assert [(one.field, one.new) for one in told[1]] == [(Field.TITLE, "Another")]
    assert {one.at for one in told[2]} == {UNKNOWN_TIME}
    assert {one.field for one in told[2]} == set(Field)


def test_an_account_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    with reading(sqlite_file(tmp_path / "impact.db", INCIDENTS)) as database:
        before = dict(database.source.accounts())
        spoil(
            database,
            "UPDATE jira_app_jirauser SET id = CAST(x'ffff' AS TEXT) WHERE id = 'acc-ada'",
        )
        assert database.source.accounts() == {
            email: account for email, account in before.items() if account != "acc-ada"
        }
    assert len(before) > 1
