"""The page around what a command has to say: its head, its policy, its parts one by one."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from itertools import chain

from raidctl.present.html.element import EMPTY, Html, around, joined, tag, void
from raidctl.present.text.records import in_utc
from raidctl.present.text.words import local


def page(
    headline: str, about: Iterable[str], parts: Iterable[Html], foot: str = ""
) -> Iterator[Html]:
    """The document, line by line: `about` stands above the headline, a phrase each, `foot` below.

    Parts are told as they come: there is never the whole text.
    """
    told = " · ".join(about)
    yield Html("<!doctype html>")
    yield Html('<html lang="en">')
    yield Html("<head>")
    yield void("meta", charset="utf-8")
    yield void("meta", http_equiv="Content-Security-Policy", content=policy())
    yield void("meta", name="viewport", content="width=device-width, initial-scale=1")
    yield void("meta", name="color-scheme", content="light dark")
    yield void("meta", name="referrer", content="no-referrer")
    yield tag("title", f"{headline} · {told}")
    yield Html(f"<style>{_asset('page.css')}</style>")
    yield Html("</head>")
    yield Html("<body>")
    yield tag("header", tag("p", told, class_="about"), tag("h1", headline))
    yield Html("<main>")
    yield from (part for part in parts if part)
    yield Html("</main>")
    yield tag("footer", tag("p", foot)) if foot else EMPTY
    yield Html(f"<script>{_asset('page.js')}</script>")
    yield Html("</body>")
    yield Html("</html>")


def whole(headline: str, command: str, *parts: Html) -> str:
    """The document of a command whose parts are few, as one text."""
    return "".join(f"{line}\n" for line in page(headline, ["raidctl", command], parts))


def section(heading: str, *parts: Html) -> Html:
    """A part of the page under its heading; nothing where there is nothing in it."""
    return joined(sections(heading, parts)) if any(parts) else EMPTY


def sections(heading: str, parts: Iterable[Html]) -> Iterator[Html]:
    """The same of what is long, in pieces."""
    return around("section", chain([tag("h2", heading)], parts))


def block(heading: str, *parts: Html, kind: str | None = None) -> Html:
    """What belongs together in a section, under a heading of its own; else as `section`."""
    return tag("div", tag("h3", heading), *parts, class_=kind) if any(parts) else EMPTY


def items(lines: Iterable[str], kind: str = "lines") -> Html:
    """A list, of text or of elements."""
    told = [tag("li", line) for line in lines]
    return tag("ul", *told, class_=kind) if told else EMPTY


def instant(at: datetime) -> Html:
    """A time that means the same wherever and whenever the page is read, to the minute.

    It is sorted by to the second.
    """
    return tag("time", local(at, UTC), datetime=in_utc(at))


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
