"""How much a run may change before a person has to say yes."""

from collections.abc import Iterable
from dataclasses import dataclass

from raidctl.core.plan.item import Change

FEW_LINKS = 10  # so many may be all there are: a percentage says nothing of them


@dataclass(frozen=True, slots=True)
class Limits:
    """The most links one run may change; 0 is no limit. The percentage is of all in scope."""

    max_changes: int
    max_change_percent: int


def changed_links(changes: Iterable[Change]) -> int:
    """How many distinct links these change; what is created counts as a link of its own."""
    return len({(one.subject.incident, one.subject.issue_id) for one in changes})


def excess(changes: Iterable[Change], in_scope: int, limits: Limits) -> str | None:
    """The limit changes go beyond, in words; None when they stay within. `in_scope` are links."""
    changed, most, percent = changed_links(changes), limits.max_changes, limits.max_change_percent
    if most and changed > most:
        return f"{changed} links would change; max_changes is {most}"
    if percent and changed > FEW_LINKS and changed * 100 > percent * in_scope:
        share = changed * 100 / max(in_scope, 1)
        return (
            f"{changed} of {in_scope} links would change ({share:.0f} %); "
            f"max_change_percent is {percent}"
        )
    return None
