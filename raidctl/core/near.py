"""What somebody may have meant by a name that nothing has."""

from collections.abc import Iterable
from difflib import get_close_matches


def near(typed: str, known: Iterable[str]) -> str:
    """`; near it: conflict` for a name that is nearly one of those known, else nothing."""
    found = get_close_matches(typed.casefold(), list(known), n=3, cutoff=0.6)
    return f"; near it: {', '.join(found)}" if found else ""
