"""Where a journal stands: one file of one name, ours, whatever way its name leads there."""

import os
from contextlib import suppress
from pathlib import Path

from raidctl.files import UnfitFileError, refuse_unfit

BESIDE = ("-wal", "-shm", "-journal")  # SQLite takes up what it finds under these names


def real(path: Path) -> Path:
    """The journal's own path, all links followed, where it is fit or not there yet.

    Raises `UnfitFileError` for a file that another user owns or others may write, for what is no
    file, for somebody else's link, and for a file of several names; `OSError` for what cannot be
    looked at.
    """
    try:
        own = Path(os.path.realpath(path))
        for place in (path, own, *(own.with_name(f"{own.name}{name}") for name in BESIDE)):
            _refuse_unfit(place)
    except ValueError:  # a NUL in it, or what this locale has no bytes for
        raise UnfitFileError("no file can have this name here: use another") from None
    return own


def _refuse_unfit(place: Path) -> None:
    with suppress(FileNotFoundError):
        found = place.stat()
        refuse_unfit(place, found)
        if found.st_nlink > 1:  # SQLite and its lock go by the name: two would be two journals
            raise UnfitFileError(
                f"{place.name} has {found.st_nlink} names (hard links): make copies of the others, "
                f"which find -samefile {place.name} finds"
            )
