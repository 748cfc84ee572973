"""`raidctl backfill links` from the command line to both systems and back."""

import csv
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from raidctl.bootstrap.clock import utc_now
from raidctl.core.backfill.backlink import PROPERTY, global_id
from raidctl.core.model import Field
from raidctl.core.plan.item import Change
from raidctl.errors import ExitCode
from raidctl.journal import Journal
from raidctl.ports.tickets import TicketWriter
from raidctl.runs.backfill.taking_back import LinkReturner
from raidctl.sandbox.impact.seed import DECLARER
from raidctl.sandbox.jira.state import Person
from tests.cli.process import Ended
from tests.cli.world import ADA, Pair, Sort, World, world
from tests.schemas import validator

LINKS = (Pair(1), Pair(2), Pair(3), Pair(7, linked=False), Pair(8, linked=False))
DATABASE = 'reads = "database"'
BY_TABLE = "raidctl backfill links --from-csv FILE  # incident,key: 2,ITS-KEY"


@pytest.fixture(params=["cloud", pytest.param("datacenter", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, LINKS, sort=sort) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, LINKS) as made:
        yield made


def links(
    place: World,
    *arguments: str,
    tables: bool = True,
    typed: str | None = None,
    impact: str = DATABASE,
) -> Ended:
    """`raidctl backfill links`, by default as JSON and with FireFighter's tables."""
    text = place.toml(impact=impact)
    if tables:
        text = text.replace("[impact.writes]", '[impact.writes]\nlink = "database"')
    said = () if typed is not None else ("-o", "json")
    agreed = () if typed is not None or "--dry-run" in arguments else ("--yes",)
    return place.run("backfill", "links", *arguments, *said, *agreed, config=text, typed=typed)


def paired(place: World, *rows: str, header: str = "incident,key", **given: Any) -> Ended:
    """The same, with a CSV of these lines."""
    file = place.folder / "pairs.csv"
    file.write_text("\n".join([header, *rows, ""]))
    return links(place, "--from-csv", str(file), **given)


def told(ended: Ended) -> list[tuple[int, str, str, str | None]]:
    """Of each item its incident, verdict, reason and outcome."""
    return [
        (item["incident"], item["verdict"], item["reason"], item["outcome"])
        for item in ended.report["items"]
    ]


def reasons(ended: Ended) -> Mapping[int, str]:
    """The reason of each incident's last item."""
    return {item["incident"]: item["reason"] for item in ended.report["items"]}


def detail(ended: Ended, incident: int) -> str:
    """What is said of an incident."""
    return " / ".join(
        item["detail"] or "" for item in ended.report["items"] if item["incident"] == incident
    )


def stored(place: World) -> dict[int, tuple[str, int | None]]:
    """FireFighter's tickets: the key and the incident of each issue."""
    rows = """
    SELECT issue.id, issue.key, ticket.incident_id FROM jira_app_jiraissue AS issue
    JOIN raid_jiraticket AS ticket ON ticket.jiraissue_ptr_id = issue.id
    """
    with closing(sqlite3.connect(place.database)) as connection:
        return {issue: (key, incident) for issue, key, incident in connection.execute(rows)}


def leading(place: World, incident: int, issue: int, *, by: str = "both") -> None:
    """Let an issue lead back to an incident."""
    name = global_id(place.impact.url, incident)
    if by in ("both", "property"):
        value = {"globalId": name, "incident": incident}
        place.state.properties.setdefault(issue, {})[PROPERTY] = value
    if by in ("both", "link"):
        at = {"globalId": name, "object": {"url": "https://impact.example.test", "title": "x"}}
        place.state.remote_links.setdefault(issue, {})[place.state.next_id()] = at


def double(place: World, issue: int, key: str, incident: int | None) -> None:
    """Give FireFighter one more ticket, of a key that it may have already."""
    place.sql(
        "INSERT INTO jira_app_jiraissue (id, key, summary, description, project_key, issue_type,"
        f" reporter_id) SELECT {issue}, '{key}', summary, description, project_key, issue_type,"
        " reporter_id FROM jira_app_jiraissue LIMIT 1"
    )
    whose = "NULL" if incident is None else incident
    place.sql(
        "INSERT INTO raid_jiraticket (jiraissue_ptr_id, incident_id, business_impact)"
        f" VALUES ({issue}, {whose}, '')"
    )


# What both systems tell themselves


def test_an_issue_that_moved_gets_its_key_of_now(either: World) -> None:
    either.state.move(10_002, "PAY-9")
    looked = links(either, "--dry-run")
    assert looked.code == ExitCode.DRIFT
    validator("report").validate(looked.report)
    assert (2, "create_link", "moved", None) in told(looked)
    assert stored(either)[10_002] == ("INC-2", 2)

    kept = either.folder / "made.csv"
    ended = links(either, "--made", str(kept))
    assert ended.code == ExitCode.OK, ended.err
    validator("report").validate(ended.report)
    assert (2, "create_link", "moved", "applied") in told(ended)
    assert stored(either)[10_002] == ("PAY-9", 2)
    assert list(csv.reader(kept.read_text().splitlines())) == [["incident", "key"], ["2", "PAY-9"]]
    assert either.diff(config=either.toml(impact=DATABASE)).code == ExitCode.OK

    again = links(either)
    assert again.code == ExitCode.OK
    assert reasons(again) == {7: "unlinked", 8: "unlinked"}


def test_without_its_tables_a_moved_issue_is_told(place: World) -> None:
    place.state.move(10_002, "PAY-9")
    ended = links(place, tables=False)
    assert reasons(ended)[2] == "moved"
    assert '[impact.writes] link = "database"' in detail(ended, 2)


@pytest.mark.parametrize("by", ["both", "link", "property"])
def test_what_leads_back_to_one_incident_is_its_issue(either: World, by: str) -> None:
    issue = either.state.create("INC", "Incident", {"summary": "Whatever", "reporter": ADA.account})
    leading(either, 7, issue.id, by=by)
    ended = links(either)
    assert ended.code == ExitCode.OK, ended.err
    assert (7, "create_link", "unlinked", "applied") in told(ended)
    assert stored(either)[issue.id] == (issue.key, 7)
    assert either.state.linked_by([global_id(either.impact.url, 7)]) == {issue.id}
    named = either.state.properties[issue.id][PROPERTY]
    assert named["globalId"] == global_id(either.impact.url, 7)
    assert reasons(links(either)) == {8: "unlinked"}


def test_its_link_stays_in_the_journal_until_the_tables_are_written(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "Whatever", "reporter": ADA.account})
    leading(place, 7, issue.id)
    assert links(place, tables=False).code == ExitCode.OK
    assert issue.id not in stored(place)
    diff = place.diff("7", config=place.toml(impact=DATABASE))
    assert diff.report["summary"]["links"] == 1
    assert reasons(links(place, tables=False)) == {8: "unlinked"}
    assert links(place).code == ExitCode.OK
    assert stored(place)[issue.id] == (issue.key, 7)


