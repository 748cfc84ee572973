"""What incidents were declared with, whichever way they are read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert

from raidctl.core.backfill.declaration import CustomFields, Declaration
from raidctl.gateways.impact.database import tables
from tests.contract.postgres import postgres  # noqa: F401 - a fixture
from tests.contract.sources import ADA, DAY, Kind, Stand, new, postgres_database, sqlite_file, stand

KINDS: tuple[Kind, ...] = ("rest-responses", "rest-sandbox", "sqlite", "postgres")
FORM = {
    "suggested_team_routing": "Checkout",
    "zendesk_ticket_id": "Z1",
    "seller_contract_id": "4711",
    "zoho_desk_ticket_id": 12,
    "is_key_account": True,
    "is_seller_in_golden_list": False,
    "environments": ["PRD", "STG"],
    "platforms": ["platform-FR"],
}
NONSENSE = {
    "suggested_team_routing": ["Twice"],
    "seller_contract_id": {"a": 1},
    "is_key_account": "yes",
    "environments": "PRD",
    "platforms": [None, 1.5, "", "platform-FR"],
}
ROWS = (
    new(1, created_by=ADA, priority=2, category="Payment", custom_fields=FORM,
        impacts={"business_impact": "HI", "sellers_impact": "LO"}),
    new(2, priority=4, environment="STG", impacts={"sellers_impact": "LO"}),
    new(3, priority=20, custom_fields=NONSENSE),
    new(4, priority=5, custom_fields={"suggested_team_routing": "Twice"}),
)  # fmt: skip
BOT = "firefighter-bot@example.test"
NONE = CustomFields()
DECLARED = {
    1: Declaration(
        1, ADA, "PRD", "Payment", "Payment Operations", "P2", "⛈️", f"{DAY:%Y%m%d}-1-payment",
        CustomFields(
            team="Checkout", project="PAY", seller="4711", zendesk="Z1", zoho="12",
            key_account=True, environments=("PRD", "STG"), platforms=("platform-FR",),
            business_impact="High",
        ),
    ),
    2: Declaration(2, BOT, "STG", "Other", "Other", "P4", "🌦️", "", NONE),
    3: Declaration(
        3, BOT, "PRD", "Other", "Other", "GAMEDAY", "🤡", "",
        CustomFields(platforms=("platform-FR",)),
    ),
    4: Declaration(4, BOT, "PRD", "Other", "Other", "P5", "🐞", "", CustomFields(team="Twice")),
}  # fmt: skip
TEAMS = [("Checkout", "PAY"), ("Twice", "ONE"), ("Twice", "TWO")]


@pytest.fixture(scope="module", params=KINDS)
def source(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stand]:
    kind: Kind = request.param
    if kind == "postgres":
        url = postgres_database(request.getfixturevalue("postgres"), ROWS, bare=False)
    else:
        url = sqlite_file(Path(tmp_path_factory.mktemp("declared")) / "impact.db", ROWS, bare=False)
    engine = create_engine(url)
    with engine.begin() as connection:
        teams = [{"name": name, "jira_project_key": project} for name, project in TEAMS]
        connection.execute(insert(tables.feature_team), teams)
    engine.dispose()
    with stand(kind, url) as made:
        yield made


def test_each_is_read_as_it_was_declared(source: Stand) -> None:
    wanted = DECLARED
    if not source.reads_database:
        wanted = {number: replace(one, custom=None) for number, one in DECLARED.items()}
    assert source.source.declarations(set(DECLARED)) == wanted


def test_those_that_are_not_there_are_left_out(source: Stand) -> None:
    assert set(source.source.declarations({2, 99})) == {2}


def test_none_is_not_all(source: Stand) -> None:
    before = len(source.asked)
    assert source.source.declarations(()) == {}
    assert len(source.asked) == before


def test_a_batch_costs_a_request_or_two(source: Stand) -> None:
    before = source.source.requests
    source.source.declarations(set(range(1, 401)))
    assert source.source.requests - before <= 2
