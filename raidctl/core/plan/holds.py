"""What stands in a write's way: every reason of a hold with its rule, in the order of rank.

A rule tells of a case and the table's move what there is to say where it applies, else None.
Where several apply, the first of `HOLDS` is the reason and the others stand in the detail.
"""

from collections.abc import Callable, Mapping

from raidctl.core.history import NO_TIME, UNKNOWN_TIME
from raidctl.core.model import Field, Side
from raidctl.core.plan.authorship import By
from raidctl.core.plan.case import TO_IMPACT, TO_JIRA, Case, Move
from raidctl.core.plan.item import Item
from raidctl.core.policy import OF_WEBHOOK, Choice, ImpactWriter
from raidctl.core.reasons import Reason
from raidctl.core.writes.marks import refused_before

Rule = Callable[[Case, Move], str | None]


def holds_of(case: Case, move: Move) -> dict[Reason, str]:
    """Every hold that applies to a move, with what there is to say about it."""
    found = dict[Reason, str]()
    for reason, rule in HOLDS.items():
        if (words := rule(case, move)) is not None:
            found[reason] = words
    return found


def highest(holds: Mapping[Reason, str]) -> Reason:
    """The reason, of several holds."""
    return next(reason for reason in HOLDS if reason in holds)


def in_words(holds: Mapping[Reason, str], reason: Reason) -> str | None:
    """What there is to say of the reason, then of every other hold that applies."""
    others = [other for other in HOLDS if other in holds and other is not reason]
    said = [holds.get(reason, "")]
    said += [f"also {other}{': ' + holds[other] if holds[other] else ''}" for other in others]
    return "; ".join(part for part in said if part) or None


IMPACT_HAS_IT = "Impact itself has the former one"
"""What is said where it is not the journal that knows which issue a key led to."""


def acceptable(item: Item) -> bool:
    """Whether a person may take the issue that a key leads to now for the incident's own.

    Not where another incident claims it, nor where Impact says that it has another one: that is
    mended in Impact.
    """
    said = item.detail or ""
    barred = IMPACT_HAS_IT in said or f"also {Reason.SHARED_ISSUE}" in said
    return item.reason is Reason.RELINKED and not barred


def _of_the_link(reason: Reason) -> Rule:
    return lambda case, _: case.compared.holds.get(reason)


def _unmapped(case: Case, move: Move) -> str | None:
    """Without a direction either value may lack its row; with one only what would be copied."""
    if move.direction is not None:
        return _problem(case, move, Reason.UNMAPPED)
    for image in (case.found.to_jira, case.found.to_impact):
        if image.problem is Reason.UNMAPPED:
            return image.detail
    return None


def _lossy(case: Case, move: Move) -> str | None:
    return _problem(case, move, Reason.LOSSY)


def _problem(case: Case, move: Move, reason: Reason) -> str | None:
    """What lies in the value itself; one that is empty is that and nothing else."""
    if move.direction is None or case.relation.empty(case.source(move.direction)):
        return None
    image = case.image(move.direction)
    return image.detail if image.problem is reason else None


def _empty(case: Case, move: Move) -> str | None:
    if move.direction is None:
        return None
    return "" if case.relation.empty(case.source(move.direction)) else None


def _private(case: Case, move: Move) -> str | None:
    incident = case.compared.link.incident
    kept = move.direction is TO_JIRA and case.policy.keeps_private(incident, case.field)
    return "" if kept else None


def _read_only(case: Case, move: Move) -> str | None:
    if move.direction is not TO_IMPACT:
        return None
    image, policy = case.image(move.direction), case.policy
    webhook = policy.impact_writers.get(case.field) is ImpactWriter.WEBHOOK
    if webhook and case.compared.link.incident.own_link:
        return "FireFighter acts on events of issues that it knows, and does not know this one"
    if image.problem is Reason.UNMAPPED:
        return None
    if (lacking := policy.lacks_writer(case.field, image.value)) is not None:
        return lacking
    last = case.last(Side.JIRA)
    if webhook and last is not None and last.account and last.account == policy.webhook_ignores:
        return f"{OF_WEBHOOK} ignores what FireFighter's own service account changed in JIRA"
    return None


def _undone(case: Case, move: Move) -> str | None:
    return "" if move.reason is Reason.UNDONE else None


def _refused(case: Case, move: Move) -> str | None:
    """The target kept its value when it was sent this very one, and would again.

    Of Impact that is said of the writer alone that was refused: another one may still write it.
    """
    refusal = case.memory.refusals.get(case.field)
    if move.direction is None or refusal is None:
        return None
    writer = case.policy.impact_writers.get(case.field)
    if move.direction is TO_IMPACT and writer != (refusal.writer or ImpactWriter.WEBHOOK):
        return None
    last, pair = case.last(TO_JIRA.target), case.found.pair
    edited_at, new = None if last is None else last.at, case.image(move.direction).value
    return "" if refused_before(refusal, pair, new, edited_at) else None


