"""Write an issue's plain fields: all in one request.

No write is repeated before reading has told that it did not act.
"""

from collections.abc import Sequence
from dataclasses import replace

from raidctl.core.mapping.book import MappingBook
from raidctl.core.model import Issue
from raidctl.core.plan.item import ISSUE_FIELD
from raidctl.core.writes.outcome import ReadBack, landing
from raidctl.core.writes.settlement import Sent
from raidctl.errors import Category, FieldsRefusedError, ServiceError
from raidctl.runs.writing.failures import failure_of, may_be_repeated
from raidctl.runs.writing.sender import IssueSender
from raidctl.runs.writing.stages import LinkWrites

TRIES = 4
OF_SOME_FIELD = frozenset({Category.PERMISSION, Category.VALIDATION})  # of which, nothing tells


class FieldSender(IssueSender):
    """Sends plain fields; what became of them is judged by reading, afterwards."""

    target = ISSUE_FIELD

    def send(self, link: LinkWrites) -> LinkWrites:
        """One request; once more without the fields JIRA names; again where it did not act."""
        changes = link.open_for(ISSUE_FIELD)
        if not changes:
            return link
        if (stop := self.barred(link.project)) is not None:
            return link.failing(changes, *stop)
        return self._set_fields(link, self.intend(changes))

    def _set_fields(self, link: LinkWrites, pending: list[Sent]) -> LinkWrites:
        done, sifted = list[Sent](), False
        last: ServiceError | None = None
        for _ in range(TRIES):
            try:
                values = {one.change.name: one.change.to for one in pending}
                self._systems.writer.set_fields(link.link.issue.id, values)
            except FieldsRefusedError as error:
                self._breaker.failed(error)
                refused, pending = self._sifted(pending, error, all_of_them=sifted)
                done, sifted = [*done, *refused], True
            except ServiceError as error:
                last, pending = error, _failed(pending, error)
                if error.category in OF_SOME_FIELD and len(pending) > 1:
                    self.failed(link.project, link.link.issue.id, error)
                    return self._one_by_one(link.sending(done), pending)
                if not may_be_repeated(error):
                    break
                link, landed, pending = self._still_old(link, pending)
                done += landed
            else:
                self.worked(link.project)
                return link.sending([*done, *(replace(one, failure=None) for one in pending)])
            if not pending:
                return link.sending(done)  # it landed after all, or the read-back tells
        if last is not None:
            self.failed(link.project, link.link.issue.id, last)
        return link.sending([*done, *pending])

    def _one_by_one(self, link: LinkWrites, pending: Sequence[Sent]) -> LinkWrites:
        """Each by itself, until JIRA says that the user may not write there at all."""
        for one in pending:
            if self.barred(link.project) is None:
                link = self._set_fields(link, [one])
            else:
                link = link.sending([one])
        return link

    def _sifted(
        self, sent: Sequence[Sent], error: FieldsRefusedError, *, all_of_them: bool
    ) -> tuple[list[Sent], list[Sent]]:
        """What JIRA refused, and the rest; all of it where it named no field of ours, or again.

        What it named, with its reason, it would refuse again.
        """
        named = {one.change.name for one in sent} & set(error.fields)
        if all_of_them or not named:
            named = {one.change.name for one in sent}
        refused = _failed([one for one in sent if one.change.name in named], error)
        known = [
            replace(
                one, refused=self.for_good(one.change) if one.change.name in error.fields else None
            )
            for one in refused
        ]
        return known, [one for one in sent if one.change.name not in named]

    def _still_old(
        self, link: LinkWrites, pending: list[Sent]
    ) -> tuple[LinkWrites, list[Sent], list[Sent]]:
        """The link read again; what may have landed; what finds the old value, so did not."""
        try:
            issue = self._systems.tracker.current([link.link.issue.id])[0]
        except ServiceError as error:
            self._breaker.failed(error)
            return link, _failed(pending, error), []
        if issue is None:
            return link, pending, []
        book = self._context.book
        old = [one for one in pending if _stands(book, one, issue) is ReadBack.OLD]
        landed = [one for one in pending if one not in old]
        return replace(link, issue_now=issue), landed, old


def _failed(sent: Sequence[Sent], error: ServiceError) -> list[Sent]:
    return [replace(one, failure=failure_of(error, one.change.name)) for one in sent]


def _stands(book: MappingBook, one: Sent, issue: Issue) -> ReadBack:
    change = one.change
    relation, found = book.of(issue.project).relations[change.name], issue.value(change.name)
    return landing(relation, change.side, change.to, change.old, found)
