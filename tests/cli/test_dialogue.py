"""`raidctl resolve` with somebody at the terminal: what is asked, and what is done at once."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.model import Field, Value
from raidctl.errors import ExitCode
from tests.cli.decisions import CONFLICTS, both, items, outcomes, paused, quarantine, untouched
from tests.cli.process import Ended, Talk, talking
from tests.cli.test_stopping import held_up, is_put
from tests.cli.world import ADA, GRACE, Pair, World, world

QUESTION = "Which key? "
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


def test_field_by_field_with_wrong_keys_and_a_clean_document(place: World) -> None:
    """Enter alone, a letter of another encoding, a capital, and what cannot be taken."""
    environ = place.ready(NO_COLOR="1")
    answers = ("\n", "x", b"\xe9", "i", "J", "j", "s", "w")
    with talking("resolve", "-o", "json", environ=environ, out=False) as talk:
        ended = say(talk, *answers)
        assert talk.as_found

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
    assert heard.count("  press one of i, j, s, t, n, q\n") == 3
    assert heard.count("  press one of i, s, t, n, u, q\n") == 1  # not JIRA's there
    assert [heard.count(f"{n} of 3 left to decide") for n in (3, 2, 1)] == [1, 1, 1]
    assert (
        "  i  take Impact's: writes Highest to JIRA; overrides the change made in JIRA\n" in heard
    )
    assert "  j  take JIRA's: writes P4 to Impact; overrides the change made in Impact\n" in heard
    assert "  j  take JIRA's: not possible: nothing is configured that can write this" in heard
    assert "priority of incident 1 · INC-1: Impact's value: applied\n" in heard
    assert "title of incident 2 · INC-2: JIRA's value: applied\n" in heard
    assert COLOUR.sub("", heard.partition("3 of 3")[2]) == heard.partition("3 of 3")[2]
    assert place.run("held", "-o", "json").report["held"][0]["skipped"] is True


def test_an_answer_is_carried_out_when_the_next_is_given_and_quitting_leaves_the_rest(
    place: World,
) -> None:
    with talking("resolve", "-o", "json", environ=place.ready(), out=False) as talk:
        talk.until(QUESTION)
        talk.type("i")
        talk.until(QUESTION, 2)
        assert (both(place, HELD), untouched(place)) == (BEFORE, True)
        talk.type("s")
        talk.until(QUESTION, 3)
        assert both(place, HELD) == {**BEFORE, 1: (1, "Highest")}
        talk.type("q")
        talk.until(QUESTION, 4)
        talk.type("q")
        ended = talk.ended()

    assert ended.code == ExitCode.OK
    assert "Not carried out yet: title of incident 2 · INC-2: skipped\n" in ended.err
    assert ended.err.endswith("2 left undecided\n")
    told = {
        key: (item["verdict"], item["outcome"]) for key, item in items(ended, "resolve").items()
    }
    assert told == {
        (1, "priority"): ("write_jira", "applied"),
        (2, "title"): ("hold", None),
        (3, "status"): ("hold", None),
    }
    assert place.journalled("SELECT * FROM skips") == []
    assert place.sound()


def test_the_last_answer_is_taken_back_before_it_is_carried_out(place: World) -> None:
    """At the next question, at the end of all, and after it was said to stop."""
    ended = place.run("resolve", "1", "2", typed="\n".join("uiuiqujiusuiw"), NO_COLOR="1")

    assert both(place, HELD) == {1: (4, "Low"), 2: ("Incident 2", "Incident 2"), 3: BEFORE[3]}
    assert "  there is no answer that is not carried out yet\n" in ended.err
    words = "u take back, not carried out yet: priority of incident 1 · INC-1: Impact's value"
    assert words in " ".join(ended.err.split())
    assert ended.err.endswith("2 applied\n")
    assert len(place.journalled("SELECT * FROM writes")) == 2
    assert place.journalled("SELECT * FROM skips") == []


def test_what_is_carried_out_is_no_longer_taken_back_here_and_it_is_said_how(place: World) -> None:
    ended = place.run("resolve", typed="i\ns\nu\nu\nq\n", NO_COLOR="1")
    (run,) = place.journalled("SELECT id FROM runs ORDER BY started_at DESC LIMIT 1")
    told = " ".join(ended.err.split())

    assert "there is no answer that is not carried out yet; raidctl undo" in told
    assert f"raidctl undo {run[0]} takes back what was written 1 applied, 2 left" in told
    undone = place.run("undo", run[0], "--yes")
    assert (undone.code, both(place, HELD)) == (ExitCode.OK, BEFORE)


def test_ctrl_c_at_a_question_ends_at_once_without_the_last_answer(place: World) -> None:
    with talking("resolve", environ=place.ready()) as talk:
        ended = say(talk, "j", "s", "\x03")
        assert talk.as_found

    assert ended.code == ExitCode.INTERRUPTED
    (run,) = place.journalled("SELECT id FROM runs ORDER BY started_at DESC LIMIT 1")
    told = (
        "raidctl: interrupted; what was carried out so far is done, and nothing else\n"
        f"run {run[0]}: raidctl history {run[0]} tells of it, "
        f"raidctl undo {run[0]} takes back what was written\n"
        "1 applied, 2 left undecided\n"
    )
    assert told in ended.err
    assert both(place, HELD) == {**BEFORE, 1: (4, "Low")}
    assert place.journalled("SELECT * FROM skips") == []
    assert place.sound()


ALIKE = (
    *(Pair(n, jira={Field.TITLE: f"Another title of {n}"}, agreed=False) for n in (1, 2, 3)),
    Pair(4, impact={Field.PRIORITY: 5}, jira={Field.PRIORITY: "Low"}),
)
"""Three that are alike, and one of its own."""


@pytest.fixture
def many(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ALIKE) as made:
        yield made


def titles(place: World) -> list[object]:
    return [place.in_jira(n, Field.TITLE) for n in (1, 2, 3)]


ANOTHER = [f"Another title of {n}" for n in (1, 2, 3)]
OURS = [f"Incident {n}" for n in (1, 2, 3)]


def test_what_is_alike_is_asked_once_and_listed_on_request(many: World) -> None:
    with talking("resolve", "--field", "title", environ=many.ready(NO_COLOR="1")) as talk:
        ended = say(talk, "l", "i", "w")
    (run,) = many.journalled("SELECT id FROM runs")
    first, listed = ended.err.split(QUESTION)[:2]

    assert "3 held (3 fields): 3 to decide here\n" in ended.err
    assert "title of 3 incidents: no record of which side changed\n" in first
    assert "  i  take Impact's: writes each one's own value to JIRA (3 fields)\n" in first
    assert [f"  P3 · {n} · INC-{n}  Impact " in listed for n in (1, 2, 3)] == [True] * 3
    assert "title of 3 incidents: Impact's value: 3 applied\n" in ended.err
    assert titles(many) == OURS
    assert many.in_jira(4, Field.PRIORITY) == "Low"
    assert f"run {run[0]}: raidctl history {run[0]} tells of it" in ended.err
    assert ended.err.endswith("3 applied\n")


def test_what_matters_most_is_asked_and_listed_first_as_in_the_table(tmp_path: Path) -> None:
    """A group stands where its most urgent member does."""
    urgency = {1: 5, 2: 2, 3: 3}
    pairs = tuple(
        Pair(n, {Field.PRIORITY: value}, {Field.TITLE: f"Another {n}"}, agreed=False)
        for n, value in urgency.items()
    )
    with world(tmp_path, pairs) as place:
        place.state.edit(10_001, ADA.account, priority="Lowest")
        place.state.edit(10_002, ADA.account, priority="High")
        table, held = (place.run(word, "-o", "json").report for word in ("diff", "held"))
        asked = place.run("resolve", typed="q\n", NO_COLOR="1").err

    order = [2, 3, 1]
    assert [item["incident"] for item in table["items"]] == order
    assert [item["incident"] for item in held["held"]] == order
    assert re.findall(r"^  P\d · (\d) · INC", asked, re.MULTILINE) == list("231")


def test_one_by_one_and_together_again(many: World) -> None:
    typed = "o\ni\ng\ns\nw\n"
    ended = many.run("resolve", "--field", "title", typed=typed, NO_COLOR="1")
    left = {item["incident"]: item["skipped"] for item in held_titles(many)}

    assert "together with 1 more like this" in ended.err
    assert titles(many) == ["Incident 1", *ANOTHER[1:]]
    assert left == {2: True, 3: True}
    assert "raidctl resolve --take unskip asks again" in " ".join(ended.err.split())
    assert ended.err.endswith("1 applied, 2 skipped\n")


def held_titles(place: World) -> list[dict[str, object]]:
    found = place.run("held", "--field", "title", "-o", "json").report["held"]
    assert isinstance(found, list)
    return found


def test_people_are_one_kind_and_asked_about_apart_on_request(tmp_path: Path) -> None:
    with world(tmp_path, ALIKE) as place:
        for number, person in ((1, ADA), (2, GRACE), (3, ADA)):
            place.state.edit(10_000 + number, person.account, summary=f"{person.name}'s title")
        ended = place.run("resolve", "--field", "title", typed="p\ni\nq\nw\n", NO_COLOR="1")
        after = titles(place)

    assert "Ada Lovelace (2), Grace Hopper (1)" in " ".join(ended.err.split())
    assert "  p  by who changed them: 2 questions\n" in ended.err
    assert after == ["Incident 1", f"{GRACE.name}'s title", "Incident 3"]


def test_who_told_nothing_is_not_like_somebody(tmp_path: Path) -> None:
    with world(tmp_path, ALIKE) as place:
        place.state.edit(10_002, ADA.account, summary="Ada's title")
        ended = place.run("resolve", "--field", "title", typed="i\nq\nw\n", NO_COLOR="1")
        after = titles(place)

    assert "title of 2 incidents: Impact's value: 2 applied" in ended.err
    assert after == ["Incident 1", "Ada's title", "Incident 3"]


def test_of_a_group_only_what_changed_meanwhile_is_stale(many: World) -> None:
    with talking("resolve", "--field", "title", environ=many.ready(NO_COLOR="1")) as talk:
        talk.until(QUESTION)
        many.state.edit(10_002, ADA.account, summary="Yet another title")
        talk.type("i")
        ended = say(talk, "", "w")

    assert ended.code == ExitCode.INCOMPLETE
    assert "title of 3 incidents: Impact's value: 2 applied, 1 stale, skipped\n" in ended.err
    assert "  incident 2: stale, skipped: JIRA changed it since the plan was made\n" in ended.err
    assert titles(many) == ["Incident 1", "Yet another title", "Incident 3"]


def test_what_there_is_to_know_is_counted_over_a_group(tmp_path: Path) -> None:
    """What reopens, closes, or goes over somebody's edit; of each alike, or of how many."""
    closed: dict[Field, Value] = {Field.STATUS: "CLOSED"}
    pairs = (*(Pair(n, closed, {Field.STATUS: "Resolved"}) for n in (1, 2)), Pair(3, closed))
    with world(tmp_path, pairs) as place:
        held = place.run("resolve", "1", "2", typed="q\n", NO_COLOR="1").err
        allowed = place.run("resolve", "--allow-close", typed="q\n", NO_COLOR="1").err

    held, allowed = " ".join(held.split()), " ".join(allowed.split())
    assert "i take Impact's: not possible: would close it, and allow_close is off" in held
    assert (
        "j take JIRA's: writes MITIGATED to Impact (2 fields); this reopens the incident;" in held
    )
    both = "(2 fields); this closes it; this overrides a newer edit in JIRA"
    assert f"i take Impact's: writes Closed to JIRA {both}" in allowed


