"""Read both sides, link by link, and plan: what `diff` shows and `reconcile` applies.

Incidents are streamed and issues read in batches; only what drifted is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from raidctl.core.mapping.book import MappingBook, ProjectMapping
from raidctl.core.memory import Readings
from raidctl.core.model import Incident, Link
from raidctl.core.near import near
from raidctl.core.order import Sort, in_order
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.plan.item import Item, Subject, link_hold
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.core.scope import names_of
from raidctl.core.urgency import urgency_of
from raidctl.errors import UsageError
from raidctl.ports.systems import Systems
from raidctl.runs.reading.accounts import Accounts
from raidctl.runs.reading.claims import Claims
from raidctl.runs.reading.history import matters, read_histories, request_of
from raidctl.runs.reading.links import FoundLink, IncidentsInScope, LinkReader
from raidctl.runs.reading.planner import Planner
from raidctl.runs.reading.request import Progress, ReadRequest


class Observer(Protocol):
    """Is told of every link that was compared, batch by batch."""

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        """A link, and what of it drifted or is held; every other field compared is in sync."""
        ...

    def missed(self, incident: Incident, readings: Readings) -> None:
        """A link whose issue is not visible."""
        ...

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """A batch is done; `accounts` were found in JIRA so far, by e-mail (folded)."""
        ...


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found. `had_baselines`: the journal knew any before.

    `drifted` has the links of which a field drifted or is held, by incident, with all that their
    verdicts rest on. `in_scope` counts the links in scope, `links` those selected of them,
    `unread_links` those not read; `downgraded` counts incidents that were not compared. `asked`
    are the incidents whose histories were read.
    """

    items: tuple[Item, ...]
    had_baselines: bool
    in_scope: int
    links: int
    unread_links: int
    unread: tuple[Unread, ...]
    book: MappingBook
    drifted: Mapping[int, ComparedLink]
    asked: frozenset[int] = frozenset()
    downgraded: int = 0


def survey(
    systems: Systems, request: ReadRequest, progress: Progress, *observers: Observer
) -> Survey:
    """Compare every link of the request; `progress` is told how many more are done.

    Raises `ServiceError` when a system is out of reach or refuses the credentials, and `UsageError`
    for a filter by a name that nothing has.
    """
    knew = systems.journal.has_baselines
    accounts = Accounts(systems, request.exceptions)
    readings = Readings(systems.journal.readings(), request.scope.watched)
    planner = Planner(systems, request, request.book(accounts.users), readings)
    incidents, claims = IncidentsInScope(systems.source, request.scope), Claims()
    held, drifted, calm, links = list[Item](), dict[int, ComparedLink](), list[Link](), 0
    names = _Names(request)
    with ThreadPoolExecutor(request.concurrency, "jira") as pool:
        reader = LinkReader(systems.tracker, systems.journal, pool, request.concurrency)
        for batch in reader.links(incidents):
            names.saw(batch)
            asked = [one for one in batch if request.selection.takes(one.incident, one.issue)]
            claims.read(batch, asked)
            links += len(asked)
            hidden = [one for one in asked if one.issue is None]
            held += [_alone(one.incident, Reason.NOT_VISIBLE, one.ref.id) for one in hidden]
            for observer in observers:
                for one in hidden:
                    observer.missed(one.incident, readings)
            visible = [(link, one.ref.id) for one in asked if (link := one.link) is not None]
            accounts.look_up(pool, planner.people(link for link, _ in visible))
            for seen, mapping, fields in planner.compared(visible):
                if fields or claims.is_shared(seen.link.issue.id):
                    drifted[seen.link.incident.id] = seen
                elif request.scope.named:  # few, and somebody wants to know all of them
                    calm.append(seen.link)
                for observer in observers:
                    observer.saw(seen, mapping, fields)
            for observer in observers:
                observer.batch_ends(accounts.found)
            progress(len(batch))
    unlinked = [one for one in incidents.unlinked if request.selection.takes(one, None)]
    held += [_alone(one, Reason.UNLINKED) for one in unlinked]
    claims.look_for_others(systems, request, [one.link for one in drifted.values()], calm)
    drifted = planner.with_shared(drifted, claims.shared)
    of_link = {number: planner.verdicts(one) for number, one in drifted.items()}
    resting = [drifted[n] for n, items in of_link.items() if matters(items, request.policy)]
    told = read_histories(systems, request_of(resting), "the history of {} links to be written")
    for number, history in told.by_incident.items():
        drifted[number] = replace(drifted[number], history=history)
        of_link[number] = planner.verdicts(drifted[number])
    items = held + [item for verdicts in of_link.values() for item in verdicts]
    unread = (*systems.source.unread, *reader.unread)
    names.checked(unread)
    unread = (*unread, *incidents.unread, *accounts.unread, *told.unread)
    return Survey(
        items=tuple(in_order(items, Sort.PRIORITY)),
        had_baselines=knew,
        in_scope=incidents.linked,
        links=links + reader.unread_links,
        unread_links=reader.unread_links,
        unread=unread,
        book=planner.book,
        drifted=drifted,
        asked=frozenset(told.by_incident),
        downgraded=sum(request.selection.takes(one, None) for one in incidents.downgraded),
    )


class _Names:
    """The statuses and priorities that there are, where a filter asks for some by name."""

    def __init__(self, request: ReadRequest) -> None:
        self._selection, self._known = request.selection, set(request.names)

    def saw(self, batch: Iterable[FoundLink]) -> None:
        """Links that were read."""
        if self._selection.typed:
            for read in batch:
                self._known |= names_of(read.incident) | names_of(read.issue)

    def checked(self, unread: Sequence[Unread]) -> None:
        """Raise `UsageError` for a name that nothing has, as far as all was read."""
        unknown = [] if unread else self._selection.unknown(self._known)
        if unknown:
            raise UsageError(
                f"no status or priority is called {', '.join(map(repr, unknown))}: neither Impact "
                "nor your tables nor any link has it; raidctl mapping shows the names"
                f"{near(unknown[0], self._known)}"
            )


def _alone(incident: Incident, reason: Reason, issue: int | None = None) -> Item:
    subject = Subject(
        incident=incident.id,
        incident_url=incident.url,
        title=incident.title,
        private=incident.private,
        issue=incident.issue_key,
        issue_id=issue,
        own_link=incident.own_link,
        urgency=urgency_of(incident),
    )
    return link_hold(subject, reason)
