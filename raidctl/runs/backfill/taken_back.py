"""Links that raidctl made and a person took back: it does not make them again by itself."""

from collections.abc import Collection

from raidctl.core.backfill.making import makes_link
from raidctl.core.plan.item import PUT_LINK_BACK
from raidctl.ports.journal import JournalReader


def taken_back(journal: JournalReader, incidents: Collection[int]) -> Collection[tuple[int, int]]:
    """Those of these incidents, by incident and issue, of which that was the last that was done."""
    last: dict[tuple[int, int], str] = {}
    for write in journal.writes(incidents=incidents) if incidents else ():
        if write.landed and (makes_link(write.target, write.part) or write.target == PUT_LINK_BACK):
            last[write.incident, write.issue_id] = write.target
    return {place for place, target in last.items() if target == PUT_LINK_BACK}
