"""What raidctl does for each webhook of which it is known what FireFighter does: facts, section 3.

Each case is an incident of its own: both sides agreed, then somebody has changed the issue in JIRA,
and its webhook is given to raidctl.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.model import Field, Value
from raidctl.errors import ExitCode
from tests.cli.process import Ended
from tests.cli.world import ADA, GRACE, Pair, World, world
from tests.payloads import webhook, written
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import refuse

PRIORITY, SERVICE = "customfield_11064", "712020:firefighter"
NAMES = {"title": "summary", "status": "status", "priority": PRIORITY, "commander": "assignee"}
AGREE = "nothing to do: both sides agree"
STATUS, TITLE, URGENCY, COMMANDER = Field.STATUS, Field.TITLE, Field.PRIORITY, Field.COMMANDER


@dataclass(frozen=True)
class Case:
    """An incident's status and priority, the issue's, what somebody sets, and what comes of it.

    `then` is what the incident holds afterwards. `allow`: with `--allow-close`.
    """

    number: int
    impact: tuple[str, int]
    jira: tuple[str, str]
    edit: dict[str, str]
    state: str
    why: str
    then: dict[Field, Value] = field(default_factory=dict)
    allow: bool = False
    items: tuple[dict[str, Any], ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def payload(self) -> dict[str, Any]:
        """Its webhook, by what was edited."""
        made = webhook(self.number, *(NAMES[name] for name in self.edit), **self.more)
        return made | ({"changelog": {"items": [*self.items]}} if self.items else {})


OPEN, MITIGATING, MITIGATED = ("OPEN", 4), ("MITIGATING", 4), ("MITIGATED", 4)
INCOMING, PROGRESS = ("Incoming", "4"), ("in progress", "4")
VALIDATION = ("Reporter validation", "4")
WROTE = "status: written to Impact"
NOT_OURS = "no field that is synced has changed"

CASES = (
    Case(1, OPEN, INCOMING, {"status": "in progress"}, "settled", WROTE, {STATUS: "MITIGATING"}),
    Case(2, MITIGATING, PROGRESS, {"status": "in progress"}, "settled", AGREE),
    Case(
        3,
        MITIGATING,
        PROGRESS,
        {"status": "Reporter validation"},
        "settled",
        WROTE,
        {STATUS: "MITIGATED"},
    ),
    Case(4, MITIGATED, VALIDATION, {"status": "Closed"}, "settled", "status is held, closing"),
    Case(
        5, MITIGATED, VALIDATION, {"status": "Closed"}, "settled", WROTE, {STATUS: "CLOSED"}, True
    ),
    Case(
        26,
        MITIGATING,
        PROGRESS,
        {"status": "Closed"},
        "settled",
        "status: refused (FireFighter closes only what is mitigated; the incident is Mitigating "
        "there)",
        {STATUS: "MITIGATING"},
        True,
    ),
    Case(7, ("INVESTIGATING", 4), INCOMING, {"status": "in progress"}, "settled", AGREE),
    Case(8, ("POST_MORTEM", 4), PROGRESS, {"status": "Reporter validation"}, "settled", AGREE),
    Case(
        9,
        ("CLOSED", 4),
        ("Closed", "4"),
        {"status": "in progress"},
        "settled",
        WROTE,
        {STATUS: "MITIGATING"},
    ),
    Case(
        10,
        ("MITIGATING", 5),
        ("in progress", "5"),
        {"priority": "4"},
        "settled",
        "priority: written to Impact",
        {URGENCY: 4},
    ),
    Case(
        11,
        MITIGATING,
        PROGRESS,
        {"priority": "1"},
        "settled",
        "priority: written to Impact",
        {URGENCY: 1},
    ),
    Case(12, MITIGATING, PROGRESS, {"priority": "-"}, "settled", "priority is held, unmapped"),
    Case(
        13,
        MITIGATING,
        PROGRESS,
        {"priority": "3"},
        "ignored",
        NOT_OURS,
        items=({"field": "priority", "fieldId": "priority", "toString": "3"},),
    ),
    Case(
        14,
        MITIGATING,
        PROGRESS,
        {"priority": "3"},
        "settled",
        "priority: written to Impact",
        {URGENCY: 3},
        items=({"field": PRIORITY, "toString": "3"},),
    ),
    Case(
        15,
        MITIGATING,
        PROGRESS,
        {"title": "Another title"},
        "settled",
        "title: written to Impact",
        {TITLE: "Another title"},
    ),
    Case(
        16,
        MITIGATING,
        PROGRESS,
        {"commander": GRACE.account},
        "settled",
        "commander is held, read only",
        {COMMANDER: ADA.email},
    ),
    Case(
        17,
        OPEN,
        INCOMING,
        {"status": "in progress", "priority": "2"},
        "settled",
        "priority: written to Impact; status: written to Impact",
        {STATUS: "MITIGATING", URGENCY: 2},
    ),
    Case(
        18,
        OPEN,
        INCOMING,
        {"status": "in progress"},
        "skipped",
        "an echo: FireFighter's service account did it",
        more={"user": {"accountId": SERVICE}},
    ),
    Case(
        19,
        OPEN,
        INCOMING,
        {"status": "in progress"},
        "ignored",
        "no incident has PAY-19",
        more={"issue": {"id": "99", "key": "PAY-19"}},
    ),
    Case(
        20,
        OPEN,
        INCOMING,
        {"status": "in progress"},
        "settled",
        WROTE,
        {STATUS: "MITIGATING"},
        more={"issue": {"id": "10020", "key": "RENAMED-20"}},
    ),
    Case(
        21,
        OPEN,
        INCOMING,
        {"status": "in progress"},
        "settled",
        WROTE,
        {STATUS: "MITIGATING"},
        more={"issue": {"id": "x", "key": "INC-21"}},
    ),
    Case(
        22,
        OPEN,
        INCOMING,
        {"status": "in progress"},
        "ignored",
        "of JIRA's events only jira:issue_updated is of use",
        more={"webhookEvent": "jira:issue_created"},
    ),
    Case(
        23,
        OPEN,
        INCOMING,
        {"status": "Pending resolution"},
        "settled",
        AGREE,
    ),
)


def pair_of(case: Case) -> Pair:
    (status, priority), (name, urgency) = case.impact, case.jira
    return Pair(
        case.number,
        impact={Field.STATUS: status, Field.PRIORITY: priority},
        jira={Field.STATUS: name, Field.PRIORITY: urgency},
        agreed=False,
    )


MORE = """\
[mapping]
preset = "firefighter"
[safety]
grace_seconds = 0
[loop_guard]
seconds = 0
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """All incidents, agreed as they are."""
    pairs = tuple(map(pair_of, CASES))
    folder = tmp_path_factory.mktemp("cases")
    with world(folder, pairs, priority_field=PRIORITY, workflow=FIREFIGHTER) as made:
        assert made.run("baseline", "--all", config=toml(made)).code == ExitCode.OK
        yield made