def test_more_links_than_a_run_may_change_need_a_second_key(many: World) -> None:
    arguments = ("resolve", "--field", "title", "--max-changes", "2")
    refused = many.run(*arguments, typed="i\ni\nq\n", NO_COLOR="1")
    before = untouched(many)
    done = many.run(*arguments, typed="i\nw\nw\n", NO_COLOR="1")

    assert "  this changes 3 links; max_changes is 2\n" in refused.err
    assert (before, done.code, titles(many)) == (True, ExitCode.OK, OURS)


@pytest.mark.parametrize(
    "keys",
    [
        "\x1b[D",
        "ij",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("\x1bOS", "\x1bi", "ii")),
    ],
)
def test_several_keys_at_once_decide_nothing(place: World, keys: str) -> None:
    """An arrow, F4, Alt and a letter, what was pasted."""
    with talking("resolve", environ=place.ready()) as talk:
        ended = say(talk, keys, "q")

    assert (ended.code, untouched(place)) == (ExitCode.OK, True)
    assert ended.err.count("press one of i") == 1
    assert ended.err.endswith("3 left undecided\n")


def test_what_was_typed_before_the_question_is_no_answer_to_it(place: World) -> None:
    with (
        held_up(place, is_put) as holding,
        talking("resolve", environ=place.ready()) as talk,
    ):
        say_only(talk, "i", "s")
        holding.wait()
        talk.type("sss")
        holding.release()
        talk.until(QUESTION, 3)
        talk.type("q")
        talk.until(QUESTION, 4)
        talk.type("w")
        ended = talk.ended()

    assert ended.err.endswith("1 applied, 1 skipped, 1 left undecided\n")


