"""Files that others may have had a hand in: what is read, what is left alone, and why."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from raidctl.files import ROOT, UnfitFileError, read_any, read_own, text_of
from tests.owners import NOBODY, as_root, given_away, somebody_else


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a file.toml"
    path.write_text("as it is")
    return path


def refusal(path: Path, most: int = 100) -> str:
    with pytest.raises(UnfitFileError) as caught:
        read_own(path, most)
    assert caught.value.strerror is not None
    return caught.value.strerror


def test_our_own_file_is_read_whole(file: Path) -> None:
    assert read_own(file, 8) == b"as it is"
    assert "larger than 7 bytes" in refusal(file, 7)


@as_root
def test_what_another_user_owns_is_left_alone_and_the_mend_named(file: Path) -> None:
    given_away(file)

    said = refusal(file)

    assert said.startswith("it belongs to nobody, not to root: run raidctl as nobody")
    assert f"chown root '{file}'" in said


@as_root
def test_a_plan_may_be_somebody_elses(file: Path) -> None:
    given_away(file).chmod(0o666)

    assert read_any(file, 100) == b"as it is"


def test_nor_is_a_pipe_with_a_name_waited_for_where_anybody_may_have_written(file: Path) -> None:
    os.mkfifo(pipe := file.with_name("pipe"))
    with pytest.raises(UnfitFileError, match="it is a pipe"):
        read_any(pipe, 100)


@as_root
def test_roots_file_is_as_good_as_ours(tmp_path: Path) -> None:
    place = Path("/tmp") / f"raidctl-root-{os.getpid()}.toml"  # where somebody else may look
    place.write_text("as it is")
    try:
        with somebody_else():
            assert read_own(place, 100) == b"as it is"
    finally:
        place.unlink()


@pytest.mark.parametrize("mode", [0o666, 0o602, 0o646])
def test_what_others_may_write_is_left_alone(file: Path, mode: int) -> None:
    file.chmod(mode)

    assert refusal(file).endswith(f"chmod go-w '{file}'")


@as_root
@pytest.mark.parametrize(
    ("group", "trusted"),
    [
        (ROOT, True),
        (NOBODY, False),  # another user's
        (987_654, True),  # a container's volume: nobody here is known to be in it
    ],
)
def test_a_group_that_may_write_is_trusted_where_nobody_else_is_in_it(
    file: Path, group: int, trusted: bool
) -> None:
    os.chown(file, ROOT, group)
    file.chmod(0o660)

    if trusted:
        assert read_own(file, 100)
    else:
        assert "others may write it" in refusal(file)


def test_a_link_of_ours_is_followed(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)

    assert read_own(link, 100) == b"as it is"
    file.chmod(0o666)
    assert "others may write it" in refusal(link)


@as_root
def test_somebody_elses_link_does_not_choose_among_our_files(tmp_path: Path, file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    given_away(link)

    assert refusal(link) == "it is a link that nobody made: name the file itself"


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (Path.mkdir, "a directory"),
        (os.mkfifo, "a pipe"),
        (lambda path: path.symlink_to("/dev/zero"), "a device"),
    ],
    ids=["directory", "pipe", "device"],
)
def test_what_is_no_file_is_not_waited_for(
    tmp_path: Path, make: Callable[[Path], object], kind: str
) -> None:
    odd = tmp_path / "odd"
    make(odd)

    assert refusal(odd) == f"it is {kind}: name a file"


def test_the_null_device_holds_nothing() -> None:
    assert read_own(Path(os.devnull), 1) == b""


def test_a_pipe_that_was_handed_to_raidctl_is_read_to_its_end() -> None:
    """What a shell makes of `<(…)`: its writer may take its time."""
    ours, theirs = os.pipe()
    begun = threading.Event()

    def write() -> None:
        begun.wait()
        os.write(theirs, b"as it ")
        os.write(theirs, b"is")
        os.close(theirs)

    writer = threading.Thread(target=write)
    writer.start()
    begun.set()
    try:
        assert read_own(Path(f"/dev/fd/{ours}"), 100) == b"as it is"
    finally:
        writer.join()
        os.close(ours)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_taken_as_it_was_meant(encoding: str) -> None:
    assert text_of('a = "é🧯"\n'.encode(encoding)) == 'a = "é🧯"\n'
