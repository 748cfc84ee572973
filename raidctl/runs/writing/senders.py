"""The senders of a link's fields: plain fields of an issue, its status, an incident's fields."""

from raidctl.breaker import WriteBreaker
from raidctl.core.plan.item import INCIDENT, ISSUE_FIELD, ISSUE_STATUS
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.writing.incident import IncidentSender
from raidctl.runs.writing.issue import FieldSender
from raidctl.runs.writing.permissions import Permissions
from raidctl.runs.writing.sender import Senders
from raidctl.runs.writing.status import StatusSender


def field_senders(systems: WritableSystems, context: RunContext) -> Senders:
    """What every plan of fields is carried out by; an issue's fields go before its status."""
    patience = 2 * context.concurrency
    breaker, permissions = WriteBreaker(patience), Permissions(systems.writer)
    return Senders(
        breaker,
        {
            ISSUE_FIELD: FieldSender(systems, context, breaker, permissions),
            ISSUE_STATUS: StatusSender(systems, context, breaker, permissions),
            INCIDENT: IncidentSender(systems, context, patience),
        },
    )
