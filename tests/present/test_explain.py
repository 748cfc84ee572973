"""The screen of one link: what it says at eighty columns, and that nothing breaks out of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from rich.cells import cell_len

from raidctl.core.drift import Comparison, compare
from raidctl.core.explanation import Explanation, FieldExplanation, Path, Standing
from raidctl.core.history import Revision
from raidctl.core.mapping.people import Users
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import UNREADABLE, Field, Link, Pair, Side, SyncDirection, Value, values
from raidctl.core.paths import DeadEnd, Route, ScreenField, Transition
from raidctl.core.plan.item import Verdict, link_hold, subject_of
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.writes.log import Pause, Write
from raidctl.core.writes.outcome import Outcome
from raidctl.present.explain.render import Detail, render_explanation
from raidctl.present.text.advice import settling_command
from raidctl.present.text.safe import unseen
from tests.core.strategies import BLOCK, IN_SYNC, NOW, link_with, mapping_of
from tests.items import item as made

CET = timezone(timedelta(hours=1), "CET")
TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J[bold]x[/] \u202egnp.exe \u200b\x00\r\nnext\u2028 :smile: 漢字 👩‍🚒 "
)
STORY = "Since 20:41 the checkout answers 502 for every card payment. " * 40
AGREED: Mapping[Field, tuple[Value, Value]] = {
    Field.TITLE: ("Orders are not exported", "Orders are not exported"),
    Field.DESCRIPTION: ("It is broken.", "It is broken."),
    Field.PRIORITY: (3, "Medium"),
    Field.STATUS: ("MITIGATING", "In Progress"),
    Field.COMMANDER: ("ada@example.com", "acc-ada"),
}


def field_of(
    link: Link,
    name: Field,
    verdict: tuple[Verdict, SyncDirection | None, Reason, Value] | None = None,
    detail: str | None = None,
    **known: Any,
) -> FieldExplanation:
    """A field of a link as `runs.explain` makes it, remembered as in `IN_SYNC`."""
    (found,) = compare(link, mapping_of(), [name])
    impact, jira = values(link, name)
    item = None
    if verdict is not None:
        kind, direction, reason, to = verdict
        about = subject_of(link)
        item = made(about, name, impact, jira, kind, direction, reason, to, detail)
    given: dict[str, Any] = {"baseline": Baseline(*AGREED[name], "t"), "edits": {}, **known}
    return FieldExplanation(
        name,
        values(link, name),
        standing=Standing.IN_SYNC if item is None else Standing.DRIFTED,
        found=found if isinstance(found, Comparison) else None,
        item=item,
        **given,
    )


def explanation(*fields: FieldExplanation, link: Link = IN_SYNC, **more: Any) -> Explanation:
    given: dict[str, Any] = {
        "held": None,
        "direction": None,
        "pause": None,
        "has_baselines": True,
        "histories": frozenset(Side),
        "unread": (),
        "now": NOW,
        **more,
    }
    return Explanation(subject_of(link), fields=fields, **given)


def screen(told: Explanation, width: int = 80, **more: Any) -> str:
    options: dict[str, Any] = {"colour": False, "hyperlinks": False, "zone": CET, **more}
    return render_explanation(told, width=width, **options)


def lines(one: FieldExplanation, label: str, **more: Any) -> str:
    """What stands under one label of a field's block, on one line."""
    text = screen(explanation(one), 4_000, detail=Detail.FIELDS, **more)
    found, inside = [], False
    for line in text.split("\n"):
        begins = line[2:11].strip()
        inside = begins == label if begins else inside and line.startswith(" ")
        if inside:
            found.append(line[13:])
    return " / ".join(found)


