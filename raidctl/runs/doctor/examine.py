"""All checks of doctor, the systems side by side: what fails is a check's own problem."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from raidctl.core.doctor.check import Check, whole
from raidctl.runs.doctor.asked import Asked, Ways
from raidctl.runs.doctor.impact import of_database, of_site
from raidctl.runs.doctor.jira import of_jira
from raidctl.runs.doctor.memory import journal_of, of_journal


def examine(ways: Ways, asked: Asked) -> Sequence[Check]:
    """A check for every id, in order. Nothing is written anywhere."""
    journal, unreadable = journal_of(ways)
    remembered = list(of_journal(journal, asked)) if journal is not None else []
    parts: list[Callable[[], Iterator[Check]]] = [
        lambda: of_site(ways),
        lambda: of_database(ways),
        lambda: of_jira(ways, asked, journal),
    ]
    with ThreadPoolExecutor(len(parts), "doctor") as pool:
        found = [check for checks in pool.map(lambda part: list(part()), parts) for check in checks]
    own = [unreadable] if unreadable is not None else []
    return whole([*asked.known, *own, *remembered, *found], asked.left_off)
