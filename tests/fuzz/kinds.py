"""Every kind of input: what is recorded of it, and what must hold of each of its mutants."""

from tests.fuzz.base import Input
from tests.fuzz.events import Events
from tests.fuzz.impact import ImpactDatabase, ImpactRest
from tests.fuzz.jira import JiraCloud, JiraDataCenter, JiraStatuses
from tests.fuzz.journals import JournalBytes, JournalRows
from tests.fuzz.listening import Bytes, Requests
from tests.fuzz.plans import Plans

KINDS: dict[str, type[Input]] = {
    "impact-rest": ImpactRest,
    "impact-database": ImpactDatabase,
    "jira-cloud": JiraCloud,
    "jira-datacenter": JiraDataCenter,
    "jira-statuses": JiraStatuses,
    "listen-requests": Requests,
    "listen-bytes": Bytes,
    "plans": Plans,
    "journal-rows": JournalRows,
    "journal-bytes": JournalBytes,
    "events": Events,
}