WRITTEN = Write(
    1,
    "20261123T090000Z-ab12",
    NOW - timedelta(hours=2),
    12,
    "INC-12",
    10_012,
    Field.STATUS,
    TO_JIRA,
    "MITIGATED",
    "In Progress",
    "Resolved",
    None,
    Outcome.REFUSED,
    "validation",
    "Resolution is required",
)
RESOLUTION = ScreenField("resolution", "Resolution")
WAY = Path(
    "Open",
    "Resolved",
    Route(
        (
            Transition("11", "Start work", "In Progress", "indeterminate"),
            Transition("31", "Resolve", "Resolved", "done", (RESOLUTION,)),
        ),
        certain=True,
    ),
)
DRIFTED = link_with(Field.STATUS, "MITIGATED", "Open")
STATUS = field_of(
    DRIFTED,
    Field.STATUS,
    (Verdict.WRITE_JIRA, TO_JIRA, Reason.IMPACT_CHANGED, "Resolved"),
    edits={Side.IMPACT: Revision(Field.STATUS, NOW - timedelta(hours=2), "Ada Lovelace")},
    writes=(WRITTEN,),
    path=WAY,
    baseline=Baseline("MITIGATING", "Open", "t"),
)
PRIORITY = field_of(
    link_with(Field.PRIORITY, 1, "Low"),
    Field.PRIORITY,
    (Verdict.HOLD, None, Reason.CONFLICT, None),
    guards={TO_IMPACT: NOW + timedelta(seconds=11.2)},
)
EIGHTY = """\
Incident 12 · INC-12 · Orders are not exported
5 fields: 1 to be written, 3 in sync, 1 held (1 field).

status · Impact → JIRA: Resolved
  Impact     MITIGATED
             baseline MITIGATING; changed 2026-11-23 11:00 CET (2 h ago) by Ada
             Lovelace
  JIRA       Open
             as at the baseline; no change in its history
  table      MITIGATED → Resolved (status_to_jira)
             Open → INVESTIGATING (status_to_impact)
  rule       Impact changed since both agreed, JIRA did not
  reconcile  writes Resolved to JIRA: Impact changed
  path       Open → In Progress ('Start work') → Resolved ('Resolve', needs
             Resolution: configured)
  wrote      2026-11-23 11:00 CET (2 h ago) Impact → JIRA: Resolved, refused
             (run 20261123T090000Z-ab12): Resolution is required
  next       raidctl reconcile 12

priority · hold
  Impact     P1
             baseline P3; no change in its history
  JIRA       Low
             baseline Medium; no change in its history
  table      P1 → Highest (priority)
             Low → P4 (priority)
  rule       both sides changed since both agreed
  reconcile  holds it: both sides changed
  guards     cooling: JIRA → Impact is left alone for 12 s more, by the loop
             guard sync:incident:12:jira_to_impact
  next       raidctl resolve 12 --field priority

  title        Orders are not exported; in sync, as at the baseline
  description  It is broken.; in sync, as at the baseline
  commander    ada@example.com = acc-ada; in sync, as at the baseline
"""
CALM = tuple(field_of(IN_SYNC, name) for name in (Field.TITLE, Field.DESCRIPTION, Field.COMMANDER))


def test_a_link_at_eighty_columns_is_one_screen() -> None:
    assert screen(explanation(STATUS, PRIORITY, *CALM)) == EIGHTY


def test_a_field_in_sync_is_told_in_full_where_it_was_asked_for() -> None:
    told = explanation(CALM[2], has_baselines=False)

    assert screen(told).count("\n") == 4
    assert (
        screen(told, detail=Detail.FIELDS)
        == """\
Incident 12 · INC-12 · Orders are not exported
1 field: 1 in sync.

commander · in sync
  Impact     ada@example.com
             as at the baseline; no change in its history
  JIRA       acc-ada
             as at the baseline; no change in its history
  user       ada@example.com → acc-ada (configured under [users])
             acc-ada → ada@example.com (configured under [users])
  rule       neither side changed since both agreed
  reconcile  does nothing: in sync
"""
    )


