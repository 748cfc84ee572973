"""The configuration: every key, every way to get one wrong, and no secret in any message."""

import json
import re
import subprocess
import sys
import tomllib
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

import raidctl
from raidctl.config import Config, Purpose, load
from raidctl.config.keys import KEYS, OPEN_TABLES
from raidctl.config.place import find_file
from raidctl.config.secrets import Secret
from raidctl.core.mapping.tables import PRESETS, RAID, extended, folded
from raidctl.core.model import Field, SyncDirection
from raidctl.core.policy import Choice, FieldPolicy, ImpactWriter
from raidctl.errors import ConfigError

EXAMPLE = Path(raidctl.__file__).parent / "config.example.toml"
URLS = {"impact.url": "https://impact.test", "jira.url": "https://jira.test"}
BASE = "".join(f'{key} = "{url}"\n' for key, url in URLS.items())
TOKENS = {"IMPACT_TOKEN": "t0ken-of-impact", "JIRA_TOKEN": "t0ken-of-jira"}
GATE = {"CF_ACCESS_CLIENT_ID": "us", "CF_ACCESS_CLIENT_SECRET": "0pen-sesame"}
ALL = {
    **TOKENS,
    **GATE,
    "RAID_JIRA_WEBHOOK_SECRET": "hush",
    "IMPACT_DATABASE_URL": "postgresql+psycopg://a:b@host/db",
    "RAIDCTL_NOTIFY_SLACK_URL": "https://hooks.example.com/slack",
    "RAIDCTL_NOTIFY_URL": "https://hooks.example.com/json",
    "RAIDCTL_NOTIFY_PING_URL": "https://hooks.example.com/ping",
}
FIREFIGHTER = {
    "BASE_URL": "https://firefighter.test/",
    "POSTGRES_HOST": "db.test",
    "POSTGRES_PORT": "6432",
    "POSTGRES_USER": "ff",
    "POSTGRES_PASSWORD": "p@ss/word%",
    "POSTGRES_DB": "incidents",
    "POSTGRES_SCHEMA": "ff_schema",
    "RAID_JIRA_API_URL": "jira.test",
    "RAID_JIRA_API_USER": "bot@example.test",
    "RAID_JIRA_API_PASSWORD": "jira-password",
    "RAID_JIRA_PROJECT_KEY": "INC",
    "RAID_JIRA_INCIDENT_CATEGORY_FIELD": "customfield_12369",
    "RAID_TOOLBOX_URL": "https://toolbox.test/x/",
    "RAID_JIRA_WEBHOOK_SECRET": "hush",
    "RAID_DEFAULT_JIRA_QRAFT_USER_ID": "557058:ff",
}


class Files:
    """Loads configurations written for one test."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "raidctl.toml"

    def load(self, toml: str, environ: dict[str, str] | None = None, base: str = BASE) -> Config:
        self.path.write_text(base + toml, encoding="utf-8")
        return load(self.path, ALL if environ is None else environ)

    def problems(self, toml: str, environ: dict[str, str] | None = None, base: str = BASE) -> str:
        """All problems, one a line, without the file's name in front."""
        with pytest.raises(ConfigError) as caught:
            self.load(toml, environ, base)
        assert str(caught.value) == "\n".join(caught.value.problems)
        return str(caught.value).replace(f"{self.path}: ", "")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    for name in ("client.pem", "client.key"):
        (tmp_path / name).touch()
    return Files(tmp_path)


def uncommented() -> str:
    return re.sub(r"(?m)^#(?=\S)", "", EXAMPLE.read_text(encoding="utf-8"))


def value_at(document: object, dotted: str) -> object:
    for part in dotted.split("."):
        assert isinstance(document, dict)
        assert part in document, dotted
        document = document[part]
    return document


def test_example_loads_as_it_stands() -> None:
    config = load(EXAMPLE, TOKENS)

    assert config.file == EXAMPLE
    assert (config.impact.reads, config.jira.project) == ("rest", "INC")
    assert [site.preset for site in config.mappings] == ["raid", "firefighter"]
    assert config.mappings[0].common == RAID


def test_example_loads_with_every_setting_taken_out_of_its_comment(files: Files) -> None:
    config = files.load(uncommented(), base="")

    assert config.impact.reads == "database"
    assert config.impact.writes[Field.STATUS] is ImpactWriter.WEBHOOK
    assert config.jira.transition_fields == {"Resolved": {"resolution": {"name": "Done"}}}
    assert config.users == {"ada@example.com": "557058:abc"}
    assert all(site.of("PAY").priority_written[2] == "Urgent" for site in config.mappings)
    assert config.impact.access.revealed(ALL) == {
        "CF-Access-Client-Id": "us",
        "CF-Access-Client-Secret": "0pen-sesame",
    }
    beside = files.path.parent
    assert config.jira.access.certificate == (f"{beside}/client.pem", f"{beside}/client.key")


