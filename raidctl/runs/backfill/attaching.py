"""Attach files: each journalled before, and never again before it is certain that it is missing.

JIRA neither tells what a file holds nor refuses one that it has. So what was attached is kept in a
property of the issue; where that did not come about, name and size speak for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from raidctl.breaker import WriteBreaker
from raidctl.core.backfill.attachment import (
    Attachment,
    Presence,
    Remembered,
    content_of,
    presence,
)
from raidctl.core.model import Field
from raidctl.core.plan.item import ATTACH, Change, Key
from raidctl.core.policy import Policy
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.ports.jira_admin import IssueAdmin, Upload
from raidctl.ports.systems import WritableSystems
from raidctl.runs.backfill.lost import Lost
from raidctl.runs.backfill.standing import remember, standing
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import GONE, Landed
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.sender import MakeSenders, Sender, Senders
from raidctl.runs.writing.stages import LinkWrites

ARRIVES = timedelta(minutes=2)
"""How long a request may still be worked on of which no answer came."""

SLOWEST = 100_000  # bytes in a second, of an upload that is not given up
LOST = Lost("JIRA may still be taking it", "JIRA does not have it")
PRIVATE = "the incident became private since the plan was made"
THERE = "it was attached since the plan was made"
UNTOLD = Result(
    Outcome.FAILED, None, Category.VALIDATION, "the journal does not tell which file it was"
)
NOT_READY = "its content is not at hand any more: plan again"


class Attacher(Sender):
    """Attaches files; `uploads` are ready, by their changes."""

    def __init__(
        self,
        systems: WritableSystems,
        context: RunContext,
        uploads: Mapping[Key, Upload],
        policy: Policy,
        breaker: WriteBreaker,
    ) -> None:
        super().__init__(systems, context)
        self._uploads = uploads
        self._policy = policy
        self._breaker = breaker
        self._arrived: dict[int, Result] = {}

    @property
    def _admin(self) -> IssueAdmin:
        if self._systems.makers is None:
            raise LookupError("these systems were not opened to make anything")
        return self._systems.makers.admin

    def send(self, link: LinkWrites) -> LinkWrites:
        """The files of one issue, one after the other, then what they hold."""
        wanted = link.open_for(ATTACH)
        if not wanted or link.issue is None:
            return link
        incident = link.incident_now
        if incident is not None and self._policy.keeps_private(incident, Field.DESCRIPTION):
            return link.stale(Category.CONFLICT, PRIVATE)
        if (stop := self._breaker.reason(_place(link))) is not None:
            return link.failing(wanted, *stop)
        try:
            there, known = standing(self._admin, link.issue)
        except ServiceError as error:
            self._failed(link, error)
            return link.failing(wanted, error.category, f"{error.seen}; {error.advice}")
        made: list[tuple[Sent, Remembered]] = []
        for change in wanted:
            if self._context.stopping():
                break
            link = self._one(link, change, there, known, made)
        if made:
            self._remember(link, there, known, made)
        return link

    def _one(
        self,
        link: LinkWrites,
        change: Change,
        there: Sequence[Attachment],
        known: Sequence[Remembered],
        made: list[tuple[Sent, Remembered]],
    ) -> LinkWrites:
        """One file; `made` gets what was attached."""
        name, content = str(change.to), content_of(change)
        if (stop := self._breaker.reason(_place(link))) is not None:
            return link.failing([change], *stop)
        if content is None or (upload := self._uploads.get(change.key)) is None:
            return link.failing([change], Category.CONFLICT, NOT_READY)
        if presence(name, content, there, known) is not Presence.MISSING:
            return link.settling([change], Result(Outcome.STALE, None, Category.CONFLICT, THERE))
        (sent,) = self.intend([change])
        try:
            attached = self._admin.attach(link.issue or 0, upload)
        except ServiceError as error:
            self._failed(link, error)
            lost = isinstance(error, LostAnswerError)  # then it is looked for
            return link.sending([sent if lost else replace(sent, failure=failure_of(error))])
        self._breaker.worked(_place(link))
        self._arrived[sent.write] = _kept(attached, change, content.size)
        made.append((sent, Remembered(attached.id, name, content)))
        return link.sending([sent])

    def _remember(
        self,
        link: LinkWrites,
        there: Sequence[Attachment],
        known: Sequence[Remembered],
        made: Sequence[tuple[Sent, Remembered]],
    ) -> None:
        """Keep what the files hold; where that fails it is told: they are there all the same."""
        still = {one.id for one in there}
        rows = [one for one in known if one.id in still]
        try:
            remember(self._admin, link.issue or 0, [*rows, *(row for _, row in made)])
        except ServiceError as error:
            self._failed(link, error)
            why = f"it is there; what it holds could not be noted at the issue: {error.seen}"
            for sent, _ in made:
                self._arrived[sent.write] = replace(self._arrived[sent.write], detail=why)

    def judge(self, sent: Sent, now: Landed) -> Settlement:
        """What became of a file; one whose answer got lost is looked for at its issue."""
        change, content = sent.change, content_of(sent.change)
        result = sent.failure or self._arrived.pop(sent.write, None)
        if result is not None:
            return Settlement(change, result, sent.write)
        if content is None:
            return Settlement(change, UNTOLD, sent.write)
        try:
            there, known = standing(self._admin, change.subject.issue_id or 0)
        except ServiceError as error:
            if error.category is not Category.NOT_FOUND:
                raise
            gone = Result(Outcome.FAILED, None, Category.NOT_FOUND, GONE)
            return Settlement(change, gone, sent.write)
        if presence(str(change.to), content, there, known) is Presence.MISSING:
            lasts = ARRIVES + timedelta(seconds=content.size / SLOWEST)
            return LOST.ends(sent, lasts, self._context.clock())
        return Settlement(change, Result(Outcome.APPLIED, change.to), sent.write)

    def refused_again(self, one: Settlement) -> Settlement:
        """A refusal is not remembered: what JIRA lacks may be there in the next run."""
        return one

    def _failed(self, link: LinkWrites, error: ServiceError) -> None:
        if error.category is Category.PERMISSION:
            self._breaker.forbidden(_place(link), link.issue or 0, error)
        else:
            self._breaker.failed(error)


def _kept(attached: Attachment, change: Change, size: int) -> Result:
    """By what JIRA says that it has."""
    if attached.size == size:
        return Result(Outcome.APPLIED, change.to)
    why = f"JIRA kept {attached.size} of {size} bytes: look at the file there"
    return Result(Outcome.FAILED, change.to, Category.VALIDATION, why)


def _place(link: LinkWrites) -> str:
    return f"attachments in {link.project}"


def attachers(uploads: Mapping[Key, Upload], policy: Policy) -> MakeSenders:
    """What carries out a plan that attaches files."""

    def make(systems: WritableSystems, context: RunContext) -> Senders:
        breaker = WriteBreaker(2 * context.concurrency)
        return Senders(breaker, {ATTACH: Attacher(systems, context, uploads, policy, breaker)})

    return make
