"""What the database writer finds missing before it writes: tables, columns, grants, access."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count

import pytest
from sqlalchemy import create_engine, event

from raidctl.core.model import Field, Value
from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.grants import lacked_by_a_reader, uses_of
from tests.contract.impact_rows import LED, RECOVERED, UNLED, Impact, opened, run
from tests.contract.postgres import PASSWORD, Cluster
from tests.contract.sources import ADA, GRACE, fill, new

pytestmark = pytest.mark.slow

ALL: dict[Field, Value] = {
    Field.TITLE: "New",
    Field.DESCRIPTION: "New",
    Field.PRIORITY: 1,
    Field.STATUS: "MITIGATED",
    Field.COMMANDER: GRACE,
}
COMMON = [
    "SELECT on incidents_incident",
    "INSERT on incidents_incidentupdate",
]
LEAST = {  # facts/firefighter.md, section 5, taken apart by field
    Field.TITLE: [*COMMON, "UPDATE (title, updated_at) on incidents_incident"],
    Field.DESCRIPTION: [*COMMON, "UPDATE (description, updated_at) on incidents_incident"],
    Field.PRIORITY: [
        *COMMON,
        "SELECT on incidents_priority",
        "UPDATE (priority_id, updated_at) on incidents_incident",
    ],
    Field.STATUS: [
        *COMMON,
        "SELECT on incidents_incidentupdate",
        "SELECT on incidents_metrictype",
        "SELECT on incidents_milestonetype",
        "SELECT on incidents_incidentmetric",
        "INSERT on incidents_incidentmetric",
        "UPDATE (status, updated_at, mitigated_at) on incidents_incident",
        "UPDATE (event_ts, updated_at, created_by_id) on incidents_incidentupdate",
        "UPDATE (duration) on incidents_incidentmetric",
    ],
    Field.COMMANDER: [
        *COMMON,
        "SELECT on incidents_user",
        "SELECT on incidents_incidentroletype",
        "SELECT on incidents_incidentrole",
        "INSERT on incidents_incidentrole",
        "UPDATE (user_id, updated_at) on incidents_incidentrole",
        "UPDATE (updated_at) on incidents_incident",  # to lock the row
    ],
}
CHANGED = ["title", "updated_at", "description", "priority_id", "status", "mitigated_at"]
TOGETHER = [
    "SELECT on incidents_incident",
    "SELECT on incidents_priority",
    "SELECT on incidents_incidentupdate",
    "SELECT on incidents_metrictype",
    "SELECT on incidents_milestonetype",
    "SELECT on incidents_incidentmetric",
    "SELECT on incidents_user",
    "SELECT on incidents_incidentroletype",
    "SELECT on incidents_incidentrole",
    "INSERT on incidents_incidentupdate",
    "INSERT on incidents_incidentmetric",
    "INSERT on incidents_incidentrole",
    f"UPDATE ({', '.join(CHANGED)}) on incidents_incident",
    "UPDATE (event_ts, updated_at, created_by_id) on incidents_incidentupdate",
    "UPDATE (duration) on incidents_incidentmetric",
    "UPDATE (user_id, updated_at) on incidents_incidentrole",
]
NAMES = count(1)


@contextmanager
def user(owner: Impact, cluster: Cluster) -> Iterator[tuple[str, Impact]]:
    """Somebody who may do nothing, and the writer that goes in by that name; gone at the end."""
    name = f"writer_{next(NAMES)}"
    cluster.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", database=owner.database)
    try:
        with opened(cluster.url(owner.database, name)) as mine:
            yield name, mine
    finally:
        cluster.execute(f"DROP OWNED BY {name}", f"DROP ROLE {name}", database=owner.database)


def looked_at(url: str) -> list[str]:
    """What whoever only reads finds missing."""
    engine = read_only_engine(url, "")
    try:
        return list(lacked_by_a_reader(engine, uses_of(list(Field))))
    finally:
        engine.dispose()


def grant(owner: Impact, name: str, rights: Collection[str]) -> None:
    with owner.editing() as connection:
        run(connection, *(f"GRANT {right} TO {name}" for right in rights))


def revoke(owner: Impact, name: str, rights: Collection[str]) -> None:
    with owner.editing() as connection:
        run(connection, *(f"REVOKE {right} FROM {name}" for right in rights))


def singly(right: str) -> list[str]:
    """A right on several columns as one on each of them."""
    words, _, table = right.partition(" on ")
    kind, _, columns = words.partition(" ")
    if not columns:
        return [right]
    return [f"{kind} ({column}) on {table}" for column in columns.strip("()").split(", ")]


@pytest.mark.parametrize("field", LEAST)
def test_the_least_grants_of_a_field_are_named_and_suffice(
    own_server: Impact, postgres: Cluster, field: Field
) -> None:
    with user(own_server, postgres) as (name, mine):
        missing = list(mine.writer.missing([field]))
        assert sorted(missing) == sorted(LEAST[field])
        grant(own_server, name, missing)
        assert list(mine.writer.missing([field])) == []
        for number in (LED, UNLED, RECOVERED):
            mine.writer.write(own_server.link(number), {field: ALL[field]}, {})


def test_the_least_grants_of_all_fields_are_named_and_suffice(
    own_server: Impact, postgres: Cluster
) -> None:
    with user(own_server, postgres) as (name, mine):
        looked = partial(looked_at, postgres.url(own_server.database, name))
        assert list(mine.writer.missing(list(Field))) == looked() == TOGETHER
        grant(own_server, name, TOGETHER)
        assert list(mine.writer.missing(list(Field))) == looked() == []
        for number in (LED, UNLED, RECOVERED):
            mine.writer.write(own_server.link(number), ALL, {})


def never_commit(impact: Impact) -> None:
    """Every write fails at its very end, so that the next finds all as it was."""
    body = "BEGIN RAISE EXCEPTION 'all but written'; END"
    with impact.editing() as connection:
        run(
            connection,
            f"CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
            "CREATE CONSTRAINT TRIGGER never AFTER INSERT ON incidents_incidentupdate"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION never()",
        )


def test_each_grant_is_missed_by_name_and_needed(own_server: Impact, postgres: Cluster) -> None:
    """Without it the user is told of it, and cannot write one or another of the incidents."""
    links = [own_server.link(number) for number in (LED, UNLED, RECOVERED)]
    never_commit(own_server)
    with user(own_server, postgres) as (name, mine):

        def attempts() -> set[str]:
            return {failure(partial(mine.writer.write, link, ALL, {})).seen for link in links}

        grant(own_server, name, TOGETHER)
        assert attempts() == {"all but written"}
        for right in (single for several in TOGETHER for single in singly(several)):
            revoke(own_server, name, [right])
            assert list(mine.writer.missing(list(Field))) == [right]
            table = right.partition(" on ")[2]
            assert f"permission denied for table {table}" in attempts(), right
            grant(own_server, name, [right])


def test_an_older_sequence_asks_for_a_grant_of_its_own(
    own_server: Impact, postgres: Cluster
) -> None:
    """Django made such columns before 4.1, and never changes them."""
    with own_server.editing() as connection:
        run(
            connection,
            "ALTER TABLE incidents_incidentrole ALTER id DROP IDENTITY",
            "CREATE SEQUENCE numbers START 900 OWNED BY incidents_incidentrole.id",
            "ALTER TABLE incidents_incidentrole ALTER id SET DEFAULT nextval('numbers')",
        )
    assert list(own_server.writer.missing(list(Field))) == []
    with user(own_server, postgres) as (name, mine):
        grant(own_server, name, TOGETHER)
        assert list(mine.writer.missing(list(Field))) == ["USAGE on sequence public.numbers"]
        grant(own_server, name, ["USAGE on sequence public.numbers"])
        assert list(mine.writer.missing(list(Field))) == []
        mine.writer.write(own_server.link(UNLED), ALL, {})


def test_one_grant_to_change_the_incident_locks_it(own_server: Impact, postgres: Cluster) -> None:
    """Whichever it is: a commander changes nothing of the incident itself."""
    rights = [right for right in LEAST[Field.COMMANDER] if not right.endswith("incidents_incident")]
    with user(own_server, postgres) as (name, mine):
        grant(own_server, name, [*rights, *COMMON, "UPDATE (ignore) on incidents_incident"])
        assert list(mine.writer.missing([Field.COMMANDER])) == []
        mine.writer.write(own_server.link(LED), {Field.COMMANDER: GRACE}, {})


def test_to_remove_a_commander_takes_a_grant_that_is_named(
    own_server: Impact, postgres: Cluster
) -> None:
    """An undo alone does so: it is not asked of everybody."""
    link = own_server.link(LED)
    with user(own_server, postgres) as (name, mine):
        grant(own_server, name, LEAST[Field.COMMANDER])
        error = failure(lambda: mine.writer.write(link, {Field.COMMANDER: None}, {}))
        assert error.category is Category.PERMISSION
        assert "DELETE on incidents_incidentrole" in error.advice
        grant(own_server, name, ["DELETE on incidents_incidentrole"])
        mine.writer.write(link, {Field.COMMANDER: None}, {})


def failure(act: Callable[[], object]) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        act()
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_looking_is_one_transaction_and_leaves_nothing(impact: Impact) -> None:
    with impact.untouched():
        assert list(impact.writer.missing(list(Field))) == []
        assert impact.writer.requests == 1
    with impact.editing() as connection:  # and holds nothing
        run(connection, "UPDATE incidents_incident SET title = 'Free'")


# Tables and columns


@pytest.mark.parametrize(
    "table",
    [
        "incidents_incident",
        "incidents_incidentupdate",
        "incidents_priority",
        "incidents_incidentmetric",
        "incidents_metrictype",
        "incidents_milestonetype",
        "incidents_incidentrole",
        "incidents_incidentroletype",
        "incidents_user",
    ],
)
def test_a_table_that_is_missing_is_named(impact: Impact, table: str) -> None:
    with impact.editing() as connection:
        run(connection, f"ALTER TABLE {table} RENAME TO other_{table}")
    error = failure(lambda: impact.writer.missing(list(Field)))
    assert error.seen == f"there is no table {table}"
    assert "impact.schema" in error.advice
    assert error.category is Category.VALIDATION


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("incidents_incident", "mitigated_at"),
        ("incidents_incident", "updated_at"),
        ("incidents_incidentupdate", "event_type"),
        ("incidents_incidentupdate", "message"),
        ("incidents_incidentupdate", "created_by_id"),
        ("incidents_incidentmetric", "duration"),
        ("incidents_priority", "value"),
        ("incidents_incidentrole", "created_at"),
        ("incidents_incidentroletype", "slug"),
    ],
)
def test_a_column_that_is_missing_is_named(impact: Impact, table: str, column: str) -> None:
    with impact.editing() as connection:
        run(connection, f"ALTER TABLE {table} RENAME {column} TO other")
    error = failure(lambda: impact.writer.missing(list(Field)))
    assert error.seen == f"there is no column {table}.{column}"
    assert "version" in error.advice
    assert error.category is Category.VALIDATION


@pytest.mark.parametrize(
    "table", ["incidents_incidentupdate", "incidents_incidentrole", "incidents_incidentmetric"]
)
def test_a_column_that_nobody_would_fill_is_named(impact: Impact, table: str) -> None:
    with impact.editing() as connection:
        run(
            connection,
            f"ALTER TABLE {table} ADD COLUMN spare text",
            f"ALTER TABLE {table} ADD COLUMN given text NOT NULL DEFAULT ''",
        )
        if not impact.is_file:
            run(
                connection,
                f"ALTER TABLE {table} ADD COLUMN made int NOT NULL GENERATED ALWAYS AS (1) STORED",
            )
    assert list(impact.writer.missing(list(Field))) == []
    add_required(impact, table)
    error = failure(lambda: impact.writer.missing(list(Field)))
    assert error.seen == f"a new row needs {table}.needed, which raidctl does not know"
    assert "version" in error.advice
    assert error.category is Category.VALIDATION


def add_required(impact: Impact, table: str) -> None:
    """SQLite adds no column that is not null and has no default; it takes one that has none."""
    with impact.editing() as connection:
        if not impact.is_file:
            run(connection, f"DELETE FROM {table}")
            run(connection, f"ALTER TABLE {table} ADD COLUMN needed text NOT NULL")
            return
        columns = [column.name for column in tables.metadata.tables[table].columns]
        described = ", ".join(f"{column} text" for column in columns)
        run(
            connection,
            f"DROP TABLE {table}",
            f"CREATE TABLE {table} ({described}, needed text NOT NULL)",
        )


def test_a_column_that_needs_to_be_filled_elsewhere_matters_to_nobody(impact: Impact) -> None:
    with impact.editing() as connection:
        run(connection, "ALTER TABLE incidents_incident ADD COLUMN needed text NOT NULL DEFAULT ''")
        if not impact.is_file:
            run(connection, "ALTER TABLE incidents_incident ALTER needed DROP DEFAULT")
    assert list(impact.writer.missing(list(Field))) == []


def test_a_key_that_no_longer_numbers_itself_is_named(own_server: Impact) -> None:
    with own_server.editing() as connection:
        run(connection, "ALTER TABLE incidents_incidentrole ALTER id DROP IDENTITY")
    error = failure(lambda: own_server.writer.missing([Field.COMMANDER]))
    assert "incidents_incidentrole.id" in error.seen


def test_what_another_field_uses_may_be_missing(impact: Impact) -> None:
    with impact.editing() as connection:
        for table in ("incidentmetric", "incidentrole", "priority"):
            run(connection, f"ALTER TABLE incidents_{table} RENAME TO other_{table}")
    assert list(impact.writer.missing([Field.TITLE, Field.DESCRIPTION])) == []
    for field in (Field.STATUS, Field.COMMANDER, Field.PRIORITY):
        failure(partial(impact.writer.missing, [field]))


# Schemas, and servers that can only be read


@pytest.fixture
def schema(postgres: Cluster) -> Iterator[Impact]:
    """FireFighter's tables in a schema of their own, and in `public` others of that name."""
    url = postgres.url(postgres.new_database())
    for path, title in (("public", "public"), ('"Weird ""S"', "here")):
        engine = create_engine(url)
        with engine.begin() as connection:
            run(connection, f"CREATE SCHEMA IF NOT EXISTS {path}")
        engine.dispose()
        event.listen(engine, "connect", _path(path))
        fill(engine, [new(LED, commander=ADA, title=title)], bare=False)
        engine.dispose()
    with opened(url, 'Weird "S') as found:
        yield found


