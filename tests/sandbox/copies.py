"""A copy of a real FireFighter's rows, for the sandbox to be its twin."""

from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select

from raidctl.gateways.impact.database import tables


def copy_rows(real: Engine, twin: Engine) -> None:
    """Copy every row of FireFighter's tables; SQLite keeps no offset: its times are UTC."""
    with real.connect() as source, twin.begin() as target:
        for table in tables.metadata.sorted_tables:
            found = [
                {
                    name: value.astimezone(UTC) if isinstance(value, datetime) else value
                    for name, value in row.items()
                }
                for row in source.execute(select(table)).mappings()
            ]
            if found:
                target.execute(insert(table), found)
