"""Draft the issues of incidents, with all that has to be asked for that."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from raidctl.core.backfill.declaration import Declaration
from raidctl.core.backfill.draft import Draft, drafted, holds_of, too_long
from raidctl.core.backfill.new_issue import CreationScreen, Objection, Wrong
from raidctl.core.mapping.people import email_key
from raidctl.core.model import Field, Incident, Side
from raidctl.core.reasons import Reason
from raidctl.core.report import Unread
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira_admin import IssueAdmin
from raidctl.ports.systems import Systems
from raidctl.runs.backfill.request import BackfillRequest
from raidctl.runs.reading.accounts import Accounts

Holds = Mapping[Reason, str]
UNTOLD = "Impact does not tell what it was declared with: look at it there; the others go on"


class Drafter:
    """Drafts issues, batch by batch, and asks for each person once.

    `unread` names what it could not read, `found` the accounts it knows, by e-mail (folded).
    """

    def __init__(self, systems: Systems, request: BackfillRequest) -> None:
        self._source = systems.source
        self._request = request
        self._untold: list[Unread] = []
        self._accounts = Accounts(systems, request.exceptions)
        self.book = request.book(self._accounts.users)

    @property
    def unread(self) -> Sequence[Unread]:
        """What could not be read."""
        return (*self._untold, *self._accounts.unread)

    @property
    def found(self) -> Mapping[str, str]:
        """The accounts that JIRA has told, in this run or in those before."""
        return self._accounts.found

    def drafts(
        self, incidents: Sequence[Incident], pool: ThreadPoolExecutor
    ) -> Mapping[int, Draft | Holds]:
        """Of each incident its draft, or why it has none; one that cannot be read is left out.

        Raises `ServiceError`.
        """
        declared = self._source.declarations([one.id for one in incidents])
        self._untold += [
            Unread(Side.IMPACT, f"incident {one.id}", UNTOLD, Category.VALIDATION)
            for one in incidents
            if one.id not in declared
        ]
        known = [(one, declared[one.id]) for one in incidents if one.id in declared]
        held = {one.id: self._holds(one, declaration) for one, declaration in known}
        free = [(one, declaration) for one, declaration in known if not held[one.id]]
        account = self._known(free, pool)
        found: dict[int, Draft | Holds] = {number: holds for number, holds in held.items() if holds}
        for one, declaration in free:
            draft = drafted(one, declaration, self.book, self._request.blueprint, account)
            long = too_long(draft)
            found[one.id] = draft if long is None else dict([long])
        return found

    def _holds(self, incident: Incident, declared: Declaration) -> Holds:
        blueprint = self._request.blueprint
        return holds_of(incident, self.book.of(blueprint.project_of(declared)), blueprint)

    def _known(
        self, incidents: Sequence[tuple[Incident, Declaration]], pool: ThreadPoolExecutor
    ) -> Mapping[str, str | None]:
        """The account of each creator and commander."""
        emails = dict.fromkeys(
            email
            for one, declared in incidents
            for email in (declared.creator, one.value(Field.COMMANDER))
            if isinstance(email, str) and email
        )
        self._accounts.look_up(pool, ((email, None) for email in emails))
        users = self._accounts.users
        return {email: users.account(email) for email in emails if email_key(email)}


class Screens:
    """The screens on which issues are created, each asked for once."""

    def __init__(self, admin: IssueAdmin) -> None:
        self._admin = admin
        self._known: dict[tuple[str, str], CreationScreen | ServiceError] = {}
        self._wrong: dict[tuple[str, str, Wrong], Objection] = {}

    def refusal(self, draft: Draft) -> ServiceError | None:
        """Why no issue at all can be created where a draft belongs.

        Raises `ServiceError` for credentials that are refused, and a JIRA out of reach.
        """
        found = self._screen(draft)
        return found if isinstance(found, ServiceError) else None

    def objection(self, draft: Draft) -> str | None:
        """What the screen has against a value of this draft alone; what it lacks is kept apart."""
        screen = self._screen(draft)
        if isinstance(screen, ServiceError):
            return None
        own: list[str] = []
        for one in screen.objections(self._admin.spelled(draft.issue)):
            if one.wrong is Wrong.NOT_ALLOWED:
                own.append(f"{one.name} has no {one.value!r}, only {', '.join(one.choices[:20])}")
            else:
                self._wrong.setdefault((screen.project, one.field, one.wrong), one)
        return "; ".join(own) or None

    @property
    def problems(self) -> list[str]:
        """What has to be configured before anything can be created, a line each."""
        return [_told(project, one) for (project, _, _), one in sorted(self._wrong.items())]

    def _screen(self, draft: Draft) -> CreationScreen | ServiceError:
        place = draft.issue.project, draft.issue.issue_type
        if place not in self._known:
            try:
                self._known[place] = self._admin.screen(*place)
            except ServiceError as error:
                if error.category in (Category.AUTH, Category.NETWORK, Category.RATE_LIMIT):
                    raise
                self._known[place] = error
        return self._known[place]


def _told(project: str, one: Objection) -> str:
    if one.wrong is Wrong.DEMANDED:
        return (
            f"backfill.fields.{one.field}: missing; creating issues in {project} demands "
            f"{one.name!r}: give it a value"
        )
    return (
        f"backfill.fields.{one.field}: the screen for creating issues in {project} does not have "
        "this field: add it there, or set it to false to leave it out"
    )
