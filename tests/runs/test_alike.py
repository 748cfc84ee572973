"""What is decided of a group is what would be decided of each of its members."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raidctl.core.history import Revision
from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Item
from raidctl.core.plan.safety import Limits
from raidctl.core.writes.log import Run
from raidctl.runs.journalled import RunRecord
from raidctl.runs.writing.alike import Group, alike, likeness, together
from raidctl.runs.writing.choices import Decision, Note, Options, Skipping
from raidctl.runs.writing.resolve import resolve
from raidctl.runs.writing.session import Approval, Ending, Session
from tests.runs.desk import GRACE, SITES, Office, office
from tests.runs.writers import with_both

NUMBERS = (1, 2, 3, 4, 5)
Edit = tuple[str, str, str]
"""How one incident drifted: Impact's and JIRA's status, and who left JIRA's."""

EDITS = st.lists(
    st.tuples(
        st.sampled_from(["", "MITIGATED", "OPEN", "CLOSED"]),  # which may not be written
        st.sampled_from(["", "Open", "Resolved"]),  # of the first the webhook has no word
        st.sampled_from([GRACE.account, "bot"]),
    ),
    min_size=len(NUMBERS),
    max_size=len(NUMBERS),
)
ANSWERS = st.lists(st.sampled_from([*Side, Skipping(), Note.RELEASE]), min_size=20, max_size=20)


class Person:
    """A `Decider` that goes by a list of answers, a group or one of its members at a time."""

    def __init__(self, answers: Sequence[Decision], parts: Callable[[Group], list[Group]]) -> None:
        self.answers, self.parts = answers, parts
        self.ended: dict[tuple[int, Field | None], object] = {}
        self.groups: list[Group] = []

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Sequence[Options], Decision]]:
        self.groups = alike(choices)
        for group, answer in zip(self.groups, self.answers, strict=False):
            if isinstance(answer, Side) and answer not in group.sides:
                continue
            for part in self.parts(group):
                yield part.members, answer

    def told(self, decision: Decision, items: Sequence[Item]) -> None:
        self.ended |= {
            (item.subject.incident, item.field): item.result and item.result.outcome
            for item in items
        }

    def begins(self, run: str, held: Sequence[Item], choices: int, beside: str) -> None:
        pass

    def closing(self, run: str) -> str:
        return ""

    def closes(self, closing: str) -> None:
        pass


class Unstopped:
    wanted = False

    def writing(self) -> None:
        pass

    def waiting(self, idle: str, closing: str = "") -> None:
        pass


@contextmanager
def drifted(edits: Sequence[Edit], *, agreed: bool = True) -> Iterator[Office]:
    """Incidents that drifted so since they agreed, or that nothing is remembered of."""
    with TemporaryDirectory() as folder, office(Path(folder), numbers=NUMBERS) as at:
        with_both(at)
        at.policy = replace(at.policy, allow_close=False)
        if agreed:
            at.reconcile()
            at.clock.pass_by(hours=1)
        for number, (impact, theirs, who) in zip(NUMBERS, edits, strict=True):
            if impact:
                at.impact(number, status=impact)
            if theirs:
                at.state.edit(10_000 + number, who, status=theirs)
        at.clock.pass_by(hours=1)
        yield at


def decided(at: Office, person: Person) -> Ending:
    """A run of `resolve` with somebody there."""
    run = Run("run-decided", "resolve", at.clock(), 1)
    at.journal.begin(run)
    record = RunRecord()
    session = Session(
        at.desk, at.orders(), run, record, Unstopped(), lambda _, __=0: nullcontext(lambda _: None)
    )
    limits = Approval(Limits(0, 0))
    return resolve(session, at.question(), SITES, person, limits, lambda name, items: True)


def left(at: Office) -> object:
    """What a run leaves in both systems and in the journal."""
    known = at.journal.memories([(n, 10_000 + n) for n in NUMBERS])
    return (
        [dict(one.values) for one in at.source.stored],
        [at.issue(number) for number in NUMBERS],
        [{name: one.state for name, one in memory.baselines.items()} for memory in known],
        sorted((w.incident, str(w.field), str(w.outcome)) for w in at.journal.writes()),
        sorted((skip.incident, str(skip.field)) for skip in at.journal.skips()),
    )


@settings(max_examples=12, deadline=None)
@given(edits=EDITS, answers=ANSWERS, agreed=st.booleans())
def test_an_answer_for_a_group_is_that_answer_for_each_of_its_members(
    edits: list[Edit], answers: list[Decision], agreed: bool
) -> None:
    groups, singles = Person(answers, lambda g: [g]), Person(answers, Group.one_by_one)
    with drifted(edits, agreed=agreed) as at:
        ending, once = decided(at, groups), left(at)
    with drifted(edits, agreed=agreed) as at:
        each, apart = decided(at, singles), left(at)

    assert groups.ended == singles.ended
    assert once == apart
    assert ending.exit_code == each.exit_code


@settings(max_examples=12, deadline=None)
@given(edits=EDITS, agreed=st.booleans())
def test_what_can_be_decided_of_one_can_be_of_all_that_are_alike(
    edits: list[Edit], agreed: bool
) -> None:
    person = Person([], lambda g: [g])
    with drifted(edits, agreed=agreed) as at:
        decided(at, person)

    for group in person.groups:
        assert len({one.waiting.item.subject.incident for one in group.members}) == len(
            group.members
        )
        for one in group.members:
            assert (one.sides, one.release) == (group.sides, group.first.release)
            assert one.waiting.skipped == group.first.waiting.skipped
    kinds = [likeness(group.first) for group in person.groups]
    assert len(kinds) == len(set(kinds))
    for group in person.groups:
        first, *others = group.one_by_one()
        assert together(others, first) == (group, [])
        apart = group.by_person()
        assert sorted(id(one) for part in apart for one in part.members) == sorted(
            map(id, group.members)
        )


def groups_of(at: Office) -> list[list[int]]:
    person = Person([], lambda g: [g])
    decided(at, person)
    return [[one.waiting.item.subject.incident for one in group.members] for group in person.groups]


def edit(number: int, hours: float, at: Office, **more: Any) -> dict[int, list[Revision]]:
    """Impact's history tells that somebody changed a status so long ago."""
    when = at.clock() - timedelta(hours=hours)
    return {number: [Revision(Field.STATUS, when, new="MITIGATED", **more)]}


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        ({"hours": 5, "author": "Grace", "account": "grace@example.com"}, [[1, 2]]),
        ({"hours": 5, "synced": True}, [[1], [2]]),  # FireFighter took it over from JIRA
        ({"hours": -5, "author": "Ada", "account": "ada@example.com"}, [[1], [2]]),  # came later
    ],
    ids=["another person", "FireFighter", "the other side was last"],
)
def test_who_moved_a_side_is_a_kind_and_which_was_last_counts(
    second: dict[str, Any], expected: list[list[int]]
) -> None:
    nothing: Edit = ("", "", GRACE.account)
    both: Edit = ("MITIGATED", "Open", GRACE.account)
    with drifted([both, both, nothing, nothing, nothing]) as at:
        by_ada = {"author": "Ada", "account": "ada@example.com"}
        at.source.history = {**edit(1, 5, at, **by_ada), **edit(2, at=at, **second)}
        assert groups_of(at) == expected
