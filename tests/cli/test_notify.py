"""What Slack, a URL and a watcher of pings hear of runs, and when; `raidctl notify --test`."""

import json
import platform
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.events.event import Event, Seen, State
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.journal import Journal, lock
from raidctl.sandbox.server import Reply
from tests.cli.clock import at
from tests.cli.disk import full_disk
from tests.cli.process import Ended
from tests.cli.world import ADA, NOW, Pair, World, world
from tests.schemas import validator
from tests.simulators.hook import SECRET, Hook, hook
from tests.simulators.server import refuse

UNCALLED = "notify.ping_url: not called, for that would say that reconcile runs\n"
CONFLICT = Pair(4, impact={Field.PRIORITY: 1}, jira={Field.PRIORITY: "Low"})


@dataclass
class Place:
    """Both systems, and three who are told of runs."""

    world: World
    slack: Hook
    url: Hook
    ping: Hook

    def run(
        self, *arguments: str, more: str = "", typed: str | None = None, **environ: str
    ) -> Ended:
        toml = self.toml(more)
        addresses = {
            "SLACK": self.slack.address,
            "URL": self.url.address,
            "PING": self.ping.address,
        }
        ended = self.world.run(*arguments, config=toml, typed=typed, **(addresses | environ))
        assert not any(part in ended.out + ended.err for part in SECRET.split("/")[2:])
        return ended

    def toml(self, more: str = "") -> str:
        who = '[notify]\nslack_url_env = "SLACK"\nurl_env = "URL"\nping_url_env = "PING"\n'
        return self.world.toml(more=who + more)

    def typed(self, command: str) -> str:
        """A command as a notice has it: whoever reads that has another shell."""
        return f"raidctl --config {self.world.configured(self.toml())} {command}"

    def reconcile(self, *arguments: str, **more: Any) -> Ended:
        return self.run("reconcile", "--yes", *arguments, **more)

    @property
    def kinds(self) -> list[list[str]]:
        """What the URL was told, a list for each time."""
        for body in self.url.bodies:
            validator("notice").validate(body)
        return [[one["kind"] for one in body["notices"]] for body in self.url.bodies]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with (
        world(tmp_path, (Pair(1), CONFLICT)) as made,
        hook() as slack,
        hook() as url,
        hook() as ping,
    ):
        yield Place(made, slack, url, ping)


def test_a_new_hold_is_told_once_with_the_command_that_settles_it(place: Place) -> None:
    first, second = place.reconcile(), place.reconcile()
    assert (first.code, second.code) == (ExitCode.OK, ExitCode.OK)
    assert (first.err, second.err) == ("", "")
    (body,) = place.url.bodies
    (notice,) = body["notices"]
    assert (notice["kind"], notice["reason"], notice["field"]) == ("held", "conflict", "priority")
    assert [one["incident"] for one in notice["holds"]] == [4]
    assert notice["do"] == place.typed("resolve 4")
    (message,) = place.slack.bodies
    assert f"Next: `{place.typed('resolve 4')}`" in json.dumps(message)
    assert len(place.ping.asked) == 2


def test_a_hold_that_comes_back_is_told_again(place: Place) -> None:
    place.reconcile()
    place.run("resolve", "--take", "impact", "--yes")
    place.reconcile()
    place.world.edit_incident(4, title="Another")
    place.world.state.edit(10_004, ADA.account, summary="Yet another")
    place.reconcile()
    assert place.kinds == [["held"], ["held"]]


def test_three_failures_in_a_row_are_told_and_that_it_is_well_again(place: Place) -> None:
    place.reconcile()
    with place.world.fault("jira", refuse(401)):
        failed = [place.reconcile() for _ in range(5)]
    well = [place.reconcile(), place.reconcile()]
    assert [one.code for one in failed] == [ExitCode.UNREACHABLE] * 5
    assert [one.code for one in well] == [ExitCode.OK] * 2
    assert place.kinds == [["held"], ["failing"], ["recovered"]]
    failing = place.url.bodies[1]["notices"][0]
    assert (failing["count"], failing["do"]) == (3, place.typed("doctor"))
    assert "HTTP 401" in failing["why"]
    assert len(place.ping.asked) == 3


