"""A saved plan is input from outside: what no plan says is refused, and each change derived again.

The seal of a plan's file is a plain hash, which anybody can make anew. So what the file says is
done only where a plan of now says the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import MappingBook, ProjectMapping
from raidctl.core.mapping.people import CommanderRelation
from raidctl.core.model import Field, Pair, Side, plain, values
from raidctl.core.plan.case import TO_JIRA, ComparedLink
from raidctl.core.plan.item import Change, Hold, Item, Key
from raidctl.core.plan.plan import Plan
from raidctl.core.policy import Policy
from raidctl.core.reasons import DECIDED, Reason
from raidctl.core.writes.outcome import Outcome, Result

_NAMES = {Side.IMPACT: "Impact", Side.JIRA: "JIRA"}


def unheard_of(plan: Plan, policy: Policy, book: MappingBook) -> str | None:
    """What a plan says that none would by these rules and tables; None where there is nothing.

    Of the policy it looks at the fields that are synced, and at `allow_close`.
    """
    seen = set[Key]()
    for change in plan.changes:
        subject = change.subject
        why = "it is there twice" if change.key in seen else _unheard_of(change, policy, book)
        seen.add(change.key)
        if why is not None:
            about = subject.issue or subject.issue_id or "no issue"
            return f"incident {subject.incident} · {about} · {change.field or change.target}: {why}"
    return None


def _unheard_of(change: Change, policy: Policy, book: MappingBook) -> str | None:
    field, mapping = change.field, book.of(change.subject.project)
    if field is None or change.subject.issue_id is None:
        return "no plan of reconcile writes that"
    closes = mapping.closes(field, change.direction, change.to)
    wrong = {
        f"{change.reason} is no reason that a plan writes for": change.reason not in DECIDED,
        f"it is not synced ([policy.fields.{field}] sync)": field not in policy.fields,
        "what it writes is not what the tables make of the other side's value": (
            change.to is None or not _is_image(change, field, mapping)
        ),
        "it does not say whether it closes": closes != change.closes,
        "it closes, which takes --allow-close": closes and not policy.allow_close,
    }
    return next((why for why, so in wrong.items() if so), None)


def _is_image(change: Change, field: Field, mapping: ProjectMapping) -> bool:
    """Who is who is found by asking: of a commander that is left to the plan of now."""
    relation = mapping.relations[field]
    if isinstance(relation, CommanderRelation):
        return True
    impact, jira = map(plain, change.pair)
    found = Comparison(field, impact, jira, relation)
    image = found.to_jira if change.direction is TO_JIRA else found.to_impact
    return image.problem is None and image.value == change.to


@dataclass(frozen=True, slots=True)
class PlanOfNow:
    """What a plan of this moment says of the links of a saved one; `seen` are those it read."""

    items: Mapping[tuple[int, Field | None], Item]
    seen: Mapping[int, ComparedLink]

    @classmethod
    def of(cls, items: Iterable[Item], seen: Mapping[int, ComparedLink]) -> "PlanOfNow":
        """Out of the items of a survey."""
        return cls({(item.subject.incident, item.field): item for item in items}, seen)

    def still(self, change: Change, made_at: datetime) -> Change:
        """The same change as it is decided now; else that of the file, stale, with the reason."""
        now = self.items.get((change.subject.incident, change.field))
        why = self._settled_since(change, made_at)
        if why is None and isinstance(now, Change) and _same(change, now):
            return now
        why = why or self._why(change, now)
        return replace(change, result=Result(Outcome.STALE, None, "conflict", why))

    def _settled_since(self, change: Change, made_at: datetime) -> str | None:
        """A value that raidctl has seen or written since tells more than the plan."""
        link = self.seen.get(change.subject.incident)
        left = None if link is None else link.memory.baselines.get(change.name)
        if left is None or left.at is None or left.at <= made_at:
            return None
        return "raidctl has settled it since the plan was made"

    def _why(self, change: Change, now: Item | None) -> str:
        subject = change.subject
        link = self.seen.get(subject.incident)
        if link is None:
            whole = self.items.get((subject.incident, None))
            return "it could not be read again" if whole is None else _held(whole)
        if link.link.issue.id != subject.issue_id:
            return f"the incident belongs to {link.link.issue.key}, which is another issue"
        found = values(link.link, change.name)
        changed = [_NAMES[side] for side in Side if found.of(side) != change.pair.of(side)]
        if changed:
            return f"{' and '.join(changed)} changed it since the plan was made"
        if isinstance(now, Hold):
            return _held(now)
        if now is None:
            return "both sides agree"
        return "raidctl would write another value"


def _held(item: Item) -> str:
    """What a plan of now holds it for."""
    if item.reason is Reason.NOT_VISIBLE:
        return "the issue is gone or hidden from this user"
    return f"it is held: {item.reason}" + (f" ({item.detail})" if item.detail else "")


def _same(saved: Change, now: Change) -> bool:
    """Whether two changes are one: the same write, decided by the same values."""
    mine, other = (
        (one.key, one.direction, Pair(*map(plain, one.pair)), one.to) for one in (saved, now)
    )
    return mine == other
