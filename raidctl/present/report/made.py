"""What a backfill has made, as a CSV that `raidctl backfill links --from-csv` takes."""

from collections.abc import Iterable

from raidctl.core.plan.item import CREATE_ISSUE, CREATE_LINK, Item, changes
from raidctl.present.text.records import to_csv

_COLUMNS = {"incident": lambda row: row[0], "key": lambda row: row[1]}


def made_csv(items: Iterable[Item]) -> str:
    """A line for each incident that has a new issue, or whose link was made."""
    rows = dict.fromkeys(
        (one.subject.incident, one.subject.issue)
        for one in changes(items)
        if one.target in (CREATE_ISSUE, CREATE_LINK) and one.result and one.result.read_back
    )
    return to_csv(_COLUMNS, [row for row in rows if row[1]])
