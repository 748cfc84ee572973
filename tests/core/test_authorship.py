"""Whose edit it was: no edit that a person made is overwritten unseen (DESIGN §3.1)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from raidctl.core.drift import compare
from raidctl.core.history import History, OwnWrite, Revision
from raidctl.core.memory import Memory, Reading, Readings
from raidctl.core.model import UNREADABLE, Field, Readable, Side, SyncDirection
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.item import Change, Item
from raidctl.core.policy import Choice, FieldPolicy, Policy
from raidctl.core.reasons import Reason
from tests.core.strategies import EVERY_WRITER, INCIDENT, NOW, agreed, link_with, mapping_of

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
MAPPING = mapping_of()
BOT, FIRE, ADA = "acc-bot", "acc-fire", "acc-ada"
FREE = Policy(impact_writers=EVERY_WRITER, service_account=FIRE, clock_skew=timedelta(minutes=2))
SEEN = NOW - timedelta(days=1)
"""When the pair was last seen in agreement."""


def at(hours: float) -> datetime:
    """So long after both sides were seen to agree."""
    return SEEN + timedelta(hours=hours)


def edit(
    hours: float, old: Readable, new: Readable, account: str | None = ADA, **more: Any
) -> Revision:
    return Revision(Field.TITLE, at(hours), account, account, old, new, **more)


def there_and_back(hours: float, account: str | None = ADA) -> list[Revision]:
    """Somebody makes "c" of "a", and "a" again; the last of it so many hours after."""
    return [edit(hours - 0.01, "a", "c", account), edit(hours, "c", "a", account)]


def verdict(
    impact: str,
    jira: str,
    in_impact: Sequence[Revision] | None = None,
    in_jira: Sequence[Revision] = (),
    policy: Policy = FREE,
    own: Sequence[OwnWrite] = (),
    account: str | None = BOT,
    name: Field = Field.TITLE,
    known: tuple[str, str] = ("a", "a"),
) -> Item | None:
    """Of a field that was `known` when both sides were last seen to agree."""
    baseline = replace(agreed(MAPPING, name, *known), at=SEEN)
    told = {Side.JIRA: [replace(one, field=name) for one in in_jira]}
    if in_impact is not None:  # else it is read by REST
        told[Side.IMPACT] = [replace(one, field=name) for one in in_impact]
    link = link_with(name, impact, jira)
    history = History(told, own, account)
    memory = Memory({name: baseline})
    compared = ComparedLink(link, compare(link, MAPPING, [name]), memory, history=history)
    items = plan_link(compared, MAPPING, policy, NOW)
    assert len(items) <= 1
    return items[0] if items else None


def said(item: Item | None) -> tuple[SyncDirection | None, Reason] | None:
    return None if item is None else (item.direction, item.reason)


IMPACT_EDITED = [edit(2, UNREADABLE, "b", "grace@example.com")]
CONFLICT = None, Reason.CONFLICT


def test_a_persons_edit_that_was_turned_back_is_no_less_an_edit() -> None:
    assert said(verdict("b", "a", IMPACT_EDITED)) == (TO_JIRA, Reason.IMPACT_CHANGED)
    item = verdict("b", "a", IMPACT_EDITED, there_and_back(5))
    assert said(item) == CONFLICT
    assert item is not None
    when = f"{at(5):%Y-%m-%d %H:%M} UTC"
    assert item.detail == f"JIRA was changed and changed back by {ADA}, at {when}"


def test_the_same_on_impacts_side() -> None:
    back = [edit(4, UNREADABLE, "c"), edit(5, UNREADABLE, "a")]
    assert said(verdict("a", "b", (), [edit(2, "a", "b")])) == (TO_IMPACT, Reason.JIRA_CHANGED)
    assert said(verdict("a", "b", back, [edit(2, "a", "b")])) == CONFLICT


WIKI, RESPELLED = (
    "see https://a.example/b",
    "see [https://a.example/b|https://a.example/b|smart-link]",
)


def respelled(in_jira: Sequence[Revision]) -> Item | None:
    """The verdict on a description that was edited in Impact, and respelled in JIRA."""
    known = WIKI, WIKI
    return verdict("b", RESPELLED, IMPACT_EDITED, in_jira, name=Field.DESCRIPTION, known=known)


@pytest.mark.parametrize("told", [(), [edit(1, WIKI, RESPELLED)]])
def test_a_text_that_was_only_respelled_is_no_edit_to_go_over(told: list[Revision]) -> None:
    """JIRA's editor respells what nobody changed (facts); nor does it turn two saves into one."""
    twice = [*told, *(edit(hours, RESPELLED, f"{WIKI} ") for hours in [3] if told)]
    for history in (told, twice):
        item = verdict(
            "b", RESPELLED, IMPACT_EDITED, history, name=Field.DESCRIPTION, known=(WIKI, WIKI)
        )
        assert said(item) == (TO_JIRA, Reason.IMPACT_CHANGED)
        assert item is not None
        assert (item.detail, isinstance(item, Change) and item.overrides) == (None, False)


