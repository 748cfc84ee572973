"""Incidents of a real FireFighter as its form would have declared them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from raidctl.gateways.impact.database import tables
from tests.integration.impact_edits import restored
from tests.integration.test_database_writer import twin

ADA, READER, WRITER = (
    f"{name}@example.test" for name in ("ada.lovelace", "api-reader", "api-writer")
)
TEAM = {"name": "Checkout", "jira_project_key": "PAY"}
FORM = {"environments": ["PRD", "STG"], "platforms": ["platform-FR", "platform-DE"]}
IMPACTS = {
    "business_impact": "HI",
    "sellers_impact": "MD",
    "customers_impact": "NO",
    "employees_impact": "LT",
}
NO_IMPACTS = dict.fromkeys(IMPACTS, "NO")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """An incident whose issue FireFighter makes, and a twin of it that is ours.

    `creators` are theirs and ours: who becomes a JIRA user by it does so once.
    """

    theirs: int
    ours: int
    priority: int
    custom: Mapping[str, Any]
    impacts: Mapping[str, str] = field(default_factory=lambda: NO_IMPACTS)
    creators: tuple[str, str] = (ADA, ADA)
    has_channel: bool = False


CASES = {
    "a critical one of a seller's": Case(
        20, 120, 1,
        {**FORM, "suggested_team_routing": "Checkout", "zendesk_ticket_id": "Z-1",
         "seller_contract_id": "4711", "zoho_desk_ticket_id": "77", "is_key_account": True,
         "is_seller_in_golden_list": True},
        IMPACTS, has_channel=True,
    ),
    "one of a team without a project": Case(
        40, 140, 4, {**FORM, "suggested_team_routing": "Nobody's", "is_key_account": False}
    ),
    "one of no team": Case(60, 160, 5, {**FORM, "suggested_team_routing": "SBI"}),
    "one of somebody who is no JIRA user yet": Case(
        80, 180, 3, FORM, creators=(READER, WRITER), has_channel=True
    ),
}  # fmt: skip
NUMBERS = [number for case in CASES.values() for number in (case.theirs, case.ours)]


@contextmanager
def declared(engine: Engine) -> Iterator[None]:
    """The incidents of the cases as they were declared, as long as that is wanted."""
    channel = tables.incident_channel
    its_channels = channel.c.incident_id.in_(NUMBERS)
    with engine.connect() as connection:
        channels = [
            dict(row) for row in connection.execute(select(channel).where(its_channels)).mappings()
        ]
    with restored(engine, NUMBERS):
        impacts = list[int]()
        with engine.begin() as connection:
            connection.execute(insert(tables.feature_team), TEAM)
            for case in CASES.values():
                impacts += _declare(connection, case)
        try:
            yield
        finally:
            with engine.begin() as connection:
                its_impacts = tables.incident_impact.c.impact_id.in_(impacts)
                connection.execute(delete(tables.incident_impact).where(its_impacts))
                connection.execute(delete(tables.impact).where(tables.impact.c.id.in_(impacts)))
                name = tables.feature_team.c.name
                connection.execute(delete(tables.feature_team).where(name == TEAM["name"]))
                connection.execute(delete(channel).where(its_channels))
                connection.execute(insert(channel), channels)


def _declare(connection: Connection, case: Case) -> Sequence[int]:
    """Both incidents of a case; the answer is the ids of their impacts."""
    priority = select(tables.priority.c.id).where(tables.priority.c.value == case.priority)
    values = {
        "priority_id": priority.scalar_subquery(),
        "custom_fields": dict(case.custom),
        "title": f"Orders are not exported, é {case.theirs}",
        "description": "What we know:\n* the queue is full\n\n{code}x{code} ",
        "status": 10,
    }
    row, user = tables.incident.c, tables.user.c
    connection.execute(update(tables.incident).where(row.id == case.theirs).values(values))
    twin(connection, case.theirs, case.ours)
    impacts = list[int]()
    for number, creator in zip((case.theirs, case.ours), case.creators, strict=True):
        who = select(user.id).where(user.email == creator).scalar_subquery()
        mine = update(tables.incident).where(row.id == number)
        connection.execute(mine.values(created_by_id=who))
        if not case.has_channel:
            its = tables.incident_channel.c.incident_id == number
            connection.execute(delete(tables.incident_channel).where(its))
        impacts += [_impact(connection, number, *chosen) for chosen in case.impacts.items()]
    return impacts


def _impact(connection: Connection, number: int, kind: str, level: str) -> int:
    found = (
        select(tables.impact_level.c.id, tables.impact_type.c.id.label("kind"))
        .join(tables.impact_type)
        .where(tables.impact_type.c.value == kind, tables.impact_level.c.value == level)
    )
    chosen = connection.execute(found).one()
    held = {"impact_type_id": chosen.kind, "impact_level_id": chosen.id}
    times = dict.fromkeys(("created_at", "updated_at"), LONG_AGO)
    made = insert(tables.impact).values({**held, **times}).returning(tables.impact.c.id)
    key: int = connection.execute(made).scalar_one()
    both = {"incident_id": number, "impact_id": key}
    connection.execute(insert(tables.incident_impact), both)
    return key
