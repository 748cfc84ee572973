"""A disk that is full, for the journal of a raidctl in this process."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from raidctl.journal.sqlite.writer import WritableFile


@contextmanager
def full_disk() -> Iterator[None]:
    """No journal can be written."""

    def full(self: WritableFile, *_: object) -> object:
        with self.explained():
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WritableFile, "transaction", full)
        yield
