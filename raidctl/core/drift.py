"""Drift: where the two values of one field of one link do not agree."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.relation import Image, Relation
from raidctl.core.model import UNREADABLE, Field, Link, Pair, Readable, Side, Unreadable, Value
from raidctl.core.reasons import Reason


class Comparison(NamedTuple):
    """Both values of one field, and the relation that tells what each is on the other side.

    The images are worked out when they are asked for: a link in sync needs one of the two.
    """

    field: Field
    impact: Value
    jira: Value
    relation: Relation

    @property
    def pair(self) -> Pair[Value]:
        """Both values."""
        return Pair(self.impact, self.jira)

    @property
    def to_jira(self) -> Image:
        """Impact's value as JIRA would hold it."""
        return self.relation.to_jira(self.impact, self.jira)

    @property
    def to_impact(self) -> Image:
        """JIRA's value as Impact would hold it."""
        return self.relation.to_impact(self.jira, self.impact)

    @property
    def jira_is_image(self) -> bool:
        """Whether JIRA holds what Impact's value is there."""
        return _is_image(self.relation, Side.JIRA, self.to_jira, self.jira)

    @property
    def impact_is_image(self) -> bool:
        """Whether Impact holds what JIRA's value is there."""
        return _is_image(self.relation, Side.IMPACT, self.to_impact, self.impact)

    @property
    def related(self) -> bool:
        """Whether the two values agree: either is the image of the other."""
        return self.jira_is_image or self.impact_is_image


@dataclass(frozen=True, slots=True)
class Unseen:
    """A field of which a side may not be seen: nothing can be compared."""

    field: Field
    impact: Readable
    jira: Readable


def compare(
    link: Link, mapping: ProjectMapping, fields: Collection[Field]
) -> list[Comparison | Unseen]:
    """Every one of `fields` that is in scope for this link, in the order given."""
    found: list[Comparison | Unseen] = []
    relations, incident, issue = mapping.of(link.issue), link.incident.values, link.issue.values
    for field in fields:
        relation = relations[field]
        impact, jira = incident.get(field, UNREADABLE), issue.get(field, UNREADABLE)  # as `value`
        if isinstance(impact, Unreadable):
            found.append(Unseen(field, impact, jira))
        elif not relation.covers(impact):
            continue
        elif isinstance(jira, Unreadable):
            found.append(Unseen(field, impact, jira))
        else:
            found.append(Comparison(field, impact, jira, relation))
    return found


def _is_image(relation: Relation, side: Side, image: Image, value: Value) -> bool:
    return image.problem is not Reason.UNMAPPED and relation.same(side, image.value, value)
