"""What doctor finds of Impact's database: PostgreSQL's grants, its tables, and how it is told."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine

from raidctl.core.model import Field
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.examining import DatabaseExamination
from raidctl.gateways.impact.database.grants import Uses, uses_of
from raidctl.gateways.impact.database.reader import DatabaseIncidents, reads
from tests.contract.impact_rows import LED, Impact
from tests.contract.postgres import PASSWORD, Cluster
from tests.contract.sources import SITE
from tests.contract.test_impact_rights import LEAST, grant, revoke, user

READABLE = {
    f"SELECT on {table}"
    for table in (
        *("incidents_incident", "incidents_incidentupdate", "incidents_priority"),
        *("incidents_user", "incidents_incidentrole", "incidents_incidentroletype"),
        *("jira_app_jiraissue", "jira_app_jirauser", "raid_jiraticket"),
    )
}


@contextmanager
def engine(url: str) -> Iterator[Engine]:
    made = read_only_engine(url, "")
    try:
        yield made
    finally:
        made.dispose()


@contextmanager
def examined(url: str, writes: Uses = ()) -> Iterator[DatabaseExamination]:
    with engine(url) as made:
        yield DatabaseExamination(made, reads(), writes)


def test_the_grants_of_a_reader_are_named_and_suffice(
    own_server: Impact, postgres: Cluster
) -> None:
    """They are taken from the very statements: whatever these ask for is granted."""
    with user(own_server, postgres) as (name, _):
        url = postgres.url(own_server.database, name)
        with examined(url) as mine, engine(url) as used:
            assert f"as {name}" in mine.connect()
            mine.check_tables()
            assert set(mine.missing_rights()) == READABLE
            grant(own_server, name, READABLE)
            assert list(mine.missing_rights()) == []
            reader = DatabaseIncidents(used, SITE)
            assert LED in {one.id for one in reader.incidents(Scope(everything=True))}
            assert reader.accounts()
            assert LED in reader.revisions([LED])
            for right in READABLE:
                revoke(own_server, name, [right])
                assert list(mine.missing_rights()) == [right]
                grant(own_server, name, [right])


def test_who_writes_as_well_needs_more(own_server: Impact, postgres: Cluster) -> None:
    with (
        user(own_server, postgres) as (name, _),
        examined(postgres.url(own_server.database, name), uses_of([Field.TITLE])) as mine,
    ):
        grant(own_server, name, READABLE)
        writing = [right for right in LEAST[Field.TITLE] if not right.startswith("SELECT")]
        assert sorted(mine.missing_rights()) == sorted(writing)


def test_a_table_that_is_not_there_is_named(impact: Impact) -> None:
    with impact.editing() as connection:
        connection.exec_driver_sql("ALTER TABLE raid_jiraticket RENAME TO gone")
    with (
        examined(impact.url) as mine,
        pytest.raises(ServiceError, match="there is no table raid_jiraticket") as raised,
    ):
        mine.check_tables()
    assert raised.value.category is Category.VALIDATION


def test_what_does_not_answer_is_told_without_its_password(postgres: Cluster) -> None:
    for url in (postgres.url("nowhere"), postgres.url(password="another-s3cret")):
        with examined(url) as mine, pytest.raises(ServiceError) as raised:
            mine.connect()
        assert not any(secret in str(raised.value) for secret in (PASSWORD, "another-s3cret"))
