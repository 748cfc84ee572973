"""FireFighter's tickets, read and written: every row as its own creation leaves it, or none."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from raidctl.bootstrap.impact import ticket_obstacles
from raidctl.config import load
from raidctl.core.backfill.tickets import Account, NewTicket, Ticket, same_key
from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.ticket_writer import USES, DatabaseTicketWriter
from raidctl.gateways.impact.database.tickets import DatabaseTickets
from raidctl.ports.tickets import TicketSource, TicketWriter
from tests.contract.impact_rows import ELSE, LED, NOW, PATIENCE, RECOVERED, UNLED, Impact, run
from tests.contract.postgres import Cluster
from tests.contract.sources import ADA, GRACE, stand
from tests.contract.test_impact_database_writer import failure
from tests.contract.test_impact_rights import grant, revoke, singly, user

BOT = Account("firefighter-bot", "firefighter-bot@example.test")
NEW = NewTicket(
    incident=UNLED,
    issue_id=10003,
    key="PAY-3",
    summary="Incident 3",
    description="é\n🧯",
    issue_type="Incident",
    reporter=BOT,
)
LED_TICKET, ELSE_TICKET = Ticket(10001, "INC-1", LED), Ticket(10002, "INC-2", ELSE)
ISSUE_ROW = {
    "key": "PAY-3",
    "summary": "Incident 3",
    "description": "é\n🧯",
    "project_key": "PAY",
    "issue_type": "Incident",
    "assignee_id": None,
    "reporter_id": "firefighter-bot",
}
TICKET_ROW = {"jiraissue_ptr_id": 10003, "incident_id": UNLED, "business_impact": None}
LEAST = [
    "SELECT on incidents_incident",
    "SELECT on incidents_user",
    "SELECT on jira_app_jirauser",
    "SELECT on jira_app_jiraissue",
    "SELECT on raid_jiraticket",
    "SELECT on incidents_incidentimpact",
    "SELECT on incidents_impact",
    "INSERT on jira_app_jirauser",
    "INSERT on jira_app_jiraissue",
    "INSERT on raid_jiraticket",
    "INSERT on incidents_impact",
    "INSERT on raid_jiraticketimpact",
    "UPDATE (key, project_key) on jira_app_jiraissue",
    "UPDATE (incident_id) on raid_jiraticket",
]

DELETES = [
    "DELETE on jira_app_jiraissue",
    "DELETE on raid_jiraticket",
    "DELETE on jira_app_jirauser",
    "DELETE on incidents_impact",
    "SELECT, DELETE on raid_jiraticketimpact",
]


def writer_of(impact: Impact) -> DatabaseTicketWriter:
    return DatabaseTicketWriter(impact.engine, PATIENCE, lambda: NOW)


@contextmanager
def source_of(impact: Impact) -> Iterator[DatabaseTickets]:
    engine = read_only_engine(impact.url, impact.schema)
    try:
        yield DatabaseTickets(engine)
    finally:
        engine.dispose()


def tickets(impact: Impact) -> set[Ticket]:
    with source_of(impact) as source:
        found = list(source.tickets())
    assert len(found) == len(set(found))
    return set(found)


def refused(impact: Impact, act: Callable[[], object]) -> ServiceError:
    """The error that it ends in; no row differs."""
    with impact.untouched():
        return failure(act)


def add_ticket(impact: Impact, ticket: Ticket) -> None:
    """One that FireFighter has by other ways."""
    issue = {**ISSUE_ROW, "id": ticket.issue_id, "key": ticket.key, "project_key": "INC"}
    mine = {"jiraissue_ptr_id": ticket.issue_id, "incident_id": ticket.incident}
    with impact.editing() as connection:
        connection.execute(insert(tables.jira_issue), issue)
        connection.execute(insert(tables.raid_ticket), mine)


def add_impacts(impact: Impact, number: int) -> None:
    with impact.editing() as connection:
        for kind in (1, 3):
            level = select(tables.impact_level.c.id).where(
                tables.impact_level.c.impact_type_id == kind, tables.impact_level.c.value == "HI"
            )
            row = {"impact_type_id": kind, "impact_level_id": connection.scalar(level)}
            times = dict.fromkeys(("created_at", "updated_at"), NOW)
            made = insert(tables.impact).values({**row, "details": "only the incident's", **times})
            key = connection.scalar(made.returning(tables.impact.c.id))
            connection.execute(
                insert(tables.incident_impact), {"incident_id": number, "impact_id": key}
            )


# What is read


def test_it_is_what_the_runs_ask_for(impact: Impact) -> None:
    writer: TicketWriter = writer_of(impact)
    assert writer.requests == 0
    with source_of(impact) as source:
        port: TicketSource = source
        assert port.requests == 0


def test_every_ticket_is_read_whosever_it_is(impact: Impact) -> None:
    nobodys = Ticket(10009, "INC-9", None)
    add_ticket(impact, nobodys)
    assert tickets(impact) == {LED_TICKET, ELSE_TICKET, nobodys}


def test_those_of_incidents_and_of_issues_are_read_once(impact: Impact) -> None:
    with source_of(impact) as source:
        assert list(source.of([LED])) == [LED_TICKET]
        assert list(source.of([LED, UNLED], [10001])) == [LED_TICKET]
        assert set(source.of([LED], [10002])) == {LED_TICKET, ELSE_TICKET}
        assert list(source.of([UNLED], [99])) == []
        before = source.requests
        assert list(source.of([])) == []
        assert source.requests == before


def test_two_with_one_key_are_found(impact: Impact) -> None:
    double = Ticket(10009, "INC-1", UNLED)
    add_ticket(impact, double)
    found = {key: set(some) for key, some in same_key(tickets(impact)).items()}
    assert found == {"INC-1": {LED_TICKET, double}}


# A link


def test_a_link_leaves_its_rows_and_no_other(impact: Impact) -> None:
    with impact.watched() as watch:
        assert writer_of(impact).link(NEW) == frozenset()
    assert watch.changes.added == {
        "jira_app_jiraissue": [ISSUE_ROW],
        "raid_jiraticket": [TICKET_ROW],
    }
    assert (watch.changes.changed, watch.changes.gone) == ({}, {})
    assert NEW.ticket in tickets(impact)
    assert impact.incident(UNLED).issue_key == "PAY-3"
    assert impact.incident(UNLED).issue_id == 10003


def test_rest_shows_its_key_as_well(own_file: Impact) -> None:
    writer_of(own_file).link(NEW)
    with stand("rest-sandbox", own_file.url) as rest:
        assert rest.source.current([UNLED])[UNLED].issue_key == "PAY-3"


def test_a_link_made_again_makes_nothing(impact: Impact) -> None:
    writer_of(impact).link(NEW)
    with impact.untouched():
        assert writer_of(impact).link(NEW) == frozenset()
        assert writer_of(impact).link(replace(NEW, summary="Other words")) == frozenset()


def test_the_incidents_impacts_are_the_tickets_too(impact: Impact) -> None:
    add_impacts(impact, UNLED)
    with impact.watched() as watch:
        writer_of(impact).link(replace(NEW, business_impact="High"))
    added = watch.changes.added
    assert [row["impact_type_id"] for row in added["incidents_impact"]] == [1, 3]
    assert {row["details"] for row in added["incidents_impact"]} == {None}
    assert len(added["raid_jiraticketimpact"]) == 2
    assert added["raid_jiraticket"] == [{**TICKET_ROW, "business_impact": "High"}]
    assert "incidents_incidentimpact" not in added


def test_people_become_jira_users_once(impact: Impact) -> None:
    new = replace(NEW, reporter=Account("acc-grace", GRACE), assignee=Account("acc-grace", GRACE))
    with impact.watched() as watch:
        assert writer_of(impact).link(new) == {"acc-grace"}
    (row,) = watch.changes.added["jira_app_jirauser"]
    assert isinstance(row["user_id"], UUID)
    (issue,) = watch.changes.added["jira_app_jiraissue"]
    assert (issue["reporter_id"], issue["assignee_id"]) == ("acc-grace", "acc-grace")
    again = replace(new, incident=RECOVERED, issue_id=10004, key="PAY-4")
    assert writer_of(impact).link(again) == frozenset()


@pytest.mark.parametrize(
    "nobody",
    [
        Account("acc-x", None),
        Account("acc-x", "nobody@example.test"),
        Account("acc-x", ADA),  # who is acc-ada
    ],
)
def test_an_account_that_is_nobodys(impact: Impact, nobody: Account) -> None:
    error = refused(impact, partial(writer_of(impact).link, replace(NEW, reporter=nobody)))
    assert error.category is Category.VALIDATION
    assert error.seen == "FireFighter has no user for the JIRA account acc-x"
    with impact.watched() as watch:
        assert writer_of(impact).link(replace(NEW, assignee=nobody)) == frozenset()
    assert watch.changes.added["jira_app_jiraissue"] == [ISSUE_ROW]


def test_a_longer_summary_of_jiras_is_cut(impact: Impact) -> None:
    with impact.watched() as watch:
        writer_of(impact).link(replace(NEW, summary="é" * 255))
    assert watch.changes.added["jira_app_jiraissue"][0]["summary"] == "é" * 128


def test_an_incident_that_is_gone(impact: Impact) -> None:
    error = refused(impact, partial(writer_of(impact).link, replace(NEW, incident=99)))
    assert (error.category, error.seen) == (Category.NOT_FOUND, "incident 99 is gone")


# What stands there


ANOTHER = replace(NEW, incident=LED)
TAKEN = replace(NEW, issue_id=10002, key="INC-2")


@pytest.mark.parametrize(
    ("new", "seen"),
    [
        (ANOTHER, "INC-1 (issue 10001) as the ticket of incident 1"),
        (TAKEN, "INC-2 (issue 10002) as the ticket of incident 2"),
        (replace(NEW, incident=LED, issue_id=10001), "INC-1 (issue 10001) as the ticket of"),
    ],
)
def test_another_link_is_not_taken_away(impact: Impact, new: NewTicket, seen: str) -> None:
    error = refused(impact, partial(writer_of(impact).link, new))
    assert error.category is Category.CONFLICT
    assert seen in error.seen


def test_nor_is_one_that_is_not_as_it_was_seen(impact: Impact) -> None:
    seen = replace(LED_TICKET, key="INC-0")
    error = refused(impact, partial(writer_of(impact).link, ANOTHER, [seen]))
    assert error.category is Category.CONFLICT
    error = refused(impact, partial(writer_of(impact).link, NEW, [Ticket(10009, "INC-9", UNLED)]))
    assert (error.category, error.seen) == (
        Category.CONFLICT,
        "FireFighter's ticket INC-9 (issue 10009) is gone",
    )


def test_the_incidents_other_ticket_gives_way_where_it_was_seen(impact: Impact) -> None:
    writer_of(impact).link(ANOTHER, [LED_TICKET])
    assert tickets(impact) == {ANOTHER.ticket, replace(LED_TICKET, incident=None), ELSE_TICKET}


def test_the_issue_changes_hands_where_it_was_seen(impact: Impact) -> None:
    with impact.watched() as watch:
        writer_of(impact).link(TAKEN, [ELSE_TICKET])
    assert watch.changes.added == {}
    assert watch.changes.changed == {"raid_jiraticket": {10002: {"incident_id": UNLED}}}


def test_both_at_once(impact: Impact) -> None:
    new = replace(NEW, incident=LED, issue_id=10002, key="PAY-2")
    writer_of(impact).link(new, [ELSE_TICKET, LED_TICKET])
    assert tickets(impact) == {new.ticket, replace(LED_TICKET, incident=None)}


def test_a_ticket_that_is_nobodys_becomes_the_incidents(impact: Impact) -> None:
    nobodys = Ticket(10003, "INC-3", None)
    add_ticket(impact, nobodys)
    refused(impact, partial(writer_of(impact).link, NEW))
    with impact.watched() as watch:
        writer_of(impact).link(NEW, [nobodys])
    assert watch.changes.changed == {
        "raid_jiraticket": {10003: {"incident_id": UNLED}},
        "jira_app_jiraissue": {10003: {"key": "PAY-3", "project_key": "PAY"}},
    }


def test_an_issue_without_a_ticket_is_left_to_people(impact: Impact) -> None:
    with impact.editing() as connection:
        connection.execute(insert(tables.jira_issue), {**ISSUE_ROW, "id": 10003})
    error = refused(impact, partial(writer_of(impact).link, NEW))
    assert error.category is Category.CONFLICT
    assert error.seen == "the issue PAY-3 is in jira_app_jiraissue and not in raid_jiraticket"


# A key


def test_a_moved_issues_key_is_corrected(impact: Impact) -> None:
    with impact.watched() as watch:
        writer_of(impact).rekey(LED_TICKET, "PAY-77")
    assert watch.changes.changed == {
        "jira_app_jiraissue": {10001: {"key": "PAY-77", "project_key": "PAY"}}
    }
    with impact.untouched():
        writer_of(impact).rekey(LED_TICKET, "PAY-77")


@pytest.mark.parametrize(
    "seen",
    [replace(LED_TICKET, key="INC-0"), replace(LED_TICKET, incident=None), Ticket(99, "INC-99", 9)],
)
def test_a_key_that_is_not_as_it_was_seen_stays(impact: Impact, seen: Ticket) -> None:
    error = refused(impact, partial(writer_of(impact).rekey, seen, "PAY-77"))
    assert error.category is Category.CONFLICT


def test_of_two_with_one_key_one_is_corrected(impact: Impact) -> None:
    double = Ticket(10009, "INC-1", UNLED)
    add_ticket(impact, double)
    writer_of(impact).rekey(double, "PAY-9")
    assert same_key(tickets(impact)) == {}


# Undo


def test_a_link_taken_back_leaves_nothing_of_it(impact: Impact) -> None:
    add_impacts(impact, UNLED)
    new = replace(NEW, reporter=Account("acc-grace", GRACE))
    with impact.untouched():
        accounts = writer_of(impact).link(new)
        writer_of(impact).unlink(new.ticket, (), accounts)
        writer_of(impact).unlink(new.ticket, (), accounts)


def test_a_jira_user_whom_somebody_needs_stays(impact: Impact) -> None:
    new = replace(NEW, reporter=Account("acc-grace", GRACE))
    accounts = writer_of(impact).link(new)
    writer_of(impact).link(replace(new, incident=RECOVERED, issue_id=10004, key="PAY-4"))
    with impact.watched() as watch:
        writer_of(impact).unlink(new.ticket, (), accounts)
    assert set(watch.changes.gone) == {"jira_app_jiraissue", "raid_jiraticket"}


def test_jira_users_stay_where_it_is_not_known_whose_they_are(impact: Impact) -> None:
    new = replace(NEW, reporter=Account("acc-grace", GRACE))
    writer_of(impact).link(new)
    with impact.watched() as watch:
        writer_of(impact).unlink(new.ticket, ())
    assert "jira_app_jirauser" not in watch.changes.gone


@pytest.mark.parametrize(
    ("new", "standing"),
    [
        (ANOTHER, [LED_TICKET]),
        (TAKEN, [ELSE_TICKET]),
        (replace(NEW, incident=LED, issue_id=10002, key="PAY-2"), [LED_TICKET, ELSE_TICKET]),
    ],
)
def test_what_gave_way_comes_back(impact: Impact, new: NewTicket, standing: list[Ticket]) -> None:
    with impact.untouched():
        accounts = writer_of(impact).link(new, standing)
        writer_of(impact).unlink(new.ticket, standing, accounts)


def test_what_somebody_has_changed_since_is_not_taken_back(impact: Impact) -> None:
    writer_of(impact).link(NEW)
    writer_of(impact).rekey(NEW.ticket, "PAY-33")
    error = refused(impact, partial(writer_of(impact).unlink, NEW.ticket, ()))
    assert error.category is Category.CONFLICT


def test_what_hangs_on_a_ticket_keeps_it(own_server: Impact) -> None:
    """As a watcher whom somebody put there on FireFighter's admin page."""
    with own_server.editing() as connection:
        run(
            connection,
            "CREATE TABLE jira_app_jiraissue_watchers (jiraissue_id bigint"
            " REFERENCES jira_app_jiraissue DEFERRABLE INITIALLY DEFERRED)",
        )
    writer_of(own_server).link(NEW)
    with own_server.editing() as connection:
        run(connection, "INSERT INTO jira_app_jiraissue_watchers VALUES (10003)")
    error = refused(own_server, partial(writer_of(own_server).unlink, NEW.ticket, ()))
    assert error.category is Category.CONFLICT
    assert "hangs on it" in error.advice


