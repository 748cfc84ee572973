"""Files raidctl makes: private, whole or not at all."""

import os
import tempfile
from pathlib import Path

from raidctl.errors import UsageError


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read, in place of one that stands there.

    It appears whole or not at all; what is no file (a pipe, a device) is written to instead.
    Raises `UsageError` when it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
            return
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink()
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
