"""`raidctl resolve`: what is not offered, what became of an answer, how far it is taken back."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from raidctl.core.model import Field
from raidctl.core.writes.log import Skip
from raidctl.errors import ExitCode
from raidctl.journal import Journal
from raidctl.sandbox.jira.state import Person
from tests.cli.decisions import items, untouched
from tests.cli.process import talking
from tests.cli.world import ADA, NOW, Pair, World, world

QUESTION = "Which key? "
FIRE = Person("712020:fire", "FireFighter", "fire@example.test")
ALIKE = (
    *(Pair(n, jira={Field.TITLE: f"Another title of {n}"}, agreed=False) for n in (1, 2, 3)),
    Pair(4, impact={Field.PRIORITY: 5}, jira={Field.PRIORITY: "Low"}),
    Pair(5, impact={Field.STATUS: "MITIGATED"}, jira={Field.STATUS: "Open"}),
)
"""Three that are alike, and two of their own."""


@pytest.fixture
def many(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ALIKE) as made:
        yield made


def flat(text: str) -> str:
    """On one line, however it was broken."""
    return " ".join(text.split())


# What is not offered


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[World]:
    """A status that FireFighter's account left in JIRA, of which nothing is remembered."""
    pair = Pair(1, jira={Field.STATUS: "Open"}, agreed=False)
    with world(tmp_path, (pair,)) as made:
        made.state.add_user(FIRE)
        made.state.edit(10_001, FIRE.account, status="Resolved")
        yield made


IGNORED = "the webhook ignores what FireFighter's own service account changed in JIRA"


def test_what_firefighter_ignores_is_not_offered_and_why_is_said(pushed: World) -> None:
    config = pushed.toml(impact=f'service_account = "{FIRE.account}"')
    ended = pushed.run("resolve", config=config, typed="j\nq\n", NO_COLOR="1")
    taken = pushed.run("resolve", "--take", "jira", "-o", "json", config=config)
    planned = pushed.diff("--prefer", "jira", config=config)
    table = pushed.run("diff", "--prefer", "jira", config=config).out

    assert "j take JIRA's: not possible: nothing is configured" in flat(ended.err)
    assert IGNORED in flat(ended.err)
    assert "one of i, s, t, n, q, then" in ended.err
    assert (taken.code, untouched(pushed)) == (ExitCode.INCOMPLETE, True)
    assert items(taken, "resolve")[1, "status"]["reason"] == "read_only"
    assert planned.items == {(1, "status", "read_only")}
    assert 'set in [impact.writes]: status = "database"\n' in table


def test_the_database_writes_what_firefighters_account_left(pushed: World) -> None:
    config = pushed.toml(impact=f'service_account = "{FIRE.account}"')
    config = config.replace('status = "webhook"', 'status = "database"')
    ended = pushed.run("resolve", config=config, typed="j\nw\n", NO_COLOR="1")
    assert "not possible" not in ended.err
    assert (ended.code, pushed.in_impact(1, Field.STATUS)) == (ExitCode.OK, "MITIGATED")


def test_what_jiras_user_may_not_write_is_not_offered(many: World) -> None:
    many.state.may_edit = False
    ended = many.run("resolve", "1", typed="i\nq\n", NO_COLOR="1")
    assert "i take Impact's: not possible: the JIRA user lacks EDIT_ISSUES in INC" in flat(
        ended.err
    )
    assert "one of j, s, t, n, q, then" in ended.err


# What became of an answer


def test_what_was_refused_is_not_decided_and_stands_beside_the_next_question(many: World) -> None:
    many.state.off_screen.add("summary")
    with talking("resolve", environ=many.ready(NO_COLOR="1")) as talk:
        for at, key in enumerate("issw", start=1):
            talk.until(QUESTION, at)
            talk.type(key)
        ended = talk.ended()
    third = flat(ended.err.split(QUESTION)[2])

    assert "stop here title of 3 incidents: Impact's value: 3 refused incident 1, 2, 3:" in third
    assert "1 of 5 left to decide; 3 could not be written and stay held" in third
    assert "2 skipped, 3 left undecided, of them 3 refused\n" in ended.err
    again = flat(many.run("resolve", typed="q\n", NO_COLOR="1").err)
    assert "3 to decide here" in again
    assert "it was refused at" in again
    assert "cannot be set" in again


# How far an answer is taken back


def test_when_an_answer_counts_is_said_before_the_first(many: World) -> None:
    first = many.run("resolve", typed="q\n", NO_COLOR="1").err.partition(QUESTION)[0]
    assert "carried out when the next one is given; until then u takes it back" in flat(first)


def test_skips_are_taken_back_one_after_the_other_up_to_what_was_written(many: World) -> None:
    """The order: titles, priority, status; all three are skipped, the first two carried out."""
    typed = "\n".join("ssuuiuq")
    ended = many.run("resolve", typed=typed, NO_COLOR="1")
    asked = ended.err.split(QUESTION)

    assert "u take back: title of 3 incidents: skipped" in flat(asked[3])
    assert "title of 3 incidents: skipped: taken back" in flat(asked[4])
    assert many.journalled("SELECT * FROM skips") == []
    assert ended.err.endswith("5 left undecided\n")


def test_what_was_written_is_where_going_back_ends(many: World) -> None:
    ended = many.run("resolve", typed="\n".join("isuuqq"), NO_COLOR="1")
    (run,) = many.journalled("SELECT id FROM runs ORDER BY started_at DESC LIMIT 1")
    told = flat(ended.err)
    assert f"is not carried out yet; raidctl undo {run[0]} takes back what was written" in told
    assert [many.in_jira(n, Field.TITLE) for n in (1, 2, 3)] == [f"Incident {n}" for n in (1, 2, 3)]
    assert ended.err.endswith("3 applied, 2 left undecided\n")