def test_a_limit_is_told_with_the_command_that_approves_this_very_plan(tmp_path: Path) -> None:
    pairs = tuple(Pair(n, impact={Field.STATUS: "MITIGATED"}) for n in range(1, 4))
    with world(tmp_path, pairs) as made, hook() as slack, hook() as url, hook() as ping:
        place = Place(made, slack, url, ping)
        blocked = [place.reconcile("--max-changes", "2") for _ in range(2)]
        assert [one.code for one in blocked] == [ExitCode.BLOCKED] * 2
        (notice,) = url.bodies[0]["notices"]
        assert notice["kind"] == "blocked"
        assert notice["do"].startswith(place.typed("reconcile --yes --max-changes 2 --approve "))
        assert notice["do"].partition(" reconcile ")[2] in blocked[0].err
        assert notice["look"] == place.typed("reconcile --max-changes 2 --dry-run")
        assert place.run(*notice["look"].split()[1:]).code == ExitCode.DRIFT
        assert place.run(*notice["do"].split()[1:]).code == ExitCode.OK
        assert place.kinds == [["blocked"], ["recovered"]]
        assert len(ping.asked) == 1


def test_a_run_of_some_links_ends_no_trouble_and_makes_none(tmp_path: Path) -> None:
    pairs = tuple(Pair(n, impact={Field.STATUS: "MITIGATED"}) for n in range(1, 4))
    with world(tmp_path, (*pairs, Pair(9))) as made, hook() as slack, hook() as url, hook() as ping:
        place = Place(made, slack, url, ping)
        few = "[safety]\nmax_changes = 2\n"
        cron = [place.reconcile("--quiet", more=few) for _ in range(2)]
        assert [one.code for one in cron] == [ExitCode.BLOCKED] * 2
        assert ["nothing was written" in one.err for one in cron] == [True, False]
        assert place.reconcile("9", "--quiet", more=few).code == ExitCode.OK
        for _ in range(3):
            assert place.reconcile("99999", more=few).code == ExitCode.INCOMPLETE
        asked = place.run("reconcile", "--max-changes", "9", more=few, typed="no\n")
        assert asked.code == ExitCode.DRIFT
        again = place.reconcile("--quiet", more=few)
        assert (again.code, again.out, again.err) == (ExitCode.BLOCKED, "", ""), "said already"
        assert place.kinds == [["blocked"]]
        assert place.ping.asked == []


def test_the_commands_carry_the_configuration_that_was_named(place: Place) -> None:
    toml = place.world.configured(place.world.toml(more='[notify]\nurl_env = "URL"\n'))
    named = ("--config", str(toml), "reconcile", "--yes", "--quiet")
    ended = place.world.run(*named, URL=place.url.address, RAIDCTL_CONFIG="")
    assert ended.code == ExitCode.OK
    (body,) = place.url.bodies
    assert body["notices"][0]["do"] == f"raidctl --config {toml} resolve 4"
    assert body["host"] == platform.node()
    assert f"    raidctl --config {toml} resolve 4\n" in ended.out


@pytest.mark.parametrize("named", [("--config", "own.toml"), ("--config=own.toml",)])
def test_a_configuration_that_was_named_from_a_folder_is_named_for_every_folder(
    place: Place, named: tuple[str, ...]
) -> None:
    place.world.edit_incident(1, status=40)
    own = Path(place.world.environ["HOME"]) / "own.toml"
    own.write_text(place.world.toml(more='[notify]\nurl_env = "URL"\n'))
    limit = ("--max-changes", "1", "--prefer", "impact", "--yes")
    ended = place.world.run(*named, "reconcile", *limit, URL=place.url.address, RAIDCTL_CONFIG="")
    assert ended.code == ExitCode.BLOCKED, ended.err
    notice = place.url.bodies[0]["notices"][0]
    assert notice["look"] == (
        f"raidctl --config {own} reconcile --max-changes 1 --prefer impact --dry-run"
    )
    assert notice["do"].startswith(f"raidctl --config {own} reconcile --max-changes 1 ")
    assert "own.toml" in ended.err
    assert str(own) not in ended.err, "in this shell it is as it was typed"