def toml(place: World) -> str:
    return place.toml(impact=f'service_account = "{SERVICE}"', more=MORE)


def given(place: World, case: Case) -> Ended:
    values = {NAMES[name]: value for name, value in case.edit.items()}
    place.state.edit(10_000 + case.number, ADA.account, **values)
    file = written(place.folder / f"case-{case.number}.json", case.payload)
    allow = ["--allow-close"] if case.allow else []
    return place.run("event", file, "-o", "json", *allow, config=toml(place))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number}-{case.state}")
def test_a_webhook_comes_to_what_is_right(place: World, case: Case) -> None:
    ended = given(place, case)
    (told,) = ended.report["events"]
    assert (told["state"], told["why"]) == (case.state, case.why), ended.err
    unchanged = {Field.STATUS: case.impact[0], Field.PRIORITY: case.impact[1]}
    for name, value in (unchanged | case.then).items():
        assert place.in_impact(case.number, name) == value, name
    again = place.run(
        "event", written(place.folder / "again.json", case.payload), config=toml(place)
    )
    assert again.code == ExitCode.OK
    for name, value in (unchanged | case.then).items():
        assert place.in_impact(case.number, name) == value, f"{name}, the second time"


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[World]:
    """Two incidents in a world of their own."""
    cases = [Case(number, OPEN, INCOMING, {}, "", "") for number in (1, 2)]
    pairs = tuple(map(pair_of, cases))
    with world(tmp_path, pairs, priority_field=PRIORITY, workflow=FIREFIGHTER) as made:
        assert made.run("baseline", "--all", config=toml(made)).code == ExitCode.OK
        yield made


def test_what_firefighter_swallows_once_is_delivered_once_more(alone: World) -> None:
    """Its key of 60 seconds: it has just pushed this very value itself."""
    alone.state.edit(10_001, ADA.account, status="in progress")
    file = written(alone.folder / "e.json", webhook(1, "status"))
    with alone.fault("impact", refuse(200), lambda request: request.method == "POST"):
        ended = alone.run("event", file, "-o", "json", config=toml(alone))
    (told,) = ended.report["events"]
    assert (told["state"], ended.code) == ("waiting", ExitCode.INCOMPLETE)
    assert told["why"].startswith("status: no effect")
    again = alone.run("event", "-o", "json", config=toml(alone))
    assert [one["why"] for one in again.report["events"]] == [WROTE]
    assert alone.in_impact(1, STATUS) == "MITIGATING"


def test_two_tickets_with_one_key_are_held(alone: World) -> None:
    """FireFighter answers 500 and does nothing."""
    alone.sql("UPDATE jira_app_jiraissue SET key = 'INC-1' WHERE key = 'INC-2'")
    alone.state.edit(10_001, ADA.account, status="in progress")
    config = alone.toml(impact=f'service_account = "{SERVICE}"\nreads = "database"', more=MORE)
    file = written(alone.folder / "e.json", webhook(1, "status"))
    ended = alone.run("event", file, "-o", "json", config=config)
    (told,) = ended.report["events"]
    assert told["state"] == "settled"
    assert "shared issue" in told["why"]
    assert alone.in_impact(1, STATUS) == "OPEN"


def test_an_ignored_incident_is_as_reconcile_has_it(alone: World) -> None:
    """FireFighter closes it in whatever status it is; closing is for a person to allow."""
    alone.sql("UPDATE incidents_incident SET ignore = 1 WHERE id = 1")
    alone.state.edit(10_001, ADA.account, status="Closed")
    file = written(alone.folder / "e.json", webhook(1, "status"))
    ended = alone.run("event", file, "-o", "json", config=toml(alone))
    assert [one["why"] for one in ended.report["events"]] == ["status is held, closing"]
    ended = alone.run("event", file, "-o", "json", "--allow-close", config=toml(alone))
    assert [one["why"] for one in ended.report["events"]] == [WROTE]
    assert alone.in_impact(1, STATUS) == "CLOSED"
