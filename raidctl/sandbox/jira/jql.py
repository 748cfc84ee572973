"""The little of JQL that the simulated JIRA understands, run against its index."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from raidctl.sandbox.jira.calls import Call
from raidctl.sandbox.jira.state import JiraState, Record, RefusedError

Test = Callable[[Record], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*') | (?P<sign>[<>]=?|=|[(),])
    | (?P<word>[^\s"'(),=<>!~]+))\s*""",
    re.VERBOSE | re.DOTALL,
)
_ORDER = re.compile(r"(?:^|\s)order\s+by\s+(\w+)(\s+desc|\s+asc)?\s*$", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_AGO = re.compile(r"-([0-9]+)m")
_NAMES = {
    "key": "key",
    "issue": "key",
    "issuekey": "key",
    "id": "id",
    "project": "project",
    "issuetype": "issuetype",
    "type": "issuetype",
    "status": "status",
    "created": "created",
    "updated": "updated",
    "creator": "creator",
}
_TIMES = ("created", "updated")
_BY_LINK = "issueswithremotelinksbyglobalid"
_MOST_GLOBAL_IDS = 100


@dataclass(frozen=True, slots=True)
class Clause:
    """A field, how it is compared, and the values of which it has one.

    `sign` may also be the (lower-case) name of a function whose values they are.
    """

    field: str
    sign: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Alternatives, of each of which all clauses hold; then the order."""

    alternatives: tuple[tuple[Clause, ...], ...]
    order: str
    descending: bool

    @property
    def clauses(self) -> list[Clause]:
        """All there are."""
        return [clause for clauses in self.alternatives for clause in clauses]


def parse_jql(text: str) -> Query:
    """`=`, `in` and times, with AND, OR and brackets; raises a 400 `RefusedError` for the rest."""
    order = _ORDER.search(text)
    where = text[: order.start()] if order else text
    by = order[1].lower() if order else "id"
    descending = bool(order and (order[2] or "").strip().lower() == "desc")
    found = _Parser(where).parsed() if where.strip() else ((),)
    return Query(found, by, descending)


class _Parser:
    """Recursive descent, straight into a disjunction of conjunctions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._read())
        self._at = 0

    def _read(self) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(self._text):
            if (token := _TOKEN.match(self._text, position)) is None:
                raise self._wrong(self._text[position:])
            position = token.end()
            kind = str(token.lastgroup)
            value = token[kind]
            yield kind, _ESCAPE.sub(_unescaped, value[1:-1]) if kind == "text" else value

    def parsed(self) -> tuple[tuple[Clause, ...], ...]:
        found = self._either()
        if self._at < len(self._tokens):
            raise self._wrong(self._tokens[self._at][1])
        return found

    def _either(self) -> tuple[tuple[Clause, ...], ...]:
        found = self._all()
        while self._takes("word", "or"):
            found += self._all()
        return found

    def _all(self) -> tuple[tuple[Clause, ...], ...]:
        found = self._one()
        while self._takes("word", "and"):
            found = tuple(left + right for right in self._one() for left in found)
        return found

    def _one(self) -> tuple[tuple[Clause, ...], ...]:
        if self._takes("sign", "("):
            found = self._either()
            self._must("sign", ")")
            return found
        return ((self._clause(),),)

    def _clause(self) -> Clause:
        name = self._next("word")
        if name.lower() not in _NAMES:
            why = f"Field '{name}' does not exist or you do not have permission to view it."
            raise RefusedError(400, why)
        field = _NAMES[name.lower()]
        if self._takes("word", "in"):
            if (function := self._takes("word", _BY_LINK)) and field != "key":
                raise self._wrong(function)
            self._must("sign", "(")
            values = [self._next("word", "text")]
            while self._takes("sign", ","):
                values.append(self._next("word", "text"))
            self._must("sign", ")")
            if function and len(values) > _MOST_GLOBAL_IDS:
                raise RefusedError(400, f"Function '{_BY_LINK}' takes 1 to 100 arguments.")
            return Clause(field, function.lower() or "=", tuple(values))
        sign = self._next("sign")
        if (field in _TIMES) != (sign in {"<=", ">="}) or sign not in {"=", "<=", ">="}:
            raise self._wrong(sign)
        value = self._next("word", "text")
        if field == "creator" and value.lower() == "currentuser":
            self._must("sign", "(")
            self._must("sign", ")")
        return Clause(field, sign, (value,))

    def _takes(self, kind: str, value: str) -> str:
        """The next token, where it is this one, whatever its case; else an empty text."""
        here = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if (here[0], here[1].lower()) != (kind, value):
            return ""
        self._at += 1
        return here[1]

    def _must(self, kind: str, value: str) -> None:
        if not self._takes(kind, value):
            raise self._wrong(value)

    def _next(self, *kinds: str) -> str:
        if self._at == len(self._tokens) or self._tokens[self._at][0] not in kinds:
            raise self._wrong(self._text)
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _wrong(self, near: str) -> RefusedError:
        return RefusedError(400, f"Error in the JQL Query near '{near[:40]}'.")


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else found[2]


