"""`python -m tests.fuzz`: mutants of every answer, plan and journal, by the hundred thousand.

Exits with 1 where one of them was a defect, or stopped another row; each is named by the command
that makes it again. With `--done FILE` a run that was interrupted goes on where it was;
such a file is good for one state of the code.
"""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from multiprocessing import Pool
from pathlib import Path

from tests.fuzz.kinds import KINDS
from tests.fuzz.play import Part, defects

CHUNK = 2_000
TOLD = 20  # defects of a chunk, before it is given up


def main(asked: Namespace) -> int:
    """Play the mutants of every kind, chunk by chunk, and print what came of them."""
    sound = noted(asked.done)
    parts = [part for kind in asked.kinds or KINDS for part in chunks(kind, asked)]
    wrong = dict.fromkeys(asked.kinds or KINDS, 0)
    with ExitStack() as stack:
        each = stack.enter_context(Pool(asked.jobs)).imap if asked.jobs > 1 else map
        for part, seconds, found in each(_played, [one for one in parts if one not in sound]):
            wrong[part.kind] += len(found)
            said = f"{len(found)} defects" if found else "nothing was found"
            end = part.first + part.count - 1
            told = [*found, f"{part.kind} {part.first} to {end}: {seconds:.0f} s, {said}", ""]
            sys.stdout.write("\n".join(told))
            sys.stdout.flush()
            if asked.done is not None and not found:
                with asked.done.open("a", encoding="utf-8") as file:
                    file.write(f"{part.kind} {part.seed} {part.first} {part.count}\n")
    for kind, number in wrong.items():
        sys.stdout.write(f"{kind}: {asked.mutants} mutants, {number} defects\n")
    return int(any(wrong.values()))


def chunks(kind: str, asked: Namespace) -> Iterator[Part]:
    """The mutants of a kind that are asked for."""
    end = asked.first + asked.mutants
    for first in range(asked.first, end, CHUNK):
        yield Part(kind, asked.seed, first, min(CHUNK, end - first))


def noted(file: Path | None) -> set[Part]:
    """The chunks in which an earlier run found nothing."""
    if file is None or not file.exists():
        return set()
    told = (line.split() for line in file.read_text(encoding="utf-8").splitlines())
    return {Part(kind, int(seed), int(first), int(count)) for kind, seed, first, count in told}


def _played(part: Part) -> tuple[Part, float, list[str]]:
    start = time.monotonic()
    found = list(islice(defects(part), TOLD))
    return part, time.monotonic() - start, found


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--mutants", type=int, default=100_000, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--done",
        type=Path,
        metavar="FILE",
        help="where chunks are noted in which nothing was found",
    )
    sys.exit(main(parser.parse_args()))
