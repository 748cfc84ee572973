"""Secrets by reference: where a token can be had, never the token itself."""

import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from raidctl.config.checks import exists, holds_login, without_logins
from raidctl.errors import ConfigError
from raidctl.files import read_own, text_of

Spelling = Literal["env", "file", "command", "postgres", "nowhere"]
Environ = Mapping[str, str]

COMMAND_TIMEOUT_SECONDS = 30.0
LARGEST = 100_000  # bytes
POSTGRES_NEEDS = ("POSTGRES_HOST", "POSTGRES_USER", "POSTGRES_DB")  # the password may be in .pgpass
POSTGRES_PORT = "5432"
_LIKE_A_TOKEN = re.compile(r"[^\W_]{21,}")


def trimmed(environ: Environ) -> Environ:
    """The variables without line ends, which Windows editors leave in files of them."""
    return {name: value.rstrip("\r\n") for name, value in environ.items()}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that is looked up when it is used.

    `reference` is a variable's name, a file's path or a command line, by `spelling`; it is
    in no repr, because people put the secret itself there by mistake. `postgres` composes a
    SQLAlchemy URL from FireFighter's POSTGRES_* variables. `nowhere` is a secret that was not
    given, its reference how to. `key` names it in messages. `withheld` are the variables that a
    command does not inherit: they hold other secrets.
    """

    spelling: Spelling
    reference: str = field(repr=False)
    key: str = field(default="secret", compare=False)
    withheld: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def source(self) -> str:
        """Where it is kept, as messages may tell it."""
        match self.spelling:
            case "env":
                return _variable(self.reference)
            case "file":
                return f"the file {self._path}"
            case "command":
                return f"what {self._program} prints"
            case "postgres":
                return "the variables POSTGRES_*"
            case "nowhere":
                return "nowhere"

    def lacks(self, environ: Environ) -> str | None:
        """What is missing before it can be revealed, as far as looking tells; else None."""
        match self.spelling:
            case "env":
                known = environ.get(self.reference)
                return None if known else f"{_variable(self.reference)} is not set"
            case "file":
                return None if exists(Path(self.reference)) else f"no file {self._path}"
            case "command":
                return _no_command_line(self.reference)
            case "postgres":
                return _no_database(trimmed(environ))
            case "nowhere":
                return f"missing; {self.reference}"

    def reveal(self, environ: Environ, timeout: float = COMMAND_TIMEOUT_SECONDS) -> str:
        """The secret itself: one line of text, not empty.

        `timeout` limits a command, in seconds. Raises `ConfigError` with one line.
        """
        if reason := self.lacks(environ):
            raise self._error(reason)
        match self.spelling:
            case "env":
                value = environ[self.reference]
            case "file":
                value = self._of_file()
            case "command":
                value = self._of_command(environ, timeout)
            case "postgres":
                value = _database_url(trimmed(environ))
        value = value.rstrip("\r\n")  # editors and `echo` leave one, and no secret ends with it
        if not value.strip():
            raise self._error("the secret is empty")
        if value.splitlines() != [value]:
            raise self._error("the secret has more than one line")
        try:
            value.encode()
        except UnicodeEncodeError:  # how Python spells a variable's bytes that are none
            raise self._error("the secret is no UTF-8 text") from None
        return value

    @property
    def _path(self) -> str:
        return self.reference if _harmless(self.reference) else "of that name"

    @property
    def _program(self) -> str:
        words = self.reference.split()
        with suppress(ValueError):
            words = shlex.split(self.reference)
        return words[0] if words and _harmless(words[0]) else "the command"

    def _error(self, reason: str) -> ConfigError:
        return ConfigError([f"{self.key}: {reason}"])

    def _of_file(self) -> str:
        try:
            return self._text(read_own(Path(self.reference), LARGEST))
        except OSError as error:
            raise self._error(f"{self._path} cannot be read: {error.strerror}") from None

    def _of_command(self, environ: Environ, timeout: float) -> str:
        import subprocess  # noqa: PLC0415 - few configurations run a command

        arguments, program = shlex.split(self.reference), self._program
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, and no shell
                arguments,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env={name: environ[name] for name in environ.keys() - self.withheld},
                timeout=timeout,
                check=False,
            )
        except OSError as error:
            raise self._error(f"{program} cannot be run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise self._error(f"{program} took longer than {timeout:g} seconds") from None
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            first = f": {without_logins(said[0])[:200]}" if said else ""
            raise self._error(f"{program} ended with code {done.returncode}{first}")
        return self._text(done.stdout)

    def _text(self, raw: bytes) -> str:
        try:
            return text_of(raw)
        except UnicodeDecodeError:
            raise self._error("the secret is no UTF-8 text") from None


def _variable(name: str) -> str:
    """A variable's name as messages may show it: a pasted token seldom looks like one."""
    usual = name.isidentifier() and name == name.upper()
    return f"the variable {name}" if usual and _harmless(name) else "the variable it names"


def _harmless(reference: str) -> bool:
    """Whether it looks like a name people give, and not like a token put there by mistake."""
    return not _LIKE_A_TOKEN.search(reference) and not holds_login(reference)


def _no_command_line(reference: str) -> str | None:
    try:
        arguments = shlex.split(reference)
    except ValueError as error:
        return f"the command line cannot be understood: {error}"
    if not arguments or "\0" in reference:
        return "the command line cannot be understood: no command in it"
    return None


def _no_database(environ: Environ) -> str | None:
    missing = [name for name in POSTGRES_NEEDS if not environ.get(name)]
    if missing:
        return f"the variable {missing[0]} is not set"
    port = environ.get("POSTGRES_PORT") or POSTGRES_PORT
    return None if port.isascii() and port.isdigit() else "POSTGRES_PORT is no port number"


def _database_url(environ: Environ) -> str:
    """The URL of FireFighter's database, for SQLAlchemy and psycopg."""
    host, user, name = (environ[needed] for needed in POSTGRES_NEEDS)
    port = environ.get("POSTGRES_PORT") or POSTGRES_PORT
    password = environ.get("POSTGRES_PASSWORD", "")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    database = quote(name, safe="")
    if host.startswith("/"):  # the directory of a Unix socket, as Django takes it too
        where = f"/{database}?host={quote(host, safe='')}&port={port}"
    else:
        where = f"{f'[{host}]' if ':' in host else host}:{port}/{database}"
    return f"postgresql+psycopg://{login}@{where}"
