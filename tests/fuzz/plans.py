"""Mutants of saved plans."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from raidctl.core.drift import compare
from raidctl.core.memory import Memory
from raidctl.core.model import Field
from raidctl.core.plan.again import PlanOfNow, unheard_of
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import plan_link
from raidctl.core.plan.file import NoPlanError, SavedPlan, _saved, _seal, from_text, to_text
from raidctl.core.plan.item import Item
from raidctl.core.plan.plan import Plan
from raidctl.core.scope import Scope
from raidctl.gateways.impact.database.engine import read_only_engine
from raidctl.gateways.impact.database.reader import DatabaseIncidents
from tests.contract.sources import SITE
from tests.core.strategies import NOW
from tests.fuzz.base import (
    BOOK,
    POLICY,
    Input,
    incidents_file,
    linked,
    shown,
)
from tests.fuzz.mutate import mutant, mutant_bytes


class Plans(Input):
    """Saved plans, half of them sealed anew."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        engine = read_only_engine(incidents_file(folder / "impact.db"), "")
        incidents = {one.id: one for one in DatabaseIncidents(engine, SITE).incidents(Scope())}
        engine.dispose()
        self.links = list(linked(incidents))
        self.items: list[Item] = []
        self.seen: dict[int, ComparedLink] = {}
        for link in self.links:
            mapping = BOOK.of(link.issue.project)
            seen = ComparedLink(link, compare(link, mapping, tuple(Field)), Memory())
            self.seen[link.incident.id] = seen
            self.items += plan_link(seen, mapping, POLICY, NOW)
        plan = Plan(tuple(self.items), tuple(BOOK.fingerprints), (SITE, SITE), 5)
        self.text = to_text(SavedPlan(plan, "1", datetime(2026, 11, 24, tzinfo=UTC)))
        assert len(plan.changes) > 10
        assert unheard_of(from_text(self.text).plan, POLICY, BOOK) is None

    def play(self, random: Random) -> None:
        if random.random() < 0.1:
            text = mutant_bytes(random, self.text.encode()).decode(errors="surrogateescape")
        else:
            document = mutant(random, json.loads(self.text))
            if random.random() < 0.7 and isinstance(document, dict):
                self._seal(document)
            text = json.dumps(document)
        try:
            saved = from_text(text)
        except NoPlanError:
            return
        unheard_of(saved.plan, POLICY, BOOK)
        now = PlanOfNow.of(self.items, self.seen)
        shown([now.still(change, saved.made_at) for change in saved.plan.changes if change.field])

    def _seal(self, document: dict[str, Any]) -> None:
        """As anybody can, who knows how."""
        document.pop("seal", None)
        with suppress(Exception):
            document["plan"] = _saved(document).plan.hash
        document["seal"] = _seal(document)
