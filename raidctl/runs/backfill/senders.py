"""The senders of a backfill: those of fields, and before and after them what makes and links."""

from dataclasses import replace

from raidctl.core.plan.item import CREATE_ISSUE, CREATE_LINK
from raidctl.ports.systems import WritableSystems
from raidctl.runs.backfill.creation import IssueCreator
from raidctl.runs.backfill.linking import Linker
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.context import RunContext
from raidctl.runs.writing.sender import MakeSenders, Senders
from raidctl.runs.writing.senders import field_senders


def makers_for(request: BackfillRequest) -> MakeSenders:
    """The senders by a request's rules.

    FireFighter's tables come last: as long as it does not know an issue, it drops what JIRA tells
    it of the hops to its status, and takes none of them for somebody's wish.
    """

    def make(systems: WritableSystems, context: RunContext) -> Senders:
        makers = systems.makers
        if makers is None:
            raise LookupError("these systems were not opened to make anything")
        fields = field_senders(systems, context)
        breaker = fields.breaker
        creator = IssueCreator(systems, context, makers.admin, request, breaker)
        linker = Linker(systems, context, makers, request, breaker)
        return replace(fields, of={CREATE_ISSUE: creator, **fields.of, CREATE_LINK: linker})

    return make
