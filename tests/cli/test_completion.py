"""What the shell completes: targets and runs out of the journal, statuses, reasons, topics."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from raidctl.core.writes.log import Run, SeenLink
from raidctl.journal import Journal
from tests.cli.inside import within
from tests.cli.world import NOW, World, world

RUN = "20261122T210000Z-7f3a"
LINKS = [
    SeenLink(12, "INC-12", 10012, open=False),
    SeenLink(120, "PAY-7", 10120, open=True),
    SeenLink(3, "INC-3", 10003, open=True),
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ()) as made:
        journal = Journal(made.journal)
        journal.record_links(LINKS, NOW)
        journal.begin(Run(RUN, "reconcile", NOW, 1))
        journal.close()
        yield made


def completed(place: World, line: str, config: str | None = None) -> list[str]:
    """The words that bash is offered for the last one of a line."""
    words = line.split(" ")
    environ = place.ready(
        config,
        _RAIDCTL_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(words),
        COMP_CWORD=str(len(words) - 1),
    )
    ended = within(environ=environ)
    assert ended.err == ""
    return ended.out.split()


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("raidctl diff ", ["120", "12", "3", "PAY-7", "INC-12", "INC-3"]),
        ("raidctl reconcile 12", ["120", "12"]),
        ("raidctl explain INC-1", ["INC-12"]),
        ("raidctl open P", ["PAY-7"]),
        ("raidctl held 3 INC", ["INC-12", "INC-3"]),
        (f"raidctl undo {RUN} PAY", ["PAY-7"]),
        ("raidctl backfill attachments PAY", ["PAY-7"]),
        ("raidctl undo 2", [RUN]),
        ("raidctl history 2026", [RUN]),
        ("raidctl history 12", ["120", "12"]),
        ("raidctl undo 1999", []),
        ("raidctl diff --status MITIG", ["MITIGATING", "MITIGATED"]),
        ("raidctl diff --status Res", ["Resolved"]),
        ("raidctl diff --reason conf", ["conflict"]),
        ("raidctl diff --field pr", ["priority"]),
        ("raidctl held --format j", ["json", "jsonl"]),
        ("raidctl help und", ["undo", "undone", "undecided"]),
        ("raidctl help backfill l", ["links"]),
        ("raidctl help exit", ["exit-codes"]),
        ("raidctl expl", ["explain"]),
    ],
)
def test_words_are_completed(place: World, line: str, wanted: list[str]) -> None:
    before = place.journal.read_bytes()
    assert completed(place, line) == wanted
    assert place.journal.read_bytes() == before
    assert (place.impact.requests, place.jira.requests) == ([], [])


def test_the_configuration_that_is_named_counts(place: World) -> None:
    config = place.configured()
    for line in (f"raidctl --config {config} undo 2", f"raidctl undo --config {config} 2"):
        assert completed(place, line, config="") == [RUN]


@pytest.mark.parametrize("line", ["raidctl diff ", "raidctl undo 2", "raidctl diff --status Res"])
def test_where_nothing_can_be_had_nothing_is_said(place: World, line: str) -> None:
    assert completed(place, line, config="broken = [") == []


def test_what_the_journal_holds_is_harmless(place: World) -> None:
    journal = Journal(place.journal)
    journal.record_links([SeenLink(4, "INC-4\x1b[31m", 10004, open=True)], NOW)
    journal.close()
    assert completed(place, "raidctl diff INC-4") == [r"INC-4\x1b[31m"]


def test_many_are_cut(place: World) -> None:
    journal = Journal(place.journal)
    many = [SeenLink(n, f"INC-{n}", 10_000 + n, open=True) for n in range(1000, 1400)]
    journal.record_links(many, NOW)
    journal.close()
    assert completed(place, "raidctl diff 1")[:2] == ["1399", "1398"]
    assert len(completed(place, "raidctl diff 1")) == 50
