"""Other users, for the tests: files that are theirs, and being one of them. Only root can."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


def given_away(path: Path) -> Path:
    """The file or link, now somebody else's."""
    os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return path


@contextmanager
def somebody_else() -> Iterator[None]:
    """Another user, without rights of root's."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
