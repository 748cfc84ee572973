"""Record what raidctl answers, to compare two checkouts of it by `diff -r`.

    python -m tests.corpus OUTDIR [SCENE]...

What is recorded is the raidctl that Python finds first; the last line says which: run it in the
checkout, with PYTHONPATH naming that. Each run becomes a file, each scene a folder of them; OUTDIR
must not be there yet. Everything happens on loopback, in a temporary folder.
"""

import sys
import tempfile
import time
from pathlib import Path

import raidctl
from tests.corpus.forks import forks
from tests.corpus.places import Places
from tests.corpus.proxy import proxy
from tests.corpus.scenes import SCENES


def main(out: Path, names: list[str]) -> None:
    """Record the scenes of these names, or all of them, each into a folder of its own."""
    if out.exists():
        sys.exit(f"{out} is there already")
    start = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="raidctl-corpus-") as folder,
        forks(Path(folder)) as launcher,
        proxy() as server,
    ):
        places = Places(out, Path(folder), server, launcher)
        for name in names or SCENES:
            SCENES[name](places)
    files = sum(1 for _ in out.rglob("*.txt"))
    sys.stderr.write(f"{files} files in {time.monotonic() - start:.0f} s, of {raidctl.__file__}\n")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
