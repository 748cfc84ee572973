"""What the machine has found, as small as it gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.policy import Choice
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome
from tests.model.faults import READS, WRITES, Fault, Faults, Trouble
from tests.model.oracle import Oracle
from tests.model.raid import Raidctl, Ran
from tests.model.site import GRACE, Site
from tests.model.world import Edit, Ground, World


@contextmanager
def at(ground: Ground, site: Site) -> Iterator[tuple[World, Raidctl]]:
    """A site that raidctl has seen before."""
    world = World(ground, site, Faults())
    try:
        raidctl = Raidctl(world)
        assert raidctl.reconcile().done == ()
        yield world, raidctl
    finally:
        world.close()


@dataclass
class Judged:
    """The same, with an oracle that has watched from the beginning."""

    world: World
    raidctl: Raidctl
    oracle: Oracle

    def edit(self, side: Side, number: int, name: Field, choice: int) -> None:
        """Somebody changes a field, and nobody is told."""
        self.world.edit(Edit(side, number, name, choice, told=False))

    def run(self, after: float = 300) -> list[Reason]:
        """Why a run wrote or held what it did, so many seconds later; it did nothing wrong."""
        self.world.pass_by(after)
        ran = self.raidctl.reconcile()
        assert self.oracle.judge(ran) == []
        return [item.reason for item in ran.items]


@contextmanager
def judged(ground: Ground, site: Site) -> Iterator[Judged]:
    """Such a site under an oracle's eyes."""
    with at(ground, site) as (world, raidctl):
        made = Judged(world, raidctl, Oracle(world))
        assert made.run(0) == []
        yield made


def outcomes(ran: Ran) -> list[tuple[Field | None, Outcome]]:
    return [(item.field, item.result.outcome) for item in ran.done if item.result is not None]


def test_a_form_that_jira_had_before_is_not_written_for_ever(ground: Ground) -> None:
    """Impact's bullets are JIRA's already, after JIRA's markup; or JIRA took them and did not act.

    Nothing tells, so it is tried twice, and then waits for a person.
    """
    with at(ground, Site(direction=SyncDirection.IMPACT_TO_JIRA)) as (world, raidctl):
        world.jira.edit(10_001, "acc-ada", description="* one\n* two")
        world.impact.edit(1, Field.DESCRIPTION, "- one\n- two", world.clock())
        world.pass_by(300)
        first = raidctl.reconcile(SyncDirection.IMPACT_TO_JIRA)
        second = raidctl.reconcile(SyncDirection.IMPACT_TO_JIRA)
        assert outcomes(first) == outcomes(second) == [(Field.DESCRIPTION, Outcome.REFUSED)]
        assert outcomes(raidctl.reconcile(SyncDirection.IMPACT_TO_JIRA)) == []


def test_a_path_that_was_refused_half_way_can_be_taken_back(ground: Ground) -> None:
    """Closing takes a resolution that nobody has configured: the issue stops at Resolved."""
    with at(ground, Site(fills_resolution=False, allow_close=True)) as (world, raidctl):
        world.impact.edit(1, Field.STATUS, "POST_MORTEM", world.clock())
        world.pass_by(300)
        assert outcomes(raidctl.reconcile()) == [(Field.STATUS, Outcome.REFUSED)]
        assert world.values(Side.JIRA, 1)[Field.STATUS] == "Resolved"
        raidctl.undo("run-2")
        assert world.values(Side.JIRA, 1)[Field.STATUS] == "In Progress"


def test_what_a_lagging_search_shows_after_a_write_is_not_remembered(ground: Ground) -> None:
    """Open and INVESTIGATING agree, but In Progress is what raidctl has just made of it."""
    with at(ground, Site(deployment="datacenter", index_lag=20)) as (world, raidctl):
        world.impact.edit(2, Field.STATUS, "INVESTIGATING", world.clock())
        world.pass_by(300)
        assert outcomes(raidctl.reconcile()) == [(Field.STATUS, Outcome.APPLIED)]
        world.pass_by(5)
        assert outcomes(raidctl.reconcile()) == []
        world.pass_by(120)
        assert outcomes(raidctl.reconcile()) == []


