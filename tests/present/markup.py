"""A page taken apart by the standard library's parser, strictly: what opens is closed, in order."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "input", "wbr"}


@dataclass
class Element:
    """An element; `text` is all that stands in it, its children's too."""

    name: str
    attributes: dict[str, str]
    text: str = ""
    children: "list[Element]" = field(default_factory=list)

    def all(self, name: str = "") -> "list[Element]":
        """Every element within, of that name."""
        found = [one for child in self.children for one in (child, *child.all())]
        return [one for one in found if name in {"", one.name}]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attrs})
        assert len(found.attributes) == len(attrs)
        self.open[-1].children.append(found)
        if tag not in _VOID:
            self.open.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        for one in self.open:
            one.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def parsed(page: str) -> Element:
    """The document."""
    parser = _Parser()
    parser.feed(page)
    parser.close()
    assert len(parser.open) == 1
    return parser.open[0]
