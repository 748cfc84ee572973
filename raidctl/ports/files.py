"""What backfill needs of files: had from this machine or the network, whole, within limits."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from raidctl.core.backfill.attachment import Content


@dataclass(frozen=True, slots=True)
class HadFile:
    """A file as it was had: what it holds, and its type.

    `keep` keeps it until the end of the run: what it gives reads those very bytes, and can be
    sought. It raises `FileError`.
    """

    content: Content
    content_type: str
    keep: Callable[[], BinaryIO]


class FileSource(Protocol):
    """Has files, for several threads at once."""

    def had(self, place: str, name: str, most: int) -> AbstractContextManager[HadFile]:
        """The file at a path or an address, of at most so many bytes, for as long as entered.

        Its type is guessed by `name` where nobody tells it. Raises `FileError`.
        """
        ...
