"""The unit and the manifest of `raidctl help listen` say what raidctl understands."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # a part of `responses`

from raidctl.config import load
from raidctl.config.keys import KEYS
from raidctl.core.events.event import State
from raidctl.core.events.parse import Parser
from raidctl.core.model import Field
from raidctl.errors import ExitCode
from raidctl.listen.health import Work
from raidctl.listen.receiver import Answer
from raidctl.listen.signature import unsigned
from tests.cli.inside import within
from tests.cli.process import clean_environ
from tests.listen.place import Broken, Place, journal_queue
from tests.readme import test_cron as cron
from tests.readme.test_readme import TOPICS, blocks

PAGE = TOPICS["listen"]
(UNIT,) = blocks("ini", PAGE)
(MANIFEST,) = blocks("yaml", PAGE)
(SETTINGS,) = blocks("toml", PAGE)
PORT = KEYS["listen.port"].default
CONFIG = "/etc/raidctl/raidctl.toml"


def unit() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT)
    return parser


def manifest() -> tuple[dict[str, Any], dict[str, Any]]:
    deployment, service = yaml.safe_load_all(MANIFEST)
    return deployment, service


def container() -> dict[str, Any]:
    (found,) = manifest()[0]["spec"]["template"]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


def understood(tmp_path: Path, program: str, *arguments: str) -> None:
    """Up to the configuration, which is not there."""
    assert Path(program).name == "raidctl"
    missing = str(tmp_path / "raidctl.toml")
    asked = [missing if one == CONFIG else one for one in arguments]
    assert "listen" in asked
    assert asked[:2] == ["--config", missing]
    ended = within(*asked, environ=clean_environ(tmp_path))
    assert ended.code == ExitCode.USAGE
    assert "Usage" not in ended.err
    assert missing in ended.err


def test_the_unit_starts_raidctl_by_options_that_it_has(tmp_path: Path) -> None:
    understood(tmp_path, *shlex.split(unit()["Service"]["ExecStart"]))


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    program = shlex.split(unit()["Service"]["ExecStart"])[0]
    file = tmp_path / "raidctl-listen.service"
    file.write_text(UNIT.replace(program, sys.executable))  # one that is there
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_pod_starts_raidctl_by_options_that_it_has(tmp_path: Path) -> None:
    found = container()
    understood(tmp_path, *found["command"], *found["args"])
    assert str(PORT) == found["args"][found["args"].index("--port") + 1]


def test_the_configuration_is_that_of_cron() -> None:
    """What it names is mounted, and may be written, as cron's own pod and unit have it."""
    (pod,) = cron.pod()["containers"]
    assert container()["volumeMounts"] == pod["volumeMounts"]
    volumes = manifest()[0]["spec"]["template"]["spec"]["volumes"]
    assert volumes == cron.pod()["volumes"]
    secret = Path(tomllib.loads(SETTINGS)["listen"]["secret_file"])
    assert str(secret.parent) == cron.SECRETS
    assert secret.name in MANIFEST.partition("secretName")[2].partition("\n")[0]
    assert not {"env", "envFrom"} & container().keys()
    ours, its = unit()["Service"], cron.unit(cron.SERVICE)["Service"]
    for key in ("User", "StateDirectory", "LogsDirectory", "ProtectSystem"):
        assert ours[key] == its[key]
    assert "Environment" not in ours


def test_ports_and_probes_are_those_of_the_server(tmp_path: Path) -> None:
    found, (_, service) = container(), manifest()
    (port,) = found["ports"]
    assert port["containerPort"] == PORT
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert found["readinessProbe"]["tcpSocket"]["port"] == port["name"]
    alive = found["livenessProbe"]["httpGet"]
    assert alive["port"] == port["name"]
    with journal_queue(tmp_path) as journal:
        place = Place(Broken(journal.queue))
        place.health.stands_still(Work.SETTLING, "JIRA is down")
        assert place.ask("GET", alive["path"]).status == 200  # no reason to start it anew
        assert place.ask("GET", "/health").status == 503


def test_labels_and_volumes_of_the_manifest_fit_together() -> None:
    deployment, service = manifest()
    spec = deployment["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels == service["spec"]["selector"]
    volumes = {one["name"] for one in spec["template"]["spec"]["volumes"]}
    assert {one["name"] for one in container()["volumeMounts"]} == volumes
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")


def test_the_settings_it_shows_are_settings(tmp_path: Path) -> None:
    assert set(tomllib.loads(SETTINGS)) == {"listen"}
    file = tmp_path / "raidctl.toml"
    file.write_text(f'impact.url = "https://i"\njira.url = "https://j"\n{SETTINGS}')
    config = load(file, {"IMPACT_TOKEN": "x", "JIRA_TOKEN": "y"})
    assert config.listen.secret.spelling == "file"


def test_its_table_has_every_answer() -> None:
    """But for a defect."""
    told = {int(number) for number in re.findall(r"\b[245]\d\d\b", PAGE.partition("| answer |")[2])}
    assert told >= {answer.status for answer in Answer if answer is not Answer.DEFECT}


@pytest.mark.skipif(not shutil.which("openssl"), reason="what the page signs an event with")
def test_the_event_that_is_sent_by_hand_is_signed() -> None:
    (lines,) = (block for block in blocks("console", PAGE) if "openssl" in block)
    *made, sent = (line.removeprefix("$ ") for line in lines.splitlines())
    url, secret = f"http://127.0.0.1:{PORT}/impact", "demo's"
    assert sent.endswith(url)
    said = 'curl() { printf "%s\\n" "$2" "$4"; }'
    ended = subprocess.run(
        ["/bin/sh", "-euc", "\n".join([said, *made, sent])],
        env={"PATH": os.environ["PATH"], "RAIDCTL_DEMO_WEBHOOK_SECRET": secret},
        capture_output=True,
        text=True,
        check=True,
    )
    body, header = ended.stdout.splitlines()
    assert (
        unsigned([header.removeprefix("X-Hub-Signature: ")], body.encode(), secret.encode()) is None
    )
    assert Parser({"summary": Field.TITLE}).impact(body.encode()).state is State.WAITING