# Several at once


@pytest.mark.slow
def test_of_several_links_of_one_incident_one_is_made(own_server: Impact) -> None:
    news = [replace(NEW, issue_id=10003 + n, key=f"PAY-{3 + n}") for n in range(4)]
    ready = threading.Barrier(len(news))

    def link(new: NewTicket) -> str:
        ready.wait()
        try:
            DatabaseTicketWriter(own_server.engine).link(new)
        except ServiceError as error:
            return error.category.value
        return "linked"

    with ThreadPoolExecutor(len(news)) as pool:
        done = sorted(pool.map(link, news))
    assert done == ["conflict", "conflict", "conflict", "linked"]
    assert len(tickets(own_server)) == 3


@pytest.mark.slow
def test_one_reporter_of_several_links_becomes_a_jira_user_once(own_server: Impact) -> None:
    grace = Account("acc-grace", GRACE)
    news = [
        replace(NEW, incident=number, issue_id=10000 + number, reporter=grace)
        for number in (UNLED, RECOVERED)
    ]
    ready = threading.Barrier(len(news))

    def link(new: NewTicket) -> frozenset[str]:
        ready.wait()
        return DatabaseTicketWriter(own_server.engine).link(new)

    with ThreadPoolExecutor(len(news)) as pool:
        added = list(pool.map(link, news))
    assert sorted(map(len, added)) == [0, 1]


