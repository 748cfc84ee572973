"""`raidctl listen`: what JIRA and Impact send over HTTP is settled, and nothing of it is lost."""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.journal import Journal, lock
from raidctl.listen import worker
from raidctl.listen.server import bound
from tests.cli.listener import AT_ONCE, ENVIRON, PAIRS, apart, free, inside
from tests.cli.process import discreet, told_in_one_line, until
from tests.cli.world import GRACE, World, world
from tests.listen.asgi import SECRET
from tests.listen.place import PARSER, update
from tests.simulators.server import refuse


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, PAIRS) as made:
        yield made


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCKED_SECONDS", "FAILED_SECONDS"):
        monkeypatch.setattr(worker, name, 0.05)


def test_an_edit_in_jira_reaches_impact_and_one_in_impact_reaches_jira(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        assert here.post(here.edit(11, priority="High")) == 202
        place.edit_incident(12, title="Checkout is down")
        assert here.post(update(12), "/impact") == 202
        until(here.worked_off)
    assert place.in_impact(11, Field.PRIORITY) == 2
    assert place.in_jira(12, Field.TITLE) == "Checkout is down"
    assert (here.states, here.said) == (["settled", "settled"], [])


def test_the_echo_of_what_it_wrote_itself_is_settled_without_another_write(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        place.edit_incident(12, title="Checkout is down")
        here.post(update(12), "/impact")
        until(lambda: place.writes)
        until(here.worked_off)
        echo = here.edit(12, summary="Checkout is down!")
        place.state.edit(10_012, "712020:bot", summary="Checkout is down")
        here.post(echo)
        until(here.worked_off)
        assert here.states == ["settled", "settled"]
    assert len(place.writes) == 1


def test_only_batches_that_wrote_are_in_the_history(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        for number in (11, 12):
            here.post(here.edit(number, priority="High"))
            until(here.worked_off)
            here.post(here.edit(number, priority="Low"))
            place.state.edit(10_000 + number, GRACE.account, priority="High")
            until(here.worked_off)
    assert here.states == ["settled"] * 4
    runs = place.journalled("SELECT id, command FROM runs")
    assert [command for _, command in runs] == ["event", "event"]
    assert {run for (run,) in place.journalled("SELECT run FROM writes")} == {
        run for run, _ in runs
    }


def test_what_waits_when_it_ends_goes_on_at_the_next_start(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here, lock(place.journal, lambda: None):
        here.post(here.edit(11, priority="High"))
        here.post(here.edit(13, summary="Another title"))
        assert here.states == ["waiting", "waiting"]
    assert place.in_impact(11, Field.PRIORITY) == 3
    with inside(place, monkeypatch) as here:
        until(here.worked_off)
    assert place.in_impact(11, Field.PRIORITY) == 2
    assert place.in_impact(13, Field.TITLE) == "Another title"


def test_a_run_that_holds_the_lock_only_delays_it(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        with lock(place.journal, lambda: None):
            for number in range(11, 17):
                assert here.post(here.edit(number, priority="High")) == 202
            assert here.states == ["waiting"] * 6
            assert here.get("/health")[0] == 200
        until(here.worked_off)
    assert {place.in_impact(number, Field.PRIORITY) for number in range(11, 17)} == {2}
    assert here.said == []


def test_reconcile_has_its_turn_while_events_come_in(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        for number in range(11, 17):
            here.post(here.edit(number, priority="High"))
        ended = place.run("reconcile", "--yes", config=place.toml(more=AT_ONCE))
        assert ended.code == ExitCode.OK, ended.err
        until(here.worked_off)
    assert {place.in_impact(number, Field.PRIORITY) for number in range(11, 17)} == {2}


def test_while_jira_lets_nobody_in_events_are_taken_and_health_says_so(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        with place.fault("jira", refuse(401)):
            assert here.post(here.edit(11, priority="High")) == 202
            until(lambda: here.said)
            assert here.post(here.edit(12, priority="Low")) == 202
            status, told = here.get("/health")
            assert status == 503
            assert "events cannot be settled: JIRA at" in told
        ended = place.run("event", "--yes", config=place.toml(more=AT_ONCE))
        assert ended.code == ExitCode.OK, ended.err
        assert here.worked_off()
        here.post(here.edit(13, priority="Low"))
        until(here.worked_off)
        assert here.get("/health")[0] == 200
    assert (place.in_impact(11, Field.PRIORITY), place.in_impact(12, Field.PRIORITY)) == (2, 4)
    assert here.said[-1] == "events are settled again"


def test_a_limit_in_the_way_is_said_with_what_approves_it_and_the_events_wait(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = AT_ONCE.replace("[safety]", "[safety]\nmax_changes = 1")
    monkeypatch.setattr("tests.cli.listener.AT_ONCE", limited)
    with inside(place, monkeypatch) as here:
        with lock(place.journal, lambda: None):
            for number in (11, 12):
                here.post(here.edit(number, priority="High"))
        until(lambda: here.said)
        assert here.said[0].startswith("events cannot be settled: nothing was written: ")
        assert here.get("/health")[0] == 503
        assert here.states == ["waiting", "waiting"]
        _, _, approving = here.said[0].partition(": raidctl ")
        ended = place.run(*approving.split(), RAIDCTL_CONFIG="")
        assert ended.code == ExitCode.OK, ended.err
        assert here.states == ["settled", "settled"]


# Before it begins


def test_without_a_secret_it_does_not_start(place: World) -> None:
    line = told_in_one_line(place.run("listen"), ExitCode.USAGE)
    assert "listen.secret: missing; set the variable RAIDCTL_LISTEN_SECRET" in line
    assert "nothing is taken unsigned" in line
    empty = place.run("listen", config=place.toml(more=AT_ONCE), LISTEN_SECRET="")
    assert "the variable LISTEN_SECRET is not set" in told_in_one_line(empty, ExitCode.USAGE)


def test_a_port_that_is_taken_is_said(place: World) -> None:
    with closing(bound("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = place.run("listen", "--port", port, config=place.toml(more=AT_ONCE), **ENVIRON)
    assert f"port {port} of 127.0.0.1" in told_in_one_line(ended, ExitCode.USAGE)


def test_without_its_extra_it_says_how_to_get_it(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("raidctl.listen.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette", None)
    for name in [name for name in sys.modules if name.startswith("starlette.")]:
        monkeypatch.setitem(sys.modules, name, None)
    ended = place.run("listen", config=place.toml(more=AT_ONCE), **ENVIRON)
    line = told_in_one_line(ended, ExitCode.USAGE)
    assert "pip install 'raidctl[listen]'" in line


def test_it_is_listed_with_the_other_secrets_and_settings(place: World) -> None:
    shown = place.run("config", "show", config=place.toml(more=AT_ONCE), **ENVIRON)
    assert "secret: the variable LISTEN_SECRET " in shown.out
    assert SECRET.decode() not in shown.out
    doctor = place.run("doctor", config=place.toml(more=AT_ONCE))
    assert "listen.secret_env: the variable LISTEN_SECRET is not set" in doctor.err


# As a process


def test_a_kill_drains_it_and_what_was_taken_is_there(place: World) -> None:
    with apart(place) as started, lock(place.journal, lambda: None):
        here = started.here
        for number in range(11, 17):
            assert here.post(here.edit(number, priority="High")) == 202
        assert here.post(b"{", name=SECRET.decode()) == 400
        ended = started.stop()
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == "raidctl: ending after the write in hand; once more ends at once\n"
        assert free(here.port)
        assert here.states == ["waiting"] * 6
    discreet(ended)


def test_ctrl_c_is_130(place: World) -> None:
    with apart(place) as started:
        assert started.stop(signal.SIGINT).code == ExitCode.INTERRUPTED


def test_a_disk_that_fills_up_is_503_and_nothing_half_stored(place: World) -> None:
    """The process may not make its files larger, for a while."""
    with apart(place) as started, lock(place.journal, lambda: None):
        here, process = started.here, started.process.pid
        assert here.post(here.edit(11, priority="High")) == 202
        log = place.journal.with_name("journal.db-wal")
        limits = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (log.stat().st_size, limits[1]))
        for number in (12, 13):
            assert here.post(here.edit(number, priority="High")) == 503
        assert here.get("/health")[0] == 503
        assert here.states == ["waiting"]
        resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
        assert here.post(here.edit(14, priority="High")) == 202
        assert here.get("/health")[0] == 200
        assert here.states == ["waiting"] * 2
        ended = started.stop()
    lines = ended.err.splitlines()
    assert lines[0].startswith("raidctl: events cannot be stored: the journal ")
    assert lines[1] == "raidctl: events are stored again"
    discreet(ended)
    with closing(Journal(place.journal)) as journal:
        assert journal.queue.state().waiting == 2


def test_a_journal_that_somebody_writes_for_long_is_503(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("raidctl.journal.sqlite.writer.BUSY_SECONDS", 0.1)
    with inside(place, monkeypatch) as here:
        with closing(Journal(place.journal)) as other, other._connection.transaction():
            assert here.post(here.edit(11, priority="High")) == 503
        assert here.post(here.edit(12, priority="High")) == 202
        until(here.worked_off)
    assert place.in_impact(12, Field.PRIORITY) == 2


def test_names_of_events_that_are_kept_are_fit_for_a_terminal(
    place: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(place, monkeypatch) as here:
        body = here.edit(11, priority="High")
        here.post(body, name="\x1b[31mred")
        until(here.worked_off)
    ((name,),) = place.journalled("SELECT name FROM events")
    assert name == PARSER.jira(body).event.name
    assert os.environ["LISTEN_SECRET"] not in name