def run_jql(
    call: Call, query: Query, *, strict: bool = True, reconcile: Iterable[int] = ()
) -> list[Record]:
    """The matching issues as the index has them; those in `reconcile` as they are now.

    `strict` refuses the whole query when it names an issue or project that is not there.
    """
    state = call.state
    if strict and (unknown := [*_unknown(state, query)]):
        raise RefusedError(400, *unknown)
    fresh = frozenset(reconcile)
    tests = [[_test(call, clause) for clause in clauses] for clauses in query.alternatives]
    found = []
    for issue_id in _candidates(state, query):
        record = state.visible(str(issue_id)) if issue_id in fresh else state.indexed(issue_id)
        if record is not None and _meets(record, tests):
            found.append(record)
    if query.order in {"created", "updated"}:
        found.sort(key=lambda record: (getattr(record, query.order), record.id))
    elif query.order in {"key", "issuekey"}:
        found.sort(key=lambda record: (record.project, int(record.key.rpartition("-")[2])))
    return found[::-1] if query.descending else found


def _meets(record: Record, tests: Sequence[Sequence[Test]]) -> bool:
    return any(all(test(record) for test in some) for some in tests)


def _unknown(state: JiraState, query: Query) -> Iterator[str]:
    for clause in query.clauses:
        for value in clause.values if clause.sign == "=" else ():
            if clause.field == "key" and state.visible(value) is None:
                yield f"An issue with key '{value}' does not exist for field 'key'."
            elif clause.field == "id" and state.visible(value) is None:
                yield f"A value with ID '{value}' does not exist for the field 'id'."
            elif clause.field == "project" and value not in state.projects:
                yield f"The value '{value}' does not exist for the field 'project'."


def _candidates(state: JiraState, query: Query) -> Iterable[int]:
    if len(query.alternatives) == 1:
        for clause in query.clauses:
            if clause.field in {"key", "id"}:
                return sorted(_named(state, clause))
    return state.ids()


def _named(state: JiraState, clause: Clause) -> set[int]:
    if clause.sign == _BY_LINK:
        return state.linked_by(clause.values)
    records = (state.visible(value) for value in clause.values)
    return {record.id for record in records if record is not None}


def _test(call: Call, clause: Clause) -> Test:
    state = call.state
    names = {value.casefold() for value in clause.values}
    match clause.field:
        case "key" | "id":
            ids = _named(state, clause)
            return lambda record: record.id in ids
        case "project":
            return lambda record: record.project.casefold() in names
        case "issuetype":
            return lambda record: (
                record.issue_type.casefold() in names or state.type_id(record.issue_type) in names
            )
        case "creator":
            return lambda record: state.creators.get(record.id) == call.account
        case "created" | "updated":
            return _within(state, clause)
        case _:
            return lambda record: str(record.values["status"]).casefold() in names


def _within(state: JiraState, clause: Clause) -> Test:
    """Only times before now, in minutes, which no time zone touches."""
    (value,) = clause.values
    if (ago := _AGO.fullmatch(value)) is None:
        raise RefusedError(400, f"Date value '{value}' for field '{clause.field}' is invalid.")
    border = state.now() - timedelta(minutes=int(ago[1]))
    if clause.sign == ">=":
        return lambda record: bool(getattr(record, clause.field) >= border)
    return lambda record: bool(getattr(record, clause.field) <= border)
