"""What single values of the configuration must look like."""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from raidctl.core.mapping.people import email_key
from raidctl.core.model import IncidentStatus

T = TypeVar("T")
Check = Callable[[object], object]

TEXTFILE = ".prom"
"""How names end that the node exporter's textfile collector reads."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LOGIN = re.compile(r"://.*@", re.DOTALL)
_LONGEST_QUOTE = 40
_LONGEST_NUMBER = 10**_LONGEST_QUOTE  # Python refuses to print one of thousands of digits


class UnfitError(ValueError):
    """A value that its key does not take: what was found, and what is allowed."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}")
        self.allowed = allowed


class ExposedError(UnfitError):
    """A secret stands where none may; `found` never quotes it."""

    def __init__(self, allowed: str) -> None:
        super().__init__("a secret stands here", allowed)


def quoted(value: object) -> str:
    """A value on one line, as a message may show it; never a secret's."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            shown = without_logins(value)
            return repr(shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…")
        case dict():
            return "a table"
        case list():
            return "a list"
        case int() if abs(value) >= _LONGEST_NUMBER:
            return "a very long number"
        case _:
            return str(value)


def holds_login(text: str) -> bool:
    """Whether it holds an address with user or password, whatever characters these have."""
    return _LOGIN.search(text) is not None


def without_logins(text: str) -> str:
    """The text without what stands before a host."""
    return _LOGIN.sub("://…@", text)


def listed(words: Iterable[object]) -> str:
    """Words as messages list them."""
    return ", ".join(str(word) for word in words)


exists = os.path.exists
"""Whether there is such a file, as far as we may see; `Path.exists` raises where we may not."""


def fits(
    kind: type[T], allowed: str, test: Callable[[T], object] = lambda _: True
) -> Callable[[object], T]:
    """The check that a value is of a kind and passes a test; true and false are no numbers."""

    def check(value: object) -> T:
        if isinstance(value, kind) and isinstance(value, bool) == (kind is bool) and test(value):
            return value
        raise UnfitError(quoted(value), allowed)

    return check


text = fits(str, "text in quotes")
name = fits(str, "text that is not blank", str.strip)
flag = fits(bool, "true, false")
table = fits(dict, "a table")
priority = fits(int, "a whole number, Impact's value, such as 1 for P1")
project_key = fits(
    str, "a JIRA project key such as PAY, in capitals", re.compile(r"[A-Z][A-Z0-9_]*").fullmatch
)


def word(*words: str) -> Check:
    """One of a few words, exactly."""
    return fits(str, listed(words), words.__contains__)


def whole(most: int, least: int = 0) -> Check:
    """A whole number."""
    allowed = f"a whole number from {least} to {most}"
    return fits(int, allowed, lambda value: least <= value <= most)


def above_zero(most: int) -> Check:
    """A number that is not nothing, with or without decimals."""

    def check(value: object) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
            return float(value)
        raise UnfitError(quoted(value), f"a number above 0, at most {most}")

    return check


def address(value: object) -> str:
    """The base URL of a site, without its last slash; messages never quote it.

    A secret can stand before the host, with a / or # in it, or after a question mark.
    """
    allowed = "an address such as https://example.com"
    if not isinstance(value, str):
        raise UnfitError(quoted(value), allowed)
    if "@" in value:
        raise ExposedError(f"{allowed}, without user name and password")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UnfitError("an address that cannot be understood", allowed) from None
    if parts.scheme not in {"http", "https"}:
        raise UnfitError("an address without http:// or https://", allowed)
    if not host or not value.isprintable() or " " in value:
        raise UnfitError("an address without a host, or with blanks", allowed)
    if "?" in value or "#" in value:
        raise UnfitError("an address with a part after ? or #", allowed)
    return value.rstrip("/")


def with_scheme(host: str) -> str:
    """An address as FireFighter completes it (its settings, jira_app: https where none is)."""
    return host if "://" in host else f"https://{host}"


def reference(value: object) -> str:
    """The reference to a secret; never quoted, for it may be the secret by mistake."""
    if isinstance(value, str):
        return value
    raise UnfitError("no text", "text in quotes")


def path(value: object) -> str:
    """A path, `~` for a home directory."""
    try:
        Path(reference(value)).expanduser()
    except RuntimeError:
        raise UnfitError("a path in a home directory nobody has", "a path") from None
    return reference(value)


def textfile(value: object) -> str:
    """A path for the node exporter's textfile collector, which reads no other names."""
    if (found := path(value)) and not found.endswith(TEXTFILE):
        raise UnfitError(quoted(found), f"a path that ends in {TEXTFILE}")
    return found


def rotation(value: object) -> str:
    """When a file is put aside: empty for never."""
    if isinstance(value, str) and re.fullmatch(r"|daily|weekly|[1-9]\d{0,4} MB", value):
        return value
    raise UnfitError(
        quoted(value), "daily, weekly or a size in whole MB, from 1 MB to 99999 MB, such as 10 MB"
    )


def markers(value: object) -> tuple[str, ...]:
    """A list of texts that are not blank."""
    if isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value):
        return tuple(value)
    raise UnfitError(
        "a list with something else than text in it" if isinstance(value, list) else quoted(value),
        "a list of texts, none blank",
    )


def labels(value: object) -> tuple[str, ...]:
    """A list of JIRA labels: JIRA takes no blanks in them, nor more than 255 characters."""
    allowed = "a list of labels, none of them with a blank, or longer than 255 characters"
    if isinstance(value, list) and all(map(_is_label, value)):
        return tuple(value)
    raise UnfitError(
        "a list with something else" if isinstance(value, list) else quoted(value), allowed
    )


def _is_label(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\S{1,255}", value) is not None


def incident_status(value: object) -> str:
    """The name of an `IncidentStatus`, from any spelling such as "Post-mortem"."""
    if isinstance(value, str):
        spelled = value.strip().upper().replace("-", "_").replace(" ", "_")
        if spelled in IncidentStatus.__members__:
            return spelled
    raise UnfitError(quoted(value), listed(IncidentStatus.__members__))


def email(value: object) -> str:
    """An e-mail address, folded."""
    if isinstance(value, str) and _EMAIL.fullmatch(value.strip()):
        return email_key(value)
    raise UnfitError(quoted(value), "the e-mail address of an Impact user")
