"""One call to the simulated JIRA: the request, who makes it, and how it is answered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from raidctl.sandbox.jira.fields import Json, Shapes, selected
from raidctl.sandbox.jira.state import JiraState, Record, RefusedError
from raidctl.sandbox.server import Reply, Request

Encoded = dict[tuple[object, ...], dict[int, tuple[Record, bytes]]]


def strings(value: Any) -> list[str]:
    """A JSON list as texts; a comma list as its parts; raises a 400 `RefusedError` otherwise."""
    match value:
        case None:
            return []
        case str():
            return [part.strip() for part in value.split(",") if part.strip()]
        case list():
            return [str(part) for part in value]
        case _:
            raise RefusedError(400, "A list was expected.")


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in; `name` is what its path names, `inner` what it names within that.

    `encoded` keeps each issue's JSON until the issue changes, for answers with many of them.
    """

    state: JiraState
    request: Request
    base: str
    account: str
    name: str
    encoded: Encoded
    inner: str = ""

    @property
    def shapes(self) -> Shapes:
        """What there is, as JSON."""
        return Shapes(self.state, self.base)

    def body(self) -> Json:
        """The JSON object that was sent; raises a 400 `RefusedError` when it is none."""
        try:
            body = self.request.json
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise RefusedError(400, "Invalid request payload. Refer to the REST API documentation.")
        return body

    def parameters(self) -> Json:
        """The body of a POST, or the query of a GET, each name once, several values by commas."""
        if self.request.method == "POST":
            return self.body()
        return {name: ",".join(values) for name, values in self.request.query.items()}

    @property
    def fields(self) -> Json:
        """The `fields` that were sent."""
        return dict(self.body().get("fields") or {})

    def issue(self, record: Record, asked: Iterable[str]) -> bytes:
        """The issue's JSON with the fields asked for."""
        fields = selected(self.state, asked)
        group = (self.base, fields, self.state.people_edition)
        pieces = self.encoded.setdefault(group, {})
        known = pieces.get(record.id)
        if known is None or known[0] is not record:
            known = (record, Reply(200, self.shapes.issue(record, fields)).encoded())
            pieces[record.id] = known
        return known[1]


Handler = Callable[[Call], Reply]
