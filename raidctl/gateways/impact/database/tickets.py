"""FireFighter's tickets out of its database: which issue it knows by which key as whose."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, select

from raidctl.core.backfill.tickets import Ticket
from raidctl.gateways.impact.database.query import Fetched, Queries
from raidctl.gateways.impact.database.tables import jira_issue, raid_ticket
from raidctl.gateways.malformed import MALFORMED, id_of, text_of

_TICKETS = select(jira_issue.c.id, jira_issue.c.key, raid_ticket.c.incident_id).join(
    raid_ticket, raid_ticket.c.jiraissue_ptr_id == jira_issue.c.id
)


class DatabaseTickets:
    """A `TicketSource` over FireFighter's tables."""

    def __init__(self, engine: Engine) -> None:
        self._queries = Queries(engine)

    @property
    def requests(self) -> int:
        """Queries sent so far."""
        return self._queries.sent

    def tickets(self) -> Iterator[Ticket]:
        """Every ticket, streamed."""
        return self._read(self._queries.streamed(_TICKETS, jira_issue.c.id))

    def of(self, incidents: Collection[int], issues: Collection[int] = ()) -> Sequence[Ticket]:
        """Those of these incidents and of these issues."""
        found = dict.fromkeys(
            [
                *self._of(raid_ticket.c.incident_id, incidents),
                *self._of(jira_issue.c.id, issues),
            ]
        )
        return list(found)

    def _of(self, column: ColumnElement[Any], keys: Collection[int]) -> Iterator[Ticket]:
        return self._read(self._queries.of_keys(_TICKETS, column, sorted(keys)))

    def _read(self, rows: Iterable[Fetched]) -> Iterator[Ticket]:
        for row, _ in rows:
            try:
                incident = None if row.incident_id is None else id_of(row.incident_id)
                yield Ticket(id_of(row.id), text_of(row.key), incident)
            except MALFORMED:
                raise self._queries.malformed() from None