# Rights


@pytest.mark.slow
def test_the_least_grants_are_named_and_suffice(own_server: Impact, postgres: Cluster) -> None:
    add_impacts(own_server, UNLED)
    with user(own_server, postgres) as (name, mine):
        assert list(writer_of(mine).missing()) == LEAST
        grant(own_server, name, LEAST)
        assert list(writer_of(mine).missing()) == []
        writer_of(mine).link(replace(NEW, reporter=Account("acc-grace", GRACE)))
        writer_of(mine).link(replace(ANOTHER, issue_id=10004), [LED_TICKET])
        writer_of(mine).rekey(NEW.ticket, "PAY-5")


@pytest.mark.slow
def test_each_grant_is_missed_by_name_and_needed(own_server: Impact, postgres: Cluster) -> None:
    add_impacts(own_server, UNLED)
    body = "BEGIN RAISE EXCEPTION 'all but written'; END"
    with own_server.editing() as connection:
        run(
            connection,
            f"CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $${body}$$",
            "CREATE CONSTRAINT TRIGGER never AFTER INSERT OR UPDATE ON raid_jiraticket"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION never()",
        )
    new = replace(NEW, reporter=Account("acc-grace", GRACE))
    with user(own_server, postgres) as (name, mine):

        def attempts() -> set[str]:
            acts = (
                partial(writer_of(mine).link, new),
                partial(writer_of(mine).link, replace(TAKEN, key="PAY-2"), [ELSE_TICKET]),
            )
            return {failure(act).seen for act in acts}

        grant(own_server, name, LEAST)
        assert attempts() == {"all but written"}
        for right in (single for several in LEAST for single in singly(several)):
            revoke(own_server, name, [right])
            assert list(writer_of(mine).missing()) == [right]
            table = right.partition(" on ")[2]
            assert f"permission denied for table {table}" in attempts(), right
            grant(own_server, name, [right])


