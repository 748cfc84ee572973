"""The journal: what a reader finds, what it refuses, and that it cannot write."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from raidctl.core.memory import Baseline, BaselineState, Memory
from raidctl.core.model import Field, SyncDirection, Value
from raidctl.errors import ExitCode, JournalError
from raidctl.journal import Journal, ReadOnlyJournal
from raidctl.ports import IssueRef

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TO_JIRA, TO_IMPACT = SyncDirection.IMPACT_TO_JIRA, SyncDirection.JIRA_TO_IMPACT
LINK = (12, 10012)


def clock() -> datetime:
    return NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "raidctl.db"


@pytest.fixture
def written(path: Path) -> Path:
    """A journal with one baseline, a guard, a quarantine, links and users."""
    record(path, (*LINK, Field.STATUS, Baseline("OPEN", "Open", "t")))
    insert(path, "guards", ("incident", 12, "jira_to_impact", "status", stamp(30)))
    insert(path, "quarantines", (*LINK, "title", "2026-11-23T11:00:00+00:00"))
    insert(path, "links", (12, "INC-12", 10012, 1, "2026-11-23T11:00:00+00:00"))
    insert(path, "links", (13, "INC-13", 10013, 0, "2026-11-23T11:00:00+00:00"))
    insert(path, "users", ("ada@example.com", "acc-ada", "2026-11-23T11:00:00+00:00"))
    return path


@pytest.fixture
def reader(written: Path) -> Iterator[ReadOnlyJournal]:
    with closing(ReadOnlyJournal(written, clock)) as journal:
        yield journal


def record(path: Path, *stored: tuple[int, int, Field, Baseline]) -> None:
    with closing(Journal(path)) as journal:
        journal.record_baselines(stored, "run-1", NOW)


def insert(path: Path, table: str, row: tuple[object, ...]) -> None:
    execute(path, f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def execute(path: Path, sql: str, row: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql, row)


def stamp(seconds: float) -> float:
    return (NOW + timedelta(seconds=seconds)).timestamp()


def memories(path: Path, *links: tuple[int, int]) -> list[Memory]:
    with closing(ReadOnlyJournal(path, clock)) as journal:
        return list(journal.memories(links))


def test_no_file_is_an_empty_journal_and_stays_no_file(path: Path) -> None:
    with closing(ReadOnlyJournal(path, clock)) as journal:
        assert not journal.has_baselines
        assert list(journal.memories([LINK, (13, 10013)])) == [Memory(), Memory()]
        assert journal.known_issues([12]) == {}
        assert journal.last_seen_open() == frozenset()
        assert journal.accounts() == {}
    assert not path.parent.exists()


def test_a_new_journal_is_empty_private_and_in_a_private_directory(path: Path) -> None:
    record(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with closing(ReadOnlyJournal(path, clock)) as journal:
        assert not journal.has_baselines
        assert list(journal.memories([LINK])) == [Memory()]


@pytest.mark.parametrize(
    "value",
    [None, "", "x", "a\r\nb\x00 🧯", "\ud83d", 'say "1"', 0, 1, 20, -5, 10**12, "1", "null"],
)
def test_a_value_comes_back_as_it_was_on_either_side(path: Path, value: Value) -> None:
    left, right = Baseline(value, "j", "t"), Baseline("i", value, "t")
    record(path, (*LINK, Field.TITLE, left), (*LINK, Field.STATUS, right))
    (memory,) = memories(path, LINK)
    assert memory.baselines == {Field.TITLE: left, Field.STATUS: right}
    assert type(memory.baselines[Field.TITLE].impact) is type(value)


@pytest.mark.parametrize("state", BaselineState)
@pytest.mark.parametrize("direction", [None, TO_JIRA, TO_IMPACT])
@pytest.mark.parametrize("field", Field)
def test_a_baseline_comes_back_as_it_was(
    path: Path, field: Field, state: BaselineState, direction: SyncDirection | None
) -> None:
    stored = Baseline("a", 3, "0123456789abcdef", state, direction)
    record(path, (*LINK, field, stored))
    assert memories(path, LINK) == [Memory({field: stored})]


def test_a_newer_baseline_replaces_an_older_one(path: Path) -> None:
    old = Baseline("a", "b", "t", BaselineState.UNFINISHED, TO_JIRA)
    new = Baseline("c", "d", "u")
    record(path, (*LINK, Field.TITLE, old))
    record(path, (*LINK, Field.TITLE, new))
    assert memories(path, LINK) == [Memory({Field.TITLE: new})]


def test_a_baseline_belongs_to_incident_and_issue(path: Path) -> None:
    stored = Baseline("a", "b", "t")
    record(path, (*LINK, Field.TITLE, stored))
    links = [(12, 99), LINK, (99, 10012), LINK]
    found = Memory({Field.TITLE: stored})
    assert memories(path, *links) == [Memory(), found, Memory(), found]


def test_memories_of_many_links_come_in_the_order_asked_for(path: Path) -> None:
    links = [(number, number + 10_000) for number in range(3000)]
    record(path, *((*link, Field.TITLE, Baseline(str(link[0]), "", "t")) for link in links))
    found = memories(path, *reversed(links))
    assert [memory.baselines[Field.TITLE].impact for memory in found] == [
        str(number) for number in reversed(range(3000))
    ]


def test_a_guard_covers_its_fields_in_its_direction_until_it_expires(path: Path) -> None:
    record(path)
    insert(path, "guards", ("incident", 12, "jira_to_impact", "status", stamp(1)))
    insert(path, "guards", ("incident", 12, "impact_to_jira", "title", stamp(0.5)))
    insert(path, "guards", ("incident", 12, "impact_to_jira", "status", stamp(0)))
    insert(path, "guards", ("incident", 12, "impact_to_jira", "priority", stamp(-1)))
    insert(path, "guards", ("incident", 13, "impact_to_jira", "commander", stamp(9)))
    insert(path, "guards", ("other", 12, "impact_to_jira", "commander", stamp(9)))
    found = memories(path, LINK, (13, 10013), (14, 10014))
    assert [memory.cooling for memory in found] == [
        {(TO_IMPACT, Field.STATUS), (TO_JIRA, Field.TITLE)},
        {(TO_JIRA, Field.COMMANDER)},
        frozenset(),
    ]


def test_quarantines_links_and_users(reader: ReadOnlyJournal) -> None:
    assert [memory.flapping for memory in reader.memories([LINK, (12, 99)])] == [
        {Field.TITLE},
        frozenset(),
    ]
    assert reader.has_baselines
    assert reader.known_issues([12, 13, 14]) == {
        12: IssueRef("INC-12", 10012),
        13: IssueRef("INC-13", 10013),
    }
    assert reader.known_issues([14]) == {}
    assert reader.last_seen_open() == {12}
    assert reader.accounts() == {"ada@example.com": "acc-ada"}


def test_no_links_need_no_look_up(reader: ReadOnlyJournal) -> None:
    assert list(reader.memories([])) == []


def test_a_journal_beside_others_under_an_odd_name_is_found(tmp_path: Path) -> None:
    odd = tmp_path / "50% #1? é&mode=rw" / "a b.db"
    record(odd, (*LINK, Field.TITLE, Baseline("a", "b", "t")))
    assert memories(odd, LINK)[0].baselines


# What is refused


def refused(path: Path) -> str:
    """The one line that says why a journal cannot be used."""
    with pytest.raises(JournalError) as caught:
        read_everything(path)
    said = str(caught.value)
    assert str(path) in said
    assert "\n" not in said
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return said


def test_a_newer_journal_is_refused_by_name(written: Path) -> None:
    execute(
        written,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        ("raidctl", "_999_from_the_future", "2027-01-01"),
    )
    assert "newer raidctl" in refused(written)


def test_anothers_migrations_do_not_make_it_newer(written: Path) -> None:
    execute(
        written,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        ("something else", "_999", "2027-01-01"),
    )
    assert memories(written, LINK)[0].baselines


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no journal, but it is long enough to be looked at\n" * 100)
    assert "cannot be used" in refused(path)


def test_an_empty_file_and_a_foreign_database_are_refused(tmp_path: Path) -> None:
    empty, foreign = tmp_path / "empty.db", tmp_path / "foreign.db"
    empty.touch()
    execute(foreign, "CREATE TABLE songs (id)")
    for path in (empty, foreign):
        assert "cannot be used" in refused(path)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_truncated_journal_is_refused(path: Path, part: float) -> None:
    rows = [((n, n, Field.TITLE, Baseline("x" * 500, "y" * 500, "t"))) for n in range(200)]
    record(path, *rows)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(JournalError, match=re.escape(str(path))):
        memories(path, *((n, n) for n in range(200)))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert "cannot be used" in refused(tmp_path)


def test_a_path_no_file_can_have_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / ("x" * 300))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("impact", "not json"),
        ("jira", '["no", "value"]'),
        ("impact", None),
        ("state", "unheard of"),
        ("field", "unheard of"),
        ("direction", "sideways"),
    ],
)
def test_a_row_that_cannot_be_understood_is_damage_not_a_defect(
    written: Path, column: str, value: str | None
) -> None:
    execute(written, f"UPDATE baselines SET {column} = ?", (value,))
    assert "cannot be used" in refused(written)


@pytest.mark.parametrize("table", ["guards", "quarantines"])
def test_so_is_one_of_another_table(written: Path, table: str) -> None:
    execute(written, f"UPDATE {table} SET field = 'unheard of'")
    assert "cannot be used" in refused(written)


def test_a_journal_that_cannot_be_made_is_refused_for_writing_too(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    for path in (blocked, blocked / "raidctl.db", tmp_path):
        with pytest.raises(JournalError, match=re.escape(str(path))):
            Journal(path).close()


def test_a_newer_journal_is_not_written(written: Path) -> None:
    execute(
        written,
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES (?, ?, ?)",
        ("raidctl", "_999_from_the_future", "2027-01-01"),
    )
    with pytest.raises(JournalError, match="newer raidctl"):
        Journal(written).close()


# That a reader cannot write

WRITES = [
    "INSERT INTO users VALUES ('a', 'b', 'c')",
    "UPDATE users SET account = 'x'",
    "DELETE FROM users",
    "REPLACE INTO users VALUES ('ada@example.com', 'x', 'c')",
    "CREATE TABLE more (id)",
    "CREATE INDEX more ON users (account)",
    "ALTER TABLE users ADD COLUMN more TEXT",
    "DROP TABLE users",
    "PRAGMA user_version = 7",
    "VACUUM",
]


def connection_of(reader: ReadOnlyJournal) -> sqlite3.Connection:
    connection = reader._connection
    assert connection is not None
    return connection


@pytest.mark.parametrize("statement", WRITES)
def test_the_readers_connection_refuses_every_kind_of_write(
    reader: ReadOnlyJournal, statement: str
) -> None:
    with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only|query_only"):
        connection_of(reader).execute(statement)


def test_two_locks_are_on_the_connection(reader: ReadOnlyJournal) -> None:
    assert connection_of(reader).execute("PRAGMA query_only").fetchone() == (1,)


def test_it_refuses_them_even_with_query_only_lifted(reader: ReadOnlyJournal) -> None:
    connection = connection_of(reader)
    connection.execute("PRAGMA query_only = OFF")
    for statement in WRITES:
        with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
            connection.execute(statement)
        connection.rollback()


def traces(directory: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a directory: its bytes and when it was last written."""
    return {
        entry.name: (Path(entry).read_bytes(), entry.stat().st_mtime_ns)
        for entry in os.scandir(directory)
    }


