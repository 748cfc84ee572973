"""On which line a key of the configuration stands."""

import pytest

from raidctl.config.lines import key_lines, line_of

SOURCE = '''\
top = 1
[a]
x = 1
  y.z = 2 # three
[a."b.c"] # quoted
'k e y' = 3
long = [
  1,
]
[d]
inner = { one = 1 }
text = """
[e]
"""
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("a", "x"), 3),
        (("a", "y", "z"), 4),
        (("a", "b.c", "k e y"), 6),
        (("a", "b.c", "long"), 7),
        (("d", "inner", "one"), 11),
        (("d",), 10),
        (("nowhere", "at", "all"), None),
    ],
)
def test_the_line_of_a_key_or_of_what_it_is_in(path: tuple[str, ...], line: int | None) -> None:
    assert line_of(path, key_lines(SOURCE)) == line


def test_what_is_no_toml_is_passed_over() -> None:
    assert key_lines("[\n= 1\n[a.]\n===\n\x00\n") == {}
