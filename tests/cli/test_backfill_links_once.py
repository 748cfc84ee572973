"""Links are mended once whatever goes wrong: kills at every step, lost answers, refusals."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.errors import Category, ExitCode, LostAnswerError, ServiceError
from raidctl.gateways.impact.database.ticket_writer import DatabaseTicketWriter
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.journal import Journal
from raidctl.sandbox.server import Request
from tests.cli.process import Ended
from tests.cli.test_backfill_links import (
    LINKS,
    double,
    leading,
    links,
    paired,
    reasons,
    stored,
    told,
    undone,
)
from tests.cli.world import ADA, World, world
from tests.simulators.server import refuse

pytestmark = pytest.mark.slow


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    """Incident 2's issue has moved, 7's is there and says so in its property alone."""
    with world(tmp_path, LINKS) as made:
        made.state.move(10_002, "PAY-9")
        issue = made.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
        assert issue.id == ORPHAN
        leading(made, 7, issue.id, by="property")
        yield made


ORPHAN = 10_004
STEPS: dict[str, tuple[type, str]] = {
    "its intent": (Journal, "intend"),
    "the key": (DatabaseTicketWriter, "rekey"),
    "the ticket": (DatabaseTicketWriter, "link"),
    "the remote link": (JiraAdmin, "put_remote_link"),
    "its end": (Journal, "settle"),
}


def broken(
    patch: pytest.MonkeyPatch, step: str, error: Callable[[], BaseException], *, after: bool
) -> None:
    """Let one step end so the first time, done or not."""
    where, name = STEPS[step]
    real, left = getattr(where, name), [1]

    def ending(*given: Any, **named: Any) -> Any:
        if not left:
            return real(*given, **named)
        left.clear()
        if after:
            real(*given, **named)
        raise error()

    patch.setattr(where, name, ending)


def mended(place: World) -> None:
    """All is as it should be, and nothing is left to do."""
    (key, _) = stored(place)[ORPHAN]
    assert stored(place)[ORPHAN] == (place.state.issue(ORPHAN).key, 7), key
    assert stored(place)[10_002] == ("PAY-9", 2)
    name = global_id(place.impact.url, 7)
    assert place.state.linked_by([name]) == {ORPHAN}
    assert place.state.properties[ORPHAN][PROPERTY]["globalId"] == name
    assert reasons(links(place)) == {8: "unlinked"}
    assert place.sound()


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_is_made_good_by_the_next_run(
    place: World, step: str, after: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, step, Killed, after=after)
        with pytest.raises(Killed):
            links(place)
    links(place)  # what may have been half done is read first, and told
    assert links(place).code == ExitCode.OK
    mended(place)


def lost() -> BaseException:
    return LostAnswerError(ServiceError("Impact", "x", "no answer", "look", Category.NETWORK))


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("step", ["the key", "the ticket", "the remote link"])
def test_a_lost_answer_is_read(place: World, step: str, after: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, step, lost, after=after)
        ended = links(place)
    assert ended.code == (ExitCode.OK if after else ExitCode.INCOMPLETE)
    links(place)
    mended(place)


def test_one_that_is_refused_stops_no_other(place: World) -> None:
    real = DatabaseTicketWriter.rekey
    refused = ServiceError("Impact", "x", "locked", "again", Category.CONFLICT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseTicketWriter, "rekey", _raising(refused))
        ended = links(place)
    assert ended.code == ExitCode.INCOMPLETE
    assert (2, "create_link", "moved", "failed") in told(ended) or "locked" in ended.err
    assert stored(place)[ORPHAN][1] == 7
    assert DatabaseTicketWriter.rekey is real
    links(place)
    mended(place)


def _raising(error: Exception) -> Callable[..., None]:
    def raising(*_: Any, **__: Any) -> None:
        raise error

    return raising


def test_an_issue_that_cannot_be_asked_is_told_and_the_others_go_on(place: World) -> None:
    def when(request: Request) -> bool:
        return request.path.endswith(f"/issue/{ORPHAN}/remotelink")

    with place.fault("jira", refuse(400, body={"errorMessages": ["no"]}), when):
        ended = links(place)
    assert ended.code == ExitCode.INCOMPLETE
    assert [one["what"] for one in ended.report["unread"]] == [
        f"issue {place.state.issue(ORPHAN).key}"
    ]
    assert stored(place)[10_002] == ("PAY-9", 2)
    links(place)
    mended(place)


def test_grants_that_are_missing_are_named(place: World) -> None:
    with pytest.MonkeyPatch.context() as patch:
        lacking = ["UPDATE (key) on jira_app_jiraissue"]
        patch.setattr(DatabaseTicketWriter, "missing", lambda _: lacking)
        ended = links(place)
    assert ended.code == ExitCode.INCOMPLETE
    assert "lacks UPDATE (key) on jira_app_jiraissue" in ended.err
    assert stored(place)[10_002] == ("INC-2", 2)


def test_a_limit_of_safety_and_a_pause_stop_it(place: World) -> None:
    more = "[safety]\nmax_changes = 1\n"
    text = place.toml(impact='reads = "database"', more=more)
    text = text.replace("[impact.writes]", '[impact.writes]\nlink = "database"')
    run = ("backfill", "links", "-o", "json")
    blocked = place.run(*run, "--yes", config=text)
    assert blocked.code == ExitCode.BLOCKED
    assert "2 links would change; max_changes is 1" in blocked.err
    assert stored(place)[10_002] == ("INC-2", 2)
    assert place.run("pause", "--for", "1h").code == ExitCode.OK
    approved = ("--approve", blocked.report["plan"])
    assert place.run(*run, *approved, config=text).code == ExitCode.BLOCKED
    place.run("resume")
    assert place.run(*run, *approved, config=text).code == ExitCode.OK
    mended(place)


def test_what_changed_since_it_was_planned_is_left_alone(place: World) -> None:
    real = DatabaseTicketWriter.rekey

    def changed(writer: Any, ticket: Any, key: str) -> None:
        place.sql("UPDATE jira_app_jiraissue SET key = 'INC-77' WHERE id = 10002")
        real(writer, ticket, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseTicketWriter, "rekey", changed)
        ended = links(place)
    assert ended.code == ExitCode.INCOMPLETE
    assert stored(place)[10_002] == ("INC-77", 2)


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("name", ["rekey", "unlink"])
def test_a_kill_while_links_are_put_back_is_made_good(place: World, name: str, after: bool) -> None:
    before = stored(place)
    run = links(place).report["run"]
    STEPS["back"] = DatabaseTicketWriter, name
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, "back", Killed, after=after)
        with pytest.raises(Killed):
            undone(place)
    again = back(place, run)
    assert again.code in (ExitCode.OK, ExitCode.INCOMPLETE, ExitCode.USAGE), again.err
    back(place, run)
    assert stored(place) == before
    assert place.sound()


def back(place: World, run: str) -> Ended:
    text = place.toml(impact='reads = "database"')
    text = text.replace("[impact.writes]", '[impact.writes]\nlink = "database"')
    return place.run("undo", run, "--yes", "-o", "json", config=text)


def test_two_lines_of_one_double_key_are_both_made(place: World) -> None:
    """Both of its tickets are named: either gets its own."""
    place.sql("UPDATE jira_app_jiraissue SET key = 'INC-1' WHERE id = 10003")
    assert paired(place, "3,INC-3", "1,INC-1").code == ExitCode.OK
    assert stored(place)[10_003] == ("INC-3", 3)
    assert stored(place)[10_001] == ("INC-1", 1)


def test_what_replaces_a_ticket_of_the_same_key_leaves_no_second_one(place: World) -> None:
    """3 is to have INC-1, of which its own ticket has the key already, wrongly."""
    place.sql("UPDATE jira_app_jiraissue SET key = 'INC-1' WHERE id = 10003")
    place.sql("UPDATE raid_jiraticket SET incident_id = NULL WHERE jiraissue_ptr_id = 10001")
    assert paired(place, "3,INC-1").code == ExitCode.OK
    assert stored(place)[10_001] == ("INC-1", 3)
    assert stored(place)[10_003] == ("INC-3", None)


def test_a_double_of_another_incident_is_told_with_its_line(place: World) -> None:
    double(place, 99_999, "INC-1", 8)
    ended = paired(place, "1,INC-1")
    assert reasons(ended) == {1: "shared_issue"}
    (item,) = ended.report["items"]
    assert "the line 8,ITS-KEY in a CSV" in item["detail"]


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("step", ["its intent", "the remote link", "the property", "its end"])
def test_a_link_of_the_journal_alone_is_whole_after_a_kill(
    place: World, step: str, after: bool
) -> None:
    """What leads back is no link yet: whoever had the issue before has it until the link is."""
    key = place.state.issue(ORPHAN).key
    paired(place, f"8,{key}", tables=False)
    STEPS["the property"] = JiraAdmin, "set_property"
    with pytest.MonkeyPatch.context() as patch:
        broken(patch, step, Killed, after=after)
        with pytest.raises(Killed):
            paired(place, f"7,{key}", tables=False)
    paired(place, f"7,{key}", tables=False)
    name = global_id(place.impact.url, 7)
    assert place.journalled("SELECT incident, issue_id, led_back FROM own_links") == [
        (7, ORPHAN, 1)
    ]
    assert ORPHAN in place.state.linked_by([name])
    assert place.state.properties[ORPHAN][PROPERTY]["globalId"] == name
    assert told(paired(place, f"7,{key}", tables=False)) == []
    assert place.sound()


@pytest.mark.parametrize("rows", [("1,INC-3", "3,INC-1"), ("3,INC-1", "1,PAY-9", "2,INC-3")])
def test_issues_change_hands_in_one_run(place: World, rows: Sequence[str]) -> None:
    """Each stands in the other's way when they are planned."""
    before = stored(place)
    ended = paired(place, *rows)
    assert ended.code == ExitCode.OK, ended.err
    due = {row.partition(",")[2]: int(row.partition(",")[0]) for row in rows}
    found = {key: incident for key, incident in stored(place).values() if key in due}
    assert found == due
    assert told(paired(place, *rows)) == []
    assert place.sound()
    for _ in rows:  # the last link first: each gives back what another one took
        back(place, ended.report["run"])
    assert stored(place) == before | {10_002: stored(place)[10_002]}


def test_links_of_the_journal_change_hands_in_one_run(place: World) -> None:
    for number in (1, 2, 3):
        place.sql(f"UPDATE raid_jiraticket SET incident_id = NULL WHERE incident_id = {number}")
    assert paired(place, "1,INC-1", "3,INC-3", tables=False).code == ExitCode.OK
    ended = paired(place, "1,INC-3", "3,INC-1", tables=False)
    assert ended.code == ExitCode.OK, ended.err
    assert place.journalled("SELECT incident, issue_id FROM own_links ORDER BY 1") == [
        (1, 10_003),
        (3, 10_001),
    ]
    assert told(paired(place, "1,INC-3", "3,INC-1", tables=False)) == []
