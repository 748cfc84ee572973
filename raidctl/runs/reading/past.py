"""The `history` run: what earlier runs did and wrote, out of the journal alone."""

from collections.abc import Collection, Sequence

from raidctl.core.writes.log import Run, Write
from raidctl.errors import UsageError
from raidctl.ports.journal import JournalReader

Past = tuple[Sequence[Run], Sequence[Write] | None]
"""Runs, newest first, and writes, oldest first; None where runs alone are asked for."""


def past(
    journal: JournalReader,
    names: Sequence[str],
    incidents: Collection[int],
    keys: Collection[str],
    limit: int,
) -> Past:
    """The runs of these names and their writes, else all writes of these, else the latest runs.

    Raises `UsageError` for a run that the journal does not know.
    """
    if not names and not (incidents or keys):
        return journal.runs(limit), None
    if not names:
        writes = journal.writes(incidents=incidents, keys=keys)
        return journal.named_runs({write.run for write in writes}), writes
    runs = journal.named_runs(names)
    if unknown := [name for name in names if name not in {run.id for run in runs}]:
        raise UsageError(f"no run {', '.join(unknown)} in the journal: see raidctl history")
    return runs, [
        write
        for run in reversed(runs)
        for write in journal.writes(run=run.id, incidents=incidents, keys=keys)
    ]
