"""Files of this machine: whole, within the limit, never what is none or does not stand still."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from raidctl.core.backfill.attachment import Content
from raidctl.errors import Category, FileError
from raidctl.gateways.files import local
from raidctl.gateways.files.limits import Intake
from raidctl.gateways.files.source import Files
from raidctl.gateways.files.spool import Spool
from raidctl.gateways.files.web import Web

LIMIT = 200_000
ABC = Content(3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


@pytest.fixture
def files() -> Iterator[Files]:
    web, spool = Web(20, DEFAULT_CA_BUNDLE_PATH), Spool()
    yield Files(web, spool)
    web.close()
    spool.close()


def refused(files: Files, place: str) -> FileError:
    with pytest.raises(FileError) as caught, files.had(place, "name", LIMIT):
        pass
    return caught.value


def test_a_file_is_kept_as_it_was(files: Files, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.bin"
    one.write_bytes(b"abc")
    two.write_bytes(bytes(range(256)) * 700)
    with files.had(str(one), "one.txt", LIMIT) as had:
        assert (had.content, had.content_type) == (ABC, "text/plain")
        first = had.keep()
    with files.had(str(two), "two.bin", LIMIT) as had:
        assert had.content_type == "application/octet-stream"
        second = had.keep()
    one.write_bytes(b"xyz")
    two.unlink()
    for _ in range(2):
        first.seek(0)
        second.seek(0)
        assert first.read(2) + second.read(300)[:1] + first.read(9) == b"ab\x00c"
    assert second.seek(-1, os.SEEK_END) == 256 * 700 - 1
    assert (second.read(5), second.read(5), first.read()) == (b"\xff", b"", b"")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.log.gz", "application/gzip"),
        ("a.png", "image/png"),
        ("a", "application/octet-stream"),
        ("a.json", "application/json"),
    ],
)
def test_a_type_is_guessed_by_the_name(files: Files, tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / "x").write_bytes(b"")
    with files.had(str(tmp_path / "x"), name, LIMIT) as had:
        assert (had.content.size, had.content_type) == (0, kind)


def test_what_is_no_file_is_left_alone_and_nothing_waits(files: Files, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
    (tmp_path / "closed").write_bytes(b"x")
    said = {
        str(tmp_path / "pipe"): "it is a pipe",
        str(tmp_path): "it is a directory",
        "/dev/zero": "it is a device",
        "/dev/null": "it is a device",
        str(tmp_path / "socket"): "cannot be read",
        str(tmp_path / "missing"): "there is no such file",
        "a\x00b": "no file can have this name",
        "~nobody-has-this-name/x": "no file can have this name",
    }
    for place, words in said.items():
        assert words in str(refused(files, place)), place


def test_a_nameless_pipe_may_never_end_and_is_none(files: Files) -> None:
    one, other = os.pipe()
    try:
        assert "it is a pipe" in str(refused(files, f"/dev/fd/{one}"))
    finally:
        os.close(one)
        os.close(other)


def test_a_file_over_the_limit_is_not_read_to_its_end(files: Files, tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**12)
    error = refused(files, str(tmp_path / "sparse"))
    assert ("larger than" in str(error), error.category) == (True, Category.VALIDATION)


@pytest.mark.parametrize("change", ["longer", "shorter", "another", "endless"])
def test_a_file_that_changes_while_it_is_read_is_not_taken(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    place = tmp_path / "a.log"
    place.write_bytes(b"x" * 100_000)
    os.utime(place, ns=(0, 0))
    real = Intake.write

    def write(self: Any, block: bytes) -> None:
        real(self, block)
        match change:
            case "longer" if place.stat().st_size > 100_000:
                return
            case "longer" | "endless":
                with place.open("ab") as file:
                    file.write(b"y" * (1 if change == "longer" else 100_000))
            case "shorter":
                os.truncate(place, 70_000)
            case _:
                with place.open("r+b") as file:
                    file.write(b"z")

    monkeypatch.setattr(Intake, "write", write)
    error = refused(files, str(place))
    assert (local.CHANGED if change != "endless" else "larger than") in str(error)


def test_where_it_may_not_be_read_is_said(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: Any, **__: Any) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", closed)
    assert refused(files, str(tmp_path / "x")).category is Category.PERMISSION


def test_a_machine_without_room_is_told(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"abc")

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    with files.had(str(tmp_path / "a"), "a", LIMIT) as had:
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(FileError, match="No space left on device; make room"):
            had.keep()


def test_what_is_kept_has_no_name_and_is_nobody_elses() -> None:
    spool = Spool()
    found = os.fstat(spool._file.fileno())
    assert (found.st_nlink, stat.S_IMODE(found.st_mode) & 0o077) == (0, 0)
    spool.close()
