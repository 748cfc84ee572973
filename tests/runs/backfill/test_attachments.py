"""Each file exactly once at its issue, whatever goes wrong: lost answers, kills, refusals."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.backfill.attachment import PROPERTY, Content
from raidctl.core.plan.item import Hold
from raidctl.core.policy import Policy
from raidctl.core.reasons import Reason
from raidctl.core.writes.log import Run, SeenLink
from raidctl.core.writes.outcome import Outcome
from raidctl.errors import Category, ExitCode, FileError, LinesError, ServiceError
from raidctl.gateways.jira.admin import JiraAdmin
from raidctl.gateways.jira.fields import Fields
from raidctl.gateways.jira.transport import MakingAdapter
from raidctl.ports.files import HadFile
from raidctl.ports.systems import Makers
from raidctl.runs.backfill.attaching import ARRIVES, attachers
from raidctl.runs.backfill.attachments import AttachmentRequest, Uploads, Wish, Wishes, find
from raidctl.runs.backfill.bulk import Job, look, make
from raidctl.runs.journalled import RunRecord
from raidctl.runs.writing.session import Ending, Session
from raidctl.sandbox.jira.belongings import File
from tests.contract.trackers import Deployment, client
from tests.runs.backfill.stage import ALWAYS, Following, Quiet, told
from tests.runs.backfill.trouble import failing, killed
from tests.runs.desk import SITES, Office, office
from tests.simulators.server import DROP_AFTER, DROP_BEFORE, refuse

SECRET = FileError("it is a pipe", "name a file", Category.VALIDATION)


class Shelf:
    """Files by their places; what has none cannot be had."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("_", "."): content for name, content in files.items()}
        self.kept = 0

    @contextmanager
    def had(self, place: str, name: str, most: int) -> Iterator[HadFile]:
        if place not in self.files:
            raise SECRET
        body = self.files[place]
        content = Content(len(body), hashlib.sha256(body).hexdigest())

        def keep() -> BytesIO:
            self.kept += 1
            return BytesIO(body)

        yield HadFile(content, "text/plain", keep)


@dataclass
class Desk:
    """An office in which files are attached."""

    at: Office
    admin: JiraAdmin
    shelf: Shelf = field(default_factory=lambda: Shelf(a_log=b"one", b_log=b"two"))
    wishes: Sequence[Wish] = (Wish(1, "a.log"), Wish(1, "b.log"), Wish("INC-2", "a.log"))
    policy: Policy = field(default_factory=Policy)
    limit: int | None = None

    def job(self) -> Job:
        wishes = Wishes(self.wishes, "files.csv")
        request = AttachmentRequest(wishes, self.shelf, 1_000, self.policy, 2, self.limit)
        uploads: Uploads = {}
        return Job(
            "backfill attachments",
            lambda systems, advance: find(systems, self.admin, request, uploads, advance),
            attachers(uploads, self.policy),
        )

    def run(self) -> Ending:
        """One run of `backfill attachments`."""
        orders = self.at.orders()
        run = Run(orders.run, "backfill attachments", self.at.clock(), 1)
        self.at.journal.begin(run)
        desk = replace(self.at.desk, makers=Makers(self.admin))
        show = lambda *_: nullcontext(lambda _: None)  # noqa: E731
        session = Session(desk, orders, run, RunRecord(), Quiet(), show)
        ending = make(session, self.job(), SITES, ALWAYS)
        self.at.journal.end(replace(run, finished_at=self.at.clock(), exit_code=ending.exit_code))
        return ending

    def files(self, number: int) -> list[File]:
        return self.at.state.files.get(10_000 + number, [])

    def names(self, number: int) -> list[str]:
        return [file.name for file in self.files(number)]

    def uploads(self) -> int:
        """How often a file was sent, whatever became of it."""
        return sum(path.endswith("/attachments") for _, path in self.at.server.requests)


