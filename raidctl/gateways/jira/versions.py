"""Which version of JIRA's REST interface serves which path."""

from collections.abc import Callable
from typing import TypeVar

from raidctl.gateways.http.failures import NOT_SERVED, HttpError, answered

T = TypeVar("T")


class Versions:
    """Version 2, whose texts are text; a path that a site serves only under 3 is asked there."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}

    def asked(self, path: str, ask: Callable[[int], T], *, names_one: bool = False) -> T:
        """What `ask` gets from the right version of a path, or of paths of one form.

        Where the path `names_one` thing, JIRA's own words in a 404 are about that thing.
        """
        if path in self._known:
            return ask(self._known[path])
        try:
            answer = ask(2)
        except HttpError as error:
            missing = names_one and says_missing(error)
            if error.status not in NOT_SERVED or missing:
                self._known[path] = 2
                raise
        else:
            self._known[path] = 2
            return answer
        answer = ask(3)
        self._known[path] = 3
        return answer


def says_missing(error: HttpError) -> bool:
    """Whether JIRA itself says that the thing asked for is missing or hidden.

    A path that is not served is answered without JIRA's own messages, or with another status.
    """
    return error.status == 404 and bool(answered(error.response).get("errorMessages"))