def test_a_no_at_the_question_is_not_well_again(place: Place) -> None:
    with place.world.fault("jira", refuse(401)):
        for _ in range(3):
            place.reconcile()
    place.world.edit_incident(1, title="Another")
    assert place.run("reconcile", typed="no\n").code == ExitCode.DRIFT
    assert ["recovered" in kinds for kinds in place.kinds] == [False, False]
    assert place.ping.asked == []
    place.reconcile("--fail-on", "held")
    assert place.kinds[-1] == ["recovered"]
    assert len(place.ping.asked) == 1


def test_a_pause_is_no_trouble(place: Place) -> None:
    place.reconcile()
    place.run("pause", "--for", "2h")
    place.world.edit_incident(1, status=40)
    codes = [place.reconcile().code for _ in range(4)]
    assert codes == [ExitCode.BLOCKED] * 4
    assert place.kinds == [["held"]]


def test_one_that_is_away_fails_no_run_and_is_told_later_what_the_other_heard(
    place: Place,
) -> None:
    place.slack.reply = Reply(404, "no_service", "text/plain")
    place.ping.reply = Reply(500)
    first = place.reconcile()
    assert first.code == ExitCode.OK
    assert first.err.count("\n") == 2
    assert "Slack at http://127.0.0.1" in first.err
    assert "HTTP 404 (no_service)" in first.err
    assert "(not told; it is tried again after the next run)" in first.err
    assert (place.slack.bodies, len(place.url.bodies)) == ([], 1)
    place.slack.reply = Reply(200, "ok", "text/plain")
    place.reconcile()
    place.reconcile()
    assert (len(place.slack.bodies), len(place.url.bodies)) == (1, 1)


def test_dead_events_are_told_once_and_one_more_by_itself(place: Place) -> None:
    die(place, 8, 9)
    place.reconcile()
    place.reconcile()
    die(place, 10)
    place.reconcile()
    assert place.kinds == [["dead", "held"], ["dead"]]
    first, second = (body["notices"][0] for body in place.url.bodies)
    assert (first["count"], first["why"]) == (2, "HTTP 500")
    assert first["do"] == place.typed("event --dead")
    assert second["count"] == 1
    assert not set(first["events"]) & set(second["events"])
    assert "issue INC-10" in second["text"]


def die(place: Place, *numbers: int) -> None:
    """Events about these issues were given up."""
    with closing(Journal(place.world.journal)) as journal:
        events = [Event(f"e{n}", "jira:issue_updated", issue=f"INC-{n}") for n in numbers]
        kept = journal.queue.keep([Seen(event, State.WAITING) for event in events], NOW)
        journal.queue.turn([one.turn(State.DEAD, "HTTP 500") for one in kept if one is not None])


def test_what_an_event_finds_is_told_and_is_news_to_the_mail_of_cron_still(place: Place) -> None:
    file = place.world.folder / "event.json"
    file.write_text(
        '{"incident": 4, "update_fields": ["priority"], "created_by": 7, "message": ""}'
    )
    assert place.run("event", str(file), "--yes").code == ExitCode.OK
    assert place.kinds == [["held"]]
    assert place.ping.asked == []
    assert "INC-4" in place.reconcile("--quiet").out
    assert place.kinds == [["held"]]
    assert len(place.ping.asked) == 1


