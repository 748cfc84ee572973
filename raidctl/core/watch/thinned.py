"""What of the journal has gone because nothing needs it any more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gone:
    """How many runs that wrote nothing, and how many attempts that were never sent."""

    runs: int
    attempts: int
