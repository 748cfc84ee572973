"""What a link is due on both sides: the entries of their histories and the requests, each once."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from raidctl.core.model import Field, Side, Value
from raidctl.sandbox.impact.webhook import JIRA_UPDATE
from raidctl.sandbox.jira.workflows import RAID
from raidctl.sandbox.server import Request
from tests.cli.world import BOT
from tests.crash.links import IMPACT, JIRA, Linked
from tests.crash.systems import RESTORED, SYNCED, Entry, entry

_BY_WEBHOOK = (Field.STATUS, Field.PRIORITY)
_WORDS = {"MITIGATING": "in progress", "MITIGATED": "Reporter validation"}  # FireFighter's
_WAYS = {way.id: way.target for way in RAID.transitions}


def entries(side: Side, link: Linked) -> Iterator[Entry]:
    """Every entry that a side's history is to have of a link, once."""
    yield from (_in_jira if side is JIRA else _in_impact)(link)


def _in_jira(link: Linked) -> Iterator[Entry]:
    if plain := _only(link.moves(JIRA), set(Field) - {Field.STATUS}):
        yield entry(BOT.account, "", plain)
    for hop in link.hops:
        own = {"resolution": "Done"} if hop == "Resolved" else {}
        yield entry(BOT.account, "", {Field.STATUS: hop, **own})


def _in_impact(link: Linked) -> Iterator[Entry]:
    moves = link.moves(IMPACT)
    for name in _BY_WEBHOOK:
        if name in moves:
            yield entry("", f"jira_{name}_sync", {name: moves[name]})
    if moves.get(Field.STATUS) == "MITIGATED":
        yield entry("", "recovered", {})
    for together in ((Field.TITLE, Field.DESCRIPTION), (Field.COMMANDER,)):
        if written := _only(moves, together):
            yield entry("", RESTORED if link.undone else SYNCED, written)


def requests(links: Iterable[Linked]) -> Iterator[str]:
    """Every request that is to write."""
    for link in links:
        if _only(link.moves(JIRA), set(Field) - {Field.STATUS}):
            yield f"PUT issue/{link.issue}"
        yield from (f"POST issue/{link.issue}/transitions {hop}" for hop in link.hops)
        told = [
            # Who put a value back is nobody in JIRA.
            ("" if link.undone else link.people[name].account, name)
            for name in _BY_WEBHOOK
            if name in link.moves(IMPACT)
        ]
        for who, items in groupby(sorted(told), lambda one: one[0]):
            changes = ((name, link.moves(IMPACT)[name]) for _, name in items)
            yield _event(f"INC-{link.number}", who, changes)


def writes(sent: Iterable[Request]) -> Iterator[str]:
    """Those requests that write, as `requests` names them."""
    for request in sent:
        body: Any = request.json if request.method != "GET" else None
        if request.path == JIRA_UPDATE:
            items = body["changelog"]["items"]
            changes = ((item["field"].lower(), item["toString"]) for item in items)
            yield _event(body["issue"]["key"], body["user"]["accountId"], changes)
        elif request.path.endswith("/transitions") and request.method == "POST":
            yield f"POST {_rest(request)} {_WAYS[body['transition']['id']]}"
        elif request.method != "GET" and not request.path.endswith(("/bulkfetch", "/search")):
            yield f"{request.method} {_rest(request)}"


def _event(key: str, who: str, changes: Iterable[tuple[str, Value]]) -> str:
    said = sorted(f"{name} {_WORDS.get(str(value), value)}" for name, value in changes)
    return f"event of {key} by {who}: {', '.join(said)}"


def _rest(request: Request) -> str:
    return request.path.split("/", 4)[-1]


def _only(values: Mapping[Field, Value], names: Iterable[Field]) -> Mapping[Field, Value]:
    wanted = frozenset(names)
    return {name: value for name, value in values.items() if name in wanted}
