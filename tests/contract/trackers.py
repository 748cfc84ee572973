"""Issue trackers under test: the gateway of each deployment before the simulated JIRA."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from requests.adapters import HTTPAdapter

from raidctl.core.model import Issue, Unreadable
from raidctl.gateways.http.client import BearerAuth, HttpClient, ReadOnlyAdapter, basic_auth
from raidctl.gateways.http.pace import Waiting
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.gateways.jira.cloud import CloudDialect
from raidctl.gateways.jira.datacenter import DataCenterDialect
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.issues import JiraIssues
from raidctl.gateways.jira.transport import JIRA, JIRA_READS, MakingAdapter, WritingAdapter
from raidctl.gateways.jira.writer import JiraWriter
from raidctl.ports.jira import IssueRef
from raidctl.sandbox.jira.state import Person
from raidctl.sandbox.server import Answer, Reply, Request
from tests.simulators.jira.server import jira_answer
from tests.simulators.jira.state import JiraState
from tests.simulators.server import LoopbackServer

Deployment = Literal["cloud", "datacenter"]
Quirk = Callable[[Request, Answer], Reply]

TOKEN = "s3cret-token"
NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
BOT = Person("bot", "The Bot", "bot@example.test")
ADA = Person("acc-ada", "Ada Lovelace", "ada@example.test")
EVE = Person("acc-eve", "Eve Hidden", "eve@example.test", email_hidden=True)


@dataclass
class Naps:
    """A sleep that writes down for how long and moves its clock on, and a jitter that is always 1.

    `time` is that clock, in seconds.
    """

    seconds: list[float] = field(default_factory=list)
    jitters: list[tuple[float, float]] = field(default_factory=list)
    time: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.time += seconds

    def jitter(self, low: float, high: float) -> float:
        self.jitters.append((low, high))
        return 1.0

    def clock(self) -> datetime:
        """The time, as the sleeps moved it on."""
        return NOW + timedelta(seconds=self.time)

    def waiting(self, now: datetime = NOW) -> Waiting:
        return Waiting(self.sleep, self.jitter, lambda: now, lambda: self.time)


def tracker(
    deployment: Deployment, url: str, *, priority: str = "priority", naps: Naps | None = None
) -> JiraIssues:
    """The gateway of a run that only reads."""
    http = client(deployment, url, ReadOnlyAdapter(JIRA_READS, 4), naps)
    return gateways(deployment, http, url, priority)[0]


def gateways(
    deployment: Deployment, http: HttpClient, url: str, priority: str = "priority"
) -> tuple[JiraIssues, JiraWriter]:
    """Both gateways as the composition root puts them together, over one client."""
    fields = Fields(priority, http.clock)
    cloud = deployment == "cloud"
    dialect = CloudDialect(http, fields) if cloud else DataCenterDialect(http, fields)
    return JiraIssues(http, dialect, fields, url), JiraWriter(http, deployment, fields)


def writer(
    deployment: Deployment,
    url: str,
    *,
    priority: str = "priority",
    naps: Naps | None = None,
    timeout: float = 5.0,
) -> JiraWriter:
    """The gateway of a run that writes."""
    http = client(deployment, url, WritingAdapter(4), naps, timeout)
    return gateways(deployment, http, url, priority)[1]


def admin(
    deployment: Deployment,
    url: str,
    *,
    adapter: HTTPAdapter | None = None,
    priority: str = "priority",
    naps: Naps | None = None,
) -> JiraAdmin:
    """The gateway of a run that makes issues."""
    http = client(deployment, url, adapter or MakingAdapter(4), naps)
    return JiraAdmin(http, deployment, Fields(priority, http.clock))


def client(
    deployment: Deployment,
    url: str,
    adapter: HTTPAdapter,
    naps: Naps | None = None,
    timeout: float = 5.0,
) -> HttpClient:
    """A client of JIRA with the token under test."""
    auth = basic_auth(BOT.email, TOKEN) if deployment == "cloud" else BearerAuth(TOKEN)
    return HttpClient(JIRA, url, auth, adapter, timeout, (naps or Naps()).waiting())


@dataclass
class Site:
    """A simulated JIRA, the gateways before it, and what the server was sent."""

    deployment: Deployment
    state: JiraState
    server: LoopbackServer
    tracker: JiraIssues
    writer: JiraWriter
    admin: JiraAdmin
    naps: Naps
    seen: list[Request]

    def add(self, *numbers: int, **values: Any) -> None:
        """Issues INC-n with the id 10000 + n."""
        for number in numbers:
            given = {"summary": f"Incident {number}"} | values
            self.state.add_issue(f"INC-{number}", 10_000 + number, **given)

    def issues(self, refs: Sequence[IssueRef]) -> list[Issue | None]:
        """Issues as they are read, none of which is of no form that raidctl knows."""
        found = self.tracker.issues(refs)
        assert not any(isinstance(issue, Unreadable) for issue in found)
        return [issue for issue in found if not isinstance(issue, Unreadable)]

    def bodies(self) -> list[dict[str, Any]]:
        """The JSON bodies of the POSTs."""
        return [json.loads(request.body) for request in self.seen if request.method == "POST"]

    def values(self, number: int = 1) -> Mapping[str, Any]:
        """What INC-n holds, whoever may see it."""
        return self.state.issue(10_000 + number).values

    def asked(self, method: str) -> list[str]:
        """The paths asked for with that method, without the version."""
        prefix = "/rest/api/N/"
        return [path[len(prefix) :] for verb, path in self.server.requests if verb == method]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a JIRA may behave."""

    deployment: Deployment
    quirk: Quirk | None = None
    search_cap: int = 1000