def _path(path: str) -> Callable[[object, object], None]:
    def configure(connection: object, _: object) -> None:
        connection.execute(f"SET search_path TO {path}")  # type: ignore[attr-defined]
        connection.commit()  # type: ignore[attr-defined]

    return configure


def test_a_schema_is_written_and_no_other(schema: Impact) -> None:
    assert list(schema.writer.missing(list(Field))) == []
    link = schema.link(LED)
    assert link.incident.title == "here"
    with schema.untouched():  # of public
        schema.writer.write(link, ALL, {})
    assert schema.incident(LED).title == "New"


def test_another_schema_lacks_every_table(schema: Impact) -> None:
    link = schema.link(LED)
    with opened(schema.url, "nowhere") as lost:
        error = failure(lambda: lost.writer.missing([Field.TITLE]))
        assert error.seen == "there is no table incidents_incident, incidents_incidentupdate"
        assert "impact.schema" in error.advice
        assert error.category is Category.VALIDATION
        error = failure(lambda: lost.writer.write(link, ALL, {}))
        assert "impact.schema" in error.advice
        assert error.category is Category.VALIDATION


def test_grants_are_those_of_the_schema(schema: Impact, postgres: Cluster) -> None:
    name = f"writer_{next(NAMES)}"
    postgres.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    with schema.editing() as connection:
        run(
            connection,
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}",
            f'GRANT USAGE ON SCHEMA "Weird ""S" TO {name}',
        )
    with opened(postgres.url(schema.database, name), schema.schema) as mine:
        assert list(mine.writer.missing([Field.TITLE])) == LEAST[Field.TITLE]


def test_a_server_that_can_only_be_read_is_told(own_server: Impact, postgres: Cluster) -> None:
    link = own_server.link(LED)
    with user(own_server, postgres) as (name, mine):
        grant(own_server, name, TOGETHER)
        with own_server.editing() as connection:
            run(connection, f"ALTER ROLE {name} SET default_transaction_read_only = on")
        told = list(mine.writer.missing(list(Field)))
        assert told == ["write access: default_transaction_read_only is on"]
        assert looked_at(postgres.url(own_server.database, name)) == told
        error = failure(lambda: mine.writer.write(link, ALL, {}))
        assert error.category is Category.PERMISSION
        assert "cannot be written" in error.advice