def test_one_that_was_changed_and_put_back_in_other_spelling_is_one() -> None:
    back = [edit(4, WIKI, "quite another"), edit(5, "quite another", RESPELLED)]
    assert (
        said(
            verdict("b", RESPELLED, IMPACT_EDITED, back, name=Field.DESCRIPTION, known=(WIKI, WIKI))
        )
        == CONFLICT
    )


def test_blanks_that_changed_in_impact_are_no_edit_to_go_over() -> None:
    item = verdict("a ", "b", None, [edit(2, "a", "b")])
    assert said(item) == (TO_IMPACT, Reason.JIRA_CHANGED)
    assert isinstance(item, Change)
    assert not item.overrides


def test_one_that_the_other_sides_later_change_knew_of_does_not_count() -> None:
    changed = TO_JIRA, Reason.IMPACT_CHANGED
    assert said(verdict("b", "a", IMPACT_EDITED, there_and_back(1))) == changed


@pytest.mark.parametrize("minutes", [-1, 1])
def test_two_times_that_cannot_be_told_apart_are_a_conflict(minutes: float) -> None:
    close = there_and_back(2 + minutes / 60)
    assert said(verdict("b", "a", IMPACT_EDITED, close)) == CONFLICT
    assert said(verdict("b", "a", None, there_and_back(1))) == CONFLICT, "Impact tells no time"
    assert said(verdict("b", "a", (), there_and_back(1))) == CONFLICT, "nor of this change"


def test_what_brought_the_agreement_about_is_no_edit_since() -> None:
    """Nor is a status that went by another, just before both sides were seen to agree."""
    before = [edit(-0.03, "x", "y"), edit(-0.01, "y", "a")]
    assert said(verdict("b", "a", None, before[1:])) == (TO_JIRA, Reason.IMPACT_CHANGED)
    assert said(verdict("b", "a", None, before)) == (TO_JIRA, Reason.IMPACT_CHANGED)


def test_within_the_skew_of_the_clocks_an_edit_may_have_come_after() -> None:
    assert said(verdict("b", "a", None, there_and_back(-0.01))) == CONFLICT
    assert said(verdict("b", "a", None, there_and_back(-1))) == (TO_JIRA, Reason.IMPACT_CHANGED)


def test_an_edit_by_nobody_that_is_known_is_a_persons() -> None:
    assert said(verdict("b", "a", IMPACT_EDITED, there_and_back(5, None))) == CONFLICT
    unknown = verdict("b", "a", IMPACT_EDITED, there_and_back(5, BOT), account=None)
    assert said(unknown) == CONFLICT, "raidctl's account is not known"


def test_images_do_not_decide_what_was_turned_back() -> None:
    """In Review is the same to Impact as In Progress; that is no reason to go over a person."""
    known, back = ("MITIGATING", "In Review"), ("In Review", "In Progress")
    turned = [edit(4, *back), edit(5, *reversed(back))]
    item = verdict("MITIGATED", "In Review", None, turned, name=Field.STATUS, known=known)
    assert said(item) == CONFLICT