def _flapping(case: Case, _: Move) -> str | None:
    return "" if case.field in case.memory.flapping else None


def _side_effect(case: Case, move: Move) -> str | None:
    """What JIRA holds is neither a person's nor of the journal: it is not carried anywhere.

    A push of FireFighter's is Impact's own, and goes nowhere but on to JIRA. What Impact took over
    from JIRA is no change of Impact's: where JIRA holds another value, that is a later one, or the
    taking over was undone, or came late. But for a mirror, which is told to copy it.
    """
    alone = move.reason is Reason.IMPACT_CHANGED and case.policy.direction is None
    if alone and case.left_by(Side.IMPACT) is By.SYNC:
        return "Impact took it over from JIRA, which holds another value"
    match case.left_by(Side.JIRA):
        case By.SIDE_EFFECT:
            return "raidctl's own account left it in JIRA, and the journal knows of no such write"
        case By.FIREFIGHTER if move.direction is TO_IMPACT:
            return "FireFighter's own push left it in JIRA"
        case _:
            return None


def _cooling(case: Case, move: Move) -> str | None:
    return "" if (move.direction, case.field) in case.memory.cooling else None


_BY_IMAGE = frozenset({Reason.IMPACT_CHANGED, Reason.JIRA_CHANGED})


def _settling(case: Case, move: Move) -> str | None:
    """By the side that is copied from, and by the other where nobody decided to go over it."""
    if move.direction is None or not case.policy.grace:
        return None
    both = move.reason is Reason.FIREFIGHTER or (move.overrides and move.reason in _BY_IMAGE)
    sides = [move.direction.source, *([move.direction.target] if both else [])]
    lately = [
        edit.at
        for edit in map(case.last, sides)
        if edit is not None and case.now - edit.at < case.policy.grace
    ]
    if not lately:
        return None
    known = max(lately) != UNKNOWN_TIME
    return f"changed at {max(lately):%H:%M:%S} UTC" if known else f"changed {NO_TIME}"


def _open(reason: Reason, choice: Callable[[Case], Choice]) -> Rule:
    """A hold of what the table leaves open; where the policy wants the newest, why it is not."""

    def rule(case: Case, move: Move) -> str | None:
        if move.direction is not None or move.reason is not reason:
            return None
        wanted = choice(case) is Choice.NEWEST
        close = "the two changes are too close in time, or a time is unknown" if wanted else ""
        return "; ".join(filter(None, [move.unseen, close]))

    return rule


def _echo(case: Case, move: Move) -> str | None:
    """FireFighter answers its own webhooks by its own table (facts: webhook)."""
    if move.direction is not TO_JIRA or not case.policy.echoes or case.field is not Field.STATUS:
        return None
    if case.compared.link.incident.own_link:
        return None  # FireFighter does not know the issue, and drops what JIRA tells of it
    answer = case.mapping.status.echo(case.found.impact)
    return None if answer is None else f"FireFighter would set {answer}"


def _closing(case: Case, move: Move) -> str | None:
    if move.direction is None or case.policy.allow_close:
        return None
    image = case.image(move.direction)
    mapped = image.problem is not Reason.UNMAPPED
    return "" if mapped and case.closes(move.direction, image.value) else None


HOLDS: Mapping[Reason, Rule] = {
    Reason.UNLINKED: _of_the_link(Reason.UNLINKED),
    Reason.NOT_VISIBLE: _of_the_link(Reason.NOT_VISIBLE),
    Reason.RELINKED: _of_the_link(Reason.RELINKED),
    Reason.SHARED_ISSUE: _of_the_link(Reason.SHARED_ISSUE),
    Reason.DOWNGRADED: _of_the_link(Reason.DOWNGRADED),
    Reason.UNREADABLE: _of_the_link(Reason.UNREADABLE),
    Reason.UNMAPPED: _unmapped,
    Reason.LOSSY: _lossy,
    Reason.EMPTY: _empty,
    Reason.PRIVATE: _private,
    Reason.READ_ONLY: _read_only,
    Reason.UNDONE: _undone,
    Reason.REFUSED: _refused,
    Reason.FLAPPING: _flapping,
    Reason.SIDE_EFFECT: _side_effect,
    Reason.COOLING: _cooling,
    Reason.SETTLING: _settling,
    Reason.CONFLICT: _open(Reason.CONFLICT, lambda case: case.rule.on_conflict),
    Reason.UNDECIDED: _open(Reason.UNDECIDED, lambda case: case.rule.on_first_sight),
    Reason.ECHO: _echo,
    Reason.CLOSING: _closing,
    Reason.MOVED: lambda *_: None,  # an item of its own, which holds no field
    Reason.GAMEDAY: lambda *_: None,  # of incidents without an issue alone: `core/backfill/`
    Reason.LOOK_ALIKE: lambda *_: None,
}
"""The reasons of holds; where several apply, the first of this order is the reason."""
