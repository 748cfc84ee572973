"""FireFighter's tickets written into its database, each in one transaction.

It leaves the rows that FireFighter's own creation leaves (`JiraTicket.objects.create` and what
goes before and after it, firefighter-incident 0.0.79), and gives none of its messages.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from raidctl.core.backfill.tickets import Account, NewTicket, Ticket
from raidctl.errors import Category, ServiceError
from raidctl.gateways.impact.database.commander import users_of
from raidctl.gateways.impact.database.engine import LOCK_SECONDS, WRITING, Advice, failure
from raidctl.gateways.impact.database.grants import check_tables, missing_rights
from raidctl.gateways.impact.database.rows import INSERT, SELECT, UPDATE, Use
from raidctl.gateways.impact.database.tables import (
    impact,
    incident,
    incident_impact,
    jira_issue,
    jira_user,
    raid_ticket,
    ticket_impact,
    user,
)
from raidctl.gateways.impact.database.transactions import Clock, Transactions

USES: Sequence[Use] = (
    (SELECT, incident, ("id",)),
    (SELECT, user, ("id", "email")),
    (SELECT, jira_user, ("id", "user_id")),
    (INSERT, jira_user, ("id", "user_id")),
    (SELECT, jira_issue, ("id", "key")),
    (INSERT, jira_issue, tuple(jira_issue.c.keys())),
    (UPDATE, jira_issue, ("key", "project_key")),
    (SELECT, raid_ticket, ("jiraissue_ptr_id", "incident_id")),
    (INSERT, raid_ticket, tuple(raid_ticket.c.keys())),
    (UPDATE, raid_ticket, ("incident_id",)),
    (SELECT, incident_impact, ("incident_id", "impact_id")),
    (SELECT, impact, ("id", "impact_type_id", "impact_level_id")),
    (INSERT, impact, ("impact_type_id", "impact_level_id", "details", "created_at", "updated_at")),
    (INSERT, ticket_impact, ("jira_ticket_id", "impact_id")),
)
"""What linking and correcting a key take. To take a link back takes DELETE as well."""

_SUMMARY = 128
"""What FireFighter keeps of a summary; no title of its own is longer, but one of JIRA's may be."""
_MEANWHILE = ("read it, and decide again", Category.CONFLICT)
_ADVICE: Advice = {
    **WRITING,
    "42501": (
        "grant its user this right; to take a link back takes DELETE on FireFighter's tickets",
        Category.PERMISSION,
    ),
    "23503": ("something else in FireFighter hangs on it: see its admin page", Category.CONFLICT),
    "23505": ("somebody else linked one of the two meanwhile: read it again", Category.CONFLICT),
}


