"""Issues and tickets beside those that a real FireFighter makes itself, and its webhook on ours."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine, insert, select, text

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.backfill.first_issue import first_issue
from raidctl.core.backfill.tickets import Account, NewTicket, Ticket, same_key
from raidctl.core.model import Field, Incident
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database import tables
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.database.ticket_writer import DatabaseTicketWriter
from raidctl.gateways.impact.database.tickets import DatabaseTickets
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Reply, Request
from tests.integration.conftest import FireFighter, by_its_methods
from tests.integration.creation import CATEGORY_FIELD
from tests.integration.declared import ADA, CASES, NUMBERS, READER, WRITER, declared
from tests.integration.test_webhook import SERVICE, post
from tests.integration.world import BOT, JIRA_TOKEN, Deployment, over_rest, people
from tests.simulators.echo import event_of
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import LoopbackServer

pytestmark = pytest.mark.integration

ACCOUNTS = {ADA: "acc-0001", READER: "acc-reader", WRITER: "acc-writer"}
OWNER = people()[0]
TOOLBOX = "http://127.0.0.1:9/toolbox"
PRIORITY, BUSINESS_IMPACT = "customfield_11064", "customfield_10936"
WITHOUT_CHANNEL = "one of no team"  # so that no Slack is called
WRITTEN = {
    table.name
    for table in (
        tables.jira_user,
        tables.jira_issue,
        tables.raid_ticket,
        tables.impact,
        tables.ticket_impact,
    )
}
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Draft:
    """One of our incidents, and what it was declared with."""

    incident: Incident
    declared: Declaration


@dataclass(frozen=True, slots=True)
class Made:
    """What FireFighter made of the cases and what we did, each by case.

    `sent` are the fields of FireFighter's requests, `theirs` and `ours` the tickets, `grown` the
    tables that have more rows since FireFighter's.
    """

    jira: JiraState
    sent: Mapping[str, dict[str, Any]]
    grown: set[str]
    theirs: Mapping[str, Ticket]
    drafts: Mapping[str, Draft]
    ours: Mapping[str, NewTicket]
    became: Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def engine(firefighter: FireFighter) -> Iterator[Engine]:
    engine = create_engine(firefighter.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tickets(firefighter: FireFighter) -> Iterator[DatabaseTicketWriter]:
    engine = writing_engine(firefighter.database_url, "")
    yield DatabaseTicketWriter(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def made(firefighter: FireFighter, engine: Engine, tickets: DatabaseTicketWriter) -> Iterator[Made]:
    """Everything made, and taken back in the end: FireFighter's own as well, for it is the same."""
    with declared(engine), simulated() as (jira, sent):
        before, counted = stored(engine), counts(engine)
        try:
            by_firefighter()
            grown = {name for name, count in counts(engine).items() if count != counted[name]}
            theirs = {name: of_incident(firefighter, case.theirs) for name, case in CASES.items()}
            drafts = {name: draft(firefighter, case.ours) for name, case in CASES.items()}
            ours = {name: created(jira, theirs[name], drafts[name].declared) for name in CASES}
            became = {name: tickets.link(new) for name, new in ours.items()}
            by_case = dict(zip(CASES, sent, strict=True))
            yield Made(jira, by_case, grown, theirs, drafts, ours, became)
        finally:
            for number in NUMBERS:
                for ticket in tickets_of(firefighter, number):
                    tickets.unlink(ticket, (), list(ACCOUNTS.values())[1:])
        assert stored(engine) == before


@contextmanager
def simulated(
    deployment: Deployment = "cloud", me: Person = OWNER
) -> Iterator[tuple[JiraState, list[dict[str, Any]]]]:
    """FireFighter's JIRA, where it was told to look for it, and what it was sent to create."""
    more = [
        Person(ACCOUNTS[email], email.split("@")[0], email, email_hidden=email == WRITER)
        for email in (READER, WRITER)
    ]
    jira = JiraState(
        deployment=deployment,
        users=(*people(), *more, BOT),
        me=me.account,
        workflow=FIREFIGHTER,
        projects={"INC": "Incidents", "PAY": "Payment"},
    )
    jira.add_issue("INC-900", 90_000)  # what is there has higher ids than what was seeded
    inside, sent = jira_answer(jira, token=JIRA_TOKEN, anyone=SERVICE), list[dict[str, Any]]()

    def answer(request: Request) -> Reply:
        if request.method == "POST" and request.path.endswith("/issue"):
            sent.append(json.loads(request.body)["fields"])
        return inside(request)

    port = urlsplit(jira_url()).port or 80
    server = LoopbackServer(answer, port=port)
    try:
        server.start()
    except OSError as taken:
        pytest.fail(f"port {port} is taken, and FireFighter's JIRA is to be there: {taken}")
    yield jira, sent
    server.stop()
    assert server.crashes == []


