"""One plan for all commands: what one of them says of a link, no other denies."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import create_engine, update

from raidctl.core.model import Field
from raidctl.core.writes.log import SeenLink
from raidctl.gateways.impact.database.tables import jira_issue
from raidctl.journal import Journal
from tests.cli.decisions import paused
from tests.cli.process import Ended
from tests.cli.world import NOW, Pair, Sort, World, world

PAIRS = (
    Pair(1),
    Pair(2, impact={Field.STATUS: "MITIGATED"}),
    Pair(3, jira={Field.PRIORITY: "High"}),
    Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(5, jira={Field.TITLE: "Another title of 5"}, agreed=False),
    Pair(6, impact={Field.STATUS: "CLOSED"}, jira={Field.STATUS: "Closed"}, days=400),
)
RIVAL = 6
"""An incident closed long ago, out of scope where it is not named: it claims issue INC-2."""
DATABASE = 'reads = "database"\ndatabase_url_env = "IMPACT_DATABASE_URL"'
READS = {"rest": "", "database": DATABASE}
TARGETS = ((), ("2",), ("INC-2",), ("2", "3", "4"), ("5",), ("2", str(RIVAL)), ("--all",))
SITES: tuple[tuple[Sort, bool], ...] = (("cloud", False), ("datacenter", True))
"""Each kind of JIRA, and a journal that knows no links, or some: neither asks for the other."""


@pytest.fixture(
    scope="module",
    params=SITES,
    ids=lambda chosen: f"{chosen[0]}, {'known' if chosen[1] else 'unknown'}",
)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A site with an issue that two incidents claim; the journal may know both. It is paused."""
    sort, known = request.param
    with world(tmp_path_factory.mktemp("shared"), PAIRS, sort=sort) as made:
        claim = update(jira_issue).where(jira_issue.c.id == 10_000 + RIVAL).values(key="INC-2")
        engine = create_engine(f"sqlite:///{made.database}")
        with engine.begin() as connection:
            connection.execute(claim)
        engine.dispose()
        if known:
            journal = Journal(made.journal)
            journal.record_links([SeenLink(RIVAL, "INC-2", 10_002, open=False)], NOW)
            journal.close()
        paused(made)
        yield made


def of(ended: Ended) -> list[tuple[Any, ...]]:
    """What a report says of each link and field, and the plan's name."""
    report = ended.report
    told = ("incident", "field", "verdict", "reason", "direction", "to", "detail")
    return [(report["plan"],), *(tuple(item[key] for key in told) for item in report["items"])]


@pytest.mark.parametrize("targets", TARGETS, ids=" ".join)
@pytest.mark.parametrize("reads", READS)
def test_every_command_makes_the_same_plan(
    shared: World, reads: str, targets: tuple[str, ...]
) -> None:
    config = shared.toml(impact=READS[reads])

    def run(command: str, *more: str) -> Ended:
        return shared.run(command, *more, "-o", "json", *targets, config=config)

    plan = of(run("diff"))
    assert of(run("reconcile", "--dry-run")) == plan
    assert of(run("reconcile", "--yes")) == plan, "and nothing is written of it, being paused"
    holds = {(number, name, why) for number, name, how, why, *_ in plan[1:] if how == "hold"}
    held = {(one["incident"], one["field"], one["reason"]) for one in run("held").report["held"]}
    assert held == holds


@pytest.mark.parametrize("target", ["1", "INC-2", "4", "5", str(RIVAL)])
@pytest.mark.parametrize("reads", READS)
def test_explain_tells_the_verdicts_of_diff(shared: World, reads: str, target: str) -> None:
    config = shared.toml(impact=READS[reads])
    told = shared.run("explain", target, config=config).out
    ways = {"hold": "hold", "write_jira": "Impact → JIRA", "write_impact": "JIRA → Impact"}
    items = of(shared.run("diff", target, "-o", "json", config=config))[1:]
    assert all(f"{name} · {ways[how]}" in told for _, name, how, *_ in items if name is not None)
    shared_ones = [why for *_, why, _, _, _ in items if why == "shared_issue"]
    assert ("several incidents have this issue" in told) == bool(shared_ones)


@pytest.mark.parametrize("reads", READS)
def test_a_named_issue_that_another_incident_claims_is_never_written(
    shared: World, reads: str
) -> None:
    """Whatever the journal knows, and though the other one was closed long ago."""
    config = shared.toml(impact=READS[reads])
    plan = of(shared.run("diff", "2", "-o", "json", config=config))
    assert [item[2:4] for item in plan[1:]] == [("hold", "shared_issue")]
