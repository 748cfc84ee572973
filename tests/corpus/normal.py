"""What must differ between two recordings is numbered or masked; all else stays as it is."""

import re
from collections.abc import Callable, Collection
from functools import partial
from socket import gethostname

_DAY, _CLOCK = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d"

_NUMBERED = {
    "RUN": r"\b\d{8}T\d{6}Z-[0-9a-f]{4}\b",
    # Of an offset, or to the microsecond: what is written to the minute, or in a contract to the
    # second, may or may not be the same for two events, and is masked instead.
    "TIME": rf"\b{_DAY}[T ]{_CLOCK}(?:(?:\.\d+)?[+-]\d\d:\d\d|\.\d{{6}})(?!\d)",
    "MOMENT": r"(?<=\"expires_at\": )\d+\.\d+",
    "UUID": r"\b[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}\b",
}
_MASKED = (
    (rf"\b{_DAY}(T| ){_CLOCK}", r"yyyy-mm-dd\1hh:mm:ss"),
    (rf"\b{_DAY} \d\d:\d\d\b", "yyyy-mm-dd hh:mm"),
    (rf"\b{_CLOCK}(?= UTC\b)", "hh:mm:ss"),
    (r"\b\d+ (?:s|min)(?= ago\b)", "n s"),
    (r"\b\d+\.\d s\b", "n.n s"),
    (r"(?<=\"pid\": )\d+|(?<=\bprocess )\d+", "PID"),
    (r"(?<=http://127\.0\.0\.1:)\d{4,5}\b", "PORT"),
    (r"(?<=\braidctl-demo-)\w{8}\b", "xxxxxxxx"),
)


class Normal:
    """Numbers what differs, in the order in which it is first met; runs have a number for good.

    All else begins anew with each text, so that what is new in one leaves the others alone.
    `folder` is where the scene takes place, `fixed` what is the same each time for all its looks.
    """

    def __init__(self, folder: str, fixed: Collection[str] = ()) -> None:
        self._fixed = frozenset(fixed)
        self._runs: dict[str, str] = {}
        self._places = {folder: "FOLDER", f"@{gethostname()}": "@HOST"}

    def text(self, text: str) -> str:
        """The text as it is in every recording."""
        known: dict[str, dict[str, str]] = {name: {} for name in _NUMBERED} | {"RUN": self._runs}
        return self._apply(
            text,
            lambda name, found: known[name].setdefault(found, f"{name}-{len(known[name]) + 1}"),
        )

    def masked(self, text: str) -> str:
        """The text without anything that differs, to sort by."""
        return self._apply(text, lambda name, _: name)

    def _apply(self, text: str, label: Callable[[str, str], str]) -> str:
        for place, name in self._places.items():
            text = text.replace(place, name)
        for name, pattern in _NUMBERED.items():
            text = re.sub(pattern, partial(self._labelled, label, name), text)
        for pattern, word in _MASKED:
            text = re.sub(pattern, word, text)
        return text

    def _labelled(self, label: Callable[[str, str], str], name: str, match: re.Match[str]) -> str:
        return match[0] if match[0] in self._fixed else label(name, match[0])
