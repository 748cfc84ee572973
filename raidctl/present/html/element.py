"""Elements of a page: whatever is text is escaped, and only what is made here is markup.

A template engine would be a dependency for this one type. What somebody forgets to escape is shown
as it is written, never obeyed: a child that is no `Html` is text, and so is what `+` or an f-string
makes of one.
"""

from collections.abc import Iterable, Iterator
from html import escape

from raidctl.present.text.safe import safe_url, visible


class Html(str):
    """Markup."""

    __slots__ = ()


EMPTY = Html()


def text(words: str) -> Html:
    """Words on one line, with nothing in them that a browser obeys or a reader cannot see."""
    return Html(escape(visible(words)))


def tag(name: str, /, *children: str, **attributes: str | None) -> Html:
    """An element; an attribute that is None is left out, `class_` is `class`, `a_b` is `a-b`."""
    inner = "".join([one if isinstance(one, Html) else text(one) for one in children])
    return Html(f"<{name}{_spelled(attributes)}>{inner}</{name}>")


def void(name: str, /, **attributes: str | None) -> Html:
    """An element that has no end."""
    return Html(f"<{name}{_spelled(attributes)}>")


def around(name: str, parts: Iterable[Html], **attributes: str | None) -> Iterator[Html]:
    """An element in pieces, for one of which there is never to be the whole text."""
    yield Html(f"<{name}{_spelled(attributes)}>")
    yield from parts
    yield Html(f"</{name}>")


def joined(parts: Iterable[Html]) -> Html:
    """Elements one after the other."""
    return Html("".join(parts))


def link(label: str, url: str | None) -> Html:
    """Data that leads to an address, where that is fit for a link: http and https alone."""
    address = safe_url(url)
    if address is None or not label:
        return text(label)
    return tag("a", label, href=address, rel="noreferrer")


def _spelled(attributes: dict[str, str | None]) -> str:
    return "".join(
        [
            f' {name.rstrip("_").replace("_", "-")}="{text(value)}"'
            for name, value in attributes.items()
            if value is not None
        ]
    )
