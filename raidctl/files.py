"""Files that somebody else may have had a hand in: looked at before they are believed."""

import codecs
import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import BinaryIO

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
ROOT = 0


class UnfitFileError(OSError):
    """A file that is left alone; its `strerror` says what it is, and what to do about it."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EPERM, why)


def read_own(path: Path, most: int) -> bytes:
    """What stands in a file that only its reader and root can have written; at most so many bytes.

    A pipe without a name (`/dev/stdin`, a shell's `<(…)`) is read to its end, any other may never
    have one. Raises `UnfitFileError`, and `OSError` for what cannot be opened.
    """
    return _read(path, most, refuse_unfit)


def read_any(path: Path, most: int) -> bytes:
    """What stands in a file, whoever has written it; else as `read_own`."""
    return _read(path, most, lambda _, found: refuse_no_file(found))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file to read block by block, whoever has written it; raises as `read_any`.

    A pipe is none, whoever gave it: it may never end.
    """
    handle = _handle(path)
    try:
        refuse_no_file(os.fstat(handle))
        with os.fdopen(handle, "rb", buffering=0, closefd=False) as file:
            yield file
    finally:
        os.close(handle)


def append_own(path: Path) -> int:
    """A handle to write to the end of a file, which is private where it is made.

    One that is there must be as `read_own` wants it. Raises `UnfitFileError`, and `OSError`.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    handle = os.open(path, flags, 0o600)
    try:
        if not null(found := os.fstat(handle)):
            refuse_unfit(path, found)
    except OSError:
        os.close(handle)
        raise
    return handle


def _handle(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)  # a pipe would wait for ever


def _read(path: Path, most: int, refuse: Callable[[Path, os.stat_result], None]) -> bytes:
    handle = _handle(path)
    try:
        found = os.fstat(handle)
        if nameless(found):
            os.set_blocking(handle, True)
        elif not null(found):
            refuse(path, found)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(most + 1)
    finally:
        os.close(handle)
    if len(content) > most:
        raise UnfitFileError(f"it is larger than {most:,} bytes: name the right file")
    return content


def text_of(content: bytes) -> str:
    """Text as any editor saves it: UTF-8, with or without a byte order mark, or marked UTF-16.

    Raises `UnicodeDecodeError`.
    """
    return content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")


def refuse_unfit(path: Path, found: os.stat_result) -> None:
    """Raise `UnfitFileError` for what is no file, or somebody else's, or open to others.

    `found` is what stands at the path, links followed. Root's files are as good as our own, and so
    is a link to them that root or we have made.
    """
    refuse_no_file(found)
    me = os.geteuid()
    link = path.lstat()
    if stat.S_ISLNK(link.st_mode) and link.st_uid not in {ROOT, me}:
        raise UnfitFileError(f"it is a link that {name_of(link.st_uid)} made: name the file itself")
    if found.st_uid not in {ROOT, me}:
        owner = name_of(found.st_uid)
        raise UnfitFileError(
            f"it belongs to {owner}, not to {name_of(me)}: run raidctl as {owner}, or, once you "
            f"trust what stands in it, chown {name_of(me)} {quote(str(path))}"
        )
    if found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _alone(found)):
        raise UnfitFileError(
            f"others may write it: once you trust what stands in it, chmod go-w {quote(str(path))}"
        )


def refuse_no_file(found: os.stat_result) -> None:
    """Raise `UnfitFileError` for a directory, a pipe, a device and the like."""
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise UnfitFileError(f"it is {kind}: name a file")


def nameless(found: os.stat_result) -> bool:
    """Whether it is a pipe that no file system has: whoever started raidctl gave it to it."""
    if not stat.S_ISFIFO(found.st_mode):
        return False
    one, other = os.pipe()
    try:
        return os.fstat(one).st_dev == found.st_dev
    finally:
        os.close(one)
        os.close(other)


def null(found: os.stat_result) -> bool:
    """Whether it is the device that swallows everything."""
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == Path(os.devnull).stat().st_rdev


def name_of(user: int) -> str:
    """A user's name, else the number."""
    import pwd  # noqa: PLC0415 - needed only where something is wrong

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def _alone(found: os.stat_result) -> bool:
    """Whether the group of a file is nobody's but its owner's, as far as this machine knows.

    Root's; one named as its owner, without other members (the usual one of a user); one that has
    no name here (what volumes are given in a container).
    """
    import grp  # noqa: PLC0415 - few files may be written by their group

    try:
        group = grp.getgrgid(found.st_gid)
    except KeyError:
        return True
    owner = name_of(found.st_uid)
    return group.gr_gid == ROOT or (group.gr_name == owner and {*group.gr_mem} <= {owner})
