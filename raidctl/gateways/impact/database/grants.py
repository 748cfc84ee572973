"""Whether Impact's database has what writing takes: tables, columns and grants.

Source: facts/firefighter.md, section 5, of which `uses_of` is the least for the fields asked for.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, func, inspect, select, text, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from raidctl.core.model import Field
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import (
    NO_TABLE,
    OTHER_VERSION,
    READ_ONLY,
    WRITING,
    error_code,
    explained,
    failure,
    is_file,
)
from raidctl.gateways.impact.database.rows import INSERT, LOCK, ROWS, SELECT, UPDATE, Use

_UPDATE_ROW = ("id", "incident_id", "message", "event_ts", "created_at", "updated_at")
_ALWAYS: tuple[Use, ...] = (
    (SELECT, tables.incident, ("id",)),
    (INSERT, tables.incident_update, _UPDATE_ROW),
    (LOCK, tables.incident, ("updated_at",)),  # only a commander asks for no other update
)
Uses = Sequence[Use]


def uses_of(fields: Collection[Field]) -> Uses:
    """What writing these fields of incidents uses."""
    return [*_ALWAYS, *(use for field, row in ROWS.items() if field in fields for use in row.uses)]


def check_tables(connection: Connection, uses: Uses) -> None:
    """See that all is there that writing uses, and that a new row needs no more.

    Raises `ServiceError` that names the tables or columns at fault.
    """
    used = _columns(uses, SELECT, INSERT, UPDATE)
    found = inspect(connection).get_multi_columns(filter_names=list(used))
    there = {name: {told["name"]: told for told in columns} for (_, name), columns in found.items()}
    if lost := [name for name in used if name not in there]:
        raise failure(connection.engine, f"there is no table {', '.join(lost)}", *NO_TABLE)
    if lost := [f"{name}.{column}" for name, column in _pairs(used) if column not in there[name]]:
        raise failure(connection.engine, f"there is no column {', '.join(lost)}", *OTHER_VERSION)
    filled = _columns(uses, INSERT)
    needs = {name: [c for c, told in there[name].items() if _is_needed(told)] for name in filled}
    if unknown := [
        f"{name}.{column}" for name, column in _pairs(needs) if column not in filled[name]
    ]:
        seen = f"a new row needs {', '.join(unknown)}, which raidctl does not know"
        raise failure(connection.engine, seen, *OTHER_VERSION)


def missing_rights(connection: Connection, uses: Uses) -> Sequence[str]:
    """What the user lacks to write, each in words."""
    if is_file(connection.engine):
        return [] if _takes_writes(connection) else ["write access to the file"]
    return [
        *_missing_access(connection),
        *_missing_grants(connection, uses),
        *_missing_sequences(connection, uses),
    ]


def lacked_by_a_reader(engine: Engine, uses: Uses) -> Sequence[str]:
    """The same, by one connection of an engine of `read_only_engine`; it tries nothing out.

    Raises `ServiceError` where the database is out of reach or is not what raidctl writes.
    """
    try:
        with engine.connect() as connection:
            check_tables(connection, uses)
            return unwritable(engine) if is_file(engine) else missing_rights(connection, uses)
    except SQLAlchemyError as error:
        raise explained(engine, error, WRITING) from None


def unwritable(engine: Engine) -> Sequence[str]:
    """What is missing to write a file, by looking alone."""
    place = (engine.url.database or "").removeprefix("file:")
    return [] if os.access(unquote(place), os.W_OK) else ["write access to the file"]


def _columns(uses: Uses, *rights: str) -> dict[str, dict[str, None]]:
    """The columns of each table on which writing takes one of the rights."""
    found: dict[str, dict[str, None]] = {}
    for right, table, columns in uses:
        if right in rights:
            found.setdefault(table.name, {}).update(dict.fromkeys(columns))
    return found


def _pairs(columns: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    """Each table with each of its columns."""
    for name, some in columns.items():
        yield from ((name, column) for column in some)


def _is_needed(column: Mapping[str, Any]) -> bool:
    """Whether a row cannot do without its being given; SQLite numbers the rows of a key."""
    fills_itself = any(column.get(kind) for kind in ("identity", "computed", "primary_key"))
    return not (column["nullable"] or column["default"] is not None or fills_itself)


def _takes_writes(connection: Connection) -> bool:
    """Whether a file can be written; found out by an update of no row."""
    try:
        title = tables.incident.c.title
        connection.execute(update(tables.incident).values(title=title).where(title.is_(None)))
    except OperationalError as error:
        if error_code(error) == READ_ONLY:
            return False
        raise
    return True


def _missing_access(connection: Connection) -> Iterator[str]:
    standby, read_only = connection.execute(
        text(
            "SELECT pg_is_in_recovery(), reset_val FROM pg_settings"
            " WHERE name = 'default_transaction_read_only'"  # whatever this session has set
        )
    ).one()
    if standby:
        yield "write access: this server is a standby, which can only be read"
    elif read_only == "on":
        yield "write access: default_transaction_read_only is on"


def _missing_grants(connection: Connection, uses: Uses) -> Iterator[str]:
    """Each grant that is not there, as GRANT spells it."""
    needed = [
        (right, name, column)
        for right in (SELECT, INSERT, UPDATE)
        for name, column in _pairs(_columns(uses, right))
    ]
    asked = (func.has_column_privilege(name, column, right) for right, name, column in needed)
    held = connection.execute(select(*asked)).one()
    lacking: dict[tuple[str, str], list[str]] = {}
    for (right, name, column), has in zip(needed, held, strict=True):
        if not has:
            lacking.setdefault((right, name), []).append(column)
    for (right, name), columns in lacking.items():
        where = f" ({', '.join(columns)})" if right == UPDATE else ""
        yield f"{right}{where} on {name}"
    for name, column in _pairs(_columns(uses, LOCK)):
        may_lock = connection.scalar(select(func.has_any_column_privilege(name, UPDATE)))
        if not may_lock and (UPDATE, name) not in lacking:
            yield f"{UPDATE} ({column}) on {name}"


def _missing_sequences(connection: Connection, uses: Uses) -> Iterator[str]:
    """Where FireFighter is older, a sequence numbers new rows, and asks for a grant of its own.

    Django has made identity columns since 4.1, which ask for none, and left the others as they are.
    """
    for name in _columns(uses, INSERT):
        for told in inspect(connection).get_columns(name):
            if told["default"] is not None and told["autoincrement"]:
                sequence = connection.scalar(
                    select(func.pg_get_serial_sequence(name, told["name"]))
                )
                if not connection.scalar(select(func.has_sequence_privilege(sequence, "USAGE"))):
                    yield f"USAGE on sequence {sequence}"
