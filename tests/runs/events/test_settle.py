"""One run about events: read together, written once, each told what became of it."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from raidctl.core.events.event import Event, Queued, Seen, State
from raidctl.core.events.turns import TRIES
from raidctl.core.model import Field
from raidctl.core.plan.safety import Limits
from raidctl.core.scope import Scope
from raidctl.core.writes.log import Run
from raidctl.errors import Category, ExitCode
from raidctl.runs.backfill.bulk import Found, Job
from raidctl.runs.events.look import Rules, Wanted
from raidctl.runs.events.places import Directory
from raidctl.runs.events.settle import settle
from raidctl.runs.journalled import RunRecord
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.writing.senders import field_senders
from raidctl.runs.writing.session import Approval, Ending, Session
from tests.runs.desk import SITES, Office, office
from tests.runs.fakes import error, incident
from tests.simulators.server import refuse


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        made.reconcile()
        made.seen.clear()
        yield made


class Unstopped:
    wanted = False

    def writing(self) -> None: ...

    def waiting(self, idle: str, closing: str = "") -> None: ...


def title(number: int, name: str = "") -> Event:
    fields = frozenset({Field.TITLE})
    return Event(name or f"title-{number}", "impact", incident=number, fields=fields)


def summary(number: int, name: str = "") -> Event:
    issue = f"INC-{number}", 10_000 + number
    return Event(name or f"summary-{number}", "jira", None, None, *issue, frozenset({Field.TITLE}))


def kept(at: Office, *events: Event) -> list[Queued]:
    found = at.journal.queue.keep([Seen(one, State.WAITING) for one in events], at.clock())
    return [one for one in found if one is not None]


def settled(at: Office, *, limit: int = 99) -> Ending:
    """One run about what is due."""

    def question(wanted: Wanted) -> ReadRequest:
        scope = Scope(incidents=frozenset(wanted))
        return replace(at.question(scope), only=wanted)

    def creations(incidents: frozenset[int]) -> Job:
        return Job("backfill issues", lambda *_: Found((), len(incidents)), field_senders)

    context = at.orders()
    run = Run(context.run, "event", at.clock(), 1)
    at.journal.begin(run)
    rules = Rules(
        question, creations, SITES, Directory(by_issue=True), timedelta(seconds=60), lambda: 0.5
    )
    session = Session(
        at.desk, context, run, RunRecord(), Unstopped(), lambda *_: nullcontext(lambda _: None)
    )
    due = at.journal.queue.due(at.clock(), limit)
    return settle(session, rules, Approval(Limits(0, 0)), due)


def told(at: Office) -> dict[str, tuple[State, int]]:
    return {one.event.name: (one.state, one.tries) for one in at.journal.queue.events([*State], 99)}


def test_events_of_one_link_are_read_and_written_once(at: Office) -> None:
    at.impact(1, title="New title")
    kept(at, title(1, "a"), summary(1, "b"), title(1, "c"), summary(1, "d"), title(2, "e"))
    ending = settled(at)
    assert ending.exit_code is ExitCode.OK
    assert {state for state, _ in told(at).values()} == {State.SETTLED}
    assert len(at.writes()) == 1
    assert len([one for one in at.sent("POST") if one == "POST issue/bulkfetch"]) == 3
    assert at.issue(1)["summary"] == "New title"


def test_what_waits_for_its_time_about_the_same_link_is_settled_too(at: Office) -> None:
    first, _ = kept(at, summary(1, "a"), title(2, "other"))
    at.journal.queue.turn(
        [replace(first.turn(State.WAITING), tries=2, due_at=at.clock() + timedelta(hours=2))]
    )
    kept(at, title(1, "b"))
    settled(at, limit=1)
    assert told(at)["other"] == (State.SETTLED, 0)
    settled(at, limit=1)
    assert told(at) == dict.fromkeys(("a", "b", "other"), (State.SETTLED, 0)) | {
        "a": (State.SETTLED, 2)
    }


def test_one_link_that_cannot_be_read_is_tried_four_times_even_alone(at: Office) -> None:
    kept(at, title(1))
    at.server.faults = lambda request: refuse(500) if b"INC-1" in request.body else None
    for tries in range(1, TRIES + 1):
        ending = settled(at)
        assert ending.exit_code is ExitCode.UNREACHABLE or tries == TRIES
        state = State.DEAD if tries == TRIES else State.WAITING
        assert told(at) == {"title-1": (state, tries)}
        at.clock.pass_by(hours=3)
    assert settled(at).report.events == ()


def test_a_jira_that_is_down_costs_no_try_however_long(at: Office) -> None:
    kept(at, title(1), title(2))
    at.server.faults = lambda _: refuse(503)
    for _ in range(TRIES + 1):
        ending = settled(at)
        assert ending.exit_code is ExitCode.UNREACHABLE
        at.clock.pass_by(minutes=20)
    assert set(told(at).values()) == {(State.WAITING, 0)}
    at.server.faults = None
    settled(at)
    assert set(told(at).values()) == {(State.SETTLED, 0)}


def test_an_incident_that_cannot_be_read_keeps_no_other_from_its_issue(at: Office) -> None:
    at.source.spoils = {2: error(Category.VALIDATION, "Impact")}
    for number in (2, 3):
        kept(at, Event(f"created-{number}", "impact", incident=number, creation=True))
    ending = settled(at)
    assert told(at) == {
        "created-2": (State.WAITING, 1),
        "created-3": (State.SETTLED, 0),
    }
    assert ending.exit_code is ExitCode.OK


def test_an_event_that_comes_again_meanwhile_waits_on(at: Office) -> None:
    """What was read may be older than what it tells of."""
    kept(at, title(1))
    due = at.journal.queue.due

    def meanwhile(*given: object) -> object:
        found = due(*given)  # type: ignore[arg-type]
        kept(at, title(1))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("raidctl.journal.events.Events.due", lambda _, *given: meanwhile(*given))
        settled(at)
    assert told(at) == {"title-1": (State.WAITING, 0)}
    settled(at)
    assert told(at) == {"title-1": (State.SETTLED, 0)}


def test_an_incident_that_was_just_declared_is_left_to_firefighter(at: Office) -> None:
    at.source.stored = [
        *at.source.stored,
        replace(incident(9), issue_key=None, created_at=at.clock() - timedelta(seconds=10)),
    ]
    kept(at, Event("created-9", "impact", incident=9, creation=True))
    settled(at)
    (waits,) = at.journal.queue.events([State.WAITING], 9)
    assert waits.due_at == at.clock() + timedelta(seconds=50)
