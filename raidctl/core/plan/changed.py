"""Who changed a field since both sides were last known to agree: the first step of a verdict."""

from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.mapping.relation import Image, Relation
from raidctl.core.memory import Baseline, BaselineState
from raidctl.core.model import Pair, Side
from raidctl.core.reasons import Reason

Changed = Pair[bool]
"""Which sides hold another value than the baseline has."""


def changed(found: Comparison, baseline: Baseline) -> Changed:
    """By the values: a text that JIRA's editor respelled, a name in another case is the same."""
    same = found.relation.same
    return Pair(
        not same(Side.IMPACT, found.impact, baseline.impact),
        not same(Side.JIRA, found.jira, baseline.jira),
    )


def images_changed(found: Comparison, baseline: Baseline) -> Changed:
    """Which sides are another value on the other side than the baseline's was."""
    relation = found.relation
    was_in_jira = relation.to_jira(baseline.impact, found.jira)
    was_in_impact = relation.to_impact(baseline.jira, found.impact)
    return Pair(
        _differs(relation, Side.JIRA, found.to_jira, was_in_jira),
        _differs(relation, Side.IMPACT, found.to_impact, was_in_impact),
    )


def untouched(found: Comparison, baseline: Baseline, mapping: ProjectMapping) -> bool:
    """Whether both values are the very ones that were agreed, and the tables say so still."""
    return _agreed_as(found, baseline) and mapping.says_the_same(found.field, baseline)


def remembered(found: Comparison, baseline: Baseline, mapping: ProjectMapping) -> bool:
    """Whether nothing of what is seen is news, the tables included."""
    return _agreed_as(found, baseline) and mapping.stored_under(found.field, baseline)


def _agreed_as(found: Comparison, baseline: Baseline) -> bool:
    return (
        found.impact == baseline.impact
        and found.jira == baseline.jira
        and baseline.state is BaselineState.AGREED
    )


def _differs(relation: Relation, side: Side, now: Image, then: Image) -> bool:
    if Reason.UNMAPPED in (now.problem, then.problem):
        return True  # what cannot be told apart counts as changed: held rather than guessed
    return not relation.same(side, now.value, then.value)
