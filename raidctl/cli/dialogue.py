"""Ask a person about held fields, all that is alike at once, and do what is said.

An answer is carried out when the next one is given: until then a key takes it back. At the end of
the questions a key of its own carries the last one out; nothing else does.
"""

import sys
from collections import Counter, deque
from collections.abc import Iterator, Sequence

from raidctl.bootstrap.clock import utc_now
from raidctl.cli.answers import (
    Answer,
    Way,
    deciding,
    keys,
    looking,
    named,
    said_of_skip,
    said_shortly,
)
from raidctl.cli.keys import Keys
from raidctl.cli.terminal import capabilities, tell
from raidctl.core.model import Side
from raidctl.core.plan.item import Item
from raidctl.core.writes.outcome import DONE
from raidctl.present.held.group import about, render_group, render_list
from raidctl.present.held.page import long_texts, render_apart, render_one
from raidctl.present.text.page import Screen
from raidctl.present.text.words import OUTCOME_WORDS, held_words, reason_words, some
from raidctl.runs.writing.alike import Group, alike, likeness, together
from raidctl.runs.writing.choices import Decision, Note, Options, Skipping

PROMPT = "Which key? "

_BACK = "u"
_SKIPPED = said_shortly(Skipping())
_UNSKIP = "raidctl resolve --take unskip asks again about what is skipped"
_SKIP_PROMPT = 'How long, and why, such as "7d the vendor looks at it" (nothing goes back): '


