"""The `open` run: whose pages they are that a target leads to; it writes nothing."""

from collections.abc import Mapping, Sequence

from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import Readings
from raidctl.core.model import Incident
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.plan.item import Subject, subject_of
from raidctl.core.report import Unread
from raidctl.ports.systems import Systems
from raidctl.runs.reading.request import Progress, ReadRequest
from raidctl.runs.reading.survey import survey


def pages(
    systems: Systems, request: ReadRequest, progress: Progress
) -> tuple[Sequence[Subject], Sequence[Unread]]:
    """The subjects with their addresses, in the order of their numbers, and what was not read.

    Raises what `survey` raises.
    """
    seen = _Seen()
    found = survey(systems, request, progress, seen)
    subjects = {item.subject.incident: item.subject for item in found.items} | seen.subjects
    return [subjects[number] for number in sorted(subjects)], found.unread


class _Seen:
    """A survey's observer that keeps whose links there are, those in sync too."""

    def __init__(self) -> None:
        self.subjects: dict[int, Subject] = {}

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        """Keep whose it is."""
        subject = subject_of(link.link)
        self.subjects[subject.incident] = subject

    def missed(self, incident: Incident, readings: Readings) -> None:
        """It is told of by its item."""

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Nothing is remembered."""
