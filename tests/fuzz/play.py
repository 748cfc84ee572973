"""Play mutants of one kind, each by a seed of its own."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.kinds import KINDS


def defects(kind: str, seed: int, first: int, count: int) -> Iterator[str]:
    """What went wrong, each with the command that makes it again."""
    with TemporaryDirectory() as folder:
        made = KINDS[kind](Path(folder))
        for number in range(first, first + count):
            try:
                made.play(Random(f"{kind}:{seed}:{number}"))
            except Exception:  # noqa: BLE001 - what a defect is
                again = f"python -m tests.fuzz {kind} --seed {seed} --first {number} --mutants 1"
                yield f"{again}\n{traceback.format_exc(limit=-6)}"
