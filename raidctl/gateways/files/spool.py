"""One nameless file for all that a run is going to attach: private, and gone with the process."""

import io
import os
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, Any, BinaryIO, cast

BLOCK = 64 * 1024


class Spool:
    """Keeps contents one after the other; several threads may keep and read at once."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the run
        self._lock = Lock()
        self._end = 0

    def keep(self, content: IO[bytes], size: int) -> BinaryIO:
        """Keep so many bytes, from the beginning; what reads them. Raises `OSError`."""
        with self._lock:
            start, self._end = self._end, self._end + size
        content.seek(0)
        place = start
        while block := content.read(BLOCK):
            while block:
                written = os.pwrite(self._file.fileno(), block, place)
                place, block = place + written, block[written:]
        return cast("BinaryIO", _Part(self._file.fileno(), start, size))

    def close(self) -> None:
        """Nothing is kept any more."""
        self._file.close()


class _Part(io.RawIOBase):
    """A part of a file, read as a file of its own, without a position that others share."""

    def __init__(self, handle: int, start: int, size: int) -> None:
        self._handle = handle
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        most = max(0, min(len(buffer), self._size - self._at))
        block = os.pread(self._handle, most, self._start + self._at)
        buffer[: len(block)] = block
        self._at += len(block)
        return len(block)
