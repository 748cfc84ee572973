"""Reads the configuration's file and environment into checked values, noting what is wrong."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from raidctl.config.checks import ExposedError, UnfitError, holds_login, listed, quoted
from raidctl.config.checks import table as as_table
from raidctl.config.keys import KEYS, OPEN_TABLES, SECRETS, SECTIONS, SPELLINGS, Key
from raidctl.errors import ConfigError
from raidctl.files import UnfitFileError, name_of, read_own, text_of

T = TypeVar("T")
Table = Mapping[str, object]

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_FEW = 6
FILE = "file"
_LARGEST = 10_000_000  # bytes; a site of thousands of rows has a hundredth of it


@dataclass(slots=True)
class Problems:
    """Collects what is wrong, one line each, and remembers which keys were found at fault.

    `lacking` are those of the lines that tell of a secret which cannot be had.
    """

    file: Path | None
    lines: list[str] = field(default_factory=list)
    blamed: set[str] = field(default_factory=set)
    lacking: list[str] = field(default_factory=list)

    def add(self, key: str, problem: str, variable: str = "") -> None:
        """Note a problem of `key`; of `variable` where its value came from the environment."""
        place = self.file or "no configuration file"
        self.lines.append(
            f"environment: {variable}: {problem}" if variable else f"{place}: {key}: {problem}"
        )
        self.blamed.add(key)

    def lack(self, key: str, problem: str) -> None:
        """Note a secret that cannot be had."""
        self.add(key, problem)
        self.lacking.append(self.lines[-1])

    def unfit(self, key: str, error: UnfitError, variable: str = "") -> None:
        """Note a value that does not fit."""
        where = "environment" if variable else "file"
        found = f"a secret stands in the {where}; allowed: {error.allowed}"
        self.add(key, found if isinstance(error, ExposedError) else str(error), variable)

    def fit(
        self, key: str, value: object, check: Callable[[object], T], default: T, variable: str = ""
    ) -> T:
        """A value as its check gives it; the default, and a note, where it does not fit."""
        try:
            return check(value)
        except UnfitError as error:
            self.unfit(key, error, variable)
            return default

    def blames(self, secret: str) -> bool:
        """Whether a secret, in any spelling, was found at fault."""
        return not self.blamed.isdisjoint({secret, *(f"{secret}_{s}" for s in SPELLINGS)})


@dataclass(frozen=True, slots=True)
class Settings:
    """A value for every key, its default where none stands or none that fits; open tables.

    `origins` tell for every key what it was taken from: "file", a variable's name, "" for neither.
    """

    values: Mapping[str, object]
    tables: Mapping[str, Table]
    origins: Mapping[str, str]

    def take(self, key: str, kind: type[T]) -> T:
        """The value of a key, of the type its check gives."""
        value = self.values[key]
        if not isinstance(value, kind):
            raise TypeError(f"{key} is no {kind.__name__}")
        return value

    def text(self, key: str) -> str:
        """The value of a key that holds text."""
        return self.take(key, str)

    def section(self, name: str, kind: type[Any]) -> dict[str, Any]:
        """The values of a section by key, of the keys that are fields of a dataclass."""
        keys = {each.name: f"{name}.{each.name}" for each in fields(kind)}
        return {each: self.values[key] for each, key in keys.items() if key in self.values}


def read_document(file: Path | None) -> Table:
    """The file as TOML has it; empty without a file.

    Raises `ConfigError` with one line for a file that cannot be read, that others may have written,
    or that is no TOML: what it says is done, commands included.
    """
    if file is None:
        return {}
    import tomllib  # noqa: PLC0415 - without a file it is not needed

    source = read_text(file)
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"{file}: {_placed(str(error), source)}"]) from None
    except (ValueError, RecursionError):  # tomllib lets these of int() and of depth through
        raise ConfigError([f"{file}: a number too long, or tables too deep"]) from None


def read_text(file: Path) -> str:
    """What stands in a configuration file; raises `ConfigError` as `read_document`."""
    try:
        return text_of(read_own(file, _LARGEST))
    except UnfitFileError as error:
        raise ConfigError([f"{file}: {error.strerror}"]) from None
    except PermissionError:
        user = name_of(os.geteuid())
        mend = "give that right, or name another file by --config"
        raise ConfigError([f"{file}: {user} may not read it: {mend}"]) from None
    except OSError as error:
        raise ConfigError([f"{file}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: byte {error.start + 1}: no UTF-8 text"]) from None


def _placed(message: str, source: str) -> str:
    """The parser's message with its place in front; the end of the text is a place too."""
    found = _PLACE.search(message)
    lines = source.split("\n")
    end = (str(len(lines)), str(len(lines[-1]) + 1))
    line, column = found.groups() if found and found[1] else end
    return f"line {line}, column {column}: {_PLACE.sub('', message)}"