def jira_url() -> str:
    """Where FireFighter looks for it."""
    return os.environ.get("FF_JIRA_URL", "http://127.0.0.1:18081")


def by_firefighter() -> None:
    """Let FireFighter's own form make the issues of the cases."""
    wanted = [{"incident": case.theirs, "impacts": dict(case.impacts)} for case in CASES.values()]
    by_its_methods(wanted, "creation.py")


def draft(server: FireFighter, number: int) -> Draft:
    engine = read_only_engine(server.database_url, "")
    source = DatabaseIncidents(engine, server.url)
    (incident,) = source.current([number]).values()
    (told,) = source.declarations([number]).values()
    engine.dispose()
    return Draft(incident, told)


def created(jira: JiraState, theirs: Ticket, declared: Declaration) -> NewTicket:
    """Our issue, with what JIRA holds of FireFighter's; and the ticket that it makes."""
    email, held = declared.creator, jira.issue(theirs.issue_id)
    same = {name: held.values.get(name) for name in ("summary", "description", BUSINESS_IMPACT)}
    values = {**same, "reporter": ACCOUNTS[email]}
    record = jira.create(held.project, held.issue_type, values)
    impact = record.values.get(BUSINESS_IMPACT)
    return NewTicket(
        incident=declared.incident,
        issue_id=record.id,
        key=record.key,
        summary=record.values["summary"],
        description=record.values["description"],
        issue_type=record.issue_type,
        reporter=Account(ACCOUNTS[email], email),
        business_impact=None if impact is None else impact["value"],
    )


def of_incident(server: FireFighter, number: int) -> Ticket:
    (found,) = tickets_of(server, number)
    return found


def tickets_of(server: FireFighter, number: int) -> Sequence[Ticket]:
    engine = read_only_engine(server.database_url, "")
    found = DatabaseTickets(engine).of([number])
    engine.dispose()
    return found


def every_ticket(server: FireFighter) -> list[Ticket]:
    engine = read_only_engine(server.database_url, "")
    found = list(DatabaseTickets(engine).tickets())
    engine.dispose()
    return found


def stored(engine: Engine) -> Rows:
    """Every row of the tables that a ticket touches."""
    with engine.connect() as connection:
        return {
            table.name: [
                dict(row)
                for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in tables.metadata.sorted_tables
            if table.name in WRITTEN
        }


def counts(engine: Engine) -> dict[str, int]:
    """The rows of each table of FireFighter's, of those too that raidctl does not know."""
    names = text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            for name in connection.scalars(names).all()
        }


def picture(engine: Engine, ticket: Ticket) -> dict[str, Any]:
    """All that FireFighter holds of a ticket, without what is its alone: ids, keys, accounts."""
    with engine.connect() as connection:
        issue = connection.execute(
            select(tables.jira_issue).where(tables.jira_issue.c.id == ticket.issue_id)
        )
        mine = connection.execute(
            select(tables.raid_ticket).where(
                tables.raid_ticket.c.jiraissue_ptr_id == ticket.issue_id
            )
        )
        impacts = connection.execute(
            select(
                tables.impact.c.impact_type_id,
                tables.impact.c.impact_level_id,
                tables.impact.c.details,
                (tables.impact.c.created_at == tables.impact.c.updated_at).label("once"),
            )
            .join(tables.ticket_impact)
            .where(tables.ticket_impact.c.jira_ticket_id == ticket.issue_id)
            .order_by(tables.impact.c.impact_type_id)
        )
        issue_row = dict(issue.mappings().one())
        people = select(tables.user.c.email).join(tables.jira_user)
        reporter = people.where(tables.jira_user.c.id == issue_row.pop("reporter_id"))
        emails = connection.scalars(reporter).one()
        key, own = issue_row.pop("key"), dict(mine.mappings().one())
        del issue_row["id"], own["jiraissue_ptr_id"], own["incident_id"]
        return {
            "issue": issue_row,
            "project": key.split("-")[0],
            "ticket": own,
            "impacts": [tuple(row)[:3] for row in impacts],
            "reporter": emails in (ADA, READER, WRITER),
        }


# What JIRA is sent


