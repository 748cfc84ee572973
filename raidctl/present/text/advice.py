"""What to type next, or to set in the configuration, for each item of a report."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping

from raidctl.core.model import Field, Side
from raidctl.core.plan.item import Hold, Item, Verdict
from raidctl.core.policy import OF_WEBHOOK, WEBHOOK_EXPRESSES
from raidctl.core.reasons import DECIDED, Reason
from raidctl.core.waiting import PASSING
from raidctl.present.text.safe import visible

_TO_RESOLVE = frozenset(
    {
        *(Reason.CONFLICT, Reason.UNDECIDED, Reason.FLAPPING, Reason.UNDONE, Reason.REFUSED),
        *(Reason.EMPTY, Reason.LOSSY, Reason.ECHO, Reason.SIDE_EFFECT),
    }
)
_BROKEN = frozenset({Reason.MOVED, Reason.SHARED_ISSUE, Reason.NOT_VISIBLE})
"""What `raidctl backfill links` mends, or tells what to write for."""
_TOLD_BY_A_PERSON = frozenset(
    {
        *(Reason.SHARED_ISSUE, Reason.NOT_VISIBLE, Reason.RELINKED),
        *(Reason.LOOK_ALIKE, Reason.UNDONE),
    }
)
"""What a line of a CSV decides."""
ALONE = frozenset(
    {*(Reason.UNMAPPED, Reason.PRIVATE, Reason.READ_ONLY, Reason.RELINKED, Reason.LOOK_ALIKE)}
)
"""What is settled one by one."""
_KEY = "ITS-KEY"
"""Stands for a key that only a person can tell."""
_TABLES = '[impact.writes] link = "database"'
_TARGET_LIMIT = 8  # more incident numbers than anybody would type


def settling_command(item: Item) -> str:
    """The command that settles one item, or the key to set in the configuration (`[table] row`).

    Every command that advises anything says this.
    """
    incident = item.subject.incident
    field = "" if item.field is None else f" --field {item.field}"
    command = f"raidctl explain {incident}"
    if (makes := _making_command(item)) is not None:
        command = makes
    elif item.reason in DECIDED or item.reason in PASSING:
        command = reconciling_command([incident])
    elif item.reason in _TO_RESOLVE:
        command = f"{resolving_command([incident])}{field}"
    elif item.reason is Reason.UNMAPPED:
        command = _missing_row(item)
    elif item.reason is Reason.READ_ONLY and item.subject.own_link:
        command = '[impact.writes] link = "database"  # or another writer of this field'
    elif item.reason is Reason.READ_ONLY and item.field is not None:
        cannot = (item.detail or "").startswith(OF_WEBHOOK)
        webhook = not cannot and item.to in WEBHOOK_EXPRESSES.get(item.field, ())
        command = f'[impact.writes] {item.field} = "{"webhook" if webhook else "database"}"'
    elif item.reason is Reason.CLOSING:
        command = closing_command([incident])
    elif item.reason is Reason.PRIVATE:
        known = item.subject.private is not None
        command = "[policy] private_to_jira = true" if known else '[impact] reads = "database"'
    elif item.reason is Reason.RELINKED or item.reason in _BROKEN:
        command = _link_command(item)
    return command


def _link_command(item: Item) -> str:
    """The command for a link that is broken, or that a person who has looked at it may accept."""
    mends = mending_command([item.subject.incident])
    if item.reason is Reason.RELINKED:
        return f"raidctl baseline {item.subject.incident}  # if it is wrong, {mends}"
    return mends


def settling_words(item: Item) -> str:
    """The same for people: a key is told from a command."""
    command = settling_command(item)
    return f"in the configuration: {command}" if command.startswith("[") else command


def next_commands(items: Iterable[Item]) -> list[str]:
    """What helps with these items, each once, incidents to be decided in one command."""
    together: dict[Callable[[Collection[int]], str], set[int]] = {
        command: set() for command in _TOGETHER
    }
    alone: dict[str, None] = {}
    lost: dict[int, str] = {}
    for item in items:
        if item.result is not None:
            continue
        if _lost_link(item):
            lost.setdefault(item.subject.incident, key_of(item))
        for command, helps in _TOGETHER.items():
            if helps(item):
                together[command].add(item.subject.incident)
        if item.reason in ALONE:
            alone.setdefault(settling_command(item))
    told = [command(sorted(some)) for command, some in together.items() if some]
    return [*told, *([pairing_command(lost)] if lost else []), *alone]


def _lost_link(item: Item) -> bool:
    """Whether an issue was its incident's until a person took that back, who alone links it."""
    return item.reason is (Reason.UNDONE if item.field is None else Reason.UNLINKED)


def key_of(item: Item) -> str:
    """The key of the issue that an item is about, for a line of a CSV."""
    return visible(item.subject.issue or _KEY)


def reconciling_command(incidents: Collection[int]) -> str:
    """The command that writes what is decided; of all links if many."""
    return f"raidctl reconcile{_few(incidents)}"


def backfilling_command(incidents: Collection[int]) -> str:
    """The command that creates what these incidents have no issue in; of all if many."""
    return f"raidctl backfill issues{_few(incidents)}"


def closed_command(incidents: Collection[int]) -> str:
    """The command that creates issues of closed incidents as well; of all if many."""
    return f"{backfilling_command(incidents)} --allow-close"


