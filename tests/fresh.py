"""A journal before the first run, made once and copied."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from raidctl.journal import Journal


def fresh_journal(path: Path) -> Path:
    """Put one there, as private as raidctl makes it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(_fresh())
    return path


@cache
def _fresh() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "journal.db")
        Journal(path).close()
        return path.read_bytes()