def say_only(talk: Talk, *answers: str) -> None:
    """Answer so many questions."""
    for number, answer in enumerate(answers, start=1):
        talk.until(QUESTION, number)
        talk.type(answer)


def test_where_single_keys_cannot_be_had_a_line_is_an_answer(place: World) -> None:
    with talking("resolve", environ=place.ready(TERM="dumb")) as talk:
        ended = say(talk, "\n", "impact\n", "i\n", "q\n", "w\n")

    assert (ended.code, both(place, HELD)) == (ExitCode.OK, {**BEFORE, 1: (1, "Highest")})
    assert ended.err.count("  type one of i, j, s, t, n, q, then Enter\n") == 2


def test_what_is_put_off_comes_once_more_at_the_end_and_is_then_left(place: World) -> None:
    ended = place.run("resolve", typed="n\nn\ni\ni\nn\nw\n", NO_COLOR="1")
    asked = re.findall(r"^\w+ of incident|^Incident (\d)", ended.err, re.MULTILINE)

    assert [number for number in asked if number] == ["1", "2", "3", "1", "2"]
    assert ended.err.endswith("2 applied, 1 left undecided\n")
    assert both(place, HELD)[1] == (1, "Highest")
    assert both(place, HELD)[2] == BEFORE[2]


@pytest.mark.parametrize("keys", ["t 7d The \x1b[31mvendor looks\nw\n", "t\n7d The vendor\nw\n"])
def test_a_skip_takes_an_end_and_a_reason_and_is_taken_back_where_it_is_named(
    place: World, keys: str
) -> None:
    place.run("resolve", "1", typed=keys)
    (told, *_) = place.run("held", "-o", "json").report["held"]
    again = place.run("resolve", "1", typed="a\nw\n", NO_COLOR="1")

    assert told["skipped_because"] == keys[2:].partition("7d ")[2].partition("\n")[0]
    assert told["skipped_until"] is not None
    assert "looked at and skipped until" in " ".join(again.err.split())
    assert "\x1b[31m" not in again.err
    assert "1 asked about again\n" in again.err
    assert place.run("held", "1", "-o", "json").report["held"][0]["skipped"] is False


