"""`raidctl event` from the command line to both systems and back."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from raidctl.cli.payloads import payloads
from raidctl.core.events.event import State
from raidctl.core.events.parse import Parser
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.journal import Journal, lock
from tests.cli.process import Ended
from tests.cli.test_backfill import DECLARER
from tests.cli.world import ADA, Pair, Sort, World, world
from tests.payloads import created, states, updated, webhook, written
from tests.schemas import validator
from tests.simulators.server import refuse

PAIRS = (
    Pair(1),
    Pair(2, impact={Field.STATUS: "MITIGATED"}),
    Pair(3, jira={Field.PRIORITY: "High", Field.TITLE: "Another title"}),
    Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"}),
    Pair(7, linked=False),
)


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, PAIRS, sort=sort) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        made.state.add_user(DECLARER)
        yield made


def given(place: World, *payloads: object) -> str:
    return written(place.folder / "events.jsonl", *payloads)


def event(place: World, *arguments: str, config: str | None = None) -> Ended:
    return place.run("event", "-o", "json", *arguments, config=config)


def told(ended: Ended) -> dict[str, tuple[str, str | None]]:
    """State and why of each event of a report, by what it is about."""
    validator("report").validate(ended.report)
    return {
        str(one["issue"] or one["incident"]): (one["state"], one["why"])
        for one in ended.report["events"]
    }


def test_what_events_name_is_settled_and_nothing_else(either: World) -> None:
    reads = {"cloud": "rest", "datacenter": "database"}[either.state.deployment]
    config = either.toml(impact=f'reads = "{reads}"')
    file = given(either, webhook(3, "priority"), updated(2, "status"))
    ended = event(either, file, config=config)
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert told(ended) == {
        "INC-3": ("settled", "priority: written to Impact"),
        "2": ("settled", "status: written to JIRA"),
    }
    assert ended.report["command"] == "event"
    assert {(i["incident"], i["field"], i["outcome"]) for i in ended.report["items"]} == {
        (3, "priority", "applied"),
        (2, "status", "applied"),
    }
    assert either.in_impact(3, Field.PRIORITY) == 2
    assert either.in_impact(3, Field.TITLE) == "Incident 3", "nobody spoke of it"
    assert either.in_jira(2, Field.STATUS) == "Resolved"
    assert either.sound()
    before = len(either.writes)
    again = event(either, file, config=config)
    assert told(again)["INC-3"] == ("settled", "nothing to do: both sides agree")
    assert len(either.writes) == before


def test_what_is_none_of_ours_asks_neither_system(place: World) -> None:
    echo = updated(3, "priority", message="Priority synced from Jira (2)")
    service = webhook(3, "priority", user={"accountId": "712020:firefighter"})
    file = given(
        place,
        echo,
        service | {"issue": {"key": "INC-30"}},
        webhook(1, "labels"),
        {"webhookEvent": "jira:issue_created"},
        updated(5),
        updated(6, "severity"),
    )
    config = place.toml(impact='service_account = "712020:firefighter"')
    ended = event(place, file, config=config)
    assert ended.code == ExitCode.OK
    assert states(ended.report["events"]) == ["skipped", "skipped", *["ignored"] * 4]
    assert ended.report["run"] is None
    assert (place.jira.requests, place.impact.requests) == ([], [])
    assert place.journalled("SELECT * FROM runs") == []


def test_what_nobody_has_is_ignored(place: World) -> None:
    ended = event(
        place, given(place, webhook(99, "status"), updated(77, "title"), updated(7, "title"))
    )
    assert ended.code == ExitCode.OK
    assert told(ended) == {
        "INC-99": ("ignored", "no incident has INC-99"),
        "77": ("ignored", "Impact has no incident 77, or hides it from this user"),
        "7": ("ignored", "the incident has no issue"),
    }


def test_an_incident_that_is_gone_gets_no_issue(place: World) -> None:
    ended = event(place, given(place, created(77)), config=place.toml(impact='reads = "database"'))
    assert ended.code == ExitCode.OK
    assert told(ended) == {
        "77": ("ignored", "Impact has no incident 77, or hides it from this user"),
    }


def test_what_is_held_is_settled_with_its_reason(place: World) -> None:
    place.state.edit(10_001, ADA.account, status="Blocked", description="x" * 10)
    place.run("baseline")
    file = given(place, webhook(4, "priority"))
    ended = event(place, file)
    assert ended.code == ExitCode.OK
    assert told(ended) == {"INC-4": ("settled", "priority is held, conflict")}


def test_a_change_that_is_too_young_waits(place: World) -> None:
    place.state.edit(10_001, ADA.account, priority="High")
    file = given(place, webhook(1, "priority"))
    ended = event(place, file)
    assert ended.code == ExitCode.OK
    assert told(ended) == {"INC-1": ("waiting", "priority is held, settling")}
    other = given(place, webhook(2, "priority"))
    assert "INC-1" not in told(event(place, other)), "its time has not come"
    now = event(place, config=place.toml(more="[safety]\ngrace_seconds = 0\n"))
    assert told(now) == {"INC-1": ("settled", "priority: written to Impact")}
    assert place.in_impact(1, Field.PRIORITY) == 2


def test_an_incident_that_was_declared_gets_its_issue(place: World) -> None:
    config = place.toml(impact='reads = "database"')
    file = given(place, created(7), created(1), updated(7, "title"))
    ended = event(place, file, config=config)
    assert ended.code == ExitCode.OK, ended.err
    assert states(ended.report["events"]) == ["settled"] * 3
    (item,) = [one for one in ended.report["items"] if one["verdict"] == "create_issue"]
    assert (item["incident"], item["outcome"]) == (7, "applied")
    assert place.state.issue(int(item["issue_id"])).values["summary"] == "Incident 7"
    again = event(place, file, config=config)
    assert told(again)["1"] == ("settled", "the incident has an issue")
    assert [one for one in again.report["items"] if one["verdict"] == "create_issue"] == []


def test_firefighter_is_given_time_to_create_the_issue_itself(place: World) -> None:
    place.sql("UPDATE incidents_incident SET created_at = datetime('now') WHERE id = 7")
    config = place.toml(impact='reads = "database"')
    ended = event(place, given(place, created(7)), config=config)
    assert told(ended) == {"7": ("waiting", "FireFighter may be creating its issue itself")}
    assert ended.report["items"] == []


def test_without_a_project_no_issue_can_be_made_and_the_rest_goes_on(place: World) -> None:
    config = place.toml(impact='reads = "database"').replace('project = "INC"', "")
    ended = event(place, given(place, created(7), webhook(3, "priority")), config=config)
    assert told(ended)["INC-3"][0] == "settled"
    state, why = told(ended)["7"]
    assert (state, "jira.project: missing" in str(why)) == ("dead", True)
    assert ended.code == ExitCode.INCOMPLETE


def test_what_is_no_event_is_named_by_its_line_and_the_rest_goes_on(place: World) -> None:
    file = place.folder / "mixed.jsonl"
    file.write_text(f"{json.dumps(webhook(3, 'priority'))}\n\nnonsense\n[]\n", encoding="utf-8")
    ended = event(place, str(file))
    assert ended.code == ExitCode.INCOMPLETE
    validator("report").validate(ended.report)
    assert states(ended.report["events"]) == ["settled", "refused", "refused"]
    assert [one["why"] for one in ended.report["events"]][1:] == [
        f"{file}, line 3: not JSON: it goes wrong at character 1",
        f"{file}, line 4: the payload is a list: give its events one by one",
    ]
    assert f"no event: 2 of the 3 given, such as {file}, line 3: not JSON" in ended.err


@pytest.mark.parametrize("content", [b"", b"\n\n", b"{", b"\x00\xff", b"[" * 90_000, b"[]\n{}\n"])
def test_what_holds_no_event_at_all_is_a_mistake(place: World, content: bytes) -> None:
    file = place.folder / "none.json"
    file.write_bytes(content)
    ended = event(place, str(file))
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.startswith("raidctl: there is no event in what was given: ")
    assert ended.err.count("\n") == 1


def test_standard_input_that_is_closed_or_empty_holds_none(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = event(place, "-")
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err.endswith(": standard input is empty\n")
    monkeypatch.setattr(sys, "stdin", None)
    assert list(payloads(Path("-"))) == [], "a service that runs it has closed it"


def test_a_file_that_cannot_be_read_is_told_in_a_line(place: World) -> None:
    for wrong, why in ((place.folder / "nope", "No such file"), (place.folder / "p", "a pipe")):
        if why == "a pipe":
            os.mkfifo(wrong)
        ended = event(place, str(wrong))
        assert (ended.code, ended.out) == (ExitCode.USAGE, "")
        assert why in ended.err
        assert ended.err.count("\n") == 1


def test_a_folder_and_one_payload_over_several_lines(place: World) -> None:
    folder = place.folder / "events"
    folder.mkdir()
    (folder / "b.json").write_text(json.dumps(webhook(3, "priority"), indent=2))
    written(folder / "a.jsonl", updated(2, "status"), updated(5))
    (folder / ".hidden").write_text("nonsense")
    (folder / "more").mkdir()
    ended = event(place, str(folder))
    assert ended.code == ExitCode.OK, ended.err
    assert states(ended.report["events"]) == ["settled", "ignored", "settled"]


def test_while_another_run_holds_the_lock_events_are_kept(place: World) -> None:
    file = given(place, webhook(3, "priority"))
    with lock(place.journal, lambda: None):
        ended = event(place, file)
        shown = place.run("event")
    assert ended.code == shown.code == ExitCode.LOCKED
    assert told(ended) == {"INC-3": ("waiting", None)}
    assert "Events: 1 waiting\nTo try now what waits: raidctl event\n" in shown.out
    assert "the events are kept: whoever holds it sees to them" in ended.err
    assert told(event(place)) == {"INC-3": ("settled", "priority: written to Impact")}


def test_beyond_a_limit_events_wait_for_the_command_that_approves(place: World) -> None:
    file = given(place, webhook(3, "priority"), updated(2, "status"), updated(1, "title"))
    ended = event(place, file, "--max-changes", "1")
    assert ended.code == ExitCode.BLOCKED
    plan = ended.report["plan"]
    why = f"2 links would change; max_changes is 1: raidctl event --approve {plan}"
    assert told(ended) == {
        "INC-3": ("waiting", why),
        "2": ("waiting", why),
        "1": ("settled", "nothing to do: both sides agree"),
    }
    assert (place.writes, place.events) == ([], [])
    assert f"raidctl event -o json --max-changes 1 --approve {plan}" in ended.err
    agreed = event(place, "--max-changes", "1", "--approve", plan)
    assert agreed.code == ExitCode.OK, agreed.err
    assert set(states(agreed.report["events"])) == {"settled"}
    assert place.in_impact(3, Field.PRIORITY) == 2


def test_while_raidctl_is_paused_events_wait(place: World) -> None:
    assert place.run("pause", "--for", "1h").code == ExitCode.OK
    ended = event(place, given(place, webhook(3, "priority")))
    assert ended.code == ExitCode.BLOCKED
    assert told(ended)["INC-3"][0] == "waiting"
    assert place.run("resume").code == ExitCode.OK
    assert told(event(place))["INC-3"][0] == "settled"


def test_who_says_no_leaves_them_waiting(place: World) -> None:
    file = given(place, webhook(3, "priority"))
    ended = place.run("event", file, typed="no\n")
    assert ended.code == ExitCode.DRIFT
    assert "nobody said yes to it" in ended.out
    assert place.events == []
    assert place.run("event", typed="yes\n").code == ExitCode.OK
    assert place.in_impact(3, Field.PRIORITY) == 2


def test_a_dry_run_writes_nothing_anywhere(place: World) -> None:
    file = given(place, webhook(3, "priority"), updated(1, "title"), updated(5))
    before = place.journal.read_bytes()
    ended = event(place, file, "--dry-run", "--yes")
    assert ended.code == ExitCode.DRIFT
    assert told(ended) == {
        "INC-3": ("waiting", "to be written: this was a dry run"),
        "1": ("settled", "nothing to do: both sides agree"),
        "5": ("ignored", 'it has no "update_fields": nothing to do'),
    }
    assert place.journal.read_bytes() == before
    assert (place.writes, place.events) == ([], [])


def test_a_system_that_is_down_costs_no_try(place: World) -> None:
    file = given(place, webhook(3, "priority"))
    sides: list[tuple[tuple[str, ...], Literal["jira", "impact"]]]
    sides = [((file,), "jira"), ((), "impact")]
    for arguments, side in sides:
        with place.fault(side, refuse(503)):
            ended = event(place, *arguments, config=place.toml(more="[http]\nrun_seconds = 1\n"))
            assert ended.code == ExitCode.UNREACHABLE
            assert told(ended)["INC-3"][0] == "waiting", "whether it was given or lay there"
    assert place.journalled("SELECT state, tries FROM events") == [("waiting", 0)]
    assert told(event(place)) == {"INC-3": ("settled", "priority: written to Impact")}


def test_one_that_is_dead_stays_so_when_it_is_given_again(place: World) -> None:
    seen = Parser({"priority": Field.PRIORITY}).any(json.dumps(sent := _sent(3)).encode())
    with closing(Journal(place.journal)) as journal:
        (kept,) = journal.queue.keep([seen], datetime.now(UTC))
        assert kept is not None
        journal.queue.turn([kept.turn(State.DEAD, "JIRA said no")])
    again = place.run("event", given(place, sent))
    assert again.code == ExitCode.INCOMPLETE
    assert again.err == (
        "raidctl: event 1 is dead: JIRA said no; once that is mended: raidctl event --retry 1\n"
    )
    assert "To try the dead once more: raidctl event --retry 1\n" in again.out


def _sent(number: int) -> dict[str, Any]:
    """With a time of its own, by which it is known."""
    return webhook(number, "priority", timestamp=1_700_000_000_000)


def test_what_waits_for_its_time_is_tried_at_once_when_it_is_given_again(place: World) -> None:
    file = given(place, webhook(3, "priority"))
    with place.fault("jira", refuse(503)):
        for _ in range(2):
            ended = event(place, file, config=place.toml(more="[http]\nrun_seconds = 1\n"))
            assert ended.code == ExitCode.UNREACHABLE
    assert told(event(place, file)) == {"INC-3": ("settled", "priority: written to Impact")}


def test_a_fault_of_one_link_is_tried_four_times(place: World) -> None:
    """The others go on; a person may have it tried again."""

    def of_3(request: Any) -> bool:
        return b"10003" in request.body or "10003" in request.target

    with place.fault("jira", refuse(500), of_3):
        first = event(place, given(place, webhook(3, "priority"), updated(2, "status")))
        assert told(first)["2"] == ("settled", "status: written to JIRA")
        assert told(first)["INC-3"][0] == "waiting"
        assert first.code == ExitCode.INCOMPLETE
        assert told(event(place))["INC-3"][0] == "waiting", "before its time it is no try"
        for tries in (2, 3, 4):
            with closing(sqlite3.connect(place.journal)) as connection, connection:
                connection.execute("UPDATE events SET due_at = received_at")
            ended = event(place)
            assert place.journalled("SELECT tries FROM events ORDER BY id LIMIT 1") == [(tries,)]
        assert told(ended)["INC-3"][0] == "dead"
    dead = event(place, "--dead")
    assert dead.code == ExitCode.OK
    ((state, why),) = told(dead).values()
    assert (state, str(why).startswith("tried 4 times: ")) == ("dead", True)
    assert told(event(place)) == {}, "it is not tried any more"
    looked = event(place, "--retry", "--dry-run")
    assert told(looked)["INC-3"] == ("waiting", "to be written: this was a dry run")
    assert told(event(place, "--retry", "1"))["INC-3"] == (
        "settled",
        "priority: written to Impact",
    )
    wrong = event(place, "--retry", "1")
    assert wrong.code == ExitCode.USAGE
    assert "no event 1 is dead" in wrong.err


def test_an_issue_that_moved_is_found_by_its_id(place: World) -> None:
    assert place.run("reconcile", "1").code == ExitCode.OK
    place.state.move(10_003, "PAY-9")
    moved = webhook(3, "priority") | {"issue": {"id": "10003", "key": "PAY-9"}}
    assert place.run("baseline").code == ExitCode.OK
    ended = event(place, given(place, moved))
    assert told(ended)["PAY-9"][0] == "settled"
    assert place.in_impact(3, Field.PRIORITY) == 2


def test_the_other_formats(place: World) -> None:
    file = given(place, webhook(4, "priority", issue={"key": "=CMD-1"}), webhook(1, "labels"))
    assert event(place, file).code == ExitCode.INCOMPLETE
    file = given(place, webhook(4, "priority"), {"webhookEvent": "=cmd|x\x1b[2J"})
    csv = place.run("event", file, "-o", "csv").out.splitlines()
    assert csv[0] == "id,kind,incident,issue,state,why"
    assert csv[1].endswith(',jira:issue_updated,,INC-4,settled,"priority is held, conflict"')
    assert "'=cmd" in csv[2]
    assert "\x1b" not in "".join(csv)
    picked = place.run("event", file, "-o", "csv", "--columns", "issue,state").out
    assert picked.splitlines()[:2] == ["issue,state", "INC-4,settled"]
    lines = place.run("event", file, "-o", "jsonl").out.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["settled", "ignored"]
    markdown = place.run("event", file, "-o", "markdown").out
    assert "| INC-4 | settled | priority is held, conflict |" in markdown
    assert "- Events: 1 settled, 1 ignored" in markdown
    table = place.run("event", file).out
    assert "INC-4" in table
    assert "Events: 1 settled, 1 ignored" in table
    assert "\x1b" not in table


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("a", "b"), "put them into a folder"),
        (("--dead", "a"), "--dead lists"),
        (("--dead", "--retry"), "--dead lists"),
        (("--retry", "x"), "'x' is no number of an event"),
        (("",), "FILE is empty"),
    ],
)
def test_what_does_not_fit_together_is_told(
    place: World, arguments: tuple[str, ...], why: str
) -> None:
    ended = place.run("event", *arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert why in ended.err


def test_events_that_come_in_while_others_are_settled_are_settled_too(place: World) -> None:
    """Whoever was refused the lock has left them to us."""
    late = Parser({"status": Field.STATUS}).any(json.dumps(updated(2, "status")).encode())

    came = list[bool]()

    def meanwhile(_: Any) -> bool:
        if not came:
            came.append(True)
            with closing(Journal(place.journal)) as journal:
                journal.queue.keep([late], datetime.now(UTC))
        return False

    with place.fault("jira", refuse(500), meanwhile):
        ended = event(place, given(place, webhook(3, "priority")))
    assert ended.code == ExitCode.OK
    with closing(Journal(place.journal)) as journal:
        assert journal.queue.state().waiting == 0
    assert place.in_jira(2, Field.STATUS) == "Resolved"


def waiting_with_the_lock_held(place: World, *payloads: object) -> None:
    with lock(place.journal, lambda: None):
        assert event(place, given(place, *payloads)).code == ExitCode.LOCKED


def left_waiting(place: World) -> list[str]:
    """What the events are about that wait."""
    with closing(Journal(place.journal)) as journal:
        return [one.event.subject for one in journal.queue.events([State.WAITING], 99)]


def test_a_reconcile_settles_what_waits_about_the_links_that_it_reads(either: World) -> None:
    waiting_with_the_lock_held(
        either,
        webhook(3, "priority"),
        webhook(1, "summary"),
        updated(4, "priority"),
        created(2),
        webhook(2, "status"),
        webhook(99, "status"),
    )
    some = ("reconcile", "--field", "priority", "1", "3")
    either.run(*some, typed="yes\n")
    assert left_waiting(either) == [
        "issue 10001",  # another field
        *("incident 4", "incident 2", "issue 10002", "issue 10099"),  # which were not read
    ]
    either.run("reconcile", typed="no\n")
    assert left_waiting(either) == ["issue 10002", "issue 10099"], "the rest agrees, or is held"
    either.run("reconcile", typed="yes\n")
    assert left_waiting(either) == ["issue 10099"]


def test_an_unattended_reconcile_works_off_what_is_due_beside_it(place: World) -> None:
    waiting_with_the_lock_held(place, webhook(99, "status"), created(7))
    assert place.run("reconcile", "--yes").code == ExitCode.OK
    assert left_waiting(place) == []
    assert [one for (one,) in place.journalled("SELECT command FROM runs ORDER BY started_at")] == [
        *("event", "reconcile", "event"),
    ]


def test_a_dry_reconcile_leaves_the_queue_alone(place: World) -> None:
    waiting_with_the_lock_held(place, webhook(3, "priority"))
    assert place.run("reconcile", "--dry-run").code == ExitCode.DRIFT
    assert place.journalled("SELECT state FROM events") == [("waiting",)]


def test_what_a_search_does_not_show_yet_is_looked_at_again(tmp_path: Path) -> None:
    """Data Center's index lags; nothing is taken for agreed that the event knows better."""
    with world(tmp_path, PAIRS, sort="datacenter") as place:
        place.state.index_lag = 3_600
        place.state.edit(10_001, ADA.account, priority="High")
        at = round(datetime.now(UTC).timestamp() * 1000)
        file = given(place, webhook(1, "priority", timestamp=at))
        config = place.toml(more="[safety]\ngrace_seconds = 0\n")
        ended = event(place, file, config=config)
        assert told(ended) == {"INC-1": ("waiting", "JIRA's search does not show the change yet")}
        assert place.run("reconcile", "1", typed="no\n", config=config).code == ExitCode.OK
        assert left_waiting(place) == ["issue 10001"]
        place.state.index_lag = 0
        assert told(event(place, config=config))["INC-1"][0] == "settled"
        assert place.in_impact(1, Field.PRIORITY) == 2