def test_who_moves_an_issue_while_its_fields_are_written_is_not_overruled(ground: Ground) -> None:
    """The fields met a 409: the status that was read then is no longer what the plan saw."""
    with at(ground, Site()) as (world, raidctl):
        world.impact.edit(2, Field.STATUS, "MITIGATED", world.clock())
        world.impact.edit(2, Field.TITLE, "Checkout is down", world.clock())
        world.pass_by(300)
        conflict = Fault(WRITES, Trouble.CONFLICT)
        blocked = Edit(Side.JIRA, 2, Field.STATUS, 5, told=False)
        world.faults.arm([conflict], lambda: world.edit(blocked))
        assert dict(outcomes(raidctl.reconcile()))[Field.STATUS] is Outcome.STALE
        assert world.values(Side.JIRA, 2)[Field.STATUS] == "Blocked"


def test_a_path_that_others_stopped_half_way_can_be_taken_back(ground: Ground) -> None:
    """The first hop is raidctl's own, whoever won after it."""
    with at(ground, Site()) as (world, raidctl):
        world.impact.edit(2, Field.STATUS, "MITIGATED", world.clock())
        world.pass_by(300)
        world.faults.arm([Fault(WRITES, Trouble.CONFLICT, after=1, times=6)], lambda: None)
        assert outcomes(raidctl.reconcile()) == [(Field.STATUS, Outcome.FAILED)]
        world.faults.disarm()
        assert world.values(Side.JIRA, 2)[Field.STATUS] == "In Progress"
        raidctl.undo("run-2")
        assert world.values(Side.JIRA, 2)[Field.STATUS] == "Open"


def test_who_wins_the_very_hop_that_raidctl_was_taking_is_not_overruled(ground: Ground) -> None:
    """A 409 tells that another transition won, though it led to where raidctl was going."""
    with at(ground, Site()) as (world, raidctl):
        world.impact.edit(2, Field.STATUS, "MITIGATED", world.clock())
        world.pass_by(300)
        started = Edit(Side.JIRA, 2, Field.STATUS, 3, told=False)
        world.faults.arm([Fault(WRITES, Trouble.CONFLICT)], lambda: world.edit(started))
        assert outcomes(raidctl.reconcile()) == [(Field.STATUS, Outcome.STALE)]
        assert world.values(Side.JIRA, 2)[Field.STATUS] == "In Progress"


def test_where_firefighters_own_push_stopped_half_way_is_not_copied(ground: Ground) -> None:
    """It came after raidctl's write, and left the ticket at a status of an earlier time."""
    site = Site(preset="firefighter", identity="another", halfway=True, grace=0)
    with at(ground, site) as (world, raidctl):
        world.edit(Edit(Side.IMPACT, 2, Field.STATUS, 0, told=True))
        world.pass_by(39)
        raidctl.reconcile()
        world.pass_by(300)
        assert world.values(Side.JIRA, 2)[Field.STATUS] == "Pending resolution"
        (item,) = raidctl.reconcile().items
        assert item.reason is Reason.FIREFIGHTER
        assert world.values(Side.IMPACT, 2)[Field.STATUS] == "MITIGATED"


def test_a_way_that_was_refused_half_way_is_no_change_that_was_forgotten(ground: Ground) -> None:
    """Impact is back at what was agreed; that JIRA is not is raidctl's own doing."""
    with judged(ground, Site(choice=Choice.IMPACT)) as it:
        assert it.oracle.memory[1, Field.STATUS] == ("MITIGATING", "In Progress")
        it.edit(Side.JIRA, 1, Field.STATUS, 7)
        it.edit(Side.IMPACT, 1, Field.STATUS, 2)
        it.world.pass_by(300)
        it.world.faults.arm([Fault(WRITES, Trouble.FORBIDDEN, after=1, times=6)], lambda: None)
        stopped = it.raidctl.reconcile()
        it.world.faults.disarm()
        assert outcomes(stopped) == [(Field.STATUS, Outcome.REFUSED)]
        assert it.world.values(Side.JIRA, 1)[Field.STATUS] == "Reopened"
        assert it.oracle.judge(stopped) == []

        it.edit(Side.IMPACT, 1, Field.STATUS, 3)
        assert it.run() == [Reason.IMPACT_CHANGED]
        assert it.world.values(Side.JIRA, 1)[Field.STATUS] == "In Progress"