@pytest.mark.parametrize("key", [*KEYS, *OPEN_TABLES])
def test_example_has_every_key(key: str) -> None:
    if key.endswith(("_file", "_command")):
        assert key.rpartition(".")[2] in EXAMPLE.read_text(encoding="utf-8")
    else:
        value_at(tomllib.loads(uncommented()), key)


def test_example_says_the_defaults(files: Files) -> None:
    """A commented scalar is its default, unless it is an example for an empty one."""
    document = tomllib.loads(uncommented())
    for key in ("scope", "safety", "loop_guard", "http", "mapping"):
        for name, spec in KEYS.items():
            if name.startswith(f"{key}.") and spec.default != "":
                shown = value_at(document, name)
                assert (tuple(shown) if isinstance(shown, list) else shown) == spec.default, name


def test_defaults(files: Files) -> None:
    config = files.load("", TOKENS)

    assert config.impact.token == Secret("env", "IMPACT_TOKEN")
    assert set(config.impact.writes.values()) == {ImpactWriter.OFF}
    assert config.jira.deployment == "auto"
    assert {site.preset: site.priority_field for site in config.mappings} == {
        "raid": "priority",
        "firefighter": "customfield_11064",
    }
    assert config.fields == dict.fromkeys(Field, FieldPolicy())
    assert config.direction is None
    assert config.closed_within_days == 30
    assert (config.safety.max_changes, config.safety.max_change_percent) == (50, 20)
    assert (config.safety.grace_seconds, config.safety.clock_skew_seconds) == (60, 120)
    assert config.safety.allow_close is False
    assert (config.loop_guard_seconds, config.timeout_seconds, config.concurrency) == (30, 20, 4)
    assert config.description_tail == (
        "🧯 This incident has been created",
        "*Additional Information*",
    )
    assert (config.journal_path.name, config.journal_path.parent.name) == ("journal.db", "raidctl")