@contextmanager
def desk(folder: Path, deployment: Deployment = "cloud", **given: Any) -> Iterator[Desk]:
    with office(folder, deployment, **given) as at:
        http = client(deployment, at.server.url, MakingAdapter(4), Following(by=at.clock))
        yield Desk(at, JiraAdmin(http, deployment, Fields("priority", http.clock)))


@pytest.fixture(params=["cloud", "datacenter"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path, request.param) as made:
        yield made


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path) as made:
        yield made


def test_what_is_missing_is_attached_and_then_nothing(site: Desk) -> None:
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    assert [name for *_, name in told(ending.report.items)] == ["applied"] * 3
    assert (site.names(1), site.names(2)) == (["a.log", "b.log"], ["a.log"])
    assert [file.content for file in site.files(1)] == [b"one", b"two"]
    again = site.run()
    assert (again.exit_code, again.report.items, again.report.notes) == (ExitCode.OK, (), ())
    assert (site.uploads(), site.shelf.kept) == (3, 3)


def test_what_the_files_of_an_issue_hold_is_read_twice_and_kept_once(cloud: Desk) -> None:
    cloud.wishes = [Wish(1, "a.log"), Wish(1, "b.log")]
    cloud.run()
    about = [one for one in cloud.at.sent() if "/10001/" in one]
    kept = f"issue/10001/properties/{PROPERTY}"
    sent = ["POST issue/10001/attachments"] * 2
    assert about == [f"GET {kept}", f"GET {kept}", *sent, f"PUT {kept}"]


def test_a_lost_answer_is_looked_for_at_the_issue(site: Desk) -> None:
    failing(site.at, "/attachments", DROP_AFTER, DROP_AFTER)
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    assert (site.names(1), site.names(2)) == (["a.log", "b.log"], ["a.log"])
    again = site.run()
    assert (again.exit_code, again.report.items, site.uploads()) == (ExitCode.OK, (), 3)


def test_what_nobody_knows_waits_until_it_must_have_arrived(site: Desk) -> None:
    site.wishes = [Wish(1, "a.log")]
    failing(site.at, "/attachments", DROP_BEFORE)
    first = site.run()
    assert first.exit_code is ExitCode.INCOMPLETE
    assert "run this again after 12:02:00 UTC, which looks first" in str(first.why)
    site.at.clock.pass_by(seconds=60)
    assert site.run().exit_code is ExitCode.INCOMPLETE
    assert site.uploads() == 1
    site.at.clock.pass_by(seconds=ARRIVES.total_seconds())
    assert site.run().exit_code is ExitCode.OK
    assert (site.names(1), site.uploads()) == (["a.log"], 2)
    assert site.at.journal.open_writes() == []


POINTS: dict[str, Callable[[Desk], tuple[Any, str]]] = {
    "before its intent": lambda site: (site.at.journal, "intend"),
    "before it is sent": lambda site: (site.admin, "attach"),
    "before it is remembered": lambda site: (site.admin, "set_property"),
    "before its end": lambda site: (site.at.journal, "settle"),
}


@pytest.mark.parametrize("after", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_step_is_made_good_by_the_next_run(
    site: Desk, point: str, after: bool
) -> None:
    killed(site.run, *POINTS[point](site), after=after)
    site.at.clock.pass_by(minutes=10)
    ending = site.run()
    assert ending.exit_code is ExitCode.OK, ending.why
    assert sorted(site.names(1)) == ["a.log", "b.log"]
    assert site.names(2) == ["a.log"]
    assert site.at.journal.open_writes() == []
    last = site.run()
    assert (last.exit_code, last.report.items) == (ExitCode.OK, ())


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (413, "more than it takes"),
        (403, "create attachments in the project"),
        (404, "gone, or hidden"),
        (400, "HTTP 400"),
    ],
)
def test_a_file_that_jira_refuses_is_told_and_the_others_go_on(
    site: Desk, status: int, said: str
) -> None:
    failing(site.at, "/10001/attachments", refuse(status, body={"errorMessages": ["no"]}))
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert said in str(ending.why)
    assert (len(site.files(1)), site.names(2)) == (1, ["a.log"])
    assert site.run().exit_code is ExitCode.OK
    assert sorted(site.names(1)) == ["a.log", "b.log"]


