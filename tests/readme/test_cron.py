"""The lines and manifests of `raidctl help cron` say what raidctl understands, and work bare."""

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

from raidctl.errors import ExitCode
from tests.cli.inside import within
from tests.cli.process import IMPACT_TOKEN, JIRA_TOKEN
from tests.cli.world import BOT, PAIRS, world
from tests.readme.test_readme import README, TOPICS, blocks

PAGE = TOPICS["cron"]
(SETTINGS,) = blocks("toml", PAGE)
(CRONTAB,) = blocks("crontab", PAGE)
SERVICE, TIMER = blocks("ini", PAGE)
(MANIFEST,) = blocks("yaml", PAGE)
(DAILY,) = blocks("crontab", README)
CONFIG, SECRETS, STATE = "/etc/raidctl/raidctl.toml", "/etc/raidctl/secrets", "/var/lib/raidctl"


def unit(text: str) -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def pod() -> dict[str, Any]:
    found = yaml.safe_load(MANIFEST)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert isinstance(found, dict)
    return found


def commands() -> dict[str, str]:
    """Each command line that starts raidctl, by what starts it."""
    (container,) = pod()["containers"]
    system = CRONTAB.splitlines()[-1].split(maxsplit=6)
    assert system[5] == unit(SERVICE)["Service"]["User"] == "raidctl"
    return {
        "crontab": system[6],
        "a user's crontab": DAILY.split(maxsplit=5)[5].strip(),
        "systemd": unit(SERVICE)["Service"]["ExecStart"],
        "Kubernetes": shlex.join([*container["command"], *container["args"]]),
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What the page says lies in /etc and /var/lib, with secrets, in a folder of the test's."""
    (tmp_path / "etc/raidctl/secrets").mkdir(parents=True)
    (tmp_path / "var/lib/raidctl").mkdir(parents=True, mode=0o700)
    for name in secrets_named():
        (tmp_path / "etc/raidctl/secrets" / name).write_text("https://hooks.example.com/s3cret\n")
    return tmp_path


def secrets_named() -> set[str]:
    return set(re.findall(rf'"{SECRETS}/([\w-]+)"', SETTINGS))


def moved(text: str, root: Path) -> str:
    return text.replace("/etc/raidctl", f"{root}/etc/raidctl").replace(STATE, f"{root}{STATE}")


@pytest.mark.parametrize("name", ["crontab", "a user's crontab", "systemd", "Kubernetes"])
def test_each_line_is_understood(root: Path, name: str) -> None:
    """Up to the configuration, which is not there, and with nothing in the environment."""
    program, *arguments = shlex.split(commands()[name])
    assert Path(program).name == "raidctl"
    assert Path(program).is_absolute() or name == "Kubernetes"
    assert arguments == ["--config", CONFIG, "reconcile", "--yes", "--quiet"]
    given = [moved(one, root) for one in arguments]
    ended = within(*given, environ={}, cwd=root)
    assert ended.code == ExitCode.USAGE
    assert "Usage" not in ended.err
    assert f"no file {moved(CONFIG, root)}" in ended.err


def test_the_line_works_with_nothing_in_the_environment(root: Path) -> None:
    """As cron starts it, `env -i sh -c`: it says what is held, and then nothing."""
    with world(root / "world", PAIRS) as site:
        text = moved(SETTINGS, root).replace("https://impact.example.com", site.impact.url)
        text = text.replace("https://example.atlassian.net", site.jira.url)
        text = text.replace("bot@example.com", BOT.email).partition("[notify]")[0]
        (root / "etc/raidctl/raidctl.toml").write_text(f'{text}[mapping]\npreset = "raid"\n')
        (root / "etc/raidctl/secrets/impact-token").write_text(IMPACT_TOKEN)
        (root / "etc/raidctl/secrets/jira-token").write_text(JIRA_TOKEN)
        line = moved(commands()["crontab"], root)
        line = line.replace("/opt/raidctl/bin/raidctl", f"{sys.executable} -m raidctl")
        ends = [
            subprocess.run(
                ["/usr/bin/env", "-i", "/bin/sh", "-c", line],
                capture_output=True,
                text=True,
                cwd="/",
                check=False,
                stdin=subprocess.DEVNULL,
            )
            for _ in range(2)
        ]
    assert [(one.returncode, one.stderr) for one in ends] == [(0, "")] * 2
    assert ends[0].stdout.startswith("raidctl: ")
    assert ends[1].stdout == ""
    assert (root / "var/lib/raidctl/journal.db").exists()


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("there is no systemd-analyze here")
    program = shlex.split(commands()["systemd"])[0]
    (tmp_path / "raidctl.service").write_text(SERVICE.replace(program, sys.executable))
    (tmp_path / "raidctl.timer").write_text(TIMER)
    done = subprocess.run(
        [
            *(analyze, "verify", "--man=no", "--recursive-errors=no"),
            *(tmp_path / "raidctl.service", tmp_path / "raidctl.timer"),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    calendar = unit(TIMER)["Timer"]["OnCalendar"]
    assert (
        subprocess.run([analyze, "calendar", calendar], capture_output=True, check=False).returncode
        == 0
    )


def test_the_journal_is_where_the_units_let_it_be_written() -> None:
    journal = Path(tomllib.loads(SETTINGS)["journal"]["path"])
    assert str(journal.parent) == STATE == f"/var/lib/{unit(SERVICE)['Service']['StateDirectory']}"
    (container,) = pod()["containers"]
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounts == {"configuration": str(Path(CONFIG).parent), "secrets": SECRETS, "state": STATE}
    assert {one["name"] for one in pod()["volumes"]} == mounts.keys()


def test_the_unit_may_write_what_the_reference_says_is_written() -> None:
    """The log and the metrics of the examples; `ProtectSystem=strict` forbids all else."""
    service = unit(SERVICE)["Service"]
    assert service["ProtectSystem"] == "strict"
    (log,), (metrics,) = (blocks("toml", TOPICS[name]) for name in ("log", "metrics"))
    file = Path(tomllib.loads(log)["log"]["file"])
    assert str(file.parent) == f"/var/log/{service['LogsDirectory']}"
    file = Path(tomllib.loads(metrics)["metrics"]["file"])
    assert f"-{file.parent}" in service["ReadWritePaths"].split()


def test_the_secrets_are_those_that_the_configuration_names(root: Path) -> None:
    (line,) = (line for line in MANIFEST.splitlines() if "secretName" in line)
    assert set(line.partition("# ")[2].split(", ")) == secrets_named()
    file = root / "etc/raidctl/raidctl.toml"
    file.write_text(moved(SETTINGS, root))
    ended = within("--config", str(file), "config", "check", environ={}, cwd=root)
    assert (ended.code, ended.err) == (ExitCode.OK, "")


def test_kubernetes_may_keep_them_as_it_does(root: Path) -> None:
    """Files of a volume are links through a folder that is changed as a whole."""
    place = root / "etc/raidctl/secrets"
    (place / "..2026_11_30").mkdir()
    (place / "..data").symlink_to("..2026_11_30")
    for name in secrets_named():
        (place / name).rename(place / "..2026_11_30" / name)
        (place / "..2026_11_30" / name).chmod(0o440)
        (place / name).symlink_to(f"..data/{name}")
    test_the_secrets_are_those_that_the_configuration_names(root)
