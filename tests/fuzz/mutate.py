"""Make something else of a value, at random but the same for the same seed."""

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any


def _deep(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = [value]
    return value


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 7, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30),
    *(0.5, 1e300, float("inf"), float("-inf"), float("nan")),
    *("", " ", "x", "0", "-1", "7", "null", "\x00", "\n\n", "\ud800", "\u202e", "é" * 300),
    *(str(2**63), "9" * 5_000, "1e999", "x" * 70_000, "[red]{}%s\x1b[31m", "INC-0", "-", "=1+1"),
    *("infinity", "2026-99-99", "2026-11-22", "0001-01-01T00:00:00+14:00", "24:00"),
    *("9999-12-31T23:59:59-23:59", "10000-01-01T00:00:00Z", "2026-11-22T21:00:00.5+99:99"),
    *([], {}, [None], [[]], [7], ["x"], {"": None}, {"id": None}, {"name": {}}, {"value": [1]}),
    *(_deep(60), _deep(400)),
    {"type": "doc", "content": [{"type": "text", "text": 7, "marks": 7}]},
]
"""What stands nowhere where it should."""

Place = tuple[Any, Any]
"""A list or an object, and the index or key of something in it."""


def mutant(random: Random, value: Any) -> Any:
    """A copy of a value of JSON in which something is another, missing, or there twice."""
    holder = [deepcopy(value)]
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        places = list(_places(holder))
        inside, at = random.choice(places)
        random.choice(_EDITS)(random, inside, at)
        if not holder:
            holder = [None]
    return holder[0]


def mutant_bytes(random: Random, content: bytes) -> bytes:
    """The content with bytes changed, left out, put in, or cut off."""
    found = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        at = random.randrange(len(found) + 1) if found else 0
        match random.randrange(5):
            case 0 if at < len(found):
                found[at] = random.randrange(256)
            case 1:
                del found[at : at + random.choice((1, 4, 100))]
            case 2:
                found[at:at] = random.randbytes(random.choice((1, 4, 100)))
            case 3 if random.random() < 0.1:
                del found[at:]
            case _ if at < len(found):
                found[at] ^= 1 << random.randrange(8)
    return bytes(found)


def _places(value: Any) -> Any:
    pairs: Any = ()
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    for at, inside in pairs:
        yield value, at
        if isinstance(inside, dict | list):
            yield from _places(inside)


def _replace(random: Random, inside: Any, at: Any) -> None:
    inside[at] = deepcopy(random.choice(ODD))


def _delete(_: Random, inside: Any, at: Any) -> None:
    del inside[at]


def _wrap(random: Random, inside: Any, at: Any) -> None:
    inside[at] = random.choice(([inside[at]], {"value": inside[at]}, [inside[at], inside[at]]))


def _retype(_: Random, inside: Any, at: Any) -> None:
    value = inside[at]
    inside[at] = str(value) if not isinstance(value, str) else [value]


def _add(random: Random, inside: Any, at: Any) -> None:
    odd = deepcopy(random.choice(ODD))
    if isinstance(inside, list):
        inside.insert(at, odd)
    else:
        inside[f"{at}X"] = odd


_EDITS: list[Callable[[Random, Any, Any], None]] = [_replace, _replace, _replace, _delete, _wrap]
_EDITS += [_retype, _add]
