"""What to type next, or to set in the configuration, for each item of a report."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from raidctl.core.asked import NOTHING, Asked
from raidctl.core.model import Field, Side
from raidctl.core.plan.holds import acceptable
from raidctl.core.plan.item import Hold, Item, Verdict
from raidctl.core.policy import OF_WEBHOOK, WEBHOOK_EXPRESSES
from raidctl.core.reasons import DECIDED, Reason
from raidctl.core.waiting import PASSING
from raidctl.present.text.again import again, carries
from raidctl.present.text.safe import visible
from raidctl.present.text.words import reason_words

_TO_RESOLVE = frozenset(
    {
        *(Reason.CONFLICT, Reason.UNDECIDED, Reason.FLAPPING, Reason.UNDONE, Reason.REFUSED),
        *(Reason.EMPTY, Reason.LOSSY, Reason.ECHO, Reason.SIDE_EFFECT),
    }
)
_SAID = frozenset({Reason.SHARED_ISSUE, Reason.NOT_VISIBLE, Reason.LOOK_ALIKE})
"""What only a person knows: whose an issue is. `raidctl backfill links` would ask for it."""
_TOLD_BY_A_PERSON = frozenset({*_SAID, Reason.RELINKED, Reason.UNDONE})
"""What a line of a CSV decides."""
_ALONE = frozenset({Reason.UNMAPPED, Reason.PRIVATE, Reason.READ_ONLY})
"""What is settled one by one."""
_TABLES = '[impact.writes] link = "database"'
_KEY = "ITS-KEY"
"""Stands for a key that only a person can tell."""
_LINES = 2  # of a table, as an example: a screen's line has room for no more

Together = Callable[[Collection[int], Asked], str | None]
"""What makes one command of many incidents; None where none would be about these alone."""


def settling_command(item: Item, asked: Asked = NOTHING) -> str:
    """The command that settles one item, or the key to set in the configuration (`[table] row`).

    Every command that advises anything says this, with what was typed that it takes as well.
    """
    one = [item.subject.incident]
    if (makes := _making_command(item, asked)) is not None:
        return makes
    if (key := _missing_key(item)) is not None:
        return key
    if item.reason in DECIDED or item.reason in PASSING:
        return again("reconcile", one, asked)
    if item.reason is Reason.CLOSING:
        return again("reconcile", one, asked, ["--allow-close"])
    if item.reason in _TO_RESOLVE:
        field = [] if item.field is None else ["--field", item.field]
        return again("resolve", one, asked, field)
    return _link_command(item, asked) or again("explain", one, asked)


def _missing_key(item: Item) -> str | None:
    """What is to be set in the configuration for it, if that is what it waits for."""
    if item.reason is Reason.UNMAPPED:
        return _missing_row(item)
    if item.reason is Reason.READ_ONLY and item.subject.own_link:
        return f"{_TABLES}  # or another writer of this field"
    if item.reason is Reason.READ_ONLY and item.field is not None:
        cannot = (item.detail or "").startswith(OF_WEBHOOK)
        webhook = not cannot and item.to in WEBHOOK_EXPRESSES.get(item.field, ())
        return f'[impact.writes] {item.field} = "{"webhook" if webhook else "database"}"'
    if item.reason is Reason.PRIVATE:
        known = item.subject.private is not None
        return "[policy] private_to_jira = true" if known else '[impact] reads = "database"'
    return None


def _link_command(item: Item, asked: Asked) -> str | None:
    """What mends a link, or accepts it, or says whose its issue is; None for any other item."""
    one = [item.subject.incident]
    if item.reason is Reason.MOVED:
        return mending_command(one, asked)
    if item.reason in _SAID or (item.reason is Reason.RELINKED and not acceptable(item)):
        return pairing_command(one, asked)
    if item.reason is Reason.RELINKED:
        return f"{again('baseline', one, asked)}  # if wrong: backfill links --from-csv FILE"
    return None


def settling_words(item: Item, asked: Asked = NOTHING) -> str:
    """The same for people: a key is told from a command."""
    command = settling_command(item, asked)
    return f"in the configuration: {command}" if command.startswith("[") else command


def left_as_linked(items: Iterable[Item], asked: Asked = NOTHING) -> Iterator[tuple[str, str]]:
    """Of links that `raidctl baseline` could not accept: why not, and what helps; once for each."""
    told = {i.subject.incident: i for i in items if i.reason in {*_SAID, Reason.RELINKED}}
    for number, item in told.items():
        issue = f" · {visible(item.subject.issue)}" if item.subject.issue else ""
        yield (
            f"incident {number}{issue} stays held: {reason_words(item)};",
            settling_command(item, asked),
        )


def next_commands(items: Iterable[Item], asked: Asked = NOTHING) -> list[str]:
    """What helps with these items, each once, incidents to be decided in one command.

    Each command has of what was typed all that it takes, so that it is about the same.
    """
    together: dict[Together, set[int]] = {command: set() for command in _TOGETHER}
    alone: dict[str, None] = {}
    lost: dict[int, str] = {}
    for item in items:
        if item.result is not None:
            continue
        if _lost_link(item):
            lost.setdefault(item.subject.incident, key_of(item))
            continue
        for command, helps in _TOGETHER.items():
            if helps(item):
                together[command].add(item.subject.incident)
        if settled_alone(item):
            alone.setdefault(settling_command(item, asked))
    told = (command(sorted(some), asked) for command, some in together.items() if some)
    linking = [pairing_command(sorted(lost), asked, lost)] if lost else []
    return [*filter(None, told), *linking, *alone]


def settled_alone(item: Item) -> bool:
    """Whether what helps with it helps with no other."""
    return item.reason in _ALONE or acceptable(item)


def _lost_link(item: Item) -> bool:
    """Whether an issue was its incident's until a person took that back, who alone links it."""
    return item.reason is (Reason.UNDONE if item.field is None else Reason.UNLINKED)


