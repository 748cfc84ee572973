"""The looks of a page: its styles, and single cells in them without rich, which is slow on many."""

from collections.abc import Mapping

from raidctl.present.text.safe import safe_url

STYLES: Mapping[str, tuple[str, str]] = {
    "head": ("bold", "1"),
    "dim": ("dim", "2"),
    "differs": ("bold underline", "1;4"),
    "good": ("green", "32"),
    "hold": ("yellow", "33"),
    "warning": ("red", "31"),
    "urgent": ("bold red", "1;31"),
    "write": ("cyan", "36"),
    "write_back": ("magenta", "35"),
}
"""Each as rich spells it, and by its codes (ECMA-48, "Select Graphic Rendition")."""


class Ink:
    """What can be shown: without colour and hyperlinks there is no escape sequence."""

    def __init__(self, *, colour: bool, hyperlinks: bool) -> None:
        self._colour, self._hyperlinks = colour, hyperlinks

    def styled(self, text: str, style: str) -> str:
        """A text in one of the styles; "" is none."""
        if not (self._colour and style and text):
            return text
        return f"\x1b[{STYLES[style][1]}m{text}\x1b[0m"

    def linked(self, text: str, url: str | None) -> str:
        """A text that leads to an address, where that is fit for it."""
        address = safe_url(url) if self._hyperlinks else None
        return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\" if address else text
