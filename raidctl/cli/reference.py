"""The reference: the topics that lie in the package, and what the commands say of themselves.

A topic is a file of `raidctl/help/`: Markdown whose first line is its title. A command's has its
name (`backfill-issues.md`), and its options come from the command itself.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module, resources
from typing import Any

from raidctl.cli.app import COMMANDS, PACKAGE, loaded
from raidctl.errors import UsageError

_HEAD = """\
# raidctl help

`raidctl help NAME` shows one of these, and what a reason, an outcome or an exit code means
(`raidctl help undecided`). `raidctl help first-day` is where to begin.
"""
_BETWEEN = re.compile(r"[\s_-]+")
_NAMED = 3  # topics that tell most of a word
_ROW = re.compile(r"^\| `?(\w+)`? \| .*\|$", re.MULTILINE)
_TABLE = re.compile(r"^\|.*\|\n\|[-|]+\|\n(?:\|.*\|\n)+", re.MULTILINE)


def topics() -> dict[str, str]:
    """Every topic's text by its name, in the order of their names."""
    files = resources.files("raidctl").joinpath("help").iterdir()
    return {
        file.name.removesuffix(".md"): file.read_text(encoding="utf-8")
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".md")
    }


def file(name: str) -> str:
    """What stands in another file beside the topics."""
    return resources.files("raidctl").joinpath("help", name).read_text(encoding="utf-8")


def commands() -> dict[str, str]:
    """What each command is for, by its name as it is typed (`backfill issues`)."""
    return dict(_lines(PACKAGE, COMMANDS, ()))


def _lines(
    package: str, lines: Mapping[str, str], path: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for name, line in lines.items():
        module = f"{package}.{name}"
        if resources.files(package).joinpath(name).is_dir():
            yield from _lines(module, import_module(module).COMMANDS, (*path, name))
        else:
            yield " ".join((*path, name)), line


def names() -> list[str]:
    """Whatever there is to ask for: commands, topics, words in the tables of topics."""
    texts = topics()
    words = (row[1] for text in texts.values() for row in _ROW.finditer(text))
    return list(dict.fromkeys([*commands(), *texts, *words]))


def page(words: Sequence[str]) -> str:
    """What the reference says of a command, a topic, or a word that a report shows, as Markdown.

    Raises `UsageError`, which names what is spelled nearly so, where it says nothing of it.
    """
    name = " ".join(words).strip().lower()
    if not name:
        return contents()
    texts, typed = topics(), commands()
    wanted = [one for one in typed if one == name or one.startswith(f"{name} ")]
    if wanted:
        return "\n".join(_of_command(one, texts) for one in wanted)
    if text := texts.get(name.replace(" ", "-")):
        return text
    word = _BETWEEN.sub("_", name)
    if found := [table for text in texts.values() for table in _rows(text, word)]:
        return "\n".join(found)
    raise UsageError(f"there is no help on {' '.join(words)}; {_instead(name, texts)}")


def _instead(name: str, texts: Mapping[str, str]) -> str:
    """What to ask for in place of what there is no help on."""
    near, most = difflib.get_close_matches(name, names(), 3), _telling(name, texts)
    meant = f"did you mean {' or '.join(near)}?" if near else ""
    also = f" (also: {', '.join(most[1:])})" if most[1:] else ""
    told = f"raidctl help {most[0]} tells of it{also}" if most else ""
    return " ".join(filter(None, [meant, told])) or "raidctl help lists what there is"


def _telling(name: str, texts: Mapping[str, str]) -> list[str]:
    """The topics that tell most of it: as it was typed, else of each of its words."""
    words = [re.escape(word) for word in _BETWEEN.split(name) if word]
    for wanted in ([_BETWEEN.pattern.join(words)], words):
        found = [re.compile(rf"\b{one}s?\b", re.IGNORECASE) for one in wanted if one]
        counts = {
            topic: min((len(one.findall(text)) for one in found), default=0)
            for topic, text in texts.items()
        }
        if most := [one for one, count in Counter(counts).most_common(_NAMED) if count]:
            return most
    return []


def contents() -> str:
    """What there is to ask for, as Markdown."""
    typed, texts = commands(), topics()
    listed = "\n".join(f"- `{name}`: {line}" for name, line in typed.items())
    others = "\n".join(f"- `{name}`: {title(text)}" for name, text in _alone(texts, typed))
    return f"{_HEAD}\n## Commands\n\n{listed}\n\n## Topics\n\n{others}\n"


def whole() -> str:
    """All of the reference, the commands first, as Markdown."""
    typed, texts = commands(), topics()
    pages = [_of_command(name, texts) for name in typed]
    return "\n".join([*pages, *(text for _, text in _alone(texts, typed))])


def title(text: str) -> str:
    """The title of a topic."""
    return text.partition("\n")[0].removeprefix("# ")


def _alone(texts: Mapping[str, str], typed: Iterable[str]) -> list[tuple[str, str]]:
    """The topics that are no command's."""
    taken = {name.replace(" ", "-") for name in typed}
    return [(name, text) for name, text in texts.items() if name not in taken]


def _of_command(name: str, texts: Mapping[str, str]) -> str:
    """A command's topic, and its options as the command itself tells them."""
    command: Any = None
    for word in name.split():
        command = loaded(word, command.package) if command else loaded(word)
    context = command.make_context(name, [], resilient_parsing=True)
    usage = " ".join(["raidctl", name, *command.collect_usage_pieces(context)])
    told = [one.get_help_record(context) for one in command.params if not one.hidden]
    options = "\n".join(f"- `{spelled}`: {line}" for spelled, line in filter(None, told))
    text = texts[name.replace(" ", "-")]
    return f"{text}\n## Options\n\n```text\n{usage}\n```\n\n{options}\n"


def _rows(text: str, word: str) -> Iterator[str]:
    """The tables of a text in which a word has a row, with that row alone."""
    for table in _TABLE.findall(text):
        head, line, *rows = table.splitlines()
        if found := [row for row in rows if (cell := _ROW.match(row)) and cell[1] == word]:
            yield "\n".join([f"# {title(text)}\n", head, line, *found, ""])