def test_it_tells_since_when_a_baseline_stands() -> None:
    hour = timedelta(hours=1)
    old = Baseline(*AGREED[Field.PRIORITY], "t", at=NOW - 2 * hour)
    link = link_with(Field.PRIORITY, 1, "Low")
    conflict = (Verdict.HOLD, None, Reason.CONFLICT, None)
    stands = field_of(link, Field.PRIORITY, conflict, baseline=old)
    seen = field_of(link, Field.PRIORITY, conflict, baseline=replace(old, seen_at=NOW - hour))
    calm = field_of(IN_SYNC, Field.PRIORITY, baseline=old)

    since = "stands since 2026-11-23 11:00 CET (2 h ago)"
    assert lines(stands, "baseline") == since
    assert lines(seen, "baseline") == f"{since}, last seen so 2026-11-23 12:00 CET (1 h ago)"
    assert "in sync, as at the baseline of 2026-11-23 11:00 CET" in screen(explanation(calm))

    adopted = replace(old, seen_at=NOW - timedelta(days=400))
    adopted_one = field_of(link, Field.PRIORITY, conflict, baseline=adopted)
    told = f"{since}; by both histories they agreed until 2025-10-19 13:00 CET (400 d ago)"
    assert lines(adopted_one, "baseline") == told


TEXT_HOLD = (Verdict.HOLD, None, Reason.CONFLICT, None)
TEXT_WRITE = (Verdict.WRITE_JIRA, TO_JIRA, Reason.IMPACT_CHANGED, "as it would be")


def unmarked(text: str) -> str:
    """Without what marks the differing part of a text."""
    return text.replace("«", "").replace("»", "")


def test_long_texts_are_shown_where_they_differ_and_never_whole() -> None:
    ours, theirs = f"{STORY}Paypal too.{STORY}", f"{STORY}Not Paypal.{STORY}"
    link = link_with(Field.DESCRIPTION, ours, theirs)
    text = unmarked(screen(explanation(field_of(link, Field.DESCRIPTION, TEXT_HOLD))))

    assert "Paypal too." in text
    assert "Not Paypal." in text
    assert text.count("\n") < 20
    same = field_of(link_with(Field.DESCRIPTION, STORY, STORY), Field.DESCRIPTION, baseline=None)
    assert screen(explanation(same)).count("\n") == 4
    assert screen(explanation(same), detail=Detail.FIELDS).count("\n") < 16


def test_a_long_text_that_was_asked_for_stands_line_by_line() -> None:
    before = [f"Line {number}: {STORY[:60]}" for number in range(40)]
    after = [line.replace("Line 7", "Row 7").replace("Line 33", "Row 33") for line in before]
    link = link_with(Field.DESCRIPTION, "\n".join(before), "\n".join(after))
    told = explanation(field_of(link, Field.DESCRIPTION, TEXT_HOLD))
    shown = {detail: screen(told, detail=detail) for detail in Detail}

    assert "+++" not in shown[Detail.DRIFT]
    for detail in (Detail.FIELDS, Detail.ALL):
        assert "- «Line» 7: Since" in shown[detail]
        assert "+ «Row» 7: Since" in shown[detail]
    rest = "more lines: raidctl explain 12 --field description --detailed"
    assert rest in " ".join(shown[Detail.FIELDS].split())
    assert rest not in " ".join(shown[Detail.ALL].split())
    assert "+ «Row» 33: Since" in shown[Detail.ALL]


def test_a_tail_is_named_and_is_no_difference() -> None:
    link = link_with(Field.DESCRIPTION, "It was broken.", f"It is broken.\n\n{BLOCK}")
    one = field_of(link, Field.DESCRIPTION, TEXT_WRITE)
    text = screen(explanation(one))

    assert "JIRA keeps its tail, from '🧯 This incident has been created'" in text
    assert "the texts differ after normalisation" in text
    assert lines(one, "reconcile") == "writes Impact's description to JIRA: Impact changed"
    coloured = screen(explanation(one), colour=True)
    assert "\x1b[1;4mwa\x1b[0m" in coloured, "only what the body has otherwise is marked"


