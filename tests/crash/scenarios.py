"""The scenarios: which run is killed on which systems, and what runs after it."""

from dataclasses import dataclass
from typing import Literal

from tests.crash.links import (
    BOTH_WAYS,
    MANY,
    PULLED,
    PUSHED,
    SMALL,
    TEXTS,
    USUAL,
    Linked,
    taken_back,
)

Arguments = tuple[str, ...]

THE_RUN = "RUN"  # what an undo takes back; its name is known once it has run
RECONCILE = ("reconcile", "--yes", "-o", "json")
FORCED = (*RECONCILE, "--direction", "impact-to-jira")
APPLY = ("apply", "plan.json", "--yes", "-o", "json")
UNDO = ("undo", THE_RUN, "--yes", "-o", "json")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is run: `killed` is the command that dies, `after` those that then go to their end.

    By the last but one everything is right; the last finds nothing to do. `earlier` links are
    reconciled before any case begins, which is the run that an undo takes back. `journal` False
    begins without one. With `concurrency` 1 the points are the same in every run.
    """

    name: str
    sort: Literal["cloud", "datacenter"]
    links: tuple[Linked, ...] = USUAL
    killed: Arguments = RECONCILE
    after: tuple[Arguments, ...] = (RECONCILE, RECONCILE)
    reads: Literal["rest", "database"] = "rest"
    earlier: tuple[Linked, ...] = ()
    journal: bool = True
    concurrency: int = 1


_APPLY_AND_ON = (APPLY, RECONCILE, RECONCILE)
CLOUD = Scenario("reconcile, Cloud", "cloud")
DATA_CENTER = Scenario("reconcile, Data Center", "datacenter")
FIRST = Scenario("first run", "cloud", SMALL, FORCED, (FORCED, FORCED), journal=False)
APPLY_CLOUD = Scenario("apply, Cloud", "cloud", SMALL, APPLY, _APPLY_AND_ON)
APPLY_DATA_CENTER = Scenario("apply, Data Center", "datacenter", SMALL, APPLY, _APPLY_AND_ON)
PULL_REST = Scenario("pull, REST", "cloud", PULLED)
PULL_DATABASE = Scenario("pull, database", "datacenter", PULLED, reads="database")
BOTH = Scenario("both ways", "cloud", BOTH_WAYS)
UNDO_PULL = Scenario(
    "undo of a pull",
    "cloud",
    tuple(map(taken_back, PULLED)),
    UNDO,
    (RECONCILE, UNDO, RECONCILE),
    "database",
    earlier=PULLED,
)
UNDO_PUSH = Scenario(
    "undo of a push",
    "datacenter",
    (taken_back(PUSHED, "Reopened", "In Progress"),),
    UNDO,
    (UNDO, RECONCILE, RECONCILE),
    earlier=(PUSHED,),
)
SCENARIOS = (
    CLOUD,
    DATA_CENTER,
    FIRST,
    APPLY_CLOUD,
    APPLY_DATA_CENTER,
    PULL_REST,
    PULL_DATABASE,
    BOTH,
    UNDO_PULL,
    UNDO_PUSH,
    Scenario("side by side, Cloud", "cloud", MANY, concurrency=4),
    Scenario("side by side, Data Center", "datacenter", MANY, concurrency=4),
    # Not by the webhook: an event of the killed run could still be on its way to FireFighter.
    Scenario("side by side, pull", "cloud", TEXTS, concurrency=4),
)
