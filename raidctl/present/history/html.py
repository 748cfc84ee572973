"""Earlier runs and what they wrote, as a page."""

from raidctl.present.history.rows import (
    NO_RUNS,
    NO_WRITES,
    RUN_HEADS,
    WRITE_HEADS,
    History,
    run_cells,
    write_cells,
)
from raidctl.present.html.page import instant, whole
from raidctl.present.html.table import plain
from raidctl.present.report.summary import number


def render_html(history: History) -> str:
    """The whole page."""
    runs = (run_cells(run, instant) for run in history.runs)
    writes = (write_cells(write, instant) for write in history.writes or ())
    tables = [plain("Runs", RUN_HEADS, runs), plain("Writes", WRITE_HEADS, writes)]
    return whole(_headline(history), "history", *tables)


def _headline(history: History) -> str:
    runs, writes = history.runs, history.writes
    if writes is None:
        return f"{number(len(runs), 'run')}." if runs else NO_RUNS
    return f"{number(len(writes), 'write')}." if writes else NO_WRITES