class DatabaseTicketWriter:
    """A `TicketWriter` over an engine of `writing_engine`, as `Transactions` are."""

    def __init__(
        self,
        engine: Engine,
        lock_seconds: float = LOCK_SECONDS,
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        self._transactions = Transactions(engine, lock_seconds, clock, _ADVICE)

    @property
    def requests(self) -> int:
        """Transactions sent so far."""
        return self._transactions.sent

    def missing(self) -> Sequence[str]:
        """The grants the user lacks, or write access at all."""
        with self._transactions.begun() as connection:
            check_tables(connection, USES)
            return missing_rights(connection, USES)

    def link(self, new: NewTicket, standing: Collection[Ticket] = ()) -> frozenset[str]:
        """The JIRA-user, issue and ticket rows, and the ticket's copy of the incident's impacts."""
        wanted = new.ticket
        with self._transactions.begun() as connection:
            now = _locked(connection, new.incident, [new.issue_id])
            if now == {wanted}:
                return frozenset()
            _expect(connection, now, standing)
            if not connection.scalar(select(exists().where(incident.c.id == new.incident))):
                seen = f"incident {new.incident} is gone"
                raise failure(connection.engine, seen, "nothing was written", Category.NOT_FOUND)
            for ticket in now:
                if ticket.issue_id != new.issue_id:
                    _set(connection, replace(ticket, incident=None))
            if any(ticket.issue_id == new.issue_id for ticket in now):
                _set(connection, wanted)
                added = frozenset[str]()
            else:
                added = _add(connection, new, self._transactions.now)
            self._transactions.commit(connection)
        return added

    def rekey(self, ticket: Ticket, key: str) -> None:
        """The key, and the project that goes with it."""
        with self._transactions.begun() as connection:
            now = _locked(connection, None, [ticket.issue_id])
            if now == {replace(ticket, key=key)}:
                return
            _expect(connection, now, [ticket])
            _set(connection, replace(ticket, key=key))
            self._transactions.commit(connection)

    def unlink(
        self, ticket: Ticket, standing: Collection[Ticket], accounts: Collection[str] = ()
    ) -> None:
        """Deletes what `link` inserted, or gives back what it changed."""
        others = [one for one in standing if one.issue_id != ticket.issue_id]
        with self._transactions.begun() as connection:
            issues = {ticket.issue_id, *(one.issue_id for one in others)}
            now = _locked(connection, ticket.incident, sorted(issues))
            if now == set(standing):
                return
            _expect(connection, now, [ticket, *(replace(one, incident=None) for one in others)])
            if len(others) == len(standing):
                _delete(connection, ticket.issue_id, accounts)
            for one in sorted(standing, key=lambda one: one.issue_id != ticket.issue_id):
                _set(connection, one)  # its own first: an incident has one ticket at a time
            self._transactions.commit(connection)


def _locked(connection: Connection, number: int | None, issues: Collection[int]) -> set[Ticket]:
    """The tickets of an incident and of issues, locked for us.

    Raises `ServiceError` for an issue that FireFighter keeps without a ticket, as nothing of its
    own does.
    """
    its = raid_ticket.c
    whose = () if number is None else (its.incident_id == number,)
    found = (
        select(jira_issue.c.id, jira_issue.c.key, its.incident_id, its.jiraissue_ptr_id)
        .outerjoin(raid_ticket, its.jiraissue_ptr_id == jira_issue.c.id)
        .where(or_(jira_issue.c.id.in_(issues), *whose))
        .with_for_update(of=jira_issue)
    )
    rows = connection.execute(found).all()
    for row in rows:
        if row.jiraissue_ptr_id is None:
            seen = f"the issue {row.key} is in {jira_issue.name} and not in {raid_ticket.name}"
            raise failure(connection.engine, seen, "see FireFighter's admin page", _MEANWHILE[1])
    return {Ticket(row.id, row.key, row.incident_id) for row in rows}


def _expect(connection: Connection, now: set[Ticket], seen: Collection[Ticket]) -> None:
    """Raises `ServiceError` where it is not as the caller saw it."""
    if now == set(seen):
        return
    for one in sorted(now - set(seen), key=lambda one: one.issue_id):
        whose = "no incident" if one.incident is None else f"incident {one.incident}"
        told = f"FireFighter has {one.key} (issue {one.issue_id}) as the ticket of {whose}"
        raise failure(connection.engine, told, *_MEANWHILE)
    gone = min(set(seen) - now, key=lambda one: one.issue_id)
    told = f"FireFighter's ticket {gone.key} (issue {gone.issue_id}) is gone"
    raise failure(connection.engine, told, *_MEANWHILE)


def _set(connection: Connection, ticket: Ticket) -> None:
    """Give a ticket that is there its key and its incident."""
    project = _project(ticket.key)
    issue = update(jira_issue).where(jira_issue.c.id == ticket.issue_id)
    connection.execute(issue.values(key=ticket.key, project_key=project))
    its = update(raid_ticket).where(raid_ticket.c.jiraissue_ptr_id == ticket.issue_id)
    connection.execute(its.values(incident_id=ticket.incident))


def _project(key: str) -> str:
    return key.split("-", maxsplit=1)[0]


def _add(
    connection: Connection, new: NewTicket, now: Callable[[Connection], datetime]
) -> frozenset[str]:
    """The rows of a ticket; the answer is the accounts that became JIRA users."""
    added = {account for account in [_known(connection, new.reporter)] if account}
    assignee = new.assignee
    if assignee is not None:
        try:
            if newly := _known(connection, assignee):
                added.add(newly)
        except ServiceError:
            assignee = None
    row = {
        "id": new.issue_id,
        "key": new.key,
        "summary": new.summary[:_SUMMARY],
        "description": new.description,
        "project_key": _project(new.key),
        "issue_type": new.issue_type,
        "assignee_id": assignee and assignee.id,
        "reporter_id": new.reporter.id,
    }
    connection.execute(insert(jira_issue), row)
    whose = {"incident_id": new.incident, "business_impact": new.business_impact}
    connection.execute(insert(raid_ticket), {"jiraissue_ptr_id": new.issue_id, **whose})
    _copy_impacts(connection, new, now)
    return frozenset(added)


def _known(connection: Connection, account: Account) -> str | None:
    """See that an account is one of FireFighter's JIRA users: its id where it became one now.

    Raises `ServiceError` where no user is there to be it.
    """
    there = select(exists().where(jira_user.c.id == account.id))
    if connection.scalar(there):
        return None
    people = users_of(connection, account.email) if account.email else ()
    if len(people) == 1 and _became(connection, account.id, people[0]):
        return account.id
    if connection.scalar(there):  # another thread was faster
        return None
    seen = f"FireFighter has no user for the JIRA account {account.id}"
    advice = "let it read its JIRA users again, or choose another backfill.reporter"
    raise failure(connection.engine, seen, advice, Category.VALIDATION)


def _became(connection: Connection, account: str, person: UUID) -> bool:
    """Make an account a user's; not where the account or the user has a row already."""
    try:
        with connection.begin_nested():
            connection.execute(insert(jira_user), {"id": account, "user_id": person})
    except IntegrityError:
        return False
    return True


def _copy_impacts(
    connection: Connection, new: NewTicket, now: Callable[[Connection], datetime]
) -> None:
    """Give the ticket impacts like the incident's: FireFighter's form saves them for both."""
    its = (
        select(impact.c.impact_type_id, impact.c.impact_level_id)
        .join(incident_impact, incident_impact.c.impact_id == impact.c.id)
        .where(incident_impact.c.incident_id == new.incident)
        .order_by(impact.c.id)
    )
    for row in connection.execute(its).mappings().all():
        times = dict.fromkeys(("created_at", "updated_at"), now(connection))
        made: Mapping[str, object] = {**row, **times, "details": None}
        number = connection.scalar(insert(impact).values(made).returning(impact.c.id))
        both = {"jira_ticket_id": new.issue_id, "impact_id": number}
        connection.execute(insert(ticket_impact).inline(), both)  # its id is not asked for


def _delete(connection: Connection, issue: int, accounts: Collection[str]) -> None:
    """Remove a ticket with its rows, and the JIRA users whom nothing else needs."""
    held = select(ticket_impact.c.impact_id).where(ticket_impact.c.jira_ticket_id == issue)
    impacts = connection.scalars(held).all()
    connection.execute(delete(ticket_impact).where(ticket_impact.c.jira_ticket_id == issue))
    connection.execute(delete(impact).where(impact.c.id.in_(impacts)))
    connection.execute(delete(raid_ticket).where(raid_ticket.c.jiraissue_ptr_id == issue))
    connection.execute(delete(jira_issue).where(jira_issue.c.id == issue))
    its = jira_issue.c
    needed = exists().where(
        or_(its.reporter_id == jira_user.c.id, its.assignee_id == jira_user.c.id)
    )
    connection.execute(delete(jira_user).where(jira_user.c.id.in_(accounts), ~needed))
