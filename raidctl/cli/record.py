"""What became of the answers of a dialogue: told, counted, and what of it can be taken back."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from raidctl.cli.answers import named, said_shortly
from raidctl.core.model import Side
from raidctl.core.plan.item import Change, Item
from raidctl.core.writes.outcome import DONE, Outcome
from raidctl.present.held.group import about
from raidctl.present.text.words import OUTCOME_WORDS, reason_words, some
from raidctl.runs.writing.alike import Group
from raidctl.runs.writing.choices import Decision, Skipping

_SKIPPED = said_shortly(Skipping())
_UNSKIP = "raidctl resolve --take unskip asks again about what is skipped"
_UNTAKEN = frozenset({Outcome.REFUSED, Outcome.NO_EFFECT})


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was carried out, and how; `stays`: it left what is not taken back here."""

    group: Group
    decision: Decision
    ended: Counter[str]
    stays: bool

    @property
    def words(self) -> str:
        """Which fields it was about, and what was decided; also that nothing came of it."""
        items = [one.waiting.item for one in self.group.members]
        nothing = "" if isinstance(self.decision, Skipping) else ", which came to nothing"
        return f"{about(items)}: {named(self.decision)}{nothing}"


class Record:
    """All answers that were carried out, of `total` fields; `written`: any of them wrote."""

    def __init__(self) -> None:
        self.total, self.written = 0, False
        self._done, self._failed = Counter[str](), Counter[str]()
        self._past = list[Answered]()
        self._news = list[str]()

    def carried_out(self, group: Group, decision: Decision, items: Sequence[Item]) -> None:
        """An answer has ended; `items` have their results."""
        what = f"{about(items)}: {named(decision)}"
        if isinstance(decision, Side):
            ended = Counter(map(_ended, items))
            self._failed += Counter(_ended(item) for item in items if not _is_done(item))
            self._done += Counter(_ended(item) for item in items if _is_done(item))
            self.written |= any(map(_is_done, items))
            self._news = [f"{what}: {', '.join(_numbered(ended, len(items)))}", *_why_not(items)]
            stays = not all(map(_came_to_nothing, items))
        else:
            ended = Counter({said_shortly(decision): len(items)})
            self._done += ended
            self._news = [what]
            anew = any(one.waiting.skipped for one in group.members)
            stays = anew or not isinstance(decision, Skipping)
        self._past.append(Answered(group, decision, ended, stays))

    def last(self) -> Answered | None:
        """The last answer, where it can be taken back."""
        return self._past[-1] if self._past and not self._past[-1].stays else None

    def take_back(self, last: Answered) -> None:
        """It counts no longer."""
        self._past.remove(last)
        if isinstance(last.decision, Skipping):
            self._done -= last.ended
            self._news = [f"{last.words}: taken back"]
        else:
            self._failed -= last.ended

    def news(self) -> list[str]:
        """What became of the last answer, in lines; once."""
        told, self._news = self._news, []
        return told

    def beside(self) -> str:
        """What is neither decided nor left to decide."""
        failed = sum(self._failed.values())
        return f"; {failed} could not be written and stay held" if failed else ""

    def closing(self, run: str) -> str:
        """What was done, and where it can be looked up and taken back."""
        undo = f", {undoing(run)}" if self.written else ""
        undo += f", {_UNSKIP}" if self._done[_SKIPPED] else ""
        counted = [f"{count} {words}" for words, count in self._done.items() if count]
        if left := self.total - sum(self._done.values()):
            failed = ", ".join(f"{count} {words}" for words, count in self._failed.items())
            counted.append(f"{left} left undecided{f', of them {failed}' if failed else ''}")
        where = f"run {run}: raidctl history {run} tells of it{undo}"
        return f"{where}\n{', '.join(counted) or 'nothing decided'}"


def undoing(run: str) -> str:
    """The command that takes back what is carried out."""
    return f"raidctl undo {run} takes back what was written"


def _ended(item: Item) -> str:
    return "not written" if item.result is None else OUTCOME_WORDS[item.result.outcome]


def _is_done(item: Item) -> bool:
    return item.result is not None and item.result.outcome in DONE


def _came_to_nothing(item: Item) -> bool:
    """Whether its target took nothing of it, not even half of the way."""
    if not isinstance(item, Change) or item.result is None:
        return False
    return item.result.outcome in _UNTAKEN and item.result.read_back in (None, item.old)


def _why_not(items: Sequence[Item]) -> Iterator[str]:
    """Of which incidents it was not done, by why."""
    left: dict[str, list[int]] = {}
    for item in items:
        if item.result is not None and not _is_done(item):
            left.setdefault(reason_words(item), []).append(item.subject.incident)
    for words, incidents in left.items():
        yield f"  incident {some(incidents)}: {words}"


def _numbered(ended: "Counter[str]", of: int) -> Iterator[str]:
    """Each with its number, where there is more than one."""
    return (words if of == 1 else f"{count} {words}" for words, count in ended.items())
