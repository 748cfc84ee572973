"""A sixth field is a relation and its rows: compared, planned, written both ways, undone, shown."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, update

from raidctl.core.mapping.book import RELATIONS
from raidctl.core.mapping.relation import Image
from raidctl.core.model import Field, Side, Value
from raidctl.core.plan.item import Verdict
from raidctl.core.policy import FieldPolicy, ImpactWriter, Policy
from raidctl.core.reasons import Reason
from raidctl.gateways.impact import rows as json_rows
from raidctl.gateways.impact.database import rows as database_rows
from raidctl.gateways.impact.database.engine import read_only_engine, writing_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.gateways.impact.database.tables import environment, incident
from raidctl.gateways.impact.database.writer import DatabaseWriter
from raidctl.gateways.jira import fields as jira_rows
from raidctl.journal import rows as journal_rows
from raidctl.present.format import Format
from raidctl.present.report.render import render
from tests.contract.sources import SITE, TOKEN, new, rest_source, sqlite_file
from tests.contract.trackers import ADA
from tests.runs.desk import office, outcomes
from tests.runs.past import Past
from tests.simulators.impact.server import impact_answer
from tests.simulators.server import LoopbackServer

OPTION = "customfield_20001"
CHOICES = ("INT", "STG", "PRD")


@dataclass(frozen=True, slots=True)
class SameName:
    """Both sides call it the same."""

    def to_jira(self, impact: Value, current: Value) -> Image:
        return Image(impact)

    def to_impact(self, jira: Value, current: Value) -> Image:
        return Image(jira)

    def same(self, side: Side, left: Value, right: Value) -> bool:
        return left == right

    def empty(self, value: Value) -> bool:
        return not value

    def covers(self, impact: Value) -> bool:
        return True

    def tables(self) -> object:
        return []

    def says_of(self, impact: Value, jira: Value) -> tuple[object, ...]:
        return ()


@pytest.fixture
def sixth(monkeypatch: pytest.MonkeyPatch) -> Field:
    """The environment: an enum's member as if it stood there, its relation and its rows."""
    toy = str.__new__(Field, "environment")
    toy._name_, toy._value_ = "ENVIRONMENT", "environment"
    monkeypatch.setattr(Field, "_member_names_", [*Field._member_names_, "ENVIRONMENT"])
    monkeypatch.setitem(Field._member_map_, "ENVIRONMENT", toy)
    monkeypatch.setitem(Field._value2member_map_, "environment", toy)
    monkeypatch.setitem(journal_rows._FIELDS, "environment", toy)
    monkeypatch.setitem(RELATIONS, toy, lambda *_: SameName())
    in_json = json_rows.Row("environment", lambda shown: str(shown["value"]))
    monkeypatch.setitem(json_rows.ROWS, toy, in_json)
    key, value = environment.c.id, environment.c.value
    in_database = database_rows.column(
        "environment_id",
        (database_rows.SELECT, environment, ("id", "value")),
        **database_rows.known(key, value),
    )
    monkeypatch.setitem(database_rows.ROWS, toy, in_database)
    monkeypatch.setitem(jira_rows.ROWS, toy, jira_rows.option(OPTION))
    return toy


@dataclass
class Site:
    """Incident 1 and its issue, and their environments."""

    past: Past
    engine: Engine

    @property
    def impact(self) -> str:
        with self.engine.connect() as connection:
            found = select(environment.c.value).join(
                incident, incident.c.environment_id == environment.c.id
            )
            return str(connection.scalar(found))

    @impact.setter
    def impact(self, value: str) -> None:
        key = select(environment.c.id).where(environment.c.value == value).scalar_subquery()
        with self.engine.begin() as connection:
            connection.execute(update(incident).values(environment_id=key))

    @property
    def jira(self) -> object:
        return self.past.at.issue(1)[OPTION]

    @jira.setter
    def jira(self, value: str) -> None:
        self.past.at.state.edit(10_001, ADA.account, **{OPTION: value})


@pytest.fixture
def site(tmp_path: Path, sixth: Field) -> Iterator[Site]:
    url = sqlite_file(tmp_path / "impact.db", [new(1, jira_key="INC-1", jira_id=10_001)])
    reading, writing = read_only_engine(url, ""), writing_engine(url, "")
    engine = create_engine(url)
    with office(tmp_path, numbers=(1,), choices={"priority": ("Medium",), OPTION: CHOICES}) as at:
        source, writer = DatabaseIncidents(reading, SITE), DatabaseWriter(writing)
        at.desk = replace(at.desk, source=source, incident_writers={sixth: writer})
        writers = {sixth: ImpactWriter.DATABASE}
        at.policy = Policy({sixth: FieldPolicy()}, impact_writers=writers, grace=at.policy.grace)
        made = Site(Past(at), engine)
        made.jira = "PRD"
        at.reconcile()  # both sides have the same, and that is remembered
        yield made
    for one in (reading, writing, engine):
        one.dispose()


def test_it_is_read_alike_by_every_gateway(site: Site, sixth: Field) -> None:
    at = site.past.at
    assert at.desk.source.current([1])[1].values[sixth] == "PRD"
    (issue,) = at.desk.tracker.current([10_001])
    assert issue is not None
    assert issue.values[sixth] == "PRD"
    with LoopbackServer(impact_answer(site.engine, {TOKEN})) as server:
        assert rest_source(server.url).current([1])[1].values[sixth] == "PRD"


def test_it_is_planned_written_both_ways_and_undone(site: Site, sixth: Field) -> None:
    past = site.past
    site.impact = "STG"
    past.reconcile()
    assert (site.impact, site.jira) == ("STG", "STG")

    site.jira = "INT"
    run = past.reconcile()
    assert (site.impact, site.jira) == ("INT", "INT")
    told = past.at.desk.source.revisions([1])[1]
    assert [(one.field, one.new) for one in told] == [(sixth, "INT")]
    by_jira = past.at.desk.tracker.revisions([10_001])[10_001]
    assert [(one.field, one.old, one.new) for one in by_jira][-1] == (sixth, "STG", "INT")

    report = past.undo(run, fields=frozenset({sixth}))
    assert {str(field) for _, field in outcomes(report)} == {"environment"}
    assert (site.impact, site.jira) == ("STG", "INT")
    held = past.at.reconcile().items
    assert [(item.verdict, item.reason) for item in held] == [(Verdict.HOLD, Reason.UNDONE)]


@pytest.mark.parametrize("form", Format)
def test_it_is_shown(site: Site, form: str) -> None:
    site.impact = "STG"
    site.jira = "INT"
    report = site.past.at.reconcile()
    assert [item.reason for item in report.items] == [Reason.CONFLICT]
    text = render(report, form, width=120)
    assert all(word in text for word in ("environment", "STG", "INT"))
    if form == "json":
        assert json.loads(text)["items"][0]["field"] == "environment"
