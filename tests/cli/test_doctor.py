"""`raidctl doctor`: each planted fault is found by its check and by no other."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from raidctl.core.doctor.check import BEHIND, CheckId, State
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.journal import lock
from raidctl.sandbox.jira import workflows
from raidctl.sandbox.jira.workflows import ScreenField, Status, Transition
from raidctl.sandbox.server import Reply, Request
from tests.cli.doctor import CLOSED, SERVICE, Ward, checks, healthy, told
from tests.cli.inside import within
from tests.cli.process import JIRA_TOKEN, clean_environ, discreet
from tests.cli.test_read_only import files
from tests.cli.world import BOT, Pair
from tests.schemas import schema
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import Fault, refuse, stall

PAGE = Reply(200, "<html><title>Sign in</title></html>", "text/html")
NOWHERE = "http://127.0.0.1:9"  # nobody listens there
FORBIDDEN = {"type": "client_error", "errors": [{"code": "permission_denied", "detail": "No."}]}


@pytest.fixture(params=["cloud", pytest.param("datacenter", marks=pytest.mark.slow)])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ward]:
    with healthy(tmp_path, request.param) as made:
        yield made


@dataclass(frozen=True, slots=True)
class Planted:
    """A fault: what is done to the world, the configuration and the environment."""

    check: CheckId
    state: State = State.PROBLEM
    plant: Callable[[Ward], object] = lambda _: None
    config: Callable[[Ward], str] = Ward.toml
    environ: Mapping[str, str] = field(default_factory=dict)
    says: str = ""


def lines(**more: str) -> Callable[[Ward], str]:
    """The configuration with more lines."""
    return lambda ward: ward.toml(**more)


def instead(old: str, new: str) -> Callable[[Ward], str]:
    """The configuration with another text in the place of one of its own."""

    def changed(ward: Ward) -> str:
        text = ward.toml()
        where = old.replace("{impact}", ward.site.impact.url).replace("{jira}", ward.site.jira.url)
        assert where in text
        return text.replace(where, new)

    return changed


def answering(system: str, fault: Fault, path: str = "") -> Callable[[Ward], None]:
    """One system answers like that, to requests whose path ends so."""

    def plant(ward: Ward) -> None:
        server = ward.site.impact if system == "impact" else ward.site.jira
        server.faults = lambda request: fault if request.path.endswith(path) else None

    return plant


def late(path: str) -> Callable[[Ward], None]:
    """The answers of one system are of ten minutes ago."""
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=10), usegmt=True)

    def dated(request: Request, reply: Reply) -> Reply:
        ours = path in request.path
        return replace(reply, headers={**reply.headers, "Date": date}) if ours else reply

    return lambda ward: ward.quirks.append(dated)


def state(**changes: object) -> Callable[[Ward], None]:
    """JIRA is like that."""

    def plant(ward: Ward) -> None:
        for name, value in changes.items():
            setattr(ward.site.state, name, value)

    return plant


def sql(statement: str) -> Callable[[Ward], None]:
    """FireFighter's database is like that."""
    return lambda ward: ward.site.sql(statement)


def journalled(statement: str) -> Callable[[Ward], None]:
    """The journal is like that."""

    def plant(ward: Ward) -> None:
        with closing(sqlite3.connect(ward.site.journal)) as connection, connection:
            connection.execute(statement)

    return plant


def corrupt(ward: Ward) -> None:
    ward.site.journal.write_bytes(b"not a journal at all, and longer than a header")


def small(**ways: str) -> workflows.Workflow:
    """A workflow of what is written alone, with ways from one status to others."""
    names = {"open": "Open", "progress": "In Progress", "resolved": "Resolved", "closed": "Closed"}
    pairs = [(start, end) for start, ends in ways.items() for end in ends.split()]
    return workflows.Workflow(
        "Small",
        tuple(one for one in workflows.RAID.statuses if one.name in names.values()),
        tuple(
            Transition(str(number), f"To {end}", (names[start],), names[end])
            for number, (start, end) in enumerate(pairs, 11)
        ),
    )


