"""Play a machine: so many examples from one seed, always the same."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.model.machine import Machine
from tests.model.world import Ground

_MEMORY = Path("/dev/shm")


def play(
    examples: int, seeded: int, steps: int, *, threads: bool = False, shrink: bool = True
) -> None:
    """Raise what an example finds, made as small as it gets where it is to `shrink`.

    Threads may go another way when it is played again: then what it was the first time.
    """
    with in_memory() as folder:
        Machine.ground = Ground(folder)
        Machine.seen.clear()
        Machine.found.clear()
        Machine.threads = threads
        try:
            play_machine(Machine, examples, seeded, steps, shrink=shrink)
        except Flaky as error:
            raise AssertionError("\n".join(["seen once:", *Machine.found])) from error


def play_machine(
    machine: type[RuleBasedStateMachine], examples: int, seeded: int, steps: int, *, shrink: bool
) -> None:
    """Raise what an example of any machine finds."""
    run_state_machine_as_test(
        seed(seeded)(machine),
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


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder for the files of all examples."""
    where = _MEMORY if _MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        yield Path(folder)
