"""Remember what is seen in agreement, so that the next run knows who changed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from raidctl.core.drift import Comparison
from raidctl.core.mapping.book import ProjectMapping
from raidctl.core.memory import LONG_AGO, Baseline, Reading, Readings
from raidctl.core.model import Field, Incident, Unreadable
from raidctl.core.plan.case import ComparedLink
from raidctl.core.plan.changed import remembered
from raidctl.core.plan.decide import DriftedFields
from raidctl.core.reasons import Reason
from raidctl.core.scope import Selection
from raidctl.core.writes.log import OwnLink, SeenLink
from raidctl.ports.journal import Journal
from raidctl.runs.reading.request import ReadRequest
from raidctl.runs.reading.survey import Survey

Observed = tuple[int, int, Field, Baseline]
Drifted = tuple[int, Field, datetime | None]


def agreeing(
    link: ComparedLink, drifted: DriftedFields, mapping: ProjectMapping
) -> Mapping[Field, Comparison]:
    """The fields in sync, as far as that can be told.

    While a loop guard covers one, only where it is just as raidctl left it: a search whose index
    lags shows what stood there before.
    """
    cooling = {name for _, name in link.memory.cooling}
    return {
        found.field: found
        for found in link.fields
        if isinstance(found, Comparison)
        and found.field not in drifted
        and (found.field not in cooling or not is_news(link, found, mapping))
    }


def is_news(link: ComparedLink, found: Comparison, mapping: ProjectMapping) -> bool:
    """Whether a pair in sync is not the one remembered, or was seen to differ since."""
    before = link.memory.baselines.get(found.field)
    return before is None or bool(before.seen_at) or not remembered(found, before, mapping)


def _left_out(link: ComparedLink, name: Field, mapping: ProjectMapping) -> bool:
    """Whether a value is one that is not compared: then nobody has seen it to agree either."""
    impact = link.link.incident.value(name)
    return not isinstance(impact, Unreadable) and not mapping.relations[name].covers(impact)


class BaselineRecorder:
    """A survey's observer that writes baselines, links and accounts, as far as they are news.

    `baselines` counts what was recorded. Of a pair that agrees no longer it keeps when it was last
    seen to.
    """

    def __init__(self, journal: Journal, run: str, clock: Callable[[], datetime]) -> None:
        self.baselines = 0
        self._journal = journal
        self._run = run
        self._clock = clock
        self._observed: list[Observed] = []
        self._drifted: list[Drifted] = []
        self._links: list[SeenLink] = []
        self._moved: list[OwnLink] = []

    def saw(self, link: ComparedLink, mapping: ProjectMapping, drifted: DriftedFields) -> None:
        """Note each field in sync whose pair differs from the one remembered."""
        pair = link.link
        number, key, issue = pair.incident.id, pair.incident.issue_key or "", pair.issue.id
        if pair.incident.own_link and pair.issue.key != key:  # it moved, and nobody else tells
            self._moved.append(OwnLink(number, pair.issue.key, issue))
        if Reason.RELINKED not in link.holds:
            status = pair.issue.status if isinstance(pair.issue.status, str) else None
            self._links.append(SeenLink(number, key, issue, not mapping.closed(pair), status))
        in_sync = agreeing(link, drifted, mapping)
        for name, found in in_sync.items():
            if is_news(link, found, mapping):
                baseline = mapping.agreed(name, found.impact, found.jira)
                self._observed.append((pair.incident.id, pair.issue.id, name, baseline))
        compared = {one.field for one in link.fields}
        for name, before in link.memory.baselines.items():
            if before.seen_at is not None or name in in_sync:
                continue
            if name in compared or _left_out(link, name, mapping):
                self._drift(pair.incident, name, link.readings)

    def adopts(self, agreed: Sequence[Observed]) -> None:
        """Write pairs that agreed once, for fields of which nothing is known."""
        self._journal.adopt_baselines(agreed, self._run, self._clock())

    def missed(self, incident: Incident, readings: Readings) -> None:
        """Its pairs are not seen, whatever they are now."""
        for name in Field:
            self._drift(incident, name, readings)

    def _drift(self, incident: Incident, name: Field, readings: Readings) -> None:
        self._drifted.append((incident.id, name, readings.covering(incident, name)))

    def batch_ends(self, accounts: Mapping[str, str]) -> None:
        """Write what was noted since the last batch, at once; nothing where there is no news."""
        now = self._clock()
        with self._journal.together():  # each transaction waits for the disk
            self._journal.record_baselines(self._observed, self._run, now)
            self._journal.record_drift(self._drifted)
            self._journal.record_links(self._links, now)
            self._journal.rename_own_links(self._moved)
            self._journal.record_accounts(accounts, now)
        self.baselines += len(self._observed)
        self._observed, self._drifted, self._links, self._moved = [], [], [], []

    def ends(self, request: ReadRequest, found: Survey) -> None:
        """Note that all of a scope was read, where it was: it need not be noted link by link."""
        scope = request.scope
        narrowed = scope.named or scope.created_since or request.selection != Selection()
        if narrowed or found.unread:
            return
        since = LONG_AGO if scope.everything else scope.closed_since or request.now
        self._journal.record_reading(request.policy.fields, Reading(request.now, since))