UNRESOLVED = small(open="progress", progress="open closed", resolved="closed", closed="open")
ONE_WAY = small(open="progress", progress="open resolved", resolved="progress closed")


def demanding() -> workflows.Workflow:
    """To resolve an issue takes its root cause."""
    screen = (ScreenField("customfield_10201", "Root cause"),)
    ways = tuple(
        replace(way, screen=screen) if way.target == "Resolved" else way
        for way in workflows.RAID.transitions
    )
    return replace(workflows.RAID, transitions=ways)


def reviewed() -> workflows.Workflow:
    status = Status("10009", "Code Review", "indeterminate")
    return replace(workflows.RAID, statuses=(*workflows.RAID.statuses, status))


STANDING = (("OPEN", "Open"), ("MITIGATING", "In Progress"), ("MITIGATED", "Resolved"))
BACKFILL = '[backfill]\nlabels = ["impact"]'
FAULTS = {
    "an unknown key": Planted(
        CheckId.CONFIG_FILE, config=lines(jira="projekt = 'INC'"), says="did you mean jira.project"
    ),
    "no TOML": Planted(CheckId.CONFIG_FILE, config=lambda _: "[impact", says="line 1"),
    "JIRA switched off": Planted(
        CheckId.CONFIG_FILE, environ={"ENABLE_JIRA": "false"}, says="switched off"
    ),
    "no token of JIRA": Planted(
        CheckId.CONFIG_SECRETS, environ={"JIRA_TOKEN": ""}, says="JIRA_TOKEN is not set"
    ),
    "no token of Impact": Planted(
        CheckId.CONFIG_SECRETS, environ={"IMPACT_TOKEN": ""}, says="IMPACT_TOKEN is not set"
    ),
    "no webhook secret": Planted(
        CheckId.CONFIG_SECRETS, environ={"RAID_JIRA_WEBHOOK_SECRET": ""}, says="webhook_secret"
    ),
    "no database URL": Planted(
        CheckId.CONFIG_SECRETS, environ={"IMPACT_DATABASE_URL": ""}, says="database_url"
    ),
    "Impact is down": Planted(
        CheckId.IMPACT_REACHABLE, config=instead("{impact}", NOWHERE), says="connection refused"
    ),
    "a login page for Impact": Planted(
        CheckId.IMPACT_REACHABLE,
        plant=answering("impact", Fault(acts=False, reply=PAGE)),
        says="HTML page",
    ),
    "another site than Impact": Planted(
        CheckId.IMPACT_REACHABLE, plant=answering("impact", refuse(404)), says="impact.url"
    ),
    "Impact redirects": Planted(
        CheckId.IMPACT_REACHABLE, plant=answering("impact", refuse(302)), says="redirected"
    ),
    "a wrong token of Impact": Planted(
        CheckId.IMPACT_TOKEN, environ={"IMPACT_TOKEN": "wrong-t0ken"}, says="Invalid token"
    ),
    "a token that may not view incidents": Planted(
        CheckId.IMPACT_TOKEN,
        plant=answering("impact", refuse(403, body=FORBIDDEN), "/incidents/"),
        says="incidents.view_incident",
    ),
    "no such database": Planted(
        CheckId.IMPACT_DATABASE,
        environ={"IMPACT_DATABASE_URL": "sqlite:////nowhere/impact.db"},
        says="unable to open database file",
    ),
    "no database URL at all": Planted(
        CheckId.IMPACT_DATABASE,
        environ={"IMPACT_DATABASE_URL": "impact-t0ken-nobody-may-see"},
        says="not a database URL",
    ),
    "a table that is not there": Planted(
        CheckId.IMPACT_SCHEMA,
        plant=sql("ALTER TABLE incidents_incidentupdate RENAME TO gone"),
        says="incidents_incidentupdate",
    ),
    "a column that is not there": Planted(
        CheckId.IMPACT_SCHEMA,
        plant=sql("ALTER TABLE incidents_incidentupdate RENAME COLUMN event_ts TO at"),
        says="incidents_incidentupdate.event_ts",
    ),
    "a wrong webhook secret": Planted(
        CheckId.IMPACT_WEBHOOK,
        environ={"RAID_JIRA_WEBHOOK_SECRET": "another-s3cret"},
        says="impact.webhook_secret is not the secret",
    ),
    "a FireFighter without RAID": Planted(
        CheckId.IMPACT_WEBHOOK,
        plant=answering("impact", refuse(404), "/jira_update"),
        says="ENABLE_RAID",
    ),
    "Impact's clock is late": Planted(
        CheckId.IMPACT_CLOCK, State.WARNING, late("/api/v2/"), says="behind this host's"
    ),
    "JIRA is down": Planted(
        CheckId.JIRA_REACHABLE, config=instead("{jira}", NOWHERE), says="connection refused"
    ),
    "a login page for JIRA": Planted(
        CheckId.JIRA_REACHABLE,
        plant=answering("jira", Fault(acts=False, reply=PAGE)),
        says="HTML page",
    ),
    "JIRA is slow": Planted(
        CheckId.JIRA_REACHABLE,
        plant=answering("jira", stall(1)),
        config=lines(more="[http]\ntimeout_seconds = 0.2"),
        says="no answer within 0.2 seconds",
    ),
    "a wrong token of JIRA": Planted(
        CheckId.JIRA_TOKEN, environ={"JIRA_TOKEN": "wrong-t0ken"}, says="jira.token"
    ),
    "another project": Planted(
        CheckId.JIRA_PROJECT, config=instead('"INC"', '"NOPE"'), says="jira.token may browse"
    ),
    "an archived project": Planted(
        CheckId.JIRA_PROJECT, plant=state(archived={"INC"}), says="archived"
    ),
    "nothing may be edited": Planted(
        CheckId.JIRA_PERMISSIONS, plant=state(may_edit=False), says="EDIT_ISSUES in INC"
    ),
    "no transition may be taken": Planted(
        CheckId.JIRA_PERMISSIONS, plant=state(may_transition=False), says="TRANSITION_ISSUES"
    ),
    "nobody may be assigned": Planted(
        CheckId.JIRA_PERMISSIONS, plant=state(may_assign=False), says="ASSIGN_ISSUES"
    ),
    "no issue may be created": Planted(
        CheckId.JIRA_PERMISSIONS,
        plant=state(may_create=False),
        config=lines(more=BACKFILL),
        says="CREATE_ISSUES",
    ),
    "permissions that are not told": Planted(
        CheckId.JIRA_PERMISSIONS, State.WARNING, state(tells_permissions=False), says="not tell"
    ),
    "an issue type that is not there": Planted(
        CheckId.JIRA_ISSUE_TYPE,
        config=lines(jira='issue_type = "Outage"', more=BACKFILL),
        says='It has "Incident"',
    ),
    "a status that no workflow has": Planted(
        CheckId.JIRA_STATUSES,
        config=lines(more='[mapping.status_to_jira]\nMITIGATED = "Mitigated"'),
        says='"Mitigated"',
    ),
    "a status that no table knows": Planted(
        CheckId.JIRA_COVERAGE, State.WARNING, state(workflow=reviewed()), says='"Code Review"'
    ),
    "a priority that no table knows": Planted(
        CheckId.JIRA_COVERAGE,
        State.WARNING,
        lambda ward: ward.site.state.choices.update(
            priority=("Blocker", "Highest", "High", "Medium", "Low", "Lowest")
        ),
        says='"Blocker"',
    ),
    "no way to a status": Planted(
        CheckId.JIRA_PATHS,
        plant=state(workflow=UNRESOLVED),
        says='nothing leads to "Resolved"',
    ),
    "no way back": Planted(
        CheckId.JIRA_PATHS, State.WARNING, state(workflow=ONE_WAY), says="Closed → Open"
    ),
    "a field that a transition requires": Planted(
        CheckId.JIRA_TRANSITION_FIELDS,
        plant=state(workflow=demanding()),
        says="Root cause (customfield_10201)",
    ),
    "a field that closing requires": Planted(
        CheckId.JIRA_TRANSITION_FIELDS,
        State.WARNING,
        config=instead(CLOSED, ""),
        says="--allow-close will need it",
    ),
    "fields for a status that is not there": Planted(
        CheckId.JIRA_TRANSITION_FIELDS,
        State.WARNING,
        config=lines(more="[jira.transition_fields.Closd]\nlabels = []"),
        says='"closd"',
    ),
    "a priority that is not there": Planted(
        CheckId.JIRA_PRIORITIES,
        config=lines(more="[mapping.priority]\nUrgent = 1"),
        says='takes no "Urgent"',
    ),
    "a priority field on no screen": Planted(
        CheckId.JIRA_PRIORITIES, plant=state(off_screen={"priority"}), says="edit screen"
    ),
    "JIRA's clock is late": Planted(
        CheckId.JIRA_CLOCK, State.WARNING, late("/rest/api/2/"), says="behind this host's"
    ),
    "no service account": Planted(
        CheckId.SERVICE_ACCOUNT, State.WARNING, config=instead(SERVICE, ""), says=BOT.account
    ),
    "a damaged journal": Planted(CheckId.JOURNAL_FILE, plant=corrupt, says="not a database"),
    "a journal with a row that is none": Planted(
        CheckId.JOURNAL_FILE, plant=journalled("UPDATE links SET issue_id = 'x'"), says="restore"
    ),
    "a journal that cannot be": Planted(
        CheckId.JOURNAL_FILE,
        config=lambda ward: ward.toml().replace(
            str(ward.site.journal), f"{ward.site.database}/journal.db"
        ),
        says="cannot be",
    ),
    "nothing is remembered": Planted(
        CheckId.JOURNAL_BASELINES,
        State.WARNING,
        journalled("DELETE FROM baselines"),
        says="raidctl baseline",
    ),
    "nothing has run": Planted(
        CheckId.CRON_AGE, State.WARNING, journalled("DELETE FROM runs"), says="never run"
    ),
    "the last success is old": Planted(
        CheckId.CRON_AGE,
        State.WARNING,
        journalled(
            "UPDATE runs SET started_at = '2026-01-01T00:00:00+00:00',"
            " finished_at = '2026-01-01T00:00:00+00:00'"
        ),
        says="days ago",
    ),
    "no run ends well": Planted(
        CheckId.CRON_AGE,
        State.WARNING,
        journalled("UPDATE runs SET exit_code = 7, why = 'JIRA is away'"),
        says="JIRA is away",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_by_its_check_and_by_no_other(ward: Ward, name: str) -> None:
    fault = FAULTS[name]
    fault.plant(ward)

    ended = ward.doctor(config=fault.config(ward), **fault.environ)

    assert told(ended) == {fault.check: fault.state}
    check = checks(ended)[fault.check]
    assert fault.says in " ".join(filter(None, (check["what"], check["detail"], check["mend"])))
    assert check["mend"]
    problem = fault.state is State.PROBLEM
    assert ended.code == (ExitCode.INCOMPLETE if problem else ExitCode.OK)
    assert ended.err.startswith(f"raidctl: a problem: {fault.check}: " if problem else "")
    assert ended.err.count("\n") == problem


def test_a_right_that_is_missing_is_named(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is; PostgreSQL's own: tests/contract/test_impact_examination.py."""
    where = "raidctl.gateways.impact.database.examining.unwritable"
    monkeypatch.setattr(where, lambda _: ["write access to the file"])

    ended = ward.doctor()

    assert told(ended) == {CheckId.IMPACT_GRANTS: State.PROBLEM}
    assert "write access to the file" in checks(ended)[CheckId.IMPACT_GRANTS]["what"]


def test_where_all_is_in_order_nothing_is_told_but_that(ward: Ward) -> None:
    ended = ward.doctor()

    assert (told(ended), ended.code, ended.err) == ({}, ExitCode.OK, "")
    assert list(checks(ended)) == list(CheckId)
    skipped = {number for number, one in checks(ended).items() if one["state"] == "skipped"}
    assert skipped == {CheckId.IMPACT_CLOCK, CheckId.JIRA_CLOCK, CheckId.JIRA_ISSUE_TYPE}


def test_it_writes_nowhere_and_needs_no_lock(ward: Ward) -> None:
    with lock(ward.site.journal, lambda: None):
        before = files(ward.site.folder)
        ended = ward.doctor()
        assert files(ward.site.folder) == before

    assert ended.code == ExitCode.OK
    assert ward.site.writes == []
    assert ward.site.events == ["/api/v2/firefighter/raid/jira_update"]  # with no change in it


KINDS = [("INC", "Incident"), ("INC", "Bug"), ("OPS", "Incident"), ("PAY", "Task"), ("SEC", "Task")]


def test_jira_is_asked_a_dozen_times_and_once_a_project_and_type(tmp_path: Path) -> None:
    pairs = tuple(
        Pair(number, {Field.STATUS: impact}, {Field.STATUS: jira}, project=project)
        for number, (project, (impact, jira)) in enumerate(
            product([project for project, _ in KINDS], STANDING), 1
        )
    )
    with healthy(tmp_path, pairs=pairs) as ward:
        for pair in pairs:
            kinds = [kind for project, kind in KINDS if project == pair.project]
            record = ward.site.state.issue(10_000 + pair.number)
            kind = kinds[pair.number % len(kinds)]
            ward.site.state._records[record.id] = replace(record, issue_type=kind)
        ended = ward.doctor(config=ward.toml(more=BACKFILL))
        asked = len(ward.site.jira.requests)

    assert told(ended) == {}
    assert asked <= 12 + len(KINDS)
    assert 'Not looked at: "' in checks(ended)[CheckId.JIRA_PROJECT]["detail"]


def test_it_works_on_the_first_day_without_a_journal(ward: Ward) -> None:
    """Linked issues are found by Impact, and looked at as ever."""
    ward.site.journal.unlink()

    ended = ward.doctor(config=ward.toml(more='[mapping.status_to_jira]\nMITIGATED = "Mitigated"'))

    assert told(ended) == {
        CheckId.JIRA_STATUSES: State.PROBLEM,
        CheckId.JOURNAL_BASELINES: State.WARNING,
        CheckId.CRON_AGE: State.WARNING,
    }
    assert "no journal yet" in checks(ended)[CheckId.JOURNAL_FILE]["what"]
    assert checks(ended)[CheckId.JIRA_PATHS]["state"] == "ok"
    assert not ward.site.journal.exists()


def test_where_nothing_is_remembered_it_leads_to_the_first_day(ward: Ward) -> None:
    assert ward.site.run("doctor").out.splitlines()[-1] == "Next: raidctl diff"
    ward.site.journal.unlink()
    assert ward.site.run("doctor").out.splitlines()[-1] == "Next: raidctl help first-day"


def test_with_nothing_at_all_every_line_says_what_comes_first(tmp_path: Path) -> None:
    ended = within("doctor", "-o", "json", environ=clean_environ(tmp_path))

    assert ended.code == ExitCode.INCOMPLETE
    assert "BASE_URL" in checks(ended)[CheckId.CONFIG_FILE]["what"]
    assert "RAID_JIRA_API_URL" in checks(ended)[CheckId.CONFIG_FILE]["detail"]
    assert checks(ended)[CheckId.IMPACT_CLOCK]["what"] == "config.file comes first"
    assert set(told(ended).values()) == {"problem", "warning"}


def test_one_half_of_a_configuration_is_looked_at_without_the_other(ward: Ward) -> None:
    text = ward.toml().replace(f'url = "{ward.site.jira.url}"', "")

    ended = ward.doctor(config=text)

    assert told(ended) == {CheckId.CONFIG_FILE: State.PROBLEM}
    found = checks(ended)
    assert found[CheckId.IMPACT_WEBHOOK]["state"] == "ok"
    assert found[CheckId.JIRA_PERMISSIONS]["what"] == "config.file comes first"
    assert ward.site.jira.requests == []


def test_a_token_is_not_sent_in_clear(ward: Ward) -> None:
    text = ward.toml().replace(ward.site.jira.url, "http://jira.example.test")

    ended = ward.doctor(config=text)

    assert told(ended) == {CheckId.CONFIG_FILE: State.PROBLEM}
    assert "in clear" in checks(ended)[CheckId.CONFIG_FILE]["what"]


def test_both_systems_away_are_two_problems(ward: Ward) -> None:
    text = ward.toml().replace(ward.site.jira.url, NOWHERE).replace(ward.site.impact.url, NOWHERE)

    ended = ward.doctor(config=text)

    away = {CheckId.IMPACT_REACHABLE, CheckId.JIRA_REACHABLE}
    assert told(ended) == dict.fromkeys(away, State.PROBLEM)
    assert ended.err.startswith("raidctl: 2 problems, the first of them impact.reachable: ")
    assert checks(ended)[CheckId.IMPACT_SCHEMA]["state"] == "ok"  # the database has its own way
    behind = {n: one["what"] for n, one in checks(ended).items() if one["state"] == "skipped"}
    assert behind[CheckId.JIRA_PATHS] == "jira.reachable comes first"


def test_what_is_not_used_is_left_off_and_says_so(ward: Ward) -> None:
    text = ward.toml(
        impact='reads = "database"',
        more="[policy.fields.status]\nsync = false\n[policy.fields.priority]\nsync = false",
    ).replace('"webhook"', '"database"')

    ended = ward.doctor(config=text)

    assert told(ended) == {}
    assert {n: one["what"] for n, one in checks(ended).items() if one["state"] == "skipped"} == {
        CheckId.IMPACT_REACHABLE: "its site is not used",
        CheckId.IMPACT_TOKEN: "Impact's database is read, not its REST API",
        CheckId.IMPACT_WEBHOOK: "[impact.writes] uses no webhook",
        CheckId.IMPACT_CLOCK: "its site is not used",
        CheckId.JIRA_ISSUE_TYPE: "backfill is not set up",
        CheckId.JIRA_STATUSES: "policy.fields.status.sync is false",
        CheckId.JIRA_PATHS: "policy.fields.status.sync is false",
        CheckId.JIRA_TRANSITION_FIELDS: "policy.fields.status.sync is false",
        CheckId.JIRA_PRIORITIES: "policy.fields.priority.sync is false",
        CheckId.JIRA_CLOCK: "JIRA's answers tell no time",
    }
    assert ward.site.impact.requests == []


def test_a_preset_that_would_fit_is_named(tmp_path: Path) -> None:
    with healthy(tmp_path, pairs=()) as ward:
        ward.site.state.workflow = FIREFIGHTER
        ward.site.state.projects["INC"] = "Incidents"
        found = checks(ward.doctor(config=ward.toml(more='[mapping]\npreset = "raid"')))

    assert 'mapping.preset = "firefighter" fits' in found[CheckId.JIRA_STATUSES]["mend"]


AUTO = '[mapping]\npreset = "auto"'


def test_the_preset_is_the_one_that_a_run_would_take(ward: Ward) -> None:
    found = checks(ward.doctor(config=ward.toml(more=AUTO)))

    assert found[CheckId.JIRA_STATUSES]["state"] == "ok"
    assert "those of the preset raid" in found[CheckId.JIRA_STATUSES]["detail"]


def test_where_no_preset_fits_what_depends_on_it_waits(ward: Ward) -> None:
    ward.site.state.workflow = replace(workflows.RAID, statuses=workflows.RAID.statuses[:4])
    for number in (3, 4):
        ward.site.state.forbid(10_000 + number)

    ended = ward.doctor(config=ward.toml(more=AUTO))

    assert told(ended) == {CheckId.JIRA_STATUSES: State.PROBLEM}
    found = checks(ended)
    assert 'raid needs "Resolved" and "Closed"' in found[CheckId.JIRA_STATUSES]["what"]
    assert found[CheckId.JIRA_PATHS]["what"] == "jira.statuses comes first"


def test_a_command_that_gives_a_secret_is_run_once(ward: Ward) -> None:
    script = ward.site.folder / "secret"
    script.write_text(f"#!/bin/sh\necho x >> {ward.site.folder}/asked\necho {JIRA_TOKEN}\n")
    script.chmod(0o700)
    text = ward.toml().replace('token_env = "JIRA_TOKEN"', f'token_command = "{script}"')

    assert told(ward.doctor(config=text)) == {}
    assert (ward.site.folder / "asked").read_text() == "x\n"


HOSTILE = "\x1b[2J[bold]| =cmd() <b> \u202e`x` \n"


def test_texts_from_outside_are_harmless_in_every_format(ward: Ward) -> None:
    state, name = ward.site.state, "Code \x1b[2J[bold]| \u202e"
    state.add_user(replace(BOT, name=HOSTILE))
    state.workflow = replace(
        workflows.RAID,
        statuses=(*workflows.RAID.statuses, Status("10009", name, "indeterminate")),
    )
    for form in ("table", "json", "jsonl", "csv", "markdown"):
        ended = ward.doctor("-o", form)
        discreet(ended)
        assert not {"\x1b", "\u202e"} & {*ended.out, *ended.err}, form
    assert "[bold]" in ward.doctor("-o", "table").out


NONSENSE: tuple[Any, ...] = (
    None,
    [],
    {},
    "x",
    7,
    [None],
    {"fields": [7]},
    [{"name": None, "statuses": 7}],
)
"""What no JIRA answers."""


@pytest.mark.parametrize(
    "path",
    [
        *("serverInfo", "myself", "mypermissions", "project/INC", "project/INC/statuses"),
        *("issue/createmeta/INC/issuetypes", "issue/10001/transitions", "issue/10003/editmeta"),
        *("issue/bulkfetch", "search"),
    ],
)
def test_no_answer_hides_what_others_tell(ward: Ward, path: str) -> None:
    """Of one question at a time; Impact's checks are what they were."""
    body: list[object] = [None]

    def odd(request: Request, reply: Reply) -> Reply:
        return Reply(200, json.dumps(body[0])) if request.path.endswith(f"/{path}") else reply

    ward.quirks.append(odd)
    for body[0] in NONSENSE:
        ended = ward.doctor(config=ward.toml(more=BACKFILL))
        assert ended.code in {ExitCode.OK, ExitCode.INCOMPLETE}, ended.err
        found = checks(ended)
        assert found[CheckId.IMPACT_WEBHOOK]["state"] == "ok"
        assert all(number.startswith("jira.") for number in told(ended))


def test_every_format_has_every_check(ward: Ward) -> None:
    names = [number.value for number in CheckId]

    rows = list(csv.DictReader(io.StringIO(ward.doctor("-o", "csv").out)))
    assert [row["id"] for row in rows] == names
    listed = [json.loads(line) for line in ward.doctor("-o", "jsonl").out.splitlines()]
    assert listed[1:] == ward.doctor().report["checks"][1:]  # the first names another file
    some = ward.doctor("-o", "csv", "--columns", "state,id").out.splitlines()
    assert some[:2] == ["state,id", "ok,config.file"]
    assert ward.doctor("-o", "csv", "--columns", "incident").code == ExitCode.USAGE
    marked = ward.doctor("-o", "markdown").out.splitlines()
    assert len(marked) == 2 + len(names)
    page = ward.doctor("-o", "table", COLUMNS="80").out
    assert all(f" {name} " in page for name in names)
    assert max(map(len, page.splitlines())) <= 80


def test_what_needs_somebody_stands_last(ward: Ward) -> None:
    ended = ward.doctor(
        "-o", "table", config=ward.toml().replace(SERVICE, ""), JIRA_TOKEN="wrong-t0ken"
    )

    parts = ["Not looked at", "In order", "Warnings", "Problems", "✗ jira.token", "Next: mend"]
    assert [part for part in parts if part in ended.out] == [p for p in parts if p != "Warnings"]
    assert sorted(parts[:2] + parts[3:], key=ended.out.index) == parts[:2] + parts[3:]


def test_the_schema_has_every_id_and_none_stands_behind_itself() -> None:
    known = schema("doctor")["$defs"]["check"]["properties"]["id"]["enum"]
    assert known == [number.value for number in CheckId]
    for number in CheckId:
        seen = {number}
        while (before := BEHIND.get(number)) is not None:
            assert before not in seen
            seen.add(number := before)
        assert number is CheckId.CONFIG_FILE
