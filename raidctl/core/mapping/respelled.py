"""What JIRA's editor makes of a text that nobody changed, taken back (source: facts, JIRA).

Whoever saves a description there leaves smart links, colours, backslash escapes and short names of
emoji in places where nobody typed a letter.
"""

import re
import unicodedata
from functools import lru_cache

PASSES = 8
"""One spelling may hide in another: so many times it is looked again."""

_SIGNS = re.compile(r"[\\|:]|\{color")
_CODE = re.compile(r"\{(code|noformat)(:[^{}\n]*)?\}")
_ESCAPE = re.compile(r"(?<!\\)\\([][{}()*_+~^|!?#@:-])")  # two backslashes are a line break
_COLOUR = re.compile(r"\{color(?::[^{}|\n]{1,40})?\}")
_CARD = re.compile(r"\[([^][|\n]+)\|([^][|\n]+)\|smart-(?:link|card|embed)\]")
_URL_TWICE = re.compile(r"\[(\w+:[^][|\s]+)\|\1\]")
_SHORT_NAME = re.compile(r"(?<![\w:/.-]):([a-z0-9_+-]{1,60}):(?![\w:/])")
_OTHERWISE = {  # where the short name is not Unicode's own
    "+1": "👍",
    "-1": "👎",
    "thumbsup": "👍",
    "thumbsdown": "👎",
    "warning": "⚠",
    "rotating_light": "🚨",
    "white_check_mark": "✅",
    "heavy_check_mark": "✔",
    "x": "❌",
    "zap": "⚡",
    "boom": "💥",
    "tada": "🎉",
    "red_circle": "🔴",
    "large_blue_circle": "🔵",
    "mag": "🔍",
    "bulb": "💡",
    "information_source": "ℹ",
}
_EMOJI_FROM = "\U0001f300"  # Unicode's names of what lies before are words that people write


def as_typed(text: str) -> str:
    """The text as it was before the editor; applying it twice changes nothing.

    What stands in a block of code is left as it is. A text in which spellings hide in each other
    without an end is nobody's, and comes back whole.
    """
    if _SIGNS.search(text) is None:
        return text
    found = text
    for _ in range(PASSES):
        before, found = found, _outside_code(found)
        if found == before:
            return found
    return text


def _outside_code(text: str) -> str:
    """One pass over what is no block of code, or no end of one."""
    if "{code" not in text and "{noformat" not in text:
        return _pass(text)
    parts, begun, closing = list[str](), 0, None
    for mark in _CODE.finditer(text):
        if closing is not None and (mark[1], mark[2]) != (closing, None):
            continue
        between = text[begun : mark.start()]
        parts += [between if closing else _pass(between), mark[0]]
        begun, closing = mark.end(), None if closing else mark[1]
    rest = text[begun:]
    return "".join([*parts, rest if closing else _pass(rest)])


def _pass(text: str) -> str:
    text = _COLOUR.sub("", _ESCAPE.sub(r"\1", text))
    text = _URL_TWICE.sub(r"\1", _CARD.sub(_link, text))
    return _SHORT_NAME.sub(lambda found: _emoji(found[1]) or found[0], text)


def _link(found: re.Match[str]) -> str:
    """The address alone where it stood for itself; else a link as people write it."""
    words, address = found[1], found[2]
    return address if words == address else f"[{words}|{address}]"


@lru_cache(1024)
def _emoji(name: str) -> str | None:
    """What a short name stands for; None where it is no emoji's."""
    if (known := _OTHERWISE.get(name)) is not None:
        return known
    try:
        found = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return None
    single = len(found) == 1 and found >= _EMOJI_FROM
    return found if single and unicodedata.category(found) == "So" else None
