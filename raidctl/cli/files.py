"""Files raidctl makes: private, whole or not at all."""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from raidctl.errors import UsageError
from raidctl.files import UnfitFileError, nameless, null, refuse_no_file

_STREAMS = (1, 2)


def write_private(path: Path, text: Iterable[str]) -> None:
    """Write a file only its owner can read, in place of one that stands there.

    It appears whole or not at all, its text may come in pieces. What raidctl was given to write to
    (`/dev/stdout`, a shell's `>(…)`) and the null device are written to instead; any other pipe or
    device may be another user's, and may never be read. Raises `UsageError` when it cannot be
    written.
    """
    with _worded(path):
        if (handle := given(path)) is not None:
            _fill(handle, text)
            return
        put_in_place(path, text)


def put_in_place(path: Path, text: Iterable[str], mode: int = 0o600) -> None:
    """Put a file there, whole or not at all, of this mode whatever the umask. Raises `OSError`."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.fchmod(handle, mode)
        _fill(handle, text)
        Path(name).replace(path)
    except BaseException:  # an interrupt between two pieces leaves no half file either
        Path(name).unlink()
        raise


def refuse_place(path: Path | None) -> None:
    """Raise `UsageError` where `write_private` cannot write, as far as looking tells.

    For what is done before a run: what it wrote on either side is not undone for want of a file.
    """
    if path is None:
        return
    with _worded(path):
        if (handle := given(path)) is not None:
            os.close(handle)
        elif not os.access(folder := path.parent, os.W_OK):
            folder.stat()  # which says so where there is none
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def refuse_replacing(path: Path) -> None:
    """Raise `UsageError` where something else than a file would be lost by putting one there."""
    with _worded(path):
        if (found := _found(path)) is not None:
            refuse_no_file(found)


@contextmanager
def _worded(path: Path) -> Iterator[None]:
    try:
        yield
    except UnfitFileError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}; name another file") from None


def _fill(handle: int, text: Iterable[str]) -> None:
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines([text] if isinstance(text, str) else text)


def given(path: Path) -> int | None:
    """A handle of what stands there where that is to be written to; None where a file is made.

    Raises `UsageError` for what is no name.
    """
    if (found := _found(path)) is None:
        return None
    for stream in _STREAMS:
        with suppress(OSError):  # closed under some supervisors
            if os.path.samestat(os.fstat(stream), found):
                return os.dup(stream)
    if null(found) or nameless(found):
        return os.open(path, os.O_WRONLY)
    refuse_no_file(found)
    return None


def _found(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except ValueError:  # a NUL in it, or what this locale has no bytes for
        raise UsageError(f"{path} cannot be written: no file can have this name here") from None