@pytest.mark.parametrize("width", [1, 40, 50, 80, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_hostile_texts_break_out_of_nothing_at_any_width(width: int, colour: bool) -> None:
    told = hostile()
    for detailed in (True, False):
        text = screen(
            told,
            width,
            colour=colour,
            hyperlinks=colour,
            detail=Detail.FIELDS if detailed else Detail.DRIFT,
        )
        plain = screen(told, width, detail=Detail.FIELDS if detailed else Detail.DRIFT)
        assert max(map(cell_len, plain.split("\n"))) <= max(width, 40)
        assert [c for c in plain if unseen(c) and c != "\n" and c not in "\u200d\ufe0f"] == []
        assert "[bold]x[/]" in " ".join(plain.split())
        assert "\x1b]0" not in text
        assert "\x1b[2J" not in text
        assert "evil" not in text


def hostile() -> Explanation:
    """Everything that Impact and JIRA can fill with text, filled with the worst."""
    link = link_with(Field.TITLE, HOSTILE, f"{HOSTILE}!")
    link = link_with(Field.STATUS, "MITIGATED", HOSTILE, link)
    link = link_with(Field.COMMANDER, HOSTILE, f"{HOSTILE}acc", link)
    bad = "javascript:evil\x1b\\"
    link = Link(replace(link.incident, url=bad), replace(link.issue, key=HOSTILE, url=bad))
    way = Transition("1", HOSTILE, HOSTILE, "new", (ScreenField("x", HOSTILE),))
    path = Path(HOSTILE, HOSTILE, Route((way,), certain=False))
    edit = Revision(Field.STATUS, NOW, HOSTILE)
    noted = replace(WRITTEN, run=HOSTILE, new=HOSTILE, detail=HOSTILE)
    known = {"edits": dict.fromkeys(Side, edit), "writes": (noted,), "quarantined": True}
    return explanation(
        field_of(link, Field.TITLE, TEXT_HOLD, HOSTILE, **known),
        field_of(
            link,
            Field.STATUS,
            (Verdict.WRITE_JIRA, TO_JIRA, Reason.UNFINISHED, HOSTILE),
            HOSTILE,
            path=path,
            **known,
        ),
        field_of(
            link, Field.COMMANDER, (Verdict.HOLD, TO_JIRA, Reason.UNMAPPED, None), HOSTILE, **known
        ),
        replace(field_of(link, Field.DESCRIPTION), pair=Pair(HOSTILE, HOSTILE)),
        link=link,
        held=link_hold(subject_of(link), Reason.RELINKED, HOSTILE),
        pause=Pause(NOW, NOW, HOSTILE),
        unread=(Unread(Side.JIRA, HOSTILE, HOSTILE, "network"),),
    )


# What the three-way table saw.

SAW = [
    (
        (1, "Medium"),
        (3, "Medium"),
        Reason.IMPACT_CHANGED,
        "Impact changed since both agreed, JIRA did not",
    ),
    (
        (3, "Low"),
        (3, "Medium"),
        Reason.JIRA_CHANGED,
        "JIRA changed since both agreed, Impact did not",
    ),
    ((1, "Low"), (3, "Medium"), Reason.CONFLICT, "both sides changed since both agreed"),
    ((1, "Low"), None, Reason.UNDECIDED, "no baseline, so it is not known which side changed"),
    ((1, "Highest"), None, None, "no baseline, and the two agree"),
    ((1, "Highest"), (3, "Medium"), None, "both sides changed since both agreed, and agree"),
    ((1, "Medium"), (1, "medium"), Reason.UNDECIDED, "neither side changed since both agreed"),
]


@pytest.mark.parametrize(("now", "then", "reason", "words"), SAW, ids=[row[3] for row in SAW])
def test_the_rule_tells_who_changed(
    now: tuple[Value, Value], then: tuple[Value, Value] | None, reason: Reason | None, words: str
) -> None:
    verdict = None if reason is None else (Verdict.HOLD, None, reason, None)
    baseline = None if then is None else Baseline(*then, "t")
    link = link_with(Field.PRIORITY, *now)
    one = field_of(link, Field.PRIORITY, verdict, baseline=baseline)

    assert lines(one, "rule") == words


def test_the_rule_tells_what_the_baseline_is_and_whether_the_tables_changed() -> None:
    now = link_with(Field.PRIORITY, 1, "Low")
    hold = (Verdict.HOLD, TO_JIRA, Reason.UNDONE, None)
    for state, words in (
        (BaselineState.UNDONE, "neither side changed since a person took raidctl's write back"),
        (BaselineState.UNFINISHED, "neither side changed since a write of raidctl stopped half"),
    ):
        one = field_of(now, Field.PRIORITY, hold, baseline=Baseline(1, "Low", "t", state))
        assert lines(one, "rule").startswith(words)
    other = replace(one, baseline=Baseline(1, "Low", "t"), same_tables=False)
    assert lines(other, "rule") == "neither side changed since both agreed, but the tables did"


def test_two_changes_of_which_one_means_another_value_say_so() -> None:
    one = field_of(
        link_with(Field.STATUS, "INVESTIGATING", "Resolved"),
        Field.STATUS,
        (Verdict.WRITE_IMPACT, TO_IMPACT, Reason.JIRA_CHANGED, "MITIGATED"),
    )
    assert lines(one, "rule") == (
        "both sides changed since both agreed; only JIRA's change means another value on the "
        "other side"
    )


# What reconcile would do, and what helps.


def test_a_hold_says_why_and_what_settles_it() -> None:
    link = link_with(Field.COMMANDER, "eve@example.com", "acc-ada")
    hold = (Verdict.HOLD, TO_JIRA, Reason.UNMAPPED, None)
    one = field_of(link, Field.COMMANDER, hold, "no JIRA account is known for eve@example.com")

    assert lines(one, "reconcile") == (
        "holds it: not known on the other side: no JIRA account is known for eve@example.com"
    )
    assert lines(one, "user").startswith("no JIRA account is known for eve@example.com / acc-ada →")
    assert lines(one, "next") == (
        'in the configuration: [users] "eve@example.com" = "their JIRA account"'
    )


def test_what_nothing_writes_yet_is_told_with_the_writer_that_would() -> None:
    hold = (Verdict.HOLD, TO_IMPACT, Reason.READ_ONLY, 2)
    one = field_of(link_with(Field.PRIORITY, 3, "High"), Field.PRIORITY, hold)

    assert lines(one, "next") == 'in the configuration: [impact.writes] priority = "webhook"'
    assert lines(STATUS, "next") == "raidctl reconcile 12"


@pytest.mark.parametrize(
    ("reason", "command"),
    [
        (Reason.UNDONE, "raidctl resolve 12 --field status"),
        (Reason.REFUSED, "raidctl resolve 12 --field status"),
        (Reason.UNDECIDED, "raidctl resolve 12 --field status"),
    ],
)
def test_what_waits_for_a_person_is_told_with_what_settles_it(reason: Reason, command: str) -> None:
    link = link_with(Field.STATUS, "MITIGATING", "Resolved")
    one = field_of(link, Field.STATUS, (Verdict.HOLD, TO_IMPACT, reason, "MITIGATED"))

    assert lines(one, "next") == command


def test_a_pause_is_told_above_all_and_nothing_is_said_to_be_written() -> None:
    pause = Pause(NOW, NOW + timedelta(hours=1), "ada@ops")
    text = screen(explanation(STATUS, pause=pause))

    assert "Paused by ada@ops until 2026-11-23 14:00 CET: no run writes;" in text
    assert "reconcile  nothing while paused; then writes Resolved to JIRA" in text


def test_what_stands_above_the_fields_appears_when_it_is_so() -> None:
    for more, words in (
        ({"direction": TO_JIRA}, "[policy] direction: what can move goes Impact → JIRA."),
        ({"has_baselines": False}, "The journal holds no baselines"),
        (
            {"held": link_hold(subject_of(IN_SYNC), Reason.SHARED_ISSUE, "so it is")},
            "The link is held as a whole: several incidents have this issue: so it is.",
        ),
    ):
        assert words in screen(explanation(STATUS, **more))
        assert words not in screen(explanation(STATUS))
    unsettled = replace(STATUS, writes=(replace(WRITTEN, outcome=None),))
    assert "A write is unsettled" in screen(explanation(unsettled))
    assert "outcome not known yet" in lines(unsettled, "wrote")
    assert "A write is unsettled" not in screen(explanation(STATUS))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Route((Transition("1", "Go", "In Review", "indeterminate"),), certain=False),
            "Open → In Review ('Go') → …; only these first hops towards Resolved are known",
        ),
        (Route((), certain=True), "none needed: JIRA is in Open now"),
        (
            DeadEnd("transition 'Resolve' requires 'Resolution'", (RESOLUTION,)),
            "none: transition 'Resolve' requires 'Resolution'",
        ),
    ],
    ids=["uncertain", "there", "dead end"],
)
def test_a_path_says_how_far_it_is_known(found: Route | DeadEnd, words: str) -> None:
    assert lines(replace(STATUS, path=Path("Open", "Resolved", found)), "path") == words


