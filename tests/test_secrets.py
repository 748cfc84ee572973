"""Secrets are found where they are said to be, and never shown."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from raidctl.config import load
from raidctl.config.keys import SECRETS
from raidctl.config.secrets import Secret, Spelling
from raidctl.errors import ConfigError

KEY = "jira.token_x"


def python(code: str) -> Secret:
    return Secret("command", shlex.join([sys.executable, "-I", "-c", code]), KEY)


def refusal(secret: Secret, environ: dict[str, str] | None = None, timeout: float = 30) -> str:
    with pytest.raises(ConfigError) as caught:
        secret.reveal(environ or {}, timeout)
    assert len(caught.value.problems) == 1
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_of_the_environment() -> None:
    secret = Secret("env", "TOKEN", KEY)

    assert secret.reveal({"TOKEN": " as it is "}) == " as it is "
    assert refusal(secret) == f"{KEY}: the variable TOKEN is not set"
    assert refusal(secret, {"TOKEN": ""}) == f"{KEY}: the variable TOKEN is not set"
    assert refusal(secret, {"TOKEN": "a\nb"}) == f"{KEY}: the secret has more than one line"
    assert secret.reveal({"TOKEN": "abc\r\n"}) == "abc"
    assert refusal(secret, {"TOKEN": "a\udcff"}) == f"{KEY}: the secret is no UTF-8 text"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b"abc\n\n", "abc"),
        ("é ".encode(), "é "),
        ("\ufeffabc\r\n".encode(), "abc"),
        ("abc\r\n".encode("utf-16"), "abc"),
    ],
)
def test_of_a_file(tmp_path: Path, content: bytes, expected: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)

    assert Secret("file", str(file)).reveal({}) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the secret is empty"),
        (b"\n", "the secret is empty"),
        (b" \t\n", "the secret is empty"),
        (b"abc\n\nd", "the secret has more than one line"),
        (b"\xff", "the secret is no UTF-8 text"),
    ],
)
def test_of_a_file_that_holds_none(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)

    assert refusal(Secret("file", str(file), KEY)) == f"{KEY}: {problem}"


def test_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(Secret("file", "/no/such", KEY)) == f"{KEY}: no file /no/such"
    assert refusal(Secret("file", "a\0b", KEY)).startswith(f"{KEY}: no file")
    assert "cannot be read: it is a directory" in refusal(Secret("file", str(tmp_path), KEY))


def test_of_a_command() -> None:
    assert python("print('abc')").reveal({}) == "abc"
    assert python("import os; print(os.environ['WHO'])").reveal({"WHO": "me"}) == "me"
    assert Secret("command", "echo 'a  b' $HOME; echo").reveal({"PATH": "/usr/bin:/bin"}) == (
        "a  b $HOME; echo"
    )


def test_a_command_does_not_take_our_input() -> None:
    """It would eat a plan that is piped into raidctl."""
    code = (
        "from raidctl.config.secrets import Secret; "
        "Secret('command', 'cat').reveal({'PATH': '/bin'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="a plan",
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )

    assert "the secret is empty" in done.stderr


def test_of_a_command_that_fails() -> None:
    loud = python("import sys; print('abc'); sys.exit('locked\\nsecond line')")

    assert refusal(loud) == f"{KEY}: {sys.executable} ended with code 1: locked"
    assert refusal(python("raise SystemExit(3)")).endswith("ended with code 3")
    assert refusal(python("pass")) == f"{KEY}: the secret is empty"
    assert "/no/such cannot be run: No such file" in refusal(Secret("command", "/no/such x", KEY))
    slow = python("import time; time.sleep(60)")
    assert refusal(slow, timeout=0.05) == f"{KEY}: {sys.executable} took longer than 0.05 seconds"
    for nonsense in ("", "pass 'x", "a\0b"):
        assert "the command line cannot be understood" in refusal(Secret("command", nonsense, KEY))


text = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=20)


@given(user=text, password=text, port=st.integers(1, 65535).map(str) | st.just(""))
def test_of_firefighters_database(user: str, password: str, port: str) -> None:
    environ = {
        "POSTGRES_HOST": "db.test",
        "POSTGRES_USER": user,
        "POSTGRES_PASSWORD": password,
        "POSTGRES_DB": "ff",
        "POSTGRES_PORT": port,
    }
    url = make_url(Secret("postgres", "POSTGRES_HOST").reveal(environ))

    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", user, password)
    assert (url.host, url.port, url.database) == ("db.test", int(port or 5432), "ff")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("::1", "postgresql+psycopg://me@[::1]:5432/ff"),
        ("/run/pg", "postgresql+psycopg://me@/ff?host=%2Frun%2Fpg&port=5432"),
    ],
)
def test_of_a_database_without_password(host: str, expected: str) -> None:
    environ = {"POSTGRES_HOST": host, "POSTGRES_USER": "me", "POSTGRES_DB": "ff"}

    assert Secret("postgres", "POSTGRES_HOST").reveal(environ) == expected


hidden = st.text("abcdefghijkmnopqrstuvwxyz0123456789", min_size=24).map(lambda text: f"Zq{text}")
BASE = 'impact.url = "https://impact.test"\njira.url = "https://jira.test"\n'
NEEDS = 'impact.writes = { title = "database", status = "webhook" }\n'


@given(value=hidden, spelled=st.data())
def test_no_message_and_no_repr_shows_a_secret(
    tmp_path_factory: pytest.TempPathFactory, value: str, spelled: st.DataObject
) -> None:
    """Wherever people put it: in the file, an address, a reference, a wrong key or type."""
    file = tmp_path_factory.getbasetemp() / "secret.toml"
    secret = spelled.draw(st.sampled_from(sorted(SECRETS)))
    odd = spelled.draw(
        st.sampled_from(
            [
                f"{secret} = {json.dumps(value)}",
                f"{secret} = [{json.dumps(value)}]",
                f"{secret}_env = {json.dumps(value)}",
                f"{secret}_env = [{json.dumps(value)}]",
                f"{secret}_env = {json.dumps(value.upper())}",
                f"{secret}_file = {json.dumps(value)}",
                f"{secret}_command = {json.dumps(value)}",
                f"{secret}_command = {json.dumps(f'/no/such --password {value}')}",
                f"{secret}_envv = {json.dumps(value)}",
                f'jira.toolbox_url = "https://me:{value}@x.test"',
                f'jira.toolbox_url = "https://{value}@x.test"',
                f'jira.toolbox_url = "https://me:{value}@x.test:port"',
                f'jira.toolbox_url = "me:{value}@x.test"',
                f'jira.toolbox_url = "https://x.test/?token={value}"',
                f"{secret} = {value}",
            ]
        )
    )
    environ = {variable: value for variables in SECRETS.values() for variable in variables}
    for base in (BASE, BASE + NEEDS):
        for around in ({}, environ):
            file.write_text(f"{base}{odd}\n")
            try:
                shown = repr(load(file, around))
            except ConfigError as error:
                shown = f"{error!r}{error}{error.problems}"
            assert value.casefold() not in shown.casefold()


@pytest.mark.parametrize(
    ("spelling", "reference"),
    [("env", "{}"), ("env", "a {}"), ("file", "/tmp/{}"), ("command", "{}"), ("command", "/x {}")],
)
@given(value=hidden)
def test_no_refusal_shows_what_looks_like_a_secret(
    spelling: Spelling, reference: str, value: str
) -> None:
    secret = Secret(spelling, reference.format(value), KEY)

    assert value not in repr(secret)
    assert value not in refusal(secret)


def test_a_command_inherits_no_other_secret() -> None:
    shown = "import os; print(' '.join(sorted(os.environ)))"
    secret = Secret("command", python(shown).reference, withheld=frozenset({"JIRA_TOKEN"}))
    inherited = secret.reveal({"JIRA_TOKEN": "other", "VAULT_TOKEN": "own"}).split()
    assert "VAULT_TOKEN" in inherited
    assert "JIRA_TOKEN" not in inherited


@pytest.mark.parametrize("password", ["secret", "se/cret", "se#cret", "se@cret", "12/secret"])
def test_an_address_in_the_wrong_place_is_not_shown(password: str) -> None:
    url = f"postgresql://ada:{password}@db.test/incidents"
    for spelling in ("env", "file", "command"):
        said = refusal(Secret(spelling, url, KEY))
        assert "cret" not in said
        assert "ada" not in said


def test_what_a_command_complains_of_is_shown_without_a_password() -> None:
    code = "import sys; sys.exit('no https://ada:se/cret@vault.test for you')"
    said = refusal(python(code))
    assert "vault.test" in said
    assert "cret" not in said