WHOLE = "allowed: a whole number from 0 to "
STATUSES = "allowed: OPEN, INVESTIGATING, MITIGATING, MITIGATED, POST_MORTEM, CLOSED"
ADDRESS = "allowed: an address such as https://example.com"
FIELDS = "allowed: commander, description, priority, status, title"
BAD = [
    ("http.concurrency = 0", "http.concurrency: 0; allowed: a whole number from 1 to 32"),
    ("http.concurrency = 33", "http.concurrency: 33; allowed"),
    ("http.concurrency = true", "http.concurrency: true; allowed"),
    ("http.timeout_seconds = 0", "http.timeout_seconds: 0; allowed: a number above 0"),
    ("http.timeout_seconds = nan", "http.timeout_seconds: nan; allowed"),
    ("http.timeout_seconds = inf", "http.timeout_seconds: inf; allowed"),
    ("http.timeout_seconds = true", "http.timeout_seconds: true; allowed"),
    ('safety.max_changes = "many"', f"safety.max_changes: 'many'; {WHOLE}"),
    ('safety.max_changes = ""', f"safety.max_changes: ''; {WHOLE}"),
    ("safety.max_changes = 1.5", f"safety.max_changes: 1.5; {WHOLE}"),
    (f"safety.max_changes = 0x{'f' * 9999}", "safety.max_changes: a very long number; allowed"),
    ("safety.max_change_percent = 101", f"safety.max_change_percent: 101; {WHOLE}100"),
    ("safety.allow_close = 1", "safety.allow_close: 1; allowed: true, false"),
    ("safety.grace_seconds = -1", f"safety.grace_seconds: -1; {WHOLE}"),
    ("scope.closed_within_days = 999999999", f"scope.closed_within_days: 999999999; {WHOLE}36500"),
    ("loop_guard.seconds = []", f"loop_guard.seconds: a list; {WHOLE}"),
    ("jira.user = 7", "jira.user: 7; allowed: text in quotes"),
    ("jira.user = 1979-05-27", "jira.user: 1979-05-27; allowed: text in quotes"),
    ('jira.deployment = "Cloud"', "jira.deployment: 'Cloud'; allowed: auto, cloud, datacenter"),
    ('jira.project = "inc"', "jira.project: 'inc'; allowed: a JIRA project key"),
    ('jira.toolbox_url = "toolbox"', f"an address without http:// or https://; {ADDRESS}"),
    ('jira.toolbox_url = "ftp://x"', "jira.toolbox_url: an address without http:// or https://"),
    ('jira.toolbox_url = "https://"', "jira.toolbox_url: an address without a host"),
    ('jira.toolbox_url = "https://a b"', "jira.toolbox_url: an address without a host, or with"),
    ('jira.toolbox_url = "https://a\\nb"', "jira.toolbox_url: an address without a host, or with"),
    ('jira.toolbox_url = "https://x/?"', "jira.toolbox_url: an address with a part after ? or #"),
    ('jira.toolbox_url = "https://x/#y"', "jira.toolbox_url: an address with a part after ? or #"),
    ('jira.toolbox_url = "http://[::1"', "jira.toolbox_url: an address that cannot be understood"),
    ('jira.toolbox_url = "http://x:y"', "jira.toolbox_url: an address that cannot be understood"),
    ('jira.transition_fields.Done = "x"', "jira.transition_fields.Done: 'x'; allowed: a table"),
    ("jira.transition_fields = 1", "jira.transition_fields: 1; allowed: a table"),
    ('impact.reads = "soap"', "impact.reads: 'soap'; allowed: rest, database"),
    ('impact.writes.title = "webhook"', "impact.writes.title: 'webhook'; allowed: off, database"),
    ('impact.writes.status = "x"', "impact.writes.status: 'x'; allowed: off, webhook, database"),
    ('journal.path = "~nobody-at-all/x"', "journal.path: a path in a home directory nobody has"),
    ("journal = 3", "journal: 3; allowed: a table"),
    ('mapping.preset = "jira"', "mapping.preset: 'jira'; allowed: auto, raid, firefighter, none"),
    ('mapping.description_tail = "x"', "mapping.description_tail: 'x'; allowed: a list of texts"),
    ('mapping.description_tail = [" "]', "mapping.description_tail: a list with something else"),
    ('mapping.status_to_jira.Opened = "x"', f"mapping.status_to_jira.Opened: 'Opened'; {STATUSES}"),
    ("mapping.status_to_jira.OPEN = 1", "mapping.status_to_jira.OPEN: 1; allowed: text that"),
    ('mapping.status_to_jira.OPEN = " "', "mapping.status_to_jira.OPEN: ' '; allowed: text"),
    ('mapping.status_to_impact.New = "New"', f"mapping.status_to_impact.New: 'New'; {STATUSES}"),
    ('mapping.status_to_impact." " = "OPEN"', "mapping.status_to_impact.' ': ' '; allowed: text"),
    ('mapping.priority.Top = "1"', "mapping.priority.Top: '1'; allowed: a whole number"),
    ("mapping.priority.Top = true", "mapping.priority.Top: true; allowed: a whole number"),
    ("mapping.priority = {A = 1, B = 1}", "mapping.priority: 'A', 'B' all stand for Impact's 1"),
    ("mapping.project.PAY.priority = {A = 1, B = 1}", "mapping.project.PAY.priority: 'A', 'B' all"),
    ("mapping.priority = {Top = 1, 'top ' = 2}", "mapping.priority.'top ': 'Top' and 'top ' are"),
    (
        'mapping.status_to_jira = {POST_MORTEM = "a", Post-mortem = "b"}',
        "mapping.status_to_jira.Post-mortem: 'POST_MORTEM' and 'Post-mortem' are one name",
    ),
    ("mapping.project.pay.priority = {A = 1}", "mapping.project.pay: 'pay'; allowed: a JIRA"),
    ("mapping.project.PAY = 1", "mapping.project.PAY: 1; allowed: a table"),
    ("mapping.project.PAY.priority = 1", "mapping.project.PAY.priority: 1; allowed: a table"),
    ("mapping.project.PAY.users = {}", "mapping.project.PAY.users: unknown table; allowed: status"),
    ('users.ada = "x"', "users.ada: 'ada'; allowed: the e-mail address of an Impact user"),
    ('users."a@b.c" = ""', "users.'a@b.c': ''; allowed: text that is not blank"),
    ('users = {"A@b.c" = "x", "a@B.c" = "y"}', "users.'a@B.c': 'A@b.c' and 'a@B.c' are one name"),
    ('backfill.labels = ["to do"]', "backfill.labels: a list with something else; allowed: a list"),
    ('backfill.labels = "x"', "backfill.labels: 'x'; allowed: a list of labels"),
    ('backfill.projects.Catalog = "pay"', "backfill.projects.Catalog: 'pay'; allowed: a JIRA"),
    ('backfill.projects = {A = "X", " a " = "Y"}', "backfill.projects.' a ': 'A' and ' a ' are"),
    ('backfill.fields.summary = "x"', "backfill.fields.summary: each issue has its own; allowed"),
    ('impact.writes.link = "webhook"', "impact.writes.link: 'webhook'; allowed: off, database"),
    ('policy.direction = "both"', "policy.direction: 'both'; allowed: auto, impact-to-jira,"),
    ('policy.on_conflict = "me"', "policy.on_conflict: 'me'; allowed: hold, impact, jira, newest"),
    ('policy.fields.title.sync = "no"', "policy.fields.title.sync: 'no'; allowed: true, false"),
    ("policy.fields.severity.sync = false", f"policy.fields.severity: unknown table; {FIELDS}"),
    ("policy.fields.titel.sync = true", f"did you mean policy.fields.title?; {FIELDS}"),
    ('policy.feilds.title.sync = ""', "policy.feilds: unknown table; did you mean policy.fields?"),
    ("policy.fields.title.wins = 1", "title.wins: unknown key; allowed: on_conflict, on_first"),
    ('impact.tokn_env = "X"', "impact.tokn_env: unknown key; did you mean impact.token_env?"),
    ("jira.max_changes = 1", "jira.max_changes: unknown key; did you mean safety.max_changes?"),
    ("safty.max_changes = 1", "safty: unknown table; did you mean safety?"),
    ("zzz = 1", "zzz: unknown key; allowed: backfill, http, impact, jira, journal, listen, log"),
    ('"impact.url" = "x"', "'impact.url': unknown key"),
    ('impact.token_file = "a"\nimpact.token_env = "B"', "token_env and impact.token_file are"),
    ("jira.token_env = 1234", "jira.token_env: no text; allowed: text in quotes"),
    ('jira.token_env = "NOT_SET"', "jira.token_env: the variable NOT_SET is not set"),
    ('jira.token_env = "ATATT3xFf"', "jira.token_env: the variable it names is not set"),
    ('jira.token_file = "/no/such"', "jira.token_file: no file /no/such; needed for every command"),
    ("jira.token_command = \"pass 'x\"", "token_command: the command line cannot be understood"),
    ('jira.token_command = " "', "jira.token_command: the command line cannot be understood"),
]  # fmt: skip


