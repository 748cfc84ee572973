"""`raidctl history`: what it finds in the journal, shows and answers."""

import csv
import io
import json
import stat
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raidctl.core.model import Field, SyncDirection
from raidctl.core.plan.item import Change
from raidctl.core.writes.log import Pause, Run
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import ExitCode
from raidctl.journal import Journal
from raidctl.present.text.safe import unseen, width_of
from tests.cli.inside import within
from tests.cli.process import Ended, clean_environ, on_terminal, told_in_one_line
from tests.items import meant
from tests.present.markup import parsed
from tests.schemas import validator

STARTED = datetime(2026, 11, 22, 21, 0, 3, tzinfo=UTC)
TO_JIRA = SyncDirection.IMPACT_TO_JIRA
FIRST, SECOND, THIRD = "20261122T210003Z-7f3a", "20261122T220003Z-0b1c", "20261122T230003Z-00ff"
UNKNOWN = "20261122T210003Z-dead"
HOSTILE = "=1+1 [bold red]x[/] \x1b]0;owned\x07 <b>|@everyone \u202e\r\nnext"


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration, and where its journal belongs."""

    folder: Path

    @property
    def journal(self) -> Path:
        """raidctl's journal."""
        return self.folder / "state" / "journal.db"

    @property
    def environ(self) -> dict[str, str]:
        """A user's environment, without any secret."""
        file = self.folder / "raidctl.toml"
        return {**clean_environ(self.folder), "RAIDCTL_CONFIG": str(file), "TZ": "UTC"}

    def history(self, *arguments: str, **environ: str) -> Ended:
        """Run `raidctl history`."""
        return within("history", *arguments, environ={**self.environ, **environ})


def intent(incident: int, field: Field, old: str, new: str) -> Change:
    issue = f"INC-{incident}"
    return meant(incident, issue, 10_000 + incident, field, TO_JIRA, "x", old, new, "t")