def test_a_decision_beside_a_write_that_cannot_be_read_yet_leaves_that_open(ground: Ground) -> None:
    """It is told as failed, and the run that can read it settles it."""
    with judged(ground, Site()) as it:
        it.world.impact.edit(1, Field.TITLE, "Checkout is down", it.world.clock())
        it.world.pass_by(300)
        it.world.faults.arm([Fault(WRITES, Trouble.KILLED_AFTER)], lambda: None)
        it.raidctl.reconcile()
        it.world.faults.arm([Fault(READS, Trouble.DOWN)], lambda: None)
        decided = it.raidctl.resolve(0, 0)
        it.world.faults.disarm()
        assert decided.ended
        assert [one.result and one.result.outcome for one in decided.recovered] == [Outcome.FAILED]
        assert it.oracle.judge(decided) == []
        it.run(0)


def test_who_takes_the_tail_away_has_said_nothing_else(ground: Ground) -> None:
    """The body is what raidctl had written, and Impact's next one goes over it."""
    with judged(ground, Site()) as it:
        it.edit(Side.IMPACT, 1, Field.DESCRIPTION, 0)
        it.run()
        it.run()
        it.edit(Side.IMPACT, 1, Field.DESCRIPTION, 1)
        it.edit(Side.JIRA, 1, Field.DESCRIPTION, 3)
        assert it.run() == [Reason.IMPACT_CHANGED]


def test_whom_a_transition_of_the_same_run_replaced_is_copied_and_who_came_is_not(
    ground: Ground,
) -> None:
    """The plan has read them; what the transition left in JIRA waits for a person."""
    with judged(ground, Site(assigns=True)) as it:
        it.edit(Side.JIRA, 2, Field.COMMANDER, 1)
        it.edit(Side.IMPACT, 2, Field.STATUS, 0)
        it.run()
        assert it.world.values(Side.JIRA, 2)[Field.COMMANDER] == it.world.site.me.account
        assert it.world.values(Side.IMPACT, 2)[Field.COMMANDER] == GRACE.email
        assert it.run() == [Reason.SIDE_EFFECT]


def test_a_commander_who_was_taken_away_and_put_back_has_left_no_trace(ground: Ground) -> None:
    """A row of Impact's history that names nobody may be of anything."""
    with judged(ground, Site()) as it:
        it.edit(Side.IMPACT, 2, Field.COMMANDER, 2)
        it.edit(Side.JIRA, 2, Field.COMMANDER, 0)
        it.edit(Side.IMPACT, 2, Field.COMMANDER, 1)
        assert it.run() == [Reason.JIRA_CHANGED]


def test_what_an_undo_left_that_the_journal_forgot_is_not_written_over_a_person(
    ground: Ground,
) -> None:
    """An older journal was put back: Impact holds what was there before JIRA's edit, by a sync."""
    with judged(ground, Site()) as it:
        it.edit(Side.JIRA, 1, Field.TITLE, 0)
        it.run()
        it.world.copy_journal()
        it.raidctl.undo(it.raidctl.wrote[-1])
        assert it.world.restore_journal()
        it.oracle.restored()
        assert it.run() == [Reason.SIDE_EFFECT]
        assert it.world.values(Side.JIRA, 1)[Field.TITLE] == "Checkout is down!"


def test_what_was_not_compared_was_not_seen_to_agree(ground: Ground) -> None:
    """An exercise has no priority of JIRA's; that it was one, and is none any more, is a change."""
    with judged(ground, Site()) as it:
        it.edit(Side.IMPACT, 2, Field.PRIORITY, 3)
        it.edit(Side.JIRA, 2, Field.PRIORITY, 3)
        it.run()
        it.run()
        it.edit(Side.IMPACT, 2, Field.PRIORITY, 5)
        assert it.run() == []
        it.edit(Side.JIRA, 2, Field.PRIORITY, 0)
        it.world.pass_by(1)
        it.edit(Side.IMPACT, 2, Field.PRIORITY, 3)
        assert it.run() == [Reason.CONFLICT]
