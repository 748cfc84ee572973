"""Read a file of this machine into another one, unless it changes meanwhile."""

import os
from collections.abc import Callable
from pathlib import Path

from raidctl.errors import Category, FileError
from raidctl.files import UnfitFileError, opened

BLOCK = 64 * 1024
CHANGED = "it was changed while it was read"


def read_file(path: str, write: Callable[[bytes], object]) -> None:
    """Give all of a file to `write`, which may raise where it is too much. Raises `FileError`."""
    try:
        with opened(Path(path).expanduser()) as file:
            before, size = os.fstat(file.fileno()), 0
            while block := file.read(BLOCK):
                size += len(block)
                write(block)
            after = os.fstat(file.fileno())
    except UnfitFileError as error:
        raise FileError(
            str(error.strerror), "nothing else is attached", Category.VALIDATION
        ) from None
    except FileNotFoundError:
        advice = "check the name, and from which folder it is meant"
        raise FileError("there is no such file", advice, Category.NOT_FOUND) from None
    except PermissionError:
        advice = "let the user who runs raidctl read it"
        raise FileError("it may not be read", advice, Category.PERMISSION) from None
    except OSError as error:
        seen = f"it cannot be read: {error.strerror}"
        raise FileError(seen, "look at it", Category.VALIDATION) from None
    except (ValueError, RuntimeError):  # a NUL in it, or a home directory that nobody has
        raise FileError("no file can have this name", "check it", Category.VALIDATION) from None
    if (size, after.st_size, after.st_mtime_ns) != (
        before.st_size,
        before.st_size,
        before.st_mtime_ns,
    ):
        raise FileError(CHANGED, "attach it once it stands still", Category.CONFLICT)
