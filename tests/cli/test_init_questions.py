"""`raidctl init` with somebody at the terminal: it asks for what is missing, and tries it."""

import stat
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from raidctl.errors import ExitCode
from raidctl.sandbox.jira.workflows import RAID, Status, Workflow
from raidctl.sandbox.server import Request
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN, Ended, talking
from tests.cli.world import BOT, World, world
from tests.simulators.jira.workflows import FIREFIGHTER
from tests.simulators.server import Fault, refuse

IMPACT, JIRA = "Impact's address", "JIRA's address"
WHERE_IMPACTS, WHERE_JIRAS = "Where Impact's API token is kept", "Where JIRA's token is kept"
USER, PROJECT = "of the token's account", "The JIRA project"
OTHER = Workflow("Another", (Status("1", "Neu", "new"), Status("6", "Fertig", "done")), ())
NOBODYS = "http://127.0.0.1:9"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, ()) as made:
        made.state.add_issue("INC-1", 1)
        yield made


def bare(site: World) -> dict[str, str]:
    """A user's environment in which nothing is set."""
    secret = ("IMPACT_TOKEN", "JIRA_TOKEN", "RAID_JIRA_WEBHOOK_SECRET", "IMPACT_DATABASE_URL")
    return {name: value for name, value in site.environ.items() if name not in secret}


def told(environ: dict[str, str], *answers: tuple[str, str]) -> Ended:
    """Answer each question once it is asked; a question that comes again is asked again."""
    seen: dict[str, int] = {}
    with talking("init", environ=environ) as talk:
        for question, answer in answers:
            seen[question] = seen.get(question, 0) + 1
            talk.until(question, seen[question])
            talk.type(f"{answer}\n")
        return talk.ended()


def written(environ: dict[str, str]) -> dict[str, Any]:
    file = Path(environ["HOME"], "raidctl.toml")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return tomllib.loads(file.read_text())


def usual(site: World) -> list[tuple[str, str]]:
    return [
        (IMPACT, site.impact.url),
        (WHERE_IMPACTS, "MY_IMPACT_TOKEN"),
        (JIRA, site.jira.url),
        (USER, BOT.email),
        (WHERE_JIRAS, ""),
        (PROJECT, "INC"),
    ]


def test_both_sites_are_tried_and_only_where_secrets_are_kept_is_written(site: World) -> None:
    environ = bare(site)
    ended = told(environ, *usual(site))

    assert ended.code == ExitCode.OK, ended.err
    assert "FireFighter answers there." in ended.err
    assert "It is JIRA Cloud." in ended.err
    assert "for now the variable MY_IMPACT_TOKEN is not set" in ended.err
    assert "It lacks, before raidctl diff can run:" in ended.err
    found = written(environ)
    assert found["impact"]["url"] == site.impact.url
    assert found["impact"]["token_env"] == "MY_IMPACT_TOKEN"
    assert (found["jira"]["user"], found["jira"]["token_env"]) == (BOT.email, "JIRA_TOKEN")
    assert found["jira"]["project"] == "INC"


def test_a_configuration_that_is_complete_is_tried_on_the_live_workflow(site: World) -> None:
    environ = bare(site) | {"MY_IMPACT_TOKEN": IMPACT_TOKEN, "JIRA_TOKEN": JIRA_TOKEN}
    answers = [one for one in usual(site) if one[0] != WHERE_JIRAS]
    ended = told(environ, *answers)

    assert ended.code == ExitCode.OK, ended.err
    assert "JIRA's token is in JIRA_TOKEN." in ended.err
    assert "that of the preset raid, whose statuses JIRA has" in " ".join(ended.err.split())
    assert "✓ jira.permissions" in ended.err  # it ends with doctor
    assert "raidctl --config raidctl.toml diff" in ended.err
    assert "token_env" not in written(environ)["jira"]
    assert IMPACT_TOKEN not in ended.err + Path(environ["HOME"], "raidctl.toml").read_text()


def test_a_preset_is_asked_for_where_both_fit(tmp_path: Path) -> None:
    both = replace(RAID, statuses=(*RAID.statuses, *FIREFIGHTER.statuses[:4]))
    with world(tmp_path, (), workflow=both) as site:
        site.state.add_issue("INC-1", 1)
        environ = bare(site) | {"IMPACT_TOKEN": IMPACT_TOKEN, "JIRA_TOKEN": JIRA_TOKEN}
        answers = [one for one in usual(site) if one[0] not in (WHERE_JIRAS, WHERE_IMPACTS)]
        which = "Which preset: raid, firefighter"
        ended = told(environ, *answers, (which, "none of them"), (which, "firefighter"))
    assert ended.code == ExitCode.OK, ended.err
    assert written(environ)["mapping"]["preset"] == "firefighter"