def test_the_policy_of_conflicts_decides_it() -> None:
    fields = {Field.TITLE: FieldPolicy(on_conflict=Choice.IMPACT)}
    item = verdict("b", "a", IMPACT_EDITED, there_and_back(5), replace(FREE, fields=fields))
    assert isinstance(item, Change)
    assert (item.reason, item.overrides) == (Reason.POLICY, True)
    assert (
        item.detail == f"overrides the change made in JIRA by {ADA} at {at(5):%Y-%m-%d %H:%M} UTC"
    )


# raidctl's own account


def own(hours: float, value: str, side: Side = Side.JIRA, lasted: float = 1) -> OwnWrite:
    ended = at(hours) + timedelta(seconds=lasted)
    return OwnWrite(INCIDENT.id, 10_012, Field.TITLE, side, value, at(hours), ended)


def test_what_the_journal_knows_is_no_change() -> None:
    back = there_and_back(5, BOT)
    item = verdict("b", "a", IMPACT_EDITED, back, own=[own(5, "a")])
    assert said(item) == (TO_JIRA, Reason.IMPACT_CHANGED)


def test_a_write_of_ours_that_left_no_baseline_is_none_either() -> None:
    written = [edit(5, "a", "b", BOT)]
    item = verdict("c", "b", IMPACT_EDITED, written, own=[own(5, "b")])
    assert said(item) == (TO_JIRA, Reason.IMPACT_CHANGED)
    synced = [edit(5, UNREADABLE, "b", None, synced=True)]
    item = verdict("b", "c", synced, [edit(6, "a", "c")], own=[own(5, "b", Side.IMPACT)])
    assert said(item) == (TO_IMPACT, Reason.JIRA_CHANGED)


@pytest.mark.parametrize(
    "known",
    [own(5, "x"), own(1, "b"), own(5, "b", Side.IMPACT), replace(own(5, "b"), field=Field.STATUS)],
    ids=["another value", "at another time", "the other side", "another field"],
)
def test_what_it_does_not_know_is_a_side_effect_and_goes_nowhere(known: OwnWrite) -> None:
    for policy in (FREE, replace(FREE, direction=TO_IMPACT), replace(FREE, direction=TO_JIRA)):
        item = verdict("a", "b", (), [edit(5, "a", "b", BOT)], policy, own=[known])
        assert item is not None
        assert item.reason is Reason.SIDE_EFFECT
    both = verdict("c", "b", IMPACT_EDITED, [edit(5, "a", "b", BOT)], own=[known])
    assert both is not None
    assert both.reason is Reason.SIDE_EFFECT


def test_a_person_who_wrote_after_it_has_the_last_word() -> None:
    written = [edit(5, "a", "b", BOT), edit(6, "b", "d")]
    assert said(verdict("a", "d", (), written)) == (TO_IMPACT, Reason.JIRA_CHANGED)


def test_the_clocks_may_differ_by_their_skew() -> None:
    late = [edit(5 + 1.9 / 60, "a", "b", BOT)]
    assert said(verdict("c", "b", None, late, own=[own(5, "b")])) == (
        TO_JIRA,
        Reason.IMPACT_CHANGED,
    )


# FireFighter's service account


def status(impact: str, jira: str, by: str, policy: Policy = FREE) -> Item | None:
    known = "INVESTIGATING", "In Progress"
    left = [edit(5, "In Progress", jira, by)]
    return verdict(impact, jira, (), left, policy, name=Field.STATUS, known=known)


def test_a_push_that_stopped_half_way_goes_on_and_never_back() -> None:
    assert said(status("MITIGATED", "In Review", FIRE)) == (TO_JIRA, Reason.FIREFIGHTER)
    assert said(status("INVESTIGATING", "Closed", FIRE)) == (TO_JIRA, Reason.FIREFIGHTER)
    assert said(status("INVESTIGATING", "Closed", ADA)) == (TO_IMPACT, Reason.JIRA_CHANGED)