class Dialogue:
    """A `Decider`: the conversation, on standard error; standard output stays for the report.

    `skipping` is how a skip is meant where the answer does not say; a group that would change
    more links than `max_changes` (0: no limit) needs a second key.
    """

    def __init__(self, skipping: Skipping, max_changes: int) -> None:
        self._screen = Screen(**capabilities(stream=sys.stderr))
        self._keys = Keys()
        self._skipping, self._most = skipping, max_changes
        self._run = ""
        self._queue = deque[Group]()
        self._put_off, self._stopped = set[int](), False
        self._given: tuple[Group, Decision] | None = None
        self._done = Counter[str]()
        self._written = False

    def begins(self, run: str, held: Sequence[Item], choices: int, beside: str) -> None:
        """Say how much is held, and what of it is asked about."""
        self._run = run
        tell(f"{held_words(held)}: {choices} to decide here{f', {beside}' if beside else ''}")

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Sequence[Options], Decision]]:
        """What is answered, one group after the other, until there is an end to it.

        What is put off comes once more, after all others.
        """
        self._queue.extend(alike(choices))
        while self._given is not None or (self._queue and not self._stopped):
            before = self._given
            match self._next(len(choices)):
                case Way.END | Way.LEAVE:
                    return
                case Way.BACK:
                    self._take_back()
                case Way.WRITE if before is not None:
                    self._given = None
                    yield before[0].members, before[1]
                case Side() | Note() | Skipping() if before is not None:
                    yield before[0].members, before[1]

    def _next(self, total: int) -> Decision | Way:
        """The answer to the next question, which what comes after it goes by."""
        if self._stopped or not self._queue:
            return self._last()
        group = self._queue.popleft()
        tell("")
        tell(f"{self._left(group)} of {total} left to decide{self._in_all()}")
        answer = self._asked(group)
        if isinstance(answer, Way):
            self._turn(answer, group)
        else:
            self._given = group, answer
        return answer

    def told(self, decision: Decision, items: Sequence[Item]) -> None:
        """Say what became of it."""
        what = f"{about(items)}: {named(decision)}"
        if not isinstance(decision, Side):
            self._done[said_shortly(decision)] += len(items)
            tell(what)
            return
        ended = Counter(map(_ended, items))
        self._done += ended
        self._written |= any(map(_is_done, items))
        tell(f"{what}: {', '.join(_numbered(ended, len(items)))}")
        left: dict[str, list[int]] = {}
        for item in items:
            if item.result is not None and not _is_done(item):
                left.setdefault(reason_words(item), []).append(item.subject.incident)
        for words, incidents in left.items():
            tell(f"  incident {some(incidents)}: {words}")

    def closing(self, run: str, left: int) -> str:
        """What was done, and where it can be looked up and taken back."""
        undo = f", {_undoing(run)}" if self._written else ""
        undo += f", {_UNSKIP}" if self._done[_SKIPPED] else ""
        counted = [f"{count} {words}" for words, count in self._done.items()]
        counted += [f"{left} left undecided"] if left else []
        where = f"run {run}: raidctl history {run} tells of it{undo}"
        return f"{where}\n{', '.join(counted) or 'nothing decided'}"

    def closes(self, closing: str) -> None:
        """Say it."""
        for line in ("", *closing.splitlines()):
            tell(line)

    def _in_all(self) -> str:
        """How many questions that makes, where it is more than this one."""
        return f", in {1 + len(self._queue)} questions" if self._queue else ""

    def _left(self, group: Group) -> int:
        """How many fields are still to be asked about."""
        return sum(len(one.members) for one in (group, *self._queue))

    def _turn(self, way: Way, group: Group) -> None:
        """Go on with other questions, or with the same in another form."""
        match way:
            case Way.LATER:
                self._queue.extend([] if self._was_put_off(group) else [group])
                self._put_off.update(map(id, group.members))
            case Way.ONE_BY_ONE:
                self._queue.extendleft(reversed(group.one_by_one()))
            case Way.APART:
                self._queue.extendleft(reversed(group.by_person()))
            case Way.TOGETHER:
                group, rest = together(self._queue, group)
                self._queue = deque([group, *rest])
            case _:
                self._queue.appendleft(group)
                self._stopped = way is Way.QUIT

    def _take_back(self) -> None:
        """Ask about what was answered last once more, at once."""
        if self._given is not None:
            self._queue.appendleft(self._given[0])
        self._given, self._stopped = None, False

    def _was_put_off(self, group: Group) -> bool:
        return id(group.first) in self._put_off

    def _asked(self, group: Group) -> Decision | Way:
        """What is to become of it; what only shows it comes back to the question."""
        answers = self._answers(group)
        page = self._page(group, answers)
        sys.stderr.write(page)
        while True:
            means = self._answer(answers)
            match means:
                case Way.SHOW:
                    sys.stderr.write(f"{self._whole(group)}\n{page}")
                case Skipping() | Note() | Way():
                    return means
                case Side() if self._sure(len(group.members)):
                    return means

    def _answer(self, answers: Sequence[Answer]) -> Decision | Way | None:
        """What is meant; None, and a word of it, for what is no answer."""
        said = self._keys.ask(PROMPT)
        if said is None:
            return Way.END
        key, _, more = said.partition(" ")
        found = {one.key: one.means for one in answers}.get(key.lower())
        if found is Way.FOR_A_TIME:
            return self._for_a_time(more)
        if found is not None and not more:
            return found
        if key.lower() == _BACK:
            undo = f"; {_undoing(self._run)}" if self._written else ""
            tell(f"  there is no answer that is not carried out yet{undo}")
        else:
            how = ("press", "") if self._keys.single else ("type", ", then Enter")
            tell(f"  {how[0]} one of {', '.join(keys(answers))}{how[1]}")
        return None

    def _for_a_time(self, words: str) -> Skipping | None:
        """A skip as it is said with the key, or when asked; None for one that is not."""
        if not words:
            words = self._keys.line(_SKIP_PROMPT) or ""
        found = said_of_skip(words, utc_now())
        if found is None:
            tell("  not skipped")
        return found

    def _sure(self, links: int) -> bool:
        """Whether so many may be written: more than a run may unasked needs a second key."""
        if not 0 < self._most < links:
            return True
        tell(f"  this changes {links} links; max_changes is {self._most}")
        return self._keys.ask("Press w to write them all the same, another key not to: ") == "w"

    def _last(self) -> Way:
        """What becomes of the last answer."""
        if self._given is None:
            return Way.LEAVE
        group, decision = self._given
        tell("")
        tell(f"Not carried out yet: {about(_items(group))}: {named(decision)}")
        answers = [
            Answer("w", Way.WRITE, "carry it out, and end"),
            Answer(_BACK, Way.BACK, "take it back, and go on with the questions"),
            Answer("q", Way.LEAVE, "end without it"),
        ]
        for one in answers:
            tell(f"  {one.key}  {one.words}")
        while not isinstance(answer := self._answer(answers), Way):
            pass
        return answer

    def _answers(self, group: Group) -> list[Answer]:
        """All that can be answered to a question."""
        kind = likeness(group.first)
        more = sum(len(one.members) for one in self._queue if likeness(one.first) == kind)
        later = "leave it" if self._was_put_off(group) else "ask once more after the others"
        answers = [
            *deciding(group, self._skipping),
            Answer("n", Way.LATER, f"not now: {later}"),
            *looking(group, more=more),
        ]
        if self._long(group):
            answers.append(Answer("d", Way.SHOW, "show all that differs"))
        if self._given is not None:
            before, decision = self._given
            words = f"take back, not carried out yet: {about(_items(before))}: {named(decision)}"
            answers.append(Answer(_BACK, Way.BACK, words))
        return [*answers, Answer("q", Way.QUIT, "stop here")]

    def _page(self, group: Group, answers: Sequence[Answer]) -> str:
        words = {one.key: one.words for one in answers}
        if len(group.members) == 1:
            one = group.first
            return render_one(self._screen, one.waiting, one.texts, words, utc_now())
        members = [one.waiting for one in group.members]
        return render_group(self._screen, members, words, utc_now())

    def _whole(self, group: Group) -> str:
        if len(group.members) == 1:
            return render_apart(self._screen, group.first.texts)
        return render_list(self._screen, [one.waiting for one in group.members])

    def _long(self, group: Group) -> bool:
        one = group.first
        return len(group.members) == 1 and long_texts(self._screen, one.waiting, one.texts)


def _undoing(run: str) -> str:
    """The command that takes back what is carried out."""
    return f"raidctl undo {run} takes back what was written"


def _items(group: Group) -> list[Item]:
    return [one.waiting.item for one in group.members]


def _ended(item: Item) -> str:
    return "not written" if item.result is None else OUTCOME_WORDS[item.result.outcome]


def _is_done(item: Item) -> bool:
    return item.result is not None and item.result.outcome in DONE


def _numbered(ended: "Counter[str]", of: int) -> Iterator[str]:
    """Each with its number, where there is more than one."""
    return (words if of == 1 else f"{count} {words}" for words, count in ended.items())
