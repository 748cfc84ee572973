"""Hand-written writers of incidents: one that looks before it writes, and one that says nothing."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from raidctl.core.firefighter import Rule
from raidctl.core.history import Revision
from raidctl.core.model import Field, Link, Value
from raidctl.core.policy import ImpactWriter, Policy
from raidctl.core.report import Report
from raidctl.core.writes.outcome import Result
from raidctl.errors import Category, LostAnswerError, ServiceError
from raidctl.ports.impact import IncidentWriter
from tests.runs.desk import ADA, GRACE, Office, item_of
from tests.runs.fakes import FakeSource, error

AUTO = Policy(grace=timedelta(0), allow_close=True)
"""Both ways, by the baseline alone."""
SOMEBODY = ADA.account


class KilledError(BaseException):
    """The process is gone: nothing of raidctl's catches this."""


@dataclass
class FakeWriter:
    """Writes the incidents of a `FakeSource`, as the database does: it compares first.

    `lacks` are grants by field, `unfit` what `missing` raises. `before` happens just before it
    looks, `fails` (the next of these, if it is any) instead of acting, `loses` after it has acted.
    `sent` has what it was told, in order; `heard` the edits that came with it; `restored` how often
    it was to put back what stood there before.
    """

    source: FakeSource
    name: str = "database"
    sees_changes: bool = True
    lacks: Mapping[Field, str] = field(default_factory=dict)
    unfit: ServiceError | None = None
    before: Callable[[Link], None] = lambda _: None
    fails: list[BaseException | None] = field(default_factory=list)
    loses: list[BaseException] = field(default_factory=list)
    requests: int = 0
    asked: list[set[Field]] = field(default_factory=list)
    sent: list[tuple[int, dict[Field, Value]]] = field(default_factory=list)
    heard: list[Mapping[Field, Revision]] = field(default_factory=list)
    restored: int = 0

    def missing(self, fields: Collection[Field]) -> Sequence[str]:
        self.asked.append(set(fields))
        if self.unfit is not None:
            raise self.unfit
        return [self.lacks[name] for name in Field if name in fields and name in self.lacks]

    def write(
        self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Revision]
    ) -> None:
        self.requests += 1
        self.sent.append((link.incident.id, dict(values)))
        self.heard.append(edits)
        self.before(link)
        if self.fails and (failure := self.fails.pop(0)) is not None:
            raise failure
        self.act(link, values)
        if self.loses:
            raise self.loses.pop(0)

    def restore(self, link: Link, values: Mapping[Field, Value]) -> None:
        self.restored += 1
        FakeWriter.write(self, link, values, {})

    def act(self, link: Link, values: Mapping[Field, Value]) -> None:
        """All of them, or none where the incident is not as the link has it."""
        (now,) = [one for one in self.source.stored if one.id == link.incident.id]
        for name in values:
            if now.value(name) != link.incident.value(name):
                raise error(Category.CONFLICT, "Impact")
        self.give(link.incident.id, values)

    def give(self, number: int, values: Mapping[Field, Value]) -> None:
        """The incident has these values now."""
        self.source.stored = [
            replace(one, values={**one.values, **values}) if one.id == number else one
            for one in self.source.stored
        ]

    def explain_refusal(self, link: Link, field: Field, value: Value) -> Rule | None:
        return None


@dataclass
class SilentWriter(FakeWriter):
    """FireFighter's webhook: it writes over whatever is there, or does nothing, and says neither.

    `deaf` are (incident, field) on which it does not act, `rules` why not, where that is known;
    `ours` are accounts whose changes it is known to ignore.
    """

    name: str = "webhook"
    sees_changes: bool = False
    deaf: set[tuple[int, Field]] = field(default_factory=set)
    rules: dict[Field, Rule] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)

    def write(
        self, link: Link, values: Mapping[Field, Value], edits: Mapping[Field, Revision]
    ) -> None:
        accounts = {edits[name].account for name in values if name in edits}
        if accounts & self.ours:
            raise error(Category.REFUSED, "Impact")
        super().write(link, values, edits)

    def act(self, link: Link, values: Mapping[Field, Value]) -> None:
        heard = {n: v for n, v in values.items() if (link.incident.id, n) not in self.deaf}
        self.give(link.incident.id, heard)

    def explain_refusal(self, link: Link, field: Field, value: Value) -> Rule | None:
        return self.rules.get(field)


def _are_ports(a: FakeWriter, b: SilentWriter) -> tuple[IncidentWriter, IncidentWriter]:
    """Only for the type checker: the fakes are the ports."""
    return a, b


def lost(category: Category = Category.NETWORK) -> LostAnswerError:
    """Nobody knows whether Impact acted."""
    return LostAnswerError(error(category, "Impact"))


def failed(category: Category) -> ServiceError:
    """Impact did not act."""
    return error(category, "Impact")


def with_database(at: Office) -> FakeWriter:
    """All five fields of Impact are written by its database from now on."""
    writer = FakeWriter(at.source)
    _give(at, dict.fromkeys(Field, (writer, ImpactWriter.DATABASE)))
    return writer


def with_both(at: Office) -> tuple[SilentWriter, FakeWriter]:
    """Status and priority by the webhook, all else by the database."""
    webhook, database = SilentWriter(at.source), FakeWriter(at.source)
    told = {Field.STATUS: webhook, Field.PRIORITY: webhook}
    chosen: dict[Field, tuple[FakeWriter, ImpactWriter]] = {
        name: (
            (webhook, ImpactWriter.WEBHOOK) if name in told else (database, ImpactWriter.DATABASE)
        )
        for name in Field
    }
    _give(at, chosen)
    return webhook, database


def _give(at: Office, chosen: Mapping[Field, tuple[FakeWriter, ImpactWriter]]) -> None:
    writers: dict[Field, IncidentWriter] = {name: writer for name, (writer, _) in chosen.items()}
    at.desk = replace(at.desk, incident_writers=writers)
    kinds = {name: kind for name, (_, kind) in chosen.items()}
    at.policy = replace(AUTO, impact_writers=kinds)


def jira(at: Office, number: int = 1, **values: object) -> None:
    """Somebody changes an issue."""
    at.state.edit(10_000 + number, SOMEBODY, **values)


def jira_everywhere(at: Office, number: int = 1) -> None:
    jira(
        at,
        number,
        summary="A new title",
        description="A new text.",
        priority="Highest",
        status="Resolved",
        assignee=GRACE.account,
    )


def told(report: Report, number: int, name: Field) -> Result:
    """What became of one change."""
    result = item_of(report, number, name).result
    assert result is not None
    return result


def why(report: Report, number: int, name: Field) -> str:
    """The words that came with it."""
    return str(told(report, number, name).detail)


def incident(at: Office, number: int, name: Field) -> object:
    """What Impact holds."""
    (found,) = [one for one in at.source.stored if one.id == number]
    return found.values[name]
