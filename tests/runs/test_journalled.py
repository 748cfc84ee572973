"""A run's row, where it ended at once."""

from contextlib import closing
from pathlib import Path

from raidctl.core.model import Field
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import ExitCode
from raidctl.journal import Journal
from raidctl.runs.journalled import RunRecord, note_interrupted
from tests.contract.journal.values import NOW, at, intent, run, wrote


def test_a_run_that_is_interrupted_keeps_why_and_what_it_has_written(tmp_path: Path) -> None:
    with closing(Journal(tmp_path / "journal.sqlite", lambda: NOW)) as journal:
        journal.begin(run())
        wrote(journal, NOW, intent())
        wrote(journal, NOW, intent("x", Field.TITLE), Outcome.REFUSED)
        note_interrupted(
            journal, run(), RunRecord(), "interrupted; what was decided so far is done", at(1)
        )
        (told,) = journal.runs(1)

    assert (told.exit_code, told.finished_at) == (ExitCode.INTERRUPTED, at(1))
    assert told.why == "interrupted; what was decided so far is done"
    assert told.outcomes == ((Outcome.APPLIED, 1), (Outcome.REFUSED, 1))
