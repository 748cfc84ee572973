"""Runs that no journal could keep, counted where even a full disk has room."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

_TOLD = 1_000
"""The length that says that they were told of: more than are counted before."""


class Unkept:
    """So many runs in a row, as the length of a file beside the journal that holds nothing.

    A file without content takes no block of a disk, however long it says that it is. Once it was
    told of them it stays as it is. A place where no file can be made counts none.
    """

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(f"{journal.name}.unkept")

    @property
    def count(self) -> int:
        """How many there were."""
        with suppress(OSError):
            return self._path.lstat().st_size
        return 0

    @property
    def told(self) -> bool:
        """Whether somebody was told of them."""
        return self.count >= _TOLD

    @property
    def since(self) -> datetime:
        """When the last was counted, or told of. Raises `OSError` where there was none."""
        return datetime.fromtimestamp(self._path.lstat().st_mtime, UTC)

    def one_more(self, at: datetime) -> int:
        """Count one; how many there are now, 0 where it cannot be counted."""
        return self._lengthen(self.count + 1, at)

    def tell(self, at: datetime) -> None:
        """Somebody was told of them."""
        self._lengthen(_TOLD, at)

    def clear(self) -> None:
        """The journal keeps runs again."""
        with suppress(OSError):
            self._path.unlink()

    def _lengthen(self, length: int, at: datetime) -> int:
        with suppress(OSError), self._opened() as handle:
            os.ftruncate(handle, length)
            os.utime(handle, (at.timestamp(), at.timestamp()))
            return length
        return 0

    @contextmanager
    def _opened(self) -> Iterator[int]:
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)