@pytest.mark.parametrize("name", CASES)
def test_an_issue_is_what_firefighters_own_would_be(made: Made, name: str) -> None:
    sent, one = made.sent[name], made.drafts[name]
    title, body = (one.incident.value(part) for part in (Field.TITLE, Field.DESCRIPTION))
    assert isinstance(title, str)
    assert isinstance(body, str)
    first = first_issue(
        title, body, one.declared, toolbox_url=TOOLBOX, category_field=CATEGORY_FIELD
    )
    theirs = CASES[name].creators[0]
    assert sent == {
        **first.extra,
        "summary": first.summary,
        "description": first.description,
        "project": sent["project"],
        "issuetype": {"name": "Incident"},
        "reporter": {"id": ACCOUNTS[theirs]},
        PRIORITY: {"value": str(one.incident.priority)},
        "labels": ["", *first.extra.get("labels", ())],  # we leave out the empty one
    }
    project = one.declared.custom.project if one.declared.custom else ""
    assert made.theirs[name].key.startswith(f"{project or 'INC'}-")


# What its tables hold


def test_firefighters_own_creation_writes_these_tables_alone(made: Made) -> None:
    assert made.grown == WRITTEN


@pytest.mark.parametrize("name", CASES)
def test_the_rows_are_those_of_firefighters_own_creation(
    made: Made, engine: Engine, name: str
) -> None:
    theirs = picture(engine, made.theirs[name])
    assert picture(engine, made.ours[name].ticket) == theirs
    assert len(theirs["impacts"]) == len(CASES[name].impacts)


def test_who_was_no_jira_user_became_one(made: Made, engine: Engine) -> None:
    assert {account for some in made.became.values() for account in some} == {ACCOUNTS[WRITER]}
    users = select(tables.user.c.email, tables.jira_user.c.id).join(tables.jira_user)
    with engine.connect() as connection:
        told = {row.email: row.id for row in connection.execute(users)}
    assert {email: told[email] for email in ACCOUNTS} == ACCOUNTS


# FireFighter on what we wrote


def test_firefighters_api_shows_the_key(made: Made, firefighter: FireFighter) -> None:
    numbers = frozenset(new.incident for new in made.ours.values())
    shown = over_rest(firefighter).incidents(Scope(incidents=numbers))
    assert {one.id: one.issue_key for one in shown} == {
        new.incident: new.key for new in made.ours.values()
    }


def told(server: FireFighter, jira: JiraState, of: Ticket, status: str) -> tuple[int, object]:
    """Give the issue a status and tell FireFighter of it: its answer, and what it then has."""
    jira.edit(of.issue_id, ACCOUNTS[READER], status=status)
    answer = post(server, event_of(jira, jira.history(of.issue_id)[-1]))
    number = of.incident or 0
    return answer.status_code, over_rest(server).current([number])[number].status


def test_its_webhook_works_on_a_link_that_moves(
    made: Made, firefighter: FireFighter, tickets: DatabaseTicketWriter
) -> None:
    new = made.ours[WITHOUT_CHANNEL]
    assert told(firefighter, made.jira, new.ticket, "in progress") == (200, "MITIGATING")
    made.jira.move(new.issue_id, "PAY-777")
    assert told(firefighter, made.jira, new.ticket, "Incoming") == (200, "MITIGATING")
    tickets.rekey(new.ticket, "PAY-777")
    assert told(firefighter, made.jira, new.ticket, "Reporter validation") == (200, "MITIGATED")


def test_of_two_tickets_with_one_key_neither_is_heard_until_one_is_corrected(
    made: Made, firefighter: FireFighter, engine: Engine, tickets: DatabaseTicketWriter
) -> None:
    new = made.ours["one of a team without a project"]
    double = Ticket(90_999, new.key, None)
    with engine.begin() as connection:
        row = select(tables.jira_issue).where(tables.jira_issue.c.id == new.issue_id)
        copy = {**connection.execute(row).mappings().one(), "id": double.issue_id}
        connection.execute(insert(tables.jira_issue), copy)
        connection.execute(insert(tables.raid_ticket), {"jiraissue_ptr_id": double.issue_id})
    assert set(same_key(every_ticket(firefighter))[new.key]) == {new.ticket, double}
    assert told(firefighter, made.jira, new.ticket, "in progress") == (500, "OPEN")
    tickets.rekey(double, "PAY-778")
    assert told(firefighter, made.jira, new.ticket, "Reporter validation") == (200, "MITIGATED")
    tickets.unlink(replace(double, key="PAY-778"), ())
