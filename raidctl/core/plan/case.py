"""One field of one link, with everything that a verdict on it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from raidctl.core.drift import Comparison, Unseen
from raidctl.core.history import NOTHING_TOLD, History, Revision
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.relation import Image, Relation
from raidctl.core.memory import LONG_AGO, NEVER_READ, Baseline, Memory, Readings
from raidctl.core.model import Field, Link, Side, SyncDirection, Value
from raidctl.core.plan.authorship import Accounts, By, Edit, edit_since
from raidctl.core.plan.changed import changed
from raidctl.core.policy import FieldPolicy, Policy
from raidctl.core.reasons import Reason

TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT


@dataclass(frozen=True, slots=True)
class ComparedLink:
    """A link with its compared fields and all that its verdicts rest on.

    `holds` is what holds the link as a whole (relinked, shared) and what there is to say of it;
    `history` what the systems tell of changes, as far as they were asked; `readings` since when
    that matters.
    """

    link: Link
    fields: Sequence[Comparison | Unseen]
    memory: Memory
    holds: Mapping[Reason, str] = field(default_factory=dict)
    history: History = NOTHING_TOLD
    readings: Readings = NEVER_READ


@dataclass(frozen=True, slots=True)
class Move:
    """The table's answer for a field that is not in sync.

    `direction` is None where it cannot be decided; `overrides` says that the side written to
    has changed since the baseline; `unseen` tells of a change that no value shows.
    """

    direction: SyncDirection | None
    reason: Reason
    overrides: bool = False
    unseen: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One compared field, the link it belongs to, and the rules and the time of the run.

    Each rule asks for what it needs; what several ask for is worked out once.
    """

    compared: ComparedLink
    found: Comparison
    mapping: ProjectMapping
    policy: Policy
    now: datetime
    _edits: dict[Side, Edit | None] = field(default_factory=dict, repr=False, compare=False)
    _images: dict[SyncDirection, Image] = field(default_factory=dict, repr=False, compare=False)

    @property
    def field(self) -> Field:
        """The field it is about."""
        return self.found.field

    @property
    def memory(self) -> Memory:
        """What is remembered of the link."""
        return self.compared.memory

    @property
    def relation(self) -> Relation:
        """The field's relation."""
        return self.found.relation

    @property
    def baseline(self) -> Baseline | None:
        """The pair last known of the field."""
        return self.memory.baselines.get(self.found.field)

    @property
    def rule(self) -> FieldPolicy:
        """What the configuration says of the field."""
        return self.policy.fields[self.found.field]

    def image(self, direction: SyncDirection) -> Image:
        """What would be written."""
        if direction not in self._images:
            found = self.found
            self._images[direction] = found.to_jira if direction is TO_JIRA else found.to_impact
        return self._images[direction]

    def source(self, direction: SyncDirection) -> Value:
        """What would be copied."""
        return self.found.impact if direction is TO_JIRA else self.found.jira

    def last(self, side: Side) -> Revision | None:
        """The last change of the field on one side, as far as its history was asked."""
        return self.compared.history.last(side, self.found.field)

    def edit(self, side: Side) -> Edit | None:
        """The last change of the field on one side since both agreed, and whose it was."""
        if side not in self._edits:
            self._edits[side] = self._edit(side)
        return self._edits[side]

    def _edit(self, side: Side) -> Edit | None:
        baseline, found, name = self.baseline, self.found, self.field
        history, policy = self.compared.history, self.policy
        skew = policy.clock_skew
        if baseline is None or side not in history.told:
            return None
        seen_at = self.compared.readings.seen_at(baseline, self.compared.link.incident, name)
        differs = changed(found, baseline).of(side)
        since, relation = (seen_at or LONG_AGO) - skew, self.relation
        last = edit_since(history, side, name, since, relation, differs=differs)
        if last is None:
            return None
        value = found.pair.of(side)
        accounts = Accounts(policy.service_account, skew)
        return Edit(last, accounts.whose(last, side, relation, value, history))

    def left_by(self, side: Side) -> By | None:
        """Who made the last change of the field there since both agreed, if anybody did."""
        edit = self.edit(side)
        return None if edit is None else edit.by

    def closes(self, direction: SyncDirection | None, value: Value) -> bool:
        """Whether writing a value closes the other side."""
        return direction is not None and self.mapping.closes(self.found.field, direction, value)
