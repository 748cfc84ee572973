"""A CSV of links is taken whole or not at all; tickets come back from the journal as they were."""

from hypothesis import given
from hypothesis import strategies as st

from raidctl.core.backfill.pairs import HEADER, pairs_of
from raidctl.core.backfill.table import rows_of
from raidctl.core.backfill.tickets import Ticket, spelled, tickets_in

CELLS = st.sampled_from(["1", "2", "INC-1", "inc-1", "", " ", '"', "é", "\x00", ";", "x,y"])
LINES = st.lists(st.lists(CELLS, max_size=3).map(",".join), max_size=5)
TICKETS = st.lists(
    st.builds(
        Ticket,
        st.integers(1, 10**9),
        st.from_regex(r"[A-Z][A-Z0-9_]{0,9}-[0-9]{1,6}", fullmatch=True),
        st.none() | st.integers(1, 10**9),
    ),
    unique=True,
    max_size=3,
)


def read(text: str) -> tuple[list[tuple[int, int, str]], list[str]]:
    """The pairs of a text, and what is wrong with it."""
    rows, wrong = rows_of(text, HEADER)
    named, also = pairs_of([(row.line, row.cells) for row in rows])
    return [(n.line, n.incident, n.key) for n in named], list(map(str, [*wrong, *also]))


@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_a_file_is_taken_whole_or_not_at_all(lines: list[str], end: str) -> None:
    named, wrong = read(end.join(["incident,key", *lines]))
    assert bool(wrong) or bool(named)
    if not wrong:
        assert len({number for _, number, _ in named}) == len(named)
        assert len({key for _, _, key in named}) == len(named)
    assert all(why.isprintable() for why in wrong)


@given(st.text())
def test_no_text_is_a_defect(text: str) -> None:
    named, wrong = read(text)
    assert bool(wrong) or bool(named)


def test_the_lines_are_counted_as_an_editor_counts_them() -> None:
    text = "incident,key\r\n\r\n12,INC-12\r\n13,inc-13\r\n\r\n"
    assert read(text) == ([(3, 12, "INC-12"), (4, 13, "INC-13")], [])


@given(TICKETS)
def test_tickets_come_back_from_the_journal_as_they_were(tickets: list[Ticket]) -> None:
    assert set(tickets_in(spelled(tickets))) == set(tickets)


def test_what_spells_no_tickets_is_none() -> None:
    assert tickets_in(None) == tickets_in(12) == tickets_in("INC-1") == ()
