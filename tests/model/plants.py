"""Planted bugs that the machine has to find: each takes one of raidctl's safeguards away."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from raidctl.core.mapping.book import MappingBook
from raidctl.core.memory import Baseline
from raidctl.core.plan.authorship import Accounts, By
from raidctl.core.plan.case import Case
from raidctl.core.writes.judge import Since, judged
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import LostAnswerError
from raidctl.gateways.http.client import HttpClient
from raidctl.journal.events import Queue
from raidctl.journal.records import Records
from raidctl.runs.backfill import creation
from raidctl.runs.backfill.creation import IssueCreator
from raidctl.runs.reading import targets
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.reading.targets import Landed
from raidctl.runs.writing import recheck

Judgement = tuple[Result, Baseline | None]


@contextmanager
def _no_guard() -> Iterator[None]:
    """No loop guard: what raidctl has just written may be written back at once."""
    with patch.object(Records, "_guards", lambda *_: {}):
        yield


@contextmanager
def _no_quarantine() -> Iterator[None]:
    """Nothing ever flaps: raidctl and an automation take turns for ever."""
    with patch("raidctl.core.writes.marks.flaps", lambda *_: False):
        yield


@contextmanager
def _no_baseline() -> Iterator[None]:
    """Neither what was seen nor what was written is remembered."""

    def forgetful(*given: Any) -> Judgement:
        return judged(*given)[0], None

    with (
        patch.object(Records, "record_baselines", lambda *_: None),
        patch.object(targets, "judged", forgetful),
        patch.object(recheck, "judged", forgetful),
    ):
        yield


@contextmanager
def _trust_the_answer() -> Iterator[None]:
    """A write has worked if it was answered well, and has not if it was not."""

    def trusting(_: Landed, book: MappingBook, sent: Sent) -> Settlement:
        change = sent.change
        if sent.failure is not None:
            return Settlement(change, sent.failure, sent.write)
        relation = book.of(change.subject.project).relations[change.name]
        left = judged(change, relation, sent.hops, None, change.to, lambda: Since.ALONE)[1]
        return Settlement(change, Result(Outcome.APPLIED, change.to), sent.write, left)

    with patch.object(Landed, "judge", trusting):
        yield


@contextmanager
def _repeat_a_post() -> Iterator[None]:
    """A write whose answer was lost is sent again, unread."""
    write = HttpClient._write  # the one place that all writes pass

    def insistent(self: HttpClient, method: str, path: str, body: Mapping[str, Any]) -> Any:
        try:
            return write(self, method, path, body)
        except LostAnswerError:
            return write(self, method, path, body)

    with patch.object(HttpClient, "_write", insistent):
        yield


@contextmanager
def _no_authorship() -> Iterator[None]:
    """Values alone tell who changed: a plan asks no history whose edit it was."""
    with patch.object(Case, "edit", lambda *_: None):
        yield


@contextmanager
def _firefighter_is_a_person() -> Iterator[None]:
    """What FireFighter's account left in JIRA counts as a person's edit."""
    whose = Accounts.whose

    def mistaken(self: Accounts, *given: Any) -> By:
        by = whose(self, *given)
        return By.PERSON if by is By.FIREFIGHTER else by

    with patch.object(Accounts, "whose", mistaken):
        yield


@contextmanager
def _no_lag() -> Iterator[None]:
    """What a search does not show was never created, however lately it was sent."""
    with patch.object(creation, "INDEX_LAG", timedelta(0)):
        yield


@contextmanager
def _never_searched() -> Iterator[None]:
    """A creation whose answer was lost is not looked for."""
    with patch.object(IssueCreator, "_searched", lambda *_: None):
        yield


@contextmanager
def _no_beginning() -> Iterator[None]:
    """Nothing is remembered of what a new issue began with."""
    with patch.object(creation, "first_baselines", lambda *_: ()):
        yield


@contextmanager
def _whole_links() -> Iterator[None]:
    """An event settles all fields of its link."""
    with patch.object(ReadRequest, "fields_of", lambda self, _: self.policy.fields):
        yield


@contextmanager
def _events_are_forgotten() -> Iterator[None]:
    """What came of events is not noted."""
    with patch.object(Queue, "turn", lambda *_: None):
        yield


CREATION_PLANTS: Mapping[str, Callable[[], Any]] = {
    "no-lag": _no_lag,
    "never-searched": _never_searched,
    "no-beginning": _no_beginning,
}
"""Those that the machine of creations has to find."""

PLANTS: Mapping[str, Callable[[], Any]] = {
    "firefighter-is-a-person": _firefighter_is_a_person,
    "no-guard": _no_guard,
    "whole-links": _whole_links,
    "events-are-forgotten": _events_are_forgotten,
    "no-quarantine": _no_quarantine,
    "no-authorship": _no_authorship,
    "no-baseline": _no_baseline,
    "trust-the-answer": _trust_the_answer,
    "repeat-a-post": _repeat_a_post,
}
"""Context managers by name."""
