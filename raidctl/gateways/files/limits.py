"""Count and hash what comes in, and stop it where it is too much."""

import hashlib
from typing import IO

from raidctl.core.backfill.attachment import Content
from raidctl.errors import Category, FileError


class Intake:
    """Writes blocks into a file, at most so many bytes; raises `FileError` before more is."""

    def __init__(self, into: IO[bytes], most: int) -> None:
        self._into = into
        self._most = most
        self._size = 0
        self._hash = hashlib.sha256()

    def write(self, block: bytes) -> None:
        """Take one more block."""
        self._size += len(block)
        if self._size > self._most:
            raise too_large(self._most)
        self._hash.update(block)
        self._into.write(block)

    @property
    def content(self) -> Content:
        """What came in so far."""
        return Content(self._size, self._hash.hexdigest())


def too_large(most: int) -> FileError:
    """A file that is over the limit."""
    seen = f"it is larger than {most / 1024**2:.4g} MB"
    advice = "raise backfill.attachment_max_mb, as far as JIRA's own limit, or attach less"
    return FileError(seen, advice, Category.VALIDATION)