def test_an_answer_that_came_to_nothing_is_answered_anew(many: World) -> None:
    many.state.off_screen.add("summary")
    ended = many.run("resolve", typed="\n".join("isuujnqw"), NO_COLOR="1")
    asked = ended.err.split(QUESTION)

    assert "u take back: title of 3 incidents: Impact's value, which came to nothing" in flat(
        asked[3]
    )
    assert [many.in_impact(n, Field.TITLE) for n in (1, 2, 3)] == [
        f"Another title of {n}" for n in (1, 2, 3)
    ]
    assert ended.err.endswith("3 applied, 2 left undecided\n")


def test_a_skip_that_took_the_place_of_an_earlier_one_stays(many: World) -> None:
    with closing(Journal(many.journal)) as journal:
        left = Skip(4, 10_004, Field.PRIORITY, 5, "Low", None, "the vendor")
        journal.skip(left, NOW)
    many.run("resolve", "4", "5", typed="\n".join("ssuuqq"))
    assert many.journalled("SELECT incident FROM skips") == [(4,)]


# Keys and pages


def test_a_key_tells_of_all_keys_in_a_line_each(many: World) -> None:
    with talking("resolve", environ=many.ready(NO_COLOR="1")) as talk:
        talk.until(QUESTION)
        talk.type("?")
        talk.until("Any key goes back")
        talk.type("i")
        talk.until(QUESTION, 2)
        talk.type("q")
        ended = talk.ended()
    told = re.findall(r"^  (.)  (.*)$", ended.err.split(QUESTION)[1], re.MULTILINE)

    assert [key for key, _ in told][:16] == list("ijstarldopgnuwq?")
    assert "(? for help)" in ended.err
    assert max(map(len, (words for _, words in told[:16]))) < 75
    assert untouched(many)


def test_a_list_that_is_longer_than_the_screen_is_paged_and_the_question_comes_again(
    many: World,
) -> None:
    environ = many.ready(NO_COLOR="1", LINES="3", PAGER="sed 's/^/paged: /'")
    with talking("resolve", environ=environ) as talk:
        talk.until(QUESTION)
        talk.type("l")
        talk.until(QUESTION, 2)
        talk.type("q")
        ended = talk.ended()
    shown = ended.err.split(QUESTION)[1]

    assert len(re.findall(r"^paged:   P3 · \d · INC-\d", shown, re.MULTILINE)) == 3
    assert shown.endswith("q  stop here\n")


def test_a_plan_that_is_longer_than_the_screen_is_paged_before_the_question(many: World) -> None:
    environ = many.ready(NO_COLOR="1", LINES="5", PAGER="sed 's/^/paged: /'")
    with talking("reconcile", "--prefer", "impact", environ=environ) as talk:
        talk.until("Type yes")
        talk.type("no\n")
        ended = talk.ended()
    assert len(re.findall(r"^paged: P\d \d INC", ended.err, re.MULTILINE)) == 5
    assert "\nThis changes 5 fields of 5 links:\n" in ended.err


@pytest.mark.parametrize(("typed", "written"), [("y\nyes\n", True), ("Y\nno\n", False)])
def test_a_yes_that_is_not_typed_out_is_asked_for_once_more(
    many: World, typed: str, written: bool
) -> None:
    ended = many.run("reconcile", "--prefer", "impact", typed=typed, NO_COLOR="1")
    assert ended.err.count("Type yes to write this: ") == 2
    assert "in small letters: y is asked again, all else is a no" in ended.err
    assert untouched(many) is not written


def test_so_it_is_for_what_is_only_noted(many: World) -> None:
    ended = many.run("resolve", "4", "--take", "skip", typed="y\nyes\n")
    assert ended.err.count("Type yes to skip this field: ") == 2
    assert len(many.journalled("SELECT * FROM skips")) == 1


def test_what_raidctls_own_signs_mean_stands_below_them(tmp_path: Path) -> None:
    pairs = (
        Pair(1, {Field.TITLE: "A title of ours"}, {Field.TITLE: "A title of theirs"}),
        Pair(2, {Field.PRIORITY: 1}, {Field.PRIORITY: "Low"}, private=True),
        Pair(3, {Field.PRIORITY: 1}),
    )
    with world(tmp_path, pairs) as place:
        config = place.toml(impact='reads = "database"')
        whole = place.run("diff", config=config, NO_COLOR="1").out
        plain = place.run("diff", "3", config=config).out
        asked = place.run("resolve", "1", config=config, typed="q\n", NO_COLOR="1").err
        held = place.run("held", "2", config=config).out
    assert "\n« » around what differs; 🔒 a private incident\n" in whole
    assert "« »" not in plain
    assert "« » around what differs\n\n  i  take" in asked
    assert "a private incident" not in held, "its heading says it"


# What tells groups apart


def test_groups_that_look_alike_say_what_tells_them_apart(tmp_path: Path) -> None:
    pairs = tuple(Pair(n, jira={Field.TITLE: f"Another {n}"}, agreed=False) for n in (1, 2, 3, 4))
    with world(tmp_path, pairs) as place:
        place.state.add_user(FIRE)
        for number, person in ((1, ADA), (2, ADA), (3, FIRE), (4, FIRE)):
            place.state.edit(10_000 + number, person.account, summary=f"{person.name}'s")
        config = place.toml(impact=f'service_account = "{FIRE.account}"')
        ended = place.run("resolve", config=config, typed="n\nq\n", NO_COLOR="1")
    first, second = (flat(part) for part in ended.err.split(QUESTION)[:2])
    both = f"{first} {second}"
    assert re.search(r"by Ada Lovelace \(2\) [^;]", both)
    assert "by FireFighter (2); FireFighter's own push" in both
