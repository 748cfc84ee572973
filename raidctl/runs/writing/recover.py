"""Settle what an earlier run left open: read, judge, record; nothing is sent again."""

from dataclasses import replace

from raidctl.core.plan.item import Change
from raidctl.core.reasons import Reason
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Intended, Sent, Settlement
from raidctl.errors import ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs import told
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import Landed, read_targets
from raidctl.runs.writing.sender import MakeSenders, Senders
from raidctl.runs.writing.senders import field_senders

_WORDS = {
    Outcome.APPLIED: "it had been written",
    Outcome.NORMALISED: "it had been written",
    Outcome.REFUSED: "it had not been written",
}


def recover(
    systems: WritableSystems, context: RunContext, senders: MakeSenders = field_senders
) -> list[Change]:
    """Each open write of an earlier run, with what became of it.

    One whose target cannot be read has failed and stays open: `apply` leaves its field alone, and
    the rest goes on. So does, without a word, what these senders do not write.
    """
    if not (left := systems.journal.open_writes()):
        return []
    made = senders(systems, context)
    intended = [one for one in left if one.change.target in made.of]
    now = read_targets(systems, [one.change for one in intended], context.accounts.skew)
    ends = [_settled(made, one, now) for one in intended]
    systems.journal.settle([e for e in ends if not e.unknown], context.run, context.clock())
    told.settled(ends, context.run, {}, context.clock())
    return [replace(e.change, reason=Reason.UNFINISHED, result=e.result) for e in ends]


def _settled(senders: Senders, one: Intended, now: Landed) -> Settlement:
    try:
        end = senders.of[one.change.target].judge(
            Sent(one.write, one.change, one.hops, at=one.at), now
        )
    except ServiceError as error:
        why = f"what run {one.run} sent cannot be read: {error.seen}; the next run reads it first"
        unknown = Result(Outcome.FAILED, None, error.category, why)
        return Settlement(one.change, unknown, one.write, unknown=True)
    words = _WORDS.get(end.result.outcome, end.result.detail)
    why = f"run {one.run} ended before it knew: {words}"
    return replace(end, result=replace(end.result, outcome=Outcome.RECOVERED, detail=why))
