"""Put the story on stage: an embedded Impact and JIRA on loopback, and a journal that remembers."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine

from raidctl.config import Config, load
from raidctl.core.mapping.book import ProjectMapping, project_mapping
from raidctl.core.mapping.people import Users
from raidctl.core.memory import Baseline
from raidctl.core.model import Field, IncidentStatus, Issue, Value
from raidctl.gateways.impact.database.tables import metadata
from raidctl.gateways.jira.fields import ROWS
from raidctl.journal import Journal
from raidctl.sandbox.impact.seed import add_incident, add_user, seed_reference
from raidctl.sandbox.impact.server import READS, impact_answer
from raidctl.sandbox.impact.webhook import Webhook
from raidctl.sandbox.jira.server import CLOUD_ROUTES, basic, jira_answer
from raidctl.sandbox.jira.state import JiraState
from raidctl.sandbox.jira.workflows import RAID, Status, Transition
from raidctl.sandbox.old import tell_years
from raidctl.sandbox.server import LoopbackServer
from raidctl.sandbox.story import BOT, FORMER, PEOPLE, SERVICE, Tale, tales
from raidctl.sandbox.years import lives

IMPACT_TOKEN = "demo-impact-token"  # noqa: S105 - opens nothing but the sandbox
JIRA_TOKEN = "demo-jira-token"  # noqa: S105 - opens nothing but the sandbox
WEBHOOK_SECRET = "demo-webhook-secret"  # noqa: S105 - signs for nothing but the sandbox
FIRST_ISSUE_ID = 10_001
TAIL = (
    "\n\n🧯 This incident has been created for a critical incident. Its channel has all about it.\n"
    "📦 Incident category: Orders\n⚠️ Priority: P{}"
)
WORKFLOW = replace(  # one status that no mapping table knows, as real sites have
    RAID,
    statuses=(*RAID.statuses, Status("10005", "Code Review", "indeterminate")),
    transitions=(
        *RAID.transitions,
        Transition("25", "Ask for code review", ("In Progress",), "Code Review"),
        Transition("26", "Back to work", ("Code Review",), "In Progress"),
    ),
)
JIRA_FIELDS = {field: row.id for field, row in ROWS.items()}


class Drift(StrEnum):
    """Since when both sides drift: since they were last seen to agree, or for years, unseen."""

    RECENT = "recent"
    OLD = "old"


def utc_now() -> datetime:
    """The clock of the simulated JIRA once the story is told."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stage:
    """A running sandbox: the configuration file to use it with, and the secrets it needs."""

    config: Path
    environ: Mapping[str, str]
    impact_url: str
    jira_url: str


@contextmanager
def on_stage(
    folder: Path, *, latency_seconds: float = 0.0, drift: Drift = Drift.RECENT
) -> Iterator[Stage]:
    """Run the sandbox in `folder` until the context ends; nothing is kept elsewhere.

    Of old drift there is no journal yet, and Impact is read by its database, which has a history.
    """
    engine = create_engine(f"sqlite:///{folder / 'impact.db'}")
    jira = JiraState(users=(*PEOPLE, BOT, SERVICE), workflow=WORKFLOW)
    accounts = {basic(BOT.email, JIRA_TOKEN): BOT.account}
    webhook = Webhook(engine, WEBHOOK_SECRET, SERVICE.account)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        impact_server = stack.enter_context(
            LoopbackServer(
                impact_answer(engine, {IMPACT_TOKEN: READS}, webhook=webhook),
                latency_seconds=latency_seconds,
                close_each=True,
            )
        )
        jira_server = stack.enter_context(
            LoopbackServer(
                jira_answer(jira, accounts.get, CLOUD_ROUTES), latency_seconds=latency_seconds
            )
        )
        reads = "database" if drift is Drift.OLD else "rest"
        stage = _configured(folder, impact_server.url, jira_server.url, reads)
        metadata.create_all(engine)
        with engine.begin() as connection:
            (_tell_years if drift is Drift.OLD else _tell)(connection, jira, stage)
        yield stage


def _configured(folder: Path, impact_url: str, jira_url: str, reads: str) -> Stage:
    environ = {
        "RAIDCTL_DEMO_IMPACT_TOKEN": IMPACT_TOKEN,
        "RAIDCTL_DEMO_JIRA_TOKEN": JIRA_TOKEN,
        "RAIDCTL_DEMO_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "RAIDCTL_DEMO_DATABASE_URL": f"sqlite:///{folder / 'impact.db'}",
    }
    config = folder / "raidctl.toml"
    config.write_text(
        f"""\
[impact]
url = "{impact_url}"
reads = "{reads}"
token_env = "RAIDCTL_DEMO_IMPACT_TOKEN"
webhook_secret_env = "RAIDCTL_DEMO_WEBHOOK_SECRET"
database_url_env = "RAIDCTL_DEMO_DATABASE_URL"
service_account = "{SERVICE.account}"

[impact.writes]
status = "webhook"
priority = "webhook"
title = "database"
description = "database"
link = "database"

[jira]
url = "{jira_url}"
user = "{BOT.email}"
token_env = "RAIDCTL_DEMO_JIRA_TOKEN"
project = "INC"

[listen]
secret_env = "RAIDCTL_DEMO_WEBHOOK_SECRET"

[mapping]
preset = "raid"

[policy]
private_to_jira = true  # nothing here is secret, and Impact's API does not tell what is private

[journal]
path = "{folder / "journal.db"}"
""",
        encoding="utf-8",
    )
    return Stage(config, environ, impact_url, jira_url)


