"""Play mutants of one kind, each by a seed of its own."""

import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.kinds import KINDS

MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Part:
    """So many mutants of a kind, from a number on."""

    kind: str
    seed: int
    first: int
    count: int


def defects(part: Part) -> Iterator[str]:
    """What went wrong, each with the command that makes it again."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        made = KINDS[part.kind](Path(folder))
        for number in range(part.first, part.first + part.count):
            try:
                made.play(Random(f"{part.kind}:{part.seed}:{number}"))
            except Exception:  # noqa: BLE001 - what a defect is
                once = f"{part.kind} --seed {part.seed} --first {number} --mutants 1"
                yield f"python -m tests.fuzz {once}\n{traceback.format_exc(limit=-6)}"
