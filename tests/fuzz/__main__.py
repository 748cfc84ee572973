"""`python -m tests.fuzz`: mutants of every answer, plan and journal, by the hundred thousand.

Exits with 1 where one of them was a defect, or stopped another row; each is named by the command
that makes it again.
"""

import sys
import time
from argparse import ArgumentParser, Namespace
from itertools import islice
from multiprocessing import Pool

from tests.fuzz.kinds import KINDS
from tests.fuzz.play import defects

TOLD = 20  # defects of a kind, before it is given up


def main(asked: Namespace) -> int:
    """Play the mutants of every kind and print what came of them."""
    parts = [(kind, asked.seed, asked.first, asked.mutants) for kind in asked.kinds or KINDS]
    wrong = 0
    with Pool(min(asked.jobs, len(parts))) as pool:
        for kind, seconds, found in pool.imap(_part, parts):
            wrong += len(found)
            for text in found:
                sys.stdout.write(f"{text}\n")
            said = f"{len(found)} defects" if found else "nothing was found"
            sys.stdout.write(f"{kind}: {asked.mutants} mutants, {seconds:.0f} s, {said}\n")
            sys.stdout.flush()
    return int(wrong > 0)


def _part(part: tuple[str, int, int, int]) -> tuple[str, float, list[str]]:
    start = time.monotonic()
    found = list(islice(defects(*part), TOLD))
    return part[0], time.monotonic() - start, found


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("--mutants", type=int, default=100_000, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="the number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    sys.exit(main(parser.parse_args()))
