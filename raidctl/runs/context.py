"""What carrying out a plan needs: the systems to write to, the rules, and when to stop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.mapping.book import MappingBook
from raidctl.core.plan.authorship import NOBODY, Accounts


@dataclass(frozen=True, slots=True)
class RunContext:
    """How a run carries out its plan.

    `transition_fields` are what transitions fill in, by folded JIRA status. `concurrency` is
    the number of links written at once. `stopping` is asked before each why to end early.
    `accounts` tell whose edits are whose.
    """

    run: str
    book: MappingBook
    transition_fields: Mapping[str, Mapping[str, object]]
    concurrency: int
    clock: Callable[[], datetime]
    stopping: Callable[[], str | None] = lambda: None
    accounts: Accounts = NOBODY
