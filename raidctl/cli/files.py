"""Files raidctl makes: private, whole or not at all."""

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
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
    try:
        if (handle := given(path)) is not None:
            _fill(handle, text)
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            _fill(handle, text)
            Path(name).replace(path)
        except BaseException:  # an interrupt between two pieces leaves no half file either
            Path(name).unlink()
            raise
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
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except ValueError:  # a NUL in it, or what this locale has no bytes for
        raise UsageError(f"{path} cannot be written: no file can have this name here") from None
    for stream in _STREAMS:
        with suppress(OSError):  # closed under some supervisors
            if os.path.samestat(os.fstat(stream), found):
                return os.dup(stream)
    if null(found) or nameless(found):
        return os.open(path, os.O_WRONLY)
    refuse_no_file(found)
    return None