def test_at_a_terminal_the_end_of_a_skip_is_typed_in_a_line(place: World) -> None:
    with talking("resolve", "1", environ=place.ready()) as talk:
        talk.until(QUESTION)
        talk.type("t")
        talk.until("(nothing goes back): ")
        assert talk.as_found
        talk.type("\n")
        talk.until(QUESTION, 2)
        talk.type("t")
        talk.until("(nothing goes back): ", 2)
        talk.type("7d the vendor\n")
        talk.until(QUESTION, 3)
        talk.type("w")
        ended = talk.ended()

    assert "  not skipped\n" in ended.err
    assert place.run("held", "1", "-o", "json").report["held"][0]["skipped_because"] == "the vendor"


def test_a_reason_alone_is_said_to_hold_for_good(place: World) -> None:
    """`tomorrow` is no length of time: that is said before it counts, and taken back by a key."""
    with talking("resolve", "1", environ=place.ready()) as talk:
        talk.until(QUESTION)
        talk.type("t")
        talk.until("(nothing goes back): ")
        talk.type("tomorrow\n")
        talk.until(QUESTION, 2)
        talk.type("u")
        talk.until(QUESTION, 3)
        talk.type("q")
        ended = talk.ended()

    assert "taken as the reason, for good: a time is 30m, 2h, 7d or 1w" in ended.err
    assert "skipped for good: tomorrow" in ended.err
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
    assert "more lines: press d" in first
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
@pytest.mark.parametrize("keys", ["\x04", "q", "Q"])
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
        say_only(talk, "i", "s")
        holding.wait()
        talk.type("\x03")
        talk.until("stopping after the write in hand")
        holding.release()
        ended = talk.ended()

    assert ended.code == ExitCode.INTERRUPTED
    assert (ended.err.count(QUESTION), "2 left undecided" in ended.err) == (2, True)
    assert both(place, HELD) == {**BEFORE, 1: (1, "Highest")}
    assert place.sound()


