"""Put together what one answer can decide: fields that are held for the same, moved by the same."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from raidctl.core.model import Side
from raidctl.runs.writing.choices import Options


@dataclass(frozen=True, slots=True)
class Group:
    """Fields of which the same can be decided, each of another link; at least one."""

    members: tuple[Options, ...]

    @property
    def first(self) -> Options:
        """One that tells what holds of all."""
        return self.members[0]

    @property
    def sides(self) -> list[Side]:
        """The sides whose value can be taken, of each alike."""
        return self.first.sides

    def one_by_one(self) -> list["Group"]:
        """The same, each for itself."""
        return [Group((one,)) for one in self.members]

    def by_person(self) -> list["Group"]:
        """The same, apart by who changed each side last."""
        return _grouped(self.members, _people)


def alike(choices: Iterable[Options]) -> list[Group]:
    """What there is to decide, in its order, together with all that is like it."""
    return _grouped(choices, likeness)


def likeness(one: Options) -> Hashable:
    """What makes two fields one decision: what is held and why, who moved what, what can be done.

    Who is a kind (a person, FireFighter, raidctl): people are many, and one decision may be all
    the same about all of them.
    """
    item, waiting = one.waiting.item, one.waiting
    why = item.field, item.reason, item.direction
    who = one.movers.get(Side.IMPACT), one.movers.get(Side.JIRA), one.later
    return *why, *who, *one.sides, one.release, waiting.skipped, one.refused


def _people(one: Options) -> Hashable:
    edits = one.waiting.edits
    return tuple(edit.author if (edit := edits.get(side)) else None for side in Side)


def _grouped(choices: Iterable[Options], by: Callable[[Options], Hashable]) -> list[Group]:
    found: dict[Hashable, list[Options]] = {}
    for one in choices:
        found.setdefault(by(one), []).append(one)
    return [Group(tuple(members)) for members in found.values()]


def together(groups: Sequence[Group], like: Group) -> tuple[Group, list[Group]]:
    """A group with all that is like it in others, and those others without it."""
    kind = likeness(like.first)
    same = [one for one in groups if likeness(one.first) == kind]
    members = (*like.members, *(option for one in same for option in one.members))
    return Group(members), [one for one in groups if one not in same]