def test_a_push_that_arrived_is_in_sync() -> None:
    assert status("MITIGATED", "Resolved", FIRE) is None
    assert status("INVESTIGATING", "Open", FIRE) is None, "it is related, and Impact's is the same"


def test_a_mirror_does_not_carry_it_to_impact_either() -> None:
    item = status("MITIGATED", "In Review", FIRE, replace(FREE, direction=TO_IMPACT))
    assert item is not None
    assert item.reason is Reason.SIDE_EFFECT


def test_it_is_left_alone_while_it_may_be_under_way() -> None:
    policy = replace(FREE, grace=timedelta(days=1))
    assert said(status("MITIGATED", "In Review", FIRE, policy)) == (TO_JIRA, Reason.SETTLING)


def test_where_raidctl_writes_as_that_account_it_is_firefighters() -> None:
    item = verdict("a", "b", (), [edit(5, "a", "b", FIRE)], account=FIRE)
    assert said(item) == (TO_JIRA, Reason.FIREFIGHTER)


def test_what_firefighter_took_over_from_jira_is_no_change_of_impacts() -> None:
    """It came late, or was undone by a journal that is gone: JIRA's own value may be a person's."""
    synced = [edit(5, UNREADABLE, "b", None, synced=True)]
    assert said(verdict("b", "a", synced)) == (TO_JIRA, Reason.SIDE_EFFECT)
    mirror = replace(FREE, direction=TO_JIRA)
    assert said(verdict("b", "a", synced, policy=mirror)) == (TO_JIRA, Reason.IMPACT_CHANGED)
    assert verdict("b", "b", synced) is None
    back = [replace(one, synced=True) for one in there_and_back(5, None)]
    jira = [edit(2, "a", "b")]
    assert said(verdict("a", "b", back, jira)) == (TO_IMPACT, Reason.JIRA_CHANGED)


# Since when


def seen(**more: Any) -> datetime | None:
    baseline = replace(agreed(MAPPING, Field.TITLE, "a", "a"), at=SEEN, **more)
    reading = Reading(at(10), INCIDENT.created_at)
    return Readings({Field.TITLE: reading}).seen_at(baseline, INCIDENT, Field.TITLE)


def test_a_whole_reading_sees_all_that_agrees() -> None:
    assert seen() == at(10)
    assert seen(seen_at=at(3)) == at(3), "it was seen to differ since"


def test_a_reading_sees_what_its_scope_holds() -> None:
    baseline = replace(agreed(MAPPING, Field.TITLE, "a", "a"), at=SEEN)
    later = Reading(at(10), INCIDENT.created_at + timedelta(seconds=1))
    for watched, expected in ((frozenset[int](), SEEN), (frozenset({INCIDENT.id}), at(10))):
        readings = Readings({Field.TITLE: later}, watched)
        assert readings.seen_at(baseline, INCIDENT, Field.TITLE) == expected
        assert readings.seen_at(baseline, INCIDENT, Field.STATUS) == SEEN


def test_a_journal_of_yesterday_finds_what_was_turned_back_since() -> None:
    """The baseline is old: in between raidctl wrote "b", and a person took it back."""
    written = [edit(2, "a", "b", BOT), edit(5, "b", "a")]
    assert said(verdict("b", "a", [edit(1, UNREADABLE, "b")], written)) == CONFLICT


def test_an_image_that_goes_over_the_other_sides_change_says_so() -> None:
    known = "MITIGATING", "In Progress"
    jira = [edit(3, "In Progress", "In Review")]
    item = verdict("MITIGATED", "In Review", (), jira, name=Field.STATUS, known=known)
    assert isinstance(item, Change)
    assert item.overrides
    assert "overrides the change made in JIRA" in (item.detail or "")
    lately = replace(FREE, grace=timedelta(days=1))
    item = verdict("MITIGATED", "In Review", (), jira, lately, name=Field.STATUS, known=known)
    assert said(item) == (TO_JIRA, Reason.SETTLING)