def test_nothing_that_a_run_leaves_has_an_address(place: Place) -> None:
    """Of both streams `Place.run` sees to that; a receiver may say back what it was sent."""
    log = place.world.folder / "raidctl.log"
    for reply in (Reply(404, f"no {SECRET}", "text/plain"), Reply(200, SECRET, "text/plain")):
        place.slack.reply = place.url.reply = place.ping.reply = reply
        told = place.reconcile("-vv", "--log-file", str(log))
        assert "Slack: POST /: " in told.err
        assert "the receiver of pings: GET /: " in told.err
    assert "Slack" in log.read_text()
    left = [log, *(one for one in place.world.journal.parent.iterdir() if one.is_file())]
    for part in SECRET.split("/")[2:]:
        assert not any(part.encode() in one.read_bytes() for one in left)


def test_a_run_of_some_links_tells_what_is_new_and_forgets_nothing(place: Place) -> None:
    place.reconcile("1")
    assert place.kinds == []
    place.reconcile("4")
    place.reconcile("1")
    place.reconcile()
    assert place.kinds == [["held"]]


def test_nothing_is_told_of_what_is_only_shown(place: Place) -> None:
    place.reconcile("--dry-run")
    place.run("diff")
    assert place.kinds == []
    assert place.ping.asked == []


def test_an_address_in_clear_text_is_refused_and_the_run_goes_on(place: Place) -> None:
    ended = place.reconcile(SLACK=f"http://hooks.example.com{SECRET}")
    assert ended.code == ExitCode.OK
    assert "notify.slack_url: http:// would send it in clear over the network" in ended.err


def test_config_show_tells_where_addresses_are_kept_and_no_more(place: Place) -> None:
    shown = place.run("config", "show")
    assert "the variable SLACK" in shown.out


def test_a_lock_that_is_held_for_hours_is_told_once(place: Place) -> None:
    place.reconcile()
    with place.world.fault("jira", refuse(401)):
        [place.reconcile() for _ in range(3)]
    with lock(place.world.journal, lambda: None):
        place.reconcile()
    place.reconcile()
    assert place.kinds == [["held"], ["failing"], ["recovered"]]
    with at(place.world, NOW) as clock, lock(place.world.journal, lambda: None):
        codes = []
        for _ in range(10):
            codes.append(place.reconcile().code)
            clock.on(minutes=15)
    assert codes == [ExitCode.LOCKED] * 10
    assert place.kinds[3:] == [["failing"]]
    assert "another run is writing" in place.url.bodies[3]["notices"][0]["why"]
    place.reconcile()
    assert place.kinds[4:] == [["recovered"]]


def test_what_others_do_in_between_does_not_hide_that_a_command_fails(place: Place) -> None:
    place.reconcile()
    for _ in range(3):
        with place.world.fault("jira", refuse(401)):
            place.reconcile()
        place.run("baseline")
    assert place.kinds == [["held"], ["failing"], ["recovered"]]


def test_a_journal_that_cannot_be_written_is_told_after_three_runs_and_once(place: Place) -> None:
    place.reconcile()
    with full_disk():
        assert [place.reconcile().code for _ in range(2)] == [ExitCode.USAGE] * 2
        place.slack.reply = Reply(503)
        assert "Slack" in place.reconcile().err
        assert place.kinds == [["held"], ["failing"]]
        place.slack.reply = Reply(200, "ok", "text/plain")
        for _ in range(3):
            place.reconcile()
    assert "make room on its disk" in place.url.bodies[-1]["notices"][0]["why"]
    assert "reconcile failed 4 times in a row" in json.dumps(place.slack.bodies[-1])
    assert place.reconcile().code == ExitCode.OK
    place.reconcile()
    assert place.kinds == [["held"], ["failing"], ["failing"], ["recovered"]]
    assert len(place.slack.bodies) == 3


def test_two_runs_that_no_journal_could_keep_are_nothing_to_tell(place: Place) -> None:
    place.reconcile()
    for _ in range(3):
        with full_disk():
            place.reconcile()
            place.reconcile()
        place.reconcile()
    assert place.kinds == [["held"]]


