"""An office with a past: runs, and a person who takes back what they wrote."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raidctl.core.memory import BaselineState
from raidctl.core.model import Field
from raidctl.core.report import Report
from raidctl.core.writes.log import Run
from raidctl.runs.journalled import recorded
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.session import with_recovered, write_plan
from raidctl.runs.writing.undo import UndoRequest, plan_undo, report_of_undo
from tests.runs.desk import SITES, Office, office
from tests.runs.writers import with_database


@dataclass
class Past:
    """An office, and what a person can take back in it."""

    at: Office

    def reconcile(self) -> str:
        """The next run, an hour later; its name."""
        self.at.clock.pass_by(hours=1)
        return str(self.at.reconcile().run)

    def undo(self, run: str, **wish: Any) -> Report:
        """All of it, or what is wished for; a run of its own."""
        at = self.at
        at.clock.pass_by(hours=1)
        orders = at.orders()
        this = Run(orders.run, "undo", at.clock(), 1)
        with recorded(lambda: nullcontext(at.journal), this, at.clock, nullcontext()):
            recovered = recover(at.desk, orders)
            asked = UndoRequest(run, **wish)
            plan = plan_undo(at.desk.readable, orders.book, asked, at.policy, SITES)
            times = this.started_at, at.clock()
            made = report_of_undo(at.desk.readable, orders.book, asked, plan, *times)
            report = replace(made, run=this.id)
            report, at.ended = write_plan(at.desk, orders, report, lambda _: None)
        return with_recovered(report, recovered)

    def state(self, number: int, name: Field) -> BaselineState:
        """How the stored pair came about."""
        (memory,) = self.at.journal.memories([(number, 10_000 + number)])
        return memory.baselines[name].state


@contextmanager
def remembered(folder: Path) -> Iterator[Past]:
    """A JIRA Cloud; what agrees is remembered, and both sides can be written."""
    with office(folder) as made:
        made.reconcile()
        with_database(made)
        yield Past(made)