def read_everything(path: Path) -> None:
    with closing(ReadOnlyJournal(path, clock)) as journal:
        assert isinstance(journal.has_baselines, bool)
        assert len(journal.memories([LINK])) == 1
        journal.known_issues([12])
        journal.last_seen_open()
        journal.accounts()


def test_reading_a_closed_journal_leaves_its_file_as_it_was(written: Path) -> None:
    before = traces(written.parent)
    read_everything(written)
    assert traces(written.parent)[written.name] == before[written.name]


def test_reading_beside_a_writer_sees_what_is_committed_and_leaves_it_alone(written: Path) -> None:
    with closing(sqlite3.connect(written)) as writer:
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        with writer:
            writer.execute("INSERT INTO users VALUES ('bob@example.com', 'acc-bob', '')")
        names = (written.name, f"{written.name}-wal")
        before = traces(written.parent)
        read_everything(written)
        with closing(ReadOnlyJournal(written, clock)) as journal:
            assert journal.accounts()["bob@example.com"] == "acc-bob"
        after = traces(written.parent)
        assert {name: after[name] for name in names} == {name: before[name] for name in names}


@pytest.fixture
def shared_directory() -> Iterator[Path]:
    """A directory everybody may enter (pytest's own are private)."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


@contextmanager
def unprivileged(directory: Path) -> Iterator[None]:
    """As somebody who may read a directory and not write in it, root too."""
    root = os.geteuid() == 0
    directory.chmod(0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        directory.chmod(0o755)


def test_a_journal_is_read_where_its_reader_may_not_write(shared_directory: Path) -> None:
    path = shared_directory / "raidctl.db"
    stored = Baseline("a", "b", "t")
    record(path, (*LINK, Field.TITLE, stored))
    path.chmod(0o444)
    with unprivileged(shared_directory):
        assert memories(path, LINK) == [Memory({Field.TITLE: stored})]


def test_a_journal_its_reader_may_not_read_is_refused(shared_directory: Path) -> None:
    path = shared_directory / "raidctl.db"
    record(path)
    path.chmod(0o000)
    with unprivileged(shared_directory):
        refused(path)


def test_so_is_one_in_a_directory_its_reader_may_not_enter(shared_directory: Path) -> None:
    path = shared_directory / "private" / "raidctl.db"
    record(path)
    path.parent.chmod(0o000)
    with unprivileged(shared_directory):
        refused(path)
    path.parent.chmod(0o700)
