"""Notices as a message for a Slack incoming webhook: Block Kit, with data that stays data.

Limits and escapes: docs.slack.dev, "Formatting message text" (&, < and > as entities) and Block
Kit's reference (50 blocks, 150 characters of a header, 3,000 of a text). Whatever comes from
Impact, JIRA or a server stands in `code`, where Slack sees no emphasis, emoji or link; names are
not looked for (`verbatim`), and a mention or link that is spelled with < has none left.
"""

from collections.abc import Iterator, Mapping, Sequence

from raidctl.core.notices import Notice
from raidctl.core.writes.log import Run
from raidctl.present.notices.place import Place
from raidctl.present.notices.words import concerned, do, first_look, happened, headline, why
from raidctl.present.text.safe import clip, units, visible

HEADER, TEXT, BLOCKS = 150, 3_000, 50
_SHOWN = 20  # notices in a message; nobody reads more of them there
PART = 700  # characters of each part of one
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def slack_message(run: Run, notices: Sequence[Notice], place: Place) -> Mapping[str, object]:
    """The message; `place` says which Impact it is about, and who tells of it."""
    head = clip(f"raidctl: {visible(headline(notices))}", HEADER)
    blocks: list[Mapping[str, object]] = [
        {"type": "header", "text": {"type": "plain_text", "text": head, "emoji": False}}
    ]
    blocks += [_section(_words(one, place)) for one in notices[:_SHOWN]]
    if (more := len(notices) - _SHOWN) > 0:
        blocks.append(
            _section(f"and {more} more; {code(place.typed('raidctl held'))} shows all that waits")
        )
    where = f"{code(place.site)}, told by {code(place.host)}, run {code(run.id)}"
    blocks.append({"type": "context", "elements": [_text(where)]})
    return {"text": escaped(head), "mrkdwn": False, "blocks": blocks}


def escaped(text: str) -> str:
    """Text of ours, with nothing in it that Slack takes for a link, a mention or an entity."""
    return text.translate(_ENTITIES)


def code(text: str, room: int = PART) -> str:
    """Text from outside, as it is, on one line and in so many characters, escapes included."""
    pieces = [escaped(one) for one in units(visible(text).replace("`", "'").strip())]
    if sum(map(len, pieces)) > room:
        pieces = [*_filling(pieces, room - 1), "…"]
    return f"`{''.join(pieces)}`" if pieces else "–"


def _filling(pieces: Sequence[str], room: int) -> Iterator[str]:
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            return
        yield piece


def _words(notice: Notice, place: Place) -> str:
    lines = [f"*{escaped(happened(notice))}*"]
    lines += [code(told) for told in (concerned(notice), why(notice)) if told]
    first = first_look(notice)
    if first:
        lines.append(f"First look: {code(first)}")
    if command := do(notice, place):
        before = "Next, in the configuration" if command.startswith("[") else "Next"
        before = "Then, if it is right" if first else before
        lines.append(f"{before}: {code(command)}")
    return "\n".join(lines)


def _section(text: str) -> Mapping[str, object]:
    return {"type": "section", "text": _text(text)}


def _text(text: str) -> Mapping[str, object]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