def place(folder: Path) -> Place:
    made = Place(folder)
    (folder / "raidctl.toml").write_text(
        '[impact]\nurl = "https://impact.example.test"\n'
        '[jira]\nurl = "https://jira.example.test"\nproject = "INC"\n'
        f'[journal]\npath = "{made.journal}"\n',
        encoding="utf-8",
    )
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Place:
    """No journal yet."""
    return place(tmp_path)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Three runs: one of three writes, one that died with a write open, one that wrote nothing."""
    made = place(tmp_path_factory.mktemp("history"))
    hour = timedelta(hours=1)
    with closing(Journal(made.journal)) as journal:
        run = Run(FIRST, "reconcile", STARTED, 77, TO_JIRA)
        journal.begin(run)
        status = intent(12, Field.STATUS, "In Progress", "Resolved")
        priority = intent(13, Field.PRIORITY, "Low", "High")
        applied, stale = journal.intend([status, priority], FIRST, STARTED)
        journal.settle(
            [
                Settlement(status, Result(Outcome.APPLIED, "Resolved"), applied),
                Settlement(
                    priority, Result(Outcome.STALE, "Highest", "conflict", "changed since"), stale
                ),
                Settlement(
                    intent(14, Field.TITLE, HOSTILE, "A title"),
                    Result(Outcome.REFUSED, None, "permission", HOSTILE),
                ),
            ],
            FIRST,
            STARTED,
        )
        journal.end(
            replace(
                run,
                finished_at=STARTED + timedelta(seconds=2.1),
                exit_code=4,
                outcomes=((Outcome.APPLIED, 1), (Outcome.REFUSED, 1), (Outcome.STALE, 1)),
                held=3,
            )
        )
        journal.begin(Run(SECOND, "apply", STARTED + hour, 78))
        journal.intend([intent(12, Field.TITLE, "", "Another")], SECOND, STARTED + hour)
        quiet = Run(THIRD, "reconcile", STARTED + 2 * hour, 79)
        journal.begin(quiet)
        journal.end(replace(quiet, finished_at=quiet.started_at + hour, exit_code=0))
    return made


def told(ended: Ended) -> tuple[list[str], list[tuple[int, str]]]:
    """The runs of a history in JSON, and incident and field of its writes."""
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    validator("history").validate(ended.report)
    writes = ended.report.get("writes", [])
    return (
        [run["id"] for run in ended.report["runs"]],
        [(write["incident"], write["field"]) for write in writes],
    )


# What it finds


def test_the_latest_runs_come_newest_first(site: Place) -> None:
    ended = site.history()

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert ended.out == (
        "Run                    Started               Command    Exit\n"
        f"{THIRD}  2026-11-22 23:00 UTC  reconcile  0 ok, 1 h 0 min\n"
        f"{SECOND}  2026-11-22 22:00 UTC  apply      did not finish\n"
        f"{FIRST}  2026-11-22 21:00 UTC  reconcile  4 incomplete, 2.1 s\n"
        "  1 applied, 1 refused, 1 stale, 3 held; Impact → JIRA\n"
    )
    assert told(site.history("-o", "json")) == ([THIRD, SECOND, FIRST], [])
    assert "writes" not in site.history("-o", "json").report


def test_the_number_of_runs_can_be_limited(site: Place) -> None:
    assert told(site.history("-o", "json", "--limit", "2")) == ([THIRD, SECOND], [])
    refused = site.history("--limit", "0")
    assert (refused.code, refused.out) == (ExitCode.USAGE, "")


def test_a_run_comes_with_its_writes(site: Place) -> None:
    ended = site.history("-o", "json", f" {FIRST} ")

    assert told(ended) == ([FIRST], [(12, "status"), (13, "priority"), (14, "title")])
    assert ended.report["writes"][1] == {
        "run": FIRST,
        "at": "2026-11-22T21:00:03Z",
        "incident": 13,
        "issue": "INC-13",
        "issue_id": "10013",
        "field": "priority",
        "direction": "impact_to_jira",
        "old": "Low",
        "new": "High",
        "read_back": "Highest",
        "outcome": "stale",
        "category": "conflict",
        "detail": "changed since",
    }


def test_several_runs_come_with_the_writes_of_each_oldest_first(site: Place) -> None:
    found = told(site.history("-o", "json", SECOND, FIRST))

    assert found == (
        [SECOND, FIRST],
        [(12, "status"), (13, "priority"), (14, "title"), (12, "title")],
    )


@pytest.mark.parametrize(
    "target",
    ["12", "#12", "INC-12", "inc-12", " Inc-12 ", "https://jira.example.test/browse/inc-12"],
)
def test_a_target_comes_with_its_writes_and_the_runs_that_made_them(
    site: Place, target: str
) -> None:
    found = told(site.history("-o", "json", target))
    assert found == ([SECOND, FIRST], [(12, "status"), (12, "title")])


def test_several_targets_come_together(site: Place) -> None:
    found = told(site.history("-o", "json", "13", "inc-14"))
    assert found == ([FIRST], [(13, "priority"), (14, "title")])


def test_a_run_and_a_target_are_the_runs_writes_of_the_target(site: Place) -> None:
    assert told(site.history("-o", "json", FIRST, "12")) == ([FIRST], [(12, "status")])
    assert told(site.history("-o", "json", "inc-12", SECOND)) == ([SECOND], [(12, "title")])
    assert told(site.history("-o", "json", SECOND, "13")) == ([SECOND], [])


def test_an_unknown_run_is_named_with_where_to_look(site: Place) -> None:
    line = told_in_one_line(site.history(FIRST, UNKNOWN), ExitCode.USAGE)

    assert UNKNOWN in line
    assert FIRST not in line
    assert "raidctl history" in line


@pytest.mark.parametrize("target", ["12x", "", f"{FIRST}x", "20261122T210003Z-7F3A"])
def test_what_is_neither_run_nor_target_is_refused(site: Place, target: str) -> None:
    line = told_in_one_line(site.history(target), ExitCode.USAGE)
    assert repr(target) in line


# An empty journal


def test_without_a_journal_one_line_says_so_and_none_is_made(empty: Place) -> None:
    ended = empty.history()

    assert ended == Ended(ExitCode.OK, "The journal holds no runs yet.\n", "")
    assert told(empty.history("-o", "json")) == ([], [])
    assert not empty.journal.parent.exists()


def test_a_target_that_nothing_was_written_of_is_told(site: Place) -> None:
    ended = site.history("999")
    assert ended == Ended(ExitCode.OK, "The journal holds no such writes.\n", "")


def test_a_run_that_wrote_nothing_is_told(site: Place) -> None:
    ended = site.history(THIRD)

    assert ended.code == ExitCode.OK
    assert ended.out.endswith("1 h 0 min\n\nThe journal holds no such writes.\n")


def test_nothing_is_written_beside_the_journal(site: Place) -> None:
    before = {(file.name, file.stat().st_mtime_ns) for file in site.journal.parent.iterdir()}
    assert site.history("12").code == ExitCode.OK
    after = {(file.name, file.stat().st_mtime_ns) for file in site.journal.parent.iterdir()}
    assert after == before


# How it is shown


@pytest.mark.parametrize("arguments", [(), (FIRST,), ("12", "13", "14")])
def test_no_line_is_longer_than_80_columns(site: Place, arguments: tuple[str, ...]) -> None:
    ended = site.history(*arguments)
    assert ended.code == ExitCode.OK
    assert max(map(width_of, ended.out.splitlines())) <= 80


def test_an_open_write_and_a_long_story_in_the_table(site: Place) -> None:
    ended = site.history("inc-12")

    assert ended.out.endswith(
        "\n\nIncident 12 · INC-12\n"
        "  2026-11-22 21:00:03 UTC  status       Impact → JIRA  In Progress -> Resolved\n"
        f"    applied · {FIRST}\n"
        "  2026-11-22 22:00:03 UTC  title        Impact → JIRA  (empty) -> Another\n"
        f"    unknown yet: the next run reads first · {SECOND}\n"
    )


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "markdown"])
def test_hostile_texts_are_shown_harmlessly(site: Place, form: str) -> None:
    ended = site.history("14", "-o", form)

    assert (ended.code, ended.err) == (ExitCode.OK, "")
    assert [c for c in ended.out if unseen(c) and c != "\n"] == []
    assert "owned" in ended.out
    if form == "csv":
        assert ",=" not in ended.out
    if form == "markdown":
        assert "<b>" not in ended.out
        assert "@everyone" not in ended.out


def test_lines_and_rows_are_writes_where_asked_for_else_runs(site: Place) -> None:
    runs = [json.loads(line) for line in site.history("-o", "jsonl").out.splitlines()]
    writes = [json.loads(line) for line in site.history("12", "-o", "jsonl").out.splitlines()]
    assert [run["id"] for run in runs] == [THIRD, SECOND, FIRST]
    assert [write["field"] for write in writes] == ["status", "title"]
    table = csv.DictReader(io.StringIO(site.history("14", "-o", "csv").out))
    assert [row["old"][:5] for row in table] == ["'=1+1"]
    table = csv.DictReader(io.StringIO(site.history("-o", "csv").out))
    assert [row["id"] for row in table] == [THIRD, SECOND, FIRST]


def test_colour_is_for_terminals_that_want_it(site: Place) -> None:
    arguments = ("history", "12")
    assert "\x1b[32m" in on_terminal(*arguments, environ=site.environ).out
    plain = on_terminal(*arguments, environ={**site.environ, "NO_COLOR": "1"})
    assert "applied" in plain.out
    assert "\x1b" not in plain.out + site.history("12").out


def test_the_history_goes_into_a_private_file(site: Place, tmp_path: Path) -> None:
    file = tmp_path / "history.json"

    ended = site.history("12", "-o", "json", "--out", str(file))

    assert (ended.code, ended.out) == (ExitCode.OK, "")
    assert ended.err == f"raidctl: wrote {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(json.loads(file.read_text())["writes"]) == 2


def test_its_page_leads_to_both_systems(site: Place, tmp_path: Path) -> None:
    def led_to(*arguments: str) -> set[str | None]:
        page = parsed(site.history(FIRST, "12", "-o", "html", *arguments).out)
        return {one.attributes["href"] for one in page.all("a")}

    impact, jira = (
        "https://impact.example.test/incident/12/",
        "https://jira.example.test/browse/INC-12",
    )
    assert led_to() == {impact, jira}
    text = (site.folder / "raidctl.toml").read_text()
    through_api = tmp_path / "through-api.toml"
    through_api.write_text(text.replace("jira.example.test", "api.atlassian.com/ex/jira/0c1d"))
    assert led_to("--config", str(through_api)) == {impact}, "which serves no pages"


def test_a_configuration_can_be_named(site: Place, tmp_path: Path) -> None:
    file = site.environ["RAIDCTL_CONFIG"]
    environ = clean_environ(tmp_path)
    ended = within("history", "--config", file, "-o", "json", environ=environ)
    assert told(ended)[0] == [THIRD, SECOND, FIRST]


def test_a_pause_is_told_of(empty: Place) -> None:
    now = datetime.now(UTC)
    with closing(Journal(empty.journal)) as journal:
        journal.pause(Pause(now, now + timedelta(hours=1), "ada@host"))

    ended = empty.history()

    assert (ended.code, ended.out) == (ExitCode.OK, "The journal holds no runs yet.\n")
    assert ended.err.startswith("raidctl: paused by ada@host until ")
