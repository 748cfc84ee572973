"""`raidctl explain` from the command line to both systems and back."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from raidctl.core.model import Field, SyncDirection
from raidctl.core.writes.log import Pause, Run
from raidctl.core.writes.outcome import Outcome, Result
from raidctl.core.writes.settlement import Settlement
from raidctl.errors import ExitCode
from raidctl.journal import Journal
from raidctl.present.text.safe import unseen
from tests.cli.process import IMPACT_TOKEN, Ended, discreet, on_terminal, told_in_one_line
from tests.cli.test_hostile_texts import HOSTILE
from tests.cli.test_read_only import READS, files
from tests.cli.world import ADA, Pair, Sort, World, world
from tests.items import meant
from tests.simulators.server import refuse

CLOSING = Pair(
    11, impact={Field.STATUS: "CLOSED"}, jira={Field.TITLE: HOSTILE, Field.STATUS: "Resolved"}
)
SHARED = (Pair(12), Pair(13))


def told(site: World, *arguments: str, code: ExitCode = ExitCode.OK, config: str = "") -> str:
    """What `explain` prints, on one line and with single blanks; it ends as expected."""
    ended = site.run("explain", *arguments, config=config or None)
    assert ended.code == code, ended.err
    discreet(ended)
    return " ".join(ended.out.split())


def test_a_drifted_field_is_told_with_all_that_its_verdict_rests_on(site: World) -> None:
    text = told(site, "2")

    assert text.startswith("Incident 2 · INC-2 · Incident 2 5 fields: 1 to be written, 4 in sync.")
    for words in (
        "status · Impact → JIRA: Resolved",
        "Impact MITIGATED baseline MITIGATING; last change not known",
        "JIRA In Progress as at the baseline; last change not known",
        "MITIGATED → Resolved (status_to_jira) In Progress → MITIGATING (status_to_impact)",
        "rule Impact changed since both agreed, JIRA did not",
        "reconcile writes Resolved to JIRA: Impact changed",
        "path In Progress → Resolved ('Resolve')",
        "priority P3 = Medium; in sync, as at the baseline",
    ):
        assert words in text


@pytest.mark.parametrize("target", ["INC-2", " #2", "{jira}/browse/INC-2?focusedCommentId=1"])
def test_the_target_is_an_id_a_key_or_an_address(site: World, target: str) -> None:
    named = told(site, target.format(jira=site.jira.url))
    assert ageless(named) == ageless(told(site, "2"))


def ageless(text: str) -> str:
    """Without how long ago anything was: two runs are not of one second."""
    return re.sub(r"\(\d+ s ago\)", "", text)


def test_one_field_is_told_alone_and_in_full_even_in_sync(site: World) -> None:
    text = told(site, "1", "--field", "commander")

    assert "1 field: 1 in sync. commander · in sync" in text
    assert "ada@example.test → 712020:ada (JIRA shows the e-mail on this issue)" in text
    assert "reconcile does nothing: in sync" in text
    assert "title" not in text


@pytest.mark.parametrize("target", ["987654", "INC-987654"])
def test_a_target_that_nobody_has_is_said_on_standard_error(site: World, target: str) -> None:
    line = told_in_one_line(site.run("explain", target), ExitCode.INCOMPLETE)

    assert f" {target}: " in line
    assert line.startswith("raidctl: not read: ")


def test_a_word_that_is_no_target_is_wrong_usage(site: World) -> None:
    told_in_one_line(site.run("explain", "12x"), ExitCode.USAGE)


@pytest.mark.parametrize(
    ("target", "words"),
    [("6", "JIRA issue missing, or hidden from this user."), ("7", "no JIRA issue.")],
)
def test_without_an_issue_what_impact_has_is_told(site: World, target: str, words: str) -> None:
    text = told(site, target)

    assert words in text
    assert "status MITIGATING commander ada@example.test" in text


def test_the_rules_are_those_of_reconcile(site: World) -> None:
    """Field by field, `explain` says what a dry run plans."""
    plan = site.run("reconcile", "--dry-run", "-o", "json", "2", "3", "4", "5", "8", "10")
    assert len(plan.report["items"]) == 6
    for item in plan.report["items"]:
        text = told(site, str(item["incident"]), "--field", item["field"])
        verdict = "1 held (1 field)" if item["verdict"] == "hold" else "1 to be written"
        assert f"1 field: {verdict}." in text


# A world of its own for what is changed.


@pytest.fixture(params=["cloud", pytest.param("datacenter", marks=pytest.mark.slow)])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Sort = request.param
    with world(tmp_path, (Pair(2, impact={Field.STATUS: "MITIGATED"}), CLOSING), sort=sort) as made:
        yield made


def test_it_sends_reads_alone_and_leaves_every_byte(own: World) -> None:
    before = files(own.folder)
    records = [own.state.issue(10_000 + number) for number in (2, 11)]

    for arguments in (("2",), ("INC-11",), ("2", "--field", "status")):
        told(own, *arguments)
        told(own, *arguments, config=own.toml(impact='reads = "database"'))

    asked = [f"{method} {path}" for method, path in (*own.impact.requests, *own.jira.requests)]
    assert [line for line in asked if not READS.fullmatch(line)] == []
    assert files(own.folder) == before
    assert [own.state.issue(10_000 + number) for number in (2, 11)] == records


def test_histories_and_earlier_writes_and_a_pause_are_told(own: World) -> None:
    own.state.edit(10_002, ADA.account, priority="High")
    now = datetime.now(UTC)
    journal = Journal(own.journal)
    journal.begin(Run("run-of-old", "reconcile", now, 1))
    intent = meant(
        incident=2,
        issue="INC-2",
        issue_id=10_002,
        field=Field.STATUS,
        direction=SyncDirection.IMPACT_TO_JIRA,
        source="MITIGATED",
        old="In Progress",
        new="Resolved",
        tables="t",
    )
    (number,) = journal.intend([intent], "run-of-old", now)
    refused = Result(Outcome.REFUSED, "In Progress", "validation", "a field is required")
    journal.settle([Settlement(intent, refused, number)], "run-of-old", now)
    journal.pause(Pause(now, now + timedelta(hours=2), "ada@ops"))
    journal.close()

    text = told(own, "2", config=own.toml(impact='reads = "database"'))

    assert "Paused by ada@ops until " in text
    assert "reconcile nothing while paused; then writes Resolved to JIRA" in text
    assert "Impact → JIRA: Resolved, refused (run run-of-old): a field is required" in text
    assert "JIRA High baseline Medium; changed " in text
    assert " ago) by Ada Lovelace" in text
    assert re.search(
        r"cooling: JIRA → Impact is left alone for [123]?\d s more, "
        "by the loop guard sync:incident:2:jira_to_impact",
        text,
    )


@pytest.mark.parametrize("configured", [False, True])
def test_the_path_of_a_hold_tells_whether_its_fields_are_configured(
    own: World, configured: bool
) -> None:
    fields = '[jira.transition_fields.Closed]\nresolution = { name = "Done" }'
    policy = '[policy]\ndirection = "impact-to-jira"'
    config = own.toml(more="\n".join([policy, fields if configured else ""]))
    text = told(own, "11", "--field", "status", config=config)

    assert "[policy] direction: what can move goes Impact → JIRA." in text
    assert "holds it: would close it, and allow_close is off" in text
    assert "next raidctl reconcile 11 --field status --allow-close" in text
    if configured:
        way = "Resolved → Closed ('Close for good', needs Resolution: configured)"
        assert f"path {way}" in text
    else:
        assert "path none: transition 'Close for good' to 'Closed' requires 'Resolution'" in text
        assert "fill in [jira.transition_fields.Closed]" in text


@pytest.mark.parametrize("columns", [50, 80])
def test_hostile_texts_are_harmless_on_a_terminal_of_any_width(own: World, columns: int) -> None:
    environ = {**own.environ, "RAIDCTL_CONFIG": str(own.configured())}
    ended = on_terminal("explain", "11", environ=environ, columns=columns)

    assert ended.code == ExitCode.OK, ended.err
    assert "\x1b[1m" in ended.out
    assert "\x1b]0" not in ended.out
    assert "\x1b[2J" not in ended.out
    plain = own.run("explain", "11", COLUMNS=str(columns))
    assert [c for c in plain.out if unseen(c) and c != "\n"] == []
    assert max(map(len, plain.out.split("\n"))) <= columns


def test_a_history_that_cannot_be_read_is_said_and_the_rest_is_told(own: World) -> None:
    with own.fault(
        "jira", refuse(400), lambda request: "changelog" in f"{request.target}{request.body!r}"
    ):
        ended = own.run("explain", "2")

    text = " ".join(ended.out.split())
    assert ended.code == ExitCode.INCOMPLETE
    assert "Not read JIRA history could not be read: " in text
    assert "JIRA In Progress as at the baseline; last change not known" in text
    assert "reconcile writes Resolved to JIRA" in text


def test_a_key_that_several_incidents_claim_explains_each(tmp_path: Path) -> None:
    with world(tmp_path, SHARED) as made:
        share(made)
        ended: Ended = made.run("explain", "INC-12")

    assert ended.code == ExitCode.OK, ended.err
    text = " ".join(ended.out.split())
    assert "Incident 12 · INC-12" in text
    assert "Incident 13 · INC-12" in text
    assert "The link is held as a whole: several incidents have this issue" in text


def share(made: World) -> None:
    """Both incidents have the issue of the first."""
    from sqlalchemy import create_engine, text  # noqa: PLC0415 - only here

    engine = create_engine(f"sqlite:///{made.database}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE jira_app_jiraissue SET key = 'INC-12' WHERE id = 10013"))
    engine.dispose()


def test_a_refused_token_is_one_line(own: World) -> None:
    ended = own.run("explain", "2", IMPACT_TOKEN=IMPACT_TOKEN[:-1])

    assert ended.code == ExitCode.UNREACHABLE
    told_in_one_line(ended, ExitCode.UNREACHABLE)