@pytest.mark.parametrize(("toml", "problem"), BAD, ids=[toml[:40] for toml, _ in BAD])
def test_one_problem_each(files: Files, toml: str, problem: str) -> None:
    found = files.problems(toml)

    assert problem in found
    assert found.count("\n") == 0


def test_all_problems_at_once_and_each_names_file_and_key(files: Files) -> None:
    found = files.problems("\n".join(toml for toml, _ in BAD[::9]))

    assert all(problem in found for _, problem in BAD[::9])
    with pytest.raises(ConfigError) as caught:
        load(files.path, {})
    assert all(line.startswith(f"{files.path}: ") for line in caught.value.problems)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"[impact]\nurl =\n", "line 2, column 6: Invalid value"),
        (b'a = 1\nb = "x', "line 2, column 7: "),
        (b"a = \xff", "byte 5: no UTF-8 text"),
        (b"a = " + b"[" * 5000, "tables too deep"),
        (b"a = " + b"9" * 5000, "a number too long"),
    ],
    ids=["value", "end", "bytes", "deep", "long"],
)
def test_what_is_no_toml(files: Files, source: bytes, problem: str) -> None:
    files.path.write_bytes(source)

    with pytest.raises(ConfigError) as caught:
        load(files.path, ALL)

    assert str(caught.value).startswith(f"{files.path}: ")
    assert problem in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_byte_order_mark_is_no_mistake(files: Files) -> None:
    assert files.load("", base="\ufeff" + BASE).impact.url == URLS["impact.url"]


def test_nor_are_the_habits_of_windows(files: Files) -> None:
    """UTF-16, as PowerShell writes it, and line ends that a file of variables has kept."""
    files.path.write_text(BASE.replace("\n", "\r\n"), encoding="utf-16", newline="")
    assert load(files.path, ALL).impact.url == URLS["impact.url"]

    config = load(None, {name: f"{value}\r\n" for name, value in FIREFIGHTER.items()})
    assert config.jira.url == "https://jira.test"
    assert config.jira.token.reveal({"RAID_JIRA_API_PASSWORD": "x\r\n"}) == "x"
    url = config.impact.database_url.reveal(
        {name: f"{value}\r" for name, value in FIREFIGHTER.items()}
    )
    assert make_url(url).host == "db.test"


def test_a_user_without_a_home_names_the_files(files: Files, tmp_path: Path) -> None:
    """A container's, with a number and nothing else: `platformdirs` finds no place then."""

    def unknown(user: int) -> None:
        raise KeyError(user)

    with pytest.MonkeyPatch.context() as patch:
        for variable in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            patch.delenv(variable, raising=False)
        patch.setattr("pwd.getpwuid", unknown)
        assert find_file(None, {}, tmp_path) is None
        assert "journal.path: missing, and this user has no home" in files.problems("")
        assert files.load(f'journal.path = "{tmp_path}/j.db"').journal_path == tmp_path / "j.db"


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it is a directory: name a file"):
        load(tmp_path, ALL)


