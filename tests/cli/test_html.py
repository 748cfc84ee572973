"""`-o html`: a page of its own from every command that has something to list."""

import stat
from pathlib import Path

import pytest

from raidctl.errors import ExitCode
from tests.cli.world import World, world
from tests.present.markup import parsed


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("diff", "6 of 8 links drifted."),
        ("reconcile --dry-run", "6 of 8 links drifted."),
        ("held", "4 held (3 fields, 1 link)."),
        ("history", "The journal holds no runs yet."),
        ("history 2", "The journal holds no such writes."),
        ("baseline --from-history --dry-run", "0 fields decided by both histories."),
        ("doctor", None),
    ],
)
def test_it_is_a_whole_page_that_says_first_what_there_is(
    site: World, line: str, headline: str | None
) -> None:
    config = site.toml(impact='reads = "database"')
    ended = site.run(*line.split(), "-o", "html", config=config)
    assert ended.code != ExitCode.DEFECT, ended.err
    document = parsed(ended.out)
    (said,) = document.all("h1")
    assert headline in {None, said.text}
    assert f"raidctl · {line.split(maxsplit=1)[0]}" in document.all("title")[0].text


def test_a_file_is_the_reader_s_alone_and_the_page_tells_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    with world(tmp_path) as place:
        ended = place.run("reconcile", "--yes", "-o", "html", "--out", str(file))
        assert (ended.code, ended.out) == (ExitCode.OK, "")
        history = parsed(place.run("history", "-o", "html").out)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = parsed(file.read_text(encoding="utf-8"))
    assert "applied" in document.all("h1")[0].text
    assert {row.attributes.get("data-outcome") for row in document.all("tr")} >= {"applied", None}
    assert "raidctl undo" in document.text
    assert history.all("h1")[0].text == "1 run."
    assert "reconcile" in history.all("tbody")[0].text


def test_what_counts_is_for_a_screen(site: World) -> None:
    ended = site.run("diff", "--summary", "-o", "html")
    assert ended.code == ExitCode.USAGE
    assert "--format html has all there is to count" in ended.err
