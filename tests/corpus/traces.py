"""What a run leaves behind: the journal, Impact's rows, JIRA's histories, and what was asked."""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.cli.world import World

_NUMBERS = frozenset({"id", "write", "undoes", "number"})


@dataclass
class Traces:
    """Tells after each run what is new since the last one, what the scene itself did included.

    Of a `site` there is more to tell than of a demo, which runs in another process. `in_order`
    False leaves out the numbers by which the journal's writes go, for runs that write several
    links at once.
    """

    journal: Path
    home: Path
    masked: Callable[[str], str]
    site: World | None = None
    in_order: bool = True

    def __post_init__(self) -> None:
        self._journal = rows(self.journal)
        self._impact = [] if self.site is None else rows(self.site.database)
        self._files: dict[str, str] = {}
        self._changes = 0

    def news(self) -> Iterator[tuple[str, list[str]]]:
        """The parts that changed, each with its lines."""
        yield from self._written_files()
        journal = rows(self.journal, frozenset() if self.in_order else _NUMBERS)
        if journal != self._journal:
            yield "journal", sorted(journal, key=self.masked)
        self._journal = journal
        if self.site is None:
            return
        impact = rows(self.site.database)
        gone, new = Counter(self._impact) - Counter(impact), Counter(impact) - Counter(self._impact)
        if changed := [*(f"- {row}" for row in gone), *(f"+ {row}" for row in new)]:
            yield "impact", sorted(changed, key=self.masked)
        self._impact = impact
        if edits := list(self._edits()):
            yield "jira", edits
        if requests := list(self._requests()):
            yield "requests", requests

    def _written_files(self) -> Iterator[tuple[str, list[str]]]:
        for file in sorted(path for path in self.home.rglob("*") if path.is_file()):
            name, text = str(file.relative_to(self.home)), file.read_text("utf-8", "replace")
            if self._files.get(name) != text:
                yield f"{name}, {file.stat().st_mode:o}", _judged(text).splitlines()
            self._files[name] = text

    def _edits(self) -> Iterator[str]:
        """What was changed in JIRA, issue by issue, in each by order."""
        if self.site is None:
            return
        state, last = self.site.state, self._changes
        for change in (change for issue in state.ids() for change in state.history(issue)):
            if change.id > last:
                self._changes = max(self._changes, change.id)
                yield f"{change.issue_id} {change.author} {json.dumps(change.items)}"

    def _requests(self) -> Iterator[str]:
        """How often each was made; readers ask side by side, so there is no order."""
        if self.site is None:
            return
        for name, server in (("impact", self.site.impact), ("jira", self.site.jira)):
            for (method, path), times in sorted(Counter(server.requests).items()):
                yield f"{times} {name} {method} {path}"
            server.forget()


def rows(database: Path, left_out: frozenset[str] = frozenset()) -> list[str]:
    """Every row of every table, without some columns; nothing of a file that is not there."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return [
                _line(table, row, left_out)
                for (table,) in names.fetchall()
                for row in connection.execute(f'SELECT * FROM "{table}"')
            ]
        except sqlite3.DatabaseError as error:
            return [f"{type(error).__name__}: {error}"]


def _line(table: str, row: sqlite3.Row, left_out: frozenset[str]) -> str:
    values = dict(zip(row.keys(), row, strict=True))
    kept = {name: value for name, value in values.items() if name not in left_out}
    return f"{table} {json.dumps(kept, ensure_ascii=False, default=bytes.hex)}"


def _judged(text: str) -> str:
    """A saved plan, whose seal differs as its time does: whether it is that of its text."""
    try:
        document = json.loads(text)
        seal = document.pop("seal")
    except (ValueError, LookupError, AttributeError):  # it is no plan
        return text
    plain = json.dumps(document, ensure_ascii=True, sort_keys=True)
    right = seal == f"sha256:{hashlib.sha256(plain.encode()).hexdigest()}"
    return text.replace(str(seal), "the seal of this plan" if right else "another seal")