def mending_command(incidents: Collection[int]) -> str:
    """The command that mends the links of these incidents, or says what a person has to tell."""
    return f"raidctl backfill links{_few(incidents)}"


def pairing_command(keys: Mapping[int, str]) -> str:
    """The command that makes issues these incidents' by a CSV, with the first of its lines."""
    lines = " ".join(f"{number},{key}" for number, key in [*keys.items()][:_TARGET_LIMIT])
    return f"raidctl backfill links --from-csv FILE  # incident,key {lines}"


def missed_command(incidents: Collection[int]) -> str:
    """The command that delivers what these incidents never heard of; of all if many."""
    return f"raidctl missed --deliver{_few(incidents)}"


def undoing_command(run: str) -> str:
    """The command that takes a run back."""
    return f"raidctl undo {visible(run)}  # takes it back"


def linking_commands(items: Iterable[Item]) -> list[str]:
    """What helps with what `raidctl backfill links` left as it is, each once."""
    told, alone, wants_tables = dict[int, str](), dict[int, None](), False
    for item in items:
        if isinstance(item, Hold) and item.reason in _TOLD_BY_A_PERSON:
            told.setdefault(item.subject.incident, key_of(item) if _lost_link(item) else _KEY)
        elif isinstance(item, Hold) and item.reason is Reason.UNLINKED:
            alone.setdefault(item.subject.incident)
        elif isinstance(item, Hold):
            wants_tables |= item.reason in (Reason.MOVED, Reason.READ_ONLY)
    commands = []
    if told:
        commands.append(pairing_command(told))
    if wants_tables:
        commands.append(_TABLES)
    if alone:
        commands.append(backfilling_command(alone))
    return commands


def _making_command(item: Item) -> str | None:
    """The command that makes what is no field, or what a whole incident lacks; None for others."""
    incident = item.subject.incident
    if _lost_link(item):
        return pairing_command({incident: key_of(item)})
    if item.field is not None:
        return None
    if item.verdict == Verdict.CREATE_LINK:
        return "raidctl backfill links"
    if item.verdict == Verdict.ATTACH:
        return f"raidctl backfill attachments {incident} FILE"
    by_reason = {
        Reason.UNLINKED: backfilling_command([incident]),
        Reason.CLOSING: closed_command([incident]),
        Reason.LOOK_ALIKE: (
            f"raidctl backfill links --from-csv FILE  # with a line {incident},{_KEY}"
        ),
        Reason.READ_ONLY: _TABLES,
    }
    return by_reason.get(item.reason)


def resolving_command(incidents: Collection[int]) -> str:
    """The command that asks what is to become of held fields; of all links if many."""
    return f"raidctl resolve{_few(incidents)}"


def deciding_command(incidents: Collection[int]) -> str:
    """The command that shows what would be decided were one side right; of all links if many."""
    return f"raidctl diff{_few(incidents)} --prefer impact  # or jira"


def closing_command(incidents: Collection[int]) -> str:
    """The command that closes these as well; all links if many."""
    return f"raidctl reconcile{_few(incidents)} --allow-close"


def _few(incidents: Collection[int]) -> str:
    return "" if len(incidents) > _TARGET_LIMIT else "".join(f" {number}" for number in incidents)


def _missing_row(item: Item) -> str:
    """The row of the tables that is missing, with the names that the item knows."""
    impact, jira = (visible(str(value)) if value else None for value in item.pair)
    told = item.detail or ""
    if item.direction is not None:
        side = item.direction.source
    else:  # the detail tells whose value it is that nobody knows
        side = (
            Side.JIRA if jira and jira in told and not (impact and impact in told) else Side.IMPACT
        )
    ours, theirs = (impact, None) if side is Side.IMPACT else (None, jira)
    match item.field:
        case Field.COMMANDER:
            return f"[users] {_row(ours or 'their e-mail', theirs or 'their JIRA account')}"
        case Field.STATUS if side is Side.IMPACT:
            return f"[mapping.status_to_jira] {_row(ours or 'a status', 'its JIRA status')}"
        case Field.STATUS:
            return f"[mapping.status_to_impact] {_row(theirs or 'a status', 'its Impact status')}"
        case Field.PRIORITY if theirs:
            return f"[mapping.priority] {_row(theirs)} = 1  # to 5"
        case _:
            return "raidctl mapping"


def _row(*names: str) -> str:
    """Names as a row of TOML: a JSON string is a TOML string."""
    return " = ".join(json.dumps(name, ensure_ascii=False) for name in names)


_TOGETHER: Mapping[Callable[[Collection[int]], str], Callable[[Item], bool]] = {
    reconciling_command: lambda item: item.reason in DECIDED,
    resolving_command: lambda item: item.reason in _TO_RESOLVE and item.field is not None,
    deciding_command: lambda item: item.reason is Reason.UNDECIDED,
    closing_command: lambda item: item.reason is Reason.CLOSING and item.field is not None,
    mending_command: lambda item: item.reason in _BROKEN,
    closed_command: lambda item: item.reason is Reason.CLOSING and item.field is None,
    backfilling_command: lambda item: item.reason is Reason.UNLINKED and item.field is None,
}
"""What settles many incidents at once, and which items it helps with."""
