"""`python -m tests.model`: the long run of both state machines, in several processes.

`--plant NAME` takes a safeguard away first, which has to be found. Exits with 1 where raidctl did
something wrong, or a planted bug was not found.
"""

import sys
import time
from argparse import ArgumentParser, Namespace
from collections import Counter
from contextlib import nullcontext
from multiprocessing import Pool
from traceback import format_exception

from tests.model import creating
from tests.model.creating import play_creations
from tests.model.machine import Machine
from tests.model.plants import CREATION_PLANTS, PLANTS
from tests.model.play import play

CREATIONS = 4  # one example of these for so many of the others: they are longer


def main(asked: Namespace) -> int:
    """Play all examples and print what came of them."""
    start = time.monotonic()
    share, more = divmod(asked.examples, asked.jobs)
    parts = [
        (share + (number < more), asked.seed + number, asked.steps, asked.plant)
        for number in range(asked.jobs)
    ]
    with Pool(asked.jobs) as pool:
        done = pool.starmap(_part, parts)
    seen, wrong = sum((one for one, _ in done), Counter[str]()), [text for _, text in done if text]
    for text in wrong:
        sys.stdout.write(f"{text}\n")
    for what, times in sorted(seen.items()):
        sys.stdout.write(f"{times:8} {what}\n")
    seconds = time.monotonic() - start
    found = f"found by {len(wrong)} of {asked.jobs}" if wrong else "nothing was found"
    sys.stdout.write(
        f"{asked.examples} examples of {asked.steps} steps: {seconds:.0f} s, {found}\n"
    )
    return int(bool(wrong) != bool(asked.plant))


def _part(examples: int, seed: int, steps: int, plant: str | None) -> tuple[Counter[str], str]:
    """One process's examples, each of them with a seed that follows from its own."""
    seen = Counter[str]()
    with {**PLANTS, **CREATION_PLANTS}[plant]() if plant else nullcontext():
        try:
            if plant not in CREATION_PLANTS:
                play(examples, seed, steps, threads=True)
                seen += Machine.seen
            if plant not in PLANTS:
                play_creations(examples if plant else examples // CREATIONS, seed, steps // 2)
                seen += Counter({f"of creations: {k}": n for k, n in creating.Machine.seen.items()})
        except Exception as error:  # noqa: BLE001 - whatever it is, the other process goes on
            return Machine.seen, "".join(format_exception(error))
    return seen, ""


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--examples", type=int, default=2_000)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--plant", choices=sorted({*PLANTS, *CREATION_PLANTS}))
    sys.exit(main(parser.parse_args()))
