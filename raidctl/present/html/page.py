"""The page around what a command has to say: its head, its policy, its parts one by one."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from importlib import resources

from raidctl.present.html.element import EMPTY, Html, tag, void
from raidctl.present.text.records import in_utc


def page(headline: str, about: Iterable[str], parts: Iterable[Html], foot: str = "") -> str:
    """The document: `about` stands above the headline, a phrase each, `foot` below all parts.

    Parts are asked for as they come, and nothing is kept of them but their text.
    """
    return "".join(f"{line}\n" for line in _lines(headline, about, parts, foot))


def _lines(headline: str, about: Iterable[str], parts: Iterable[Html], foot: str) -> Iterator[str]:
    told = " · ".join(about)
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield void("meta", charset="utf-8")
    yield void("meta", http_equiv="Content-Security-Policy", content=policy())
    yield void("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield void("meta", name="color-scheme", content="light dark")
    yield void("meta", name="referrer", content="no-referrer")
    yield tag("title", f"{headline} · {told}")
    yield f"<style>{_asset('page.css')}</style>"
    yield "</head>"
    yield "<body>"
    yield tag("header", tag("p", told, class_="about"), tag("h1", headline))
    yield "<main>"
    yield from (part for part in parts if part)
    yield "</main>"
    yield tag("footer", tag("p", foot)) if foot else EMPTY
    yield f"<script>{_asset('page.js')}</script>"
    yield "</body>"
    yield "</html>"


def section(heading: str, *parts: Html) -> Html:
    """A part of the page under its heading; nothing where there is nothing in it."""
    return tag("section", tag("h2", heading), *parts) if any(parts) else EMPTY


def block(heading: str, *parts: Html, kind: str | None = None) -> Html:
    """What belongs together in a section, under a heading of its own; else as `section`."""
    return tag("div", tag("h3", heading), *parts, class_=kind) if any(parts) else EMPTY


def items(lines: Iterable[str], kind: str = "lines") -> Html:
    """A list, of text or of elements."""
    told = [tag("li", line) for line in lines]
    return tag("ul", *told, class_=kind) if told else EMPTY


def instant(at: datetime) -> Html:
    """A time that means the same wherever the page is read."""
    iso = in_utc(at)
    words = iso.replace("T", " ").replace("Z", " UTC")
    return tag("time", words, datetime=iso)


def policy() -> str:
    """What a browser may do for the page: use its own style and its own script, and nothing else.

    Both are named by their hash, so that nothing of the data can be either.
    """
    style, script = map(_hash, ("page.css", "page.js"))
    return (
        f"default-src 'none'; style-src '{style}'; script-src '{script}'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(name: str) -> str:
    digest = hashlib.sha256(_asset(name).encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