def test_files_are_looked_for_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    here, own, named = tmp_path / "raidctl.toml", tmp_path / "own/raidctl/raidctl.toml", "named"
    environ = {"RAIDCTL_CONFIG": named}

    assert find_file(None, {}, tmp_path) is None
    own.parent.mkdir(parents=True)
    own.touch()
    assert find_file(None, {"RAIDCTL_CONFIG": ""}, tmp_path) == own
    here.touch()
    assert find_file(None, {}, tmp_path) == here
    with pytest.raises(ConfigError, match=r"^\$RAIDCTL_CONFIG: no file .*named"):
        find_file(None, environ, tmp_path)
    (tmp_path / named).touch()
    assert find_file(None, environ, tmp_path) == tmp_path / named
    with pytest.raises(ConfigError, match=r"^--config: no file .*asked"):
        find_file(Path("asked"), environ, tmp_path)
    (tmp_path / "asked").touch()
    assert find_file(Path("asked"), environ, tmp_path) == tmp_path / "asked"


def test_paths_are_relative_to_the_file(files: Files) -> None:
    (files.path.parent / "token").write_text("x")
    config = files.load('journal.path = "j.db"\njira.token_file = "token"')

    assert config.journal_path == files.path.parent / "j.db"
    assert config.jira.token == Secret("file", str(files.path.parent / "token"))
    assert files.load('journal.path = "~/j.db"').journal_path == Path.home() / "j.db"


@pytest.mark.parametrize(
    ("toml", "environ", "expected"),
    [
        ("", TOKENS, "rest"),
        ("", ALL, "rest"),
        ("", {**ALL, "IMPACT_TOKEN": ""}, "database"),
        ("", FIREFIGHTER, "database"),
        ('impact.reads = "database"', ALL, "database"),
        ('impact.reads = ""', ALL, "rest"),
    ],
)
def test_reads_what_there_is_a_secret_for(
    files: Files, toml: str, environ: dict[str, str], expected: str
) -> None:
    assert files.load(toml, environ).impact.reads == expected


