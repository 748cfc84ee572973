"""A real FireFighter, started where the repository has one beside it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "firefighter"


def state() -> Path:
    """Where it keeps its settings, its Python and its tokens."""
    scratch = Path(os.environ.get("TMPDIR", "/tmp"))
    return Path(os.environ.get("FF_STATE", scratch / "raidctl-firefighter"))


@dataclass(frozen=True, slots=True)
class FireFighter:
    """Where it runs, and how to get in."""

    url: str
    token: str
    database_url: str


@pytest.fixture(scope="session")
def firefighter() -> Iterator[FireFighter]:
    """The server of `../shared/firefighter`, seeded with 200 incidents.

    One that ran before is used and left running.
    """
    if not (FOLDER / "up").exists():
        pytest.skip("no FireFighter to start: ../shared/firefighter is not there")
    ran_before = _alive(state() / "web.pid")
    # The installer of the development environment installs FireFighter in seconds.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    started = subprocess.run(
        [FOLDER / "up"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stdout[-2000:] + started.stderr[-2000:]
    port = os.environ.get("FF_PORT", "18080")
    database_port = os.environ.get("FF_PG_PORT", "18432")
    yield FireFighter(
        f"http://127.0.0.1:{port}",
        json.loads((state() / "tokens.json").read_text())["reader"],
        f"postgresql+psycopg://firefighter:firefighter@127.0.0.1:{database_port}/ff",
    )
    if not ran_before:
        subprocess.run([FOLDER / "down"], capture_output=True, check=True)


def by_its_methods(wanted: Sequence[Mapping[str, Any]], script: str = "methods.py") -> None:
    """Let FireFighter's own methods make these changes, as the script here takes them."""
    here = Path(__file__).with_name(script)
    command = f'. "{state()}/env.sh"; exec "{state()}/venv/bin/python" "{here}"'
    done = subprocess.run(
        ["bash", "-c", command],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"PATH": os.environ["PATH"], "HOME": "/tmp"},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def _alive(pid_file: Path) -> bool:
    try:
        os.kill(int(pid_file.read_text().split()[0]), 0)
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return False
    return True
