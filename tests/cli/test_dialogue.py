"""`raidctl resolve` with somebody at the terminal: what is asked, and what is done at once."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.errors import ExitCode
from tests.cli.decisions import CONFLICTS, both, items, outcomes, paused, quarantine, untouched
from tests.cli.process import Ended, Talk, talking
from tests.cli.test_stopping import held_up, is_put
from tests.cli.world import ADA, GRACE, Pair, World, world

QUESTION = "Take which? "
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
HELD = {1: Field.PRIORITY, 2: Field.TITLE, 3: Field.STATUS}
BEFORE = {
    1: (1, "Low"),
    2: ("Incident 2", "Another title of 2"),
    3: ("MITIGATED", "Open"),
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, CONFLICTS) as made:
        yield made


def say(talk: Talk, *answers: str | bytes) -> Ended:
    """Answer one question after the other, and wait for the end."""
    for number, answer in enumerate(answers, start=1):
        talk.until(QUESTION, number)
        talk.type(answer)
    return talk.ended()


def test_field_by_field_with_wrong_answers_and_a_clean_document(place: World) -> None:
    """A letter of another encoding, a word in full and in capitals, and what cannot be taken."""
    environ = place.ready(NO_COLOR="1")
    answers = ("\n", "x\n", b"\xe9\n", "i\n", "JIRA\n", "j\n", "s\n")
    with talking("resolve", "-o", "json", environ=environ, out=False) as talk:
        ended = say(talk, *answers)

    assert ended.code == ExitCode.OK, ended.err
    assert outcomes(ended, "resolve") == {(1, "priority"): "applied", (2, "title"): "applied"}
    told = items(ended, "resolve")
    assert (told[3, "status"]["verdict"], told[3, "status"]["reason"]) == ("hold", "conflict")
    assert both(place, HELD) == {
        1: (1, "Highest"),
        2: ("Another title of 2", "Another title of 2"),
        3: BEFORE[3],
    }
    heard = ended.err
    assert heard.count(QUESTION) == len(answers)
    assert heard.count("  type impact, jira, skip, later, quit, or the first letter\n") == 3
    assert (
        heard.count("  type impact, skip, later, quit, or the first letter\n") == 1
    )  # not JIRA's there
    assert [heard.count(f"{n} of 3\n") for n in (1, 2, 3)] == [1, 1, 1]
    assert "  impact  writes Highest to JIRA; overrides the change made in JIRA\n" in heard
    assert "  jira    writes P4 to Impact; overrides the change made in Impact\n" in heard
    assert "  jira    not possible: nothing is configured that can write this" in heard
    assert heard.count("  applied\n") == 2
    assert COLOUR.sub("", heard.partition("1 of 3")[2]) == heard.partition("1 of 3")[2]
    assert place.run("held", "-o", "json").report["held"][0]["skipped"] is True


def test_what_is_decided_is_done_before_the_next_question_and_quitting_leaves_the_rest(
    place: World,
) -> None:
    with talking("resolve", "-o", "json", environ=place.ready(), out=False) as talk:
        talk.until(QUESTION)
        assert both(place, HELD) == BEFORE
        talk.type("i\n")
        talk.until(QUESTION, 2)
        assert both(place, HELD) == {**BEFORE, 1: (1, "Highest")}
        talk.type("q\n")
        ended = talk.ended()

    assert ended.code == ExitCode.OK
    assert ended.err.endswith("2 left undecided\n")
    assert both(place, HELD) == {**BEFORE, 1: (1, "Highest")}
    told = {
        key: (item["verdict"], item["outcome"]) for key, item in items(ended, "resolve").items()
    }
    assert told == {
        (1, "priority"): ("write_jira", "applied"),
        (2, "title"): ("hold", None),
        (3, "status"): ("hold", None),
    }
    assert place.sound()


def test_ctrl_c_at_a_question_ends_at_once_and_what_was_decided_is_done(place: World) -> None:
    with talking("resolve", environ=place.ready()) as talk:
        ended = say(talk, "j\n", "\x03")

    assert ended.code == ExitCode.INTERRUPTED
    (run,) = place.journalled("SELECT id FROM runs ORDER BY started_at DESC LIMIT 1")
    told = (
        "raidctl: interrupted; what was decided so far is done\n"
        f"run {run[0]}: raidctl history {run[0]} tells of it, raidctl undo {run[0]} takes it back\n"
        "1 applied, 2 left undecided\n"
    )
    assert told in ended.err
    assert both(place, HELD) == {**BEFORE, 1: (4, "Low")}
    assert place.sound()


ALIKE = (
    *(Pair(n, jira={Field.TITLE: f"Another title of {n}"}, agreed=False) for n in (1, 2, 3)),
    Pair(4, impact={Field.PRIORITY: 5}, jira={Field.PRIORITY: "Low"}),
)


def test_the_same_is_done_for_all_like_this_and_for_nothing_else(tmp_path: Path) -> None:
    with world(tmp_path, ALIKE) as place:
        ended = place.run("resolve", typed="impact all\nq\n", NO_COLOR="1")
        titles = [place.in_jira(n, Field.TITLE) for n in (1, 2, 3)]

        assert "4 held (4 fields): 4 to decide here\n" in ended.err
        assert "the same for 2 more like this" in ended.err
        assert titles == ["Incident 1", "Incident 2", "Incident 3"]
        assert ended.err.count(QUESTION) == 2
        assert place.in_jira(4, Field.PRIORITY) == "Low"
        (run,) = place.journalled("SELECT id FROM runs")
        assert f"run {run[0]}: raidctl history {run[0]} tells of it" in ended.err
        assert f"raidctl undo {run[0]} takes it back" in " ".join(ended.err.split())
        assert ended.err.endswith("3 applied, 1 left undecided\n")


def test_what_somebody_else_changed_is_not_like_it(tmp_path: Path) -> None:
    with world(tmp_path, ALIKE) as place:
        for number, person in ((1, ADA), (2, GRACE), (3, ADA)):
            place.state.edit(10_000 + number, person.account, summary=f"{person.name}'s title")
        ended = place.run("resolve", typed="impact all\nq\n", NO_COLOR="1")
        titles = [place.in_jira(n, Field.TITLE) for n in (1, 2, 3)]

    assert "the same for 1 more like this" in ended.err
    assert titles == ["Incident 1", f"{GRACE.name}'s title", "Incident 3"]


def test_what_is_put_off_comes_once_more_at_the_end_and_is_then_left(place: World) -> None:
    ended = place.run("resolve", typed="l\nl\ni\ni\nl\n", NO_COLOR="1")
    asked = [line for line in ended.err.splitlines() if re.fullmatch(r"\d of 3", line)]

    assert asked == ["1 of 3", "2 of 3", "3 of 3", "1 of 3", "2 of 3"]
    assert ended.err.endswith("2 applied, 1 left undecided\n")
    assert both(place, HELD)[1] == (1, "Highest")
    assert both(place, HELD)[2] == BEFORE[2]


def test_a_skip_takes_an_end_and_a_reason_and_is_taken_back_where_it_is_named(place: World) -> None:
    place.run("resolve", "1", typed="s 7d The \x1b[31mvendor looks at it\n")
    (told, *_) = place.run("held", "-o", "json").report["held"]
    again = place.run("resolve", "1", typed="u\n", NO_COLOR="1")

    assert told["skipped_because"] == "The \x1b[31mvendor looks at it"
    assert told["skipped_until"] is not None
    assert "looked at and skipped until" in " ".join(again.err.split())
    assert "\x1b[31m" not in again.err
    assert "1 asked about again\n" in again.err
    assert place.run("held", "1", "-o", "json").report["held"][0]["skipped"] is False


def test_long_texts_are_read_line_by_line_before_it_is_decided(tmp_path: Path) -> None:
    """Some of it at once, all of it on request, here as in `explain` and at the other question."""
    ours = "\n".join(f"Line {n}" for n in range(60))
    theirs = ours.replace("Line 3", "Line \x1b[2J3")
    pair = Pair(1, impact={Field.DESCRIPTION: ours}, jira={Field.DESCRIPTION: theirs}, agreed=False)
    with world(tmp_path, (pair,)) as place:
        asked = place.run("resolve", typed="d\nq\n", NO_COLOR="1").err
        short = place.run("explain", "1", "--field", "description").out
        whole = place.run("explain", "1", "--detailed").out
        written = place.run("reconcile", "--prefer", "impact", typed="show\nno\n", NO_COLOR="1")

    first, shown = asked.split(QUESTION)[:2]
    for some, full in ((first, shown), (short, whole), ("", written.err)):
        assert "Line 39" not in some
        assert "+ Line «\\x1b[2J»39" in full or "- Line «\\x1b[2J»39" in full
    assert "more lines: type detail" in first
    assert "--field description --detailed" in " ".join(short.split())
    assert "\x1b[2J" not in asked + short + whole + written.err
    assert written.err.count("Type yes to write this: ") == 2
    assert "Type show to read first how 1 long text would change." in written.err


@pytest.mark.slow
def test_yes_without_a_decision_is_no_decision(place: World) -> None:
    with talking("resolve", "--yes", environ=place.ready()) as talk:
        ended = talk.ended()
    assert (ended.code, untouched(place)) == (ExitCode.USAGE, True)


@pytest.mark.slow
def test_a_decision_for_all_of_it_is_asked_about_once(place: World) -> None:
    arguments = ("resolve", "--take", "impact")
    with talking(*arguments, environ=place.ready(NO_COLOR="1")) as talk:
        talk.until("Type yes to write this: ")
        assert "This changes 3 fields of 3 links:" in talk.heard
        assert "Overrides a newer edit: incident 1 · INC-1 · priority" in talk.heard
        talk.type("no\n")
        declined = talk.ended()
    with talking(*arguments, "--yes", environ=place.ready()) as talk:
        done = talk.ended()

    assert (declined.code, done.code) == (ExitCode.DRIFT, ExitCode.OK)
    assert "Type yes" not in done.err
    assert place.in_jira(3, Field.STATUS) == "Resolved"


@pytest.mark.slow
@pytest.mark.parametrize("keys", ["\x04", "q\n", "QUIT\n"])
def test_whoever_leaves_decides_nothing(place: World, keys: str) -> None:
    with talking("resolve", environ=place.ready()) as talk:
        ended = say(talk, keys)

    assert (ended.code, untouched(place)) == (ExitCode.OK, True)
    assert ended.err.endswith("3 left undecided\n")
    assert place.sound()


@pytest.mark.slow
def test_ctrl_c_at_the_first_question_says_that_nothing_was_written(place: World) -> None:
    with talking("resolve", environ=place.ready()) as talk:
        ended = say(talk, "\x03")

    assert (ended.code, untouched(place)) == (ExitCode.INTERRUPTED, True)
    assert "raidctl: interrupted; nothing was written\nrun " in ended.err
    assert ended.err.endswith(" tells of it\n3 left undecided\n")


@pytest.mark.slow
def test_ctrl_c_while_it_writes_ends_after_that_write(place: World) -> None:
    with (
        held_up(place, is_put) as holding,
        talking("resolve", environ=place.ready()) as talk,
    ):
        talk.until(QUESTION)
        talk.type("i\n")
        holding.wait()
        talk.type("\x03")
        talk.until("stopping after the write in hand")
        holding.release()
        ended = talk.ended()

    assert ended.code == ExitCode.INTERRUPTED
    assert (ended.err.count(QUESTION), "2 left undecided" in ended.err) == (1, True)
    assert both(place, HELD) == {**BEFORE, 1: (1, "Highest")}
    assert place.sound()


@pytest.mark.slow
def test_a_second_ctrl_c_ends_at_once_and_the_next_run_reads_what_became_of_it(
    place: World,
) -> None:
    with (
        held_up(place, is_put) as holding,
        talking("resolve", environ=place.ready()) as talk,
    ):
        talk.until(QUESTION)
        talk.type("i\n")
        holding.wait()
        talk.type("\x03")
        talk.until("stopping after the write in hand")
        talk.type("\x03")
        ended = talk.ended()
        holding.release()

    assert ended.code == ExitCode.INTERRUPTED
    assert "the next run finds out what was written" in ended.err
    assert not place.sound()
    following = place.run("reconcile", "1", "--yes", "-o", "json")
    assert items(following, "reconcile")[1, "priority"]["outcome"] == "recovered"
    assert place.sound()


@pytest.mark.slow
def test_what_was_skipped_is_not_asked_again_unless_it_is_named(place: World) -> None:
    with talking("resolve", environ=place.ready()) as talk:
        say(talk, "s\n", "s\n", "s\n")
    with talking("resolve", environ=place.ready()) as talk:
        none = talk.ended()
    with talking("resolve", "1", environ=place.ready(NO_COLOR="1")) as talk:
        named = say(talk, "q\n")
    place.state.edit(10_002, ADA.account, summary="Yet another title")
    with talking("resolve", environ=place.ready(NO_COLOR="1")) as talk:
        changed = say(talk, "q\n")

    assert none.err.endswith("raidctl: nothing to decide; raidctl held shows what waits\n")
    assert "1 of 1\n" in named.err
    assert "Incident 1 · INC-1" in named.err
    assert "1 of 1\n" in changed.err
    assert "Yet another title" in changed.err


@pytest.mark.slow
def test_a_quarantined_field_can_be_released(place: World) -> None:
    quarantine(place, 4, Field.TITLE)
    with talking("resolve", "4", environ=place.ready(NO_COLOR="1")) as talk:
        ended = say(talk, "r\n")

    assert (ended.code, untouched(place)) == (ExitCode.OK, True)
    assert "  release let the next run decide anew\n" in ended.err.replace("release  ", "release ")
    assert "released: the next run decides" in ended.err
    assert outcomes(place.run("reconcile", "--yes", "-o", "json"), "reconcile") == {
        (4, "title"): "applied"
    }


@pytest.mark.slow
def test_a_conflict_cannot_be_released(place: World) -> None:
    with talking("resolve", "1", environ=place.ready()) as talk:
        ended = say(talk, "r\n", "q\n")
    assert "type impact, jira, skip, later, quit, or the first letter" in ended.err


@pytest.mark.slow
def test_what_changed_while_it_was_asked_is_stale(place: World) -> None:
    with talking("resolve", "1", environ=place.ready(NO_COLOR="1")) as talk:
        talk.until(QUESTION)
        place.state.edit(10_001, ADA.account, priority="Lowest")
        talk.type("i\n")
        ended = talk.ended()

    assert ended.code == ExitCode.INCOMPLETE
    assert "  stale, skipped: JIRA changed it since the plan was made\n" in ended.err
    assert place.in_jira(1, Field.PRIORITY) == "Lowest"


@pytest.mark.slow
def test_a_webhook_secret_that_is_wrong_ends_it_with_what_to_do(place: World) -> None:
    environ = place.ready(NO_COLOR="1", RAID_JIRA_WEBHOOK_SECRET="quite-an0ther")
    with talking("resolve", environ=environ) as talk:
        ended = say(talk, "j\n")

    assert ended.code == ExitCode.UNREACHABLE
    assert "impact.webhook_secret is not the secret" in ended.err
    assert "2 left undecided" in ended.err
    assert "quite-an0ther" not in ended.err
    assert both(place, HELD) == BEFORE
    assert place.sound()


@pytest.mark.slow
def test_a_pause_is_said_before_anything_is_asked(place: World) -> None:
    paused(place)
    with talking("resolve", environ=place.ready()) as talk:
        ended = talk.ended()

    assert (ended.code, untouched(place)) == (ExitCode.BLOCKED, True)
    assert QUESTION not in ended.err
    assert "raidctl resume ends that" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize(("colour", "coloured"), [("1", True), ("", False)])
def test_colour_is_shown_where_it_is_wanted(place: World, colour: str, coloured: bool) -> None:
    environ = place.ready(FORCE_COLOR=colour, NO_COLOR="" if coloured else "1")
    with talking("resolve", environ=environ) as talk:
        ended = say(talk, "q\n")
    assert bool(COLOUR.search(ended.err.partition("1 of 3")[2])) is coloured
