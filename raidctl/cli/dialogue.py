"""Ask a person about held fields, all that is alike at once, and do what is said.

An answer is carried out when the next one is given: until then a key takes it back. At the end of
the questions a key of its own carries the last one out; nothing else does. What was only noted, or
came to nothing, can be taken back after that as well, the last first; what was written cannot.
"""

import sys
from collections import deque
from collections.abc import Iterator, Sequence

from raidctl.bootstrap.clock import utc_now
from raidctl.cli.answers import Answer, Way, deciding, keys, looking, named, said_of_skip
from raidctl.cli.keys import Keys
from raidctl.cli.pager import show_beside
from raidctl.cli.question import is_long, key_words, question, whole
from raidctl.cli.record import Record, undoing
from raidctl.cli.terminal import tell
from raidctl.core.model import Side
from raidctl.core.plan.item import Item
from raidctl.present.held.group import about
from raidctl.present.text.words import held_words
from raidctl.runs.writing.alike import Group, alike, likeness, together
from raidctl.runs.writing.choices import Decision, Note, Options, Skipping

PROMPT = "Which key? (? for help) "

_BACK, _HELP = "u", "?"
_WHEN = "An answer is carried out when the next one is given; until then u takes it back."
_SKIP_PROMPT = 'How long, and why, such as "7d the vendor looks at it" (nothing goes back): '


class Dialogue:
    """A `Decider`: the conversation, on standard error; standard output stays for the report.

    `skipping` is how a skip is meant where the answer does not say; a group that would change
    more links than `max_changes` (0: no limit) needs a second key.
    """

    def __init__(self, skipping: Skipping, max_changes: int) -> None:
        self._keys, self._record = Keys(), Record()
        self._skipping, self._most = skipping, max_changes
        self._run = ""
        self._queue = deque[Group]()
        self._put_off, self._stopped = set[int](), False
        self._given: tuple[Group, Decision] | None = None
        self._carried: Group | None = None

    def begins(self, run: str, held: Sequence[Item], choices: int, beside: str) -> None:
        """Say how much is held, what of it is asked about, and when an answer counts."""
        self._run, self._record.total = run, choices
        tell(f"{held_words(held)}: {choices} to decide here{f', {beside}' if beside else ''}")
        tell(_WHEN)

    def decisions(self, choices: Sequence[Options]) -> Iterator[tuple[Sequence[Options], Decision]]:
        """What is answered, one group after the other, until there is an end to it.

        What is put off comes once more, after all others.
        """
        self._queue.extend(alike(choices))
        while self._given is not None or (self._queue and not self._stopped):
            before = self._given
            match self._next():
                case Way.END | Way.LEAVE:
                    return
                case Way.BACK:
                    if (group := self._take_back()) is not None:
                        yield group.members, Note.UNSKIP
                case Way.WRITE if before is not None:
                    self._given = None
                    yield self._carrying(*before)
                case Side() | Note() | Skipping() if before is not None:
                    yield self._carrying(*before)

    def told(self, decision: Decision, items: Sequence[Item]) -> None:
        """Keep what became of it, to be said beside the next question: above, it scrolls away."""
        if self._carried is not None:  # else it was a skip, taken back
            self._record.carried_out(self._carried, decision, items)
        self._carried = None

    def closing(self, run: str) -> str:
        """What was done, and where it can be looked up and taken back."""
        return self._record.closing(run)

    def closes(self, closing: str) -> None:
        """Say it."""
        for line in ("", *self._record.news(), *closing.splitlines()):
            tell(line)

    def _carrying(self, group: Group, decision: Decision) -> tuple[Sequence[Options], Decision]:
        self._carried = group
        return group.members, decision

    def _next(self) -> Decision | Way:
        """The answer to the next question, which what comes after it goes by."""
        if self._stopped or not self._queue:
            return self._last()
        group = self._queue.popleft()
        tell("")
        left = f"{self._left(group)} of {self._record.total} left to decide"
        tell(f"{left}{self._in_all()}{self._record.beside()}")
        answer = self._asked(group)
        if isinstance(answer, Way):
            self._turn(answer, group)
        else:
            self._given = group, answer
        return answer

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

    def _take_back(self) -> Group | None:
        """Ask about what was answered last once more, at once; what is to be skipped no longer."""
        self._stopped = False
        if self._given is not None:
            self._queue.appendleft(self._given[0])
            self._given = None
            return None
        if (last := self._record.last()) is None:
            return None
        self._record.take_back(last)
        self._queue.appendleft(last.group)
        return last.group if isinstance(last.decision, Skipping) else None

    def _was_put_off(self, group: Group) -> bool:
        return id(group.first) in self._put_off

    def _asked(self, group: Group) -> Decision | Way:
        """What is to become of it; what only shows it comes back to the question."""
        answers = self._answers(group)
        page = question(group, answers)
        sys.stderr.write(page)
        self._tell_news()
        while True:
            means = self._answer(answers)
            match means:
                case Way.SHOW:
                    show_beside(whole(group))
                    sys.stderr.write(f"\n{page}")
                case Way.HELP:
                    self._help()
                    sys.stderr.write(f"\n{page}")
                case Skipping() | Note() | Way():
                    return means
                case Side() if self._sure(len(group.members)):
                    return means

    def _tell_news(self) -> None:
        """What became of the answer before."""
        for line in self._record.news():
            tell(line)

    def _help(self) -> None:
        """What each key does, whichever question it is a key of."""
        for line in key_words():
            tell(line)
        self._keys.ask("Any key goes back to the question: ")

    def _answer(self, answers: Sequence[Answer]) -> Decision | Way | None:
        """What is meant; None, and a word of it, for what is no answer."""
        said = self._keys.ask(PROMPT)
        if said is None:
            return Way.END
        key, _, more = said.partition(" ")
        if key == _HELP:
            return Way.HELP
        found = {one.key: one.means for one in answers}.get(key.lower())
        if found is Way.FOR_A_TIME:
            return self._for_a_time(more)
        if found is not None and not more:
            return found
        if key.lower() == _BACK:
            undo = f"; {undoing(self._run)}" if self._record.written else ""
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
        elif found.until is None:
            tell("  taken as the reason, for good: a time is 30m, 2h, 7d or 1w, and stands first")
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
        self._tell_news()
        tell(f"Not carried out yet: {about(_items(group))}: {named(decision)}")
        answers = [
            Answer("w", Way.WRITE, "carry it out, and end"),
            Answer(_BACK, Way.BACK, "take it back, and go on with the questions"),
            Answer("q", Way.LEAVE, "end without it"),
        ]
        for one in answers:
            tell(f"  {one.key}  {one.words}")
        while True:
            match self._answer(answers):
                case Way.HELP:
                    self._help()
                case Way() as answer:
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
        if is_long(group):
            answers.append(Answer("d", Way.SHOW, "show all that differs"))
        if (words := self._back_words()) is not None:
            answers.append(Answer(_BACK, Way.BACK, words))
        return [*answers, Answer("q", Way.QUIT, "stop here")]

    def _back_words(self) -> str | None:
        """What can be taken back, if anything."""
        if self._given is not None:
            group, decision = self._given
            return f"take back, not carried out yet: {about(_items(group))}: {named(decision)}"
        last = self._record.last()
        return None if last is None else f"take back: {last.words}"


def _items(group: Group) -> list[Item]:
    return [one.waiting.item for one in group.members]
