"""Play the machine: so many examples from one seed, always the same."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine
from tests.model.world import Ground

_MEMORY = Path("/dev/shm")


def play(
    examples: int, seeded: int, steps: int, *, threads: bool = False, shrink: bool = True
) -> None:
    """Raise what an example finds, made as small as it gets where it is to `shrink`."""
    where = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        Machine.ground = Ground(Path(folder))
        Machine.seen.clear()
        Machine.threads = threads
        run_state_machine_as_test(
            seed(seeded)(Machine),
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                report_multiple_bugs=False,
                phases=[Phase.generate, *([Phase.shrink] if shrink else [])],
                suppress_health_check=list(HealthCheck),
            ),
        )