def _tell(connection: Connection, jira: JiraState, stage: Stage) -> None:
    """Create every incident and issue as agreed, journal that, then let people change things."""
    _add_people(connection)
    settings = load(stage.config, stage.environ)
    mapping = _mapping(settings)
    now = datetime.now(UTC)
    baselines: list[tuple[int, int, Field, Baseline]] = []
    for number, tale in enumerate(tales(), start=1):
        issue_id = FIRST_ISSUE_ID + number - 1
        before = _impact_values(tale)
        agreed = _agreed(mapping, tale, before)
        if tale.agreed and tale.link != "none":
            baselines += [
                (number, issue_id, name, mapping.agreed(name, before[name], agreed[name]))
                for name in mapping.relations
            ]
        _add(connection, jira, number, tale, {**before, **tale.impact}, now)
        if tale.link not in ("none", "shared with the last"):
            _add_issue(jira, issue_id, f"INC-{number}", tale, agreed, now)
    journal = Journal(settings.journal_path)
    journal.record_baselines(baselines, "demo", now)
    journal.close()


def _tell_years(connection: Connection, jira: JiraState, stage: Stage) -> None:
    """Create the same world with years of history, which nobody has watched."""
    _add_people(connection)
    mapping = _mapping(load(stage.config, stage.environ))

    def agreement(tale: Tale) -> tuple[Mapping[Field, Value], Mapping[Field, Value]]:
        values = _impact_values(tale)
        return values, _agreed(mapping, tale, values)

    tell_years(connection, jira, lives(datetime.now(UTC)), agreement, JIRA_FIELDS)


def _add_people(connection: Connection) -> None:
    seed_reference(connection)
    for person in PEOPLE:
        add_user(connection, email=person.email, name=person.name, jira_account=person.account)
    add_user(connection, email=FORMER, name="Linus Gone")


def _mapping(settings: Config) -> ProjectMapping:
    (site,) = settings.mappings
    return project_mapping(site.common, settings.description_tail, Users())


def _impact_values(tale: Tale) -> dict[Field, Value]:
    return {
        Field.TITLE: tale.title,
        Field.DESCRIPTION: tale.description or f"{tale.title}. Seen by monitoring.",
        Field.PRIORITY: tale.priority,
        Field.STATUS: tale.status,
        Field.COMMANDER: tale.commander,
    }


def _agreed(
    mapping: ProjectMapping, tale: Tale, before: Mapping[Field, Value]
) -> dict[Field, Value]:
    """JIRA's side of the agreement, with the block FireFighter puts under a description."""
    nobody = Issue(0, "INC-0", {}, "")
    values = {
        name: mapping.of(nobody)[name].to_jira(value, None).value for name, value in before.items()
    }
    if tale.priority <= 3:
        values[Field.DESCRIPTION] = f"{values[Field.DESCRIPTION]}{TAIL.format(tale.priority)}"
    accounts = {person.email: person.account for person in PEOPLE}
    values[Field.COMMANDER] = accounts.get(str(tale.commander))
    return values


def _add(
    connection: Connection,
    jira: JiraState,
    number: int,
    tale: Tale,
    values: Mapping[Field, Value],
    now: datetime,
) -> None:
    shared = tale.link == "shared with the last"
    owner = number - 1 if shared else number
    linked = tale.link != "none"
    created = now - timedelta(hours=7 * (70 - number))
    add_incident(
        connection,
        id=number,
        title=str(values[Field.TITLE]),
        description=str(values[Field.DESCRIPTION]),
        status=IncidentStatus[str(values[Field.STATUS])].value,
        priority=int(values[Field.PRIORITY] or 0),
        commander=values[Field.COMMANDER],
        jira_key=f"INC-{owner}" if linked else None,
        jira_id=FIRST_ISSUE_ID + number - 1 if linked else None,
        created_at=created,
        updated_at=created + timedelta(hours=2),
        private=tale.private,
        created_by=PEOPLE[0].email,
    )


def _add_issue(
    jira: JiraState,
    issue_id: int,
    key: str,
    tale: Tale,
    agreed: Mapping[Field, Value],
    now: datetime,
) -> None:
    yesterday = now - timedelta(days=1)
    jira.now = lambda: now if tale.just_now else yesterday
    values: dict[str, Any] = {JIRA_FIELDS[name]: value for name, value in agreed.items()}
    jira.add_issue(key, issue_id, **values)
    if tale.jira:
        changes = {JIRA_FIELDS[name]: value for name, value in tale.jira.items()}
        jira.edit(issue_id, PEOPLE[1].account, **changes)
    if tale.link == "moved":
        jira.move(issue_id, "OPS-7")
    elif tale.link == "forbidden":
        jira.forbid(issue_id)
    jira.now = utc_now
