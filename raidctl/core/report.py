"""The report of a run: what every presenter shows and the JSON contract carries."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from raidctl.core.asked import NOTHING, Asked
from raidctl.core.events.event import Told
from raidctl.core.model import Field, Side, SyncDirection
from raidctl.core.plan.item import Change, Hold, Item, Verdict, changes, held
from raidctl.core.reasons import LISTED, Kind, Reason
from raidctl.core.writes.outcome import DONE


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of one system that could not be read: what, why, and its error category."""

    system: Side
    what: str
    why: str
    category: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The report in numbers; `in_sync` and `drifted` count links, `verdicts` items with a field.

    `links` is the sum of in_sync, drifted, not_visible and unread; `downgraded` incidents were not
    compared.
    """

    links: int
    in_sync: int
    drifted: int
    unlinked: int
    not_visible: int
    unread: int
    verdicts: Mapping[str, int]
    requests: Mapping[Side, int]
    downgraded: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `direction` is None for `auto`, `prefer` where nobody was preferred, `run` where
    nothing is journalled; `held` is all that was held, where the items are not all that was found;
    `shown` are those of the items that somebody asked to see, where that is not all; `excess` is
    what of its plan is more than a run may write unapproved; `events` what became of those that the
    run was about, where it was about any. `agreeing` are incidents with items whose links were in
    sync when they were read. `whole`: the items and the summary are of all links in scope, every
    field of them; `asked` is what was typed to have it; `skipped` are the incidents and fields of
    items that a person has looked at and left so.
    """

    command: str
    run: str | None
    direction: SyncDirection | None
    started_at: datetime
    finished_at: datetime
    plan: str
    summary: Summary
    items: Sequence[Item]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    prefer: Side | None = None
    held: tuple[Item, ...] | None = None
    shown: Sequence[Item] | None = None
    events: tuple[Told, ...] | None = None
    excess: str | None = None
    whole: bool = False
    agreeing: Collection[int] = ()
    asked: Asked = NOTHING
    skipped: Collection[tuple[int, Field | None]] = ()

    @property
    def listed(self) -> Sequence[Item]:
        """The items that are told one by one."""
        return self.items if self.shown is None else self.shown

    @property
    def drift(self) -> bool:
        """Whether anything was found; an incident that has no issue is none."""
        return any(item.reason is not Reason.UNLINKED for item in self.items)

    @property
    def still_drifted(self) -> int:
        """How many links are not in sync yet, once what was to be done is done."""
        left = (i for i in self.items if i.result is None or i.result.outcome not in DONE)
        found = {one.subject.incident for one in left if one.reason not in LISTED}
        return len(found.difference(self.agreeing))

    @property
    def still_held(self) -> list[Hold]:
        """What is held, but for what a person has settled in this run."""
        settled = {
            (one.subject.incident, one.field)
            for one in changes(self.items)
            if one.kind is Kind.RESOLVE and one.result and one.result.outcome in DONE
        }
        found = held(self.items if self.held is None else self.held)
        return [one for one in found if (one.subject.incident, one.field) not in settled]


def summarised(
    items: Iterable[Item],
    links: int,
    unread: int,
    requests: Mapping[Side, int],
    downgraded: int = 0,
    agreeing: Collection[int] = (),
) -> Summary:
    """The numbers of a run: `links` were asked for, of which `unread` could not be read.

    `agreeing` are the incidents whose links agree though there is something to tell of them.
    """
    verdicts: Counter[str] = Counter(dict.fromkeys(Verdict, 0))
    drifted: set[int] = set()
    unlinked = not_visible = 0
    for item in items:
        if item.field is not None or isinstance(item, Change):
            verdicts[item.verdict] += 1
        if item.reason is Reason.UNLINKED:
            unlinked += 1
        elif item.reason is Reason.NOT_VISIBLE:
            not_visible += 1
        else:
            drifted.add(item.subject.incident)
    drifted -= set(agreeing)
    return Summary(
        links=links,
        in_sync=links - len(drifted) - not_visible - unread,
        drifted=len(drifted),
        unlinked=unlinked,
        not_visible=not_visible,
        unread=unread,
        verdicts=dict(verdicts),
        requests=requests,
        downgraded=downgraded,
    )
