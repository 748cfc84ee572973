"""Write one issue: its plain fields in one request, then its status.

No write is repeated before reading has told that it did not act.
"""

from collections.abc import Sequence

from raidctl.breaker import WriteBreaker
from raidctl.core.model import Field, Issue, Link, Side, jira_value
from raidctl.core.writes.outcome import Outcome, ReadBack, landing
from raidctl.errors import Category, FieldsRefusedError, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.runs.context import RunContext
from raidctl.runs.writing.changes import Change, Job
from raidctl.runs.writing.failures import may_be_repeated, trouble
from raidctl.runs.writing.status import TRIES, StatusWriting


class IssueWriting:
    """Sends the changes of one link; what became of them is judged by reading, afterwards."""

    def __init__(
        self, systems: WritableSystems, context: RunContext, breaker: WriteBreaker
    ) -> None:
        self._systems = systems
        self._context = context
        self._breaker = breaker
        self._status = StatusWriting(
            systems, context, breaker, lambda change: self._intend([change])
        )

    def write(self, job: Job, link: Link) -> None:
        """Send what is open of the job and goes to JIRA, in order."""
        ours = job.open_in(Side.JIRA)
        plain = [change for change in ours if change.intent.field is not Field.STATUS]
        if plain:
            self._intend(plain)
            self._set_fields(job, plain)
        for change in job.open_in(Side.JIRA):
            if change.intent.field is Field.STATUS:
                self._move(job, change, job.link or link)

    def _move(self, job: Job, change: Change, link: Link) -> None:
        """Take the transitions, unless somebody was seen to take one since the plan was made."""
        if (stop := self._breaker.reason(job.project)) is not None:
            change.skip(Outcome.FAILED, *stop)
        elif jira_value(link.issue, Field.STATUS) != change.intent.old:
            why = "JIRA changed it since the plan was made"
            change.skip(Outcome.STALE, Category.CONFLICT, why)
        else:
            self._status.write(change, link.issue)

    def _intend(self, changes: Sequence[Change]) -> None:
        context = self._context
        intents = [change.intent for change in changes]
        numbers = self._systems.journal.intend(intents, context.run, context.clock())
        for change, number in zip(changes, numbers, strict=True):
            change.write = number

    def _set_fields(self, job: Job, changes: Sequence[Change]) -> None:
        """One request; once more without the fields JIRA names; again where it did not act."""
        pending, sifted = list(changes), False
        last: ServiceError | None = None
        for _ in range(TRIES):
            try:
                sent = {change.intent.field: change.intent.new for change in pending}
                self._systems.writer.set_fields(job.issue, sent)
            except FieldsRefusedError as error:
                pending = self._sift(pending, error, give_up=sifted)
                sifted = True
            except ServiceError as error:
                _note(pending, error)
                last = error
                if not may_be_repeated(error):
                    break
                pending = self._still_old(job, pending)
            else:
                self._breaker.worked()
                for change in pending:
                    change.trouble = None
                return
            if not pending:
                return  # it landed after all, or the read-back tells
        if last is not None:
            self._breaker.failed(job.project, last)

    def _sift(
        self, changes: Sequence[Change], error: FieldsRefusedError, *, give_up: bool
    ) -> list[Change]:
        """The changes JIRA did not name; none where it named no field of ours, or again."""
        self._breaker.worked()
        named = {change.intent.field for change in changes} & set(error.fields)
        if give_up or not named:
            named = {change.intent.field for change in changes}
        for change in changes:
            if change.intent.field in named:
                change.trouble = trouble(error, change.intent.field)
        return [change for change in changes if change.intent.field not in named]

    def _still_old(self, job: Job, changes: Sequence[Change]) -> list[Change]:
        """Those that find what the plan saw, so did not land; read, not guessed."""
        issue = self._read(job, changes)
        return [] if issue is None else [c for c in changes if _stands(c, issue) is ReadBack.OLD]

    def _read(self, job: Job, changes: Sequence[Change]) -> Issue | None:
        """The issue as it is now; None, with the trouble noted, where that cannot be had."""
        try:
            issue = self._systems.tracker.current([job.issue])[0]
        except ServiceError as error:
            self._breaker.failed(job.project, error)
            _note(changes, error)
            return None
        if issue is not None and job.link is not None:
            job.link = Link(job.link.incident, issue)
        return issue


def _note(changes: Sequence[Change], error: ServiceError) -> None:
    for change in changes:
        change.trouble = trouble(error, change.intent.field)


def _stands(change: Change, issue: Issue) -> ReadBack:
    intent = change.intent
    found = jira_value(issue, intent.field)
    return landing(change.relation, intent.direction.target, intent.new, intent.old, found)