def test_taking_back_without_the_right_says_so(own_server: Impact, postgres: Cluster) -> None:
    with user(own_server, postgres) as (name, mine):
        grant(own_server, name, LEAST)
        writer_of(mine).link(NEW)
        error = refused(own_server, partial(writer_of(mine).unlink, NEW.ticket, ()))
    assert error.category is Category.PERMISSION
    assert "DELETE on FireFighter's tickets" in error.advice


def test_with_it_a_link_is_taken_back(own_server: Impact, postgres: Cluster) -> None:
    add_impacts(own_server, UNLED)
    new = replace(NEW, reporter=Account("acc-grace", GRACE))
    with user(own_server, postgres) as (name, mine), own_server.untouched():
        grant(own_server, name, [*LEAST, *DELETES])
        accounts = writer_of(mine).link(new)
        writer_of(mine).unlink(new.ticket, (), accounts)


def test_a_column_that_we_do_not_know_is_told(own_server: Impact) -> None:
    with own_server.editing() as connection:
        run(
            connection,
            "ALTER TABLE raid_jiraticket ADD colour text NOT NULL DEFAULT ''",
            "ALTER TABLE raid_jiraticket ALTER colour DROP DEFAULT",
        )
    assert "raid_jiraticket.colour" in failure(writer_of(own_server).missing).seen


def test_whoever_only_looks_is_told_the_same(
    own_server: Impact, postgres: Cluster, tmp_path: Path
) -> None:
    with user(own_server, postgres) as (name, _):
        config = tmp_path / "raidctl.toml"
        config.write_text(
            '[impact]\nurl = "https://impact.example.com"\ntoken_env = "TOKEN"\n'
            'database_url_env = "DATABASE"\n[jira]\nurl = "https://jira.example.com"\n'
            'token_env = "TOKEN"\n'
        )
        environ = {"TOKEN": "t", "DATABASE": postgres.url(own_server.database, name)}
        settled = load(config, environ)
        (told,) = ticket_obstacles(settled, environ)
        assert told.why == f"the user of impact.database_url lacks {', '.join(LEAST)}"
        grant(own_server, name, LEAST)
        assert list(ticket_obstacles(settled, environ)) == []
        (told,) = ticket_obstacles(settled, {"TOKEN": "t"})
        assert told.why.startswith("impact.database_url_env: ")


def test_nothing_is_used_that_is_not_asked_for() -> None:
    assert {table.name for _, table, _ in USES} == {right.partition(" on ")[2] for right in LEAST}
