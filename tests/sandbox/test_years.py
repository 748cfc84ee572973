"""The world that has drifted for years: its histories lead to what is there, but for a few."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import create_engine

from raidctl.cli.commands.diff import read
from raidctl.config import load
from raidctl.core.history import Revision
from raidctl.core.model import Field, Side
from raidctl.core.reasons import Reason
from raidctl.core.report import Report
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from raidctl.runs.reading.request import Filters
from raidctl.sandbox.stage import Drift, Stage, on_stage
from raidctl.sandbox.story import tales
from raidctl.sandbox.years import FIRST_OLD, Life, lives

EVERYTHING = Scope(everything=True)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with on_stage(tmp_path_factory.mktemp("old"), drift=Drift.OLD) as running:
        yield running


@pytest.fixture(scope="module")
def report(stage: Stage) -> Report:
    return read(load(stage.config, stage.environ), stage.environ, Filters(EVERYTHING))


@pytest.fixture(scope="module")
def impact(stage: Stage) -> Iterator[DatabaseIncidents]:
    engine = create_engine(stage.environ["RAIDCTL_DEMO_DATABASE_URL"])
    yield DatabaseIncidents(engine, stage.impact_url)
    engine.dispose()


def test_some_hundred_links_drifted_in_every_field_and_nobody_knows_why(report: Report) -> None:
    undecided = Counter(one.field for one in report.items if one.reason is Reason.UNDECIDED)
    assert 250 <= report.summary.drifted <= 400
    assert all(undecided[name] >= 20 for name in Field)
    assert report.summary.in_sync >= 90
    assert report.unread == ()


def test_there_is_no_journal_yet(stage: Stage, report: Report) -> None:
    assert not load(stage.config, stage.environ).journal_path.exists()


def test_it_can_be_listened_to(stage: Stage) -> None:
    assert load(stage.config, stage.environ).listen.secret.reveal(stage.environ)


def test_the_told_incidents_are_the_same(report: Report) -> None:
    told = {one.subject.incident for one in report.items if one.subject.incident < FIRST_OLD}
    drifting = [n for n, tale in enumerate(tales(), 1) if tale.impact or tale.jira]
    assert set(drifting) - told == {16}  # OPEN and INVESTIGATING are one in the tables of before


def test_impacts_history_leads_to_what_is_there_but_for_what_was_done_by_hand(
    impact: DatabaseIncidents,
) -> None:
    now = {one.id: one for one in impact.incidents(EVERYTHING)}
    history = impact.revisions(list(now))
    by_hand = {life.number for life in lives(NOW) if not _told(life, Side.IMPACT)}
    led_astray = {
        number
        for number, incident in now.items()
        for name, revision in _last(history[number]).items()
        if revision.new != incident.values[name]
    }
    assert by_hand
    assert led_astray >= by_hand
    tied = {life.number for life in lives(NOW) if _tied(life)}  # no order, so either may be last
    cleared = {13}  # an update without a commander says nothing of one
    assert led_astray <= by_hand | tied | cleared


def test_it_is_the_same_each_time_and_goes_back_for_years() -> None:
    told = list(lives(NOW))
    assert told == list(lives(NOW))
    assert (NOW - min(life.created for life in told)).days > 2 * 365
    for life in told:
        times = [life.created, *(step.at for step in life.steps)]
        assert max(times) <= NOW
        assert all(earlier <= later for earlier, later in pairwise(times))


def _told(life: Life, side: Side) -> bool:
    return all(step.told for step in life.steps if step.side is side)


def _tied(life: Life) -> bool:
    times = Counter((step.side, step.field, step.at) for step in life.steps)
    return max(times.values(), default=0) > 1


def _last(revisions: Sequence[Revision]) -> dict[Field, Revision]:
    return {one.field: one for one in revisions}
