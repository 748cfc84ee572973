"""The little of JQL that the simulator understands, run against the lagging index."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from raidctl.sandbox.jira.state import Record, RefusedError
from tests.simulators.jira.state import JiraState

_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'(),=<>!~]+)"""
_CLAUSE = re.compile(
    rf"""\s*(?P<field>\w+)\s*
    (?:=\s*(?P<one>{_VALUE}) | in\s*\(\s*(?P<many>{_VALUE}(?:\s*,\s*{_VALUE})*)\s*\))
    \s*(?:and\b|$)""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER = re.compile(r"(?:^|\s)order\s+by\s+(\w+)(\s+desc)?", re.IGNORECASE)
_NAMES = {
    "key": "key",
    "issue": "key",
    "issuekey": "key",
    "id": "id",
    "project": "project",
    "issuetype": "issuetype",
    "type": "issuetype",
    "status": "status",
}


@dataclass(frozen=True, slots=True)
class Query:
    """Clauses that all hold: a field, and the values of which it has one; then the order."""

    clauses: tuple[tuple[str, tuple[str, ...]], ...]
    order: str
    descending: bool


def parse_jql(text: str) -> Query:
    """Conjunctions of `=` and `in`; raises a 400 `RefusedError` for anything else."""
    order = _ORDER.search(text)
    where = text[: order.start()] if order else text
    by = order[1].lower() if order else "id"
    return Query(tuple(_clauses(where.strip())), by, bool(order and order[2]))


def _clauses(where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    position = 0
    while position < len(where):
        if (clause := _CLAUSE.match(where, position)) is None:
            raise RefusedError(400, f"Error in the JQL Query near '{where[position:][:40]}'.")
        field = clause["field"]
        if field.lower() not in _NAMES:
            raise RefusedError(
                400, f"Field '{field}' does not exist or you do not have permission to view it."
            )
        values = re.findall(_VALUE, clause["one"] or clause["many"])
        yield _NAMES[field.lower()], tuple(value.strip("\"'") for value in values)
        position = clause.end()


def run_jql(
    state: JiraState, query: Query, *, strict: bool = True, reconcile: Iterable[int] = ()
) -> list[Record]:
    """The matching issues as the index has them; those in `reconcile` as they are now.

    `strict` refuses the whole query when it names an issue or project that is not there.
    """
    if strict and (unknown := [*_unknown(state, query)]):
        raise RefusedError(400, *unknown)
    fresh = frozenset(reconcile)
    tests = [_test(state, field, values) for field, values in query.clauses]
    found = []
    for issue_id in _candidates(state, query):
        record = state.visible(str(issue_id)) if issue_id in fresh else state.indexed(issue_id)
        if record is not None and all(test(record) for test in tests):
            found.append(record)
    if query.order in {"created", "updated"}:
        found.sort(key=lambda record: (getattr(record, query.order), record.id))
    elif query.order in {"key", "issuekey"}:
        found.sort(key=lambda record: (record.project, int(record.key.rpartition("-")[2])))
    return found[::-1] if query.descending else found


def _unknown(state: JiraState, query: Query) -> Iterator[str]:
    for field, values in query.clauses:
        for value in values:
            if field == "key" and state.visible(value) is None:
                yield f"An issue with key '{value}' does not exist for field 'key'."
            elif field == "id" and state.visible(value) is None:
                yield f"A value with ID '{value}' does not exist for the field 'id'."
            elif field == "project" and value not in state.projects:
                yield f"The value '{value}' does not exist for the field 'project'."


def _candidates(state: JiraState, query: Query) -> Iterable[int]:
    for field, values in query.clauses:
        if field in {"key", "id"}:
            return sorted(_named(state, values))
    return state.ids()


def _named(state: JiraState, values: Iterable[str]) -> set[int]:
    records = (state.visible(value) for value in values)
    return {record.id for record in records if record is not None}


def _test(state: JiraState, field: str, values: tuple[str, ...]) -> Callable[[Record], bool]:
    names = {value.casefold() for value in values}
    match field:
        case "key" | "id":
            ids = _named(state, values)
            return lambda record: record.id in ids
        case "project":
            return lambda record: record.project.casefold() in names
        case "issuetype":
            return lambda record: record.issue_type.casefold() in names
        case _:
            return lambda record: str(record.values["status"]).casefold() in names
