"""Files of issues: what is there already, what is remembered, and names that are names anywhere."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.backfill.attachment import (
    LONGEST_NAME,
    Attachment,
    Content,
    Presence,
    Remembered,
    attaching,
    content_of,
    free_name,
    in_words,
    marked,
    name_at,
    presence,
    property_of,
    remembered,
    safe_name,
    shown,
)
from raidctl.core.backfill.backlink import LONGEST_PROPERTY
from raidctl.core.plan.item import Subject

ONE, OTHER = Content(3, "a" * 64), Content(3, "b" * 64)


def there(number: int, name: str = "a.log", size: int = 3) -> Attachment:
    return Attachment(number, name, size, "text/plain")


@pytest.mark.parametrize(
    ("found", "known", "expected"),
    [
        ([], [], Presence.MISSING),
        ([there(1)], [], Presence.ALIKE),
        ([there(1, size=4)], [], Presence.MISSING),
        ([there(1, "b.log")], [], Presence.MISSING),
        ([there(1)], [Remembered(1, "a.log", ONE)], Presence.THERE),
        ([there(1)], [Remembered(1, "a.log", OTHER)], Presence.MISSING),
        ([there(1)], [Remembered(2, "a.log", ONE)], Presence.ALIKE),
        ([], [Remembered(1, "a.log", ONE)], Presence.MISSING),  # somebody deleted it
        ([there(1, "renamed")], [Remembered(1, "a.log", ONE)], Presence.THERE),
        ([there(1, marked("a.log", ONE))], [], Presence.ALIKE),
        ([there(1), there(2)], [Remembered(2, "a.log", ONE)], Presence.THERE),
        ([there(1, size=4)], [Remembered(1, "a.log", ONE)], Presence.MISSING),  # a lie
    ],
)
def test_a_file_is_there_by_its_hash_else_by_name_and_size(
    found: list[Attachment], known: list[Remembered], expected: Presence
) -> None:
    assert presence("a.log", ONE, found, known) is expected


def test_two_of_one_name_are_told_apart_the_same_way_in_every_run() -> None:
    assert free_name("a.log", ONE, ["b.log"]) == "a.log"
    assert free_name("a.log", ONE, ["A.LOG"]) == "a-aaaaaaaa.log"
    assert free_name("a.log", OTHER, ["a.log"]) == "a-bbbbbbbb.log"
    assert (marked("a", ONE), marked(".env", ONE)) == ("a-aaaaaaaa", ".env-aaaaaaaa")


def test_a_change_tells_what_its_file_holds() -> None:
    change = attaching(Subject(1, "", ""), "a\nb", ONE, "3 bytes")
    assert content_of(change) == ONE
    assert change.key != attaching(Subject(1, "", ""), "a\nb", OTHER, "3 bytes").key


names = st.text(min_size=1, max_size=300)


@given(st.lists(st.tuples(names, st.integers(0, 10**12)), max_size=120))
def test_what_is_remembered_fits_and_the_newest_stay(files: list[tuple[str, int]]) -> None:
    known = [Remembered(n, name, Content(size, "c" * 64)) for n, (name, size) in enumerate(files)]
    value = property_of(known)
    assert len(json.dumps(value)) <= LONGEST_PROPERTY
    back = remembered(json.loads(json.dumps(value)))
    assert list(back) == known[len(known) - len(back) :]
    assert len(back) == len(known) or len(json.dumps(value)) > LONGEST_PROPERTY - 2_500


@pytest.mark.parametrize(
    "value",
    [
        *(None, 1, "x", [], {}, {"files": None}, {"files": {"1": 2}}, {"files": [None, 1, [], {}]}),
        {"files": [{"id": "x", "name": "a", "size": 1, "sha256": "b"}]},
        {"files": [{"id": "1", "name": 2, "size": 1, "sha256": "b"}]},
        {"files": [{"id": "1", "name": "a", "size": "1", "sha256": "b"}]},
        {"files": [{"id": "1", "name": "a", "size": 1, "sha256": None}]},
    ],
)
def test_what_anybody_else_writes_there_is_nothing(value: object) -> None:
    assert remembered(value) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        ("", "file"),
        ("a\u202egnp.exe", "a_gnp.exe"),
        ("a\x1b[31m\r\n.log", "a_[31m__.log"),
        ('a:b"c<d>e|f?g*.txt', "a_b_c_d_e_f_g_.txt"),
        ("CON", "_CON"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("com1", "_com1"),
        ("console.log", "console.log"),
        (" a . ", "a"),
        ("e\u0301.txt", "é.txt"),
        ("\u3164.txt", "_.txt"),
        ("é" * 200 + ".log", "é" * 98 + ".log"),
    ],
)
def test_a_name_is_safe(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(names)
def test_a_safe_name_is_safe_whatever_it_was(text: str) -> None:
    name = safe_name(text)
    assert 0 < len(name.encode()) <= LONGEST_NAME
    assert not set(name) & set('/\\<>:"|?*')
    assert all(unicodedata.category(character)[0] != "C" for character in name)
    assert name not in {".", ".."}
    assert not name.endswith((".", " "))
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("place", "name", "told"),
    [
        ("https://h.example/a/b.png?x=y#z", "b.png", "https://h.example/a/b.png"),
        ("https://h.example/a%2Fb%0A.png", "b_.png", "https://h.example/a%2Fb%0A.png"),
        ("https://h.example/a/", "a", "https://h.example/a/"),
        ("https://h.example", "file", "https://h.example"),
        ("https://u:s3cret@h.example:8443/a", "a", "https://h.example:8443/a"),
        ("https://[x/a", "file", "an address that cannot be understood"),
        ("./logs/a.log", "a.log", "./logs/a.log"),
    ],
)
def test_a_file_is_called_by_its_place_which_is_shown_without_secrets(
    place: str, name: str, told: str
) -> None:
    assert (name_at(place), shown(place)) == (name, told)


def test_sizes_are_told_in_the_unit_in_which_they_are_few() -> None:
    sizes = [0, 1023, 1024, 5 * 1024**2, 3 * 1024**3]
    assert [in_words(size) for size in sizes] == [
        *("0 bytes", "1023 bytes", "1.0 kB", "5.0 MB", "3.0 GB")
    ]
