"""What was typed to have a report: whoever advises what to type next says it once more."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, its targets, its options by name, and all of the line, each in words to type.

    An option has its own name among its words: `{"--field": ("--field", "title")}`. The line is
    without what would show only, or approve a plan of now.
    """

    command: str = ""
    targets: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    line: tuple[str, ...] = ()


NOTHING = Asked()
