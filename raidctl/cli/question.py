"""One question of the dialogue on the screen: what is held, what each key does, all of a list."""

import re
import sys
from collections.abc import Callable, Sequence

from raidctl.bootstrap.clock import utc_now
from raidctl.cli.answers import Answer
from raidctl.cli.reference import topics
from raidctl.cli.terminal import Capabilities, capabilities, lines
from raidctl.present.held.group import Moved, render_group, render_list
from raidctl.present.held.page import long_texts, render_apart, render_one
from raidctl.present.text.page import Screen
from raidctl.runs.writing.alike import Group

_AROUND = 4  # lines: what is left to decide, what became of the last answer, the prompt
_KEY = re.compile(r"^\| `(.)` \| (.*) \|$", re.MULTILINE)


def question(group: Group, answers: Sequence[Answer]) -> str:
    """What is held, and below it what can be answered."""
    screen, now = Screen(**capabilities(stream=sys.stderr)), utc_now()
    words, one = {answer.key: answer.words for answer in answers}, group.first
    if len(group.members) == 1:
        return render_one(screen, one.waiting, one.texts, words, now)
    members = [option.waiting for option in group.members]
    height = lines(sys.stderr) - _AROUND
    return render_group(screen, members, Moved(one.movers, one.later), words, now, height)


def is_long(group: Group) -> bool:
    """Whether there is more to read of it, one field, than the question shows."""
    one, screen = group.first, Screen(**capabilities(stream=sys.stderr))
    return len(group.members) == 1 and long_texts(screen, one.waiting, one.texts)


def whole(group: Group) -> Callable[[Capabilities], str]:
    """All of a group, or all that differs between two texts."""

    def shown(able: Capabilities) -> str:
        screen = Screen(**able)
        if len(group.members) == 1:
            return render_apart(screen, group.first.texts)
        return render_list(screen, [one.waiting for one in group.members])

    return shown


def key_words() -> list[str]:
    """A line for each key, as the reference tells of it."""
    rows = _KEY.findall(topics()["resolve"])
    return [f"  {key}  {words.replace('`', '')}" for key, words in rows]
