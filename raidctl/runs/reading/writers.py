"""What a plan that is only shown has to tell of those who would have to write it."""

from collections.abc import Sequence
from dataclasses import replace

from raidctl.core.model import Field, Side
from raidctl.core.plan.item import INCIDENT, Change, Item, pending
from raidctl.core.report import Report, Unread
from raidctl.ports.impact import Obstacle
from raidctl.ports.systems import Systems


def with_obstacles(report: Report, systems: Systems) -> Report:
    """The report with what stands in the way of its writes to Impact.

    They stay planned, as a run that writes would plan and try them: each says why it could not be
    done now. Where even that could not be found out, the answer is not whole. Nobody is asked
    where nothing is to be written.
    """
    names = {item.name for item in pending(report.items) if item.target == INCIDENT}
    found = systems.obstacles(names) if names else ()
    unread = [
        Unread(Side.IMPACT, f"whether {_named(one)} can be written", one.why, one.category)
        for one in found
        if one.category is not None
    ]
    notes = [
        f"Nothing can write {_named(one)} to Impact now: {one.why}."
        for one in found
        if one.category is None
    ]
    return replace(
        report,
        items=tuple(_told(item, found) for item in report.items),
        unread=(*report.unread, *unread),
        notes=(*report.notes, *notes),
    )


def _told(item: Item, found: Sequence[Obstacle]) -> Item:
    if not isinstance(item, Change) or item.target != INCIDENT or item.result is not None:
        return item
    why = [f"cannot be written now: {one.why}" for one in found if item.name in one.fields]
    if not why:
        return item
    return replace(item, detail="; ".join([*([item.detail] if item.detail else []), *why]))


def _named(one: Obstacle) -> str:
    return ", ".join(name for name in Field if name in one.fields)