@pytest.mark.parametrize(
    ("toml", "lacking", "problem"),
    [
        ("", "JIRA_TOKEN", "jira.token: missing; set the variable JIRA_TOKEN, or one of"),
        ("impact.reads = 'rest'", "IMPACT_TOKEN", "impact.token: missing; set the variable IMPACT"),
        ("impact.reads = 'database'", "IMPACT_DATABASE_URL", 'impact.database_url: missing; set'),
        ("impact.writes.title = 'database'", "IMPACT_DATABASE_URL", "needed for impact.writes"),
        ("impact.writes.status = 'webhook'", "RAID_JIRA_WEBHOOK_SECRET", "webhook_secret: missing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("empty", [True, False])
def test_a_secret_that_is_needed(
    files: Files, toml: str, lacking: str, problem: str, empty: bool
) -> None:
    environ = {name: value for name, value in ALL.items() if name != lacking}
    if empty:
        environ[lacking] = ""

    found = files.problems(toml, environ)

    assert problem in found
    assert found.count("\n") == 0


@pytest.mark.parametrize(
    "toml",
    [
        'jira.token = "x"',
        "jira.token_env = 1",
        "jira.token_env = 'A'\njira.token_file = '/no/such'",
    ],
)
def test_a_secret_at_fault_is_not_missing_too(files: Files, toml: str) -> None:
    found = files.problems(toml, {"IMPACT_TOKEN": "x"})

    assert found.count("\n") == 0


def test_users_are_folded(files: Files) -> None:
    assert files.load('users = {"Ada@Example.com" = "Acc1"}').users == {"ada@example.com": "Acc1"}


def test_a_secret_that_is_not_needed_may_be_missing(files: Files) -> None:
    toml = 'impact.webhook_secret_env = "UNSET"\nimpact.database_url_env = "UNSET"'

    assert files.load(toml, TOKENS).impact.webhook_secret == Secret("env", "UNSET")


def test_with_neither_token_nor_database_both_ways_are_named(files: Files) -> None:
    found = files.problems("", {"JIRA_TOKEN": "x"})

    assert "IMPACT_TOKEN" in found
    assert "to read the database, set IMPACT_DATABASE_URL or POSTGRES_HOST" in found


def test_firefighters_environment_needs_no_file() -> None:
    config = load(None, FIREFIGHTER)

    assert config.file is None
    assert (config.impact.url, config.impact.reads) == ("https://firefighter.test", "database")
    assert (config.impact.schema, config.impact.service_account) == ("ff_schema", "557058:ff")
    assert (config.jira.url, config.jira.user) == ("https://jira.test", "bot@example.test")
    assert (config.jira.project, config.jira.toolbox_url) == ("INC", "https://toolbox.test/x")
    assert config.jira.incident_category_field == "customfield_12369"
    assert config.jira.token.reveal(FIREFIGHTER) == "jira-password"
    assert config.impact.webhook_secret.reveal(FIREFIGHTER) == "hush"
    url = make_url(config.impact.database_url.reveal(FIREFIGHTER))
    assert (url.drivername, url.username, url.password) == (
        "postgresql+psycopg",
        "ff",
        "p@ss/word%",
    )
    assert (url.host, url.port, url.database) == ("db.test", 6432, "incidents")


def test_the_file_wins_over_the_environment(files: Files) -> None:
    config = files.load('impact.schema = "mine"\njira.user = ""', FIREFIGHTER)

    assert (config.impact.url, config.jira.url) == tuple(URLS.values())
    assert (config.impact.schema, config.jira.user) == ("mine", "bot@example.test")


@pytest.mark.parametrize("spelling", ["env", "command"])
def test_firefighters_jira_user_does_not_go_with_a_token_of_ones_own(
    files: Files, spelling: str
) -> None:
    """An empty user says so; where nothing is said of it, the variable counts as ever."""
    own = f'jira.token_{spelling} = "MINE"'
    environ = {**FIREFIGHTER, "MINE": "x"}
    assert files.load(f'{own}\njira.user = ""', environ).jira.user == ""
    assert files.load(own, environ).jira.user == "bot@example.test"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("BASE_URL", "firefighter", "environment: BASE_URL: an address without http"),
        ("BASE_URL", "", "no configuration file: impact.url: missing; set it, or the variable"),
        ("RAID_JIRA_API_URL", "u:pw@jira", "RAID_JIRA_API_URL: a secret stands in the environment"),
        ("RAID_JIRA_PROJECT_KEY", "-", "environment: RAID_JIRA_PROJECT_KEY: '-'; allowed: a JIRA"),
        ("POSTGRES_DB", "", "impact.database_url: the variable POSTGRES_DB is not set; needed for"),
        ("POSTGRES_PORT", "x", "impact.database_url: POSTGRES_PORT is no port number; needed for"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_environment(variable: str, value: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(None, {**FIREFIGHTER, variable: value})

    assert len(caught.value.problems) == 1
    assert problem in str(caught.value)


@pytest.mark.parametrize("variable", ["ENABLE_JIRA", "ENABLE_RAID"])
@pytest.mark.parametrize("value", ["false", "False", "0", "no", "OFF", " off "])
def test_switched_off(files: Files, variable: str, value: str) -> None:
    expected = f"environment: {variable}: the integration is switched off by it"

    assert files.problems("", {**ALL, variable: value}) == expected


@pytest.mark.parametrize("value", ["true", "1", ""])
def test_not_switched_off(files: Files, value: str) -> None:
    assert files.load("", {**ALL, "ENABLE_JIRA": value, "ENABLE_RAID": value})


def test_what_backfill_makes_issues_of(files: Files) -> None:
    """Names of categories are folded, as all names are; what a field takes is the site's own."""
    found = files.load(
        """
        [backfill]
        reporter = "557058:fallback"
        labels = ["backfill", "café"]
        [backfill.projects]
        " Payment Performance " = "PAY"
        [backfill.fields]
        customfield_10010 = { value = "Production" }
        customfield_11049 = false
        """
    ).backfill
    assert (found.reporter, found.labels) == ("557058:fallback", ("backfill", "café"))
    assert found.projects == {folded("payment performance"): "PAY"}
    assert found.fields == {
        "customfield_10010": {"value": "Production"},
        "customfield_11049": False,
    }


def test_a_link_that_the_database_is_to_have_needs_its_address(files: Files) -> None:
    problem = files.problems('impact.writes.link = "database"', TOKENS)
    assert 'needed for impact.writes.link = "database"' in problem


def test_rows_extend_the_preset_and_projects_extend_both(files: Files) -> None:
    config = files.load("""
        mapping.status_to_jira = { "post mortem" = "Review", "Open" = "New" }
        mapping.status_to_impact = { "code review" = "Mitigating" }
        mapping.priority = { Blocker = 1 }
        mapping.project.PAY = { priority = { Urgent = 1 }, status_to_jira = { OPEN = "Pay" } }
        mapping.preset = "raid"
    """)

    (site,) = config.mappings
    assert site.common.status_to_jira == {
        **RAID.status_to_jira, "POST_MORTEM": "Review", "OPEN": "New"
    }  # fmt: skip
    assert site.common.status_to_impact["code review"] == "MITIGATING"
    assert site.common.priority_written[1] == "Blocker"
    pay = site.of("PAY")
    assert pay.priority_written[1] == "Urgent"
    assert pay.priority == {**RAID.priority, "Blocker": 1, "Urgent": 1}
    assert (pay.status_to_jira["OPEN"], pay.status_to_jira["POST_MORTEM"]) == ("Pay", "Review")


@pytest.mark.parametrize("preset", PRESETS)
def test_presets(files: Files, preset: str) -> None:
    config = files.load(f'mapping.preset = "{preset}"')

    (site,) = config.mappings
    assert site.common == extended(PRESETS[preset], PRESETS["none"])
    expected = "customfield_11064" if preset == "firefighter" else "priority"
    assert site.priority_field == expected


def test_policy_of_single_fields(files: Files) -> None:
    config = files.load("""
        policy.direction = "jira-to-impact"
        policy.on_conflict = "jira"
        policy.fields.title.on_conflict = "impact"
        policy.fields.priority.on_first_sight = "impact"
        policy.fields.status.sync = false
    """)

    assert config.direction is SyncDirection.JIRA_TO_IMPACT
    assert config.fields == {
        Field.TITLE: FieldPolicy(Choice.IMPACT, Choice.HOLD),
        Field.DESCRIPTION: FieldPolicy(Choice.JIRA, Choice.HOLD),
        Field.PRIORITY: FieldPolicy(Choice.JIRA, Choice.IMPACT),
        Field.COMMANDER: FieldPolicy(Choice.JIRA, Choice.HOLD),
    }


@pytest.mark.parametrize("key", ["policy.on_conflict", "policy.fields.title.on_first_sight"])
def test_newest_needs_the_database(files: Files, key: str) -> None:
    assert files.load(f'{key} = "newest"\nimpact.reads = "database"').fields
    found = files.problems(f'{key} = "newest"\nimpact.reads = "rest"')

    assert found.startswith(f"{key}: 'newest', and only impact.reads = \"database\" tells")
    assert found.endswith("allowed: hold, impact, jira")


keys = st.sampled_from(sorted({part for key in (*KEYS, *OPEN_TABLES) for part in key.split(".")}))
names = keys | st.sampled_from(["PAY", "OPEN", "a@b.c", "", "é\n"])
texts = st.sampled_from(["", "hold", "newest", "database", "webhook", "https://x", "\x00", "~"])
values = st.recursive(
    texts | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


def inline(value: object) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return json.dumps(value)


@given(document=st.dictionaries(names, values, max_size=6))
def test_any_content_is_a_configuration_or_problems_of_one_line(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, object]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text("".join(f"{json.dumps(k)} = {inline(v)}\n" for k, v in document.items()))
    try:
        load(file, {})
    except ConfigError as error:
        problems = error.problems
    else:
        problems = ("loaded",)
    assert problems
    assert all(line.isprintable() for line in problems)


def test_importing_it_costs_little() -> None:
    lazy = {"tomllib", "difflib", "platformdirs", "subprocess", "sqlalchemy", "requests"}
    code = f"import sys, raidctl.config; sys.exit({lazy!r} & set(sys.modules) or 0)"

    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


# Gates, clear text and addresses with passwords

ODD_PASSWORDS = ["xyzzy", "x/xyzzy", "x#xyzzy", "x@xyzzy", "x?xyzzy", "12/xyzzy", "a@b/xyzzy"]


@pytest.mark.parametrize(
    "key",
    [
        *("impact.url", "jira.url", "jira.toolbox_url", "impact.reads", "impact.schema"),
        *("jira.user", "jira.project", "jira.issue_type", "policy.direction", "journal.path"),
        *("impact.database_url_env", "impact.database_url_file", "jira.token_file"),
        *("jira.certificate", "http.share", "impact.writes.status", "mapping.description_tail"),
        *('mapping.priority."High"', 'users."x"'),
        *("jira.headers.X-Gate_env", "jira.headers.X-Gate_file", "jira.headers.X-Gate"),
    ],
)
def test_no_password_is_shown_whichever_key_it_stands_in(files: Files, key: str) -> None:
    base = "" if key.endswith(".url") else BASE
    for password, scheme in product(ODD_PASSWORDS, ("postgresql", "https")):
        said = files.problems(f'{key} = "{scheme}://ada:{password}@host.test/name"', base=base)
        assert "xyzzy" not in said
        assert "ada:" not in said


def test_nor_where_a_variable_holds_it() -> None:
    for name in ("BASE_URL", "RAID_JIRA_API_URL", "POSTGRES_SCHEMA", "RAID_JIRA_API_USER"):
        with pytest.raises(ConfigError) as caught:
            load(None, FIREFIGHTER | {name: "https://ada:x/xyzzy@host.test"})
        assert name in str(caught.value)
        assert "xyzzy" not in str(caught.value)


@pytest.mark.parametrize("site", ["impact", "jira"])
@pytest.mark.parametrize("host", ["jira.test", "192.0.2.1", "localhost.test", "127.0.0.1.test"])
def test_a_token_does_not_go_over_the_network_in_clear(files: Files, site: str, host: str) -> None:
    base = "".join(f'{key} = "{url}"\n' for key, url in URLS.items() if not key.startswith(site))
    base += f'{site}.url = "http://{host}"\n'
    said = files.problems("", base=base)
    assert said.startswith(f"{site}.url: http://")
    assert f"{site}.allow_http = true" in said
    assert files.load(f"{site}.allow_http = true\n", base=base)
    assert load(files.path, {}, Purpose.LOOK)  # which sends nothing


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8080", "127.9.9.9", "[::1]", "a.localhost"]
)
def test_to_this_very_host_it_may(files: Files, host: str) -> None:
    assert files.load("", base=f'impact.url = "http://{host}"\njira.url = "http://{host}"\n')


def test_a_database_needs_no_site_to_be_safe(files: Files) -> None:
    base = 'impact.url = "http://impact.test"\njira.url = "https://jira.test"\n'
    assert files.load('impact.reads = "database"', base=base)
    webhook = 'impact.reads = "database"\nimpact.writes.status = "webhook"'
    assert "impact.allow_http" in files.problems(webhook, base=base)


def test_headers_have_the_three_spellings_of_a_secret(files: Files, tmp_path: Path) -> None:
    (tmp_path / "gate").write_text("of-a-file\n")
    config = files.load(
        "[jira.headers]\n"
        'X-One_env = "GATE"\nX_Two_file = "gate"\nX-Three_command = "echo of-a-command"\n',
        {**ALL, "GATE": "of-a-variable"},
    )
    assert config.jira.access.revealed({"GATE": "of-a-variable", "PATH": "/usr/bin:/bin"}) == {
        "X-One": "of-a-variable",
        "X_Two": "of-a-file",
        "X-Three": "of-a-command",
    }
    assert config.impact.access.headers == {}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('X-Gate = "0pen-sesame"', "X-Gate: a secret stands in the file; allowed: NAME_env"),
        ('X-Gate_env = "NOT_SET"', "X-Gate_env: the variable NOT_SET is not set"),
        ('X-Gate_file = "no-such"', "no file"),
        ("X-Gate_env = 7", "X-Gate_env: no text"),
        ('Authorization_env = "JIRA_TOKEN"', "raidctl sends this header itself"),
        ('host_env = "JIRA_TOKEN"', "raidctl sends this header itself"),
        ('"X Gate_env" = "JIRA_TOKEN"', "a secret stands in the file"),
        ('_env = "JIRA_TOKEN"', "a secret stands in the file"),
        ('X-Gate_env = "JIRA_TOKEN"\nx-gate_env = "JIRA_TOKEN"', "given twice"),
    ],
)
def test_headers_that_do_not_fit(files: Files, row: str, problem: str) -> None:
    said = files.problems(f"[jira.headers]\n{row}")
    assert problem in said
    assert "0pen-sesame" not in said
    assert said.count("\n") == 0


def test_a_certificate_that_is_not_there_is_told(files: Files) -> None:
    assert "jira.certificate: no file" in files.problems('jira.certificate = "none.pem"')
    alone = files.problems('jira.certificate_key = "client.key"')
    assert "jira.certificate_key: without jira.certificate" in alone
    config = files.load('jira.certificate = "client.pem"')
    assert config.jira.access.certificate == str(files.path.parent / "client.pem")


def test_a_command_is_kept_from_every_other_secret(files: Files) -> None:
    config = files.load(
        'jira.token_command = "pass jira"\nimpact.token_env = "OWN_IMPACT"\n'
        'jira.headers.X-Gate_env = "GATE"\njira.headers.X-Other_command = "pass other"\n',
        {**ALL, "OWN_IMPACT": "x", "GATE": "y"},
    )
    others = {"OWN_IMPACT", "GATE", "IMPACT_TOKEN", "IMPACT_DATABASE_URL", "POSTGRES_PASSWORD"}
    others |= {"RAID_JIRA_WEBHOOK_SECRET", "SLACK_BOT_TOKEN", "SECRET_KEY", "PGPASSWORD"}
    assert others <= config.jira.token.withheld
    assert not {"JIRA_TOKEN", "RAID_JIRA_API_PASSWORD"} & config.jira.token.withheld
    assert others | {"JIRA_TOKEN"} <= config.jira.access.headers["X-Other"].withheld


@pytest.mark.parametrize("value", ["0", "1.1", "-1", "true", '"half"', "nan", "inf"])
def test_a_share_is_a_part(files: Files, value: str) -> None:
    assert "http.share: " in files.problems(f"http.share = {value}")


def test_e_mails_that_only_look_alike_are_two_users(files: Files) -> None:
    config = files.load('users = {"kes@b.c" = "x", "Ke\u017f@b.c" = "y", "\u212aes@b.c" = "z"}')
    assert config.users == {"kes@b.c": "x", "ke\u017f@b.c": "y", "\u212aes@b.c": "z"}