def two_of_one(place: World) -> None:
    for _ in range(2):
        issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
        leading(place, 7, issue.id)


def one_of_two(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    leading(place, 7, issue.id, by="link")
    leading(place, 8, issue.id, by="property")


def anothers(place: World) -> None:
    leading(place, 7, 10_001)


@pytest.mark.parametrize("arranged", [two_of_one, one_of_two, anothers])
def test_what_is_not_one_to_one_is_a_persons_to_tell(
    either: World, arranged: Callable[[World], None]
) -> None:
    arranged(either)
    before = stored(either)
    ended = links(either)
    assert reasons(ended)[7] == "look_alike"
    assert "the line 7,ITS-KEY in a CSV" in detail(ended, 7)
    assert stored(either) == before


def test_what_nobody_knows_is_listed_as_it_is_seen(either: World) -> None:
    issue = either.state.create(
        "INC", "Incident", {"summary": "Incident 7\x1b[31m", "reporter": ADA.account}
    )
    either.state.create("INC", "Bug", {"summary": "No incident", "reporter": ADA.account})
    ended = links(either)
    (note,) = ended.report["notes"]
    assert note.startswith(f"No incident has {issue.key}, created ")
    assert "it leads back to none" in note
    assert "\x1b" not in ended.out
    assert issue.id not in stored(either), "a title is no link"


def test_targets_are_all_that_it_looks_at(place: World) -> None:
    place.state.move(10_002, "PAY-9")
    place.state.move(10_003, "PAY-10")
    place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    ended = links(place, "3")
    assert told(ended) == [(3, "create_link", "moved", "applied")]
    assert ended.report["notes"] == []
    assert stored(place)[10_002] == ("INC-2", 2)


def test_as_many_are_mended_as_were_asked_for(place: World) -> None:
    for number in (1, 2, 3):
        place.state.move(10_000 + number, f"PAY-{number}")
    assert [one[:2] for one in told(links(place, "--limit", "2", "1", "2", "3"))] == [
        (1, "create_link"),
        (2, "create_link"),
    ]
    assert told(links(place, "1", "2", "3")) == [(3, "create_link", "moved", "applied")]


def test_it_asks_and_only_yes_is_a_yes(place: World) -> None:
    place.state.move(10_002, "PAY-9")
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    leading(place, 7, issue.id, by="property")
    refused = links(place, typed="no\n")
    assert refused.code == ExitCode.DRIFT
    assert refused.err.count("create link") == 3
    assert "This makes 2 links." in refused.err
    assert stored(place)[10_002] == ("INC-2", 2)
    assert links(place, typed="yes\n").code == ExitCode.OK
    assert stored(place)[10_002] == ("PAY-9", 2)


# What only a person can tell


def test_two_tickets_with_one_key_are_shown_and_a_line_mends_them(either: World) -> None:
    """Issue 10003 is INC-3 in JIRA, whatever FireFighter has noted."""
    either.sql("UPDATE jira_app_jiraissue SET key = 'INC-2' WHERE id = 10003")
    held = links(either)
    assert {n: reasons(held)[n] for n in (2, 3)} == {2: "shared_issue", 3: "shared_issue"}
    assert "INC-2 (issue 10003) of incident 3, which JIRA calls INC-3" in detail(held, 2)
    assert "the line 3,INC-3 in a CSV" in detail(held, 3)

    ended = paired(either, "3,INC-3")
    assert ended.code == ExitCode.OK, ended.err
    assert told(ended)[-1] == (3, "create_link", "moved", "applied")
    assert stored(either)[10_003] == ("INC-3", 3)
    assert told(paired(either, "3,INC-3")) == []


def test_of_two_tickets_the_one_of_no_incident_gets_the_key_of_its_issue(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    double(place, issue.id, "INC-2", None)
    assert reasons(links(place))[2] == "shared_issue"
    ended = paired(place, "2,INC-2")
    assert ended.code == ExitCode.OK, ended.err
    assert stored(place)[issue.id] == (issue.key, None)
    assert stored(place)[10_002] == ("INC-2", 2)


def test_a_ticket_of_an_issue_that_is_not_shown_is_left_to_its_admin_page(place: World) -> None:
    double(place, 99_999, "INC-2", None)
    ended = paired(place, "2,INC-2")
    assert "take it away on its admin page" in detail(ended, 2)
    assert stored(place)[99_999] == ("INC-2", None)


def test_an_issue_of_two_incidents_is_the_one_that_a_line_says(place: World) -> None:
    """Incident 2's issue was merged into 3's, which has its key."""
    place.state.delete(10_002)
    place.state.move(10_003, "INC-2")
    held = links(place)
    assert {n: reasons(held)[n] for n in (2, 3)} == {2: "relinked", 3: "shared_issue"}
    assert "INC-2 led to the issue with id 10002, now to id 10003" in detail(held, 2)
    assert "INC-2 also belongs to incident #2" in detail(held, 3)
    issue = place.state.create("PAY", "Incident", {"summary": "A", "reporter": ADA.account})
    rows = ("3,INC-2", f"2,{issue.key}")
    ended = paired(place, *rows)
    assert ended.code == ExitCode.OK, ended.err
    assert stored(place)[issue.id] == (issue.key, 2)
    assert stored(place)[10_003] == ("INC-2", 3)
    assert "INC-2 (issue 10002) of incident 2, which is another's after this" in detail(ended, 3)
    told_now = detail(paired(place, *rows), 3)
    assert "INC-2 (issue 10002) of no incident, which JIRA does not show" in told_now


@pytest.mark.parametrize("reads", ["database", "rest"])
def test_baseline_accepts_what_is_relinked_and_nothing_else_and_says_why_not(
    place: World, reads: str
) -> None:
    """Impact's database tells which issue it has, and the journal what a key led to before."""
    config = place.toml(impact=DATABASE if reads == "database" else "")
    place.run("baseline", "2", config=config)
    place.state.delete(10_002)
    there = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    place.state.move(there.id, "INC-2")

    def held() -> dict[int, str]:
        told = place.run("held", "2", "-o", "json", config=config).report["held"]
        return {one["incident"]: one["command"] for one in told}

    before, ended = held(), place.run("baseline", "2", config=config)

    if reads == "rest":
        assert before[2] == "raidctl baseline 2  # if wrong: backfill links --from-csv FILE"
        assert "stays held" not in ended.err
        assert "relinked" not in place.run("held", "2", "-o", "json", config=config).out
    else:
        assert before == held() == {2: BY_TABLE}
        assert "incident 2 · INC-2 stays held: the key now leads to another issue" in ended.err
        assert BY_TABLE in ended.err


def test_advice_that_a_person_needs_is_not_cut(place: World) -> None:
    """At any width: what to write into the table stands below the row."""
    place.state.delete(10_002)
    double(place, 99_999, "INC-3", None)
    ended = place.run(
        "backfill", "links", "--dry-run", config=place.toml(impact=DATABASE), COLUMNS="80"
    )
    said = " ".join(ended.out.split())
    assert "the line 2,ITS-KEY in a CSV of incident,key says whose it is" in said
    assert "the line 3,INC-3 in a CSV of incident,key says whose it is" in said
    assert "--from-csv FILE  # incident,key: 2,ITS-KEY 3,ITS-KEY\n" in ended.out


def test_an_issue_that_is_gone_is_replaced_by_the_one_that_a_line_says(either: World) -> None:
    either.state.delete(10_002)
    held = links(either)
    assert reasons(held)[2] == "not_visible"
    assert "the line 2,ITS-KEY in a CSV" in detail(held, 2)
    issue = either.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    ended = paired(either, f"2,{issue.key}")
    assert ended.code == ExitCode.OK, ended.err
    assert (2, "create_link", "resolved", "applied") in told(ended)
    assert stored(either)[issue.id] == (issue.key, 2)
    assert stored(either)[10_002] == ("INC-2", None)
    assert either.state.linked_by([global_id(either.impact.url, 2)]) == {issue.id}


def test_a_line_takes_an_issue_from_another_incident_and_says_so(place: World) -> None:
    ended = paired(place, "7,INC-2")
    assert ended.code == ExitCode.OK, ended.err
    assert "taken from INC-2 (issue 10002) of incident 2" in detail(ended, 7)
    assert stored(place)[10_002] == ("INC-2", 7)


def test_a_line_without_tables_is_for_those_that_impact_has_nothing_for(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    other = place.state.create("INC", "Incident", {"summary": "B", "reporter": ADA.account})
    ended = paired(place, f"7,{issue.key}", f"2,{other.key}", tables=False)
    assert (7, "create_link", "unlinked", "applied") in told(ended)
    assert reasons(ended)[2] == "read_only"
    diff = place.diff("7", config=place.toml(impact=DATABASE))
    assert diff.report["summary"]["links"] == 1


def test_by_rest_as_well(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    ended = paired(place, f"7,{issue.key}", impact="")
    assert ended.code == ExitCode.OK, ended.err
    assert stored(place)[issue.id] == (issue.key, 7)
    place.state.move(10_002, "PAY-9")
    assert links(place, impact="").code == ExitCode.OK
    assert stored(place)[10_002] == ("PAY-9", 2)


def test_a_private_incidents_title_does_not_reach_jira(tmp_path: Path) -> None:
    with world(tmp_path, (Pair(7, linked=False, private=True),)) as place:
        issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
        assert paired(place, f"7,{issue.key}").code == ExitCode.OK
        (link,) = place.state.remote_links[issue.id].values()
        assert link["object"]["title"] == "Incident 7"


def test_a_downgraded_incident_is_left_alone(tmp_path: Path) -> None:
    gone = Pair(2, impact={Field.STATUS: "CLOSED"}, ignored=True)
    with world(tmp_path, (Pair(1), gone)) as place:
        place.state.move(10_002, "PAY-9")
        assert told(links(place)) == []
        assert reasons(links(place, "2")) == {2: "downgraded"}
        assert reasons(paired(place, "2,PAY-9")) == {2: "downgraded"}
        assert stored(place)[10_002] == ("INC-2", 2)


# Taken back


def undone(
    place: World, *, tables: bool = True, dry: bool = False, typed: str | None = None
) -> Ended:
    """`raidctl undo` of the last run."""
    text = place.toml(impact=DATABASE)
    if tables:
        text = text.replace("[impact.writes]", '[impact.writes]\nlink = "database"')
    if typed is not None:
        return place.run("undo", "last", config=text, typed=typed)
    said = "--dry-run" if dry else "--yes"
    return place.run("undo", "last", said, "-o", "json", config=text)


def test_a_key_is_put_back_and_only_a_line_corrects_it_again(either: World) -> None:
    either.state.move(10_002, "PAY-9")
    links(either)
    looked = undone(either, dry=True)
    assert (looked.code, told(looked)) == (ExitCode.DRIFT, [(2, "create_link", "undo", None)])
    assert "This puts 1 link back." in undone(either, typed="no\n").err
    ended = undone(either)
    assert (ended.code, told(ended)) == (ExitCode.OK, [(2, "create_link", "undo", "applied")])
    validator("report").validate(ended.report)
    assert stored(either)[10_002] == ("INC-2", 2)

    assert reasons(links(either))[2] == "undone"
    assert "put links back: raidctl backfill links --from-csv" in undone(either).err
    assert paired(either, "2,PAY-9").code == ExitCode.OK
    assert stored(either)[10_002] == ("PAY-9", 2)


def test_tickets_are_put_back_as_they_were(place: World) -> None:
    """Incident 7 had taken 2's issue; 3 had got another in the place of its own."""
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    before = stored(place)
    assert paired(place, "7,INC-2", f"3,{issue.key}").code == ExitCode.OK
    assert stored(place) != before
    ended = undone(place)
    assert ended.code == ExitCode.OK, ended.err
    assert stored(place) == before


@pytest.mark.parametrize("first", [7, 8])
def test_an_own_link_is_put_back_in_the_journal(
    place: World, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two incidents comes first."""
    put_back, other_is_done = LinkReturner._put_back, threading.Event()

    def in_turn(self: LinkReturner, change: Change, writer: TicketWriter | None) -> None:
        if change.subject.incident != first:
            assert other_is_done.wait(10)
        put_back(self, change, writer)
        other_is_done.set()

    monkeypatch.setattr(LinkReturner, "_put_back", in_turn)
    one, other = (
        place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
        for _ in range(2)
    )
    paired(place, f"7,{one.key}", tables=False)
    assert paired(place, f"8,{one.key}", f"7,{other.key}", tables=False).code == ExitCode.OK
    own = "SELECT incident, issue_key FROM own_links ORDER BY incident"
    assert place.journalled(own) == [(7, other.key), (8, one.key)]
    ended = undone(place, tables=False)
    assert ended.code == ExitCode.OK, ended.err
    assert place.journalled(own) == [(7, one.key)]


def test_what_somebody_has_changed_since_is_left_alone(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    paired(place, f"7,{issue.key}")
    place.sql(f"UPDATE raid_jiraticket SET incident_id = 8 WHERE jiraissue_ptr_id = {issue.id}")
    place.sql("UPDATE raid_jiraticket SET incident_id = 7 WHERE jiraissue_ptr_id = 10003")
    before = stored(place)
    ended = undone(place)
    assert (ended.code, told(ended)[0][3]) == (ExitCode.INCOMPLETE, "stale")
    assert stored(place) == before


def test_the_link_of_a_created_issue_is_taken_back_and_no_second_one_made(place: World) -> None:
    place.state.add_user(Person("firefighter-bot", "FireFighter", DECLARER))
    text = place.toml(impact=DATABASE).replace(
        "[impact.writes]", '[impact.writes]\nlink = "database"'
    )
    run = ("backfill", "issues", "7", "--yes", "-o", "json")
    made = place.run(*run, config=text)
    assert made.code == ExitCode.OK, made.err
    issues = len(place.state.ids())
    assert 7 in {incident for _, incident in stored(place).values()}
    ended = undone(place)
    assert ended.code == ExitCode.OK, ended.err
    assert 7 not in {incident for _, incident in stored(place).values()}
    again = place.run(*run, config=text)
    assert reasons(again) == {7: "undone"}
    assert len(place.state.ids()) == issues


def test_without_the_tables_a_link_in_them_cannot_be_put_back(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    paired(place, f"7,{issue.key}")
    ended = undone(place, tables=False)
    assert ended.code == ExitCode.INCOMPLETE
    assert '[impact.writes] link = "database"' in ended.err
    assert stored(place)[issue.id] == (issue.key, 7)


# Files that are refused

FIRST = ("incident,key", "7,INC-3")
WRONG = {
    "another header": (("key,incident", "INC-1,1"), ["1: the header is 'key,incident', not "]),
    "no header": (("1,INC-1", "2,INC-2"), ["1: the header is '1,INC-1', not incident,key"]),
    "semicolons": (("incident;key", "1;INC-1"), ["1: its columns are separated by ';'"]),
    "tabs": (("incident\tkey", "1\tINC-1"), ["1: its columns are separated by '\\t'"]),
    "nothing": (("incident,key",), ["1: nothing follows the header"]),
    "three columns": ((*FIRST, "1,INC-1,x"), ["3: it is not incident,key: '1,INC-1,x'"]),
    "no number": ((*FIRST, "x,INC-1"), ["3: 'x' is no incident's number"]),
    "no key": ((*FIRST, "", "1,INC"), ["4: 'INC' is no issue's key (INC-12)"]),
    "hostile": ((*FIRST, "1,\x1b[31m\u202eINC-1"), ["3: '\\x1b[31m\\u202eINC-1' is no issue's"]),
    "JQL": ((*FIRST, '1,"INC-1) OR (key = INC-2"'), ["3: 'INC-1) OR (key = INC-2' is no issue's"]),
    "twice": ((*FIRST, "7,inc-3"), ["3: 7,INC-3 stands in line 2 already"]),
    "two keys": ((*FIRST, "7,INC-2"), ["3: incident 7 has INC-3 in line 2"]),
    "two incidents": ((*FIRST, "2,INC-3"), ["3: INC-3 is incident 7's in line 2"]),
    "an open quote": ((*FIRST, '1,"INC-1'), ["4: it is no CSV: "]),
    "several": (
        (*FIRST, "99,INC-1", "2,INC-999"),
        ["3: Impact has no incident 99", "4: JIRA shows this user no issue INC-999"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_with_a_wrong_line_is_refused_whole(place: World, case: str) -> None:
    (header, *rows), said = WRONG[case]
    before = stored(place)
    ended = paired(place, *rows, header=header)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    first, *lines = ended.err.splitlines()
    assert first.endswith("pairs.csv is refused whole, nothing was made:")
    for line, wanted in zip(lines, said, strict=True):
        assert line.startswith(f"  line {wanted}")
    assert stored(place) == before


def test_two_keys_of_one_issue_contradict_each_other(place: World) -> None:
    place.state.move(10_002, "PAY-9")
    ended = paired(place, "2,PAY-9", "7,INC-2")
    assert ended.code == ExitCode.USAGE
    assert "line 3: INC-2 is the issue PAY-9, which is incident 2's in line 2" in ended.err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_mark_of_its_encoding_is_taken_as_meant(place: World, encoding: str) -> None:
    file = place.folder / "pairs.csv"
    file.write_text("incident,key\r\n7,INC-2\r\n\r\n", encoding=encoding)
    assert links(place, "--from-csv", str(file)).code == ExitCode.OK


def test_another_encoding_is_refused(place: World) -> None:
    file = place.folder / "pairs.csv"
    file.write_bytes("incident,key\n7,INC-ä\n".encode("latin-1"))
    ended = links(place, "--from-csv", str(file))
    assert ended.code == ExitCode.USAGE
    assert "line 2: it is not in UTF-8" in ended.err


def test_somebody_elses_file_is_not_believed(place: World) -> None:
    file = place.folder / "pairs.csv"
    file.write_text("incident,key\n7,INC-2\n")
    file.chmod(0o666)
    ended = links(place, "--from-csv", str(file))
    assert ended.code == ExitCode.USAGE
    assert "others may write it" in ended.err
    assert "cannot be read" in links(place, "--from-csv", str(place.folder / "none.csv")).err


def test_a_file_and_targets_are_one_too_many(place: World) -> None:
    ended = links(place, "--from-csv", "x.csv", "2")
    assert ended.code == ExitCode.USAGE


def test_what_backfill_made_is_what_it_takes(place: World) -> None:
    issue = place.state.create("INC", "Incident", {"summary": "A", "reporter": ADA.account})
    kept = place.folder / "kept.csv"
    paired(place, f"7,{issue.key}", tables=False)
    with closing(Journal(place.journal, utc_now)) as journal:
        journal.forget_own_links([7])
    leading(place, 7, issue.id)
    assert links(place, "--made", str(kept)).code == ExitCode.OK
    assert told(links(place, "--from-csv", str(kept))) == []
