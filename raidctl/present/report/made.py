"""What a backfill has made, as a CSV; of links one that `backfill links --from-csv` takes."""

from collections.abc import Iterable

from raidctl.core.plan.item import ATTACH, CREATE_ISSUE, CREATE_LINK, Item, changes
from raidctl.core.writes.outcome import DONE
from raidctl.present.text.records import to_csv

_COLUMNS = {"incident": lambda row: row[0], "key": lambda row: row[1]}


def attached_csv(items: Iterable[Item]) -> str:
    """A line for each file that was attached: whose, to which issue, under which name."""
    rows = [
        (one.subject.incident, one.subject.issue, one.result.read_back)
        for one in changes(items)
        if one.target == ATTACH and one.result and one.result.outcome in DONE
    ]
    columns = {**_COLUMNS, "attachment": lambda row: row[2]}
    return to_csv(columns, [row for row in rows if row[2]])


def made_csv(items: Iterable[Item]) -> str:
    """A line for each incident that has a new issue, or whose link was made."""
    rows = dict.fromkeys(
        (one.subject.incident, one.subject.issue)
        for one in changes(items)
        if one.target in (CREATE_ISSUE, CREATE_LINK) and one.result and one.result.read_back
    )
    return to_csv(_COLUMNS, [row for row in rows if row[1]])
