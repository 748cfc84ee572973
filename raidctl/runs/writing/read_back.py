"""Read what was written, and settle it in the journal."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from raidctl.core.model import Field, Side
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs import told
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
        for one in _landed(systems, senders, side, context.accounts.skew, sent):
            ends[one.change.key] = one
    ordered = [ends[change.key] for link in links for change in link.changes if change.key in ends]
    _record(systems, context, ordered)
    begun = {one.change.key: one.at for link in links for one in link.sent}
    told.settled(ordered, context.run, begun, context.clock())
    return ordered


def _landed(
    systems: WritableSystems,
    senders: Senders,
    side: Side,
    skew: timedelta,
    sent: Sequence[tuple[LinkWrites, Sent]],
) -> list[Settlement]:
    """What became of all that was sent to one side."""
    now = read_targets(systems, [one.change for _, one in sent], skew)
    ends, failed = list[Settlement](), dict[int, ServiceError]()
    for link, one in sent:
        try:
            ends.append(_judged(senders, link, one, senders.of[one.change.target].judge(one, now)))
        except ServiceError as error:
            failed[id(error)] = error  # several may rest on one request
            unknown = Result(Outcome.FAILED, None, error.category, UNKNOWN)
            ends.append(Settlement(one.change, unknown, one.write, unknown=True))
    for one_request in failed.values() if side is Side.JIRA else ():
        senders.breaker.failed(one_request)
    return ends


def _judged(senders: Senders, link: LinkWrites, sent: Sent, one: Settlement) -> Settlement:
    """A refusal with the last word on it; of a status that stopped half way there is none yet."""
    if _refused_account(one):
        one = replace(one, refused=None)  # the next run looks the person up anew
    if one.result.outcome is not Outcome.REFUSED or one.refused is not None or sent.hops:
        return one
    sender = senders.of[sent.change.target]
    return sender.explain_refusal(link, one) if sent.failure is None else sender.refused_again(one)


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
