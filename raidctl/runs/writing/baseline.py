"""The `baseline` run: remember what agrees now; it writes to the journal alone."""

from raidctl.runs.exit_codes import Fact
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.writing.reconcile import prepare
from raidctl.runs.writing.session import Ending, Session


def remember(session: Session, request: ReadRequest, sites: tuple[str, str]) -> tuple[Ending, int]:
    """How it ended, and how many values are remembered anew; raises what `prepare` raises.

    A named incident is taken to belong to the issue its key leads to now.
    """
    if request.scope.named:
        session.systems.journal.forget_links(request.scope.incidents, request.scope.keys)
    with session.progress("reading") as advance:
        found = prepare(session.systems, request, session.context, sites, advance)
    facts = [Fact.UNREAD] if found.report.unread else []
    return session.end(Ending(found.report, facts), ()), found.baselines
