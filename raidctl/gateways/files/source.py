"""Files from wherever they are named to be: a path of this machine, or an address."""

import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from raidctl.errors import Category, FileError
from raidctl.gateways.files.limits import Intake
from raidctl.gateways.files.local import read_file
from raidctl.gateways.files.spool import Spool
from raidctl.gateways.files.web import Web
from raidctl.ports.files import HadFile

IN_MEMORY = 1024**2  # bytes of a file that is looked at; a larger one has a file without a name
ANY_TYPE = "application/octet-stream"
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


class Files:
    """A `FileSource`."""

    def __init__(self, web: Web, spool: Spool) -> None:
        self._web = web
        self._spool = spool

    @contextmanager
    def had(self, place: str, name: str, most: int) -> Iterator[HadFile]:
        """The file at a path or an address."""
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            intake, told = Intake(file, most), ""
            try:
                if "://" in place:
                    told = self._web.fetch(place, most, intake.write)
                else:
                    read_file(place, intake.write)
            except OSError as error:
                raise _no_room(error) from None
            keep = partial(self._kept, file, intake.content.size)
            yield HadFile(intake.content, _type(told, name), keep)

    def _kept(self, file: IO[bytes], size: int) -> BinaryIO:
        try:
            return self._spool.keep(file, size)
        except OSError as error:
            raise _no_room(error) from None


def _no_room(error: OSError) -> FileError:
    seen = f"this machine has no place to keep it: {error.strerror}"
    advice = "make room, name another folder in TMPDIR, or attach less at once with --limit"
    return FileError(seen, advice, Category.INTERNAL)


def _type(told: str, name: str) -> str:
    """As it is told, else by the name's ending."""
    if told and not told.casefold().startswith(ANY_TYPE):
        return told
    guessed, packed = mimetypes.guess_type(name)
    return _PACKED.get(packed, ANY_TYPE) if packed else guessed or ANY_TYPE