def key_of(item: Item) -> str:
    """The key of the issue that an item is about, for a line of a CSV."""
    return visible(item.subject.issue or _KEY)


def reconciling_command(incidents: Collection[int], asked: Asked = NOTHING) -> str | None:
    """The command that writes what is decided, and no more; None where it would write more."""
    if not carries("reconcile", incidents, asked):
        return None
    return again("reconcile", incidents, asked)


def backfilling_command(incidents: Collection[int], asked: Asked = NOTHING) -> str:
    """The command that creates what these incidents have no issue in; of all if many."""
    return again("backfill issues", incidents, asked)


def closed_command(incidents: Collection[int], asked: Asked = NOTHING) -> str:
    """The command that creates issues of closed incidents as well; of all if many."""
    return again("backfill issues", incidents, asked, ["--allow-close"])


def mending_command(incidents: Collection[int], asked: Asked = NOTHING) -> str:
    """The command that mends the links of these incidents, or says what a person has to tell."""
    return again("backfill links", incidents, asked)


def missed_command(incidents: Collection[int], asked: Asked = NOTHING) -> str:
    """The command that delivers what these incidents never heard of; of all if many."""
    since = asked.options.get("--since", ()) if asked.command == "missed" else ()
    return again("missed", incidents, asked, [*since, "--deliver"])


def undoing_command(run: str, asked: Asked = NOTHING, what: str = "it back") -> str:
    """The command that takes a run back, or of it what can be."""
    config = replace(asked, targets=())
    return f"{again('undo', (), config, [run])}  # takes {what}"


def pairing_command(
    incidents: Collection[int], asked: Asked = NOTHING, keys: Mapping[int, str] | None = None
) -> str:
    """The command that takes whose an issue is from a table, and the lines to write into it.

    `keys` are of the incidents whose issue is known.
    """
    known = keys or {}
    command = again("backfill links --from-csv FILE", (), replace(asked, targets=()))
    some = [f"{number},{known.get(number, _KEY)}" for number in incidents]
    lines = some if len(some) <= _LINES else [some[0], "…"]
    return f"{command}  # incident,key: {' '.join(lines)}"


def linking_commands(items: Iterable[Item], asked: Asked = NOTHING) -> list[str]:
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
        commands.append(pairing_command(told, asked, told))
    if wants_tables:
        commands.append(_TABLES)
    if alone:
        commands.append(backfilling_command(alone, asked))
    return commands


def _making_command(item: Item, asked: Asked) -> str | None:
    """The command that makes what is no field, or what a whole incident lacks; None for others."""
    one = [item.subject.incident]
    if _lost_link(item):
        return pairing_command(one, asked, {item.subject.incident: key_of(item)})
    if item.field is not None:
        return None
    if item.verdict == Verdict.CREATE_LINK:
        return again("backfill links", (), asked)
    if item.verdict == Verdict.ATTACH:
        return again("backfill attachments", one, asked, ["FILE"])
    by_reason = {
        Reason.UNLINKED: backfilling_command(one, asked),
        Reason.CLOSING: closed_command(one, asked),
        Reason.READ_ONLY: _TABLES,
    }
    return by_reason.get(item.reason)


def resolving_command(incidents: Collection[int], asked: Asked = NOTHING) -> str:
    """The command that asks what is to become of held fields; of all links if many."""
    return again("resolve", incidents, asked)


def asking_again_command(incidents: Collection[int], asked: Asked = NOTHING) -> str:
    """The command that ends a skip; of all links if many."""
    return f"{again('resolve', incidents, asked, ['--take', 'unskip'])}  # ends a skip"


def deciding_command(incidents: Collection[int], asked: Asked = NOTHING) -> str | None:
    """The command that shows what would be decided were one side right; of all links if many.

    None where somebody has said already which side, or which way.
    """
    if asked.options.keys() & {"--prefer", "--direction"}:
        return None
    return f"{again('diff', incidents, asked, ['--prefer', 'impact'])}  # or jira"


def closing_command(incidents: Collection[int], asked: Asked = NOTHING) -> str | None:
    """The command that closes these as well; None where it would write more than is meant."""
    if not carries("reconcile", incidents, asked):
        return None
    return again("reconcile", incidents, asked, ["--allow-close"])


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


_TOGETHER: Mapping[Together, Callable[[Item], bool]] = {
    reconciling_command: lambda item: item.reason in DECIDED,
    resolving_command: lambda item: item.reason in _TO_RESOLVE,
    deciding_command: lambda item: item.reason is Reason.UNDECIDED,
    closing_command: lambda item: item.reason is Reason.CLOSING and item.field is not None,
    mending_command: lambda item: item.reason is Reason.MOVED,
    pairing_command: lambda item: (
        item.reason in _SAID or (item.reason is Reason.RELINKED and not acceptable(item))
    ),
    closed_command: lambda item: item.reason is Reason.CLOSING and item.field is None,
    backfilling_command: lambda item: item.reason is Reason.UNLINKED,
}
"""What settles many incidents at once, and which items it helps with."""