def test_an_unknown_time_is_not_taken_for_no_change() -> None:
    text = screen(explanation(STATUS, histories=frozenset({Side.IMPACT})))

    assert "as at the baseline; last change not known" in text
    assert "no change in its history" not in text


@pytest.mark.parametrize(
    ("age", "words"), [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_times_come_with_their_age(age: int, words: str) -> None:
    edit = Revision(Field.STATUS, NOW - timedelta(seconds=age), "Ada")
    one = replace(STATUS, edits={Side.IMPACT: edit})

    local: datetime = edit.at.astimezone(CET)
    assert f"changed {local:%Y-%m-%d %H:%M} CET ({words} ago) by Ada" in lines(one, "Impact")


def test_fields_that_are_not_compared_take_a_line_that_says_why() -> None:
    title = replace(CALM[0], standing=Standing.NOT_SYNCED, found=None)
    priority = FieldExplanation(Field.PRIORITY, Pair(20, "High"), Standing.OUT_OF_SCOPE, {})
    hidden = (Verdict.HOLD, None, Reason.UNREADABLE, None)
    status = field_of(link_with(Field.STATUS, "OPEN", UNREADABLE), Field.STATUS, hidden)
    text = screen(explanation(title, priority, status))

    assert "  title     not synced: [policy.fields.title] sync = false\n" in text
    assert "  priority  not compared: no table has 20\n" in text
    assert "(not visible)" in text
    assert "rule" not in text


def test_without_an_issue_the_screen_is_what_impact_has() -> None:
    told = replace(
        explanation(FieldExplanation(Field.STATUS, Pair("OPEN", None), Standing.ALONE, {})),
        held=link_hold(subject_of(IN_SYNC), Reason.NOT_VISIBLE),
    )
    assert (
        screen(told)
        == """\
Incident 12 · INC-12 · Orders are not exported
The link is held as a whole: JIRA issue missing, or hidden from this user.
Next: raidctl backfill links --from-csv FILE  # incident,key: 12,ITS-KEY
There is nothing to compare: this is what Impact has; 1 held (1 link).

  status  OPEN
"""
    )


def test_what_could_not_be_read_is_listed_last() -> None:
    unread = (Unread(Side.JIRA, "history could not be read", "timed out", "network"),)

    assert screen(explanation(*CALM, unread=unread)).endswith(
        "\nNot read\n  JIRA       history could not be read: timed out\n"
    )


def test_colour_and_links_appear_only_where_they_are_wanted() -> None:
    told = explanation(STATUS, PRIORITY, *CALM)

    assert "\x1b" not in screen(told)
    links = screen(told, hyperlinks=True)
    assert "\x1b]8;;https://jira.example.com/browse/INC-12\x1b\\" in links
    assert "\x1b[" not in links
    assert "\x1b[36mImpact → JIRA: Resolved\x1b[0m" in screen(told, colour=True)
    assert "\x1b]8" not in screen(told, colour=True)


def test_a_link_held_as_a_whole_says_what_settles_it() -> None:
    held = link_hold(subject_of(IN_SYNC), Reason.RELINKED, "so it is")
    command = settling_command(held)

    assert command is not None
    assert f"Next: {command}\n" in screen(explanation(*CALM, held=held))


def test_texts_that_have_nothing_in_common_are_not_emphasised() -> None:
    one = field_of(link_with(Field.TITLE, "Ab", "Cd"), Field.TITLE, TEXT_HOLD)

    assert "\x1b[1;4m" not in screen(explanation(one), colour=True)


def test_users_found_in_jira_say_so() -> None:
    users = Users(found={"ada@example.com": "acc-ada"})
    (found,) = compare(IN_SYNC, mapping_of(users=users), [Field.COMMANDER])
    assert isinstance(found, Comparison)
    told = lines(replace(CALM[2], found=found), "user")

    assert told.startswith("ada@example.com → acc-ada (found by e-mail in JIRA)")