def read_settings(document: Table, environ: Mapping[str, str], problems: Problems) -> Settings:
    """Every value, the file's before the environment's; notes keys and values that do not fit."""
    given: dict[str, object] = {}
    _sort(document, "", given, problems)
    tables: dict[str, Table] = {
        name: problems.fit(name, given.get(name, {}), as_table, {}) for name in OPEN_TABLES
    }
    values = {name: _value(name, key, given, environ, problems) for name, key in KEYS.items()}
    origins = {name: _origin(name, key, given, environ) for name, key in KEYS.items()}
    return Settings(values, tables, origins)


def dotted(parent: str, name: str) -> str:
    """A key as TOML writes it, its name in quotes where it needs them."""
    shown = name if _BARE_KEY.fullmatch(name) else quoted(name)
    return f"{parent}.{shown}" if parent else shown


def _sort(table: Table, parent: str, given: dict[str, object], problems: Problems) -> None:
    for name, value in table.items():
        key = dotted(parent, name)
        if key in KEYS or key in OPEN_TABLES:
            given[key] = value
        elif key in SECTIONS:
            _sort(problems.fit(key, value, as_table, {}), key, given, problems)
        elif key in SECRETS and not isinstance(value, dict):
            names = listed(f"{key}_{spelling}" for spelling in SPELLINGS)
            problems.unfit(key, ExposedError(f"one of {names}, which say where it is kept"))
        else:
            problems.add(key, _unknown(name, parent, isinstance(value, dict)))


def _unknown(name: str, parent: str, is_table: bool) -> str:
    """What to say of a key nobody knows: the closest name, of this table's before any other's."""
    import difflib  # noqa: PLC0415 - needed only where something is wrong

    known = (*SECTIONS, *OPEN_TABLES) if is_table else tuple(KEYS)
    by_name = {key.rpartition(".")[2]: key for key in sorted(known)}
    by_name |= {key.rpartition(".")[2]: key for key in known if key.rpartition(".")[0] == parent}
    close = difflib.get_close_matches(name, by_name, 1, 0.7)
    problem = f"unknown {'table' if is_table else 'key'}"
    if close:
        problem += f"; did you mean {by_name[close[0]]}?"
    choices = _names_in(parent)
    return problem if close and len(choices) > _FEW else f"{problem}; allowed: {listed(choices)}"


def _names_in(parent: str) -> list[str]:
    start = f"{parent}." if parent else ""
    inside = (key for key in (*KEYS, *OPEN_TABLES) if key.startswith(start))
    return sorted({key.removeprefix(start).partition(".")[0] for key in inside})


def _origin(name: str, key: Key, given: Table, environ: Mapping[str, str]) -> str:
    """What a value is taken from: "file", a variable's name, "" for neither."""
    value = given.get(name)
    if value is not None:
        empty = value == "" and isinstance(key.default, str)
        if not empty or any(given.get(f"{key.beside}_{spelling}") for spelling in SPELLINGS):
            return FILE
    return key.variable if environ.get(key.variable) else ""


def _value(
    name: str, key: Key, given: Table, environ: Mapping[str, str], problems: Problems
) -> object:
    origin = _origin(name, key, given, environ)
    if not origin:
        return key.default
    value, variable = given.get(name), ""
    if origin != FILE:
        value, variable = key.complete(environ[origin]), origin
    if isinstance(value, str) and holds_login(value) and not name.endswith("_command"):
        problems.unfit(name, ExposedError("a value without user name and password"), variable)
        return key.default
    return problems.fit(name, value, key.check, key.default, variable)