@pytest.mark.slow
def test_ctrl_c_while_a_group_is_written_tells_of_each_of_it(many: World) -> None:
    with (
        held_up(many, is_put) as holding,
        talking("resolve", environ=many.ready(NO_COLOR="1")) as talk,
    ):
        say_only(talk, "i", "s")
        holding.wait()
        talk.type("\x03")
        talk.until("stopping after the write in hand")
        holding.release()
        ended = talk.ended()

    done = sum(title in OURS for title in titles(many))
    left = "" if done == 3 else f", {3 - done} not written"
    assert (ended.code, done >= 1, many.sound()) == (ExitCode.INTERRUPTED, True, True)
    assert f"title of 3 incidents: Impact's value: {done} applied{left}\n" in ended.err
    assert many.in_jira(4, Field.PRIORITY) == "Low"


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whatever_ends_it_at_a_question_leaves_the_terminal_as_it_was(
    place: World, sent: signal.Signals
) -> None:
    with talking("resolve", environ=place.ready()) as talk:
        talk.until(QUESTION)
        lines = [talk.as_found]
        talk.process.send_signal(sent)
        ended = talk.ended()
        lines.append(talk.as_found)

    assert lines == [False, True]
    assert (ended.code, untouched(place)) == (ExitCode.INTERRUPTED, True)


@pytest.mark.slow
def test_a_second_ctrl_c_ends_at_once_and_the_next_run_reads_what_became_of_it(
    place: World,
) -> None:
    with (
        held_up(place, is_put) as holding,
        talking("resolve", environ=place.ready()) as talk,
    ):
        say_only(talk, "i", "s")
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
        say(talk, "s", "s", "s", "w")
    with talking("resolve", environ=place.ready()) as talk:
        none = talk.ended()
    with talking("resolve", "1", environ=place.ready(NO_COLOR="1")) as talk:
        named = say(talk, "q")
    place.state.edit(10_002, ADA.account, summary="Yet another title")
    with talking("resolve", environ=place.ready(NO_COLOR="1")) as talk:
        changed = say(talk, "q")

    assert none.err.endswith("raidctl: nothing to decide; raidctl held shows what waits\n")
    assert "1 of 1 left" in named.err
    assert "Incident 1 · INC-1" in named.err
    assert "1 of 1 left" in changed.err
    assert "Yet another title" in changed.err


@pytest.mark.slow
def test_a_quarantined_field_can_be_released(place: World) -> None:
    quarantine(place, 4, Field.TITLE)
    with talking("resolve", "4", environ=place.ready(NO_COLOR="1")) as talk:
        ended = say(talk, "r", "w")

    assert (ended.code, untouched(place)) == (ExitCode.OK, True)
    assert "  r  release it: let the next run decide anew\n" in ended.err
    assert "title of incident 4 · INC-4: released\n" in ended.err
    assert outcomes(place.run("reconcile", "--yes", "-o", "json"), "reconcile") == {
        (4, "title"): "applied"
    }


@pytest.mark.slow
def test_a_conflict_cannot_be_released(place: World) -> None:
    with talking("resolve", "1", environ=place.ready()) as talk:
        ended = say(talk, "r", "q")
    assert "press one of i, j, s, t, n, q\n" in ended.err


@pytest.mark.slow
def test_what_changed_while_it_was_asked_is_stale(place: World) -> None:
    with talking("resolve", "1", environ=place.ready(NO_COLOR="1")) as talk:
        talk.until(QUESTION)
        place.state.edit(10_001, ADA.account, priority="Lowest")
        talk.type("i")
        ended = say(talk, "", "w")

    assert ended.code == ExitCode.INCOMPLETE
    assert "  incident 1: stale, skipped: JIRA changed it since the plan was made\n" in ended.err
    assert place.in_jira(1, Field.PRIORITY) == "Lowest"


@pytest.mark.slow
def test_a_webhook_secret_that_is_wrong_ends_it_with_what_to_do(place: World) -> None:
    environ = place.ready(NO_COLOR="1", RAID_JIRA_WEBHOOK_SECRET="quite-an0ther")
    with talking("resolve", environ=environ) as talk:
        ended = say(talk, "j", "i")

    assert ended.code == ExitCode.UNREACHABLE
    assert "impact.webhook_secret is not the secret" in ended.err
    assert "3 left undecided, of them 1 failed" in ended.err
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
        ended = say(talk, "q")
    assert bool(COLOUR.search(ended.err.partition("3 of 3")[2])) is coloured
