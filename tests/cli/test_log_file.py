"""The log's file between processes: nobody's lines are lost when somebody puts it aside."""

import logging
import os
import stat
import time
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from raidctl.cli.log_file import Spelled, opened
from raidctl.config import load
from raidctl.errors import ConfigError


def line(number: int, words: str = "") -> logging.LogRecord:
    return logging.makeLogRecord({"msg": f"line {number:05} {words}", "levelname": "INFO"})


def handler(path: Path, rotate: str = "", keep: int = 50) -> logging.Handler:
    made = opened(path, rotate, keep)
    made.setFormatter(Spelled("text", {}))
    return made


def found(folder: Path) -> list[str]:
    texts = (file.read_text() for file in folder.iterdir())
    return sorted(word for text in texts for word in text.split() if word.isdigit())


def test_two_that_rotate_at_the_same_time_lose_no_line(tmp_path: Path) -> None:
    file = tmp_path / "raidctl.log"
    both = [handler(file, "1 MB") for _ in range(2)]
    padding = "x" * 40_000
    for number in range(200):  # 8 MB
        both[number % 3 == 0].emit(line(number, padding))
    for one in both:
        one.close()
    assert len(list(tmp_path.iterdir())) >= 7
    assert found(tmp_path) == [f"{number:05}" for number in range(200)]
    assert {stat.S_IMODE(one.stat().st_mode) for one in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("rotate", ["daily", "1 MB"])
def test_a_stream_that_raidctl_was_given_is_never_renamed(rotate: str) -> None:
    """Though it leads to a file: as root it would be /dev/stderr itself that goes."""
    one = handler(Path("/proc/self/fd/2"), rotate)
    assert isinstance(one, RotatingFileHandler)
    assert one.maxBytes == 0
    one.close()


def test_no_more_is_kept_than_was_asked_for(tmp_path: Path) -> None:
    one = handler(tmp_path / "raidctl.log", "1 MB", keep=2)
    for number in range(200):
        one.emit(line(number, "x" * 40_000))
    one.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        *("raidctl.log", "raidctl.log.1", "raidctl.log.2")
    ]


def yesterday(file: Path) -> str:
    """Let a file be written last a day ago; the day's name."""
    at = time.time() - 86_400
    os.utime(file, (at, at))
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


@pytest.mark.parametrize("count", [1, 2])
def test_what_was_written_yesterday_is_put_aside_once(tmp_path: Path, count: int) -> None:
    """Though no process has lived through midnight, and though several begin today."""
    file = tmp_path / "raidctl.log"
    file.write_text("line 00000\n")
    file.chmod(0o600)
    day = yesterday(file)
    several = [handler(file, "daily") for _ in range(count)]
    for number, one in enumerate(several, 1):
        one.emit(line(number))
        one.emit(line(number + 10))
    for one in several:
        one.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["raidctl.log", f"raidctl.log.{day}"]
    assert (tmp_path / f"raidctl.log.{day}").read_text() == "line 00000\n"
    assert len(found(tmp_path)) == 1 + 2 * count


def test_one_that_somebody_moves_away_is_made_anew(tmp_path: Path) -> None:
    """As logrotate does."""
    file = tmp_path / "raidctl.log"
    one = handler(file)
    one.emit(line(1))
    file.rename(tmp_path / "raidctl.log.old")
    one.emit(line(2))
    one.close()
    assert "00002" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_line_that_was_cut_takes_no_other_with_it(tmp_path: Path) -> None:
    """As a disk that was full leaves it: to a parser that one alone is lost."""
    file = tmp_path / "log"
    file.write_text('{"body": "on')
    file.chmod(0o600)
    for body in ("two", "three"):
        handler = opened(file)
        handler.emit(logging.makeLogRecord({"msg": body}))
        handler.close()
    assert file.read_text() == '{"body": "on\ntwo\nthree\n'


def test_a_line_that_could_not_be_written_takes_no_other_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "log"
    handler = opened(file)
    assert isinstance(handler, logging.StreamHandler)
    handler.emit(logging.makeLogRecord({"msg": "one"}))
    os.write(handler.stream.fileno(), b"half a li")
    handler.stream.write("of what the disk has no room for")
    os.dup2(os.open(file, os.O_RDONLY), handler.stream.fileno())  # a write to it fails now
    handler.emit(logging.makeLogRecord({"msg": "two"}))
    handler.emit(logging.makeLogRecord({"msg": "three"}))
    handler.close()
    assert file.read_text() == "one\nhalf a li\nthree\n"
    assert capsys.readouterr().err.count("cannot be written") == 1


@pytest.mark.parametrize(
    "value", ['"hourly"', '"0 MB"', '"10MB"', "3", '"100000 MB"', '"2 KB"', '"0.01 MB"']
)
def test_a_rotation_that_is_none_is_a_problem_of_the_configuration(
    tmp_path: Path, value: str
) -> None:
    file = tmp_path / "raidctl.toml"
    file.write_text(f"[log]\nrotate = {value}\n")
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    (problem,) = [one for one in caught.value.problems if "log.rotate" in one]
    assert "allowed: daily, weekly or a size in whole MB, from 1 MB to 99999 MB" in problem