def test_a_quiet_run_says_once_a_day_whom_it_could_not_tell(place: Place) -> None:
    for one in (place.slack, place.url, place.ping):
        one.reply = Reply(500, "no", "text/plain")
    with at(place.world, NOW) as clock:
        heard = [place.reconcile("--quiet")]
        for hours in (1, 22, 2, 1):
            clock.on(hours=hours)
            heard.append(place.reconcile("--quiet"))
        assert [one.code for one in heard] == [ExitCode.OK] * 5
        assert [one.err.count("\n") for one in heard] == [3, 0, 0, 3, 0]
        assert "Slack at http" in heard[0].err
        place.slack.reply = Reply(200, "ok", "text/plain")
        place.reconcile("--quiet")
        place.slack.reply = Reply(500, "no", "text/plain")
        place.world.edit_incident(1, title="Ours")
        place.world.state.edit(10_001, ADA.account, summary="Theirs")
        ended = place.reconcile("--quiet")
        assert "Slack at http" in ended.err, "it was well in between"
        assert ended.err.count("\n") == 1


@pytest.mark.parametrize("how", ["file", "env"])
def test_an_address_that_is_gone_keeps_no_run_from_its_work(place: Place, how: str) -> None:
    key = f"url_{how}"
    text = place.world.toml(more=f'[notify]\n{key} = "GONE"\n')
    place.world.edit_incident(1, status=40)
    loud = place.world.run("reconcile", "--yes", config=text)
    quiet = [place.world.run("reconcile", "--yes", "--quiet", config=text) for _ in range(2)]
    assert [one.code for one in (loud, *quiet)] == [ExitCode.OK] * 3
    assert place.world.in_jira(1, Field.STATUS) == "Resolved"
    assert f"raidctl: notify.{key}: " in loud.err
    assert quiet[0].err == loud.err
    assert quiet[1].err == ""
    checked = place.world.run("config", "check", config=text)
    assert checked.code == ExitCode.USAGE
    assert f"notify.{key}: " in checked.err
    assert f"notify.{key}: " in place.world.run("doctor", config=text).out.replace("\n", " ")


# raidctl notify


@pytest.mark.parametrize(
    "address", ["file:///s3cret", "https://h/s3cret 1", "https://h:99999/s3cret"]
)
def test_an_address_that_is_none_is_a_matter_of_the_configuration(
    place: Place, address: str
) -> None:
    ended = place.run("notify", "--test", SLACK=address)
    assert ended.code == ExitCode.USAGE
    assert ended.out == f"notify.url: told\n{UNCALLED}"
    assert re.search(r"\n  notify\.slack_url: [^;]+; allowed: an address such as \S+\n$", ended.err)
    assert ended.err.count("notify.slack_url") == 1
    assert "s3cret" not in ended.err


def test_a_test_goes_to_all_of_them(place: Place) -> None:
    ended = place.run("notify", "--test")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert ended.out == ("notify.slack_url: told\nnotify.url: told\n" + UNCALLED)
    assert place.kinds == [["test"]]
    assert "this is a test" in json.dumps(place.slack.bodies)
    assert place.ping.asked == [], "it would say that cron is alive"
    assert not place.world.journalled("SELECT * FROM told")


def test_a_test_that_does_not_arrive_says_so(place: Place) -> None:
    place.slack.reply = Reply(403, "invalid_token", "text/plain")
    ended = place.run("notify", "--test")
    assert ended.code == ExitCode.INCOMPLETE
    assert ended.out == "notify.url: told\n" + UNCALLED
    assert ended.err.startswith("raidctl: notify.slack_url: Slack at http://127.0.0.1")
    assert "HTTP 403 (invalid_token)" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [("notify",), ("notify", "--test")])
def test_nobody_to_tell_is_said(place: Place, arguments: tuple[str, ...]) -> None:
    ended = place.world.run(*arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.err.count("\n") == 1
