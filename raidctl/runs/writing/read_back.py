"""Read what was written, and settle it in the journal."""

from collections.abc import Sequence

from raidctl.core.model import Field, Side
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import read_targets
from raidctl.runs.writing.sender import Senders
from raidctl.runs.writing.stages import LinkWrites

UNKNOWN = "it could not be read back, so nobody knows whether it acted: the next run reads first"


def settle(
    systems: WritableSystems, context: RunContext, senders: Senders, links: Sequence[LinkWrites]
) -> list[Settlement]:
    """Read all that was sent, judge it, and journal every end of these links at once.

    What cannot be read back stays open in the journal.
    """
    ends = {one.change.key: one for link in links for one in link.settled}
    for side in Side:
        sent = [(link, one) for link in links for one in link.sent if one.change.side is side]
        for one in _landed(systems, senders, side, sent):
            ends[one.change.key] = one
    ordered = [ends[change.key] for link in links for change in link.changes if change.key in ends]
    _record(systems, context, ordered)
    return ordered


def _landed(
    systems: WritableSystems,
    senders: Senders,
    side: Side,
    sent: Sequence[tuple[LinkWrites, Sent]],
) -> list[Settlement]:
    """What became of all that was sent to one side."""
    try:
        now = read_targets(systems, [one.change for _, one in sent])
        return [
            _judged(senders, link, one, senders.of[one.change.target].judge(one, now))
            for link, one in sent
        ]
    except ServiceError as error:
        if side is Side.JIRA:
            for link, _ in sent:
                senders.breaker.failed(link.project, error)
        unknown = Result(Outcome.FAILED, None, error.category, UNKNOWN)
        return [Settlement(one.change, unknown, one.write, unknown=True) for _, one in sent]


def _judged(senders: Senders, link: LinkWrites, sent: Sent, one: Settlement) -> Settlement:
    if one.result.outcome is not Outcome.REFUSED or sent.failure is not None:
        return one
    return senders.of[sent.change.target].explain_refusal(link, one)


def _record(systems: WritableSystems, context: RunContext, ends: Sequence[Settlement]) -> None:
    if unknown := [str(one.change.to) for one in ends if _refused_account(one)]:
        systems.journal.forget_accounts(unknown)
    known = [one for one in ends if not one.unknown]
    if known:
        systems.journal.settle(known, context.run, context.clock())


def _refused_account(one: Settlement) -> bool:
    """Whether JIRA does not take an account any more: the next run looks the person up anew."""
    change, refused = one.change, (Outcome.REFUSED, Category.VALIDATION)
    if change.field is not Field.COMMANDER or change.side is not Side.JIRA:
        return False
    return (one.result.outcome, one.result.category) == refused