def test_a_file_that_cannot_be_had_is_told_and_the_others_go_on(site: Desk) -> None:
    site.wishes = [Wish(1, "gone.log"), *site.wishes, Wish(3, "https://h/x.png?token=s3cret")]
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    details = [one.result.detail for one in ending.report.items if one.result and one.result.detail]
    assert details == [
        "gone.log: it is a pipe; name a file",
        "https://h/x.png: it is a pipe; name a file",
    ]
    assert (site.names(1), site.names(2)) == (["a.log", "b.log"], ["a.log"])


def test_what_could_not_be_remembered_is_there_and_stays_there(site: Desk) -> None:
    failing(site.at, PROPERTY, *[refuse(403, body={"errorMessages": ["no"]})] * 2, method="PUT")
    ending = site.run()
    assert ending.exit_code is ExitCode.OK
    details = {one.result.detail for one in ending.report.items if one.result}
    assert any("could not be noted at the issue" in str(one) for one in details)
    again = site.run()
    assert again.report.items == ()
    (note,) = again.report.notes
    assert note.startswith("Taken for there by name and size")
    assert "INC-1 a.log" in note
    assert site.uploads() == 3


def test_a_file_of_that_name_and_other_content_gets_another_name(site: Desk) -> None:
    site.at.state.files[10_001] = [File(1, "A.LOG", "x", b"older", "bot", site.at.clock())]
    site.shelf.files["dir/a.log"] = b"three"
    site.wishes = [Wish(1, "a.log"), Wish("INC-1", "a.log"), Wish(1, "dir/a.log")]
    assert site.run().exit_code is ExitCode.OK
    marks = [hashlib.sha256(one).hexdigest()[:8] for one in (b"one", b"three")]
    assert site.names(1) == ["A.LOG", *(f"a-{mark}.log" for mark in marks)]
    site.wishes = [Wish(1, "dir/a.log"), Wish(1, "a.log")]
    assert site.run().report.items == ()


