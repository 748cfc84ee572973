"""Of which links `missed` asks, and what it does where a system does not answer as it should."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import pytest

from raidctl.core.history import UNKNOWN_TIME, Revision, Revisions
from raidctl.core.missed import MissedReport, Window
from raidctl.core.model import Field, Incident, Issue, Side
from raidctl.core.plan.authorship import Accounts
from raidctl.core.scope import Scope
from raidctl.errors import Category, ServiceError
from raidctl.ports.jira import IssueRef
from raidctl.ports.systems import Systems
from raidctl.runs.reading import missed as run
from raidctl.runs.reading.missed import MissedRequest, missed
from raidctl.runs.reading.request import ReadRequest
from tests.core.strategies import INCIDENT, ISSUE, NOW
from tests.memory import peak
from tests.runs.fakes import EVERYTHING, FakeJournal, FakeSource, FakeTracker, error, question
from tests.runs.fakes import systems as made

SINCE, LATELY, LONG_AGO = (NOW - timedelta(days=days) for days in (7, 1, 60))
WINDOW = Window(SINCE, NOW, Accounts("acc-ff", timedelta(seconds=120)))


def incident(number: int, **more: object) -> Incident:
    given = {"id": number, "issue_key": f"INC-{number}", **more}
    return replace(INCIDENT, **given)  # type: ignore[arg-type]


def issue(number: int, updated: bool = True, key: str = "") -> Issue:
    at = LATELY if updated else LONG_AGO
    given = {"id": 10_000 + number, "key": key or f"INC-{number}", "updated_at": at}
    return replace(ISSUE, **given)  # type: ignore[arg-type]


def lost(number: int) -> tuple[int, list[Revision]]:
    """Grace changed the status of an issue lately."""
    change = Revision(Field.STATUS, LATELY, "Grace", "acc-grace", "In Progress", "Resolved")
    return 10_000 + number, [change]


def declared(*numbers: int) -> Revisions:
    """What Impact tells of incidents that nobody has changed."""
    first = Revision(Field.STATUS, LONG_AGO, "Ada", "ada@x", new="MITIGATING")
    return {number: [first] for number in numbers}


@dataclass
class Site:
    """Three links; JIRA says that the second was changed lately, and Impact never heard of it."""

    source: FakeSource
    tracker: FakeTracker
    journal: FakeJournal

    def look(self, asked: ReadRequest | None = None) -> MissedReport:
        systems: Systems = made(self.source, self.tracker, self.journal)
        wanted = MissedRequest(asked or question(), WINDOW, ("", ""))
        return missed(systems, wanted, lambda: NOW, lambda _: None)


@pytest.fixture
def site() -> Site:
    """By a database, which tells the ids of issues."""
    incidents = [incident(n, issue_id=10_000 + n) for n in (1, 2, 3)]
    issues = [issue(n, updated=n == 2) for n in (1, 2, 3)]
    tracker = FakeTracker(issues, history=dict([lost(2)]), batch_size=100)
    return Site(FakeSource(incidents, history=declared(1, 2, 3)), tracker, FakeJournal())


def test_progress_is_told_of_every_link_once(site: Site) -> None:
    done: list[int] = []
    wanted = MissedRequest(question(), WINDOW, ("", ""))
    missed(made(site.source, site.tracker, site.journal), wanted, lambda: NOW, done.append)
    assert sum(done) == 3


def numbers(found: MissedReport) -> list[int]:
    return [one.subject.incident for one in found.missed]


def test_only_what_was_changed_is_read_and_asked_for_its_history(site: Site) -> None:
    found = site.look()
    assert numbers(found) == [2]
    assert site.tracker.asked == [["INC-2"]]
    assert (site.tracker.histories, site.source.histories) == ([[10_002]], [[2]])
    assert site.tracker.requests == 2, "a search, and the one issue"
    assert (found.links, found.looked_at, found.changes, found.unread) == (3, 1, 1, [])


def test_ids_that_impact_does_not_tell_the_journal_knows(site: Site) -> None:
    site.source.stored = [incident(n) for n in (1, 2, 3)]
    site.journal.known = {n: IssueRef(f"INC-{n}", 10_000 + n) for n in (1, 2)}
    found = site.look()
    assert site.tracker.asked == [["INC-2", "INC-3"]], "of the third nobody knows"
    assert site.tracker.histories == [[10_002]]
    assert numbers(found) == [2]


def test_a_key_of_which_the_journal_knows_another_issue_is_read(site: Site) -> None:
    site.source.stored = [incident(3)]
    site.journal.known = {3: IssueRef("INC-77", 10_077)}
    site.look()
    assert site.tracker.asked == [["INC-3"]]


def test_an_issue_that_moved_is_found_by_its_id(site: Site) -> None:
    site.tracker.stored = [issue(1, updated=False), issue(2, key="OPS-9")]
    site.tracker.aliases = {"INC-2": "OPS-9"}
    (one,) = site.look().missed
    assert (one.subject.issue, one.subject.linked_as) == ("OPS-9", "INC-2")


def test_named_targets_need_no_search(site: Site) -> None:
    found = site.look(question(scope=Scope(incidents=frozenset({1, 2}))))
    assert numbers(found) == [2]
    assert site.tracker.requests == 1
    assert site.tracker.histories == [[10_002]], "the first was not changed since"


def test_where_the_search_is_not_answered_all_links_are_looked_at(site: Site) -> None:
    site.tracker.search_fails = error(Category.VALIDATION)
    assert numbers(site.look()) == [2]
    assert site.tracker.asked == [["INC-1", "INC-2", "INC-3"]]


@pytest.mark.parametrize("category", [Category.AUTH, Category.NETWORK])
def test_a_jira_that_is_away_or_lets_nobody_in_ends_it(site: Site, category: Category) -> None:
    site.tracker.search_fails = error(category)
    with pytest.raises(ServiceError):
        site.look()


@pytest.mark.parametrize("side", Side)
def test_a_history_that_is_not_told_is_unread_and_nothing_is_judged_by_it(
    site: Site, side: Side
) -> None:
    away = error(Category.VALIDATION)
    if side is Side.IMPACT:
        site.source.history_fails = away
    else:
        site.tracker.history_fails = away
    found = site.look()
    assert found.missed == []
    (part,) = found.unread
    assert (part.system, part.what) == (side, "the history of 1 links")


def test_an_entry_that_cannot_be_read_is_told_and_spoils_no_other_link(site: Site) -> None:
    site.tracker.stored = [issue(n) for n in (1, 2, 3)]
    odd = Revision(Field.STATUS, UNKNOWN_TIME)
    site.tracker.history = dict([lost(1), lost(2), (10_003, [odd])])
    found = site.look()
    assert numbers(found) == [1, 2]
    (part,) = found.unread
    assert "the changelog of 1 fields" in part.what


def test_hidden_issues_are_counted(site: Site) -> None:
    site.source.stored = [*site.source.stored, incident(4)]
    found = site.look()
    assert (found.hidden, numbers(found)) == (1, [2])


def test_a_downgraded_incident_goes_on_in_its_issue_alone(site: Site) -> None:
    closed = {**INCIDENT.values, Field.STATUS: "CLOSED"}
    site.source.stored = [incident(2, issue_id=10_002, ignored=True, values=closed)]
    assert site.look().missed == []


def test_without_impacts_history_it_says_what_it_cannot_tell(site: Site) -> None:
    site.source.history = {}
    number, changes = lost(2)
    earlier = replace(changes[0], at=LATELY - timedelta(hours=1), new="Reopened")
    site.tracker.history = {number: [earlier, *changes]}
    found = site.look()
    assert (numbers(found), found.untold) == ([2], 1)
    assert any("Nothing tells whether 1 change arrived" in note for note in found.notes)


class Large(FakeTracker):
    """A JIRA of so many issues, each with a long history that arrived."""

    def updated(self, since: object) -> range:  # type: ignore[override]
        return range(10_001, 10_001 + 100_000)

    def issues(self, refs: Sequence[IssueRef]) -> Sequence[Issue | None]:
        return [issue(int(ref.key.removeprefix("INC-"))) for ref in refs]

    def revisions(self, issues: object) -> Revisions:
        times = [LATELY - timedelta(minutes=n) for n in range(8, 0, -1)]
        told = [
            ("Resolved", "In Progress") if n % 2 else ("In Progress", "Resolved") for n in range(8)
        ]
        return {
            number: [
                Revision(Field.STATUS, at, "Grace", "acc-grace", *ends)
                for at, ends in zip(times, told, strict=True)
            ]
            for number in issues  # type: ignore[attr-defined]
        }


def test_memory_does_not_grow_with_the_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "KNOWN_AT_ONCE", 50)

    def look(links: int) -> None:
        class Incidents(FakeSource):
            def incidents(self, scope: Scope) -> Iterator[Incident]:
                return (incident(n, issue_id=10_000 + n) for n in range(1, links + 1))

        source = Incidents((), history={})
        site = Site(source, Large((), batch_size=20), FakeJournal())
        assert site.look(question(scope=EVERYTHING)).looked_at == links

    few, many = (peak(partial(look, links)) for links in (300, 1_000))
    assert many - few < 200 * 700, "of a link that is done its key alone, which others may have"