def test_it_advises_no_command_that_does_not_work_yet(tmp_path: Path) -> None:
    """It ended with `raidctl diff`, which then told that no preset fits."""
    with world(tmp_path, (), workflow=OTHER) as site:
        site.state.add_issue("INC-1", 1)
        environ = bare(site) | {"IMPACT_TOKEN": IMPACT_TOKEN, "JIRA_TOKEN": JIRA_TOKEN}
        answers = [one for one in usual(site) if one[0] not in (WHERE_JIRAS, WHERE_IMPACTS)]
        ended = told(environ, *answers, ("Which preset: raid, firefighter, none", ""))
    assert "next: raidctl --config raidctl.toml doctor" in ended.err
    assert "raidctl.toml diff" not in ended.err


def test_a_jira_that_tells_nobody_what_it_is_is_kept_without_a_question(site: World) -> None:
    """It asked to check a token that had not been asked for."""

    def fault(request: Request) -> Fault | None:
        return refuse(401) if "serverInfo" in request.path else None

    site.jira.faults = fault
    environ = bare(site)
    ended = told(environ, *usual(site))
    assert ended.code == ExitCode.OK, ended.err
    assert "asks for credentials before it says whether it is JIRA" in ended.err
    assert "it is wrong, expired" not in ended.err
    assert written(environ)["jira"]["url"] == site.jira.url


def test_what_does_not_answer_or_fit_is_asked_again_or_kept(site: World) -> None:
    environ = bare(site)
    keep = "Keep it all the same?"
    ended = told(
        environ,
        (IMPACT, "http://impact.example.test"),
        (IMPACT, "not a site"),
        (IMPACT, site.jira.url),  # it answers, and is no FireFighter
        (keep, ""),
        (IMPACT, NOBODYS),
        (keep, "y"),
        (WHERE_IMPACTS, "aB3" * 10),
        (WHERE_IMPACTS, "file:impact.token"),
        (JIRA, site.jira.url),
        (USER, ""),
        (USER, BOT.email),
        (WHERE_JIRAS, "command:pass show jira"),
        (PROJECT, "inc"),
        (PROJECT, ""),
    )
    assert ended.code == ExitCode.OK, ended.err
    assert "allow_http = true" in ended.err
    assert "JIRA Cloud takes an API token only together with" in ended.err
    found = written(environ)
    assert found["impact"] | found["jira"] == {
        **found["impact"],
        **found["jira"],
        "token_file": "impact.token",
        "token_command": "pass show jira",
    }
    assert (found["impact"]["url"], "project" in found["jira"]) == (NOBODYS, False)


def test_data_center_needs_no_user(tmp_path: Path) -> None:
    with world(tmp_path, (), sort="datacenter") as site:
        site.state.add_issue("INC-1", 1)
        environ = bare(site)
        answers = dict(usual(site))
        user = "The user's name; Enter for a personal access token"
        del answers[USER]
        order = (IMPACT, WHERE_IMPACTS, JIRA, user, WHERE_JIRAS, PROJECT)
        ended = told(environ, *((one, answers.get(one, "")) for one in order))
    assert ended.code == ExitCode.OK, ended.err
    assert "It is JIRA Data Center." in ended.err
    assert "user" not in written(environ)["jira"]


def test_what_firefighters_variables_tell_is_not_asked(site: World) -> None:
    environ = bare(site) | {
        "BASE_URL": site.impact.url,
        "POSTGRES_HOST": "db",
        "RAID_JIRA_API_URL": site.jira.url,
        "RAID_JIRA_API_USER": BOT.email,
        "RAID_JIRA_API_PASSWORD": JIRA_TOKEN,
        "RAID_JIRA_PROJECT_KEY": "INC",
    }
    ended = told(environ)
    assert ended.code == ExitCode.OK, ended.err
    assert "impact.url is taken from BASE_URL." in ended.err
    assert "Impact is read from its database, which POSTGRES_HOST tells" in ended.err
    found = written(environ)
    assert not {"url", "token_env"} & (found["impact"].keys() | found["jira"].keys())


@pytest.mark.parametrize(
    ("keys", "code"), [("\x03", ExitCode.INTERRUPTED), ("\x04", ExitCode.USAGE)]
)
def test_whoever_stops_leaves_everything_as_it_is(site: World, keys: str, code: ExitCode) -> None:
    environ = bare(site)
    with talking("init", environ=environ) as talk:
        talk.until(IMPACT)
        talk.type(f"{site.impact.url}\n")
        talk.until(WHERE_IMPACTS)
        talk.type(keys)
        ended = talk.ended()
    assert ended.code == code
    assert not Path(environ["HOME"], "raidctl.toml").exists()
