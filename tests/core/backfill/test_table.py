"""A table that people save is read strictly: what is odd in it is named, line by line."""

import pytest

from raidctl.core.backfill.table import Row, Wrong, rows_of

HEADER = ("incident", "file")


@pytest.mark.parametrize(
    "text",
    [
        "incident,file\n12,a.log\n",
        "incident,file\r\n 12 , a.log \r\n",
        'incident,file\n"12","a.log"',
        "incident,file\n\n,\n12,a.log\n\n",
    ],
)
def test_what_means_the_same_is_read_the_same(text: str) -> None:
    (found,), wrong = rows_of(text, HEADER)
    assert (found.cells, list(wrong)) == (("12", "a.log"), [])


def test_a_cell_may_hold_anything() -> None:
    text = 'incident,file\n1,"a,""b""\n\u2028c"\n2,d\n'
    found, wrong = rows_of(text, HEADER)
    assert list(found) == [Row(3, ("1", 'a,"b"\n\u2028c')), Row(4, ("2", "d"))]
    assert list(wrong) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", Wrong(1, "the header is '', not incident,file")),
        ("file,incident\n", Wrong(1, "the header is 'file,incident', not incident,file")),
        ("incident\tfile\n", Wrong(1, "its columns are separated by '\\t': save it with commas")),
        ("incident,file\n", Wrong(1, "nothing follows the header")),
        ("incident,file\n1\n", Wrong(2, "it is not incident,file: '1'")),
        ("incident,file\n\n1,\n", Wrong(3, "it is not incident,file: '1,'")),
        ("incident,file\n1,a,b\n", Wrong(2, "it is not incident,file: '1,a,b'")),
    ],
)
def test_a_line_that_is_wrong_is_named(text: str, wrong: Wrong) -> None:
    assert list(rows_of(text, HEADER)[1]) == [wrong]


@pytest.mark.parametrize("text", ['incident,file\n1,"a\n', "incident,file\n1,a\r2,b\n"])
def test_what_is_no_csv_is_said(text: str) -> None:
    _, (wrong,) = rows_of(text, HEADER)
    assert "it is no CSV" in str(wrong)


def test_all_that_is_wrong_is_named_at_once_and_none_of_it_at_length() -> None:
    _, wrong = rows_of(f"incident,file\n{'x' * 99}\n1,a\n2\n", HEADER)
    assert [one.line for one in wrong] == [2, 4]
    assert len(str(wrong[0])) < 100
