"""Runs that no journal could keep are counted beside it, on a full disk too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from raidctl.journal import Unkept

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_each_is_counted_until_somebody_was_told_or_the_journal_is_back(tmp_path: Path) -> None:
    unkept = Unkept(tmp_path / "journal.db")
    assert (unkept.count, unkept.told) == (0, False)
    assert [unkept.one_more(NOW + timedelta(minutes=n)) for n in range(3)] == [1, 2, 3]
    assert (unkept.told, unkept.since) == (False, NOW + timedelta(minutes=2))
    unkept.tell(NOW)
    assert (Unkept(tmp_path / "journal.db").told, unkept.since) == (True, NOW)
    unkept.clear()
    unkept.clear()
    assert (unkept.count, list(tmp_path.iterdir())) == (0, [])


def test_it_takes_no_room(tmp_path: Path) -> None:
    unkept = Unkept(tmp_path / "journal.db")
    unkept.tell(NOW)
    (file,) = tmp_path.iterdir()
    found = file.stat()
    assert (found.st_blocks, found.st_mode & 0o777) == (0, 0o600)


def test_where_no_file_can_be_made_none_is_counted(tmp_path: Path) -> None:
    unkept = Unkept(tmp_path / "not there" / "journal.db")
    assert [unkept.one_more(NOW), unkept.one_more(NOW)] == [0, 0]
    assert not unkept.told


def test_it_follows_nobodys_link(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    (tmp_path / "journal.db.unkept").symlink_to(precious)
    assert Unkept(tmp_path / "journal.db").one_more(NOW) == 0
    assert precious.read_text() == "data"
