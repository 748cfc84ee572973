"""A third kind of target, which creates something: it goes the way of every other change.

Notes about incidents, kept in a notebook that can only append and be read: a sender is all that
is added, and plan, saved plan, limits, intent, kill and recovery are those of the fields.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from raidctl.core.model import NO_VALUES, Side, SyncDirection
from raidctl.core.plan.file import SavedPlan, from_text, to_text
from raidctl.core.plan.item import Change, Item, Target, changes, subject_of
from raidctl.core.plan.plan import Plan
from raidctl.core.plan.safety import Limits
from raidctl.core.reasons import Reason
from raidctl.core.report import summarised
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Sent, Settlement
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.ports.systems import WritableSystems
from raidctl.present.format import Format
from raidctl.present.history.render import render_history
from raidctl.present.history.rows import History
from raidctl.present.report.render import render
from raidctl.runs.context import RunContext
from raidctl.runs.reading.targets import Landed
from raidctl.runs.writing.apply import apply
from raidctl.runs.writing.failures import failure_of
from raidctl.runs.writing.recover import recover
from raidctl.runs.writing.sender import MakeSenders, Sender, Senders
from raidctl.runs.writing.senders import field_senders
from raidctl.runs.writing.stages import LinkWrites
from tests.present.believable import report
from tests.runs.desk import SITES, Office, office

NOTE = Target("create_note")


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Notebook:
    """Notes by incident and name. `fate` is what happens once a note has been written."""

    notes: list[tuple[int, str, str]] = field(default_factory=list)
    fate: BaseException | None = None

    def write(self, incident: int, name: str, text: str) -> None:
        self.notes.append((incident, name, text))
        if self.fate is not None:
            raise self.fate

    def has(self, incident: int, name: str) -> bool:
        return any(note[:2] == (incident, name) for note in self.notes)


class NoteSender(Sender):
    """Writes notes, and finds by their names what became of them."""

    def __init__(self, systems: WritableSystems, context: RunContext, notebook: Notebook) -> None:
        super().__init__(systems, context)
        self._notebook = notebook

    def send(self, link: LinkWrites) -> LinkWrites:
        for change in link.open_for(NOTE):
            (sent,) = self.intend([change])
            try:
                self._notebook.write(change.subject.incident, change.part, str(change.to))
            except ServiceError as error:
                sent = replace(sent, failure=failure_of(error))
            link = link.sending([sent])
        return link

    def judge(self, sent: Sent, now: Landed) -> Settlement:
        change = sent.change
        if self._notebook.has(change.subject.incident, change.part):
            return Settlement(change, Result(Outcome.APPLIED, change.to), sent.write)
        missing = Result(Outcome.REFUSED, None, Category.REFUSED, "there is no such note")
        return Settlement(change, sent.failure or missing, sent.write)


@dataclass
class Writing:
    """An office that has a notebook as well."""

    at: Office
    notebook: Notebook

    @property
    def senders(self) -> MakeSenders:
        def make(systems: WritableSystems, context: RunContext) -> Senders:
            made = field_senders(systems, context)
            note = NoteSender(systems, context, self.notebook)
            return replace(made, of={**made.of, NOTE: note})

        return make

    def plan(self, *names: str, numbers: Sequence[int] = (1, 2, 3)) -> Plan:
        """A note of each name for each incident."""
        items = tuple(self.note(number, name) for number in numbers for name in names)
        return Plan(items, (), SITES, len(numbers))

    def note(self, number: int, name: str) -> Change:
        link = self.at.link(number)
        text = f"{name} of {link.incident.title}"
        to_jira = SyncDirection.IMPACT_TO_JIRA
        about = subject_of(link)
        return Change(about, NOTE, None, to_jira, NO_VALUES, text, Reason.RESOLVED, part=name)

    def apply(self, items: Sequence[Item]) -> list[Change]:
        done, ended = apply(self.at.desk, self.at.orders(), items, lambda _: None, self.senders)
        assert ended is None
        return list(changes(done))

    def recover(self) -> list[Change]:
        return recover(self.at.desk, self.at.orders(), self.senders)


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    with office(tmp_path) as made:
        yield Writing(made, Notebook())


def test_it_is_planned_saved_and_counted_like_any_change(writing: Writing) -> None:
    plan = writing.plan("minutes", "cause")
    saved = SavedPlan(plan, "0.1", datetime(2026, 11, 24, tzinfo=UTC))
    assert from_text(to_text(saved)) == saved
    assert plan.hash != writing.plan("minutes", "costs").hash
    assert plan.excess(Limits(2, 0)) == "3 links would change; max_changes is 2"
    assert plan.excess(Limits(3, 0)) is None
    assert summarised(plan.items, 3, 0, {}).verdicts[NOTE] == 6


def test_each_is_written_once_judged_by_itself_and_told(writing: Writing) -> None:
    done = writing.apply(writing.plan("minutes", "cause").items)
    assert [one.result.outcome for one in done if one.result] == [Outcome.APPLIED] * 6
    assert len(set(writing.notebook.notes)) == len(writing.notebook.notes) == 6
    assert writing.at.journal.open_writes() == []
    written = writing.at.journal.writes(incidents=[1])
    assert [(one.field, one.target, one.outcome) for one in written] == [
        (None, NOTE, Outcome.APPLIED)
    ] * 2
    assert "create_note" in render_history(History((), written), Format.TABLE)


def test_an_incident_without_an_issue_has_its_note_too(writing: Writing) -> None:
    linked = writing.note(1, "minutes")
    writing.at.impact(1, issue_key=None)
    about = replace(linked.subject, issue=None, issue_id=None, issue_url=None, linked_as=None)
    (stale,) = writing.apply([linked])
    assert stale.result is not None
    assert stale.result.outcome is Outcome.STALE
    (done,) = writing.apply([replace(linked, subject=about)])
    assert done.result == Result(Outcome.APPLIED, done.to)
    assert writing.at.journal.open_writes() == []


@pytest.mark.parametrize("form", Format)
def test_every_format_shows_it(writing: Writing, form: str) -> None:
    done = tuple(writing.apply(writing.plan("minutes", numbers=[1]).items))
    about = replace(report(done), summary=summarised(done, 1, 0, dict.fromkeys(Side, 0)))
    text = render(about, form, width=200)
    assert "create note" in text.replace("_", " ")
    assert "minutes of" in text


def test_a_note_goes_beside_the_fields_of_its_link(writing: Writing) -> None:
    writing.at.reconcile()
    writing.at.impact(1, title="Another title")
    fields = [item for item in writing.at.plan().items if item.subject.incident == 1]
    done = writing.apply([*fields, writing.note(1, "minutes")])
    assert {one.verdict for one in done} == {"write_jira", NOTE}
    assert all(one.result and one.result.outcome is Outcome.APPLIED for one in done)
    assert writing.at.issue(1)["summary"] == "Another title"


def test_a_kill_right_after_it_acted_is_settled_by_reading(writing: Writing) -> None:
    writing.notebook.fate = Killed()
    with pytest.raises(Killed):
        writing.apply(writing.plan("minutes", numbers=[1]).items)
    (open_write,) = writing.at.journal.open_writes()
    assert (open_write.change.target, open_write.change.part) == (NOTE, "minutes")

    writing.notebook.fate = None
    (found,) = writing.recover()
    assert found.result is not None
    assert (found.result.outcome, found.result.category) == (Outcome.RECOVERED, None)
    assert len(writing.notebook.notes) == 1
    assert writing.at.journal.open_writes() == []
    assert writing.recover() == []


def test_a_kill_before_it_acted_is_told_from_one_after(writing: Writing) -> None:
    plan = writing.plan("minutes", numbers=[1])
    writing.at.journal.intend(plan.changes, "run-of-old", writing.at.clock())
    (found,) = writing.recover()
    assert found.result is not None
    assert str(found.result.detail).endswith("it had not been written")
    assert writing.notebook.notes == []


def test_a_lost_answer_is_read_and_never_repeated(writing: Writing) -> None:
    away = ServiceError("the notebook", "here", "no answer", "try again", Category.NETWORK)
    writing.notebook.fate = LostAnswerError(away)
    (done,) = writing.apply(writing.plan("minutes", numbers=[1]).items)
    assert done.result == Result(Outcome.APPLIED, done.to)
    assert len(writing.notebook.notes) == 1