def test_what_was_attached_since_the_plan_is_left_alone(
    cloud: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.wishes = [Wish(1, "a.log")]
    real, calls = cloud.admin.attachments, list[int]()

    def racing(issue: int) -> Any:
        calls.append(issue)
        if len(calls) == 2:  # the plan is made
            state = cloud.at.state
            state.files[issue] = [File(9, "a.log", "x", b"one", "bot", state.now())]
        return real(issue)

    monkeypatch.setattr(cloud.admin, "attachments", racing)
    ending = cloud.run()
    assert told(ending.report.items) == [(1, "attach", Outcome.STALE)]
    assert (cloud.names(1), cloud.uploads()) == (["a.log"], 0)


def test_what_was_deleted_in_jira_is_attached_again(site: Desk) -> None:
    site.run()
    site.at.state.files[10_001] = []
    assert len(site.run().report.items) == 2
    rows = site.at.state.properties[10_001][PROPERTY]["files"]
    assert [row["id"] for row in rows] == [str(file.id) for file in site.files(1)]


def test_an_incident_without_an_issue_leads_to_where_it_gets_one(site: Desk) -> None:
    site.at.impact(1, issue_key=None)
    site.at.state.delete(10_002)
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    details = [one.result.detail for one in ending.report.items if one.result]
    assert "raidctl backfill issues 1 creates it" in str(details[0])
    assert "gone, or hidden" in str(details[2])


def test_a_private_or_downgraded_incident_and_another_issue_are_held(site: Desk) -> None:
    site.wishes = [Wish(number, "a.log") for number in (1, 2, 3)]
    site.at.impact(1, private=True)
    site.at.impact(2, status="CLOSED", ignored=True)
    site.at.journal.record_links([SeenLink(3, "INC-3", 99, True)], site.at.clock())
    ending = site.run()
    assert ending.exit_code is ExitCode.OK
    holds = [one.reason for one in ending.report.items if isinstance(one, Hold)]
    assert holds == [Reason.PRIVATE, Reason.DOWNGRADED, Reason.RELINKED]
    assert site.uploads() == 0
    site.policy = replace(site.policy, private_to_jira=True)
    site.run()
    assert site.names(1) == ["a.log"]


def test_what_becomes_private_since_the_plan_is_stale(
    cloud: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cloud.at.desk.source.current

    def current(numbers: Any) -> Any:
        return {number: replace(one, private=True) for number, one in real(numbers).items()}

    monkeypatch.setattr(type(cloud.at.source), "current", lambda _, numbers: current(numbers))
    ending = cloud.run()
    assert {outcome for *_, outcome in told(ending.report.items)} == {Outcome.STALE}
    assert cloud.uploads() == 0


def test_a_jira_without_attachments_is_told_for_every_file(site: Desk) -> None:
    site.at.state.upload_limit = None
    ending = site.run()
    assert ending.exit_code is ExitCode.INCOMPLETE
    assert all("switched off" in str(one.result) for one in ending.report.items)
    assert len(ending.report.items) == 3


def test_a_jira_that_is_away_ends_the_run(cloud: Desk) -> None:
    failing(cloud.at, "/attachment/meta", *[refuse(401)] * 9, method="GET")
    with pytest.raises(ServiceError) as caught:
        cloud.run()
    assert caught.value.category is Category.AUTH


def test_a_table_with_an_unknown_incident_is_refused_whole(site: Desk) -> None:
    site.wishes = [Wish(1, "a.log", 2), Wish(99, "a.log", 3), Wish("INC-77", "b.log", 4)]
    with pytest.raises(LinesError) as caught:
        site.run()
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["line 3", "line 4"]
    assert (site.uploads(), caught.value.exit_code) == (0, ExitCode.USAGE)


def test_a_limit_takes_the_first_incidents_that_lack_any(site: Desk) -> None:
    site.limit = 1
    assert len(site.run().report.items) == 2
    assert (site.names(1), site.names(2)) == (["a.log", "b.log"], [])
    assert len(site.run().report.items) == 1
    assert site.names(2) == ["a.log"]


def test_looking_attaches_nothing_and_tells_the_same_plan(site: Desk) -> None:
    clock, readable = site.at.clock, site.at.desk.readable
    report = look(site.job(), readable, SITES, clock(), clock, lambda _: None)
    assert report.summary.verdicts["attach"] == 3
    assert site.uploads() == 0
    assert report.plan == site.run().report.plan


def test_a_run_that_is_to_end_ends_between_two_files(
    cloud: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cloud.admin.attach

    def attach(*given: Any) -> Any:
        cloud.at.stopping = True
        return real(*given)

    monkeypatch.setattr(cloud.admin, "attach", attach)
    cloud.wishes = [Wish(1, "a.log"), Wish(1, "b.log")]
    ending = cloud.run()
    assert [outcome for *_, outcome in told(ending.report.items)] == [Outcome.APPLIED, None]
    cloud.at.stopping = False
    cloud.run()
    assert cloud.names(1) == ["a.log", "b.log"]


def test_a_row_that_raidctl_did_not_write_is_no_defect(cloud: Desk) -> None:
    killed(cloud.run, cloud.admin, "attach", after=False)
    left = [
        replace(one, change=replace(one.change, part="nonsense"))
        for one in cloud.at.journal.open_writes()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.at.journal, "open_writes", lambda: left)
        ending = cloud.run()
    assert "does not tell which file it was" in str([one.result for one in ending.report.items])
