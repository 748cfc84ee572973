"""The `baseline` run: remember what agrees now; it writes to the journal alone."""

from collections.abc import Mapping, Sequence

from raidctl.core.adoption import Adoption
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Readings
from raidctl.core.model import Incident
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.plan.holds import acceptable
from raidctl.ports.systems import Systems
from raidctl.runs.exit_codes import Fact, exit_code, why
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import Survey, survey
from raidctl.runs.writing.adoption import adopt
from raidctl.runs.writing.reconcile import prepare
from raidctl.runs.writing.recorder import BaselineRecorder, Observed, agreeing, is_news
from raidctl.runs.writing.recover import recover
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


def to_remember(
    systems: Systems, request: ReadRequest, progress: Progress
) -> tuple[Survey, int, int]:
    """What there is, and what `remember` would do: values remembered anew, and links.

    The links are named incidents that would be taken to belong to another issue. Nothing is
    written. Raises what `survey` raises.
    """
    counter = _Counter()
    found = survey(systems, request, progress, counter)
    relinked = {item.subject.incident for item in found.items if acceptable(item)}
    return found, counter.baselines, len(relinked) if request.scope.named else 0


def remember_past(session: Session, request: ReadRequest) -> Adoption:
    """As `remember`, with what both histories tell of what does not agree; what was found is kept
    batch by batch, so that a run that was interrupted goes on where it was.
    """
    if request.scope.named:
        session.systems.journal.forget_links(request.scope.incidents, request.scope.keys)
    session.shutdown.waiting("what was found so far is kept: run it again, and it goes on")
    context = session.context
    with session.progress("reading") as advance:
        recover(session.systems, context)
        keeper = BaselineRecorder(session.systems.journal, context.run, context.clock)
        found = adopt(session.systems.readable, request, keeper, advance)
    facts = [Fact.UNREAD] if found.unread else []
    session.record.exit_code = exit_code(facts)
    session.record.why = why(facts, unread=found.unread)
    session.record.unread(found.unread)
    return found


def to_remember_past(systems: Systems, request: ReadRequest, progress: Progress) -> Adoption:
    """What `remember_past` would find. Nothing is written. Raises what it raises."""
    return adopt(systems, request, _Counter(), progress)


class _Counter:
    """A survey's observer that counts the pairs that are not remembered yet."""

    def __init__(self) -> None:
        self.baselines = 0

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        """Count its fields in sync that are news."""
        in_sync = agreeing(link, drifted, mapping).values()
        self.baselines += sum(is_news(link, found, mapping) for found in in_sync)

    def adopts(self, agreed: Sequence[Observed]) -> None:
        """What histories tell is not kept either."""

    def missed(self, incident: Incident, readings: Readings) -> None:
        """Nothing agrees that is not seen."""

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Nothing is remembered."""
