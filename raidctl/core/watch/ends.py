"""Which runs count, and as what: one table of successes and failures for all who tell of them.

A run counts where it was of all links in scope and nobody declined it: what somebody tries on a few
links neither ends a trouble nor makes one. The numbers are those of `errors.ExitCode`.
"""

from raidctl.core.writes.log import Run

WELL = frozenset({0, 3})
"""It did all that was decided; with 3 something waits for a person, as somebody asked to know."""
NEITHER = frozenset({5, 6, 130})
"""It was kept from it: by a limit or a pause, by another run, by whoever interrupted it."""
UNCOUNTED = "uncounted"
"""Takes the place of the exit code in a tally, where a run does not count."""
_NO_FAILURE = frozenset({*map(str, WELL | NEITHER), UNCOUNTED})


def succeeded(run: Run) -> bool:
    """Whether a run is a success."""
    return run.counts and run.exit_code in WELL


def failed(run: Run) -> bool:
    """Whether a run that is over is a failure; one without an end was killed."""
    return run.counts and run.exit_code not in WELL | NEITHER


def label(run: Run) -> str:
    """How a run that has ended is called in a tally."""
    return str(run.exit_code) if run.counts else UNCOUNTED


def is_failure(label: str) -> bool:
    """Whether runs that are called so in a tally are failures."""
    return label not in _NO_FAILURE