@contextmanager
def site(
    kind: Kind,
    *,
    priority: str = "priority",
    issue_limit: tuple[int, float] | None = None,
    **given: Any,
) -> Iterator[Site]:
    """A running site of that kind; `given` goes to the state."""
    given.setdefault("now", lambda: NOW)
    people, cap = (BOT, ADA, EVE), kind.search_cap
    state = JiraState(deployment=kind.deployment, users=people, search_cap=cap, **given)
    inside = jira_answer(state, token=TOKEN, issue_limit=issue_limit)
    seen: list[Request] = []

    def answer(request: Request) -> Reply:
        seen.append(request)
        return kind.quirk(request, inside) if kind.quirk else inside(request)

    with LoopbackServer(answer) as server:
        naps = Naps()
        reads = tracker(kind.deployment, server.url, priority=priority)
        writes = writer(kind.deployment, server.url, priority=priority, naps=naps)
        makes = admin(kind.deployment, server.url, priority=priority, naps=naps)
        yield Site(kind.deployment, state, server, reads, writes, makes, naps, seen)


def only_version_3(request: Request, answer: Answer) -> Reply:
    """A Cloud that serves its bulk requests under version 3 alone."""
    if request.path.startswith("/rest/api/2/") and request.path.endswith("/bulkfetch"):
        return Reply(404, "<html>dead link</html>", "text/html")
    return answer(request)


def version_3_alone(request: Request, answer: Answer) -> Reply:
    """A Cloud that serves nothing under version 2."""
    if request.path.startswith("/rest/api/2/"):
        return Reply(410, {"errorMessages": ["The requested API has been removed."]})
    return answer(request)


def always_validates(request: Request, answer: Answer) -> Reply:
    """A Data Center that ignores `validateQuery`: one unknown key is a 400 for the batch."""
    return answer(_with(request, validateQuery="strict"))


def sends_every_field(request: Request, answer: Answer) -> Reply:
    """A server that ignores `fields`."""
    return answer(_with(request, fields=["*all"]))


def _with(request: Request, **parameters: Any) -> Request:
    if request.method != "POST":
        return request
    return replace(request, body=json.dumps(json.loads(request.body) | parameters).encode())


KINDS = {
    "cloud": Kind("cloud"),
    "cloud-v3": Kind("cloud", only_version_3),
    "cloud-every-field": Kind("cloud", sends_every_field),
    "datacenter": Kind("datacenter"),
    "datacenter-strict": Kind("datacenter", always_validates),
    "datacenter-short-pages": Kind("datacenter", search_cap=2),
    "datacenter-every-field": Kind("datacenter", sends_every_field),
}
PLAIN = ("cloud", "datacenter")
WRITTEN = {**{name: KINDS[name] for name in PLAIN}, "cloud-v3": Kind("cloud", version_3_alone)}
