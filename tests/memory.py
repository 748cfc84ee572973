"""How much memory something takes at its largest, by the interpreter's own accounting."""

import tracemalloc
from collections.abc import Callable


def peak(act: Callable[[], object]) -> int:
    """Bytes that were in use at once while it ran, beside those before."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
