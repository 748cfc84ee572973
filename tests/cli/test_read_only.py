"""`raidctl diff` writes nowhere: proved at both systems, the database and the journal."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from tests.cli.world import DRIFT, World, world
from tests.simulators.server import refuse

READS = re.compile(
    r"GET /.*|POST /rest/api/[23]/(issue/bulkfetch|changelog/bulkfetch|search|search/jql)"
)
MODES = (
    ("diff", "--all", "--direction", "impact-to-jira", "-o", "jsonl"),
    ("diff", "--direction", "jira-to-impact", "--field", "status", "--status", "mitigated"),
    ("diff", "--since", "30d", "2", "INC-3"),
)
NEWEST = '[policy]\non_conflict = "newest"\non_first_sight = "newest"'


@pytest.fixture(params=["cloud", "datacenter"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    sort: Literal["cloud", "datacenter"] = request.param
    with world(tmp_path, sort=sort) as made:
        yield made


def files(folder: Path) -> dict[str, bytes]:
    """Every byte of the journal and the database, by name.

    A reader of a journal in WAL mode shares a `-shm` with writers, which holds nothing of the
    journal; the `-wal`, which could, must stay empty.
    """
    databases = [*folder.glob("*.db*"), *(folder / "journal").iterdir()]
    kept = {str(path.relative_to(folder)): path.read_bytes() for path in databases}
    assert not kept.pop("journal/journal.db-wal", b"")
    kept.pop("journal/journal.db-shm", None)
    return kept


def test_every_mode_sends_reads_alone_and_leaves_every_byte(either: World) -> None:
    """With a journal that holds baselines, and rules that ask for every history."""
    before = files(either.folder)
    service = 'service_account = "712020:somebody"'
    records = {number: either.state.issue(10_000 + number) for number in (1, 2, 3, 4)}

    for mode in MODES:
        assert either.run(*mode, config=either.toml(impact=service)).code == 3, mode
    database = either.toml(impact=f'reads = "database"\n{service}', more=NEWEST)
    assert either.run("diff", config=database).code == 3
    assert either.diff().items == DRIFT, "the baselines were not used"

    asked = [
        f"{method} {path}" for method, path in (*either.impact.requests, *either.jira.requests)
    ]
    assert [line for line in asked if not READS.fullmatch(line)] == []
    assert {line.partition(" ")[0] for line in asked} == {"GET", "POST"}
    assert files(either.folder) == before
    assert {n: either.state.issue(10_000 + n) for n in records} == records
    assert not either.state.comments


def test_a_failing_run_leaves_every_byte_too(site: World) -> None:
    before = files(site.folder)

    with site.fault("jira", refuse(401)):
        assert site.run("diff").code == 7

    assert files(site.folder) == before


def test_a_journal_that_does_not_exist_is_not_made(site: World, tmp_path: Path) -> None:
    place = tmp_path / "nowhere" / "journal.db"
    text = site.toml().replace(str(site.journal), str(place))

    ended = site.diff(config=text)

    assert ended.code == 3
    assert "baselines" in ended.report["notes"][0]
    assert not place.parent.exists()
