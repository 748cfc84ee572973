"""What `backfill links --from-csv` is to make: the links that a person names, or nothing at all.

A file of which one line is wrong is refused whole, with every line that is; a link that is there as
it was named is nothing to do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from raidctl.core.backfill import pairs
from raidctl.core.backfill.making import adopted, rekeying, relinking, subject_alone
from raidctl.core.backfill.pairs import Named
from raidctl.core.backfill.table import Wrong
from raidctl.core.backfill.tickets import Ticket
from raidctl.core.model import Incident, Issue
from raidctl.core.plan.item import Change, Item, Subject, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.scope import Scope
from raidctl.errors import LinesError
from raidctl.ports.jira import IssueRef, IssueTracker
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.systems import Systems
from raidctl.prefetch import batches
from raidctl.runs.backfill.bulk import Found, first_of
from raidctl.runs.backfill.known import Everyone, Tickets
from raidctl.runs.backfill.leads import leads_of
from raidctl.runs.backfill.links import line_for
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.reading.request import Progress
from raidctl.runs.reading.targets import issues_now


@dataclass(frozen=True, slots=True)
class Pairs:
    """What a file names, and the file's own name."""

    file: str
    named: Sequence[Named]


HEADER = pairs.HEADER
"""The columns of a CSV of links."""


def pairs_in(file: str, rows: Sequence[tuple[int, Sequence[str]]]) -> Pairs:
    """The pairs of a file's numbered lines. Raises `LinesError`."""
    named, wrong = pairs.pairs_of(rows)
    if wrong:
        raise LinesError(file, list(map(str, wrong)))
    return Pairs(file, named)


def find(
    systems: Systems, admin: IssueAdmin, request: BackfillRequest, wanted: Pairs, progress: Progress
) -> Found:
    """Look at the incidents and issues that were named.

    Raises `LinesError` where one of them is not there, and `ServiceError`.
    """
    everyone = Everyone(systems.source, systems.journal)
    numbers = frozenset(one.incident for one in wanted.named)
    incidents = {one.id: one for one in everyone.incidents(Scope(incidents=numbers))}
    issues = _issues(systems.tracker, [one.key for one in wanted.named])
    if wrong := sorted(_wrong(wanted.named, incidents, issues), key=lambda one: one.line):
        raise LinesError(wanted.file, list(map(str, wrong)))
    pairing = _Pairing(systems, admin, request, Tickets(systems), numbers)
    items: list[Item] = []
    for one in wanted.named:
        items += pairing.items(incidents[one.incident], issues[one.key])
        progress(1)
    return Found(
        first_of(items, request.limit), len(wanted.named), unread=tuple(systems.source.unread)
    )


def _issues(tracker: IssueTracker, keys: Sequence[str]) -> Mapping[str, Issue]:
    """The issues that these keys lead to.

    One that is asked for under two keys at once answers once: what is missing is asked for alone.
    """
    found: dict[str, Issue] = {}
    for size in (tracker.batch_size, 1):
        left = [key for key in dict.fromkeys(keys) if key not in found]
        for some in batches(left, size):
            answers = zip(some, tracker.issues([IssueRef(key) for key in some]), strict=True)
            found |= {key: issue for key, issue in answers if isinstance(issue, Issue)}
    return found


def _wrong(
    named: Sequence[Named], incidents: Mapping[int, Incident], issues: Mapping[str, Issue]
) -> Iterator[Wrong]:
    first: dict[int, Named] = {}
    for one in named:
        if one.incident not in incidents:
            yield Wrong(one.line, f"Impact has no incident {one.incident}, or hides it")
        issue = issues.get(one.key)
        if issue is None:
            yield Wrong(one.line, f"JIRA shows this user no issue {one.key}")
        elif (other := first.setdefault(issue.id, one)) is not one:
            why = f"{one.key} is the issue {other.key}, which is incident {other.incident}'s"
            yield Wrong(one.line, f"{why} in line {other.line}")


@dataclass(frozen=True, slots=True)
class _Pairing:
    """What is to be done for each pair, by what stands in its way."""

    systems: Systems
    admin: IssueAdmin
    request: BackfillRequest
    tickets: Tickets
    named: frozenset[int]

    def items(self, incident: Incident, issue: Issue) -> Iterator[Item]:
        """All that makes an issue its incident's; nothing where it is so already."""
        alone = subject_alone(incident)
        subject = replace(adopted(alone, issue.key, issue.id), issue_url=issue.url)
        if incident.downgraded:
            yield link_hold(subject, Reason.DOWNGRADED)
        elif not self.request.tickets and alone.linked_by == "impact":
            if incident.issue_key != issue.key:
                why = f"Impact has {incident.issue_key}, and its tables are not written"
                yield link_hold(subject, Reason.READ_ONLY, why)
        else:
            renamed, told = self._same_key(subject, issue)
            made = list(self._made(subject, incident, issue, renamed))
            if made:
                leads = leads_of(self.admin, issue.id)
                yield from leads.lacking(self.request.blueprint.site, subject)
            yield from (rekeying(subject, ticket, key) for ticket, key in renamed.items())
            yield from made
            yield from (link_hold(subject, Reason.SHARED_ISSUE, why) for why in told)

    def _made(
        self,
        subject: Subject,
        incident: Incident,
        issue: Issue,
        renamed: Mapping[Ticket, str],
    ) -> Iterator[Change]:
        """The link itself; `renamed` are tickets that get these keys before."""
        written = self.request.tickets
        mine = self.tickets.of(incident.id) if written else None
        if mine is not None and mine.issue_id == issue.id:
            if mine.key != issue.key:
                yield rekeying(subject, mine, issue.key)
        elif written or not incident.own_link or incident.issue_id != issue.id:
            found = self.tickets.standing(incident.id, issue.id, written=written)
            yield relinking(subject, [replace(t, key=renamed.get(t, t.key)) for t in found])

    def _same_key(
        self, subject: Subject, issue: Issue
    ) -> tuple[Mapping[Ticket, str], Sequence[str]]:
        """Other tickets that have the issue's key: with two of it FireFighter hears of neither.

        Those with the keys that they are to have, and what is to be said of those that keep it.
        """
        others = [one for one in self.tickets.with_key(issue.key) if one.issue_id != issue.id]
        now = issues_now(self.systems.tracker, [one.issue_id for one in others])
        renamed, told = dict[Ticket, str](), list[str]()
        for one in others:
            there, why = now.get(one.issue_id), f"FireFighter has that key twice, also as {one}"
            if one.incident in self.named - {subject.incident}:
                told.append(f"{why}, which is another's after this: run it again then")
            elif one.incident not in (None, subject.incident):
                told.append(f"{why}; {line_for(one.incident or 0)}")
            elif not isinstance(there, Issue) or not self.request.tickets:
                told.append(f"{why}, which JIRA does not show: take it away on its admin page")
            else:
                renamed[one] = there.key
        return renamed, told
